"""Where the pages of a Word file begin: where Word noted that it began one, or at the breaks that a writer put in where those are all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docx.document import Document

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
PUT = "\x1c"  # in a text on its way: a break that a writer put in; XML cannot hold this character
DRAWN = "\f"  # where Word began a new page
BREAK = re.compile(f"[{PUT}{DRAWN}]")
_LEAD = 40  # characters of a paragraph that are more than one printed line


def known(document: Document) -> bool:
    """Whether the file says where each of its pages begins."""
    body = document.element.body
    if body is None:
        return False
    if next(body.iter(f"{_W}lastRenderedPageBreak"), None) is not None:
        return True
    put = sum(each.get(f"{_W}type") == "page" for each in body.iter(f"{_W}br"))
    put += sum(map(is_on, body.iter(f"{_W}pageBreakBefore"))) + sum(map(ends_page, body.iter(f"{_W}p")))
    return _pages(document) == put + 1


def paged(text: str) -> str:
    """A form feed for each new page: a break that was put in and the page that Word began there are one."""
    return re.sub(f"{PUT}(\\s*){DRAWN}", rf"\1{DRAWN}", text).replace(PUT, DRAWN)


def around(text: str) -> tuple[str, str, str]:
    """(breaks before, text, breaks after) of a paragraph; one within its first line goes before it, since it must not be cut there."""
    lead = re.match(rf"(?:\s|{BREAK.pattern})*", text)
    assert lead is not None
    before = "".join(BREAK.findall(lead[0]))
    rest = text[lead.end():]
    body = rest.rstrip("".join((PUT, DRAWN, " \t\n\r\u3000\xa0")))
    first = BREAK.search(body)
    after = "".join(BREAK.findall(rest[len(body):]))
    if first and first.start() < _LEAD:
        before, body = before + first[0], body[:first.start()] + body[first.end():]
    return (before, body, after) if body else (before + after, "", "")


def begins_page(paragraph: Any) -> bool:
    """Whether a paragraph is set to begin a page."""
    return is_on(paragraph.find(f"{_W}pPr/{_W}pageBreakBefore"))


def ends_page(paragraph: Any) -> bool:
    """Whether a section ends with a paragraph, and the next one begins on a new page."""
    section = paragraph.find(f"{_W}pPr/{_W}sectPr")
    kind = section.find(f"{_W}type") if section is not None else None
    return section is not None and (kind is None or kind.get(f"{_W}val") in ("nextPage", "oddPage", "evenPage"))


def is_on(flag: Any) -> bool:
    """Whether a property is there and not switched off."""
    return flag is not None and flag.get(f"{_W}val", "true") not in ("0", "false", "off")


def _pages(document: Document) -> int | None:
    """How many pages the file says it has."""
    part = next((part for part in document.part.package.iter_parts() if str(part.partname) == "/docProps/app.xml"), None)
    found = re.search(rb"<(?:\w+:)?Pages>\s*(\d{1,6})\s*<", part.blob) if part is not None else None
    return int(found[1]) if found else None
