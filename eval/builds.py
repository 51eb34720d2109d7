"""Checkouts of the project, each with an environment of its own, and what their code made, kept by what the code is."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from eval.dataset import GoldError

HERE = Path(__file__).parents[1]
KEPT = HERE / "runs" / "figures"
_TABLE = tuple(f"eval/{name}.py" for name in ("builds", "costs", "figures", "installed", "measures", "sets", "stopwatch"))
_NO_ANSWERS = ("tests", "docs", "reports", "page", "server", "app.py", ".ci", "Makefile", "*.md", "eval/gold", "eval/results", *_TABLE)
_CODE = (".", *(f":!{name}" for name in _NO_ANSWERS))  # what makes one build answer as another; git pathspecs


@dataclass(frozen=True)
class Build:
    """A checkout whose commands are run in it, with its own Python."""

    root: Path

    @property
    def python(self) -> Path:
        """Raises GoldError where the checkout has no environment."""
        for place in (".venv/bin/python", ".venv/Scripts/python.exe"):
            if (found := self.root / place).exists():  # not resolved: a link into an environment is what says which it is
                return found
        if self.root == HERE:
            return Path(sys.executable)
        raise GoldError(f"{self.root} 里没有 .venv：请在那里运行 make run 或 make test 装好依赖")

    def command(self, *arguments: object) -> list[str]:
        return [str(self.python), *map(str, arguments)]

    def call(self, *arguments: object, allowed: tuple[int, ...] = (0,)) -> str:
        """What `python ARGUMENTS` writes there.  Raises GoldError with its last line of complaint."""
        done = subprocess.run(self.command(*arguments), cwd=self.root, capture_output=True, text=True, encoding="utf-8", check=False)
        if done.returncode not in allowed:
            said = (done.stderr.strip() or done.stdout.strip() or f"退出状态 {done.returncode}").splitlines()[-1]
            raise GoldError(f"在 {self.root} 里运行 python {' '.join(map(str, arguments))[:120]} 失败：{said}")
        return done.stdout

    def files(self, *patterns: str) -> list[Path]:
        """The checkout's own files, those not committed yet too.  Raises GoldError where it is no git checkout."""
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
        try:
            done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise GoldError(f"{self.root} 不是 git 检出的代码：{error}") from error
        return [path for name in sorted(filter(None, done.stdout.split("\0"))) if (path := self.root / name).is_file()]

    @cached_property
    def commit(self) -> str:
        """Short hash, marked where files are changed."""
        command = ["git", "describe", "--always", "--dirty=+改动", "--abbrev=7", "--exclude=*"]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, encoding="utf-8", check=False).stdout.strip() or "？"

    @cached_property
    def code(self) -> str:
        """16 hexadecimal digits over everything that answers depend on."""
        return digest(self.files(*_CODE), self.root)

    def index(self, reports: Sequence[Path], data: Path) -> None:
        """An index of some reports by `python -m index add`, whole: with contextual vectors, in a build that has them."""
        whole = ("--wait",) if (self.root / "index" / "backfill.py").is_file() else ()
        self.call("-m", "index", "add", *reports, "--data", data, *whole)

    def kept(self, name: str, given: Iterable[Path], make: Callable[[Path], object], code: str = "") -> Path:
        """The file or folder that `make` writes at the path it is handed; made once for the same code and given files.

        It appears whole or not at all.
        """
        key = hashlib.sha256(f"{code or self.code} {digest(given)}".encode()).hexdigest()[:16]
        home = KEPT / f"{name}-{key}"
        if not home.exists():
            KEPT.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=KEPT, prefix=".unfinished-") as aside:
                make(made := Path(aside) / name)
                if not home.exists():  # else another process has just finished the same
                    made.rename(home)
        return home


def below(places: Iterable[Path]) -> list[Path]:
    """Files, and the files of folders at any depth.  Raises GoldError naming what is not there."""
    found: list[Path] = []
    for place in places:
        if not place.exists():
            raise GoldError(f"没有 {place}")
        found += [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
    return found


def digest(places: Iterable[Path], root: Path | None = None) -> str:
    """16 hexadecimal digits over names and bytes; names below a root, else below the folder that a place lies in."""
    whole = hashlib.sha256()
    for place in places:
        for path in below([place]):
            whole.update(path.relative_to(root or place.parent).as_posix().encode())
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()[:16]
