"""Formulas of Office (OMML; ECMA-376, part 1, 22.1) in one line: 按时办结率=按时办结件数/应办结件数×100%, 15.2m², x₁."""

from __future__ import annotations

import re
from typing import Any

from index.readers.symbols import LOWERED, RAISED

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_DEEPEST = 60


def linear(element: Any, depth: int = 0) -> str:
    """A formula's characters in the order in which they are said, with brackets where the line alone would mean another thing."""
    if depth > _DEEPEST:
        return "".join(t.text or "" for t in element.iter(f"{_M}t"))
    tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
    if tag == "t":
        return element.text or ""
    if tag.endswith("Pr") or not tag:
        return ""

    def part(name: str) -> str:
        found = element.find(f"{_M}{name}")
        return linear(found, depth + 1) if found is not None else ""

    def sign(name: str, otherwise: str) -> str:
        found = element.find(f"{_M}{tag}Pr/{_M}{name}")
        return str(found.get(f"{_M}val", "")) if found is not None else otherwise

    if tag == "f":
        return f"{_grouped(part('num'))}/{_grouped(part('den'))}"
    if tag in ("sSup", "sSub", "sSubSup"):
        return part("e") + _small(part("sub"), LOWERED, "_") + _small(part("sup"), RAISED, "^")
    if tag == "sPre":
        return _small(part("sub"), LOWERED, "_") + _small(part("sup"), RAISED, "^") + part("e")
    if tag == "rad":
        return _small(part("deg"), RAISED, "") + "√" + _grouped(part("e"))
    if tag == "nary":
        return sign("chr", "∫") + _small(part("sub"), LOWERED, "_") + _small(part("sup"), RAISED, "^") + part("e")
    if tag == "d":
        inner = sign("sepChr", "|").join(linear(each, depth + 1) for each in element.findall(f"{_M}e"))
        return sign("begChr", "(") + inner + sign("endChr", ")")
    if tag in ("limLow", "limUpp"):
        return part("e") + _small(part("lim"), LOWERED if tag == "limLow" else RAISED, "_" if tag == "limLow" else "^")
    if tag in ("eqArr", "m"):
        lines = [linear(each, depth + 1) for each in element if each.tag in (f"{_M}e", f"{_M}mr")]
        return "；".join(line for line in lines if line)
    if tag == "mr":
        return "，".join(linear(each, depth + 1) for each in element.findall(f"{_M}e"))
    return "".join(linear(each, depth + 1) for each in element)  # runs, functions, boxes, accents; text of Word inside a formula below


def _grouped(text: str) -> str:
    return text if re.fullmatch(r"[^\s+\-−±×÷*/=<>]*|[（(][^（）()]*[）)]", text) else f"({text})"


def _small(text: str, table: dict[int, int], otherwise: str) -> str:
    """A raised or lowered part: in small characters where there are such, else behind a mark."""
    if not text:
        return ""
    small = text.translate(table)
    return small if all(ord(c) in table for c in text) else otherwise + _grouped(text)
