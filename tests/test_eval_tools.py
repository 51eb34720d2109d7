"""The tools around a run: where it was lost, the HTML report, ablation, encoders, bench, gate, drafting and labelling."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from eval.__main__ import SAMPLES, main
from eval.ablate import SWITCHES, ablate
from eval.bench import bench, filling, markdown_bench
from eval.dataset import Case, Found, Given, Lost, Quote, Result, read_gold, read_golds, read_run
from eval.draft import draft
from eval.encoders import APART, beir_table
from eval.gate import baseline_of, judge, read_baseline, write_baseline
from eval.html import report_html
from eval.journal import Journal, journal
from eval.metrics import Scored, fold, score_all
from eval.peers import PEERS, missing
from eval.report import STAGES
from eval.run import indexed, reports_in, sources
from eval.stages import lost
from index.corpus import Corpus
from index.encoder import Encoder
from index.read import read
from index.types import YoujuError
from retrieval.ask import ask
from retrieval.types import Question
from tests.conftest import REPOSITORY

GOLD = REPOSITORY / "eval" / "gold" / "samples.jsonl"
REPORTS = REPOSITORY / "reports"


def quiet(doing: str, done: int, total: int) -> None:
    assert 0 <= done <= total


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("eval")


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return read_gold(GOLD)


@pytest.fixture(scope="module")
def corpus(home: Path, cases: list[Case]) -> Iterator[Corpus]:
    """The sample reports with the shipped encoder."""
    with indexed(cases, [REPORTS], None, home / "cache", quiet) as (corpus, _, _texts):
        yield corpus


@pytest.fixture(scope="module")
def run(home: Path, corpus: Corpus) -> Path:
    """The sample questions asked, with all that a run may write."""
    path = home / "run.jsonl"
    typed = ["run", GOLD, "--reports", REPORTS, "--data", home / "cache", "--out", path, "--html", home / "run.html", "--trec", home / "run.trec"]
    assert main([str(part) for part in typed]) == 0
    return path


class TestLost:
    """A question is lost on purpose at one stage after another; the first is named."""

    @pytest.fixture
    def case(self, cases: list[Case]) -> Case:
        return next(case for case in cases if case.type == "number" and len(case.evidence) == 1)

    def stage(self, corpus: Corpus, case: Case, change: Callable[[Any], Any] = lambda answer: answer) -> str:
        return lost(corpus, case, change(ask(corpus, case.question))).stage

    def test_loading(self, corpus: Corpus, case: Case) -> None:
        assert self.stage(corpus, replace(case, evidence=("报告里从来没有写过的一句话，谁也找不到它",))) == "loading"

    def test_chunking(self, corpus: Corpus, case: Case) -> None:
        row = next(ref.row for ref in corpus.reports() if Path(ref.name).stem in case.reports)
        report = corpus.report(row)
        assert self.stage(corpus, replace(case, evidence=(report.text[: len(report.text) * 2 // 3],))) == "chunking"

    def test_filter(self, corpus: Corpus, case: Case) -> None:
        other = frozenset(ref.row for ref in corpus.reports() if Path(ref.name).stem not in case.reports)
        shut = lambda answer: replace(answer, question=replace(answer.question, allowed=other))  # noqa: E731
        assert self.stage(corpus, case, shut) == "filter"

    def test_both_lists(self, corpus: Corpus, case: Case) -> None:
        """Asked for by nothing that it says, neither by its words nor by its meaning."""
        shut = lambda answer: replace(answer, hits=(), question=_silent(answer.question))  # noqa: E731
        assert self.stage(corpus, case, shut) == "both lists"

    def test_between_the_lists_and_the_hits(self, corpus: Corpus, case: Case) -> None:
        """Hits that lack it although the lists had it: fusion's, a list's or the reranker's, by what the ranks say."""
        without = lambda answer: replace(answer, hits=tuple(hit for hit in answer.hits if not _finds(hit.passage.text, case)))  # noqa: E731
        assert self.stage(corpus, case, without) in {"reranking", "fusion", "lexical list", "dense list"}

    def test_cut_off_and_answer(self, corpus: Corpus, case: Case) -> None:
        last = lambda answer: replace(answer, hits=tuple(sorted(answer.hits, key=lambda hit: _finds(hit.passage.text, case))))  # noqa: E731
        assert self.stage(corpus, case, last) == "cut-off"
        assert self.stage(corpus, case) == "answer"  # found and read: whatever went wrong came after

    def test_of_several_pieces_the_first_to_go_unless_any_would_do(self, corpus: Corpus, case: Case) -> None:
        two = replace(case, evidence=(*case.evidence, "报告里从来没有写过的一句话，谁也找不到它"))
        assert self.stage(corpus, replace(two, require="all")) == "loading"
        assert self.stage(corpus, replace(two, require="any")) == "answer"

    def test_every_miss_of_a_run_has_a_known_stage_and_nothing_else_has(self, run: Path, cases: list[Case]) -> None:
        results = read_run(run)
        for one in score_all(cases, results, {}):
            found = results[one.case.id].lost
            assert (found is None) == one.right
            assert found is None or found.stage in STAGES


def _silent(question: Question) -> Question:
    return replace(question, rest=" ", text=" ", allowed=None)


def _finds(text: str, case: Case) -> bool:
    return fold(case.evidence[0]) in fold(text) or fold(case.evidence[0])[:8] in fold(text)


class Reading(HTMLParser):
    """What a page asks for from elsewhere, and whether its tags close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.asks: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br", "img", "link", "rect", "line", "circle", "polyline"}:
            self.open.append(tag)
        self.asks += [tag] if tag in {"script", "link", "img", "iframe"} else []
        self.asks += [value or "" for name, value in attrs if name in {"src", "srcset"} or (name == "href" and not (value or "").startswith("#"))]

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


class TestHtml:
    def read(self, text: str) -> Reading:
        reading = Reading()
        reading.feed(text)
        assert reading.open == []
        return reading

    def test_it_calls_for_nothing_and_holds_every_part(self, run: Path) -> None:
        text = run.with_suffix(".html").read_text(encoding="utf-8")
        reading = self.read(text)
        assert reading.asks == []
        assert "url(" not in text and "@import" not in text
        for part in ("得分", "按提法和题型", "丢在哪一步", "风险与覆盖", "把握与实际", "耗时", "最差的问题"):
            assert part in reading.words

    def test_each_miss_stands_there_with_its_evidence_and_stage(self, run: Path, cases: list[Case]) -> None:
        words = "".join(self.read(run.with_suffix(".html").read_text(encoding="utf-8")).words.split())
        results = read_run(run)
        missed = [case for case in cases if results[case.id].lost]
        assert missed
        for case in missed:
            assert "".join(case.question.split()) in words
            assert all("".join(piece.split())[:60] in words for piece in case.evidence)

    def test_what_a_report_says_is_never_markup(self) -> None:
        evil = "<script>alert(1)</script>\"'&"
        case = Case("q<1>", evil, "number", "close", ("甲",), (evil,), "any", (evil,))
        answer = Given("answered", evil, evil, (Quote("甲", evil),), confidence=0.5)
        result = Result("q<1>", (Found("乙", evil),), answer, 3.0, Lost("answer", evil))
        text = report_html([case], {case.id: result}, score_all([case], {case.id: result}, {}), title=evil, about={evil: evil})
        assert "<script" not in text
        assert evil in self.read(text).words

    def test_a_link_carries_any_question_whole(self) -> None:
        """What an address reserves: the page must get it back as it was asked."""
        question = "A&B=C#1 100%吗？/“甲”+乙"
        case = Case("q1", question, "unanswerable")
        results = {"q1": Result("q1", (), Given("answered", "有"), 1.0, Lost("should decline"))}
        text = report_html([case], results, score_all([case], results, {}), title="问", page="https://youju.example/office/")
        links = {urlsplit(unescape(link)) for link in re.findall(r'href="(http[^"]+)"', text)}
        (link,) = links
        assert (link.path, parse_qs(link.query), link.fragment) == ("/office/", {"question": [question]}, "")

    def test_every_question_lost_stands_under_its_stage_with_what_should_and_what_did_come(self) -> None:
        """Also those beyond the worst fifty."""
        cases = [Case(f"q{at}", f"第{at}问", "number", "close", ("甲",), ("86件",), "any", (f"全年办结第{at}类复议86件",)) for at in range(60)]
        results = {case.id: Result(case.id, (Found("乙", f"别的话{at}"),), None, 1.0, Lost("fusion", "字面第 70")) for at, case in enumerate(cases)}
        words = self.read(report_html(cases, results, score_all(cases, results, {}), title="问")).words
        assert "融合：两路都有，合起来名次不够（60 题）" in words
        assert all(f"第{at}问" in words and f"第{at}类复议" in words and f"别的话{at}" in words for at in range(60))

    def test_a_run_of_another_system_has_no_curves_and_no_stages(self) -> None:
        case = Case("q1", "青川有多少件？", "number", "close", ("甲",), ("86件",), "any", ("全年办结行政复议86件",))
        results = {"q1": Result("q1", (Found("乙", "别的"),))}
        text = report_html([case], results, score_all([case], results, {}), title="别的系统")
        assert "可信度</h2>" not in text and "没有记下丢在哪一步" in text

    def test_the_same_run_gives_the_same_page_and_its_other_forms(self, run: Path, home: Path) -> None:
        typed = ["report", str(run), str(GOLD), "--reports", str(REPORTS), "--page", "http://127.0.0.1:7860"]
        pages = []
        for name in ("一", "二"):
            forms = ["--markdown", str(home / "r.md"), "--json", str(home / "r.json"), "--trec", str(home / "r.trec")]
            assert main([*typed, "--out", str(home / f"{name}.html"), *forms]) == 0
            pages.append((home / f"{name}.html").read_text(encoding="utf-8"))
        assert pages[0] == pages[1]
        links = re.findall(r'href="(http[^"]+)"', pages[0])
        asked = {parse_qs(urlsplit(unescape(link)).query)["question"][0] for link in links}
        missed = {case.question for case in read_gold(GOLD) if read_run(run)[case.id].lost}
        assert asked == missed and all(link.startswith("http://127.0.0.1:7860/?question=") for link in links)
        scores = json.loads((home / "r.json").read_text(encoding="utf-8"))["scores"]
        assert f"{scores['all']['recall@5']:.4f}" in (home / "r.md").read_text(encoding="utf-8")
        assert (home / "r.trec").read_text() == (home / "run.trec").read_text()


class TestJournal:
    def test_a_run_cut_short_goes_on_where_it_stopped(self, tmp_path: Path) -> None:
        path = tmp_path / "run.jsonl.partial"
        with pytest.raises(KeyboardInterrupt), journal(path, "同一次") as kept:
            kept.keep(Result("q1", ms=1.0))
            kept.keep(Result("q2", (Found("甲", "文"),), Given("answered", "文", confidence=0.5)))
            raise KeyboardInterrupt
        with path.open("a", encoding="utf-8") as stream:
            stream.write('{"id": "q3", "hi')  # the power went
        with journal(path, "同一次") as kept:
            assert kept.done == {
                "q1": Result("q1", ms=1.0),
                "q2": Result("q2", (Found("甲", "文"),), Given("answered", "文", confidence=0.5)),
            }
        assert not path.exists()

    def test_one_of_other_questions_or_code_is_begun_anew(self, tmp_path: Path) -> None:
        path = tmp_path / "run.jsonl.partial"
        with pytest.raises(KeyboardInterrupt), journal(path, "旧") as kept:
            kept.keep(Result("q1"))
            raise KeyboardInterrupt
        with journal(path, "新") as kept:
            assert kept.done == {}

    def test_what_was_answered_is_not_asked_again(self, corpus: Corpus, cases: list[Case]) -> None:
        from eval.run import ask_all

        said = Result(cases[0].id, (), Given("abstained"), 1.0)
        fresh: list[str] = []
        results = ask_all(corpus, cases[:3], {}, quiet, Journal({said.id: said}, lambda result: fresh.append(result.id)))
        assert results[0] == said
        assert fresh == [case.id for case in cases[1:3]]


class TestAblation:
    def test_a_list_that_is_silenced_is_in_no_hit(self, corpus: Corpus, cases: list[Case]) -> None:
        from retrieval.ask import understood

        for case in cases[:5]:
            question = understood(corpus, case.question)
            for name, silent in (("dense-only", "lexical"), ("lexical-only", "dense")):
                hits = SWITCHES[name][1](corpus, question)
                assert hits
                assert all(silent not in dict(hit.ranks) for hit in hits)

    def test_each_switch_is_compared_with_the_whole(self, corpus: Corpus, cases: list[Case]) -> None:
        some = cases[:12]
        found = ablate(corpus, some, list(SWITCHES), quiet)
        assert [one.switch for one in found] == list(SWITCHES)
        whole = {tuple(score.a for score in one.scores) for one in found}
        assert len(whole) == 1  # all beside the same
        assert all(score.n == sum(bool(case.evidence) for case in some) for one in found for score in one.scores)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A transformer of two small layers made on the spot: untrained, but whole, and loaded as any other."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    folder = tmp_path_factory.mktemp("tiny")
    letters = sorted(set("".join(path.read_text(encoding="utf-8", errors="ignore") for path in REPORTS.glob("*.txt"))) - set(" \n\t"))
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters[:2000]]), encoding="utf-8")
    size = BertConfig(vocab_size=len(letters[:2000]) + 5, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    BertModel(size).save_pretrained(folder / "bert")
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    body = Transformer(str(folder / "bert"), max_seq_length=64)
    SentenceTransformer(modules=[body, Pooling(32)], device="cpu").save(str(folder / "model"))
    return folder / "model"


class TestEncoders:
    @pytest.fixture
    def collection(self, tmp_path: Path) -> Path:
        return self.make(tmp_path / "白石小集")

    def make(self, folder: Path) -> Path:
        folder.mkdir()
        texts = ["白石县新建农村公路120公里", "青川市办结行政复议86件", "临江市新增泊位2个", "望海区修复岸线12公里"]
        asked = ["农村公路建了多少", "行政复议办结几件", "泊位增加几个", "岸线修复多长"]
        for name, rows in (("corpus", texts), ("queries", asked)):
            (folder / f"{name}.jsonl").write_text("".join(json.dumps({"_id": f"{name[0]}{at}", "text": text}) + "\n" for at, text in enumerate(rows)))
        (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(f"q{at}\tc{at}\t1\n" for at in range(4)))
        return folder

    def test_bm25_each_encoder_and_both(self, collection: Path, tiny: Path) -> None:
        text, rows = beir_table([collection], [None, str(tiny)], 0, None, quiet)
        systems = [row["system"] for row in rows]
        both, other = "BM25 + models/best", f"BM25 + {tiny}"
        assert systems == ["BM25", "models/best", both, f"{both}（候选）", str(tiny), other, f"{other}（候选）"]
        assert rows[0]["RR@10"] == 1  # every question has words of its own document
        assert all(0 <= row["nDCG@10"] <= 1 for row in rows)
        assert text.count("白石小集") == 7 + 3, "第二个模型的三种用法，再与第一个的比"
        by = {row["system"]: row for row in rows}
        for mine, first in ((str(tiny), "models/best"), (other, both), (f"{other}（候选）", f"{both}（候选）")):
            assert by[mine]["against the first"]["gain"] == pytest.approx(by[mine]["nDCG@10"] - by[first]["nDCG@10"], abs=2e-4)
        assert not any(by[name]["against the first"] for name in systems[:4])

    def test_words_one_by_one_put_the_passage_that_has_them_all_first(self, collection: Path) -> None:
        _, rows = beir_table([collection], ["fast"], 0, None, quiet)
        late = next(row for row in rows if row["system"].endswith("（逐词重排）"))
        assert late["nDCG@10"] == 1

    def test_each_system_is_set_beside_bm25_question_by_question(self, collection: Path, tiny: Path) -> None:
        _, rows = beir_table([collection], [str(tiny)], 0, None, quiet)
        bm25, *others = rows
        assert bm25["against BM25"] is None
        for row in others:
            against = row["against BM25"]
            assert against["wins"] + against["ties"] + against["losses"] == 4
            assert against["gain"] == pytest.approx(row["nDCG@10"] - bm25["nDCG@10"], abs=1e-4)
            assert 0 < against["p"] <= 1

    def test_the_mean_is_over_the_collections_that_nobody_trained_for(self, collection: Path) -> None:
        folders = [collection, self.make(collection.with_name("青川小集")), self.make(collection.with_name(APART[0]))]
        (folders[2] / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq0\tc3\t1\n")  # what nothing finds first
        _, rows = beir_table(folders, [None], 0, None, quiet)
        last = {row["system"]: row for row in rows if row["collection"] == "平均"}
        first = {row["system"]: row for row in rows if row["collection"] == "白石小集"}
        assert {name: row["nDCG@10"] for name, row in last.items()} == {name: row["nDCG@10"] for name, row in first.items()}

    def test_a_sample_of_queries_is_the_same_each_time(self, collection: Path) -> None:
        tables = [beir_table([collection], [None], 2, None, quiet)[1] for _ in range(2)]
        for row in (*tables[0], *tables[1]):
            row.pop("seconds")
        assert tables[0] == tables[1]

    def test_gold_by_phrasing_from_the_command_line(self, home: Path, tmp_path: Path, corpus: Corpus, capsys: pytest.CaptureFixture[str]) -> None:
        gold = tmp_path / "gold.jsonl"
        gold.write_text("".join(GOLD.read_text(encoding="utf-8").splitlines(keepends=True)[:6]), encoding="utf-8")
        typed = ["encoders", "--gold", gold, "--reports", REPORTS, "--data", home / "cache", "--out", tmp_path / "table"]
        assert main([str(part) for part in typed]) == 0
        assert "| models/best 混合 | 全部 | " in capsys.readouterr().out
        written = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
        assert {row["group"] for row in written["figures"]["gold"]} >= {"全部", "close"}
        assert written["command"].startswith("python -m eval encoders ")

    def test_nothing_to_compare_on_is_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["encoders"]) == 2
        assert "请给 --beir 数据集文件夹" in capsys.readouterr().err


class TestBench:
    def test_a_row_a_system_each_in_its_own_process(self, corpus: Corpus, cases: list[Case]) -> None:
        reports = [corpus.report(ref.row) for ref in corpus.reports()]
        rows = list(bench(["youju-lexical", "numpy"], reports, cases[:10], None, 60, 60))
        assert [row.failed for row in rows] == ["", ""]
        assert all(row.asked == sum(bool(case.evidence) for case in cases[:10]) and row.recall_5 > 0.5 and row.ms_p50 > 0 for row in rows)
        assert rows[0].disk_mb > 0
        assert re.search(r"\| numpy \| [\d.]+ \|", markdown_bench(rows, 99))

    def test_one_that_takes_too_long_is_stopped_and_says_so(self, cases: list[Case], corpus: Corpus, tmp_path: Path) -> None:
        lines = (f"第{at}段，" + f"青川市第{at % 97}次会议听取了{at}项工作，" * 8 + "\n" for at in range(60_000))
        (tmp_path / "文.txt").write_text("".join(lines), encoding="utf-8")
        reports = [*(corpus.report(ref.row) for ref in corpus.reports()), *filling([tmp_path / "文.txt"], 60_000)]
        slow, quick = bench(["numpy", "youju-lexical"], reports, cases[:12], None, 1, 60)
        assert slow.failed == "建库用满 1 秒 CPU 没有做完" and slow.asked == 0
        assert "建库用满 1 秒 CPU 没有做完" in markdown_bench([slow, quick], 60_000)

    def test_one_that_answers_slowly_is_scored_on_what_it_was_asked(self, cases: list[Case], corpus: Corpus) -> None:
        reports = [corpus.report(ref.row) for ref in corpus.reports()]
        whole, cut = [next(iter(bench(["youju"], reports, cases[:20], None, 60, asking))) for asking in (60.0, 0.0)]
        assert cut.asked == 1 == len(cut.found) and whole.asked > 10
        assert cut.found.items() <= whole.found.items()
        text = markdown_bench([whole, cut], 251)
        assert "（1 题）" in text and "0/1/0，p=1.0000" in text
        assert whole.filled == "1.000" and "有上下文向量 1.000" in text, "没有补齐就不量"

    def test_one_cut_short_measures_only_what_is_left(
        self, home: Path, tmp_path: Path, corpus: Corpus, capsys: pytest.CaptureFixture[str]
    ) -> None:
        gold, out = tmp_path / "gold.jsonl", tmp_path / "bench.json"
        gold.write_text("".join(GOLD.read_text(encoding="utf-8").splitlines(keepends=True)[:3]), encoding="utf-8")
        typed = [str(part) for part in ("bench", gold, "--reports", REPORTS, "--data", home / "cache", "--out", out.with_suffix(""))]
        assert main(typed) == 0
        first = json.loads(out.read_text(encoding="utf-8"))["figures"]["rows"]
        assert [row["system"] for row in first] == ["youju", "youju-lexical"]
        assert main([*typed, "--peers", "numpy"]) == 0
        assert "已量过 youju、youju-lexical" in capsys.readouterr().err
        rows = json.loads(out.read_text(encoding="utf-8"))["figures"]["rows"]
        assert rows[:2] == first and rows[2]["system"] == "numpy"

    def test_a_system_that_breaks_says_so_in_its_row(self, corpus: Corpus, cases: list[Case]) -> None:
        reports = [corpus.report(corpus.reports()[0].row)]
        (row,) = bench(["youju-lexical"], reports, cases[:2], "没有这个模型", 20, 20)
        assert "EncoderError" in row.failed
        assert "EncoderError" in markdown_bench([row], 1)

    @pytest.mark.parametrize("name", [name for name in PEERS if name != "numpy"])
    def test_a_peer_finds_what_it_was_given_or_says_what_to_install(self, name: str, encoder: Encoder, tmp_path: Path) -> None:
        if said := missing(name):
            assert "pip install -r requirements-peers.txt" in said
            return
        texts = ["白石县新建农村公路120公里", "青川市办结行政复议86件", "临江市新增泊位2个"]
        assert PEERS[name].build(texts, encoder, tmp_path)("农村公路多少公里", 3)[0] == 0

    def test_filling_is_cut_to_size_and_refused_where_there_is_too_little(self, tmp_path: Path) -> None:
        (tmp_path / "文.txt").write_text("".join(f"第{at}段文字\n" for at in range(5000)), encoding="utf-8")
        reports = filling([tmp_path / "文.txt"], 4500)
        passages = [passage for report in reports for passage in report.passages]
        assert len(passages) == 4500
        assert all(report.text[p.start : p.end] == p.text for report in reports for p in report.passages)
        with pytest.raises(YoujuError, match="还缺 1000 段才够"):
            filling([tmp_path / "文.txt"], 6000)

    def test_an_unknown_peer_is_refused_with_those_there_are(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["bench", str(GOLD), "--reports", str(REPORTS), "--peers", "elastic"]) == 2
        assert "没有对 elastic 的支持；可以是 numpy、bm25s、txtai" in capsys.readouterr().err


class TestGate:
    def scored(self, rights: str, faithful: bool = True) -> list[Scored]:
        cases = [Case(f"q{at}", "青川有多少件？", "number") for at in range(len(rights))]
        return [Scored(case, {"answer right": float(right)}, (faithful,)) for case, right in zip(cases, rights, strict=True)]

    def test_a_fall_within_the_standard_error_passes_and_one_beyond_does_not(self) -> None:
        before = baseline_of(self.scored("1" * 90 + "0" * 10))  # the standard error of 0.9 is 0.03
        assert judge(before, baseline_of(self.scored("1" * 87 + "0" * 13))).failed == ()
        assert judge(before, baseline_of(self.scored("1" * 86 + "0" * 14))).failed == ("答案正确",)
        assert judge(before, baseline_of(self.scored("1" * 100))).failed == ()

    def test_one_unfaithful_citation_shuts_it(self) -> None:
        before, now = self.scored("1" * 50), self.scored("1" * 50)
        now[7] = replace(now[7], faithful=(False,))
        assert judge(baseline_of(before), baseline_of(now)).failed == ("引文忠实",)

    def test_a_baseline_written_is_the_one_read(self, tmp_path: Path) -> None:
        baseline = baseline_of(self.scored("1101"))
        write_baseline(tmp_path / "baseline.json", baseline)
        assert read_baseline(tmp_path / "baseline.json") == baseline
        assert json.loads((tmp_path / "baseline.json").read_text())["means"]["answer right"] == 0.75

    @pytest.fixture
    def renewed(self, run: Path, cases: list[Case], home: Path) -> list[str]:
        """The gate's arguments, with a baseline of today's code."""
        path = home / "today.json"
        texts = sources(reports_in([REPORTS]))
        write_baseline(path, baseline_of(score_all(cases, read_run(run), texts)))
        return [str(part) for part in ("gate", "--gold", GOLD, "--reports", REPORTS, "--data", home / "cache", "--baseline", path)]

    def test_the_same_code_has_the_same_scores_to_the_last_digit(
        self, renewed: list[str], corpus: Corpus, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(renewed) == 0
        printed = capsys.readouterr().out
        assert printed.count("| +0.0000 |") == printed.count("通过") > 10
        assert "有变化的问题" not in printed

    def test_a_worse_order_shuts_it(
        self, renewed: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def worse(corpus: Corpus, text: str, **rest: Any) -> Any:
            answer = ask(corpus, text, **rest)
            return replace(answer, hits=tuple(reversed(answer.hits)))

        monkeypatch.setattr("eval.run.ask", worse)
        assert main(renewed) == 1
        assert "recall@1" in capsys.readouterr().err

    def test_an_encoder_that_learnt_nothing_shuts_it(
        self, renewed: list[str], tiny: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([*renewed, "--encoder", str(tiny)]) == 1
        printed = capsys.readouterr()
        assert "变差，超出误差" in printed.out
        assert "得分比基线低出了误差" in printed.err

    def test_the_committed_baseline_is_of_the_committed_questions(self) -> None:
        held = read_baseline(REPOSITORY / "eval" / "results" / "baseline.json").scores.values()
        assert {id for values in held for id in values} == {case.id for case in read_golds([Path(REPOSITORY, path) for path in SAMPLES])}

    def test_a_baseline_of_other_questions_passes_nothing(
        self, home: Path, tmp_path: Path, corpus: Corpus, capsys: pytest.CaptureFixture[str]
    ) -> None:
        gold, path = tmp_path / "gold.jsonl", tmp_path / "baseline.json"
        gold.write_text(GOLD.read_text(encoding="utf-8").splitlines(keepends=True)[0], encoding="utf-8")
        write_baseline(path, baseline_of(self.scored("11")))
        typed = [str(part) for part in ("gate", "--gold", gold, "--reports", REPORTS, "--data", home / "cache", "--baseline", path)]
        assert main(typed) == 2
        assert "没有一个问题与这次的相同" in capsys.readouterr().err
        path.write_text("{", encoding="utf-8")
        assert main(typed) == 2
        assert "读不出来" in capsys.readouterr().err
        assert main([*typed, "--renew"]) == 0
        assert "现在有、基线里没有的问题" in capsys.readouterr().out
        assert main(typed) == 0

    def test_from_the_command_line(
        self, home: Path, tmp_path: Path, corpus: Corpus, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Renewed, passed; then shut by a baseline that knew better."""
        gold = tmp_path / "gold.jsonl"
        gold.write_text("".join(GOLD.read_text(encoding="utf-8").splitlines(keepends=True)[:6]), encoding="utf-8")
        path = tmp_path / "baseline.json"
        typed = [str(part) for part in ("gate", "--gold", gold, "--reports", REPORTS, "--data", home / "cache", "--baseline", path)]
        assert main(typed) == 2
        assert "先用 python -m eval gate --renew 写一份" in capsys.readouterr().err
        assert main([*typed, "--renew"]) == 0
        assert main(typed) == 0
        before = json.loads(path.read_text())
        before["scores"]["recall@1"] = dict.fromkeys(before["scores"]["recall@1"], 2.0)
        path.write_text(json.dumps(before))
        capsys.readouterr()
        assert main(typed) == 1
        printed = capsys.readouterr()
        assert "recall@1更差" in printed.out
        assert "得分比基线低出了误差：recall@1" in printed.err


class TestDraft:
    def test_every_question_can_be_asked_and_its_evidence_stands_in_the_report(self, tmp_path: Path) -> None:
        assert main(["draft", "--reports", str(REPORTS), "--out", str(tmp_path / "draft.jsonl")]) == 0
        drafted = read_gold(tmp_path / "draft.jsonl")
        texts = {path.stem: fold(read(path).text) for path in reports_in([REPORTS])}
        assert {case.type for case in drafted} == {"number", "list", "how"}
        for case in drafted:
            assert all(fold(piece) in texts[case.reports[0]] for piece in (*case.evidence, *case.answers))
            assert case.question.endswith("？")

    def test_a_figure_its_heading_and_its_list_by_hand(self, tmp_path: Path) -> None:
        path = tmp_path / "白石县2024年法治政府建设年度报告.txt"
        path.write_text(
            "白石县司法局2024年法治政府建设年度报告\n\n一、主要工作做法\n\n（一）办好行政复议。收到行政复议申请102件。\n\n"
            "（二）规范行政执法。组织执法培训31场。\n\n（三）抓实普法宣传。发放宣传资料3万份。\n",
            encoding="utf-8",
        )
        lines = draft(read(path), 20)
        asked = {line["question"]: line for line in lines}
        figure = next(line for question, line in asked.items() if question.endswith("收到行政复议申请多少件？"))
        assert (figure["answers"], figure["evidence"]) == (["102件"], ["收到行政复议申请102件"])
        parts = next(line for question, line in asked.items() if "“主要工作做法”包括哪几个方面" in question)
        assert parts["answers"] == ["办好行政复议", "规范行政执法", "抓实普法宣传"]
        assert all(line["draft"] for line in lines)
        assert lines == draft(read(path), 20)


def test_trec_files_are_scored_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "qrels").write_text("q1 0 a 1\n")
    (tmp_path / "甲.trec").write_text("q1 Q0 b 1 9 x\nq1 Q0 a 2 8 x\n")
    assert main(["rank", str(tmp_path / "qrels"), str(tmp_path / "甲.trec"), "--metrics", "RR@10", "R@1"]) == 0
    assert "| 甲 | 0.5000 | 0.0000 |" in capsys.readouterr().out


def test_nothing_of_it_leaves_a_thread_behind(run: Path) -> None:
    assert not [thread for thread in threading.enumerate() if not thread.daemon and thread is not threading.main_thread()]
