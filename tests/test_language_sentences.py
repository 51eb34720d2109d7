"""Sentences and clauses: put together they are the text again; brackets, quotations and numbers are never cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language.sentences import clauses, sentences


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("办结12件。满意率98.5%。", ["办结12件。", "满意率98.5%。"]),
        ("他说：“好。我去。”随后离开。", ["他说：“好。我去。”", "随后离开。"]),
        ("见《办法。试行》一文。完", ["见《办法。试行》一文。", "完"]),
        ("（一。二）三。", ["（一。二）三。"]),
        ("标题\n正文", ["标题\n", "正文"]),
        ("行政机关负责人出庭应诉率达到了\n96.73%。", ["行政机关负责人出庭应诉率达到了\n96.73%。"]),
        ("左括号（没有合上。后一句。", ["左括号（没有合上。", "后一句。"]),
        ("", []),
    ],
)
def test_sentences(text: str, pieces: list[str]) -> None:
    assert [one.of(text) for one in sentences(text)] == pieces


def test_clauses_keep_a_number_whole() -> None:
    text = "收到1,234件，办结12,202；其中12，202"
    assert [one.of(text) for one in clauses(text)][:1] == ["收到1,234件，"]


@given(st.text(st.sampled_from("办结12,.，。；：！？\n “”《》（）()3%、…"), max_size=80))
@settings(max_examples=400, deadline=None)
def test_put_together_they_are_the_text(text: str) -> None:
    for cut in (sentences, clauses):
        pieces = cut(text)
        assert "".join(one.of(text) for one in pieces) == text
        assert all(one.start < one.end for one in pieces)
