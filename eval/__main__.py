"""python -m eval run | report | compare | …: see --help."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from eval.about import command, machine, read_about, write_about
from eval.compare import compare
from eval.dataset import json_lines, read_gold, read_golds, read_run, write_run, write_whole
from eval.metrics import score_all, summarise
from eval.report import as_json, counted, markdown, markdown_comparison, markdown_lost
from index.types import YoujuError

CACHE = Path("data-eval")
SAMPLES = [Path("eval/gold/samples.jsonl"), Path("eval/gold/samples.tables.jsonl")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0; 1 where the gate is shut; 2 after an error in the user's input, said in one line on stderr."""
    args = _parser().parse_args(arguments)
    args.typed = command(arguments)
    try:
        status: int | None = args.do(args)
    except YoujuError as error:
        print(f"错误：{error}", file=sys.stderr)
        return 2
    return status or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval", description="用金标问题评测检索与回答")
    commands = parser.add_subparsers(required=True, metavar="命令")

    def add(name: str, do: Callable[[argparse.Namespace], int | None], said: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=said, description=said)
        one.set_defaults(do=do)
        return one

    run = add("run", _run, "为报告建索引，逐题提问，写出运行结果并打印得分；中断后再次运行会接着做")
    _gold(run)
    _reports(run)
    run.add_argument("--out", type=Path, required=True, metavar="RUN.jsonl", help="运行结果写到这里")
    run.add_argument("--json", action="store_true", help="得分以 JSON 打印")
    run.add_argument("--html", type=Path, metavar="FILE", help="另写一份网页报告")
    run.add_argument("--trec", type=Path, metavar="FILE", help="另写一份 TREC 运行文件")

    report = add("report", _report, "把一次运行写成一个可离线阅读、可打印的网页")
    report.add_argument("run", type=Path, metavar="RUN.jsonl", help="运行结果")
    _gold(report)
    report.add_argument("--reports", type=Path, nargs="+", metavar="DIR", help="放报告的文件夹；给出时核对引文")
    report.add_argument("--out", type=Path, required=True, metavar="FILE.html", help="网页写到这里")
    report.add_argument("--markdown", type=Path, metavar="FILE.md", help="另写一份 Markdown")
    report.add_argument("--json", type=Path, metavar="FILE.json", help="另写一份 JSON")
    report.add_argument("--trec", type=Path, metavar="FILE", help="另写一份 TREC 运行文件")
    report.add_argument("--title", default="检索与问答评测", metavar="标题")
    report.add_argument("--page", default="", metavar="URL", help="问答网页的地址；给出时每题带一个链接")

    pair = add("compare", _compare, "比较同一份金标上的两次运行：配对随机化检验、重抽样区间、Holm 校正、胜/平/负")
    pair.add_argument("a", type=Path, metavar="A.jsonl", help="运行结果 A")
    pair.add_argument("b", type=Path, metavar="B.jsonl", help="运行结果 B")
    _gold(pair)
    pair.add_argument("--changed", metavar="指标", help="列出这个指标有变化的问题，例如 recall@1")

    rank = add("rank", _rank, "给 TREC 格式的 qrels 与运行文件打分（ir_measures）")
    rank.add_argument("qrels", type=Path, metavar="QRELS")
    rank.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    rank.add_argument("--metrics", nargs="+", default=None, metavar="指标", help="例如 nDCG@10 R@5 RR@10 AP@100（默认）")

    ablate = add("ablate", _ablate, "逐一关掉检索的部件，看各项得分变多少")
    _gold(ablate)
    _reports(ablate)
    ablate.add_argument("--only", nargs="+", metavar="开关", help="只做这些开关")
    ablate.add_argument("--out", type=Path, metavar="STEM", help="结果另写到 STEM.md 与 STEM.json")

    encoders = add("encoders", _encoders, "在 BEIR / C-MTEB 文件夹或金标上比较编码模型：BM25、稠密、混合")
    encoders.add_argument("--beir", type=Path, nargs="+", default=[], metavar="DIR", help="BEIR 或 MTEB 检索数据集文件夹，或 BEIR 的 zip")
    encoders.add_argument("--gold", type=Path, metavar="GOLD.jsonl", help="金标问题；要同时给 --reports")
    encoders.add_argument("--reports", type=Path, nargs="+", default=[], metavar="DIR", help="放报告的文件夹")
    encoders.add_argument("--models", nargs="*", default=[], metavar="PATH|NAME", help="另外要比较的模型（自带的总在其中）")
    encoders.add_argument("--queries", type=int, default=0, metavar="N", help="每个数据集最多取 N 个问题（默认全部）")
    encoders.add_argument("--split", metavar="NAME", help="用 qrels 的哪一部分，例如 test")
    encoders.add_argument("--out", type=Path, metavar="STEM", help="结果另写到 STEM.md 与 STEM.json")
    _cache(encoders)

    bench = add("bench", _bench, "量建库时间、体积、内存与提问耗时；--peers 时与同类系统在同样的段落上比")
    _gold(bench)
    _reports(bench)
    bench.add_argument("--peers", nargs="*", metavar="系统", help="同类系统；不写名字就是全部")
    bench.add_argument("--passages", type=int, default=0, metavar="N", help="把段落补到 N 段（用 --fill 里的文字）")
    bench.add_argument("--fill", type=Path, nargs="+", default=[], metavar="FILE", help="补足段落用的 BEIR 文件夹、zip 或每行一段的文本")
    bench.add_argument("--limit", type=float, default=600, metavar="秒", help="每个系统建库最多用多少秒 CPU（默认 600）")
    bench.add_argument("--asking", type=float, default=300, metavar="秒", help="每个系统提问最多用多少秒 CPU，用完就不再问（默认 300）")
    bench.add_argument("--out", type=Path, metavar="STEM", help="结果另写到 STEM.md 与 STEM.json")

    gate = add("gate", _gate, "在样例问题上重跑，得分比基线低出误差就失败（退出状态 1）")
    gate.add_argument("--gold", type=Path, nargs="+", default=SAMPLES, metavar="GOLD.jsonl", help="金标，可以是多份（默认样例问题与样例表格）")
    gate.add_argument("--reports", type=Path, nargs="+", default=[Path("reports")], metavar="DIR")
    gate.add_argument("--baseline", type=Path, default=Path("eval/results/baseline.json"), metavar="FILE.json")
    gate.add_argument("--renew", action="store_true", help="把基线改写成这次的得分，并列出变了什么")
    _cache(gate)
    gate.add_argument("--encoder", metavar="PATH|NAME", help="编码模型：best（默认）、fast，或模型的文件夹、名称")

    hidden = add("hidden", _hidden, "看不见的报告有没有左右别人得到的回答：每个问题旁边是不含它们的库，一处不同就失败（退出状态 1）")
    hidden.add_argument("--gold", type=Path, nargs="+", default=SAMPLES, metavar="GOLD.jsonl", help="金标，可以是多份（默认样例问题与样例表格）")
    hidden.add_argument("--reports", type=Path, nargs="+", default=[Path("reports")], metavar="DIR")
    hidden.add_argument("--encoder", metavar="PATH|NAME", help="编码模型：best（默认）、fast，或模型的文件夹、名称")

    figures = add("figures", _figures, "把所有开发集跑一遍，写成一张表；--base 时与另一份代码并排，逐题配对")
    figures.add_argument("--base", type=Path, metavar="DIR", help="另一份检出的代码，有自己的 .venv")
    figures.add_argument("--sets", default="", metavar="a,b", help="只跑这些（默认除 loong、encoders 外全部；all 是全部）")
    figures.add_argument("--out", type=Path, default=Path("eval/results/figures.md"), metavar="FILE.md", help="表写到这里，旁边另写一份 .json")

    draft = add("draft", _draft, "没有金标？从自己的报告里的标题、数字、列举拟出问题与依据，供人改定")
    draft.add_argument("--reports", type=Path, nargs="+", required=True, metavar="DIR", help="放报告的文件夹")
    draft.add_argument("--out", type=Path, required=True, metavar="DRAFT.jsonl", help="拟出的问题写到这里")
    draft.add_argument("--each", type=int, default=6, metavar="N", help="每份报告最多拟几题（默认 6）")

    label = add("label", _label, "在终端里逐题标出哪一段是依据，写成金标")
    label.add_argument("questions", type=Path, metavar="QUESTIONS", help="每行一个问题的文本，或拟出的 .jsonl")
    _reports(label)
    label.add_argument("--out", type=Path, required=True, metavar="GOLD.jsonl", help="标好的写到这里；已标的不再问")
    label.add_argument("--show", type=int, default=8, metavar="K", help="每次列出几段（默认 8）")

    said = "把网页上的“有用/没用”变成待改定的金标、待标的问题与 TREC qrels"
    feedback = add("feedback", _feedback, said)
    feedback.add_argument("--data", type=Path, required=True, metavar="DIR", help="网页的数据文件夹，其中有 feedback.jsonl")
    feedback.add_argument("--out", type=Path, required=True, metavar="GOLD.jsonl", help="金标写到这里；其中已改定的（没有 draft 的）原样保留")
    feedback.add_argument("--encoder", metavar="PATH|NAME", help="编码模型：best（默认）、fast，或建这个索引时用的")
    return parser


def _gold(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("gold", type=Path, metavar="GOLD.jsonl", help="金标问题，每行一个 JSON 对象")


def _reports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reports", type=Path, nargs="+", required=True, metavar="DIR", help="放报告的文件夹，可以是多个")
    parser.add_argument("--encoder", metavar="PATH|NAME", help="编码模型：best（默认）、fast，或模型的文件夹、名称")
    _cache(parser)


def _cache(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=CACHE, metavar="DIR", help=f"索引缓存（默认 {CACHE}）")


def _run(args: argparse.Namespace) -> None:
    cases = read_gold(args.gold)  # before what is slow: a mistake shows at once

    from eval.journal import journal
    from eval.run import ask_all, indexed, misquoted, run_fingerprint, share

    with _progress() as progress, indexed(cases, args.reports, args.encoder, args.data, progress) as (corpus, home, texts):
        if wrong := misquoted(cases, texts):
            print(f"注意：{len(wrong)} 题的依据在报告原文里找不到：{'、'.join(wrong[:10])}", file=sys.stderr)
        with journal(args.out.with_name(args.out.name + ".partial"), run_fingerprint(args.gold, home)) as kept:
            if kept.done:
                print(f"接着上次做：已有 {len(kept.done)} 题", file=sys.stderr)
            results = ask_all(corpus, cases, texts, progress, kept)
        about = {
            "命令": args.typed,
            "机器": machine(),
            "编码模型": corpus.encoder.name,
            "有上下文向量的段落": share(corpus),
            "报告": f"{len(corpus.reports())} 份、{sum(ref.passages for ref in corpus.reports())} 段",
        }
    write_run(args.out, results)
    write_about(args.out, about)
    found = {result.id: result for result in results}
    scored = score_all(cases, found, texts)
    summaries = summarise(scored)
    if args.trec:
        from eval.trec import passages_run, write_trec_run

        write_trec_run(args.trec, passages_run(results))
    if args.html:
        from eval.html import report_html

        write_whole(args.html, report_html(cases, found, scored, title="检索与问答评测", about=about))
    if args.json:
        print(json.dumps(as_json(summaries), ensure_ascii=False, indent=1))
    else:
        print(f"{markdown(summaries)}\n\n{markdown_lost(counted(results))}".rstrip())
        print(f"运行结果已写入 {args.out}；索引在 {home}", file=sys.stderr)


def _report(args: argparse.Namespace) -> None:
    cases, found = read_gold(args.gold), read_run(args.run)

    from eval.html import report_html
    from eval.run import reports_in, sources

    scored = score_all(cases, found, sources(reports_in(args.reports)) if args.reports else {})
    if not args.reports:  # nothing to compare quotes with: say nothing of them
        scored = [replace(one, faithful=()) for one in scored]
    summaries = summarise(scored)
    about = read_about(args.run)
    stages = counted(found[case.id] for case in cases if case.id in found)
    if args.trec:
        from eval.trec import passages_run, write_trec_run

        write_trec_run(args.trec, passages_run([found[case.id] for case in cases if case.id in found]))
    if args.markdown:
        said = "".join(f"- {name}：{value}\n" for name, value in about.items())
        tables = f"{markdown(summaries)}\n\n{markdown_lost(stages)}".rstrip()
        write_whole(args.markdown, f"# {args.title}\n\n{said}\n{tables}\n")
    if args.json:
        whole = {"about": about, "scores": as_json(summaries), "lost": stages}
        write_whole(args.json, json.dumps(whole, ensure_ascii=False, indent=1) + "\n")
    write_whole(args.out, report_html(cases, found, scored, title=args.title, about=about, page=args.page))
    print(f"报告已写入 {args.out}，用浏览器打开即可", file=sys.stderr)


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


def _rank(args: argparse.Namespace) -> None:
    from eval.ranking import STANDARD, means, measures, per_query
    from eval.report import table
    from eval.trec import read_qrels, read_trec_run

    names = args.metrics or list(STANDARD)
    measures(names)  # all bad names before what is slow
    qrels = read_qrels(args.qrels)
    rows = []
    for path in args.runs:
        scores = means(per_query(qrels, read_trec_run(path), names))
        rows.append((path.stem, *(f"{scores[name]:.4f}" for name in names)))
    print("\n".join(table(("运行", *names), rows)))


def _ablate(args: argparse.Namespace) -> None:
    cases = read_gold(args.gold)

    from eval.ablate import SWITCHES, ablate, markdown_ablation
    from eval.run import indexed

    switches = args.only or list(SWITCHES)
    if bad := [name for name in switches if name not in SWITCHES]:
        raise YoujuError(f"没有开关 {'、'.join(bad)}；可以是 {'、'.join(SWITCHES)}")
    with _progress() as progress, indexed(cases, args.reports, args.encoder, args.data, progress) as (corpus, _, _texts):
        found = ablate(corpus, cases, switches, progress)
    _say(args, markdown_ablation(found), {one.switch: {m.metric: [m.a, m.b, m.adjusted] for m in one.scores} for one in found})


def _encoders(args: argparse.Namespace) -> None:
    from eval.encoders import beir_table, gold_table

    if bool(args.gold) != bool(args.reports) or not (args.gold or args.beir):
        raise YoujuError("请给 --beir 数据集文件夹，或同时给 --gold 和 --reports")
    names: list[str | None] = [None, *args.models]
    texts, figures = [], {}
    with _progress() as progress:
        if args.beir:
            text, figures["beir"] = beir_table(args.beir, names, args.queries, args.split, progress)
            texts.append(text)
        if args.gold:
            text, figures["gold"] = gold_table(args.gold, args.reports, names, args.data, progress)
            texts.append(text)
    _say(args, "\n\n".join(texts), figures)


def _bench(args: argparse.Namespace) -> None:
    cases = read_gold(args.gold)

    from eval.bench import bench, filling, markdown_bench, measured
    from eval.peers import PEERS, missing
    from eval.run import indexed, run_fingerprint

    names = None if args.peers is None else (args.peers or list(PEERS))
    if bad := [name for name in names or () if name not in PEERS]:
        raise YoujuError(f"没有对 {'、'.join(bad)} 的支持；可以是 {'、'.join(PEERS)}")
    for name in names or ():
        if said := missing(name):
            print(f"跳过 {name}：{said}", file=sys.stderr)
    systems = ["youju", "youju-lexical", *(name for name in names or () if not missing(name))]
    with _progress() as progress:
        with indexed(cases, args.reports, args.encoder, args.data, progress) as (corpus, home, _texts):
            reports = [corpus.report(ref.row) for ref in corpus.reports()]
        reports += filling(args.fill, args.passages - sum(len(report.passages) for report in reports))
        total = sum(len(report.passages) for report in reports)
        same = {"passages": total, "run": run_fingerprint(args.gold, home)}
        rows = measured(args.out, same) if args.out else []
        if rows:
            print(f"接着上次做：已量过 {'、'.join(row.system for row in rows)}", file=sys.stderr)
        left = [system for system in systems if system not in {row.system for row in rows}]
        for row in bench(left, reports, cases, args.encoder, args.limit, args.asking):
            rows.append(row)
            progress("比较", len(rows), len(systems))
            _write(args, markdown_bench(rows, total), same | {"rows": [row.as_json() for row in rows]})
    print(markdown_bench(rows, total))


def _hidden(args: argparse.Namespace) -> int:
    cases = read_golds(args.gold)

    from eval.hidden import divisions, hidden_table, steered
    from eval.run import reports_in
    from index.encoder import load_encoder
    from index.files import reports_in as read_in

    bad: list[str] = []
    reports = list(read_in(reports_in(args.reports), bad.append))
    if bad:
        raise YoujuError(f"有 {len(bad)} 处读不出来：{'；'.join(bad)}")
    with _progress() as progress:
        asked, found = steered(reports, cases, load_encoder(args.encoder), progress)
    print(hidden_table(asked, found, len(list(divisions([report.name for report in reports])))))
    return 1 if found else 0


def _gate(args: argparse.Namespace) -> int:
    cases = read_golds(args.gold)

    from eval.gate import baseline_of, judge, markdown_verdict, read_baseline, write_baseline
    from eval.journal import Journal
    from eval.run import ask_all, indexed

    before = read_baseline(args.baseline, missing_is_empty=args.renew)
    with _progress() as progress, indexed(cases, args.reports, args.encoder, args.data, progress) as (corpus, _, texts):
        results = ask_all(corpus, cases, texts, progress, Journal())
    now = baseline_of(score_all(cases, {result.id: result for result in results}, texts))
    verdict = judge(before, now)
    print(markdown_verdict(verdict, {case.id: case.question for case in cases}))
    if args.renew:
        write_baseline(args.baseline, now)
        print(f"基线已写入 {args.baseline}", file=sys.stderr)
        return 0
    if not verdict.changes:
        raise YoujuError("基线里没有一个问题与这次的相同，无从比较；请核对 --gold 与 --baseline，或用 python -m eval gate --renew 重写基线")
    if verdict.failed:
        said = "、".join(verdict.failed)
        print(f"得分比基线低出了误差：{said}。若是有意的改动，用 python -m eval gate --renew 改写基线并提交", file=sys.stderr)
        return 1
    return 0


def _figures(args: argparse.Namespace) -> None:
    from eval.figures import as_json, figures, markdown_figures

    found = figures(args.base, args.sets, lambda said: print(said, file=sys.stderr, flush=True))
    text = markdown_figures(found, args.typed)
    write_whole(args.out, text)
    write_whole(args.out.with_suffix(".json"), json.dumps(as_json(found, args.typed), ensure_ascii=False, indent=1) + "\n")
    print(text)


def _draft(args: argparse.Namespace) -> None:
    from eval.draft import draft
    from eval.run import reports_in
    from index.read import read

    lines: list[dict[str, Any]] = []
    with _progress() as progress:
        files = reports_in(args.reports)
        for done, path in enumerate(files, 1):
            lines += draft(read(path), args.each, len(lines))
            progress("拟题", done, len(files))
    write_whole(args.out, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    print(f"从 {len(files)} 份报告拟了 {len(lines)} 题，已写入 {args.out}；请逐题改定措辞、答案与依据后再用来评测", file=sys.stderr)


def _label(args: argparse.Namespace) -> None:
    from eval.label import label, questions_in
    from eval.run import indexed

    asked = questions_in(args.questions)
    with _progress() as progress, indexed([], args.reports, args.encoder, args.data, progress) as (corpus, _, _texts):
        label(corpus, asked, args.out, args.show, input, print)


def _feedback(args: argparse.Namespace) -> None:
    from eval.feedback import draft_gold, qrels, read_feedback
    from eval.metrics import plain
    from eval.run import stem
    from eval.trec import write_qrels
    from index.corpus import Corpus
    from index.encoder import load_encoder

    judged = read_feedback(args.data / "feedback.jsonl")
    with Corpus.open(args.data, load_encoder(args.encoder)) as corpus:
        texts = {stem(ref.name): plain(corpus.report(ref.row).text) for ref in corpus.reports()}
    drafted = draft_gold(judged, texts)
    kept = [dict(line.fields) for line in json_lines(args.out, "金标文件") if not line.fields.get("draft")] if _filled(args.out) else []
    held = {line["id"] for line in kept}
    gold = [*kept, *(line for line in drafted.gold if line["id"] not in held)]
    unlabelled = [line for line in drafted.unlabelled if line["id"] not in held]
    beside = args.out.with_suffix(".unlabelled.jsonl"), args.out.with_suffix(".qrels")
    for path, lines in ((args.out, gold), (beside[0], unlabelled)):
        write_whole(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    write_qrels(beside[1], qrels(judged))
    print(
        f"{len(judged)} 个判断：{len(gold)} 题写入 {args.out}（其中 {len(gold) - len(kept)} 题待改定），{len(unlabelled)} 题要人去找依据，"
        f"写入 {beside[0]}（用 python -m eval label 来标），段落的相关判断写入 {beside[1]}",
        file=sys.stderr,
    )


def _filled(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _say(args: argparse.Namespace, text: str, figures: dict[str, Any]) -> None:
    """Print a table, and write it with its command and machine where a place is given."""
    print(text)
    _write(args, text, figures)


def _write(args: argparse.Namespace, text: str, figures: dict[str, Any]) -> None:
    """The same, as STEM.md and STEM.json."""
    if args.out:
        head = f"`{args.typed}`\n\n{machine()}\n\n"
        write_whole(args.out.with_name(args.out.name + ".md"), head + text + "\n")
        whole = {"command": args.typed, "machine": machine(), "figures": figures}
        write_whole(args.out.with_name(args.out.name + ".json"), json.dumps(whole, ensure_ascii=False, indent=1) + "\n")


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
