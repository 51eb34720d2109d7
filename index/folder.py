"""The folder of a corpus: what stands in it, what it was built with, and who may write.

    catalog.sqlite  the truth
    dense.faiss, lexical/  made from it
    terms.txt       a user's words, by which texts and questions are cut
    meta.json       format, encoder, segmenter
    writer.lock     one writer at a time, of whatever process
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import numpy as np

from index import catalog
from index.encoder import Encoder
from index.lexical import PLAIN, Terms, read_terms, segmenter
from index.types import EncoderError, StoreError

FORMAT = 1
WAIT = 5.0  # seconds that a writer waits for another
META, CATALOG, DENSE, LEXICAL, TERMS, LOCK, HOLDER = (
    "meta.json",
    catalog.FILE,
    "dense.faiss",
    "lexical",
    "terms.txt",
    "writer.lock",
    "writer.pid",
)


class Busy(StoreError):
    """Another process is writing."""


def make(data: Path, encoder: Encoder) -> None:
    """A new corpus in an empty or missing folder; one that a killed process left half made is finished."""
    if data.exists() and not data.is_dir():
        raise StoreError(f"{data} 不是文件夹：请换一个 --data 目录")
    ours = {META, TERMS, LOCK, HOLDER}
    others = sorted(path.name for path in data.iterdir() if path.name not in ours) if data.exists() else []
    if (data / META).exists() and not (data / CATALOG).exists() and (data / DENSE).exists():
        raise StoreError(f"索引 {data} 的 {CATALOG} 不见了：请从备份恢复，或换一个 --data 目录重建")
    if others and not (data / META).exists():
        raise StoreError(f"{data} 里有别的文件（{others[0]} 等），不是有据的索引：请换一个空的 --data 目录")
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(f"无法建立索引目录 {data}（{error}）：请检查路径与权限") from error
    with locked(data, WAIT):
        if not (data / META).exists():
            recorded = {"name": encoder.name, "fingerprint": encoder.fingerprint, "dimension": encoder.dimension}
            write_meta(data, {"format": FORMAT, "encoder": recorded, "segmenter": segmenter(), "dense": ""})
        catalog.connect(data / CATALOG, create=True).close()


def check_encoder(data: Path, encoder: Encoder) -> None:
    """Raises EncoderError when a folder was built with another encoder."""
    built = read_meta(data)["encoder"]
    if built["fingerprint"] == encoder.fingerprint and built["dimension"] == encoder.dimension:
        return
    if built["name"] == encoder.name:
        raise EncoderError(
            f"索引 {data} 是用编码模型 {encoder.name} 的另一个版本建的：模型已更换，请换一个 --data 目录重建，"
            f"或删除 {data} 后重新运行 python -m index add"
        )
    raise EncoderError(
        f"索引 {data} 是用编码模型 {built['name']} 建的，当前是 {encoder.name}："
        f"请加 --encoder {built['name']}，或换一个 --data 目录重建"
    )


def read_meta(data: Path) -> dict[str, Any]:
    """What `meta.json` says; raises StoreError when it is missing, foreign or of another format."""
    path = data / META
    if not path.is_file():
        if data.exists() and not data.is_dir():
            raise StoreError(f"{data} 不是文件夹：请换一个 --data 目录")
        if data.exists() and any(data.iterdir()):
            raise StoreError(f"{data} 不是有据的索引（缺少 {META}）：请换一个 --data 目录")
        raise StoreError(f"索引 {data} 不存在：请先运行 python -m index add 文件或文件夹 --data {data}")
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
        sound = (
            isinstance(meta["format"], int)
            and {"name", "fingerprint", "dimension"} <= meta["encoder"].keys()
            and "segmenter" in meta
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{path} 读不懂（{error}）：请从备份恢复，或换一个 --data 目录重建") from error
    if not sound:
        raise StoreError(f"{path} 不是有据的索引说明：请换一个 --data 目录")
    if meta["format"] != FORMAT:
        raise StoreError(f"索引 {data} 的格式是 {meta['format']}，本程序读写格式 {FORMAT}：请换一个 --data 目录重建")
    return dict(meta)


def write_meta(data: Path, meta: dict[str, Any]) -> None:
    write_whole(data / META, json.dumps(meta, ensure_ascii=False, indent=2) + "\n")


def write_whole(path: Path, text: str) -> None:
    """All or nothing."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def terms_of(data: Path) -> Terms:
    """The user's words, which stand beside the index that they cut."""
    path = data / TERMS
    return read_terms(path)[0] if path.exists() else PLAIN


@contextmanager
def locked(data: Path, wait: float) -> Iterator[None]:
    """The writers' lock of a folder; the kernel lets go of it when its holder dies."""
    lock = filelock.FileLock(data / LOCK, timeout=wait)
    holder = data / HOLDER
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise Busy(f"索引 {data} 正由{_holder(holder)}写入：请等它完成后再试") from error
    except OSError as error:
        raise StoreError(f"索引 {data} 写不进去（{error}）：请检查目录是否存在、是否有写权限") from error
    try:
        holder.write_text(str(os.getpid()), encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _holder(path: Path) -> str:
    try:
        return f"进程 {int(path.read_text(encoding='utf-8'))} "
    except (OSError, ValueError):
        return "另一个进程"


def recorded_encoder(data: Path) -> Encoder:
    """The encoder that a folder was built with, as far as `list`, `remove` and `verify` need it: it encodes nothing."""
    encoder = read_meta(Path(data))["encoder"]
    return _Recorded(encoder["name"], encoder["fingerprint"], encoder["dimension"])


@dataclass(frozen=True)
class _Recorded:
    name: str
    fingerprint: str
    dimension: int

    def encode(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        raise EncoderError(f"没有加载编码模型 {self.name}：请加 --encoder {self.name}")
