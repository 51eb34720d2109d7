"""The scores, defined by example; and held together with the shared gold folder's own scorer."""

from __future__ import annotations

import importlib.util
import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.dataset import Case, Cell, Found, Given, Quote, Result, Row, read_gold, write_run
from eval.metrics import fold, holds, plain, score, score_all, shares_half, summarise
from eval.report import as_json
from tests.conftest import SHARED

needs_shared = pytest.mark.skipif(
    not (SHARED / "gold" / "score.py").is_file(), reason="../shared（共享的金标与报告）不在这台机器上"
)

CASE = Case(
    id="q1",
    question="青川市2024年办结行政复议案件多少件？",
    type="number",
    phrasing="close",
    reports=("青川",),
    answers=("86件",),
    evidence=("全年收到行政复议申请102件，办结86件",),
)
SOURCES = {
    "青川": plain("一、复议\n全年收到行政复议申请102件，办结\n— 3 —\n86件，同比增长一成。"),
    "临江": plain("另一份报告。"),
}
QUOTE = Quote("青川", "全年收到行政复议申请102件，办结86件，同比增长一成。")
ANSWER = Given("answered", QUOTE.quote, "86件", (QUOTE,))


def values(case: Case = CASE, **changes: object) -> dict[str, float]:
    """Scores of the right answer to CASE with some of its fields changed."""
    result = Result(case.id, (Found("青川", QUOTE.quote),), replace(ANSWER, **changes))  # type: ignore[arg-type]
    return dict(score(case, result, SOURCES).values)


class TestText:
    def test_widths_dashes_and_white_space_are_no_difference(self) -> None:
        assert fold("增长 ５％——６％\n（左右）") == "增长5%-6%(左右)"

    def test_a_report_loses_its_page_numbers_links_and_heading_marks(self) -> None:
        assert plain("# 报告\n办结\n — 12 — \n86件 https://example.invalid/a?b=1 完") == "报告办结86件完"

    @pytest.mark.parametrize(
        ("text", "wanted", "stands"),
        [
            ("增长5%", "5%", True),
            ("增长5.5%", "5%", False),
            ("共1109件", "109", False),
            ("共109件", "109", True),
            ("共1090件", "109", False),
            ("共109.5件", "109", False),
            ("共109.", "109", True),
            ("由青川市承办", "青川市", True),
        ],
    )
    def test_a_figure_does_not_stand_within_a_longer_one(self, text: str, wanted: str, stands: bool) -> None:
        assert holds(text, wanted) is stands

    def test_half_of_the_evidence_in_one_run_is_enough_but_never_less_than_eight_characters(self) -> None:
        evidence = "全年共办结行政复议案件八十六件"
        assert shares_half("他们说全年共办结行政复，然后停下", evidence)
        assert not shares_half("全年共办结，行政复议", evidence)
        assert not shares_half("全年共办结", "全年共办结八件")

    @given(st.text("青川市办结86", min_size=1, max_size=30))
    def test_a_text_shares_half_of_itself_and_of_what_it_is_cut_from(self, text: str) -> None:
        assert shares_half(text, text)
        assert shares_half(f"前{text}后", text)


class TestRetrieval:
    def test_recall_is_the_share_of_the_evidence_found_within_k(self) -> None:
        case = replace(CASE, evidence=(*CASE.evidence, "第二处依据在别的段落里面写着"))
        hits = (
            Found("青川", "无关。"),
            Found("青川", QUOTE.quote),
            Found("青川", "无关。"),
            Found("青川", "第二处依据在别的段落里面写着"),
        )
        got = score(case, Result("q1", hits), SOURCES).values
        assert [got[f"recall@{k}"] for k in (1, 3, 5, 10, 20)] == [0, 0.5, 1, 1, 1]
        assert got["RR@10"] == 0.5

    def test_the_right_words_from_another_report_find_nothing(self) -> None:
        got = score(CASE, Result("q1", (Found("临江", QUOTE.quote),)), SOURCES).values
        assert got["recall@20"] == got["RR@10"] == 0

    def test_the_eleventh_hit_has_no_reciprocal_rank_and_the_twenty_first_is_not_looked_at(self) -> None:
        nothing = Found("青川", "无关。")
        eleventh = score(CASE, Result("q1", (*[nothing] * 10, Found("青川", QUOTE.quote))), SOURCES).values
        assert (eleventh["RR@10"], eleventh["recall@10"], eleventh["recall@20"]) == (0, 0, 1)
        late = score(CASE, Result("q1", (*[nothing] * 20, Found("青川", QUOTE.quote))), SOURCES).values
        assert late["recall@20"] == 0

    def test_a_question_without_a_result_counts_nought_and_is_no_abstention(self) -> None:
        got = score(CASE, None, SOURCES).values
        assert got["recall@20"] == got["answer right"] == got["short answer right"] == 0
        assert got["abstains when it should not"] == 0


class TestAnswer:
    def test_right(self) -> None:
        assert values()["answer right"] == values()["short answer right"] == 1

    def test_the_required_strings_must_stand_in_it_all_or_any(self) -> None:
        both = replace(CASE, answers=("86件", "102件"))
        assert values(both)["answer right"] == 1
        assert values(both)["short answer right"] == 0
        assert values(replace(both, require="any"))["short answer right"] == 1
        assert values(replace(CASE, answers=("87件",)))["answer right"] == 0

    def test_it_must_cite_a_quote_that_overlaps_the_evidence_from_the_right_report(self) -> None:
        assert values(citations=())["answer right"] == 0
        assert values(citations=(Quote("临江", QUOTE.quote),))["answer right"] == 0
        assert values(citations=(Quote("青川", "一成。"),))["answer right"] == 0
        assert values(citations=(Quote("青川", "收到行政复议申请102件"),))["answer right"] == 1

    def test_it_must_be_brief_the_more_so_for_a_figure(self) -> None:
        long = QUOTE.quote + "补" * 400
        assert values(text=long)["answer right"] == 0
        assert values(replace(CASE, type="how"), text=long)["answer right"] == 1
        assert values(replace(CASE, type="how"), text=QUOTE.quote + "补" * 1500)["answer right"] == 0
        assert values(short="86件" + "补" * 38)["short answer right"] == 0
        assert values(short=None)["short answer right"] == 0

    def test_only_questions_for_a_figure_date_or_name_have_a_short_answer(self) -> None:
        assert "short answer right" not in values(replace(CASE, type="yesno"))

    def test_declining_and_asking_back_are_counted_where_they_should_and_should_not_be(self) -> None:
        assert values(status="abstained") | values() == values() | {"abstains when it should not": 0}
        assert values(status="abstained")["abstains when it should not"] == 1
        assert values(status="ambiguous")["asks back when it should not"] == 1
        assert values(replace(CASE, type="unanswerable"), status="abstained") == {"abstains when it should": 1}
        assert values(replace(CASE, type="unanswerable")) == {"abstains when it should": 0}
        assert values(replace(CASE, type="ambiguous"), status="ambiguous") == {"asks back when it should": 1}

    def test_a_citation_is_faithful_when_it_stands_in_the_report_it_names(self) -> None:
        quotes = (QUOTE, Quote("临江", QUOTE.quote), Quote("青川", "办结 86 件"), Quote("无此报告", "办结86件"))
        scored = score(CASE, Result("q1", answer=replace(ANSWER, citations=quotes)), SOURCES)
        assert scored.faithful == (True, False, True, False)


class TestRows:
    case = Case(
        "t1",
        "各地办结多少件？",
        "table",
        rows=(
            Row("青川", ("86件",), ("行政复议申请102件，办结86件",)),
            Row("白石", ("7件",), ("办结行政复议案件共7件",)),
        ),
        missing=("临江",),
    )

    def rows(self, *cells: Cell) -> tuple[float, float]:
        got = score(self.case, Result("t1", answer=Given("answered", rows=cells)), SOURCES).values
        return got["row precision"], got["row recall"]

    def test_precision_is_over_the_rows_given_and_recall_over_the_rows_there_are(self) -> None:
        right = Cell("青川", "86件", "行政复议申请102件，办结86件")
        assert self.rows(right) == (1, 0.5)
        assert self.rows(right, Cell("临江", "9件", "另一份报告。")) == (0.5, 0.5)
        assert self.rows(right, right) == (0.5, 0.5)
        assert self.rows() == (0, 0)

    def test_a_row_needs_its_value_briefly_and_its_quote(self) -> None:
        assert self.rows(Cell("青川", "102件", "行政复议申请102件，办结86件")) == (0, 0)
        assert self.rows(Cell("青川", "86件", "全然另外的一句话，与依据无关")) == (0, 0)
        assert self.rows(Cell("青川", "86件" + "补" * 40, "行政复议申请102件，办结86件")) == (0, 0)


class TestSummary:
    def test_means_come_after_the_scores_of_each_question(self) -> None:
        cases = [CASE, replace(CASE, id="q2", phrasing="colloquial"), replace(CASE, id="q3", type="unanswerable")]
        right = Result("q1", (Found("青川", QUOTE.quote),), ANSWER, ms=4.0)
        scored = score_all(cases, {"q1": right, "q3": replace(right, id="q3", ms=8.0)}, SOURCES)
        whole, *groups = summarise(scored)
        assert whole.group == "all"
        assert whole.means["recall@1"] == 0.5  # q3 has no such score
        assert whole.means["abstains when it should"] == 0
        assert (whole.means["ms p50"], whole.means["ms p95"]) == (8, 8)
        assert whole.means["citation faithful"] == 1
        assert whole.counts["citation faithful"] == 2
        assert [group.group for group in groups] == [
            "phrasing:close", "phrasing:colloquial", "type:number", "type:unanswerable",
        ]  # fmt: skip
        assert groups[2].n == 2


def scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("shared_score", SHARED / "gold" / "score.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@needs_shared
class TestAgreement:
    """`eval` and the shared scorer give the same figures to the digit."""

    @given(
        st.text("0159.%亿青川—-\u3000 ５", max_size=12),
        st.text("0159.%亿青川-５", min_size=1, max_size=4).filter(str.strip),
    )
    def test_on_what_stands_in_a_text(self, text: str, wanted: str) -> None:
        assert holds(fold(text), fold(wanted)) == scorer().holds(text, wanted)

    @given(st.text("青川市办 ", max_size=40), st.text("青川市办", max_size=24))
    def test_on_what_shares_half(self, text: str, evidence: str) -> None:
        assert shares_half(fold(text), fold(evidence)) == scorer().shares_half(text, evidence)

    def test_on_the_text_of_every_report(self) -> None:
        for path in (SHARED / "reports").rglob("*.txt"):
            assert plain(path.read_text(encoding="utf-8")) == scorer().source(path)

    @pytest.mark.parametrize("name", ["seeds.dev", "provinces-2026.dev", "provinces-2026.tables.dev"])
    def test_on_a_whole_run(self, name: str, tmp_path: Path) -> None:
        """A run with every kind of right and wrong in it, drawn from the gold itself with a fixed seed."""
        gold = SHARED / "gold" / f"{name}.jsonl"
        cases = read_gold(gold)
        texts = {path.stem: plain(path.read_text(encoding="utf-8")) for path in (SHARED / "reports").rglob("*.txt")}
        draw = random.Random(7)
        run = [self.result(case, cases, texts, draw) for case in cases if draw.random() < 0.95]
        write_run(tmp_path / "run.jsonl", run)
        told = subprocess.run(
            [sys.executable, SHARED / "gold" / "score.py", gold, tmp_path / "run.jsonl", SHARED / "reports", "--json"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        theirs = json.loads(told.stdout)
        for group in theirs.values():
            if "mrr@10" in group:
                group["RR@10"] = group.pop("mrr@10")
        ours = as_json(summarise(score_all(cases, {result.id: result for result in run}, texts)))
        assert ours.keys() == theirs.keys()
        for name, group in ours.items():  # with two scores of ours besides
            assert {key: value for key, value in group.items() if key not in ("nDCG@10", "right report first")} == theirs[name]
        assert 0 < ours["all"]["citation faithful"] < 1  # the run is neither all right nor all wrong

    def result(self, case: Case, cases: list[Case], texts: dict[str, str], draw: random.Random) -> Result:
        """A result that is right in some ways and wrong in others."""
        other = draw.choice([one for one in cases if one.evidence or one.rows])

        def quote() -> tuple[str, str]:
            """A report and a piece of it: the evidence, more or less than it, another case's, or a changed one."""
            source = draw.choice([case, case, case, other]) if case.evidence or case.rows else other
            row = draw.choice(source.rows) if source.rows else None
            report = row.report if row else draw.choice(source.reports)
            text = draw.choice(row.evidence if row else source.evidence)
            if (at := texts[report].find(fold(text))) >= 0 and draw.random() < 0.4:
                text = texts[report][max(0, at - draw.randrange(60)) : at + len(text) + draw.randrange(60)]
            start = draw.choice([0, 0, len(text) // 3])
            text = text[start : draw.choice([len(text), len(text) * 3 // 5])] or text
            return draw.choice([report] * 9 + ["无此报告"]), text + draw.choice([""] * 9 + ["改"])

        status = draw.choice(["answered"] * 6 + ["abstained", "ambiguous"])
        citations = tuple(Quote(*quote()) for _ in range(draw.randrange(3)))
        wanted = draw.choice([*case.answers, "5%", "109"])
        rows = []
        for row in case.rows:
            report, text = draw.choice([(row.report, row.evidence[0])] * 3 + [quote()])
            value = draw.choice([*row.answers, "约" + row.answers[0], "4%", "长" * 41 + row.answers[0]])
            rows += [Cell(report, value, text)] * draw.choice([0, 1, 1, 1, 2])
        return Result(
            case.id,
            tuple(Found(*quote()) for _ in range(draw.randrange(25))),
            Given(
                status,  # type: ignore[arg-type]
                " ".join([cited.quote for cited in citations] + draw.choice([[], [*case.answers], ["补" * 380]])),
                draw.choice([None, wanted, "、".join(case.answers) or None]),
                citations,
                tuple(rows),
            ),
            draw.choice([None, round(draw.uniform(1, 50), 3)]),
        )
