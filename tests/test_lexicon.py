"""Official terms and everyday words: both ways, the longest first, never inside another word."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from retrieval.question import lexicon
from retrieval.question.lexicon import other_words


def test_each_finds_the_other() -> None:
    assert "应诉" in other_words("去年打官司多少次")["打官司"]
    assert "打官司" in other_words("去年应诉多少次")["应诉"]


def test_the_longest_wins_and_nothing_inside_it_is_looked_up() -> None:
    found = other_words("申请免费律师要带什么")

    assert "申请免费律师" in found and "免费律师" not in found


def test_a_short_word_counts_only_where_it_is_a_word() -> None:
    assert "城管" in other_words("城管来了几次")
    assert "城管" not in other_words("老城管网改造")


def test_no_line_of_the_file_stands_alone_or_holds_a_word_twice() -> None:
    for line in Path(lexicon.__file__).with_name("lexicon.tsv").read_text(encoding="utf8").splitlines():
        words = line.split("\t")
        assert len(words) == len(set(words)) >= 2 and all(len(word) >= 2 and word == word.strip() for word in words), line


@given(st.text("打官司当被告应诉养老院公证处几件了", max_size=30))
def test_what_is_found_stands_there_and_does_not_stand_for_itself(text: str) -> None:
    for said, others in other_words(text).items():
        assert said in text and said not in others and others
