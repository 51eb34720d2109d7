"""Conversations kept by the server: whose they are, what they say when read back, what was said of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from index.corpus import Corpus
from index.forget import FEEDBACK
from page.export import plain
from page.history import MOST_CONVERSATIONS, WITHHELD, History, Talk, Turn, new_id
from page.html import turn as shown
from retrieval.ask import ask

ASKED = "青川市司法局2023年办结行政复议案件多少件？"


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


@pytest.fixture
def talk(corpus: Corpus) -> Talk:
    return Talk(new_id(), (Turn(ASKED, ("year:2023",), ask(corpus, ASKED)),))


def keep(history: History, reader: str, talk: Talk) -> None:
    for turn in talk.turns:
        history.keep(reader, talk, turn)


def test_a_conversation_comes_back_as_it_was(history: History, talk: Talk, corpus: Corpus) -> None:
    keep(history, "browser:a", talk)
    assert history.talk("browser:a", talk.id, corpus.reports()) == talk


def test_an_answer_with_a_table_comes_back(history: History, corpus: Corpus) -> None:
    from tests.test_page_table import TABLE

    answer = replace(ask(corpus, ASKED), table=TABLE)
    talk = Talk(new_id(), (Turn("各市增速分别是多少？", (), answer),))
    keep(history, "a", talk)
    reports = (*corpus.reports(), *(row.report for row in TABLE.rows), *TABLE.missing)
    assert history.talk("a", talk.id, reports) == talk


def test_nobody_reads_or_removes_or_writes_anothers(history: History, talk: Talk, corpus: Corpus) -> None:
    keep(history, "a", talk)
    assert history.talk("b", talk.id, corpus.reports()) is None
    assert history.listed("b") == ()
    history.remove("b", talk.id)
    history.keep("b", talk, Turn("别人的话", number=1, error="x"))
    assert history.talk("a", talk.id, corpus.reports()) == talk


def test_without_a_name_nothing_is_kept(history: History, talk: Talk, corpus: Corpus) -> None:
    keep(history, "", talk)
    assert history.listed("") == ()
    assert history.talk("", talk.id, corpus.reports()) is None


def test_what_rests_on_a_report_that_is_not_theirs_any_more_is_withheld(history: History, talk: Talk, corpus: Corpus) -> None:
    keep(history, "a", talk)
    found = history.talk("a", talk.id, [ref for ref in corpus.reports() if "青川" not in ref.name])
    assert found is not None
    (turn,) = found.turns
    assert (turn.text, turn.answer, turn.error) == (ASKED, None, WITHHELD)
    assert "1,234" not in shown(turn)


def test_a_report_is_found_again_by_what_it_is_not_by_where_it_stood(history: History, talk: Talk, corpus: Corpus) -> None:
    keep(history, "a", talk)
    moved = [replace(ref, row=ref.row + 7) for ref in corpus.reports()]
    found = history.talk("a", talk.id, moved)
    assert found is not None
    answer = found.turns[0].answer
    assert answer is not None
    assert all(citation.report in moved for citation in answer.citations)


def test_search_wants_every_word(history: History, corpus: Corpus) -> None:
    for text in ("青川市办结多少件？", "临江市办结多少件？"):
        history.keep("a", talk := Talk(new_id()), turn := Turn(text, error="已停止。"))
        history.keep("a", talk.put(turn), Turn("100%的_", number=1, error="已停止。"))
    assert [kept.title for kept in history.listed("a", "办结 青川")] == ["青川市办结多少件？"]
    assert len(history.listed("a", "0%的_")) == 2, "marks of LIKE are words like others"
    assert history.listed("a", "望海") == ()
    assert [kept.questions for kept in history.listed("a")] == [2, 2]


def test_the_latest_stand_first_and_the_oldest_go(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("page.history.MOST_CONVERSATIONS", 3)
    assert MOST_CONVERSATIONS > 3
    for number in range(5):
        history.keep("a", Talk(new_id()), Turn(f"第{number}问", error="x"))
    assert [kept.title for kept in history.listed("a")] == ["第4问", "第3问", "第2问"]


def test_forgetting_leaves_nothing(history: History, talk: Talk, corpus: Corpus) -> None:
    keep(history, "a", talk)
    history.remove("a", talk.id)
    assert history.listed("a") == ()
    assert history.talk("a", talk.id, corpus.reports()) is None


def test_what_was_said_names_the_places_and_nobody(history: History, talk: Talk, tmp_path: Path) -> None:
    history.judge(replace(talk.turns[0], judged="没用", reason="出处不对"))
    history.judge(replace(talk.turns[0], judged="有用"))
    first, second = (json.loads(line) for line in (tmp_path / FEEDBACK).read_text("utf-8").splitlines())
    answer = talk.turns[0].answer
    assert answer is not None
    assert (first["question"], first["useful"], first["reason"]) == (ASKED, False, "出处不对")
    assert [cited["passage"] for cited in first["citations"]] == [citation.passage_id for citation in answer.citations]
    assert second["useful"] is True
    assert not {"reader", "user"} & first.keys()
    assert answer.citations[0].quote in plain(answer)


def test_a_turn_takes_the_place_of_its_number() -> None:
    talk = Talk("x").put(Turn("一", number=0)).put(Turn("二", number=1)).put(Turn("二", number=1, error="已停止。"))
    assert [(turn.text, turn.error) for turn in talk.turns] == [("一", ""), ("二", "已停止。")]
    assert talk.turn(0) == Turn("一")


def test_what_the_report_does_not_say_is_no_answer_to_learn_from(history: History, talk: Talk, tmp_path: Path) -> None:
    turn = talk.turns[0]
    assert turn.answer is not None
    history.judge(replace(turn, answer=replace(turn.answer, short="共 2 项", computed=True), judged="有用"))
    assert json.loads((tmp_path / "feedback.jsonl").read_text(encoding="utf-8").splitlines()[-1])["short"] is None
