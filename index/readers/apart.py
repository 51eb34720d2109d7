"""A reader in a process of its own: a parser written in C that crashes, hangs or fills the memory takes nothing with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from index import limits
from index.load import Left, Raw
from index.types import LoadError

_ROOT = Path(__file__).resolve().parents[2]


def apart(function: str, path: Path, *arguments: Any, seconds: int, memory: int) -> Any:
    """`function(path, *arguments)`, what it returns by way of JSON; `function` is “module:name” in index.readers, or “index.…:name”.

    Raises LoadError: the reader's own; one that names the limit where it took more than `seconds` or `memory` bytes; and
    one that says the file is damaged where the parser crashed.
    """
    command = [sys.executable, "-m", "index.readers.apart", function, str(path.absolute()), json.dumps(arguments), str(seconds),
               str(memory)]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONIOENCODING": "utf-8:surrogatepass"}
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, env=environment, cwd=_ROOT, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as error:
        raise LoadError(f"{path.name}：读了 {seconds} 秒还没有读完，超过上限。请拆分，或用原来的软件另存后再加入。") from error
    try:
        answer: dict[str, Any] = json.loads(done.stdout.decode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise LoadError(f"{path.name}：读取程序中途退出（{done.returncode}），文件可能已损坏。请用原来的软件另存后再加入。") from error
    if "memory" in answer:
        raise LoadError(f"{path.name}：读取要用的内存超过上限 {memory // 2**20} MiB。请拆分后再加入。")
    if "error" in answer:
        raise LoadError(answer["error"])
    if "fault" in answer:
        raise RuntimeError(answer["fault"])
    return answer["value"]


def bounded(read: Callable[[Path], Raw], path: Path, size: int) -> Raw:
    """`read(path)`, in a process of its own where its parser must hold `size` bytes that may take many times that.

    Small files, which are most, are spared the tenth of a second that a process takes.
    """
    if size <= limits.APART_BYTES:
        return read(path)
    name = f"{read.__module__.rpartition('.')[2]}:{read.__name__}"
    held = apart("apart:raw", path, name, seconds=limits.SECONDS, memory=limits.MEMORY)
    return Raw(**{**held, "warnings": tuple(held["warnings"]), "left": tuple(Left(*each) for each in held["left"])})


def raw(path: Path, function: str) -> dict[str, Any]:
    """In the other process: what a reader gives, as JSON."""
    return asdict(_named(function)(path))


def _named(function: str) -> Callable[..., Any]:
    module, _, name = function.partition(":")
    found: Callable[..., Any] = getattr(import_module(module if module.startswith("index.") else f"index.readers.{module}"), name)
    return found


def _child(function: str, path: str, arguments: str, seconds: str, memory: str) -> dict[str, Any]:
    _limit(int(seconds), int(memory))
    try:
        return {"value": _named(function)(Path(path), *json.loads(arguments))}
    except MemoryError:
        return {"memory": True}
    except LoadError as error:
        return {"error": str(error)}
    except Exception:  # a fault of ours: it must not pass for the file's
        return {"fault": traceback.format_exc()}


def _limit(seconds: int, memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the time limit of the parent holds there
        return
    wanted = {resource.RLIMIT_CORE: 0, resource.RLIMIT_AS: memory, resource.RLIMIT_CPU: seconds * 4}  # CPU: where the parent was killed
    for kind, value in wanted.items():
        most = resource.getrlimit(kind)[1]  # what this process's own parent was held to
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (value, value))


if __name__ == "__main__":
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not mix with the answer
    out.write(json.dumps(_child(*sys.argv[1:]), ensure_ascii=False).encode("utf-8", "surrogatepass"))
    out.flush()
    os._exit(0)  # parsers that hold threads or handles need not tidy up
