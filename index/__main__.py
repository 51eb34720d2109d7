"""python -m index: put reports in, list and take them out, check the index, or show what is made of a file."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from index.types import Report, ReportRef, YoujuError

if TYPE_CHECKING:
    from tqdm import tqdm

DATA = Path("data")
BAD = 2  # exit status: something asked for could not be done


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
    files, bad = _files(options.paths)
    for line in bad:
        _complain(line)
    if not files:
        _complain("没有可以加入的报告" + ("" if bad else "：请给出报告文件，或放有报告的文件夹"))
        return BAD

    from tqdm import tqdm

    with tqdm(total=len(files), desc="读取并索引", unit="份", file=sys.stderr) as bar:
        reports = _readable(files, bad, bar)
        first = next(reports, None)
        if first is None:  # nothing was made: no empty index is left behind
            bar.close()
            _complain("没有可以加入的报告：上面列出的文件都读不出来")
            return BAD

        from index.corpus import Corpus
        from index.encoder import load_encoder

        with Corpus.open(options.data, load_encoder(options.encoder), create=True) as corpus:
            before = corpus.reports()
            refs = corpus.add(itertools.chain([first], reports))
            total = len(corpus.reports())
    ids, sources = {ref.id for ref in before}, {ref.source for ref in before}
    for ref in refs:
        known = ref.row in {each.row for each in before}
        done = "已有" if known else "已更新" if ref.id in ids or ref.source in sources else "已加入"
        print(f"{done}  {ref.name}：{ref.characters} 字，{ref.passages} 段" + ("，内容没有变化，跳过" if known else ""))
        for warning in ref.warnings:
            print(f"      注意：{warning}")
    print(f"索引 {options.data} 现有 {total} 份报告" + (f"；{len(bad)} 个文件没有加入，原因见上" if bad else ""))
    return BAD if bad else 0


def show(options: argparse.Namespace) -> int:
    """List the reports of an index."""
    from index.corpus import Corpus, recorded_encoder

    with Corpus.open(options.data, recorded_encoder(options.data)) as corpus:
        refs = corpus.reports()
        encoder = corpus.encoder.name
    for ref in refs:
        facts = ref.facts
        about = " ".join(part for part in (facts.unit or facts.region, str(facts.year or ""), facts.kind) if part)
        print(f"{ref.id}  {ref.name}：{ref.characters} 字，{ref.passages} 段")
        print(f"    {about or facts.title or '（未识别出单位、年份）'}")
    print(f"索引 {options.data}：{len(refs)} 份报告，{sum(ref.passages for ref in refs)} 段，编码模型 {encoder}")
    return 0


def remove(options: argparse.Namespace) -> int:
    """Take reports out by id or file name."""
    from index.corpus import Corpus, recorded_encoder

    status = 0
    with Corpus.open(options.data, recorded_encoder(options.data)) as corpus:
        for name in options.names:
            found = _named(corpus.reports(), name)
            if len(found) == 1:
                print(f"已移除  {corpus.remove(found[0].id).name}")
                continue
            status = BAD
            if found:
                which = "、".join(f"{ref.id}（{ref.source}）" for ref in found)
                _complain(f"有 {len(found)} 份报告叫 {name}，请改用编号：{which}")
            else:
                _complain(f"索引 {options.data} 中没有 {name}：用 python -m index list 查看现有报告")
    return status


def verify(options: argparse.Namespace) -> int:
    """Check that catalog, vectors and terms agree."""
    from index.corpus import Corpus, recorded_encoder

    with Corpus.open(options.data, recorded_encoder(options.data)) as corpus:
        problems = corpus.verify()
        refs = corpus.reports()
    for problem in problems:
        _complain(problem)
    if problems:
        _complain(f"索引 {options.data} 有 {len(problems)} 处问题：请把报告重新加入一个新的 --data 目录")
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
        "text": report.text,
        "headings": [{"level": each.level, "title": each.title, "start": each.start} for each in report.headings],
        "passages": [
            {"start": each.start, "end": each.end, "page": each.page, "path": list(each.path)}
            for each in report.passages
        ],
    }


def _readable(files: Sequence[Path], bad: list[str], bar: tqdm[Any]) -> Iterator[Report]:
    """The reports in files; why one cannot be read goes to standard error and into `bad`."""
    from index.corpus import check
    from index.read import read as read_report

    for path in files:
        try:
            report = read_report(path)
            check(report)
        except YoujuError as error:
            problem = str(error)
        except Exception as error:  # a reader's own fault must not keep the other files out
            problem = f"{path.name}：读取时出错（{type(error).__name__}: {error}）。请另存为 UTF-8 文本后再试"
        else:
            yield report
            bar.update()
            continue
        bad.append(problem)
        bar.write(problem, file=sys.stderr)
        bar.update()


def _files(paths: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """The files to read, each once and in order, and a line for each that cannot be."""
    files: dict[Path, Path] = {}
    bad: list[str] = []
    for path in paths:
        if path.is_dir():
            found, problems = _walk(path)
            bad += problems
            if not found and not problems:
                bad.append(f"{path}：文件夹里没有报告。可以读的有：{_suffixes()}")
            files.update((each.resolve(), each) for each in found)
        elif path.exists():
            files[path.resolve()] = path
        else:
            bad.append(f"{path}：没有这个文件或文件夹。请检查路径")
    return list(files.values()), bad


def _walk(folder: Path) -> tuple[list[Path], list[str]]:
    """Files below a folder that have a reader.  Hidden ones and a README.md are no reports; links do not lead out."""
    from index.load import SUFFIXES

    root = folder.resolve()
    found: list[Path] = []
    bad: list[str] = []

    def unreadable(error: OSError) -> None:
        bad.append(f"{error.filename}：文件夹读不出来（{error.strerror}）。请检查权限")

    for at, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in [name for name in folders if (Path(at) / name).is_symlink()]:
            print(f"跳过  {Path(at) / name}：是指向别处文件夹的链接")
        for name in sorted(names):
            path = Path(at) / name
            if name.startswith("."):
                continue
            if name == "README.md":
                print(f"跳过  {path}：说明文件，不是报告")
            elif path.is_symlink() and not path.resolve().is_relative_to(root):
                print(f"跳过  {path}：是指向文件夹之外的链接")
            elif path.suffix.lower() not in SUFFIXES:
                bad.append(f"{path}：不认识的后缀“{path.suffix}”。可以读的有：{_suffixes()}；请另存为其中一种再加入")
            else:
                found.append(path)
    return found, bad


def _suffixes() -> str:
    from index.load import SUFFIXES

    return " ".join(sorted(SUFFIXES))


def _named(refs: Sequence[ReportRef], name: str) -> list[ReportRef]:
    """Reports of that id, or else of that file name, with or without its suffix."""
    return (
        [ref for ref in refs if ref.id == name]
        or [ref for ref in refs if ref.name == name]
        or [ref for ref in refs if Path(ref.name).stem == name]
    )


def _complain(line: str) -> None:
    print(line, file=sys.stderr)


class _Parser(argparse.ArgumentParser):
    """argparse, in Chinese."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "add_help": False, "formatter_class": _Help})
        self._positionals.title, self._optionals.title = "参数", "选项"
        self.add_argument("-h", "--help", action="help", help="显示这段说明")

    def error(self, message: str) -> NoReturn:
        self.exit(BAD, f"{self.format_usage()}参数有误（{message}）：用 {self.prog} -h 查看用法\n")


class _Help(argparse.HelpFormatter):
    def add_usage(self, usage, actions, groups, prefix=None):  # type: ignore[no-untyped-def]
        super().add_usage(usage, actions, groups, "用法：" if prefix is None else prefix)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m index", description="把报告放进索引，或查看、检查、移除。")
    commands = parser.add_subparsers(title="命令", metavar="命令", required=True, parser_class=_Parser)

    def command(name: str, run: Callable[[argparse.Namespace], int], about: str, *, data: bool = True) -> _Parser:
        made = commands.add_parser(name, help=about, description=f"{about}。")
        made.set_defaults(run=run)
        if data:
            made.add_argument("--data", type=Path, default=DATA, metavar="目录", help=f"索引目录（默认 {DATA}）")
        return made

    adding = command("add", add, "把文件或文件夹加入索引")
    adding.add_argument(
        "paths", nargs="+", type=Path, metavar="路径", help="报告文件，或放有报告的文件夹（含子文件夹）"
    )
    adding.add_argument("--encoder", metavar="模型", help="编码模型的文件夹或名称（默认用随附的）")
    command("list", show, "列出索引中的报告")
    removing = command("remove", remove, "把报告移出索引，原文件不动")
    removing.add_argument("names", nargs="+", metavar="报告", help="报告的编号或文件名")
    command("verify", verify, "检查数据库、向量索引、全文索引是否一致")
    reading = command("read", read, "看一个文件读成了什么样，不加入索引", data=False)
    reading.add_argument("file", type=Path, metavar="文件", help="报告文件")
    reading.add_argument("--json", action="store_true", help="以 JSON 输出全部内容")
    return parser


if __name__ == "__main__":
    sys.exit(main())
