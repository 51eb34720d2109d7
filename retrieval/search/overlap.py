"""How much of a question stands in a text: by rarity of its words, by character pairs, by their order, by their vectors."""

from __future__ import annotations

import functools
import math
import re
import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from index.corpus import Corpus
from index.lexical import segment
from retrieval.question.asks import words
from retrieval.types import Question

PART = 0.6  # of a word's weight where only its letters stand, in order: 法援 in 法律援助
_LETTER = re.compile(r"\w")
NEAR = 16  # characters within which two words of the question stand side by side


def rarity(corpus: Corpus, question: Question) -> dict[str, float]:
    """Content words of a question → inverse document frequency over the corpus (Robertson and Spärck Jones, as in BM25).

    Short words say less and count less.
    """
    total = sum(ref.passages for ref in corpus.reports())
    weights = {}
    for word in words(question.rest):
        held = corpus.frequency(word)
        weights[word] = math.log(1 + (max(total, held) - held + 0.5) / (held + 0.5)) * min(1.0, 0.4 + 0.3 * len(word))
    return weights


def matched(weights: Mapping[str, float], text: str) -> dict[str, float]:
    """Words that stand in a text with their weight; part of it where only their letters do, in order."""
    low = text.lower()
    found = {}
    for word, weight in weights.items():
        if word in low:
            found[word] = weight
        elif 2 <= len(word) <= 4 and _letters(word).search(low):
            found[word] = PART * weight
    return found


def share(weights: Mapping[str, float], text: str) -> float:
    """0 to 1: of the question's weight, what stands in a text."""
    total = sum(weights.values())
    return sum(matched(weights, text).values()) / total if total else 0.0


@functools.lru_cache(maxsize=8192)
def distinct(text: str) -> tuple[str, ...]:
    """Words of a text as the index holds them, each once."""
    # interned: the words of thousands of texts are mostly the same
    return tuple(dict.fromkeys(sys.intern(word) for word in segment(text) if _LETTER.search(word)))


@functools.lru_cache(maxsize=8192)
def _bare(text: str) -> str:
    return re.sub(r"\W", "", text.lower())


@functools.lru_cache(maxsize=512)
def pairs(text: str) -> frozenset[str]:
    """Character pairs of a text, marks apart."""
    bare = _bare(text)
    return frozenset(bare[at:at + 2] for at in range(len(bare) - 1))


def held(said: frozenset[str], text: str) -> int:
    """How many of some character pairs stand in a text."""
    bare = _bare(text)
    return sum(pair in bare for pair in said)


def in_order(asked: Sequence[str], text: str) -> float:
    """0 to 1: of the question's neighbouring words, those that stand near one another in the same order."""
    low = text.lower()
    places = [low.find(word) for word in asked]
    near = sum(0 <= a < b <= a + NEAR for a, b in pairwise(places))
    return near / max(1, len(asked) - 1)


def soft(corpus: Corpus, weights: Mapping[str, float], texts: Sequence[str]) -> list[float]:
    """For each text: every word of the question matched by the word nearest to it in meaning, weighed by rarity.

    Late interaction over static vectors (cf. ColBERT: Khattab and Zaharia, SIGIR 2020).
    """
    total = sum(weights.values())
    held = [distinct(text) for text in texts]
    place = {word: at for at, word in enumerate(dict.fromkeys(word for each in held for word in each))}
    if not total or not place:
        return [0.0] * len(texts)
    share = np.asarray(list(weights.values()), np.float32) / total
    # einsum: BLAS would share so small a product among threads, and on busy cores wait longer for them than it takes
    alike = np.einsum("wd,td->wt", corpus.text_vectors(list(weights)), corpus.text_vectors(list(place)))
    full = [at for at, each in enumerate(held) if each]  # reduceat takes no empty run
    flat = np.asarray([place[word] for each in held for word in each])
    starts = np.cumsum([0, *(len(held[at]) for at in full[:-1])])
    found = np.zeros(len(texts), np.float32)
    found[full] = share @ np.maximum.reduceat(alike[:, flat], starts, axis=1)
    return [float(value) for value in found]


@functools.lru_cache(maxsize=4096)
def _letters(word: str) -> re.Pattern[str]:
    return re.compile(".{0,3}".join(map(re.escape, word)))
