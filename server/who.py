"""Who is asking, and which reports they may see.

The gate (`server.gate`) puts a Visit into the scope of every request; what serves the request asks `user_of` and reads the
corpus through `corpus_for`, which is the corpus itself or one that holds nothing but what the user may see.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from index.corpus import Corpus
from index.narrowed import Narrowed

Role = Literal["ask", "manage"]
SCOPE = "youju.visit"  # where the gate leaves a Visit


@dataclass(frozen=True)
class User:
    """Somebody who may ask; an empty name is whoever sits at a machine without accounts."""

    name: str
    role: Role
    barred: tuple[Path, ...] = ()  # folders whose reports are for groups that they are not in

    @property
    def may_manage(self) -> bool:
        """Whether they may add, replace, correct and remove reports."""
        return self.role == "manage"


LOCAL = User("", "manage")  # the command line, and handlers called without a server


@dataclass(frozen=True)
class Visit:
    """One request: who asks, and from where."""

    user: User | None
    address: str
    told: Any = None  # the server.auditlog.Audit that hears of it, or None


def visit_of(request: Any) -> Visit | None:
    """The visit that a request is, given a Starlette or Gradio request; None where no gate was passed."""
    inner = getattr(request, "request", None) or request
    scope = getattr(inner, "scope", None)
    found = scope.get(SCOPE) if isinstance(scope, dict) else None
    return found if isinstance(found, Visit) else None


def user_of(request: Any) -> User | None:
    """Who sent a Starlette or Gradio request; None where nobody is known."""
    visit = visit_of(request)
    return visit.user if visit else None


def visible(corpus: Corpus, user: User | None) -> frozenset[int] | None:
    """Rows of the reports a user may see; None: all of them.  Nobody sees nothing."""
    if user is None:
        return frozenset()
    if not user.barred:
        return None
    return frozenset(ref.row for ref in corpus.reports() if not _below(Path(ref.source), user.barred))


def corpus_for(corpus: Corpus, user: User | None) -> Corpus:
    """The corpus as a user may see it: hits, tables, counts, suggestions, source and messages know of nothing else."""
    rows = visible(corpus, user)
    return corpus if rows is None else Narrowed(corpus, rows)


def _below(path: Path, folders: tuple[Path, ...]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)
