"""What the encoder is trained on: question-passage pairs, hand-written questions, and words for words.

Only sources whose licence lets their weights be shipped are named here; the model card lists them with their terms.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

# Rows taken an epoch; the small sources hold real questions and are taken whole, the far registers are capped.
WEAK_SOURCES = {
    "crud_news_weak": 320_000,
    "lawrefbook_weak": 120_000,
    "moj_tw_law_weak": 40_000,
    "lctt_tech_weak": 30_000,
    "niutrans_history_weak": 15_000,
    "csl_academic": 17_000,
    "toyhom_medical_qa": 11_100,
    "gov_message": 12_900,
    "lawyer_llama": 10_200,
    "civilservice_notes_weak": 7_500,
    "lawgpt_articles": 7_100,
    "drcd_dev": 4_700,
    "cee_envlaw_weak": 3_200,
    "dureader2_demo": 1_600,
    "xquad_zh": 1_400,
    "cmrc2018_trial": 1_300,
    "roc_judicial_qa": 900,
}
# Where a person asked or wrote the query; the second stage leans on these.
REAL_SOURCES = (
    "gov_message",
    "toyhom_medical_qa",
    "lawyer_llama",
    "drcd_dev",
    "dureader2_demo",
    "xquad_zh",
    "cmrc2018_trial",
    "roc_judicial_qa",
    "csl_academic",
)


class Pair(NamedTuple):
    """A text that asks and a text that answers."""

    query: str
    passage: str
    source: str


def read_pairs(data: Path, source: str) -> Iterator[Pair]:
    """The training pairs of one source, in document order. `data`: the folder that holds ``pairs/``."""
    import zstandard

    with (data / "pairs" / f"{source}.train.jsonl.zst").open("rb") as packed:
        stream = zstandard.ZstdDecompressor(max_window_size=2**28).stream_reader(packed)
        for line in io.TextIOWrapper(stream, encoding="utf-8"):
            row = json.loads(line)
            yield Pair(row["query"], row["passage"], source)


def read_questions(data: Path, part: str = "train") -> Iterator[Pair]:
    """The hand-written questions that their passage answers, of the part to train on or of "test"; near misses (no answer) are left out."""
    with (data / "questions" / f"{part}.jsonl").open(encoding="utf-8") as rows:
        for line in rows:
            row = json.loads(line)
            if row["answer"]:
                yield Pair(row["question"], row["passage"], "questions")


def read_lexicon(data: Path) -> list[tuple[str, list[str]]]:
    """(official term, the ways people say it) rows."""
    with (data / "lexicon" / "official-everyday.jsonl").open(encoding="utf-8") as rows:
        return [(row["term"], row["also"]) for row in map(json.loads, rows)]


def read_wordnet(data: Path) -> list[list[str]]:
    """The synonym sets of the Chinese Open Wordnet with two words or more."""
    sets: dict[str, list[str]] = {}
    with (data / "lexicon" / "wn-data-cmn.tab").open(encoding="utf-8") as rows:
        for line in rows:
            parts = line.rstrip("\n").split("\t")
            if len(parts) == 3 and parts[1].endswith("lemma"):
                sets.setdefault(parts[0], []).append(parts[2].replace("+", "").replace("_", ""))
    return [words for words in sets.values() if len(set(words)) > 1]


class Paraphraser:
    """Says a text in everyday words: official terms that stand in it are swapped for what people call them."""

    def __init__(self, lexicon: Sequence[tuple[str, Sequence[str]]]) -> None:
        self.also = {term: list(also) for term, also in lexicon if len(term) > 1}
        self.lengths: dict[str, list[int]] = {}
        for term in self.also:
            self.lengths.setdefault(term[:2], []).append(len(term))
        for lengths in self.lengths.values():
            lengths.sort(reverse=True)

    def __call__(self, text: str, chance: random.Random, share: float = 0.8) -> str:
        """The text with about `share` of its official terms replaced, the longest term first; itself where none stands in it."""
        said: list[str] = []
        at = 0
        while at < len(text):
            for length in self.lengths.get(text[at : at + 2], ()):
                term = text[at : at + length]
                if term in self.also:
                    said.append(chance.choice(self.also[term]) if chance.random() < share else term)
                    at += length
                    break
            else:
                said.append(text[at])
                at += 1
        return "".join(said)
