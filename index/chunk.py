"""Report → passages: whole sentences of about `size` characters under one heading."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from index.clean import CLOSERS
from index.types import Heading, Page, Passage

SENTENCE = re.compile(rf"[^。！？!?；;…\n]*(?:[。！？!?；;…]+[{CLOSERS}]*|\n+|$)")
SEPARATORS = ["\n", "。", "！", "？", "；", "，", "、", " ", ""]


def chunk(report_id: str, text: str, headings: tuple[Heading, ...], pages: tuple[Page, ...],
          size: int = 160, longest: int = 320) -> tuple[Passage, ...]:
    """Passages that tile the text: `text[p.start:p.end] == p.text`, only white space lies between two of them.

    A passage never crosses from the body of one heading to the next, and is filled with sentences up to `size` characters; a sentence over
    `longest` is cut at Chinese separators by langchain-text-splitters.
    """
    passages = []
    page = 0
    for start, end, path in _sections(text, headings):
        for left, right in _filled(text, start, end, size, longest):
            while page + 1 < len(pages) and pages[page + 1].start <= left:
                page += 1
            digest = hashlib.sha256(f"{report_id}\0{left}\0{text[left:right]}".encode("utf8", "surrogatepass")).hexdigest()
            passages.append(Passage(digest[:16], report_id, left, right, text[left:right], path,
                                    (pages[page].number or None) if pages else None))
    return tuple(passages)


def _sections(text: str, headings: tuple[Heading, ...]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """(start, end, titles of the headings over it) of each run of text under one heading.

    A heading with no body of its own goes with the first one below it.
    """
    stack: list[Heading] = []
    start = 0
    for heading in headings:
        bare = bool(stack) and text[start:heading.start].rstrip("：:。 \n").endswith(stack[-1].title) and heading.level > stack[-1].level
        if heading.start > start and not bare:
            yield start, heading.start, tuple(h.title for h in stack)
            start = heading.start
        stack = [h for h in stack if h.level < heading.level] + [heading]
    yield start, len(text), tuple(h.title for h in stack)


def _filled(text: str, start: int, end: int, size: int, longest: int) -> Iterator[tuple[int, int]]:
    """Spans of whole sentences, about even, none of white space alone."""
    spans = [span for sentence in SENTENCE.finditer(text, start, end) if (span := _trim(text, *sentence.span()))]
    pieces = [piece for span in spans for piece in (_cut(text, *span, longest) if span[1] - span[0] > longest else [span])]
    if not pieces:
        return
    total = pieces[-1][1] - pieces[0][0]
    target = total / max(1, round(total / size))
    left, right = pieces[0]
    for piece in pieces[1:]:
        if piece[1] - left > target * 1.25 or right - left >= target:
            yield left, right
            left = piece[0]
        right = piece[1]
    yield left, right


def _cut(text: str, start: int, end: int, longest: int) -> list[tuple[int, int]]:
    """A sentence too long, cut at its best separators; the pieces tile it."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # brings much with it


    splitter = RecursiveCharacterTextSplitter(SEPARATORS, keep_separator="end", chunk_size=longest, chunk_overlap=0,
                                              strip_whitespace=False)
    spans, position = [], start
    for piece in splitter.split_text(text[start:end]):
        if (span := _trim(text, position, position + len(piece))):
            spans.append(span)
        position += len(piece)
    return spans


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if end > start else None
