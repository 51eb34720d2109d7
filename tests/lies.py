"""Lies that a language model could tell of quoted reports, and how many of them a check lets pass.

    python -m tests.lies --check retrieval.wording.check:check

A lie is a sentence with a citation, `…[1]。`, that the quotation it cites does not support.  The generator was written without a look at the
check, from what the product does; it is the same for the same material and seed.  Material: the samples in reports/, reports about fictional
places made of tests/data/officialese.txt (bounds, negations, plans and the like, which the samples hold too few of), and ../shared/reports where
it is there.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from index.read import read
from index.types import Facts, LoadError, Report, ReportRef
from retrieval.types import Citation
from tests.liecraft import EDITS, ORGANS, PEOPLE, PLANNED, VERB, Edits, figures

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "reports"
REAL = ROOT.parent / "shared" / "reports"
FRAMES = ROOT / "tests" / "data" / "officialese.txt"
REWORDINGS = ROOT / "tests" / "data" / "rewordings.jsonl"
SECOND = ROOT / "tests" / "data" / "rewordings-2.jsonl"  # written later, without a look at the check
THIRD = ROOT / "tests" / "data" / "rewordings-3.jsonl"  # and later still, by another hand
FOURTH = ROOT / "tests" / "data" / "rewordings-4.jsonl"  # nothing was mended on it: what it says of the check is what unseen ones may expect
CHECK = "retrieval.wording.check:check"  # what the product strikes by
MOST = 240  # lies of a kind
TOWNS = {"南屏市": "鹿鸣", "石桥市": "沙洲", "云泽市": "清源", "东陵市": "石门", "松坪市": "双桥", "杏林市": "大岭", "桐庄市": "云台"}  # of the frames

Check = Callable[[str, Sequence[Citation]], Any]


@dataclass(frozen=True)
class Quotation:
    """One to three consecutive sentences of a report: `report.text[start:end]`."""

    report: Report
    start: int
    end: int
    path: tuple[str, ...] = ()
    passage_id: str = ""

    @property
    def text(self) -> str:
        return self.report.text[self.start: self.end]

    def cited(self, number: int) -> Citation:
        """The quotation as an answer cites it."""
        report = self.report
        ref = ReportRef(1, report.id, report.source, report.name, report.facts, len(report.text), len(report.passages))
        return Citation(number, ref, self.passage_id, self.text, self.start, self.end, self.path, report.page_at(self.start))


@dataclass(frozen=True)
class Said:
    """A sentence of a quotation, less the number that begins it: 一是, （三）."""

    sentence: str
    quotation: Quotation


@dataclass(frozen=True)
class Lie:
    kind: str
    true: str  # what the quotation says; of a wrong quotation, what another one says
    quotations: tuple[Quotation, ...]  # [1] is the first
    written: str  # ends with [1]。

    @property
    def sentence(self) -> str:
        """What is claimed, without its citation."""
        return re.sub(r"\[\d+\]", "", self.written)

    def cited(self) -> tuple[Citation, ...]:
        """The quotations that the sentence cites, under the numbers by which it does."""
        numbers = {int(number) for number in re.findall(r"\[(\d+)\]", self.written)}
        return tuple(quotation.cited(at) for at, quotation in enumerate(self.quotations, start=1) if at in numbers)


# --- material ---

_NUMBERED = re.compile(r"^(?:[（(]?[一二三四五六七八九十\d]{1,3}[)）.、．](?!\d)|[一二三四五六七八九十]是|第[一二三四五六七八九十][，、])\s*")


def quotations(reports: Iterable[Report]) -> list[Said]:
    """Every sentence that a model would retell, within a quotation of one to three sentences of its passage."""
    found: list[Said] = []
    for report in reports:
        for passage in report.passages:
            ends = [(m.start(), m.end()) for m in re.finditer(r"[^。！？\n]+[。！？]", passage.text)]
            for at, (start, end) in enumerate(ends):
                sentence = _NUMBERED.sub("", _NUMBERED.sub("", passage.text[start:end].strip()))
                if not 12 <= len(sentence) <= 160 or not sentence.endswith("。") or re.search(r"[?？!！\n|…<\[\]]|^[）》”]|^指标：|各位代表", sentence):
                    continue
                rng = Random(f"{report.id} {passage.start + start}")
                first, last = max(0, at - rng.choice((0, 0, 1))), min(len(ends) - 1, at + rng.choice((0, 0, 1)))
                left = passage.start + ends[first][0]
                quoted = Quotation(report, left, passage.start + ends[last][1], passage.path, passage.id)
                if quoted.text.count("”") == quoted.text.count("“"):
                    found.append(Said(sentence, quoted))
    return found


@cache
def samples() -> tuple[Report, ...]:
    """The sample reports, read as they are for the index."""
    return tuple(read(path) for path in sorted(SAMPLES.iterdir()) if path.name != "README.md")


@cache
def framed() -> tuple[Report, ...]:
    """Reports of two years of seven fictional places, made of the frames."""
    frames = [line for line in FRAMES.read_text("utf8").splitlines() if line.strip()]
    made: list[Report] = []
    organs = [("市民政局", "市应急管理局"), ("市住建局", "市公安局"), ("市水务局", "市教育局"), ("市财政局", "市人社局")]
    with tempfile.TemporaryDirectory() as folder:
        for place, town in TOWNS.items():
            for year in (2024, 2025):
                rng, lines = Random(f"{place}{year}"), [f"{place}司法局{year}年法治政府建设年度报告"]
                for frame in frames:
                    b, c = rng.choice(organs)
                    x, w = rng.sample(PEOPLE, 2)
                    values: dict[str, Any] = {
                        "P": place, "T": town, "B": b, "C": c, "X": x, "W": w, "y": year, "z": year - 1, "a": rng.randint(3200, 9800),
                        "b": rng.randint(620, 2900),
                        "c": rng.randint(120, 580), "e": rng.randint(41, 98), "f": rng.randint(11, 39), "g": rng.randint(3, 9), "m": rng.randint(2, 6),
                        "n": rng.randint(7, 11), "p": rng.randint(410, 690) / 10, "q": rng.randint(880, 987) / 10,
                    }
                    lines.append(frame.removeprefix("# ").format(**values))
                path = Path(folder) / f"{place}{year}.txt"
                path.write_text("\n".join(lines) + f"\n{place}司法局\n{year + 1}年1月12日\n", "utf8")
                made.append(read(path))
    return tuple(made)


@cache
def real(most: int = 90) -> tuple[Report, ...]:
    """Some of the real reports beside the repository; none where they are absent."""
    paths = sorted(path for path in REAL.rglob("*.txt") if "SOURCES" not in path.name) if REAL.is_dir() else []
    found: list[Report] = []
    for path in Random("real").sample(paths, min(most, len(paths))):
        try:
            found.append(read(path))
        except LoadError:
            continue
    return tuple(found)


# --- lies ---


def plain(text: str) -> str:
    """A text less white space and punctuation: what two wordings must not share for one to be a lie about the other."""
    return re.sub(r"[\W_]", "", text)


def clauses(text: str) -> list[str]:
    return [part for part in re.split(r"[，。；：,;:！]", text) if part]


def edited(text: str, edits: Edits) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def excerpt(text: str, edits: Edits, rng: Random) -> tuple[str, str]:
    """The sentence and its false form, often shortened to whole clauses around the edits, as a model shortens."""
    first, last = min(edit[0] for edit in edits), max(edit[1] for edit in edits)
    left = right = 0
    if rng.random() < 0.6:
        starts = [m.end() for m in re.finditer("[；;]", text) if m.end() <= first]
        left = starts[-1] if starts else 0
        ends = [m.start() for m in re.finditer("[，；,;]", text) if m.start() >= last and m.start() - left >= 10]
        right = rng.choice(ends) if ends else 0
    right = right or len(text.rstrip("。"))
    moved = tuple((start - left, end - left, new) for start, end, new in edits)
    return text[left:right], edited(text[left:right], moved)


def is_lie(false: str, quoted: str) -> bool:
    """Whether a sentence says what its quotation does not: no run of it, and no clause of it moved about."""
    whole, said = plain(quoted), {plain(clause) for clause in clauses(quoted)}
    if not 8 <= len(false) <= 170 or any(false.count(left) != false.count(right) for left, right in ("“”", "《》", "（）")):
        return False
    return plain(false) not in whole and any(plain(clause) not in said for clause in clauses(false))


_FACT = re.compile(r"了|已|全年|去年|达到|比上年|同比|截至|其中|率为|成效|回顾|情况|总结|进展|主要工作")


def _of_one(kind: str, material: Sequence[Said], rng: Random) -> Iterator[Lie]:
    """Lies made by editing one sentence."""
    for said in material:
        path = " ".join(said.quotation.path)
        if kind == "fact told as plan" and (PLANNED.search(path) or not _FACT.search(path + said.sentence)):
            continue  # it may be one
        for edits in EDITS[kind](said.sentence, rng):
            new = {m[1] for edit in edits for m in figures(edit[2])}
            true, false = excerpt(said.sentence, edits, rng)
            quoted = said.quotation.text
            if kind in ("figure changed", "date changed", "place changed") and (edits[0][2] in quoted or new & {m[1] for m in figures(quoted)}):
                continue  # might be said elsewhere in the quotation
            yield Lie(kind, true + "。", (said.quotation,), false + "[1]。")


def _other_name(kind: str, material: Sequence[Said], rng: Random) -> Iterator[Lie]:
    """A true sentence told of another report's unit or region, or under another report's title."""
    known = {said.quotation.report.facts for said in material}
    reports = sorted((facts.unit, facts.region, facts.title) for facts in known if facts.unit)
    for said in material:
        mine = said.quotation.report
        alike = [row for row in reports if row[0][-3:] == mine.facts.unit[-3:] or row[1] == mine.facts.region] or reports  # whom a model would mistake for it
        for unit, region, title in rng.sample(alike, min(3, len(alike))):
            near = region == mine.facts.region  # another unit of the same place: 青川市民政局 for 青川市司法局
            if not region or unit in mine.text or unit.removeprefix(region) in mine.text or (near and unit.endswith("政府")):
                continue  # of its place's government it may be true
            if not near and (region[:2] in mine.text or unit[:2] in mine.text):
                continue
            body, lead = re.sub(r"^(?:全[市县区省]|我[市县区省])", "", said.sentence).rstrip("。"), ""
            if near and mine.facts.unit in body:
                body = body.replace(mine.facts.unit, unit)
            elif near:
                lead = rng.choice((unit, f"据{unit}报告，", f"《{title}》显示，", f"{unit}：", unit.replace(region, "市", 1)))
            elif mine.facts.region and mine.facts.region in body:
                body = body.replace(mine.facts.region, region)
            else:
                lead = rng.choice((unit, region, f"据{unit}报告，", f"《{title}》显示，", f"{unit}：", f"在{region}，"))
            yield Lie(kind, said.sentence, (said.quotation,), f"{lead}{body}[1]。")


def _other_year(kind: str, material: Sequence[Said], rng: Random) -> Iterator[Lie]:
    """A true sentence told of a year that its report is not about."""
    for said in material:
        year = said.quotation.report.facts.year
        if year is None or re.search(r"\d{4}年|年来|今年|去年|上年", said.sentence):
            continue
        wrong = next((y for y in rng.sample((year - 5, year - 4, year - 3, year + 3, year + 4), 5) if str(y) not in said.quotation.report.text), None)
        if wrong:
            lead = rng.choice((f"{wrong}年，", f"{wrong}年度，", f"截至{wrong}年底，", f"据{wrong}年报告，", f"{said.quotation.report.facts.unit}{wrong}年"))
            yield Lie(kind, said.sentence, (said.quotation,), f"{lead}{said.sentence.rstrip('。')}[1]。")


_LABEL = re.compile(r"(?<![^，。；：,;\n])([^，。；：,;\n\d（(]{3,24}?)(\d[\d.]*\d|\d)([^\d，。；：,;\n]{1,8})(?=[，。；,;])")


def labels(text: str) -> list[tuple[str, str, str]]:
    """(label, figure, unit) of clauses such as 审查政府合同 126 份."""
    return [(m[1].strip(), m[2], m[3]) for m in _LABEL.finditer(text)]


def _years_swapped(kind: str, material: Sequence[Said], rng: Random) -> Iterator[Lie]:
    """The figure that a unit's report of another year gives for the same thing."""
    other: dict[tuple[str, str, str], list[tuple[Said, str]]] = {}
    for said in material:
        if said.quotation.report.facts.unit:
            for label, figure, unit in labels(said.sentence):
                other.setdefault((said.quotation.report.facts.unit, label, unit), []).append((said, figure))
    for (_, label, unit), told in other.items():
        for said, figure in told:
            for there, wrong in told:
                ours, theirs = said.quotation.report, there.quotation.report
                if ours.facts.year != theirs.facts.year and ours.facts.year and wrong != figure and f"{wrong}{unit}" not in said.quotation.text:
                    lead = rng.choice(("", f"{ours.facts.year}年，", f"{ours.facts.unit}"))
                    yield Lie(kind, f"{label}{figure}{unit}。", (said.quotation, there.quotation), f"{lead}{label}{wrong}{unit}[1]。")


_NO_SUBJECT = re.compile(
    r"\d|[的全共先再已将未不并被为对向由从在把和与及等后前约近均都即可也]$|"
    r"^(?:全年|其中|今年|力争|计划|同时|并|对|向|从|在|把|由|用|给|因|为|按|通过|经|已|将|未|再|先|与)"
)


def _parts(text: str) -> list[tuple[str, str]]:
    """(subject, predicate) of clauses that name their subject."""
    found = []
    for clause in re.split(r"[，。；：,;\n]", text):
        verb = VERB.search(clause)
        if verb and 2 <= verb.start() <= 14 and len(clause) - verb.end() >= 2:
            subject = clause[: verb.start()]
            if not _NO_SUBJECT.search(subject):
                found.append((subject, clause[verb.start():]))
    return found


def _subject_swapped(kind: str, material: Sequence[Said], rng: Random) -> Iterator[Lie]:
    """What one subject of the quotation did, told of another; the figure of one label, told of another."""
    for said in material:
        quoted = said.quotation.text
        parts, told = _parts(quoted), labels(quoted)
        pairs = [(s, p, f"{s}{q}") for s, p in parts for t, q in parts if s != t and p != q and s not in q]
        pairs += [(s, n + u, f"{s}{m}{v}") for s, n, u in told for t, m, v in told if s != t and u == v and n != m]
        for subject, predicate, false in rng.sample(pairs, min(2, len(pairs))):
            yield Lie(kind, f"{subject}{predicate}。", (said.quotation,), f"{false}[1]。")
    for said in material:
        organs = [m for m in re.finditer("|".join(f"市?{rule[0]}" for rule in ORGANS), said.sentence)]
        for one, other in itertools.pairwise(organs):
            if one[0] != other[0] and not re.search(r"[、和与及]$", said.sentence[one.end(): other.start()]):
                false = edited(said.sentence, ((one.start(), one.end(), other[0]), (other.start(), other.end(), one[0]))).rstrip("。")
                yield Lie(kind, said.sentence, (said.quotation,), f"{false}[1]。")


def _mixed(kind: str, material: Sequence[Said], rng: Random) -> Iterator[Lie]:
    """Subject or label of one quotation with the predicate or figure of another, in one clause that cites the first."""
    for said in material:
        other = rng.choice(material)
        mine, theirs = _parts(said.sentence), _parts(other.sentence)
        told, there = labels(said.sentence), [row for row in labels(other.sentence) if row[1] not in said.quotation.text]
        if told and there and rng.random() < 0.5:
            (label, figure, unit), (_, wrong, _) = rng.choice(told), rng.choice(there)
            yield Lie(kind, f"{label}{figure}{unit}。", (said.quotation, other.quotation), f"{label}{wrong}{unit}[1]。")
        elif mine and theirs:
            (subject, predicate), (_, wrong) = rng.choice(mine), rng.choice(theirs)
            if plain(wrong) not in plain(said.quotation.text):
                yield Lie(kind, f"{subject}{predicate}。", (said.quotation, other.quotation), f"{subject}{wrong}[1]。")


def _wrong_quotation(kind: str, material: Sequence[Said], rng: Random) -> Iterator[Lie]:
    """A true sentence under the number of a quotation that does not say it."""
    for said in material:
        other = rng.choice(material)
        if other.quotation.report.id != said.quotation.report.id:
            yield Lie(kind, said.sentence, (other.quotation, said.quotation), f"{said.sentence.rstrip('。')}[1]。")


KINDS: dict[str, Callable[[str, Sequence[Said], Random], Iterator[Lie]]] = {
    **{kind: _of_one for kind in EDITS}, "other report's name": _other_name, "other report's year": _other_year, "figure of another year": _years_swapped,
    "subject swapped": _subject_swapped, "two quotations mixed": _mixed, "wrong quotation": _wrong_quotation,
}


def lies(reports: Sequence[Report], more: Sequence[Report] = (), seed: int = 13, most: int = MOST) -> Iterator[Lie]:
    """At most `most` lies of each kind; sentences of `more` serve the kinds for which `reports` do not give enough."""
    first, rest = quotations(reports), quotations(more)
    for kind, make in KINDS.items():
        rng = Random(f"{seed} {kind}")
        seen: set[str] = set()
        for material in (first, rest):
            made = [lie for lie in make(kind, material, rng) if is_lie(lie.sentence, lie.quotations[0].text)]
            for lie in rng.sample(made, len(made)):
                if len(seen) < most and lie.written not in seen:
                    seen.add(lie.written)
                    yield lie


# --- fair rewordings ---


@dataclass(frozen=True)
class Rewording:
    """A fair wording of a quotation, written by hand: no check may be allowed to strike many of them."""

    id: str
    kind: str
    quotation: Citation
    written: str  # one or more sentences, each with [1]

    @property
    def sentences(self) -> list[str]:
        return [part for part in re.findall(r".+?\[1\][。！]?", self.written) if part.strip()]


def rewordings(path: Path = REWORDINGS) -> list[Rewording]:
    """The rewordings of a set, each with the quotation in its sample report, or in a report of which only unit, title, year and path are told."""
    reports = {report.name: report for report in samples()}
    found: list[Rewording] = []
    for line in path.read_text("utf8").splitlines():
        row = json.loads(line)
        quote: str = row["quotation"]
        if isinstance(row["report"], str):
            report = reports[row["report"]]
            start = report.text.find(quote)
            if start < 0:
                raise ValueError(f"{row['id']}: not in {report.name}: {quote}")
            headings = next((p.path for p in report.passages if p.start <= start < p.end), ())
            citation = Quotation(report, start, start + len(quote), headings).cited(1)
        else:
            told = row["report"]
            facts = Facts(told["title"], told["unit"], told.get("region", ""), told["year"], told.get("kind", ""))
            ref = ReportRef(1, row["id"], f"/{row['id']}.txt", f"{row['id']}.txt", facts, len(quote), 1)
            citation = Citation(1, ref, "", quote, 0, len(quote), tuple(told.get("path", ())))
        found.append(Rewording(row["id"], row["kind"], citation, row["written"]))
    return found


# --- the table ---


def passed(check: Check, found: Iterable[Lie]) -> tuple[Counter[str], list[Lie]]:
    """How many lies there are of each kind, and those that the check lets pass."""
    counts: Counter[str] = Counter()
    through: list[Lie] = []
    for lie in found:
        counts[lie.kind] += 1
        if not check(lie.written, lie.cited()).fault:
            through.append(lie)
    return counts, through


def untrue(check: Check, found: Iterable[Lie]) -> Counter[str]:
    """Of how many lies the check strikes the true sentence too: such a lie shows nothing."""
    return Counter(
        lie.kind for lie in found
        if lie.kind != "wrong quotation" and check(lie.true.rstrip("。") + "[1]。", (lie.quotations[0].cited(1),)).fault
    )


def struck(check: Check, found: Iterable[Rewording]) -> list[Rewording]:
    """The rewordings of which the check strikes a sentence."""
    return [row for row in found if any(check(sentence, (row.quotation,)).fault for sentence in row.sentences)]


def named(function: str) -> Check:
    module, _, name = function.partition(":")
    check: Check = getattr(importlib.import_module(module), name)
    return check


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.lies", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", default=CHECK, metavar="MODULE:FUNCTION")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N of the lies that passed, of each kind, and the rewordings struck")
    parser.add_argument("--list", action="store_true", help="print the lies and check nothing")
    parser.add_argument("--samples", action="store_true", help="leave out the real reports of ../shared")
    options = parser.parse_args(argv)
    found = lies((*samples(), *(() if options.samples else real())), framed())
    if options.list:
        for lie in found:
            print(f"{lie.kind}\t{lie.written}\t{lie.true}\t{lie.quotations[0].text}")
        return
    check = named(options.check)
    told = list(found)
    counts, through = passed(check, told)
    blind = untrue(check, told)
    got = Counter(lie.kind for lie in through)
    print("| kind of lie | n | passed | share | true sentence struck too |\n|---|---:|---:|---:|---:|")
    for kind, n in counts.items():
        print(f"| {kind} | {n} | {got[kind]} | {got[kind] / n:.1%} | {blind[kind]} |")
    print(f"| all | {counts.total()} | {got.total()} | {got.total() / counts.total():.1%} | {blind.total()} |\n")
    sets = {path: struck(check, rewordings(path)) for path in (REWORDINGS, SECOND, THIRD, FOURTH)}
    for path, lost in sets.items():
        of, off = Counter(row.kind for row in rewordings(path)), Counter(row.kind for row in lost)
        print(f"| kind of rewording in {path.name} | n | struck | share |\n|---|---:|---:|---:|")
        for kind, n in of.items():
            print(f"| {kind} | {n} | {off[kind]} | {off[kind] / n:.1%} |")
        print(f"| all | {of.total()} | {len(lost)} | {len(lost) / of.total():.1%} |\n")
    shown: Counter[str] = Counter()
    for lie in through:
        shown[lie.kind] += 1
        if shown[lie.kind] <= options.show:
            print(f"passed: {lie.kind}: {lie.written}  <- {lie.quotations[0].text}", file=sys.stderr)
    for row in itertools.chain.from_iterable(lost[: options.show * 40] for lost in sets.values()):
        print(f"struck: {row.id} {row.kind}: {row.written}  <- {row.quotation.quote}", file=sys.stderr)


if __name__ == "__main__":
    main()
