"""What the audit found, as a person reads it and as JSON: each report's characters, and reports that repeat one another."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.audit import Audit, Overlap

SHOWN = 3  # examples of a kind; --json gives all
PAIRS = 20  # pairs of reports shown
_WIDEST = 36  # columns of what one example may take


@dataclass(frozen=True)
class Finding:
    """A report and what became of its file's characters; `audit` is None where the file is gone."""

    name: str
    source: str
    share: float
    warnings: tuple[str, ...]
    audit: Audit | None
    note: str = ""


def as_json(findings: Sequence[Finding], overlaps: Sequence[Overlap]) -> dict[str, object]:
    """Everything, with offsets into the raw text of the file."""
    return {
        "reports": [
            {
                "name": each.name,
                "source": each.source,
                "share": round(each.share, 6),
                "characters": each.audit.characters if each.audit else None,
                "indexed": each.audit.indexed if each.audit else None,
                "dropped": [
                    {"why": run.why, "start": run.start, "text": run.text}
                    for run in (each.audit.dropped if each.audit else ())
                ],
                "recounted": each.audit.recounted if each.audit else None,
                "read_share": None if each.audit is None or each.audit.read_share is None else round(each.audit.read_share, 6),
                "lost": [{"place": run.place, "characters": run.characters} for run in (each.audit.lost if each.audit else ())],
                "left_out": [{"page": run.page, "why": run.kind, "text": run.text.strip()} for run in (each.audit.left if each.audit else ())],
                "warnings": list(each.warnings),
                "note": each.note,
            }
            for each in findings
        ],
        "overlaps": [
            {
                "first": pair.first.source,
                "second": pair.second.source,
                "share": round(pair.share, 6),
                "alike": pair.alike,
                "copied": list(pair.copied),
                "only_first": list(pair.only_first),
                "only_second": list(pair.only_second),
            }
            for pair in overlaps
        ],
    }


def lines(findings: Sequence[Finding], overlaps: Sequence[Overlap]) -> Iterator[str]:
    """A table of the reports, then the pairs that repeat one another."""
    yield f"{_left('收入', 8)}{_right('文件字数', 10)}{_right('略去', 8)}  报告"
    for each in findings:
        counted, left_out = ("—", "—") if each.audit is None else _counts(each.audit)
        yield f"{_left(f'{each.share:.2%}', 8)}{_right(counted, 10)}{_right(left_out, 8)}  {each.name}"
        if each.note:
            yield f"{'':28}{each.note}"
        if each.audit is not None:
            yield from (f"{'':28}{line}" for line in _recounted(each.audit))
            yield from (f"{'':28}{line}" for line in _dropped(each.audit))
        yield from (f"{'':28}注意：{warning}" for warning in each.warnings)
    yield ""
    read = [each.audit for each in findings if each.audit is not None]
    kept = sum(audit.indexed for audit in read)
    lost = sum(len("".join(run.text.split())) for audit in read for run in audit.dropped if run.why == "正文")
    total = f"，收入全部正文的 {kept / (kept + lost):.2%}" if kept else ""
    yield f"{len(findings)} 份报告{total}；收入率按正文算，页码、导航、链接、分隔线、标记不算正文"
    recounted = [audit for audit in read if audit.recounted]
    if recounted:
        whole = sum(audit.recounted or 0 for audit in recounted)
        yield f"其中 {len(recounted)} 份另数过一遍：原文件 {whole:,} 字，读到或说明略去的占 {1 - sum(audit.unread for audit in recounted) / whole:.2%}"
    yield from _alike([pair for pair in overlaps if pair.alike])
    yield from _copied([pair for pair in overlaps if not pair.alike])


def _counts(audit: Audit) -> tuple[str, str]:
    return f"{audit.characters:,}", f"{sum(len(''.join(run.text.split())) for run in audit.dropped):,}"


def _recounted(audit: Audit) -> Iterator[str]:
    """What the second count says, and what the reader said that it left out, a line a kind."""
    if audit.read_share is not None:
        yield f"另数一遍：原文件 {audit.recounted:,} 字，读到或说明略去的占 {audit.read_share:.2%}"
    kinds: dict[str, list[str]] = defaultdict(list)
    for run in audit.left:
        kinds[run.kind].append(run.text.strip())
    for kind, texts in kinds.items():
        yield f"读时略去{kind} {len(texts)} 处：{_few(tuple(dict.fromkeys(texts)))}"


def _dropped(audit: Audit) -> Iterator[str]:
    """A line for each reason: how many, and the first few."""
    groups: dict[str, list[str]] = defaultdict(list)
    for run in audit.dropped:
        groups[run.why].append(run.text)
    for why, texts in sorted(groups.items(), key=lambda group: (group[0] != "正文", group[0])):
        label = "漏掉正文" if why == "正文" else f"略去{why}"
        size = sum(len("".join(text.split())) for text in texts)
        yield f"{label} {len(texts)} 处，{size} 字：{_few(tuple(dict.fromkeys(texts)))}"


def _alike(pairs: Sequence[Overlap]) -> Iterator[str]:
    if not pairs:
        return
    yield ""
    yield f"近乎相同的报告（{len(pairs)} 对）："
    for pair in pairs[:PAIRS]:
        yield f"  {pair.share:.0%} 的句子相同：{pair.first.name}"
        yield f"{'':18}{pair.second.name}"
        yield f"    只在前一份（{len(pair.only_first)} 句）：{_few(pair.only_first)}"
        yield f"    只在后一份（{len(pair.only_second)} 句）：{_few(pair.only_second)}"
    yield from _rest(pairs)


def _copied(pairs: Sequence[Overlap]) -> Iterator[str]:
    if not pairs:
        return
    yield ""
    yield f"有相同句子的报告（{len(pairs)} 对，30 字以上的句子）："
    for pair in pairs[:PAIRS]:
        yield f"  {len(pair.copied)} 句相同，占较短一份的 {pair.share:.0%}：{pair.first.name}"
        yield f"{'':18}{pair.second.name}"
        yield f"    {_few(pair.copied)}"
    yield from _rest(pairs)


def _rest(pairs: Sequence[Overlap]) -> Iterator[str]:
    if len(pairs) > PAIRS:
        yield f"  还有 {len(pairs) - PAIRS} 对：用 --json 看全部"


def _few(sentences: Sequence[str]) -> str:
    return "、".join(f"“{_short(each)}”" for each in sentences[:SHOWN]) + ("…" if len(sentences) > SHOWN else "") or "无"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if _width(flat) <= _WIDEST else flat[: _WIDEST // 2] + "…"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _left(text: str, width: int) -> str:
    return text + " " * max(0, width - _width(text))


def _right(text: str, width: int) -> str:
    return " " * max(0, width - _width(text)) + text
