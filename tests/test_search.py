"""Passages for a question: only of the reports it means, each with its ranks and a reason."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import backfill
from index.corpus import Corpus
from index.types import Facts, Report
from retrieval.ask import ask
from retrieval.question.understand import understand
from retrieval.question.years import year_fit
from retrieval.search.rerank import FEATURES, IN_CONTEXT
from retrieval.search.search import SAID, neighbours, search
from tests.conftest import BigramEncoder, Pair


def test_the_passage_that_tells_is_first_and_says_why(corpus: Corpus) -> None:
    hits = search(corpus, understand("青川市司法局接待群众咨询多少人次？", corpus.reports()))

    assert "接待群众咨询3.6万人次" in hits[0].passage.text
    assert hits[0].report.facts.unit == "青川市司法局"
    assert {"接待", "群众", "咨询"} <= set(hits[0].matched)
    assert "字面第 1" in hits[0].why and "咨询" in hits[0].why and "\n" not in hits[0].why


def test_ranks_and_scores_are_those_of_the_lists(corpus: Corpus) -> None:
    question = understand("接待群众咨询", corpus.reports())
    vector = corpus.encoder.encode([question.rest], query=True)[0]
    dense = {corpus.passages([row])[0].id: (at, score) for at, (row, score) in enumerate(corpus.dense(vector, 9), 1)}
    lexical = {
        corpus.passages([row])[0].id: (at, score) for at, (row, score) in enumerate(corpus.lexical(question.rest, 9), 1)
    }

    for hit in search(corpus, question):
        for name, held in (("dense", dense), ("lexical", lexical)):
            rank, score = dict(hit.ranks).get(name), dict(hit.scores).get(name)
            if rank is None:
                assert hit.passage.id not in held or held[hit.passage.id][1] <= 0
            else:
                assert rank == held[hit.passage.id][0]
                assert score == pytest.approx(held[hit.passage.id][1], abs=1e-3)


def test_scores_fall_and_no_passage_comes_twice(corpus: Corpus) -> None:
    hits = search(corpus, understand("行政复议案件", corpus.reports()))

    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.passage.id for hit in hits}) == len(hits)


def test_a_filter_lets_nothing_else_through(corpus: Corpus) -> None:
    hits = search(corpus, understand("临江市司法局办结多少件行政复议案件？", corpus.reports()))

    assert hits and {hit.report.facts.unit for hit in hits} == {"临江市司法局"}


def test_a_refused_question_finds_nothing(corpus: Corpus) -> None:
    question = understand("平川市司法局办结多少件？", corpus.reports(), holders=lambda name: ())

    assert question.nothing and search(corpus, question) == ()


def test_k_bounds_what_comes_back(corpus: Corpus) -> None:
    question = understand("案件", corpus.reports())

    assert len(search(corpus, question, 2)) == 2
    assert search(corpus, question, 0) == ()
    assert search(corpus, question, 2) == search(corpus, question, 20)[:2]


def test_each_unit_named_has_its_turn(corpus: Corpus) -> None:
    hits = search(corpus, understand("青川市司法局和临江市司法局各办结多少件行政复议案件？", corpus.reports()))

    assert {hit.report.facts.unit for hit in hits[:2]} == {"青川市司法局", "临江市司法局"}


@pytest.mark.parametrize("asked", ["青川市司法局和临江市司法局各办结多少件行政复议案件？", "各市司法局的办案系统什么时候启用？"])
def test_a_question_is_encoded_once_however_many_parts_it_has(tmp_path: Path, qingchuan: Report, linjiang: Report, asked: str) -> None:
    static, contextual = BigramEncoder(), BigramEncoder(48, seed=7)
    with Corpus.open(tmp_path, Pair(static, contextual), create=True) as corpus:
        corpus.add([qingchuan, linjiang])
        backfill.fill(tmp_path, contextual)
        static.seen, contextual.seen = [], []
        first = ask(corpus, asked)
        rest = Counter(contextual.seen)
        assert rest and max(rest.values()) == 1
        assert {text: static.seen.count(text) for text in rest} == dict.fromkeys(rest, 1)
        assert ask(corpus, asked).hits == first.hits


def test_where_the_figure_asked_for_stands_is_raised(corpus: Corpus, build: Callable[..., Report]) -> None:
    facts = Facts("望海区教育局工作总结", "望海区教育局", "望海区", None, "工作总结")
    corpus.add([build("望海.txt", ["校车安全检查抓得紧。", "校车安全检查了57辆次。"], facts=facts)])

    hits = search(corpus, understand("望海区校车安全检查了多少辆次？", corpus.reports()))

    assert "57辆次" in hits[0].passage.text and "有所问的那类内容" in hits[0].why


def test_other_words_for_those_of_the_question_find_what_never_uses_them(corpus: Corpus, build: Callable[..., Report]) -> None:
    facts = Facts("望海区民政局工作总结", "望海区民政局", "望海区", None, "工作总结")
    corpus.add([build("望海.txt", ["巷口新添路灯。", "全区养老机构共41家，床位充足。", "渡口修缮一新。"], facts=facts)])
    question = understand("望海区养老院开了几家？", corpus.reports())

    hit = next(hit for hit in search(corpus, question) if "41家" in hit.passage.text)

    assert hit.expanded == (("养老院", "养老机构"),) and dict(hit.ranks)["expansion"] == 1
    assert "扩展：养老院→养老机构" in hit.why and dict(hit.scores)["expansion"] > 0
    assert all("expansion" not in dict(hit.ranks) and not hit.expanded for hit in search(corpus, question, expand=False))


def test_the_same_text_twice_is_one_hit_that_says_where_else(corpus: Corpus, build: Callable[..., Report]) -> None:
    said = "渡口巡查全年开展，共发现隐患{}处，整改到位，船员培训同步推进，值守力量充实。"
    for name, figure in (("甲", 31), ("乙", 31), ("丙", 32)):
        facts = Facts(f"{name}镇工作总结", f"{name}镇人民政府", f"{name}镇", None, "工作总结")
        corpus.add([build(f"{name}.txt", [said.format(figure) + "\n" * (name == "乙")], facts=facts)])
    question = understand("渡口巡查发现隐患多少处？", corpus.reports())

    hits = [hit for hit in search(corpus, question) if "渡口巡查" in hit.passage.text]

    assert len(hits) == 2, "another figure is another fact"
    folded, other = sorted(hits, key=lambda hit: -len(hit.copies))
    assert "31处" in folded.passage.text and "另有 1 处相同" in folded.why
    assert {folded.report.name, *(report.name for report, _ in folded.copies)} == {"甲.txt", "乙.txt"}
    assert "31处" in folded.copies[0][1].text and not other.copies
    only = dataclasses.replace(question, allowed=frozenset({folded.copies[0][0].row}))
    assert search(corpus, only)[0].report == folded.copies[0][0], "the report that is named has its own copy"


def test_what_stands_around_a_hit_under_its_heading(corpus: Corpus, build: Callable[..., Report]) -> None:
    report = build("望海.txt", ["一条街修好了。", "两座桥通车了。", "三处码头启用了。"], facts=Facts("望海区小结", "望海区", "望海区"))
    first, second, third = report.passages
    under = dataclasses.replace(report, passages=(first, dataclasses.replace(second, path=first.path), third))
    corpus.add([under])
    hits = {hit.passage.text: hit for hit in search(corpus, understand("望海区通车启用修好", corpus.reports()))}

    assert neighbours(corpus, hits[first.text]) == (None, under.passages[1])
    assert neighbours(corpus, hits[second.text]) == (first, None)
    assert neighbours(corpus, hits[third.text]) == (None, None)


def test_what_the_reranker_saw_adds_up_to_the_score(corpus: Corpus) -> None:
    for hit in search(corpus, understand("新建公共法律服务工作站多少个", corpus.reports())):
        added = {name.removeprefix("rerank:"): value for name, value in hit.scores if name.startswith("rerank:")}
        assert tuple(added) == FEATURES
        assert set(IN_CONTEXT) == set(SAID)
        assert sum(added.values()) == pytest.approx(hit.score, abs=0.01)


def test_the_year_of_a_passage(corpus: Corpus) -> None:
    annual = next(ref for ref in corpus.reports() if ref.facts.unit == "青川市司法局")
    work = next(ref for ref in corpus.reports() if ref.facts.kind == "政府工作报告")
    passage = corpus.passages([corpus.lexical("公共法律服务工作站", 1, None)[0][0]])[0]

    def fit(question: str, text: str, ref: object = annual, path: tuple[str, ...] = ()) -> int:
        told = dataclasses.replace(passage, text=text, path=path)
        return year_fit(question, told, ref)  # type: ignore[arg-type]

    assert fit("2023年办结多少件", "2023年办结9件") == 1
    assert fit("2022年办结多少件", "2023年办结9件") == -1
    assert fit("2022年办结多少件", "去年办结9件") == 1
    assert fit("办结多少件", "2023年办结9件") == 0
    assert fit("2023年办结多少件", "办结9件") == 1  # of the year that its title names
    assert fit("2023年产量多少", "产量9吨", work) == 0  # a work report looks back and ahead
    assert fit("2023年产量多少", "产量9吨", work, ("一、2023年工作回顾",)) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.frozensets(st.integers(1, 3), max_size=3), st.text("行政复议案件咨询粮食总产量万吨", min_size=1, max_size=12))
def test_no_hit_lies_outside_what_is_allowed(corpus: Corpus, allowed: frozenset[int], text: str) -> None:
    question = dataclasses.replace(understand(text, corpus.reports()), allowed=allowed, chips=(), nothing="")

    assert {hit.report.row for hit in search(corpus, question)} <= allowed
