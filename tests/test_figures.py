"""The table over all development sets: what counts as a change, what is kept, what is said of what could not be run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.builds import HERE, Build
from eval.dataset import GoldError
from eval.figures import Figures, chosen, figures, markdown_figures, rows_of
from eval.measures import GOLD, Figure, Measured, Set, conversations, questions, told
from eval.sets import SETS

RIGHT, DECLINED = Figure("答案正确"), Figure("误弃答", lower=True)
TIME, SIZE = Figure("提问 p50", True, "毫秒", 0.5), Figure("索引", True, "MB")
NOTHING = Set("青川", "试", None)


def two(figure: Figure, base: Mapping[str, float], this: Mapping[str, float]) -> list[Measured]:
    return [Measured({figure: base}), Measured({figure: this})]


def ids(values: Sequence[float]) -> dict[str, float]:
    return {f"q{at}": value for at, value in enumerate(values)}


class TestChange:
    def test_a_share_that_falls_by_more_than_its_interval_is_worse(self) -> None:
        (row,) = rows_of(NOTHING, two(RIGHT, ids([1] * 40), ids([1] * 28 + [0] * 12)))
        assert [row.base, row.this, row.change] == pytest.approx([1.0, 0.7, -0.3])
        assert (row.wins, row.ties, row.losses) == (0, 28, 12)
        assert row.interval is not None and row.interval[1] < 0
        assert row.verdict == "变差"

    def test_one_question_lost_of_forty_is_no_more_than_chance(self) -> None:
        (row,) = rows_of(NOTHING, two(RIGHT, ids([1] * 40), ids([0] + [1] * 39)))
        assert row.losses == 1
        assert row.verdict == ""

    def test_less_is_better_where_it_is(self) -> None:
        (row,) = rows_of(NOTHING, two(DECLINED, ids([0] * 40), ids([0] * 28 + [1] * 12)))
        assert (row.wins, row.losses, row.verdict) == (0, 12, "变差")
        (row,) = rows_of(NOTHING, two(TIME, ids([10.0 + at for at in range(40)]), ids([(10.0 + at) / 2 for at in range(40)])))
        assert row.change == pytest.approx(0.5)
        assert (row.wins, row.verdict) == (40, "变好")

    def test_a_few_runs_that_scatter_show_nothing(self) -> None:
        time = Figure("建库", True, "秒")
        (row,) = rows_of(NOTHING, two(time, ids([10, 11, 10]), ids([10.2, 15, 12])))
        assert row.losses == 3 and row.verdict == ""
        (row,) = rows_of(NOTHING, two(time, ids([10, 11, 10]), ids([15, 16.4, 15.1])))
        assert row.verdict == "变差"

    def test_a_single_amount_is_a_ratio_without_a_verdict(self) -> None:
        (row,) = rows_of(NOTHING, two(SIZE, {"": 10.0}, {"": 12.0}))
        assert row.change == pytest.approx(1.2)
        assert (row.interval, row.verdict) == (None, "")

    @given(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=30))
    def test_the_same_figures_are_no_change(self, values: list[float]) -> None:
        (row,) = rows_of(NOTHING, two(RIGHT, ids(values), ids(values)))
        assert (row.change, row.interval, row.ties, row.p, row.verdict) == (0, (0, 0), len(values), 1.0, "")

    def test_what_one_build_cannot_do_stands_as_a_dash(self) -> None:
        base, this = Measured(notes=("跑不了：没有这个命令",)), Measured({RIGHT: ids([1, 0])})
        (row,) = rows_of(NOTHING, [base, this])
        assert (row.base, row.this, row.change) == (None, 0.5, None)
        build = Build(HERE)
        text = markdown_figures(Figures(build, build, (row,), {}, ("青川，基线：跑不了：没有这个命令",)), "python -m eval figures")
        assert "| 青川 | 答案正确 | 2 | – | 0.5000 |" in text
        assert "- 青川，基线：跑不了" in text

    def test_losses_are_named_at_the_top(self) -> None:
        rows = rows_of(NOTHING, two(RIGHT, ids([1] * 40), ids([0] * 40)))
        text = markdown_figures(Figures(Build(HERE), Build(HERE), tuple(rows), {"青川": 1.0}, ()), "python -m eval figures")
        assert "变差的：青川 答案正确\n" in text


class TestSets:
    def test_names(self) -> None:
        assert [one.name for one in chosen("speed, seeds")] == ["seeds", "speed"]
        assert chosen("all") == list(SETS)
        assert {one.name for one in SETS} - {one.name for one in chosen("")} == {"loong", "encoders"}
        with pytest.raises(GoldError, match="没有开发集 青川；可以是 all 或 samples、seeds"):
            chosen("seeds,青川")

    def test_a_checkout_that_cannot_run_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(GoldError, match=r"里没有 \.venv"):
            figures(tmp_path, "size", print)

    def test_a_set_whose_files_are_not_there_is_left_out_with_the_reason(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr("eval.figures.SETS", (Set("青川", "试", lambda *_: [], (tmp_path / "没有.jsonl",)), Set("临江", "试", None, why="还不会")))
        found = figures(None, "", lambda said: None)
        assert found.notes == (f"青川 没有跑：没有 {tmp_path / '没有.jsonl'}", "临江 没有跑：还不会")
        assert found.rows == ()


class TestKept:
    def test_what_was_made_of_the_same_is_made_once(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr("eval.builds.KEPT", tmp_path / "kept")
        given = tmp_path / "青川.txt"
        given.write_text("一", encoding="utf-8")
        build, made = Build(HERE), []

        def make(out: Path) -> None:
            made.append(out)
            out.write_text("得分", encoding="utf-8")

        first = build.kept("run", [given], make)
        assert build.kept("run", [given], make) == first and first.read_text(encoding="utf-8") == "得分"
        given.write_text("二", encoding="utf-8")
        assert build.kept("run", [given], make) != first
        assert len(made) == 2

    def test_what_broke_off_leaves_nothing(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr("eval.builds.KEPT", tmp_path / "kept")
        with pytest.raises(GoldError, match=r"失败：.*没有这样的"):
            Build(HERE).kept("run", [], lambda out: Build(HERE).call("-c", "import sys; sys.exit('没有这样的')"))
        assert list((tmp_path / "kept").iterdir()) == []


def test_a_set_of_questions_is_asked_by_the_build_and_scored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("eval.builds.KEPT", tmp_path / "kept")
    monkeypatch.setattr("eval.measures.KEPT", tmp_path / "kept")
    reports = tmp_path / "reports"
    reports.mkdir()
    said = "全年办结行政复议案件405件，同比增长12.5%。"
    (reports / "青川市司法局2024年工作总结.txt").write_text(f"青川市司法局2024年工作总结\n\n一、行政复议\n\n{said}\n", encoding="utf-8")
    gold = tmp_path / "gold.jsonl"
    line: dict[str, object] = {"question": "青川市司法局2024年办结多少件行政复议案件？", "type": "number", "answers": ["405件"], "require": "any"}
    line["reports"] = ["青川市司法局2024年工作总结"]
    lines = [line | {"id": "甲-1", "evidence": [said]}, line | {"id": "乙-1", "evidence": ["报告里没有的一句，谁也找不到。"]}]
    gold.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines), encoding="utf-8")
    measured = questions(Set("青川", "试", None, (gold,), (reports,), lambda id: id[0]), Build(HERE))
    values = {figure.name: column for figure, column in measured.figures.items()}
    assert values["答案正确"] == {"甲-1": 1.0, "乙-1": 0.0}
    assert values["答案正确：甲"] == {"甲-1": 1.0}
    assert values["引文忠实"]["甲-1"] == 1.0
    assert measured.notes == ("依据在这一版读出的文字里找不到（1 题）：乙-1",)


@pytest.mark.skipif(not (GOLD / "score_dialogues.py").is_file(), reason="没有 ../shared/gold")
def test_conversations_are_scored_turn_by_turn_as_the_scorer_scores_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    turn = {"kind": "first", "inherits": {}}
    turns = [turn | {"question": "甲", "expect": {"abstain": True}}, turn | {"question": "乙", "kind": "fresh", "expect": {"abstain": True}}]
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps({"id": "D", "turns": turns}) + "\n", encoding="utf-8")
    run = [{"id": "D", "turn": 0, "status": "abstained"}, {"id": "D", "turn": 1, "status": "answered", "short": "5件"}]
    monkeypatch.setattr("eval.measures.driven", lambda given, build, change: run)
    reports = HERE / "reports"
    measured = conversations(Set("对话", "试", None, (gold,), (reports,)), Build(HERE))
    values = {figure.name: column for figure, column in measured.figures.items()}
    assert values["答对"] == {"D#0": 1.0, "D#1": 0.0}
    assert values["有把握而错"] == {"D#0": 0.0, "D#1": 1.0}
    assert values["答对：后来的新问题"] == {"D#1": 0.0}
    whole = told(Set("对话", "试", None, (gold,), (reports,)), Build(HERE), "score_dialogues.py", [{"id": "D", "turns": turns}], run, "all")
    assert whole[""]["right"] == 0.5
