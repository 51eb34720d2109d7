"""What requirements bring into an environment: python -m eval.installed requirements.txt … prints how many bytes it takes.

`eval figures` runs this text in the environment to be measured, so it imports nothing of the project.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement


def canonical(name: str) -> str:
    """A distribution's name, as PEP 503 writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def required(path: Path) -> Iterator[Requirement]:
    """The requirements of a file, of the files that it takes in too."""
    for line in path.read_text(encoding="utf-8").splitlines():
        said = line.partition("#")[0].strip()
        if said.startswith("-r "):
            yield from required(path.with_name(said.removeprefix("-r ").strip()))
        elif said and not said.startswith("-"):
            yield Requirement(said)


def brought(wanted: Iterable[Requirement]) -> dict[str, importlib.metadata.Distribution]:
    """Canonical name → distribution: those wanted and, over and over, what they want here.  What is not installed brings nothing."""
    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = [(one, "") for one in wanted]
    seen = set()
    while waiting:
        one, extra = waiting.pop()
        if (str(one), extra) in seen or (one.marker and not one.marker.evaluate({"extra": extra})):
            continue
        seen.add((str(one), extra))
        try:
            distribution = found.setdefault(canonical(one.name), importlib.metadata.distribution(one.name))
        except importlib.metadata.PackageNotFoundError:
            continue
        waiting += [(Requirement(text), each) for text in distribution.requires or () for each in ("", *one.extras)]
    return found


def size(distribution: importlib.metadata.Distribution) -> int:
    """Bytes of its files."""
    places = (Path(str(distribution.locate_file(file))) for file in distribution.files or ())
    return sum(place.stat().st_size for place in places if place.is_file())


if __name__ == "__main__":
    print(sum(map(size, brought(one for name in sys.argv[1:] for one in required(Path(name))).values())))
