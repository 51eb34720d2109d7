"""python -m index: put reports in, keep them current, list and take them out, check the index, or show what is made of a file."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from index.arguments import BAD, Parser
from index.types import Report, ReportRef, StoreError, YoujuError

if TYPE_CHECKING:
    from index.corpus import Corpus
    from index.findings import Finding
    from index.lexical import Terms

DATA = Path("data")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit status: 0, or 2 when anything asked for could not be done."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except YoujuError as error:
        _complain(str(error))
        return BAD
    except KeyboardInterrupt:
        _complain("已中断：此前入库的报告都在，再次运行同一命令会接着做")
        return 130


def add(options: argparse.Namespace) -> int:
    """Read files and folders into the corpus; a bad file is named and the others still go in."""
    from index.files import find, reports_in

    found = find(options.paths)
    bad: list[str] = []
    for line in found.passed:
        print(f"跳过  {line}")
    for line in found.bad:
        bad.append(line)
        _complain(line)
    if not found.files:
        _complain("没有可以加入的报告" + ("" if bad else "：请给出报告文件，或放有报告的文件夹"))
        return BAD
    terms = _terms(options)  # before the first file is read: a bad dictionary stops everything
    there = _there(options.data, found.files)
    files = [path for path in found.files if path not in there]
    for path, ref in there.items():
        _tell_known(path, ref)

    from tqdm import tqdm

    with tqdm(total=len(found.files), initial=len(there), desc="读取并索引", unit="份", file=sys.stderr) as bar:

        def name(line: str) -> None:
            bad.append(line)
            bar.write(line, file=sys.stderr)

        given: list[Report] = []
        reports = _sound(reports_in(files, name, lambda _: bar.update() and None), given, name)
        first = next(reports, None)
        if first is None and not there:  # nothing was made: no empty index is left behind
            bar.close()
            _complain("没有可以加入的报告：上面列出的文件都读不出来")
            return BAD

        from index.corpus import Corpus
        from index.encoder import load_encoder

        with Corpus.open(options.data, load_encoder(options.encoder), create=True) as corpus:
            if terms is not None:
                corpus.set_terms(terms)
            before = corpus.reports()
            refs = corpus.add(itertools.chain([first] if first else [], reports))
            total = len(corpus.reports())
            rows = {ref.row for ref in before}
            near = {ref.row: corpus.alike(ref.row) for ref in refs if ref.row not in rows}
            if options.wait:
                bar.close()
                _fill(options.data, corpus)
            filled, passages = corpus.filled()
    ids, sources = {ref.id for ref in before}, {ref.source for ref in before}
    for report, ref in zip(given, refs, strict=False):
        if ref.source != report.source:
            _tell_known(Path(report.source), ref)
            continue
        if ref.row in rows:
            _tell_known(Path(report.source), ref)
        else:
            done = "已更新" if ref.id in ids or ref.source in sources else "已加入"
            print(f"{done}  {ref.name}：{ref.characters} 字，{ref.passages} 段")
        for warning in ref.warnings:
            print(f"      注意：{warning}")
        for pair in near.get(ref.row, ()):
            print(f"      注意：与 {pair.second.name} 近乎相同（{pair.share:.0%} 的句子），用 python -m index audit 看差别")
    print(f"索引 {options.data} 现有 {total} 份报告" + (f"；{len(bad)} 处有问题，原因见上" if bad else ""))
    if filled < passages:
        print(
            f"已经可以提问。还有 {passages - filled} 段（共 {passages} 段）的上下文向量待补：网页服务运行时会在后台补齐，"
            f"也可以现在就补：python -m index fill --data {options.data}"
        )
    return BAD if bad else 0


def fill(options: argparse.Namespace) -> int:
    """Compute the contextual vectors that are missing; goes on where it was stopped."""
    from index.corpus import Corpus
    from index.encoder import load_encoder

    with Corpus.open(options.data, load_encoder("best")) as corpus:
        filled, passages = _fill(options.data, corpus)
    print(f"索引 {options.data}：{filled}/{passages} 段有上下文向量")
    return 0


def _fill(data: Path, corpus: Corpus) -> tuple[int, int]:
    from tqdm import tqdm

    from index import backfill

    if corpus.contextual is None:
        return corpus.filled()
    with tqdm(desc="上下文向量", unit="段", file=sys.stderr) as bar:

        def heard(filled: int, passages: int) -> None:
            bar.total = passages
            bar.update(filled - bar.n)

        return backfill.fill(data, corpus.contextual, heard=heard)


def _there(data: Path, files: Sequence[Path]) -> dict[Path, ReportRef]:
    """Files that the index has read already."""
    from index.corpus import Corpus, recorded_encoder
    from index.files import known

    if not (data / "meta.json").is_file():
        return {}
    with Corpus.open(data, recorded_encoder(data)) as corpus:
        return known(corpus, files)


def _tell_known(path: Path, ref: ReportRef) -> None:
    if ref.source == str(path.resolve()):
        print(f"已有  {ref.name}：{ref.characters} 字，{ref.passages} 段，内容没有变化，跳过")
    else:
        print(f"相同  {path.name}：内容与 {ref.name}（{ref.source}）相同，跳过")


def show(options: argparse.Namespace) -> int:
    """List the reports of an index."""
    from index.corpus import Corpus, recorded_encoder

    with Corpus.open(options.data, recorded_encoder(options.data)) as corpus:
        refs = corpus.reports()
        encoder = corpus.encoder.name
        terms = len(corpus.terms.words)
    for ref in refs:
        facts = ref.facts
        about = " ".join(part for part in (facts.whose, str(facts.year or ""), facts.kind, facts.number) if part)
        print(f"{ref.id}  {ref.name}：{ref.characters} 字，{ref.passages} 段，收入 {ref.share:.1%}")
        print(f"    {about or facts.title or '（未识别出单位、年份）'}")
        for warning in ref.warnings:
            print(f"    注意：{warning}")
    words = f"，自定词 {terms} 个" if terms else ""
    print(f"索引 {options.data}：{len(refs)} 份报告，{sum(ref.passages for ref in refs)} 段，编码模型 {encoder}{words}")
    return 0


def remove(options: argparse.Namespace) -> int:
    """Take reports out by id or file name."""
    from index.corpus import Corpus, recorded_encoder

    status = 0
    with Corpus.open(options.data, recorded_encoder(options.data)) as corpus:
        ids = []
        for name in options.names:
            found = _named(corpus.reports(), name)
            if len(found) == 1:
                ids.append(found[0].id)
                continue
            status = BAD
            if found:
                which = "、".join(f"{ref.id}（{ref.source}）" for ref in found)
                _complain(f"有 {len(found)} 份报告叫 {name}，请改用编号：{which}")
            else:
                _complain(f"索引 {options.data} 中没有 {name}：用 python -m index list 查看现有报告")
        for ref in corpus.remove_all(ids):
            print(f"已移除  {ref.name}")
        if ids:  # what was uploaded is ours to delete; other files stay where they are
            for line in corpus.mend():
                print(f"清理  {line}")
    return status


def watch(options: argparse.Namespace) -> int:
    """Keep the corpus up to a folder until Ctrl-C."""
    from index.corpus import Corpus
    from index.encoder import load_encoder
    from index.watch import watch as keep

    if not options.folder.is_dir():
        raise StoreError(f"{options.folder} 不是文件夹：请给出要监视的文件夹")
    with Corpus.open(options.data, load_encoder(options.encoder), create=True) as corpus:
        try:
            keep(corpus, options.folder, lambda line: print(line, flush=True), _complain, poll=options.poll)
        except KeyboardInterrupt:
            print(f"已停止监视；索引 {options.data} 现有 {len(corpus.reports())} 份报告")
    return 0


def audit(options: argparse.Namespace) -> int:
    """What became of every character of the files given, or of those that the index was made of."""
    from index.audit import overlaps
    from index.findings import as_json, lines

    findings, reports, bad = _audited(options.paths) if options.paths else _indexed(options.data)
    for line in bad:
        _complain(line)
    pairs = overlaps(reports)
    if options.json:
        json.dump(as_json(findings, pairs), sys.stdout, ensure_ascii=False, indent=2)
        print()
    elif findings:
        for line in lines(findings, pairs):
            print(line)
    return BAD if bad else 0


def _audited(paths: Sequence[Path]) -> tuple[list[Finding], list[Report], list[str]]:
    """Files as they are now."""
    from index.files import find
    from index.findings import Finding
    from index.read import read_audited

    found = find(paths)
    bad, findings, reports = list(found.bad), [], []
    for path in found.files:
        try:
            report, counted = read_audited(path)
        except YoujuError as error:
            bad.append(str(error))
            continue
        findings.append(Finding(report.name, report.source, report.share, report.warnings, counted))
        reports.append(report)
    return findings, reports, bad


def _indexed(data: Path) -> tuple[list[Finding], list[Report], list[str]]:
    """The reports of an index, with what was left out of their files where those are still there."""
    from index.corpus import Corpus, recorded_encoder
    from index.findings import Finding
    from index.read import read_audited

    with Corpus.open(data, recorded_encoder(data)) as corpus:
        refs = corpus.reports()
        reports = [corpus.report(ref.row) for ref in refs]
    findings = []
    for ref in refs:
        counted, note = None, ""
        try:
            now, counted = read_audited(Path(ref.source))
            if now.id != ref.id:
                counted, note = None, "原文件入库后有改动，下面是入库时的情况：请重新加入"
        except YoujuError:
            note = f"原文件已不在或读不出来（{ref.source}），只有入库时记下的情况"
        findings.append(Finding(ref.name, ref.source, ref.share, ref.warnings, counted, note))
    return findings, reports, []


def rebuild(options: argparse.Namespace) -> int:
    """Make both search indexes anew from the catalog."""
    from index.rebuild import rebuild as make_anew

    reports, passages = make_anew(options.data)
    print(f"索引 {options.data} 已从数据库重建：{reports} 份报告，{passages} 段")
    return 0


def verify(options: argparse.Namespace) -> int:
    """Check that catalog, vectors and terms agree, and clear away what stands in the folder for no report."""
    from index.corpus import Corpus, recorded_encoder

    with Corpus.open(options.data, recorded_encoder(options.data)) as corpus:
        try:
            mended = corpus.mend()
        except StoreError as error:  # a disc, or another process that writes
            mended = [f"没有做成：{error}"]
        problems = corpus.verify()
        refs = corpus.reports()
    for line in mended:
        print(f"清理  {line}")
    for problem in problems:
        _complain(problem)
    if problems:
        _complain(
            f"索引 {options.data} 有 {len(problems)} 处问题：请运行 python -m index rebuild --data {options.data}；"
            "数据库本身的问题要从备份恢复，或把报告重新加入一个新的 --data 目录"
        )
        return BAD
    passages = sum(ref.passages for ref in refs)
    print(f"索引 {options.data} 完好：{len(refs)} 份报告，{passages} 段；数据库、向量索引、全文索引一致")
    return 0


def read(options: argparse.Namespace) -> int:
    """Show what is made of a file, without indexing it."""
    from index.read import read as read_report

    report = read_report(options.file)
    if options.json:
        json.dump(_as_json(report), sys.stdout, ensure_ascii=False, indent=2)
        print()
        return 0
    facts = report.facts
    labels = (
        ("标题", facts.title),
        ("单位", facts.unit),
        ("地区", facts.region),
        ("年份", facts.year),
        ("文种", facts.kind),
        ("日期", facts.issued),
        ("文号", facts.number),
    )
    for label, value in labels:
        print(f"{label}：{value or '（未识别）'}")
    covered = sum(passage.end - passage.start for passage in report.passages)
    print(f"正文：{len(report.text)} 字，{len(report.headings)} 个标题，{len(report.passages)} 段（共 {covered} 字）")
    for warning in report.warnings:
        print(f"注意：{warning}")
    for heading in report.headings:
        page = report.page_at(heading.start)
        print("  " * heading.level + heading.title + (f"（第 {page} 页）" if page is not None else ""))
    return 0


def _as_json(report: Report) -> dict[str, object]:
    facts = report.facts
    return {
        "title": facts.title,
        "unit": facts.unit,
        "region": facts.region,
        "year": facts.year,
        "kind": facts.kind,
        "issued": facts.issued,
        "number": facts.number,
        "aliases": list(facts.aliases),
        "read_from": dict(facts.read_from),
        "share": report.share,
        "warnings": list(report.warnings),
        "text": report.text,
        "headings": [{"level": each.level, "title": each.title, "start": each.start} for each in report.headings],
        "passages": [
            {"start": each.start, "end": each.end, "page": each.page, "path": list(each.path)}
            for each in report.passages
        ],
    }


def _sound(reports: Iterator[Report], given: list[Report], complain: Callable[[str], None]) -> Iterator[Report]:
    """Those that can be stored, each also into `given`."""
    from index.corpus import check

    for report in reports:
        try:
            check(report)
        except YoujuError as error:
            complain(str(error))
        else:
            given.append(report)
            yield report


def _terms(options: argparse.Namespace) -> Terms | None:
    """The user's words: from the file named, or else from each terms.txt beside the reports; None where there is none."""
    from index.files import TERMS

    beside = (path / TERMS if path.is_dir() else path.parent / TERMS for path in options.paths)
    files = [options.terms] if options.terms else [path for path in dict.fromkeys(beside) if path.is_file()]
    if not files:
        return None

    from index.lexical import Terms, read_terms

    words: dict[str, int | None] = {}
    for path in files:
        terms, bad = read_terms(path)
        for line in bad:
            _complain(line)
        words.update(terms.words)
    return Terms(tuple(words.items()))


def _named(refs: Sequence[ReportRef], name: str) -> list[ReportRef]:
    """Reports of that id, or else of that file name, with or without its suffix."""
    return (
        [ref for ref in refs if ref.id == name]
        or [ref for ref in refs if ref.name == name]
        or [ref for ref in refs if Path(ref.name).stem == name]
    )


def _complain(line: str) -> None:
    print(line, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m index", description="把报告放进索引，或查看、检查、移除。")
    commands = parser.add_subparsers(title="命令", metavar="命令", required=True, parser_class=Parser)

    def command(name: str, run: Callable[[argparse.Namespace], int], about: str, *, data: bool = True) -> Parser:
        made = commands.add_parser(name, help=about, description=f"{about}。")
        made.set_defaults(run=run)
        if data:
            made.add_argument("--data", type=Path, default=DATA, metavar="目录", help=f"索引目录（默认 {DATA}）")
        return made

    adding = command("add", add, "把文件或文件夹加入索引")
    adding.add_argument(
        "paths", nargs="+", type=Path, metavar="路径", help="报告文件，或放有报告的文件夹（含子文件夹）"
    )
    adding.add_argument("--encoder", metavar="模型", help="编码模型：best（默认）、fast，或模型的文件夹、名称")
    adding.add_argument(
        "--terms", type=Path, metavar="词表", help="自定的词，每行一个（默认用报告旁边的 terms.txt）"
    )
    adding.add_argument("--wait", action="store_true", help="等上下文向量也补齐再结束（不等也可以提问，只是排序要差些）")
    watching = command("watch", watch, "监视一个文件夹：新的加入，改了的替换，删了的移除")
    watching.add_argument("folder", type=Path, metavar="文件夹", help="放报告的文件夹（含子文件夹）")
    watching.add_argument("--encoder", metavar="模型", help="编码模型：best（默认）、fast，或模型的文件夹、名称")
    watching.add_argument("--poll", action="store_true", help="定时逐个查看文件，用于不通知变化的网络盘")
    command("fill", fill, "补齐上下文向量；中断后再运行，接着补")
    command("list", show, "列出索引中的报告")
    removing = command("remove", remove, "把报告移出索引，原文件不动")
    removing.add_argument("names", nargs="+", metavar="报告", help="报告的编号或文件名")
    command("verify", verify, "检查数据库、向量索引、全文索引是否一致，清理没有对应报告的文件")
    command("rebuild", rebuild, "从数据库重建向量索引与全文索引")
    auditing = command("audit", audit, "逐字核对：每份报告收入了多少字、略去了什么，哪些报告互相重复")
    auditing.add_argument("paths", nargs="*", type=Path, metavar="路径", help="报告文件或文件夹；不给时核对索引里的报告")
    auditing.add_argument("--json", action="store_true", help="以 JSON 输出全部内容")
    reading = command("read", read, "看一个文件读成了什么样，不加入索引", data=False)
    reading.add_argument("file", type=Path, metavar="文件", help="报告文件")
    reading.add_argument("--json", action="store_true", help="以 JSON 输出全部内容")
    return parser


if __name__ == "__main__":
    sys.exit(main())
