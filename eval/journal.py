"""What a run has answered so far, kept beside it, so that one that was cut short goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from eval.dataset import GoldError, Result, read_results, run_line


@dataclass(frozen=True)
class Journal:
    """`done` holds results by question id; `keep` adds one that must outlive the process."""

    done: dict[str, Result] = field(default_factory=dict)
    keep: Callable[[Result], object] = lambda result: None


@contextmanager
def journal(path: Path, fingerprint: str) -> Iterator[Journal]:
    """The journal at a path; one of another fingerprint is begun anew, and a whole run leaves none behind.

    Its first line is the fingerprint, then a result a line; a last line cut short is dropped.  Raises GoldError.
    """
    done = _read(path, fingerprint)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as stream:
            stream.write(json.dumps({"run": fingerprint}) + "\n" + "".join(map(run_line, done.values())))

            def keep(result: Result) -> None:
                stream.write(run_line(result))
                stream.flush()

            yield Journal(done, keep)
    except OSError as error:
        raise GoldError(f"无法写入运行进度 {path}：{error.strerror or error}；请用 --out 换一个位置") from error
    path.unlink(missing_ok=True)


def _read(path: Path, fingerprint: str) -> dict[str, Result]:
    try:
        first, *lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return {}
    if first != json.dumps({"run": fingerprint}):
        return {}
    return {result.id: result for result in read_results(path, lines[:-1])}  # what no line break ends was cut short
