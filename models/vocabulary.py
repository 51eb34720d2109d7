"""The words the static encoder knows, and the tokenizer that finds them.

The tokenizer is a Unigram model whose pieces and scores are jieba's own dictionary, cut down to the words that the
training text uses. jieba picks the segmentation with the highest sum of log(frequency / total); so does Unigram, hence
the two cut alike, but this one runs in Rust and lives inside the model file. Punctuation and spaces are pieces whose
vectors stay zero: they separate words and weigh nothing, and no pre-tokenizer is needed.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import scipy.sparse
    from tokenizers import Tokenizer

UNKNOWN = "[UNK]"
HAN = "\u4e00-\u9fff"
WORD = re.compile(rf"[{HAN}]+|[a-z]+|[0-9]+")
SILENT = re.compile(r"[^0-9a-z\u00c0-\uffff]|[\u2000-\u303f\uff00-\uffef]")  # what carries no meaning by itself


def jieba_dictionary() -> dict[str, int]:
    """jieba's word -> frequency table, as installed with the package (MIT)."""
    import jieba

    path = Path(jieba.__file__).parent / "dict.txt"
    rows = (line.rsplit(" ", 2) for line in path.read_text(encoding="utf-8").splitlines())
    return {word.lower(): int(frequency) for word, frequency, _ in rows}


def count_words(texts: Iterable[str]) -> Counter[str]:
    """How often each word stands in the texts: rjieba's words, Latin words, runs of digits; lower case."""
    import unicodedata

    import rjieba

    counts: Counter[str] = Counter()
    for text in texts:
        for word in rjieba.cut(unicodedata.normalize("NFKC", text).lower()):
            counts.update(WORD.findall(word))
    return counts


def choose_pieces(counts: Counter[str], size: int, dictionary: dict[str, int]) -> list[tuple[str, float]]:
    """At most `size` (piece, log probability) rows, the unknown piece first, every single character kept.

    A word of the dictionary keeps the dictionary's frequency; one that only jieba's hidden Markov model found takes its
    own count, scaled to the dictionary's total.
    """
    total = sum(dictionary.values())
    scale = total / max(1, sum(counts.values()))
    common = {chr(code) for code in range(0x4E00, 0xA000) if _in_gb2312(chr(code))}
    singles = (
        common | {character for word in counts for character in word} | set("0123456789abcdefghijklmnopqrstuvwxyz")
    )
    silent = {chr(code) for code in [*range(0x20, 0x7F), *range(0x2010, 0x2040), *range(0x3000, 0x3020)]}
    silent |= set("\n\t\r·—…‘’“”、。《》〈〉【】（）！？，；：％￥～①②③④⑤⑥⑦⑧⑨⑩") - singles
    chosen = singles | silent
    for word, count in counts.most_common():
        if len(chosen) >= size - 1 or count < 3:
            break
        if 1 < len(word) <= 12:
            chosen.add(word)
    frequency = {piece: dictionary.get(piece) or max(1.0, counts[piece] * scale * 0.5) for piece in chosen}
    return [(UNKNOWN, -30.0)] + [(piece, math.log(frequency[piece] / total)) for piece in sorted(chosen)]


def _in_gb2312(character: str) -> bool:
    try:
        return bool(character.encode("gb2312"))
    except UnicodeEncodeError:
        return False


def build_tokenizer(pieces: Sequence[tuple[str, float]]) -> Tokenizer:
    """A Unigram tokenizer over the pieces: NFKC, lower case, no pre-tokenizer, no special tokens."""
    from tokenizers import Tokenizer, models, normalizers

    tokenizer = Tokenizer(models.Unigram(list(pieces), unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    return tokenizer


def silent_rows(pieces: Sequence[tuple[str, float]]) -> np.ndarray:
    """bool[n]: pieces whose vector stays zero (unknown, spaces, punctuation)."""
    return np.array([piece == UNKNOWN or bool(SILENT.fullmatch(piece)) for piece, _ in pieces])


def parts_matrix(pieces: Sequence[tuple[str, float]], share: float) -> scipy.sparse.csr_matrix:
    """float32[n, n], row-sparse: a word's parts (its characters and the shorter words inside it), `share` spread over them.

    A word's vector is its own row plus these, so that rare words borrow meaning from what they are made of (the idea of
    fastText's n-grams); the sum is folded into one table before the model is saved.
    """
    from scipy import sparse

    identity = {piece: row for row, (piece, _) in enumerate(pieces)}
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for piece, row in identity.items():
        if len(piece) < 2 or piece == UNKNOWN or piece.isascii():
            continue
        spans = [piece[i:j] for i in range(len(piece)) for j in range(i + 1, min(len(piece), i + 4) + 1)]
        parts = [identity[span] for span in spans if span != piece and span in identity]
        rows += [row] * len(parts)
        columns += parts
        values += [share / math.sqrt(len(parts))] * len(parts)
    shape = (len(identity), len(identity))
    return sparse.csr_matrix((np.array(values, np.float32), (rows, columns)), shape=shape)
