"""Retrieval datasets as they lie on disk: BEIR folders or zip files, and MTEB / C-MTEB folders in jsonl or parquet.

    corpus.jsonl | corpus/*.jsonl | corpus/*.parquet | data/corpus-*.parquet | corpus-*.parquet
    queries.*    in the same places
    qrels.tsv | qrels/<split>.tsv | qrels/<split>*.jsonl | qrels/<split>*.parquet | data/<split>-*.parquet | default/<split>-*.parquet,
                 in the folder, or in one beside it that is named as it with -qrels
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from eval.dataset import GoldError

SPLITS = ("test", "dev", "validation", "train")  # which is taken where several are there
_FORMATS = (".jsonl", ".jsonl.gz", ".parquet")
_ID, _DOCUMENT, _QUERY, _SCORE = (
    ("_id", "id", "docid"),
    ("corpus-id", "corpus_id", "pid", "docid"),
    ("query-id", "query_id", "qid"),
    ("score", "relevance", "label"),
)


@dataclass(frozen=True)
class Collection:
    """Documents, queries, and which answer which."""

    name: str
    corpus: Mapping[str, str]  # id → title and text
    queries: Mapping[str, str]  # those with a relevant document
    qrels: Mapping[str, Mapping[str, int]]


def read_collection(path: Path, split: str | None = None) -> Collection:
    """A dataset's folder, or a zip file of one.  Raises GoldError naming what is missing or wrong in it."""
    if path.suffix == ".zip" and path.is_file():
        with tempfile.TemporaryDirectory(prefix="youju-beir-") as home:
            try:
                with zipfile.ZipFile(path) as packed:
                    packed.extractall(home)
            except (OSError, zipfile.BadZipFile) as error:
                raise GoldError(f"数据集 {path} 解不开：{error}；请检查是否下载完整") from error
            folder = next((each.parent for each in Path(home).rglob("queries*")), Path(home))
            try:
                return replace(_collection(folder, split), name=path.stem)
            except GoldError as error:
                raise GoldError(str(error).replace(str(folder), str(path))) from None
    if not path.is_dir():
        raise GoldError(f"找不到数据集文件夹 {path}；请检查路径")
    return _collection(path, split)


def _collection(folder: Path, split: str | None) -> Collection:
    corpus = {_field(one, _ID, where): _text(one, where) for where, one in _records(folder, "corpus")}
    queries = {_field(one, _ID, where): _text(one, where) for where, one in _records(folder, "queries")}
    qrels: dict[str, dict[str, int]] = {}
    for where, one in _rows(_qrels(folder, split)):
        try:
            score = int(float(_field(one, _SCORE, where)))
        except ValueError:
            raise GoldError(f"{where}：相关度应当是数，现在是 {_field(one, _SCORE, where)!r}") from None
        if score > 0:
            qrels.setdefault(_field(one, _QUERY, where), {})[_field(one, _DOCUMENT, where)] = score
    if not corpus or not qrels:
        raise GoldError(f"数据集 {folder} 里没有{'文档' if not corpus else '相关的判断'}；请检查是否下载完整")
    unknown = [query for query in qrels if query not in queries]
    if unknown:
        raise GoldError(f"数据集 {folder} 的 qrels 里有 {len(unknown)} 个问题不在 queries 里，例如 {unknown[0]}")
    return Collection(folder.name, corpus, {query: queries[query] for query in qrels}, qrels)


def _records(folder: Path, what: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The records of corpus or queries, wherever they lie."""
    places = [*folder.glob(f"{what}.*"), *folder.glob(f"{what}/*"), *folder.glob(f"data/{what}-*"), *folder.glob(f"{what}-*")]
    files = sorted(path for path in places if path.name.endswith(_FORMATS))
    if not files:
        raise GoldError(f"数据集 {folder} 里没有 {what}：应当有 {what}.jsonl，或 {what} 的 parquet 文件")
    for path in files:
        yield from _rows(path)


def _qrels(folder: Path, split: str | None) -> Path:
    """The one file of qrels that is meant."""
    found: dict[str, Path] = {}
    for home in (folder, folder.with_name(f"{folder.name}-qrels")):
        for path in sorted([*home.glob("qrels.*"), *home.glob("qrels/*"), *home.glob("data/*"), *home.glob("default/*")]):
            name = re.match(r"[A-Za-z_]+", path.name)
            if path.name.endswith((".tsv", *_FORMATS)) and name and name[0] not in ("corpus", "queries"):
                found.setdefault(name[0], path)
    if not found:
        raise GoldError(f"数据集 {folder} 里没有 qrels：应当有 qrels.tsv、qrels/test.tsv，或相应的 parquet 文件")
    if split:
        if split not in found:
            raise GoldError(f"数据集 {folder} 没有 {split} 这一部分；有的是 {'、'.join(found)}")
        return found[split]
    return next((found[name] for name in SPLITS if name in found), next(iter(found.values())))


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Records with where they stand, for errors."""
    try:
        if path.suffix == ".parquet":
            yield from ((f"{path} 第 {number} 行", row) for number, row in enumerate(_parquet(path), 1))
            return
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8-sig", newline="") as stream:
            if path.suffix == ".tsv":
                yield from _tabbed(path, stream)
                return
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield f"{path} 第 {number} 行", json.loads(line)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, csv.Error) as error:
        raise GoldError(f"数据集文件 {path} 读不出来：{error}；请检查是否下载完整") from error


def _tabbed(path: Path, stream: Iterable[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """With a head or without: then query, document, score."""
    table = csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
    first = next(table, [])
    names = first if "score" in first else ["query-id", "corpus-id", "score"]
    for number, row in enumerate(table if names is first else chain([first], table), 2 if names is first else 1):
        if row:
            yield f"{path} 第 {number} 行", dict(zip(names, row, strict=False))


def _parquet(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        from pyarrow import ArrowException  # type: ignore[import-not-found,unused-ignore]
        from pyarrow.parquet import ParquetFile  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise GoldError(f"读 {path} 需要 pyarrow：请 pip install -r requirements-peers.txt，或改用 jsonl 形式的数据集") from None
    try:
        for batch in ParquetFile(path).iter_batches():
            yield from batch.to_pylist()
    except ArrowException as error:
        raise GoldError(f"数据集文件 {path} 读不出来：{error}；请检查是否下载完整") from error


def _text(record: Mapping[str, Any], where: str) -> str:
    text = _field(record, ("text", "query"), where)
    title = str(record.get("title") or "")
    return f"{title}\n{text}" if title else text


def _field(record: Mapping[str, Any], names: tuple[str, ...], where: str) -> str:
    for name in names:
        if record.get(name) is not None:
            return str(record[name])
    raise GoldError(f"{where}缺少字段 {' 或 '.join(names)}")
