"""Other ways to say a clause that claim the same: the figure before its noun, a change with its subject, an item of a list with its verb."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from retrieval.wording.clauses import Clause, Source
from retrieval.wording.figures import figures
from retrieval.wording.plain import Line, cuts, same_at, tagged

_COMPARES = re.compile(r"[比占由从较至]|(?<![收达得受])到|分别|[各共]|合计|其中")
_CHANGES = re.compile(r"\S{0,8}?(?:增长|下降|上升|上涨|提高|降低|减少|增加|回落|回升|占)|同比|环比")
_SHARE = re.compile(r"[%‰]|百分|倍|成$|年|月|日")
_COPULA = re.compile(r"(?:为|是|有|达到?)$")


def forms(source: Source) -> tuple[tuple[tuple[int, Clause], ...], ...]:
    """For each clause of a quotation the ways to say it: (the clause as which it stands, its words)."""
    found: list[list[tuple[int, Clause]]] = [[(at, clause)] for at, clause in enumerate(source.clauses)]
    for at, clause in enumerate(source.clauses):
        found[at] += [(at, form) for form in _measured(clause)]
        for number, stands_as, form in _with_its_subject(source, at):
            found[number].append((stands_as, form))
        for number, item in _items(source, at):
            found[number].append((at, item))
    return tuple(map(tuple, found))


def _said(clause: Clause, text: str, hangs: bool = False, head: int | None = None, under: int | None = None) -> Clause:
    """A clause in other words."""
    found = tuple((span.start, span.end) for span in figures(text))
    skips = frozenset(skip for skip in clause.skips if clause.said.text[:skip] == text[:skip])
    said = Line(text)
    return replace(
        clause, said=said, figures=found, counting=frozenset(), skips=skips, hangs=hangs, head=head, under=under,
        cuts=cuts(said), same=same_at(said, cuts(said)), called=(),
    )


def _label(clause: Clause) -> tuple[str, str] | None:
    """(what is counted, the figure) of a clause that ends with its only figure."""
    if len(clause.figures) != 1 or clause.figures[0][1] != len(clause.said.text):
        return None
    start = clause.figures[0][0]
    return clause.said.text[:start], clause.said.text[start:]


def _measured(clause: Clause) -> Iterator[Clause]:
    """收到申请405件 → 收到405件申请."""
    parts = _label(clause)
    if parts is None or clause.said.marks or _COMPARES.search(parts[0]) or _SHARE.search(parts[1]):
        return
    label, figure = parts
    at = 0
    for word, tag in tagged(label):
        at += len(word)
        if tag == "v" or (at == len(word) and tag[:1] == "v"):
            if at < len(label):
                yield _said(clause, label[:at] + figure + label[at:], hangs=clause.hangs)
            return


def _with_its_subject(source: Source, at: int) -> Iterator[tuple[int, int, Clause]]:
    """生产总值100亿元，增长5% → 生产总值增长5%；监督员从各界聘请，共48名 → 监督员共48名，从各界聘请."""
    clause = source.clauses[at]
    heads = source.stands[at][4]
    head = next(iter(heads)) if len(heads) == 1 else None
    if not clause.hangs or not isinstance(head, tuple) or not (_CHANGES.match(clause.said.text) or clause.said.text.startswith("共")):
        return
    said = source.clauses[head[1]]
    if any(not c.hangs or "其中" in c.said.text for c in source.clauses[head[1] + 1 : at]):
        return
    if (parts := _label(said)) and not _COMPARES.search(parts[0]):
        yield at, head[1], _said(said, _COPULA.sub("", parts[0]) + clause.said.text, head=head[1])
    elif not said.figures and (subject := _subject(said.said.text)):
        yield at, head[1], _said(said, subject + clause.said.text, head=head[1])
        rest = said.said.text[len(subject) :]
        kept = Line(rest, frozenset(mark - len(subject) for mark in said.said.marks if mark > len(subject)))
        yield head[1], head[1], replace(_said(said, rest, hangs=True, under=head[1]), said=kept)


def _subject(text: str) -> str:
    """The noun that a clause begins with, where a preposition ends it: 行政执法监督员从各界聘请."""
    run, last = "", ""
    for word, tag in tagged(text):
        if tag == "p":
            return run if last[:1] in ("n", "j") and len(run) > 1 else ""
        if tag[:1] not in "nvjb" or (not run and tag[:1] == "v"):
            return ""
        run, last = run + word, tag
    return ""


def _items(source: Source, at: int) -> Iterator[tuple[int, Clause]]:
    """审核文件12件、合同58份 → 审核合同58份，and then 文件12件: the verb of a list with any of its items."""
    clause = source.clauses[at]
    cuts = [0, *sorted(clause.said.marks), len(clause.said.text)]
    pieces = [(at, clause.said.text[a:b]) for a, b in pairwise(cuts)]
    for number in range(at + 1, len(source.clauses)):
        following = source.clauses[number]
        if (following.sentence, following.part) != (clause.sentence, clause.part) or following.said.marks:
            break
        pieces.append((number, following.said.text))
    first, *rest = pieces
    if _COMPARES.search(clause.said.text) or not (lead := _counted(first[1])):
        return
    label, figure, unit = lead
    verb = 0
    place = 0
    for word, tag in tagged(label):
        place += len(word)
        if tag == "v":
            verb = place
            break
    if not verb or verb == len(label):
        return
    listed = 0
    for number, text in rest:
        other = _counted(text)
        if other is None or any(tag == "v" for _, tag in tagged(other[0])) or (number != at and other[2] != unit) or _SHARE.search(other[1]):
            break
        listed += 1
        yield number, _said(clause, label[:verb] + text, head=at)
        if number == at:
            yield at, _said(clause, text, hangs=True, under=at)
    if listed:
        yield at, _said(clause, label[verb:] + figure, hangs=True, under=at)
        if len(rest) and rest[0][0] == at:
            yield at, _said(clause, first[1], head=at)


def _counted(text: str) -> tuple[str, str, str] | None:
    """(what is counted, the figure, its unit) of a run that ends with its only figure."""
    found = figures(text)
    if len(found) != 1 or found[0].end != len(text) or found[0].start == 0 or _SHARE.search(found[0].unit):
        return None
    return text[: found[0].start], text[found[0].start :], found[0].unit
