"""python -m retrieval "问题": the answer and its sources in the terminal."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from index.types import YoujuError
from retrieval.types import Answer, Citation, Hit


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 answered or honestly not, 2 when the question or the index is at fault."""
    parser = argparse.ArgumentParser(prog="python -m retrieval", description="向已收入的报告提问，答案逐字引自报告。")
    parser.add_argument("question", metavar="问题")
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="DIR", help="索引文件夹（默认 data）")
    parser.add_argument("--encoder", default=None, metavar="PATH|NAME", help="建索引时所用的向量模型（默认随附的）")
    parser.add_argument("--without", action="append", default=[], metavar="SLOT:VALUE", help="去掉一个限定，如 year:2024")
    parser.add_argument("--explain", action="store_true", help="列出命中的段落，以及各自排在那里的原因")
    parser.add_argument("--json", action="store_true", help="输出 JSON")
    args = parser.parse_args(arguments)
    try:
        from index.corpus import Corpus
        from index.encoder import load_encoder
        from retrieval.ask import ask

        corpus = Corpus.open(args.data, load_encoder(args.encoder))
        try:
            answer = ask(corpus, args.question, without=args.without)
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
    if answer.short:
        lines.append(f"答：{answer.short}")
    if answer.status == "answered":
        lines += [f"[{c.number}] {c.quote}" for c in answer.citations]
    else:
        lines.append(answer.text)
        lines += [f"  · {c.report.facts.title or c.report.name}：{c.quote}" for c in answer.candidates]
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


def _source(citation: Citation) -> str:
    page = f"第 {citation.page} 页" if citation.page is not None else ""
    where = [citation.report.name, page, " > ".join(citation.path), f"第 {citation.start}–{citation.end} 字"]
    return " · ".join(part for part in where if part)


def _explained(place: int, hit: Hit) -> str:
    text = hit.passage.text.replace("\n", " ")
    return f"{place:2}. {hit.score:.3f} {hit.report.name} · {hit.why}\n    {text[:80]}{'…' if len(text) > 80 else ''}"


if __name__ == "__main__":
    sys.exit(main())
