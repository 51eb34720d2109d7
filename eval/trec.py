"""TREC's own files: qrels `query 0 document relevance`, runs `query Q0 document rank score tag`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from eval.dataset import Case, GoldError, Result, write_whole

Qrels = Mapping[str, Mapping[str, int]]  # query → document → relevance, 0 is judged not relevant
Run = Mapping[str, Sequence[str]]  # query → documents, best first


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Relevance by query and document.  Raises GoldError naming file and line."""
    qrels: dict[str, dict[str, int]] = {}
    for where, fields in _rows(path, "qrels", 4):
        try:
            qrels.setdefault(fields[0], {})[fields[2]] = int(fields[3])
        except ValueError:
            raise GoldError(f"{where}：相关度应当是整数，现在是 {fields[3]!r}") from None
    return qrels


def read_trec_run(path: Path) -> dict[str, list[str]]:
    """Documents by query, by falling score; equal scores keep their ranks' order.  Raises GoldError."""
    scored: dict[str, list[tuple[float, int, str]]] = {}
    for where, fields in _rows(path, "运行结果", 6):
        try:
            scored.setdefault(fields[0], []).append((-float(fields[4]), int(fields[3]), fields[2]))
        except ValueError:
            raise GoldError(f"{where}：名次应当是整数，得分应当是数，现在是 {fields[3]!r} 和 {fields[4]!r}") from None
    return {query: [document for *_, document in sorted(rows)] for query, rows in scored.items()}


def write_qrels(path: Path, qrels: Qrels) -> None:
    """A line a judgement.  Raises GoldError."""
    lines = [f"{query} 0 {document} {relevance}\n" for query, documents in qrels.items() for document, relevance in documents.items()]
    write_whole(path, "".join(lines))


def write_trec_run(path: Path, run: Run, tag: str = "youju") -> None:
    """Ranks from 1; scores fall by one a rank, so that every tool keeps the order.  Raises GoldError."""
    lines = [
        f"{query} Q0 {document} {rank} {len(documents) - rank + 1} {tag}\n"
        for query, documents in run.items()
        for rank, document in enumerate(documents, 1)
    ]
    write_whole(path, "".join(lines))


def passages_run(results: Sequence[Result]) -> dict[str, list[str]]:
    """A run of ours as TREC sees it: documents are passage ids.  Raises GoldError where hits have none."""
    if any(not hit.id for result in results for hit in result.hits):
        raise GoldError("运行结果里的命中没有段落编号（id），无法写成 TREC 运行文件；请用 python -m eval run 重新运行")
    return {result.id: list(dict.fromkeys(hit.id for hit in result.hits)) for result in results}


def evidence_ranking(case: Case, firsts: Sequence[int | None], depth: int) -> tuple[dict[str, int], list[str]]:
    """A gold question as ranked retrieval: each piece of evidence is a document, at the rank of the hit that finds it.

    firsts: rank from 1 of the first hit that finds each piece, None where none does; depth: hits there are.
    """
    found: dict[int, list[str]] = {}
    for number, rank in enumerate(firsts):
        if rank is not None:
            found.setdefault(rank, []).append(f"evidence-{number}")
    ranking = [document for rank in range(1, depth + 1) for document in found.get(rank, [f"other-{rank}"])]
    return {f"evidence-{number}": 1 for number in range(len(firsts))}, ranking


def _rows(path: Path, what: str, width: int) -> Iterator[tuple[str, list[str]]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        raise GoldError(f"找不到 TREC {what}文件 {path}；请检查路径") from None
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(f"无法读取 TREC {what}文件 {path}：{error}") from error
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if fields and len(fields) != width:
            raise GoldError(f"{path} 第 {number} 行应当有 {width} 列，现在是 {len(fields)} 列：{line.strip()[:60]}")
        if fields:
            yield f"{path} 第 {number} 行", fields
