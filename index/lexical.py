"""Passages by their words: jieba's dictionary (through rjieba) in tantivy, ranked by BM25 (Robertson & Zaragoza, 2009).

A passage is indexed with its title and heading path, by dictionary words and by pairs of characters, and scores the sum
of both.  The same code cuts what is indexed and what is asked.  A query is built term by term, never parsed: no
character of a question has a meaning of its own.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import itertools
import json
import os
import re
import shutil
import tempfile
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path

import numpy as np
import tantivy

from index.bm25 import FIELDS, Among, Term, only, ranked, rarity
from index.rows import report_row
from index.types import StoreError

_MARKER = 0  # no report has row 0: its only document carries the generation in place of a passage's row
_LONGEST = 64  # characters of a token; tantivy drops terms beyond 65,530 bytes
_HEAP = 64 << 20  # bytes of the writer, one thread: the same additions make the same index
_FOOTER_MAGIC = 1337  # tantivy: src/directory/footer.rs
_MOST_AMONG = 16  # sets of reports whose counts are remembered
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_PIECES = re.compile(r"\d+(?:\.\d+)?|[a-z]+|[^\W\d_a-z]+")


@dataclass(frozen=True)
class Terms:
    """Words that a user adds to jieba's dictionary, each a run of Chinese characters, with its frequency where one is given."""

    words: tuple[tuple[str, int | None], ...] = ()

    @functools.cached_property
    def cut(self) -> Callable[[str, bool], list[str]]:
        """How jieba cuts with them, long words preceded by those inside them."""
        import rjieba  # holds its dictionary in memory, so only who segments pays for it

        if not self.words:
            return rjieba.cut_for_search
        jieba = rjieba.Jieba()  # a dictionary of its own: other corpora in this process keep theirs
        for word, frequency in self.words:
            jieba.add_word(word, frequency, None)
        return jieba.cut_for_search

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text().encode()).hexdigest()

    def text(self) -> str:
        """As `read_terms` reads it."""
        return "".join(f"{word} {count}\n" if count is not None else f"{word}\n" for word, count in self.words)


PLAIN = Terms()


def read_terms(path: Path) -> tuple[Terms, list[str]]:
    """A user dictionary as jieba has it, a word a line and if need be its frequency, in UTF-8 or GBK; and lines that are bad.

    Raises StoreError when the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f"词表 {path} 读不出来（{error.strerror}）：请检查路径和权限") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise StoreError(f"词表 {path} 不是 UTF-8 也不是 GBK 编码：请另存为 UTF-8，每行一个词") from error
    words: dict[str, int | None] = {}
    bad: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        word, *rest = line.partition("#")[0].split() or [""]
        if not word:
            continue
        word = _plain(word)
        if not re.fullmatch(r"[^\W\d_a-z]{2,64}", word):
            bad.append(f"{path} 第 {number} 行：“{word[:20]}”没有用上。词要有 2 到 64 个汉字，不带数字、字母和标点")
        else:
            words[word] = int(rest[0]) if rest and rest[0].isdecimal() and len(rest[0]) < 10 else None
    return Terms(tuple(words.items())), bad


def segment(text: str, terms: Terms = PLAIN) -> list[str]:
    """The words of a text in order, long ones preceded by the words inside them; punctuation and spaces are dropped.

    Widths and letter case agree (NFKC, lower case); a figure is one token, with its point and without thousands commas.
    Dictionary words only: what a model guesses beyond it is cut one way in a question and another in a report.
    """
    found: list[str] = []
    for run in _PIECES.findall(_plain(text)):  # before the dictionary, which would cut a figure at its point
        found += [run[:_LONGEST]] if run[0].isascii() else terms.cut(run, False)
    return found


def pairs(text: str) -> list[str]:
    """Each two neighbouring characters of a text, figures and Latin words whole: what no dictionary cuts apart."""
    found: list[str] = []
    for run in _PIECES.findall(_plain(text)):
        whole = run[0].isascii() or len(run) == 1
        found += [run[:_LONGEST]] if whole else [first + second for first, second in itertools.pairwise(run)]
    return found


def _plain(text: str) -> str:
    return _THOUSANDS.sub("", unicodedata.normalize("NFKC", text).lower())


def segmenter(terms: Terms = PLAIN) -> dict[str, str]:
    """Name, version, dictionary hash and fields, and the hash of a user's terms where there are any."""
    return {**_jieba(), **({"terms": terms.digest} if terms.words else {})}


@functools.cache
def _jieba() -> dict[str, str]:
    """The dictionary is compiled into the library, so the library is hashed; not loaded, which takes half a second."""
    package = importlib.util.find_spec("rjieba")
    library = PathFinder.find_spec("rjieba.rjieba", package.submodule_search_locations if package is not None else None)
    content = Path(library.origin).read_bytes() if library is not None and library.origin else b""
    digest = hashlib.sha256(content).hexdigest()
    return {
        "name": "rjieba",
        "version": importlib.metadata.version("rjieba"),
        "dictionary": digest,
        "fields": "words pairs, kept",
    }


class Lexical:
    """An inverted index in a folder.  Changes show after `commit`, all at once; a search changes nothing."""

    def __init__(self, folder: Path, index: tantivy.Index, terms: Terms) -> None:
        self.generation = -1
        self.terms = terms
        self.aside: tempfile.TemporaryDirectory[str] | None = None  # the copy read, where the folder cannot be written
        self._folder = folder
        self._index = index
        self._schema = index.schema
        self._writer: tantivy.IndexWriter | None = None
        self._searcher = index.searcher()
        self._among: dict[frozenset[int], Among] = {}  # those asked for last

    def copy(self) -> Lexical:
        """One to write to, or to reload, while searches go on in this one."""
        held = Lexical(self._folder, self._index, self.terms)
        held.aside, held.generation, held._searcher = self.aside, self.generation, self._searcher
        return held

    @classmethod
    def create(cls, folder: Path, terms: Terms = PLAIN) -> Lexical:
        """A new one in an empty or missing folder."""
        builder = (
            tantivy.SchemaBuilder()
            .add_unsigned_field("row", indexed=True, fast=True)
            .add_unsigned_field("report", indexed=True, fast=True)
        )
        for field in FIELDS:  # kept with their numbers, so that a passage's score can be told anew for who sees some reports only
            builder.add_text_field(field, stored=True, tokenizer_name="whitespace", index_option="freq")
            builder.add_unsigned_field(f"{field}_length", fast=True)
        schema = builder.build()
        with _guard(folder):
            folder.mkdir(parents=True, exist_ok=True)
            return cls(folder, tantivy.Index(schema, path=str(folder), reuse=False), terms)

    @classmethod
    def open(cls, folder: Path, terms: Terms = PLAIN) -> Lexical:
        """What `commit` left in a folder; raises StoreError when it is missing, foreign or damaged."""
        with _guard(folder):
            if not tantivy.Index.exists(str(folder)):
                raise StoreError(f"全文索引 {folder} 不存在")
            for name in damaged(folder):
                raise StoreError(f"全文索引 {folder} 已损坏：{name}")
            # tantivy locks even to read: on a disc it reads a copy
            aside = None if _writable(folder) else tempfile.TemporaryDirectory(prefix="youju-")
            at = folder if aside is None else Path(shutil.copytree(folder, Path(aside.name) / folder.name, copy_function=shutil.copyfile))
            lexical = cls(folder, tantivy.Index.open(str(at)), terms)
            lexical.aside = aside
            lexical.reload()
        return lexical

    def __len__(self) -> int:
        """Passages committed."""
        return max(self._searcher.num_docs - 1, 0)

    @property
    def rows(self) -> np.ndarray:
        """int64 [n]: the passages committed, ascending."""
        with _guard(self._folder):
            found = self._searcher.search(tantivy.Query.all_query(), max(self._searcher.num_docs, 1), count=False)
            addresses = [address for _, address in found.hits]
            rows = np.array(self._searcher.fast_field_values("row", addresses), dtype=np.int64)
            reports = np.array(self._searcher.fast_field_values("report", addresses), dtype=np.int64)
        return np.sort(rows[reports != _MARKER])

    def add(self, rows: Sequence[int], bodies: Sequence[str], heads: Sequence[str]) -> None:
        """Put in passages: their rows, texts, and titles with heading paths."""
        with _guard(self._folder):
            writer = self._writing()
            for row, body, head in zip(rows, bodies, heads, strict=True):
                document = tantivy.Document()
                document.add_unsigned("row", int(row))
                document.add_unsigned("report", report_row(int(row)))
                text = f"{head}\n{body}"  # one field: BM25 must see a word of the title and of the passage as one
                for field, tokens in zip(FIELDS, (segment(text, self.terms), pairs(text)), strict=True):
                    document.add_text(field, " ".join(tokens))
                    document.add_unsigned(f"{field}_length", len(tokens))
                writer.add_document(document)

    def remove(self, report_row: int) -> None:
        """Take out every passage of a report that was added before."""
        with _guard(self._folder):
            self._writing().delete_documents_by_query(self._report(report_row))

    def commit(self, generation: int) -> None:
        """Make what was added and removed visible and durable, marked with the catalog's generation."""
        with _guard(self._folder):
            writer = self._writing()
            writer.delete_documents_by_query(self._report(_MARKER))
            marker = tantivy.Document()
            marker.add_unsigned("report", _MARKER)
            marker.add_unsigned("row", generation)
            writer.add_document(marker)
            writer.commit()
            self._writer = None
            writer.wait_merging_threads()
        self.reload()

    def rollback(self) -> None:
        """Forget what was added and removed since the last commit."""
        if self._writer is not None:
            with _guard(self._folder):
                self._writer.rollback()
                self._writer = None

    def reload(self) -> None:
        """See what another process has committed."""
        with _guard(self._folder):
            self._index.reload()
            searcher = self._index.searcher()
            marker = searcher.search(self._report(_MARKER), 1, count=False).hits
            generation = searcher.fast_field_values("row", [marker[0][1]])[0] if marker else -1
        self._searcher, self.generation, self._among = searcher, int(generation or 0), {}

    def search(
        self, text: str, k: int, allowed: frozenset[int] | None = None, among: frozenset[int] | None = None
    ) -> list[tuple[int, float]]:
        """At most k (passage row, BM25 above zero), best first, of the reports allowed; None: of all.

        among: the reports that there are for who asks; the scores are those of an index that holds no others.
        """
        searcher = self._searcher
        terms = self._asked(text)
        k = min(k, searcher.num_docs)
        if not terms or k <= 0 or (allowed is not None and not allowed):
            return []
        if among is not None:
            with _guard(self._folder):
                return self._of(among).search(terms, k, among if allowed is None else among & allowed)
        should, must = tantivy.Occur.Should, tantivy.Occur.Must
        query = tantivy.Query.boolean_query([(should, self._term(field, word)) for field, word in terms])
        if allowed is not None:
            query = tantivy.Query.boolean_query([(must, query), (must, only(self._schema, allowed))])
        with _guard(self._folder):
            hits = searcher.search(query, k, count=False).hits
            rows = searcher.fast_field_values("row", [address for _, address in hits]) if hits else []
        found = [(int(row or 0), float(score)) for row, (score, _) in zip(rows, hits, strict=True) if score > 0]
        return ranked(found)

    def whole(self, text: str, among: frozenset[int] | None = None) -> float:
        """The BM25 of a passage of average length that holds all of a text once: the sum of its words' rarities.

        A score over it is the share of what is asked that a passage covers, and agrees from one question to another.
        """
        with _guard(self._folder):
            if among is not None:
                return self._of(among).whole(self._asked(text))
            documents = self._searcher.num_docs
            return sum(rarity(documents, self._searcher.doc_freq(field, word)) for field, word in self._asked(text))

    def frequency(self, word: str, among: frozenset[int] | None = None) -> int:
        """How many passages hold a word as `segment` gives it; those removed count until tantivy merges their file.

        among: of these reports only, and none removed.
        """
        if among is None:
            return int(self._searcher.doc_freq("words", word))
        with _guard(self._folder):
            return self._of(among).frequency("words", word)

    def _asked(self, text: str) -> list[Term]:
        """Each word and each pair of characters of a text once."""
        return list(dict.fromkeys([("words", word) for word in segment(text, self.terms)] + [("pairs", pair) for pair in pairs(text)]))

    def _of(self, among: frozenset[int]) -> Among:
        found = self._among.pop(among, None) or Among(self._searcher, self._schema, among)
        while len(self._among) >= _MOST_AMONG:
            self._among.pop(next(iter(self._among), among), None)
        self._among[among] = found
        return found

    def _term(self, field: str, word: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, word, "freq")

    def _report(self, row: int) -> tantivy.Query:
        # tantivy-py 0.27: delete_documents_by_term makes a signed term of a number, which no unsigned field holds
        return tantivy.Query.term_query(self._schema, "report", row)

    def _writing(self) -> tantivy.IndexWriter:
        if self._writer is None:
            self._writer = self._index.writer(_HEAP, 1)
        return self._writer


def _writable(folder: Path) -> bool:
    effective = os.access in os.supports_effective_ids
    return all(os.access(path, os.W_OK, effective_ids=effective) for path in (folder, *folder.glob(".*.lock")))


def damaged(folder: Path) -> Iterator[str]:
    """Names of the files in an index whose content is not what its checksum says (tantivy ends each with a CRC-32)."""
    listed = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    segments = {str(entry["segment_id"]).replace("-", "") for entry in listed["segments"]}
    present: set[str] = set()
    for path in sorted(folder.iterdir()):
        if path.name.partition(".")[0] not in segments:
            continue
        present.add(path.name.partition(".")[0])
        data = path.read_bytes()
        size, magic = int.from_bytes(data[-8:-4], "little"), int.from_bytes(data[-4:], "little")
        try:
            sound = magic == _FOOTER_MAGIC and zlib.crc32(data[: -8 - size]) == json.loads(data[-8 - size : -8])["crc"]
        except (ValueError, KeyError, TypeError):
            sound = False
        if not sound:
            yield path.name
    yield from sorted(segments - present)


@contextmanager
def _guard(folder: Path) -> Iterator[None]:
    """tantivy raises ValueError, OSError, and its Rust panics as a BaseException of their own."""
    try:
        yield
    except StoreError:
        raise
    except Exception as error:
        raise StoreError(f"全文索引 {folder} 读写失败：{error}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise StoreError(f"全文索引 {folder} 已损坏：{error}") from error
