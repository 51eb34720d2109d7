"""python -m retrieval "问题": the answer and its sources in the terminal."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from index.types import YoujuError
from retrieval.answer.relative_times import explained
from retrieval.search.search import NAMES, SAID
from retrieval.tables.export import to_text
from retrieval.types import Answer, Citation, Hit


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 answered or honestly not, 2 when the question or the index is at fault."""
    parser = argparse.ArgumentParser(prog="python -m retrieval", description="向已收入的报告提问，答案逐字引自报告。")
    parser.add_argument("question", metavar="问题")
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="DIR", help="索引文件夹（默认 data）")
    parser.add_argument("--encoder", default=None, metavar="PATH|NAME", help="编码模型：best（默认）、fast，或建索引时所用的模型")
    parser.add_argument("--without", action="append", default=[], metavar="SLOT:VALUE", help="去掉一个限定，如 year:2024")
    parser.add_argument("--reranker", default=None, metavar="PATH", help="再读前 30 段的 CrossEncoder 所在的文件夹（sentence-transformers）")
    parser.add_argument("--explain", action="store_true", help="列出命中的段落，以及各自排在那里的原因")
    parser.add_argument("--json", action="store_true", help="输出 JSON")
    args = parser.parse_args(arguments)
    try:
        from index.corpus import Corpus
        from index.encoder import load_encoder
        from retrieval.ask import ask
        from retrieval.search.rerank import load_reader

        chosen: dict[str, Any] = {} if args.reranker is None else {"reranker": load_reader(args.reranker)}
        corpus = Corpus.open(args.data, load_encoder(args.encoder))
        try:
            answer = ask(corpus, args.question, without=args.without, **chosen)
        finally:
            corpus.close()
    except YoujuError as error:
        print(f"错误：{error}", file=sys.stderr)
        return 2
    print(as_json(answer) if args.json else as_text(answer, explain=args.explain))
    return 0


def as_json(answer: Answer) -> str:
    """The answer with everything in it, readable."""
    return json.dumps(dataclasses.asdict(answer), ensure_ascii=False, indent=1, default=sorted)


def as_text(answer: Answer, *, explain: bool = False) -> str:
    """The answer with numbered sources; with `explain`, each hit and why it stands where it does."""
    lines: list[str] = []
    if answer.question.chips:
        lines.append("限定：" + "  ".join(f"[{chip.value}]" for chip in answer.question.chips))
    if answer.said:
        lines.append(f"答：{answer.said}")
    if answer.table:
        lines.append(to_text(answer.table))
    elif answer.status == "answered":
        lines += [f"[{c.number}] {c.quote}{_times(c)}" for c in answer.citations]
    else:
        lines.append(answer.text)
        lines += [f"  · {c.report.title}：{c.quote}" for c in answer.candidates]
    if answer.note:
        lines.append(f"说明：{answer.note}")
    if answer.citations:
        lines += ["", "出处"]
        lines += [f"[{c.number}] {_source(c)}" for c in answer.citations]
    if explain:
        lines += ["", "命中"]
        lines += [_explained(place, hit) for place, hit in enumerate(answer.hits, 1)]
    lines.append(f"（{answer.ms:.0f} 毫秒）")
    return "\n".join(lines)


def _times(citation: Citation) -> str:
    said = explained(citation.quote, citation.report.facts)
    return f"（{said}）" if said else ""


def _source(citation: Citation) -> str:
    page = f"第 {citation.page} 页" if citation.page is not None else ""
    where = [citation.report.name, page, " > ".join(citation.path), f"第 {citation.start}–{citation.end} 字"]
    return " · ".join(part for part in where if part)


def _explained(place: int, hit: Hit) -> str:
    """A hit's place and text; below, its rank and score in each list, and all that the reranker added up."""
    text = hit.passage.text.replace("\n", " ")
    held = dict(hit.scores)
    lists = "  ".join(f"{NAMES[name]}第 {rank}（{held[name]:g}）" for name, rank in hit.ranks)
    added = {name.removeprefix("rerank:"): value for name, value in hit.scores if name.startswith("rerank:")}
    parts = "  ".join(f"{SAID[name]} {added[name]:+.3f}" for name in sorted(added, key=lambda name: -abs(added[name])))
    lines = [
        f"{place:2}. {hit.score:.3f} {hit.report.name} · {hit.why}",
        f"    {text[:80]}{'…' if len(text) > 80 else ''}",
        f"    名次与得分：{lists}",
        f"    重排各项相加：{parts}",
    ]
    if "cross-encoder" in held:
        lines.append(f"    重排模型：{held['cross-encoder']:g}")
    lines += [f"    相同的还有：{report.name} · {' > '.join(passage.path)}" for report, passage in hit.copies]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
