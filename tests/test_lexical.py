"""Words and BM25: widths agree, no text is a query language, filters hold, what is removed is gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.lexical import Lexical, damaged, pairs, segment, segmenter
from index.types import StoreError

TEXTS = {
    1 << 20: ("全年办结行政复议案件1,234件，纠错率为12.5%。", "青川市司法局2023年报告"),
    1 << 20 | 1: ("组织法治讲座42场，覆盖乡镇干部2100人。", "青川市司法局2023年报告"),
    2 << 20: ("全年办结行政复议案件567件。", "临江市司法局2023年报告"),
    3 << 20: ("粮食总产量达到21.4万吨。", "白石县2024年政府工作报告"),
}


def fill(lexical: Lexical, rows: list[int]) -> None:
    lexical.add(rows, [TEXTS[row][0] for row in rows], [TEXTS[row][1] for row in rows])


@pytest.fixture
def lexical(tmp_path: Path) -> Lexical:
    made = Lexical.create(tmp_path / "lexical")
    fill(made, list(TEXTS))
    made.commit(1)
    return made


def found(lexical: Lexical, text: str, allowed: frozenset[int] | None = None) -> list[int]:
    return [row for row, _ in lexical.search(text, 10, allowed)]


def test_words_are_cut_with_the_words_inside_them() -> None:
    assert segment("办结行政复议案件") == ["办结", "行政", "复议", "行政复议", "案件"]


def test_widths_case_and_thousands_commas_agree() -> None:
    assert segment("ＧＤＰ增长５．５％，办结１，２３４件") == segment("gdp增长5.5%,办结1234件")
    assert "1234" in segment("1,234件")
    assert "5.5" in segment("增长5.5%")


def test_punctuation_and_spaces_are_no_words() -> None:
    assert segment("，。！？—— 　\n\t《》〔〕…") == []
    assert pairs("，。！？—— 　\n") == []


def test_pairs_do_not_reach_over_punctuation() -> None:
    assert pairs("青川市，GDP增长5.5%") == ["青川", "川市", "gdp", "增长", "5.5"]


@given(st.text())
def test_any_text_is_cut_into_words_without_spaces(text: str) -> None:
    for token in segment(text) + pairs(text):
        assert token
        assert token == "".join(token.split())


def test_the_segmenter_is_named_with_its_dictionary() -> None:
    assert segmenter()["name"] == "rjieba"
    assert len(segmenter()["dictionary"]) == 64


def test_the_best_comes_first_with_its_title_counted(lexical: Lexical) -> None:
    assert found(lexical, "临江市办结行政复议案件多少件")[0] == 2 << 20
    assert found(lexical, "青川市办结行政复议案件多少件")[0] == 1 << 20
    assert found(lexical, "白石县")[0] == 3 << 20


def test_scores_fall_and_none_is_zero(lexical: Lexical) -> None:
    scores = [score for _, score in lexical.search("司法局办结案件", 10)]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0


def test_words_that_no_passage_has_find_nothing(lexical: Lexical) -> None:
    assert found(lexical, "xylophone") == []


@pytest.mark.parametrize("text", ["", "  ", "？！", "\0", "——"])
def test_an_empty_question_finds_nothing(lexical: Lexical, text: str) -> None:
    assert found(lexical, text) == []


@pytest.mark.parametrize("text", ['body:"办结"', "+案件 -办结", "案件 AND NOT (办结", "[* TO *]", "案件~2^3", "words:案件"])
def test_no_character_is_an_operator(lexical: Lexical, text: str) -> None:
    assert 1 << 20 in found(lexical, text + "行政复议")


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_may_be_asked(text: str) -> None:
    assert all(score > 0 for _, score in SHARED_INDEX[0].search(text, 3))


@settings(deadline=None)
@given(st.frozensets(st.integers(0, 5)), st.sampled_from(["司法局办结案件", "报告", "青川市粮食", "2023年"]))
def test_a_filter_holds_before_the_best_are_taken(allowed: frozenset[int], text: str) -> None:
    index = SHARED_INDEX[0]
    everything = dict(index.search(text, 10))
    left = {row: score for row, score in everything.items() if row >> 20 in allowed}
    assert dict(index.search(text, 10, allowed)) == pytest.approx(left)
    assert len(index.search(text, 1, allowed)) == min(1, len(left))


def test_k_is_clamped(lexical: Lexical) -> None:
    assert len(lexical.search("司法局", 10_000)) == 3
    assert lexical.search("司法局", 0) == []


def test_a_passage_that_covers_more_of_the_question_has_the_greater_share(lexical: Lexical) -> None:
    shares = []
    for asked in ("行政复议", "行政复议办理得怎么样", "火星移民行政复议办理得怎么样"):
        (_, best), *_ = lexical.search(asked, 1)
        shares.append(best / lexical.whole(asked))
    assert shares == sorted(shares, reverse=True)
    assert lexical.whole("") == 0


def test_frequency_counts_passages(lexical: Lexical) -> None:
    assert lexical.frequency("行政复议") == 2
    assert lexical.frequency("没有") == 0


def test_nothing_shows_before_the_commit(lexical: Lexical) -> None:
    lexical.remove(1)
    lexical.add([4 << 20], ["望海区新建码头泊位3个。"], ["望海区"])
    assert 1 << 20 in found(lexical, "行政复议")
    assert found(lexical, "泊位") == []
    lexical.commit(2)
    assert found(lexical, "行政复议") == [2 << 20]
    assert found(lexical, "泊位") == [4 << 20]
    assert lexical.generation == 2


def test_a_rollback_forgets(lexical: Lexical) -> None:
    lexical.remove(1)
    lexical.rollback()
    lexical.commit(2)
    assert len(lexical) == len(TEXTS)


def test_add_then_remove_restores_the_rows(lexical: Lexical) -> None:
    lexical.add([9 << 20, 9 << 20 | 1], ["望海区办结案件7件。", "办结。"], ["望海区", "望海区"])
    lexical.commit(2)
    lexical.remove(9)
    lexical.commit(3)
    assert lexical.rows.tolist() == sorted(TEXTS)
    assert 9 not in {row >> 20 for row in found(lexical, "望海区办结案件")}


def test_removing_and_adding_in_one_commit_leaves_one(lexical: Lexical) -> None:
    lexical.remove(1)
    fill(lexical, [1 << 20, 1 << 20 | 1])
    lexical.commit(2)
    assert lexical.rows.tolist() == sorted(TEXTS)


def test_it_opens_as_it_was_committed(lexical: Lexical, tmp_path: Path) -> None:
    opened = Lexical.open(tmp_path / "lexical")
    assert (opened.generation, opened.rows.tolist()) == (1, sorted(TEXTS))
    assert opened.search("行政复议案件", 5) == lexical.search("行政复议案件", 5)


def test_another_process_commits_and_reload_sees_it(lexical: Lexical, tmp_path: Path) -> None:
    other = Lexical.open(tmp_path / "lexical")
    lexical.remove(3)
    lexical.commit(7)
    assert (other.generation, 3 << 20 in found(other, "粮食")) == (1, True)
    other.reload()
    assert (other.generation, found(other, "粮食")) == (7, [])


@pytest.mark.parametrize("suffix", ["idx", "term", "fast", "fieldnorm", "store"])
@pytest.mark.parametrize("harm", ["changed", "cut", "missing"])
def test_damage_is_seen_when_it_opens(lexical: Lexical, tmp_path: Path, suffix: str, harm: str) -> None:
    folder = tmp_path / "lexical"
    assert list(damaged(folder)) == []
    path = next(folder.glob(f"*.{suffix}"))
    content = bytearray(path.read_bytes())
    if harm == "missing":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        content[0] ^= 0xFF
        path.write_bytes(content)
    with pytest.raises(StoreError):
        Lexical.open(folder)


@pytest.mark.parametrize("content", ["", "{", "{}", '{"segments": [{"segment_id": "0"}]}'])
def test_a_damaged_list_of_files_is_seen_when_it_opens(lexical: Lexical, tmp_path: Path, content: str) -> None:
    (tmp_path / "lexical" / "meta.json").write_text(content, encoding="utf-8")
    with pytest.raises(StoreError):
        Lexical.open(tmp_path / "lexical")


def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="不存在"):
        Lexical.open(tmp_path)


SHARED_INDEX: list[Lexical] = []


@pytest.fixture(autouse=True, scope="module")
def shared_index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One for the properties, which may not build one an example."""
    made = Lexical.create(tmp_path_factory.mktemp("shared") / "lexical")
    fill(made, list(TEXTS))
    made.commit(1)
    SHARED_INDEX[:] = [made]
