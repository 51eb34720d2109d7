"""What somebody may not see has no part in what they get: a narrowed corpus beside one of the visible reports alone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.bm25 import _SHORT
from index.corpus import Corpus
from index.dense import Dense
from index.narrowed import Narrowed
from index.types import Facts, Report, StoreError
from retrieval.ask import ask
from tests.conftest import BigramEncoder, make_report

# few words, so that they stand in many passages, and several times in some
WORDS = ("行政复议", "案件", "办结", "青川市", "临江市", "粮食", "总产量", "12件", "567件", "司法局", "泊位", "gdp", "、", "。")
PARAGRAPHS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=70).map("".join), min_size=1, max_size=4)
# no two of one text: the second would be the first one's twin, and not a report of its own
FOLDERS = st.lists(st.tuples(PARAGRAPHS, st.booleans()), min_size=2, max_size=7, unique_by=lambda one: "\n".join(one[0]))
QUESTIONS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map("".join)

Found = list[tuple[str, int, float]]


def reports_of(folder: list[tuple[list[str], bool]]) -> list[tuple[Report, bool]]:
    """Each report of another title, so that none is another's twin."""
    return [
        (make_report(f"{n}.txt", paragraphs, facts=Facts(f"第{n}号报告", "青川市司法局", "青川市", 2020 + n)), seen)
        for n, (paragraphs, seen) in enumerate(folder)
    ]


def named(corpus: Corpus, found: list[tuple[int, float]]) -> Found:
    names = {ref.row: ref.name for ref in corpus.reports()}
    return [(names[row >> 20], row & 0xFFFFF, score) for row, score in found]


def same(one: Found, other: Found) -> bool:
    return [place[:2] for place in one] == [place[:2] for place in other] and bool(
        np.allclose([score for *_, score in one], [score for *_, score in other], rtol=2e-5)
    )


def apart(folder: list[tuple[Report, bool]], root: Path) -> Iterator[tuple[Corpus, Corpus]]:
    """(the visible reports alone, all of them seen by who may see those)."""
    encoder = BigramEncoder()
    with Corpus.open(root / "alone", encoder, create=True) as alone, Corpus.open(root / "all", encoder, create=True) as whole:
        alone.add([report for report, seen in folder if seen])
        refs = whole.add([report for report, _ in folder])
        rows = frozenset(ref.row for ref, (_, seen) in zip(refs, folder, strict=True) if seen)
        yield alone, Narrowed(whole, rows)


@settings(deadline=None, max_examples=30)
@given(FOLDERS, st.lists(QUESTIONS, min_size=1, max_size=4), st.integers(1, 40), st.data())
def test_every_read_is_that_of_the_visible_reports_alone(
    folder: list[tuple[list[str], bool]], questions: list[str], k: int, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as root:
        for alone, narrowed in apart(reports_of(folder), Path(root)):
            names = [ref.name for ref in alone.reports()]
            assert [ref.name for ref in narrowed.reports()] == names
            chosen = data.draw(st.one_of(st.none(), st.frozensets(st.sampled_from(names)) if names else st.just(frozenset[str]())))
            mine, theirs = (
                None if chosen is None else frozenset(ref.row for ref in corpus.reports() if ref.name in chosen) for corpus in (alone, narrowed)
            )
            for question in questions:
                assert same(named(narrowed, narrowed.lexical(question, k, theirs)), named(alone, alone.lexical(question, k, mine)))
                assert narrowed.whole(question) == pytest.approx(alone.whole(question))
                vector = alone.encoder.encode([question], query=True)[0]
                assert same(named(narrowed, narrowed.dense(vector, k, theirs)), named(alone, alone.dense(vector, k, mine)))
            for word in WORDS:
                assert narrowed.frequency(word) == alone.frequency(word)
            for one, other in zip(narrowed.reports(), alone.reports(), strict=True):
                assert narrowed.report(one.row) == alone.report(other.row)
                assert [pair.second.id for pair in narrowed.alike(one.row)] == [pair.second.id for pair in alone.alike(other.row)]


def test_the_lengths_told_apart_are_those_of_tantivy() -> None:
    assert len(_SHORT) == 256
    assert _SHORT[:42].tolist() == [*range(41), 42]
    assert _SHORT[-1] == 2_013_265_944, "src/fieldnorm/code.rs"


@pytest.fixture
def hidden(corpus: Corpus, build: Callable[..., Report]) -> tuple[Corpus, Narrowed]:
    """Long reports full of the words of a question, hidden, beside the three of the fixture."""
    seen = frozenset(ref.row for ref in corpus.reports())
    long = ["行政复议案件办结，纠错率为99%。" * 60, "行政复议。"]
    corpus.add([build(f"望海区{n}.txt", [*long, f"第{n}号。"], facts=Facts(f"望海区{n}号报告", "望海区", "望海区", 2023)) for n in range(8)])
    return corpus, Narrowed(corpus, seen)


def test_common_words_elsewhere_leave_a_word_as_rare_as_it_is_here(
    hidden: tuple[Corpus, Narrowed], tmp_path: Path, encoder: BigramEncoder, qingchuan: Report, linjiang: Report, baishi: Report
) -> None:
    whole, narrowed = hidden
    question = "青川市司法局2023年办结行政复议案件多少件？"
    with Corpus.open(tmp_path / "alone", encoder, create=True) as alone:
        alone.add([qingchuan, linjiang, baishi])
        assert same(named(narrowed, narrowed.lexical(question, 9)), named(alone, alone.lexical(question, 9)))
        seen = frozenset(ref.row for ref in narrowed.reports())
        assert not same(named(whole, whole.lexical(question, 9, seen)), named(alone, alone.lexical(question, 9))), "there is something to see to"
        mine, theirs = ask(narrowed, question), ask(alone, question)
        assert (mine.status, mine.short, mine.text) == (theirs.status, theirs.short, theirs.text)
        assert [hit.score for hit in mine.hits] == pytest.approx([hit.score for hit in theirs.hits], rel=1e-4)


def test_counts_follow_what_is_added_and_removed(hidden: tuple[Corpus, Narrowed], build: Callable[..., Report]) -> None:
    whole, narrowed = hidden
    assert narrowed.frequency("行政复议") == 2
    (ref,) = whole.add([build("又一份.txt", ["办结行政复议案件3件。"])])
    assert narrowed.frequency("行政复议") == 2
    seen = Narrowed(whole, frozenset({*(one.row for one in narrowed.reports()), ref.row}))
    assert seen.frequency("行政复议") == 3
    whole.remove(narrowed.reports()[0].id)
    assert (narrowed.frequency("行政复议"), seen.frequency("行政复议")) == (1, 2)


def test_lists_learned_from_all_passages_choose_nothing_for_who_sees_some(tmp_path: Path, build: Callable[..., Report]) -> None:
    encoder = BigramEncoder()
    with Corpus.open(tmp_path / "data", encoder, create=True) as whole:
        whole.add([build(f"{n}.txt", [f"第{n}号报告第{m}段办结案件{n * m}件。" for m in range(120)]) for n in range(10)])
        rows = frozenset(ref.row for ref in whole.reports()[:5])
        vector = encoder.encode(["第3号报告办结案件多少件"], query=True)[0]
        exact = Narrowed(whole, rows).dense(vector, 20)
        held = whole._view.dense
        vectors = dict(held.vectors())
        numbers = np.array(sorted(vectors))
        whole._view.dense = Dense.build(numbers, np.stack([vectors[row] for row in numbers.tolist()]), exact_up_to=100, lists=16, probes=1)
        assert whole._view.dense.approximate
        found = Narrowed(whole, rows).dense(vector, 20)
        assert [row for row, _ in found] == [row for row, _ in exact]
        assert [score for _, score in found] == pytest.approx([score for _, score in exact], rel=1e-5)


def test_a_row_that_may_not_be_seen_is_as_one_that_is_gone(hidden: tuple[Corpus, Narrowed]) -> None:
    whole, narrowed = hidden
    row = whole.reports()[-1].row
    for read in (lambda: narrowed.report(row), lambda: narrowed.passages([row << 20])):
        with pytest.raises(StoreError, match="不在索引中"):
            read()
    with pytest.raises(AttributeError):
        narrowed.remove(whole.reports()[0].id)
