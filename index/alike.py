"""Which texts may be nearly the same, without reading them all: bottom-k sketches (Cohen & Kaplan, 2007) of sentences.

A sketch keeps the smallest hashes of a text's sentences; two texts share about as much of their sketches as of themselves.
What a sketch finds is a candidate, for `index.audit.overlaps` to compare word for word.
"""

from __future__ import annotations

import hashlib
import re

SIZE = 64  # hashes of a sketch
ENOUGH = 0.25  # of the smaller sketch: well below what near-identical texts share, so that none is missed
_SENTENCE = re.compile(r"[^。；！？\n]{8,}")  # shorter ones stand in reports that have nothing to do with each other


def sketch(text: str) -> list[int]:
    """At most 64 hashes of 63 bits, ascending."""
    sentences = {"".join(sentence.split()) for sentence in _SENTENCE.findall(text)}
    return sorted(_hash(each) for each in sentences)[:SIZE]


def _hash(sentence: str) -> int:
    return int.from_bytes(hashlib.blake2b(sentence.encode("utf-8", "replace"), digest_size=8).digest()) >> 1
