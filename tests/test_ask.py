"""The front door: one call from a question to an answer, and clear refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.corpus import Corpus
from index.encoder import Encoder
from index.types import StoreError, YoujuError
from retrieval.ask import ask
from retrieval.question.understand import QuestionError


def test_a_question_is_answered_with_its_hits_and_its_time(corpus: Corpus) -> None:
    answer = ask(corpus, "白石县粮食总产量达到多少？", k=4)

    assert (answer.status, answer.short) == ("answered", "21.4万吨")
    assert 0 < len(answer.hits) <= 4 and answer.ms > 0
    assert answer.question.text == "白石县粮食总产量达到多少?"


def test_the_same_question_has_the_same_answer(corpus: Corpus) -> None:
    first, second = (ask(corpus, "改造老旧小区多少个？") for _ in range(2))

    assert (first.text, first.citations, first.hits) == (second.text, second.citations, second.hits)


def test_a_chip_taken_off_opens_the_search(corpus: Corpus) -> None:
    text = "青川市司法局的纠错率是多少？"

    assert {hit.report.facts.unit for hit in ask(corpus, text).hits} == {"青川市司法局"}
    assert len({hit.report.facts.unit for hit in ask(corpus, text, without=["unit:青川市司法局"]).hits}) > 1


def test_a_removed_report_answers_no_more(corpus: Corpus, linjiang: object) -> None:
    ref = next(ref for ref in corpus.reports() if ref.facts.unit == "临江市司法局")
    corpus.remove(ref.id)

    answer = ask(corpus, "临江市司法局的纠错率是多少？")

    assert answer.status == "abstained" and "没有“临江市司法局”的报告" in answer.note


@pytest.mark.parametrize("text", ["", "  \n", "问" * 501])
def test_an_unusable_question_is_an_error_for_the_user(corpus: Corpus, text: str) -> None:
    with pytest.raises(QuestionError) as raised:
        ask(corpus, text)

    assert isinstance(raised.value, YoujuError) and "问题" in str(raised.value)


def test_an_empty_corpus_says_what_to_do(tmp_path: Path, encoder: Encoder) -> None:
    corpus = Corpus.open(tmp_path / "empty", encoder, create=True)

    with pytest.raises(StoreError, match="python -m index add"):
        ask(corpus, "收到多少件？")
