"""The tables beside the code: a line a rule, read once, when first needed."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping
from pathlib import Path


@functools.cache
def table(name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of `name`.csv, each a mapping of column to cell."""
    with (Path(__file__).parent / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


class Words:
    """Words looked up at a place of a text, the longest first: a dictionary by spelling, no pattern over all of them."""

    def __init__(self, words: Mapping[str, Mapping[str, str]]) -> None:
        self._words = words
        self._lengths = {word[0]: tuple(sorted({len(w) for w in words if w[0] == word[0]}, reverse=True)) for word in words}
        self._endings = {word[-1]: tuple(sorted({len(w) for w in words if w[-1] == word[-1]}, reverse=True)) for word in words}

    def starting(self, text: str, at: int) -> list[str]:
        """The words that start at a place, the longest first."""
        lengths = self._lengths.get(text[at : at + 1], ())
        return [text[at : at + n] for n in lengths if text[at : at + n] in self._words]

    def ending(self, text: str, at: int) -> list[str]:
        """The words that end before a place, the longest first."""
        lengths = self._endings.get(text[at - 1 : at], ())
        return [text[at - n : at] for n in lengths if n <= at and text[at - n : at] in self._words]

    def __getitem__(self, word: str) -> Mapping[str, str]:
        return self._words[word]
