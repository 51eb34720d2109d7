"""Charts and SmartArt of Office files → lines: a chart's title and the values that it was drawn from as a table, a diagram's words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from index.readers.number_format import shown
from index.readers.table import lines, rows

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_D = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_MOST = 2000  # points of a series


def chart(root: Any) -> list[str]:
    """A chart's titles, and a line for each of its categories with the value of each series as the chart keeps them."""
    titles = [text for title in root.iter(f"{_C}title") if (text := _words(title))]
    series = list(root.iter(f"{_C}ser"))
    names = [_name(each) for each in series]
    columns = [_points(each, ("val", "yVal")) for each in series]
    categories: dict[int, str] = {}
    for each in series:
        categories |= {at: text for at, text in _points(each, ("cat", "xVal")).items() if at not in categories}
    places = sorted({at for column in columns for at in column} | set(categories))[:_MOST]
    cells = [*([["", *names]] if any(names) else []), *([categories.get(at, ""), *(column.get(at, "") for column in columns)] for at in places)]
    return [*titles, *(lines(cells, rows(cells, header=int(any(names)))) if places else [])]


def diagram(root: Any) -> list[str]:
    """The words of a diagram's boxes, a box a line."""
    return [text for point in root.iter(f"{_D}pt") if (text := _words(point))]


def paragraphs(root: Any) -> list[str]:
    """The paragraphs of a drawn shape."""
    return [text for paragraph in root.iter(f"{_A}p") if (text := "".join(t.text or "" for t in paragraph.iter(f"{_A}t")).strip())]


def _words(element: Any) -> str:
    written = " ".join(paragraphs(element))
    return written or "".join(v.text or "" for v in element.iter(f"{_C}v")).strip()


def _name(series: Any) -> str:
    found = series.find(f"{_C}tx")
    return " ".join("".join(v.text or "" for v in found.iter(f"{_C}v")).split()) if found is not None else ""


def _points(series: Any, tags: tuple[str, ...]) -> dict[int, str]:
    """Place → text of a series' values or categories; those of several levels outermost first."""
    found: dict[int, str] = {}
    for tag in tags:
        held = series.find(f"{_C}{tag}")
        if held is None:
            continue
        for level in [*held.iter(f"{_C}lvl")][::-1] or held.iter(f"{_C}strCache", f"{_C}numCache", f"{_C}strLit", f"{_C}numLit"):
            for at, text in _level(level):
                found[at] = f"{found[at]}/{text}" if at in found else text
    return found


def _level(level: Any) -> Iterator[tuple[int, str]]:
    form = level.findtext(f"{_C}formatCode") or "General"
    for point in level.iter(f"{_C}pt"):
        place, text = point.get("idx", ""), (point.findtext(f"{_C}v") or "").strip()
        if place.isdigit() and len(place) < 7 and text:
            yield int(place), _shown(text, point.get("formatCode") or form, level.tag)


def _shown(text: str, form: str, tag: str) -> str:
    if not tag.startswith(f"{_C}num"):
        return " ".join(text.split())
    try:
        return shown(float(text), form)
    except ValueError:
        return text
