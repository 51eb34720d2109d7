"""What a library says of a damaged file → LoadError in Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from index.types import LoadError


@contextmanager
def broken(name: str, what: str) -> Iterator[None]:
    """Around calls into a parser alone: whatever it raises on a stranger's file means that the file is damaged.

    Parsers document few of the exceptions that damaged input brings out of them (KeyError, AttributeError, struct.error …).
    MemoryError and RecursionError pass: they are about a limit, and `index.load` names them.
    """
    try:
        yield
    except (LoadError, MemoryError, RecursionError):
        raise
    except Exception as error:
        raise LoadError(f"{name}：不是完好的{what}（{type(error).__name__}）。请用原来的软件打开、另存后再加入。") from error
