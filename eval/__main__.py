"""python -m eval run | compare: see --help."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eval.compare import compare
from eval.dataset import read_gold, read_run, write_run
from eval.metrics import score_all, summarise
from eval.report import as_json, markdown, markdown_comparison
from index.types import YoujuError


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0, or 2 after an error in the user's input, said in one line on stderr."""
    args = _parser().parse_args(arguments)
    try:
        _COMMANDS[args.command](args)
    except YoujuError as error:
        print(f"错误：{error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval", description="用金标问题评测检索与回答")
    commands = parser.add_subparsers(dest="command", required=True, metavar="命令")

    run = commands.add_parser("run", help="为报告建索引，逐题提问，写出运行结果并打印得分")
    run.add_argument("gold", type=Path, metavar="GOLD.jsonl", help="金标问题，每行一个 JSON 对象")
    run.add_argument("--reports", type=Path, nargs="+", required=True, metavar="DIR", help="放报告的文件夹，可以是多个")
    run.add_argument("--out", type=Path, required=True, metavar="RUN.jsonl", help="运行结果写到这里")
    run.add_argument("--data", type=Path, default=Path("data-eval"), metavar="DIR", help="索引缓存（默认 data-eval）")
    run.add_argument("--encoder", metavar="PATH|NAME", help="换一个编码模型：文件夹或名称（默认用自带的）")
    run.add_argument("--json", action="store_true", help="得分以 JSON 打印")

    pair = commands.add_parser("compare", help="比较同一份金标上的两次运行：配对随机化检验，胜/平/负")
    pair.add_argument("a", type=Path, metavar="A.jsonl", help="运行结果 A")
    pair.add_argument("b", type=Path, metavar="B.jsonl", help="运行结果 B")
    pair.add_argument("gold", type=Path, metavar="GOLD.jsonl", help="金标问题")
    pair.add_argument("--changed", metavar="指标", help="列出这个指标有变化的问题，例如 recall@1")
    return parser


def _run(args: argparse.Namespace) -> None:
    cases = read_gold(args.gold)  # before what is slow: a mistake shows at once

    from eval.run import ask_all, index_folder, misquoted, refuse_unknown, reports_in, sources
    from index.corpus import Corpus
    from index.encoder import load_encoder

    files = reports_in(args.reports)
    refuse_unknown(cases, files)
    encoder = load_encoder(args.encoder)
    with _progress() as progress:
        home = index_folder(files, encoder, args.data, progress)
        with Corpus.open(home, encoder) as corpus:
            texts = sources(corpus, files)
            if wrong := misquoted(cases, texts):
                print(f"注意：{len(wrong)} 题的依据在报告原文里找不到：{'、'.join(wrong[:10])}", file=sys.stderr)
            results = ask_all(corpus, cases, progress)
    write_run(args.out, results)
    summaries = summarise(score_all(cases, {result.id: result for result in results}, texts))
    if args.json:
        print(json.dumps(as_json(summaries), ensure_ascii=False, indent=1))
    else:
        print(markdown(summaries))
        print(f"运行结果已写入 {args.out}；索引在 {home}", file=sys.stderr)


def _compare(args: argparse.Namespace) -> None:
    cases = read_gold(args.gold)
    runs = [read_run(path) for path in (args.a, args.b)]
    scored = [score_all(cases, run, {}) for run in runs]
    comparisons = compare(*scored)
    print(markdown_comparison(str(args.a), str(args.b), comparisons))
    if not args.changed:
        return
    one = next((one for one in comparisons if one.metric == args.changed), None)
    if one is None:
        raise YoujuError(f"没有指标 {args.changed}；可以是 {'、'.join(one.metric for one in comparisons)}")
    questions = {case.id: case.question for case in cases}
    for verdict, ids in (("B 更好", one.wins), ("B 更差", one.losses)):
        for id in ids:
            print(f"{verdict} | {id} | {questions[id]}")


_COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {"run": _run, "compare": _compare}


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr for each thing done in turn; silent where stderr is no terminal."""
    from tqdm import tqdm

    bars: dict[str, Any] = {}

    def show(doing: str, done: int, total: int) -> None:
        if doing not in bars:
            for bar in bars.values():
                bar.close()
            bars[doing] = tqdm(desc=doing, total=total, file=sys.stderr, disable=None, leave=False)
        bars[doing].update(done - bars[doing].n)

    try:
        yield show
    finally:
        for bar in bars.values():
            bar.close()


if __name__ == "__main__":
    sys.exit(main())
