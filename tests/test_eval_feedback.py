"""What readers click on the page becomes gold to correct, questions to label and TREC qrels; and labelling in a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from eval.__main__ import main
from eval.dataset import GoldError, read_gold
from eval.feedback import draft_gold, qrels, read_feedback
from eval.label import label, pooled, questions_in
from eval.metrics import plain
from eval.trec import read_qrels
from index.corpus import Corpus
from index.encoder import load_encoder
from index.read import read
from page.history import History, Turn
from retrieval.ask import ask, understood
from retrieval.question.asks import content
from retrieval.search.search import search
from retrieval.types import Answer

REPORTS = {
    "青川市司法局2024.txt": (
        "青川市司法局2024年法治政府建设年度报告\n\n一、行政复议工作\n\n（一）畅通渠道。全年共收到行政复议申请102件，受理95件，办结86件。\n\n"
        "（二）规范办案。组织听证31场，邀请法学专家参与疑难案件论证17次。\n\n二、普法宣传\n\n开展“法律进乡村”活动240场，发放宣传资料三万余份。\n"
    ),
    "白石县2024.txt": (
        "白石县2024年政府工作报告\n\n一、2024年工作回顾\n\n全县地区生产总值完成187.6亿元，比上年增长6.2%。城镇新增就业4300人。\n\n"
        "二、2025年主要任务\n\n新建改建农村公路120公里，完成老旧小区改造36个。\n"
    ),
}
REVIEWS = "青川市司法局2024年办结了多少件行政复议申请？"
ROADS = "白石县2025年要新建改建多少公里农村公路？"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder such as the page has: an index."""
    home = tmp_path_factory.mktemp("feedback")
    for name, text in REPORTS.items():
        (home / name).write_text(text, encoding="utf-8")
    with Corpus.open(home / "data", load_encoder(), create=True) as corpus:
        corpus.add([read(home / name) for name in REPORTS])
    return home / "data"


@pytest.fixture(scope="module")
def corpus(data: Path) -> Iterator[Corpus]:
    with Corpus.open(data, load_encoder()) as corpus:
        yield corpus


@pytest.fixture
def texts() -> dict[str, str]:
    return {Path(name).stem: plain(text) for name, text in REPORTS.items()}


@pytest.fixture
def judge(tmp_path: Path) -> Callable[..., Path]:
    """Says of an answer what a reader would, through the page's own history; hands back the file that it writes."""

    def say(answer: Answer, judged: str, reason: str = "", without: tuple[str, ...] = (), text: str = "") -> Path:
        typed = text or answer.question.text.replace("?", "？")
        History(tmp_path).judge(Turn(typed, without, answer, judged=judged, reason=reason))
        return tmp_path / "feedback.jsonl"

    return say


class TestFeedback:
    def test_a_useful_answer_is_gold_to_correct(self, corpus: Corpus, judge: Callable[..., Path], texts: dict[str, str], tmp_path: Path) -> None:
        answer = ask(corpus, REVIEWS)
        drafted = draft_gold(read_feedback(judge(answer, "有用")), texts)
        (line,) = drafted.gold
        assert drafted.unlabelled == ()
        assert (line["question"], line["type"], line["draft"]) == (REVIEWS, "number", True)
        assert line["reports"] == ["青川市司法局2024"]
        assert line["answers"] == [answer.short]
        assert all(plain(piece) in texts["青川市司法局2024"] for piece in line["evidence"])
        (tmp_path / "gold.jsonl").write_text(json.dumps(line), encoding="utf-8")
        assert read_gold(tmp_path / "gold.jsonl")[0].evidence == tuple(line["evidence"])

    def test_a_useful_decline_says_that_nothing_answers(self, corpus: Corpus, judge: Callable[..., Path], texts: dict[str, str]) -> None:
        answer = replace(ask(corpus, REVIEWS), status="abstained", citations=())
        (line,) = draft_gold(read_feedback(judge(answer, "有用")), texts).gold
        assert (line["type"], line["evidence"]) == ("unanswerable", [])

    @pytest.mark.parametrize("reason", ["答非所问", "出处不对", "选错了报告", "不完整", "", "年份说的是前年"])
    def test_a_useless_one_is_to_be_labelled_with_the_reason_given(
        self, corpus: Corpus, judge: Callable[..., Path], texts: dict[str, str], reason: str
    ) -> None:
        drafted = draft_gold(read_feedback(judge(ask(corpus, REVIEWS), "没用", reason)), texts)
        (line,) = drafted.unlabelled
        assert drafted.gold == ()
        assert line["reason"] == (reason or "没用，没有说原因")

    def test_of_one_answer_the_last_word_counts(self, corpus: Corpus, judge: Callable[..., Path], texts: dict[str, str]) -> None:
        answer = ask(corpus, REVIEWS)
        judge(answer, "没用", "答非所问")
        judge(answer, "有用")
        judged = read_feedback(judge(ask(corpus, ROADS), "有用"))
        assert [one.useful for one in judged] == [True, True]
        assert len(draft_gold(judged, texts).gold) == 2
        judged = read_feedback(judge(answer, "没用", "不完整"))
        assert [line["question"] for line in draft_gold(judged, texts).unlabelled] == [REVIEWS]

    def test_one_question_asked_twice_is_one_question(self, corpus: Corpus, judge: Callable[..., Path], texts: dict[str, str]) -> None:
        answer = ask(corpus, REVIEWS)
        judge(answer, "有用")
        shorter = replace(answer, citations=answer.citations[:1], short=None)
        path = judge(shorter, "有用", text=f" {REVIEWS[:-1]} ?")
        assert len(draft_gold(read_feedback(path), texts).gold) == 1

    def test_what_leant_on_the_turn_before_or_on_chips_taken_off_cannot_stand_alone(
        self, corpus: Corpus, judge: Callable[..., Path], texts: dict[str, str]
    ) -> None:
        judged = read_feedback(judge(ask(corpus, REVIEWS), "有用", without=("year:2024",)))
        assert "改写成一句完整的话" in draft_gold(judged, texts).unlabelled[0]["reason"]
        assert qrels(judged) == {}

    def test_a_quote_that_no_report_holds_any_more_is_no_evidence(
        self, corpus: Corpus, judge: Callable[..., Path], texts: dict[str, str]
    ) -> None:
        drafted = draft_gold(read_feedback(judge(ask(corpus, REVIEWS), "有用")), texts | {"青川市司法局2024": "改过了"})
        assert "所引的原文已不在报告里" in drafted.unlabelled[0]["reason"]

    def test_qrels_say_what_was_judged_and_nothing_else(self, corpus: Corpus, judge: Callable[..., Path]) -> None:
        good, bad = ask(corpus, REVIEWS), ask(corpus, ROADS)
        judge(good, "有用")
        judge(bad, "没用", "出处不对")
        found = qrels(read_feedback(judge(ask(corpus, "白石县2024年城镇新增就业多少人？"), "没用", "看不懂")))
        assert sorted(found.values(), key=str) == sorted(
            [{cited.passage_id: 1 for cited in good.citations}, {cited.passage_id: 0 for cited in bad.citations}], key=str
        )

    def test_a_line_that_is_none_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "feedback.jsonl").write_text('{"question": "问", "useful": true, "status": "好"}\n', encoding="utf-8")
        with pytest.raises(GoldError, match=r"feedback\.jsonl 第 1 行：字段 status 的值 '好' 不认识"):
            read_feedback(tmp_path / "feedback.jsonl")

    def test_from_the_command_line_and_again_after_correcting(
        self, corpus: Corpus, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """What was corrected by hand stays as it is; what is new comes beside it."""
        history, out = History(data), tmp_path / "gold.jsonl"
        answer = ask(corpus, REVIEWS)
        history.judge(Turn(REVIEWS, answer=answer, judged="有用"))
        history.judge(Turn(ROADS, answer=ask(corpus, ROADS), judged="没用", reason="不完整"))
        typed = ["feedback", "--data", str(data), "--out", str(out)]
        assert main(typed) == 0
        assert "1 题写入" in capsys.readouterr().err
        (line,) = [json.loads(each) for each in out.read_text(encoding="utf-8").splitlines()]
        waiting = questions_in(out.with_suffix(".unlabelled.jsonl"))
        assert [(one.question, one.known["reason"]) for one in waiting] == [(ROADS, "不完整")]
        relevance = read_qrels(out.with_suffix(".qrels"))
        assert relevance[line["id"]] == {cited.passage_id: 1 for cited in answer.citations}

        corrected = {key: value for key, value in line.items() if key != "draft"} | {"answers": ["办结86件"]}
        out.write_text(json.dumps(corrected, ensure_ascii=False) + "\n", encoding="utf-8")
        history.judge(Turn(ROADS, answer=replace(ask(corpus, ROADS), short=None), judged="有用"))
        assert main(typed) == 0
        lines = [json.loads(each) for each in out.read_text(encoding="utf-8").splitlines()]
        assert lines[0] == corrected
        assert [each.get("draft") for each in lines] == [None, True]

    def test_a_folder_without_feedback_is_named(self, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["feedback", "--data", str(tmp_path), "--out", str(tmp_path / "gold.jsonl")]) == 2
        assert "找不到反馈文件" in capsys.readouterr().err


class TestLabel:
    @pytest.fixture
    def questions(self, tmp_path: Path) -> Path:
        path = tmp_path / "问题.txt"
        path.write_text(f"{REVIEWS}\n{ROADS}\n青川市采购了几艘潜水艇？\n", encoding="utf-8")
        return path

    def typed(self, *lines: str) -> Callable[[str], str]:
        rest = iter(lines)

        def hear(prompt: str) -> str:
            try:
                return next(rest)
            except StopIteration:
                raise EOFError from None

        return hear

    def place(self, corpus: Corpus, question: str, words: str) -> str:
        return next(str(at) for at, one in enumerate(pooled(corpus, question), 1) if words in one.passage.text)

    def test_candidates_come_from_both_lists_over_all_reports_and_once_each(self, corpus: Corpus) -> None:
        pool = pooled(corpus, REVIEWS)
        ids = [one.passage.id for one in pool]
        assert len(ids) == len(set(ids))
        assert {one.report for one in pool} == {"青川市司法局2024", "白石县2024"}  # though the question's own filter leaves one
        assert ids[0] == ask(corpus, REVIEWS).hits[0].passage.id
        question = understood(corpus, REVIEWS)
        assert set(ids) >= {hit.passage.id for hit in search(corpus, question)}
        rows = [row for row, _ in corpus.lexical(content(REVIEWS), 1)]
        assert corpus.passages(rows)[0].id in ids[:2]

    def test_a_question_may_be_taken_back(self, corpus: Corpus, questions: Path, tmp_path: Path) -> None:
        out = tmp_path / "gold.jsonl"
        good = self.place(corpus, REVIEWS, "办结86件")
        hear = self.typed("n", "u", good, "u", good, "86件", "number", "u", good, "办结86件", "number", "q")
        assert label(corpus, questions_in(questions), out, 8, hear, lambda line: None) == 1
        (case,) = read_gold(out)
        assert (case.question, case.answers) == (REVIEWS, ("办结86件",))

    def test_more_passages_whole_ones_and_other_words(self, corpus: Corpus, questions: Path, tmp_path: Path) -> None:
        out, said = tmp_path / "gold.jsonl", list[str]()
        hear = self.typed("2", "m", "v 1", "/农村公路 老旧小区", "99", "q")
        assert label(corpus, questions_in(questions), out, 1, hear, said.append) == 0
        assert not out.exists()
        first = pooled(corpus, REVIEWS)[0].passage.text
        assert first in said
        assert any("农村公路120公里" in line for line in said)
        assert sum("v 2" in line for line in said) == 3  # at first, and after 2 and 99, which were no numbers of candidates shown

    def test_the_reader_s_complaint_is_shown(self, corpus: Corpus, tmp_path: Path) -> None:
        path = tmp_path / "待标.jsonl"
        path.write_text(json.dumps({"id": "F-1", "question": ROADS, "type": "number", "reason": "不完整"}), encoding="utf-8")
        said: list[str] = []
        hear = self.typed(self.place(corpus, ROADS, "120公里"), "120公里")
        assert label(corpus, questions_in(path), tmp_path / "gold.jsonl", 8, hear, said.append) == 1
        assert any(f"{ROADS}（不完整）" in line for line in said)
        assert read_gold(tmp_path / "gold.jsonl")[0].type == "number"

    def test_what_is_marked_becomes_gold_and_is_not_asked_again(self, corpus: Corpus, questions: Path, tmp_path: Path) -> None:
        out, said = tmp_path / "gold.jsonl", list[str]()
        first = pooled(corpus, REVIEWS)[0].passage.text
        hear = self.typed("9 9 x", "1", "没有的字", "办结86件", "什么", "number", "n")
        assert label(corpus, questions_in(questions), out, 5, hear, said.append) == 2
        marked = read_gold(out)
        assert (marked[0].evidence, marked[0].answers, marked[0].type) == ((first,), ("办结86件",), "number")
        assert marked[1].type == "unanswerable"
        assert any("没有“没有的字”" in line for line in said)
        assert label(corpus, questions_in(questions), out, 5, self.typed("a"), said.append) == 1
        assert [case.type for case in read_gold(out)] == ["number", "unanswerable", "ambiguous"]

    def test_a_drafted_line_keeps_its_type_and_answers(self, corpus: Corpus, tmp_path: Path) -> None:
        drafted, out = tmp_path / "draft.jsonl", tmp_path / "gold.jsonl"
        drafted.write_text(json.dumps({"id": "D-1", "question": REVIEWS, "type": "number", "answers": ["办结86件"]}) + "\n", encoding="utf-8")
        assert label(corpus, questions_in(drafted), out, 3, self.typed("1", ""), lambda line: None) == 1
        (case,) = read_gold(out)
        assert (case.id, case.type, case.answers) == ("D-1", "number", ("办结86件",))

    def test_quitting_keeps_what_is_done(self, corpus: Corpus, questions: Path, tmp_path: Path) -> None:
        assert label(corpus, questions_in(questions), tmp_path / "gold.jsonl", 3, self.typed("n", "q"), lambda line: None) == 1
        assert len(read_gold(tmp_path / "gold.jsonl")) == 1
