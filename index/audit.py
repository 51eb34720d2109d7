"""What became of a file's characters, and which reports say the same: nothing is lost or doubled without a word."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from index.clean import LINK, PAGE_MARK, RULE, Cleaned, is_navigation
from index.load import Left
from index.recount import Lost, Recount, lost, remarks
from index.types import Heading, Passage, Report

LOW_SHARE = 0.98  # of the characters that a reader would call text
LONG_TITLE = 60  # characters: a heading at the limit of the outline was cut out of a paragraph
LONG_SECTION = 6000  # characters under one heading without another
COPIED = 30  # characters of a sentence that two reports share by more than chance
ALIKE = 0.8  # of the sentences of the shorter report


@dataclass(frozen=True)
class Dropped:
    """A run of the file's characters that is in no passage: `raw[start:]` begins with `text`, white space apart."""

    start: int
    text: str
    why: str  # 页码 链接 分隔线 导航 标记, or 正文 where a reader would call it text


@dataclass(frozen=True)
class Audit:
    """A report's characters counted, white space apart."""

    characters: int  # in the file
    indexed: int  # in passages
    dropped: tuple[Dropped, ...]
    warnings: tuple[str, ...]
    recounted: int | None = None  # characters of the second count (`index.recount`), where the format has one
    lost: tuple[Lost, ...] = ()  # of those, what the reader gave no sign of
    left: tuple[Left, ...] = ()  # what it said that it left out

    @property
    def share(self) -> float:
        """Of the characters that a reader would call text, those that ended up in passages."""
        lost = sum(len(run.text) for run in self.dropped if run.why == "正文") + self.unread
        return self.indexed / (self.indexed + lost) if self.indexed else 0.0

    @property
    def unread(self) -> int:
        """How many characters the second count has and the reader has not."""
        return sum(len(each.characters) for each in self.lost)

    @property
    def read_share(self) -> float | None:
        """Of the characters of the second count, those that were read or knowingly left out."""
        return None if self.recounted is None else 1 - self.unread / max(1, self.recounted)


@dataclass(frozen=True)
class Overlap:
    """Two reports that share sentences."""

    first: Report
    second: Report
    share: float  # of the sentences of the shorter one, those that stand in the other too
    copied: tuple[str, ...]  # the sentences shared, in the first one's order
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]

    @property
    def alike(self) -> bool:
        """Whether one is nearly the other."""
        return self.share >= ALIKE


def audit(raw: str, cleaned: Cleaned, headings: Sequence[Heading], passages: Sequence[Passage],
          file: Recount | None = None, left: Sequence[Left] = ()) -> Audit:
    """What became of the characters of a file's raw text; and of the file's own, `file`, of which the reader left out `left`."""
    kept = bytearray(len(raw))
    for passage in passages:
        for at in cleaned.origins[passage.start:passage.end]:
            kept[at] = 1
    indexed = sum(len(re.sub(r"\s", "", passage.text)) for passage in passages)
    dropped = tuple(_dropped(raw, kept))
    warnings = [*_garbled(cleaned.text), *_swallowed(cleaned.text, headings), *_empty_pages(cleaned)]
    missing = lost(file, raw, left) if file is not None else ()
    warnings += remarks(missing)
    result = Audit(len(re.sub(r"\s", "", raw)), indexed, dropped, (), file.total if file is not None else None, missing, tuple(left))
    if result.share < LOW_SHARE:
        warnings.insert(0, f"只收入了 {result.share:.1%} 的文字：请用 python -m index audit 查看漏掉的部分")
    return replace(result, warnings=tuple(warnings))


def overlaps(reports: Sequence[Report]) -> list[Overlap]:
    """Pairs of reports that share sentences of at least 30 characters, most alike first."""
    sentences = [_sentences(report) for report in reports]
    holders: dict[str, list[int]] = defaultdict(list)
    for at, held in enumerate(sentences):
        for sentence in held:
            if len(sentence) >= COPIED:
                holders[sentence].append(at)
    pairs = Counter((a, b) for held in holders.values() for i, a in enumerate(held) for b in held[i + 1:] if len(held) <= 20)
    found = []
    for (a, b) in pairs:
        first, second = sentences[a], sentences[b]
        shared = [s for s in first if s in second]
        share = len(shared) / max(1, min(len(first), len(second)))
        found.append(Overlap(reports[a], reports[b], share, tuple(s for s in shared if len(s) >= COPIED),
                             tuple(s for s in first if s not in second), tuple(s for s in second if s not in first)))
    return sorted(found, key=lambda overlap: (-overlap.share, overlap.first.name, overlap.second.name))


def _sentences(report: Report) -> dict[str, None]:
    """Sentences of a report, numbers of enumeration and end marks apart, in order."""
    bare = (re.sub(r"^[（(]?[一二三四五六七八九十\d]{1,3}[）)、.．是]+|[。；！？\s]+$", "", s) for s in re.split(r"(?<=[。；！？])|\n", report.text))
    return dict.fromkeys(s for s in bare if len(s) >= 8)


def _dropped(raw: str, kept: bytearray) -> Iterable[Dropped]:
    """Runs of a line's characters that are in no passage."""
    for line in re.finditer(r"[^\n\r\f\u2029]+", raw):
        for run in re.finditer(rb"\x00+", bytes(kept[line.start():line.end()])):
            start, end = line.start() + run.start(), line.start() + run.end()
            text = raw[start:end].strip()
            if text:
                yield Dropped(start, text, _why(text, line.group().strip()))


def _why(text: str, line: str) -> str:
    if PAGE_MARK.fullmatch(line):
        return "页码"
    if LINK.search(text):
        return "链接"
    if RULE.fullmatch(line):
        return "分隔线"
    if re.fullmatch(r"[#*_>`~\s\u200b-\u200d\u2060\ufeff\u00ad\x1a]+", text):
        return "标记"
    return "导航" if is_navigation(line) else "正文"


def _garbled(text: str) -> list[str]:
    """Runs that no Chinese report has: replacement marks, private characters, halves of UTF-8 read as another encoding."""
    runs = re.findall(r"[\ufffd\ue000-\uf8ff\ud800-\udfff]+|(?:锟斤拷|烫烫烫|[ÃÂâä-ï][\x80-\xbf]{1,2}){2,}", text)
    if not runs:
        return []
    return [f"有 {len(runs)} 处乱码，例如“{runs[0][:12]}”：请检查原文件的编码或重新导出"]


def _swallowed(text: str, headings: Sequence[Heading]) -> list[str]:
    """Headings that took a paragraph for their title, and bodies that lack the headings they should have."""
    long = [h for h in headings if len(h.title) >= LONG_TITLE]
    found = [f"有 {len(long)} 个标题过长，可能连着正文，例如“{long[0].title[:20]}…”"] if len(long) > 0.2 * max(5, len(headings)) else []
    if not headings and len(text) > LONG_SECTION:
        found.append("没有认出任何标题：检索照常，但引文没有标题路径")
    return found


def _empty_pages(cleaned: Cleaned) -> list[str]:
    ends = [*(page.start for page in cleaned.pages), len(cleaned.text)][1:]
    empty = [page.number for page, end in zip(cleaned.pages, ends, strict=False)
             if page.number and not cleaned.text[page.start:end].strip()]
    return [f"第 {'、'.join(map(str, empty[:10]))} 页没有文字：可能是扫描页，安装 requirements-ocr.txt 后重新加入"] if empty else []
