"""A turn and the question before it: what is taken over, what gives way, what starts fresh; and forty dialogues."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index.corpus import Corpus
from index.encoder import load_encoder
from index.read import read
from retrieval.answer.compose import compose
from retrieval.ask import ask
from retrieval.question.followup import Followed, carry, followed, own, reader
from retrieval.question.understand import QuestionError, understand
from retrieval.question.years import years
from retrieval.search.search import search
from retrieval.types import Answer, Question

ROOT = Path(__file__).resolve().parent.parent
DIALOGUES: list[dict[str, Any]] = [
    json.loads(line) for line in (ROOT / "eval/gold/samples.dialogues.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """The sample reports, with the encoder that ships."""
    made = Corpus.open(tmp_path_factory.mktemp("samples"), load_encoder(), create=True)
    files = sorted(p for p in (ROOT / "reports").iterdir() if p.suffix in {".txt", ".md", ".html"} and p.name != "README.md")
    made.add([read(path) for path in files])
    return made


def said(corpus: Corpus, text: str, before: Question | None, without: Collection[str] = ()) -> tuple[Followed, Question]:
    """A turn as the front door understands it."""

    def holders(name: str) -> frozenset[int]:
        rows = [row for row, _ in corpus.lexical(name, 50, None)]
        found = zip(rows, corpus.passages(rows), strict=True)
        return frozenset(row >> 20 for row, passage in found if name.lower() in passage.text.lower())

    turn = followed(text, before, corpus.reports(), without=without, passages=reader(corpus), holders=holders)
    return turn, carry(understand(turn.text, corpus.reports(), without, holders=holders), turn)


def talk(corpus: Corpus, *turns: str, without: Collection[str] = ()) -> Question:
    """The question that the last of several turns is understood as; `without` is of the last."""
    question: Question | None = None
    for at, text in enumerate(turns, 1):
        _, question = said(corpus, text, question, without if at == len(turns) else ())
    assert question is not None
    return question


def chips(question: Question, *, inherited: bool = True) -> set[str]:
    return {f"{chip.slot}:{chip.value}" for chip in question.chips if chip.inherited is inherited}


FIRST = "青川市司法局2024年收到多少件行政复议申请？"


def test_the_first_turn_takes_nothing_over(samples: Corpus) -> None:
    turn, question = said(samples, FIRST, None)

    assert turn.fresh and turn.text == turn.said and chips(question) == set()


def test_a_new_verb_keeps_unit_year_and_the_noun_it_is_said_of(samples: Corpus) -> None:
    question = talk(samples, FIRST, "那审结了多少？")

    assert {"unit:青川市司法局", "year:2024"} <= chips(question)
    assert "行政复议" in question.text and "审结" in question.text and "收到" not in question.text


def test_another_place_keeps_the_question_and_the_organ(samples: Corpus) -> None:
    question = talk(samples, FIRST, "临江呢？")

    assert chips(question, inherited=False) == {"unit:临江市司法局"}
    assert "year:2024" in chips(question) and "收到多少件行政复议申请" in question.text and "青川" not in question.text


@pytest.mark.parametrize(
    ("turn", "year"),
    [("前一年呢？", 2023), ("去年呢", 2023), ("上一年呢？", 2023), ("2023年呢？", 2023), ("后一年呢？", 2025), ("当年呢？", 2024)],
)
def test_a_relative_year_counts_from_the_year_before_it(samples: Corpus, turn: str, year: int) -> None:
    question = talk(samples, FIRST, turn)

    assert years(question.text) == (year,) and "unit:青川市司法局" in chips(question)


def test_a_relative_year_after_a_question_without_one_counts_from_the_latest_report(samples: Corpus) -> None:
    assert years(talk(samples, "青川市司法局收到多少件行政复议申请？", "前一年呢？").text) == (2023,)


def test_a_year_that_is_compared_with_is_not_asked_about(samples: Corpus) -> None:
    assert years(talk(samples, FIRST, "比上年增加多少？").text) == (2024,)


def test_a_part_of_it_keeps_the_whole_subject(samples: Corpus) -> None:
    question = talk(samples, FIRST, "其中调解的呢？")

    assert "收到" in question.text and "行政复议申请" in question.text and "调解" in question.text and question.asks == "number"


def test_a_subject_of_its_own_takes_the_place_of_the_earlier_one(samples: Corpus) -> None:
    question = talk(samples, FIRST, "执业律师呢？")

    assert "复议" not in question.text and "执业律师" in question.text
    assert {"unit:青川市司法局", "year:2024"} == chips(question)


def test_why_keeps_everything(samples: Corpus) -> None:
    question = talk(samples, "青川市司法局2024年败诉案件有多少件？", "为什么？")

    assert question.asks == "why" and "败诉" in question.text and "unit:青川市司法局" in chips(question)


def test_a_complete_question_about_something_else_starts_fresh(samples: Corpus) -> None:
    turn, question = said(samples, "望海区教育局清退了多少违规收费？", talk(samples, FIRST))

    assert turn.fresh and chips(question) == set() and years(question.text) == ()


def test_a_question_whose_words_the_earlier_reports_lack_starts_fresh(samples: Corpus) -> None:
    turn, question = said(samples, "深远海养殖平台有多少座？", talk(samples, FIRST))

    assert turn.fresh and question.chips == ()


def test_a_question_without_a_place_stays_where_the_reports_speak_of_it(samples: Corpus) -> None:
    question = talk(samples, FIRST, "法律援助案件受理了多少件？")

    assert {"unit:青川市司法局", "year:2024"} <= chips(question) and "复议" not in question.text


@pytest.mark.parametrize("chip", ["unit:青川市司法局", "year:2024", "subject:行政复议申请"])
def test_an_inherited_chip_taken_off_is_gone_from_the_question(samples: Corpus, chip: str) -> None:
    assert chip in chips(talk(samples, FIRST, "那审结了多少？"))

    question = talk(samples, FIRST, "那审结了多少？", without=[chip])

    assert chip not in chips(question) and chip.partition(":")[2] not in question.text and "审结" in question.text


def test_another_unit_is_those_of_the_same_organ(samples: Corpus) -> None:
    question = talk(samples, FIRST, "另外两个单位呢？")

    assert {chip.value for chip in question.chips if chip.slot == "unit"} == {"临江市司法局", "白石县司法局"}


def test_a_unit_without_its_like_says_so(samples: Corpus) -> None:
    question = talk(samples, "临江市水务局完成整改多少个问题？", "另外一个单位呢？")

    assert question.nothing and question.allowed == frozenset()


@pytest.mark.parametrize("place", ["平川县", "平川"])
def test_a_place_that_no_report_has_is_refused_and_not_answered_from_the_earlier_one(samples: Corpus, place: str) -> None:
    question = talk(samples, FIRST, f"{place}呢？")

    assert f"没有“{place}”的报告" in question.nothing and question.allowed == frozenset()


def test_after_a_refusal_the_question_goes_on(samples: Corpus) -> None:
    question = talk(samples, FIRST, "平川县呢？", "白石县司法局呢？")

    assert question.nothing == "" and "unit:白石县司法局" in chips(question, inherited=False)
    assert "行政复议申请" in question.text and years(question.text) == (2024,)


def test_the_short_answer_is_looked_for_with_the_turns_own_words(samples: Corpus) -> None:
    question = talk(samples, FIRST, "那审结了多少？")

    assert "复议" not in own(question).text and "审结" in own(question).text
    assert own(talk(samples, FIRST)) == talk(samples, FIRST)


def test_the_front_door_follows_up(samples: Corpus) -> None:
    first = ask(samples, FIRST)
    second = ask(samples, "那审结了多少？", before=first.question)
    third = ask(samples, "前一年呢？", before=second.question)

    assert [answer.short for answer in (first, second, third)] == ["405件", "349件", "263件"]


def test_an_empty_turn_is_the_users_error(samples: Corpus) -> None:
    with pytest.raises(QuestionError):
        said(samples, " ？", talk(samples, FIRST))


def _answer(corpus: Corpus, question: Question) -> Answer:
    return compose(corpus, question, search(corpus, question))


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text).translate(str.maketrans(",()", "，（）"))


def test_what_the_dialogues_expect_stands_in_the_reports(samples: Corpus) -> None:
    texts = {Path(ref.name).stem: _bare(samples.report(ref.row).text) for ref in samples.reports()}

    assert len(DIALOGUES) == 40 and all(2 <= len(dialogue["turns"]) <= 4 for dialogue in DIALOGUES)
    for dialogue in DIALOGUES:
        for turn in dialogue["turns"]:
            for run in (*turn["evidence"], *turn["answers"]):
                assert any(_bare(run) in texts[name] for name in turn["reports"]), (dialogue["id"], run)


def test_forty_dialogues(samples: Corpus, record_property: Callable[[str, object], None]) -> None:
    understood, right, follow = [], [], 0
    for dialogue in DIALOGUES:
        before: Question | None = None
        for turn in dialogue["turns"]:
            made, question = said(samples, turn["question"], before)
            answer = _answer(samples, question)
            if before is not None:
                follow += 1
                understood.append(_understood(turn, made, question))
                right.append(_right(turn, answer))
            before = question
    record_property("understood", f"{sum(understood)}/{follow}")
    record_property("right", f"{sum(right)}/{follow}")

    assert sum(understood) / follow >= 0.95
    assert sum(right) / follow >= 0.92


def _understood(turn: dict[str, Any], made: Followed, question: Question) -> bool:
    if not turn["reports"]:
        return bool(question.nothing)
    places = {chip.value for chip in question.chips if chip.slot in ("unit", "region")}
    expected = {*turn["chips"].get("unit", []), *turn["chips"].get("region", [])}
    same_years = [str(year) for year in years(question.text)] == turn["chips"].get("year", [])
    return places == expected and same_years and made.fresh is turn["fresh"]


def _right(turn: dict[str, Any], answer: Answer) -> bool:
    """As eval/run does: every expected run stands in what is quoted, and the first quotation is of the right report."""
    if not turn["reports"]:
        return answer.status == "abstained"
    quotes = [_bare(citation.quote) for citation in answer.citations]
    first = Path(answer.citations[0].report.name).stem if answer.citations else ""
    return first in turn["reports"] and all(any(_bare(run) in quote for quote in quotes) for run in turn["answers"])


def test_a_document_spoken_of_is_still_meant(samples: Corpus) -> None:
    reports = tuple(
        replace(ref, facts=replace(ref.facts, number="青司〔2024〕12号")) if at == 0 else ref
        for at, ref in enumerate(samples.reports())
    )
    before = understand("青司〔2024〕12号里收到多少件申请？", reports)
    turn = followed("那办结了多少？", before, reports)

    assert "number:青司〔2024〕12号" in {f"{chip.slot}:{chip.value}" for chip in turn.inherited}
    assert understand(turn.text, reports).allowed == before.allowed == frozenset({reports[0].row})
    off = followed("那办结了多少？", before, reports, without=["number:青司〔2024〕12号"])
    assert understand(off.text, reports).allowed is None


def test_places_named_by_the_turn_before_in_everyday_kinds_stay(samples: Corpus) -> None:
    before = said(samples, "青川的年报里收到多少件行政复议申请？", None)[1]
    question = said(samples, "那审结了多少？", before)[1]

    assert {chip.slot for chip in question.chips if chip.inherited} >= {chip.slot for chip in before.chips}
    assert question.allowed == before.allowed
