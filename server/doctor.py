"""Whether everything is there that the product needs, each finding with its remedy; nothing calls out while it looks."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from index.corpus import Corpus
from index.encoder import Encoder
from index.types import YoujuError

ROOT = Path(__file__).resolve().parents[1]
FREE = 2 * 2**30  # bytes of disk below which it warns
Examples = Callable[[Corpus], Sequence[str]]  # questions that a corpus answers
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


class Fault(Exception):
    """What is wrong, and what to do."""


def examine(data: Path, encoder: str | None, host: str, port: int, examples: Examples) -> Iterator[tuple[str, str, str]]:
    """(what was looked at, 好 注意 or 坏, what was found and what to do) for each, as it is looked at."""
    held: list[Encoder] = []
    looks: list[tuple[str, Callable[[], str]]] = [
        ("Python", _python),
        ("软件包", _packages),
        ("编码模型", lambda: _weights(encoder, held)),
        ("数据文件夹", lambda: _folder(data)),
        ("分组", lambda: _groups(data)),
        ("磁盘", lambda: _disk(data)),
        ("端口", lambda: _port(host, port)),
        ("代理设置", _proxy),
        ("索引", lambda: _index(data, held)),
        ("提一个问题", lambda: _question(data, held, examples)),
    ]
    called: list[str] = []
    with _listening_in(called):
        for name, look in looks:
            try:
                said = look()
                yield name, "注意" if said.startswith("注意：") else "好", said.removeprefix("注意：")
            except (Fault, YoujuError) as error:
                yield name, "坏", str(error)
            except Exception as error:
                yield name, "坏", f"检查时出错（{type(error).__name__}：{error}）：请把这一行告诉维护者"
    if called:
        yield "对外连接", "坏", f"检查期间试图连接 {'、'.join(dict.fromkeys(called))}：这不该发生，请告诉维护者"
    else:
        yield "对外连接", "好", "检查期间没有连接任何地址"


def _python() -> str:
    least = (3, 11)
    if sys.version_info < least:
        raise Fault(f"是 {sys.version.split()[0]}：请用 Python 3.11 或更高版本重装")
    return sys.version.split()[0]


def _packages() -> str:
    wrong = []
    pins = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s#]+)", (ROOT / "requirements-serve.txt").read_text("utf-8"), re.MULTILINE)
    for name, pinned in pins:
        try:
            found = version(name).partition("+")[0]
        except PackageNotFoundError:
            found = "没有装"
        if found != pinned:
            wrong.append(f"{name}（{found}，应为 {pinned}）")
    if wrong:
        raise Fault(f"{'、'.join(wrong)}：请运行 pip install -r requirements-serve.txt，离线时运行安装包里的 install.sh")
    return f"{len(pins)} 个，版本都对"


def _weights(name: str | None, held: list[Encoder]) -> str:
    from index.encoder import load_encoder

    encoder = load_encoder(name)
    vector = encoder.encode(["行政复议"])
    if vector.shape != (1, encoder.dimension):
        raise Fault(f"{encoder.name} 给出的向量形状是 {vector.shape}：请换一个模型")
    held.append(encoder)
    return f"{encoder.name}，{encoder.dimension} 维"


def _folder(data: Path) -> str:
    if not data.exists():
        return f"注意：{data} 还没有；第一次启动或 python -m index add 时建立"
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        raise Fault(f"{data} 不能读写：请改权限（chown、chmod），或用 --data 换一个")
    return f"{data.resolve()}"


def _groups(data: Path) -> str:
    from server.groups import check, kept_groups, left_over, read_groups, rules, sources

    held, left = rules(data, kept_groups(data))
    if not held:
        return "不分组"
    check(data, read_groups(data), sources(data))
    if left:
        return f"注意：{left_over(data, left)}"
    return f"{len(held)} 个组，文件夹都在，都有报告"


def _disk(data: Path) -> str:
    there = next(path for path in (data.resolve(), *data.resolve().parents) if path.exists())
    free = shutil.disk_usage(there).free
    said = f"还有 {free / 2**30:.1f} GiB"
    return said if free > FREE else f"注意：{said}，不足 2 GiB：请腾出空间"


def _port(host: str, port: int) -> str:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            return f"注意：{host}:{port} 现在用不了（{error}）：若有据正在运行就不必管，否则用 --port 换一个"
    return f"{host}:{port} 可用"


def _proxy() -> str:
    found = [f"{name}={value}" for name in _PROXIES for key in (name, name.upper()) if (value := os.environ.get(key))]
    spared = os.environ.get("no_proxy", os.environ.get("NO_PROXY", ""))
    if found and "127.0.0.1" not in spared and "localhost" not in spared:
        shown = "、".join(re.sub(r"//[^@/]*@", "//…@", one) for one in found)
        return f"注意：设了 {shown}：用 curl 等访问本机时会绕到代理，请设 no_proxy=127.0.0.1,localhost"
    return "没有妨碍"


def _index(data: Path, held: list[Encoder]) -> str:
    if not (data / "meta.json").exists():
        return "注意：还没有建索引：请运行 python -m index add 报告文件或文件夹"
    if not held:
        raise Fault("编码模型没有载入，索引没有检查：请先解决上面的问题")
    with Corpus.open(data, held[0]) as corpus:
        if found := corpus.verify():
            raise Fault(f"{found[0]}（共 {len(found)} 处）：请运行 python -m index rebuild，或从备份恢复")
        return f"{len(corpus.reports())} 份报告，数据库、向量与全文索引一致"


def _question(data: Path, held: list[Encoder], examples: Examples) -> str:
    from retrieval.ask import ask

    if not (data / "meta.json").exists() or not held:
        return "注意：没有索引可问"
    with Corpus.open(data, held[0]) as corpus:
        if not corpus.reports():
            return "注意：索引里还没有报告"
        (question, *_) = examples(corpus) or (f"{corpus.reports()[0].facts.unit or '报告'}做了哪些工作？",)
        answer = ask(corpus, question)
    return f"“{question}” {answer.ms:.0f} 毫秒，{len(answer.citations)} 处引用"


@contextmanager
def _listening_in(called: list[str]) -> Iterator[None]:
    """Notes every address that this process tries to reach or to look up, while inside."""
    on = [True]

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if not on[0]:
            return
        if event == "socket.connect" and isinstance(arguments[1], tuple):
            called.append(str(arguments[1][0]))
        elif event == "socket.getaddrinfo":
            called.append(str(arguments[0]))

    sys.addaudithook(hear)  # cannot be taken off again, only told to be quiet
    try:
        yield
    finally:
        on[0] = False
