"""Answers and reports as HTML: the report's own words, escaped, with buttons that say where they lead."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape, unescape
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.types import Facts, Heading, Page, Passage, Report, ReportRef
from page import html
from page.examples import figure_question, heading_question
from page.export import markdown, plain
from page.history import Kept, Turn
from page.library import adding, library
from page.shell import in_chinese
from page.source import blocks, heading_path, sheet
from retrieval.types import ABSTAIN, Answer, Chip, Citation, Hit, Question, Row, Table
from server.shapes import fault

EVIL = "<script>alert('1')</script>\"><img src=x onerror=alert(2)>${7*7}{{value}}"
QUOTE = "全年办结行政复议案件349件，同比增长8.2%。"


class Tags(HTMLParser):
    """What a browser would see: tags with their attributes, and the text between."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in ("input", "img"):  # these have no end
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, "every tag is closed in order"

    def handle_data(self, data: str) -> None:
        self.text += data

    def acts(self, act: str) -> list[dict[str, str]]:
        return [attrs for _, attrs in self.tags if attrs.get("data-act") == act]


def ref(name: str = "青川2024.txt", facts: Facts | None = None, row: int = 3) -> ReportRef:
    facts = facts or Facts("青川市司法局2024年报告", "青川市司法局", "青川市", 2024, "法治政府建设年度报告")
    return ReportRef(row, f"id{row}", f"/somewhere/{name}", name, facts, 1000, 10)


def cited(number: int = 1, quote: str = QUOTE, mark: tuple[int, int] | None = (10, 14), report: ReportRef | None = None) -> Citation:
    return Citation(number, report or ref(), f"p{number}", quote, 100, 100 + len(quote), ("一、主要工作", "（一）复议"), 2, mark)


def found(text: str = "邻近的一段。", report: ReportRef | None = None) -> Hit:
    report = report or ref()
    return Hit(Passage(f"h{text}", report.id, 5, 5 + len(text), text, ("二、不足",)), report, 0.5, (("dense", 1),), (), (), "意思相近")


def said(status: str = "answered", chips: tuple[Chip, ...] = (), **fields: object) -> Answer:
    return Answer(Question("办结多少件？", "number", chips), status, **{"text": QUOTE, **fields})  # type: ignore[arg-type]


class TestAnswer:
    def test_quotes_are_verbatim_and_marked(self) -> None:
        page = html.reply(said(short="349件", citations=(cited(),)))
        assert "<blockquote>全年办结行政复议案件<mark>349件</mark>，同比增长8.2%。" in page
        assert re.search(r'<p class="short">349件<button', page)

    def test_a_citation_leads_to_its_characters(self) -> None:
        (first, *_) = Tags(html.reply(said(citations=(cited(),)))).acts("cite")
        assert first["data-report"] == "3"
        assert (first["data-start"], first["data-end"]) == ("100", str(100 + len(QUOTE)))
        assert first["data-mark"] == "110,114", "the short answer in offsets of the report"

    def test_says_report_heading_page_and_file(self) -> None:
        text = Tags(html.reply(said(citations=(cited(),)))).text
        for part in ("青川市司法局2024年报告", "一、主要工作 › （一）复议", "第 2 页", "青川2024.txt"):
            assert part in text

    def test_relative_times_are_explained_beside_the_words(self) -> None:
        quote = "今年办结349件，比去年多36件。"
        page = html.reply(said(citations=(cited(quote=quote, mark=None),)))
        assert f"<blockquote>{quote}" in page
        assert "“今年”指2024年，“去年”指2023年" in Tags(page).text

    def test_without_a_short_answer_nothing_is_large(self) -> None:
        assert 'class="short"' not in html.reply(said(citations=(cited(mark=None),)))

    def test_items_are_a_numbered_list_that_leads_to_each_and_to_the_whole(self) -> None:
        items = (cited(1, "一是进村；", None), cited(2, "二是入户。", None))
        whole = replace(cited(0, "做法有两条：一是进村；二是入户。", None), start=90, end=107)
        below = cited(3, "另一段。", None)
        page = html.reply(said(short="共 2 项", computed=True, items=2, whole=whole, citations=(*items, below)))
        tags = Tags(page)
        assert re.search(r'<ol class="items marked"><li><blockquote>一是进村；<button', page)
        bare = html.reply(said(short="共 2 项", computed=True, items=2, whole=whole, citations=(cited(1, "2.5万亩茶园", None), cited(2, "10万亩桑园", None))))
        assert '<ol class="items"><li>' in bare  # without numbers of their own they are given some
        assert page.count("<li><blockquote>") == 2 and '<ol class="quotes"><li class="quote"><blockquote>另一段。' in page
        assert "共 2 项系统清点" in tags.text, "what is counted is said to be ours"
        assert [(one["data-start"], one["data-end"]) for one in tags.acts("cite")].count(("90", "107")) == 2, "看整段, and where it stands"

    def test_a_yes_is_ours_and_leads_to_the_words_that_state_it(self) -> None:
        page = html.reply(said(short="是", computed=True, citations=(cited(mark=(10, 14)),)))
        assert re.search(r'<p class="short computed">是<button[^>]*data-mark="110,114"', page)
        assert "系统判断，依据是标出的原话" in Tags(page).text

    def test_what_is_quoted_is_not_listed_again(self) -> None:
        hit = found()
        quoted = Citation(1, hit.report, hit.passage.id, hit.passage.text, 5, 11)
        assert "还找到" not in html.reply(said(citations=(quoted,), hits=(hit,)))
        assert "还找到的相关段落（1 处）" in html.reply(said(citations=(cited(),), hits=(hit,)))

    def test_declining_folds_the_nearest_away(self) -> None:
        page = html.reply(said("abstained", text=ABSTAIN, hits=(found(),)))
        assert ABSTAIN in page
        assert '<details class="more"><summary>最接近的段落' in page, "a closed <details>"

    def test_declining_says_why_once(self) -> None:
        why = "没有2019年的报告。"
        answer = Answer(Question("？", "number", nothing=why), "abstained", ABSTAIN, note=why)
        assert html.reply(answer).count(why) == 1

    def test_ambiguous_offers_a_button_a_report(self) -> None:
        other = ref("临江2024.txt", Facts("临江市报告", "临江市司法局", "临江市", 2024), 4)
        page = html.reply(said("ambiguous", text="请指明。", candidates=(cited(1), cited(2, report=other))), 7)
        choices = Tags(page).acts("choose")
        assert [(c["data-turn"], c["data-candidate"]) for c in choices] == [("7", "0"), ("7", "1")]
        assert "临江市司法局 · 2024年" in page

    def test_chips_can_be_taken_off_and_put_back(self) -> None:
        answer = said(chips=(Chip("unit", "青川市司法局", "青川司法局"),), citations=(cited(),))
        page = Tags(html.turn(Turn("问", ("year:2024",), answer, number=2)))
        assert page.acts("drop") == [{**page.acts("drop")[0], "data-turn": "2", "data-chip": "unit:青川市司法局"}]
        assert page.acts("keep")[0]["data-chip"] == "year:2024"
        assert "2024年" in page.text

    def test_every_button_of_a_citation_has_a_name(self) -> None:
        page = html.reply(said(short="349件", citations=(cited(),)))
        for button in re.findall(r"<button.*?</button>", page):
            assert "aria-label" in button or re.sub(r"<[^>]+>", "", button).strip()


class TestEscaping:
    """Nothing that stands in a report, its name or a question becomes a tag or an attribute."""

    EVERYWHERE = Facts(EVIL, EVIL, EVIL, 2024, EVIL, EVIL)

    def pages(self) -> list[str]:
        report = ReportRef(1, EVIL, EVIL, EVIL, self.EVERYWHERE, 1, 1, (EVIL,))
        citation = Citation(1, report, EVIL, EVIL, 0, len(EVIL), (EVIL,), 1, (2, 9))
        hit = Hit(Passage(EVIL + "h", EVIL, 0, len(EVIL), EVIL, (EVIL,)), report, 1.0, (), (), (EVIL,), EVIL)
        chips = (Chip("unit", EVIL, EVIL),)
        text = EVIL + "\n" + EVIL
        whole = Report(EVIL, EVIL, EVIL, self.EVERYWHERE, text, (Heading(1, EVIL, 0),), (Page(1, 0),))
        rows = (Row(report, EVIL, replace(citation, mark=(40, 44)), 1.0, EVIL), Row(report, EVIL, citation, 2.0, EVIL))
        table = Table(EVIL, rows, (report,), EVIL)
        statuses = ("answered", "abstained", "ambiguous")
        answers = [said(s, chips, text=EVIL, short=EVIL, citations=(citation,), candidates=(citation,), hits=(hit,), note=EVIL) for s in statuses]
        return [
            *(html.turn(Turn(EVIL, (f"unit:{EVIL}",), answer, judged="没用", reason=EVIL)) for answer in answers),
            html.turn(Turn(EVIL, (), replace(answers[0], table=table)), csv=EVIL),
            html.history([Kept(EVIL, EVIL, EVIL, 1)]),
            html.history([], EVIL),
            html.turn(Turn(EVIL, error=EVIL)),
            html.welcome([EVIL], 1),
            adding(64 * 2**20) + library([report]),
            sheet(report, whole, 3, 9, (4, 6), paged=True, original=True),
        ]

    def test_no_tag_of_theirs(self) -> None:
        for page in self.pages():
            seen = Tags(page)
            assert not {tag for tag, _ in seen.tags} & {"script", "img"}
            assert not any(name.startswith("on") for _, attrs in seen.tags for name in attrs)
            assert "<script>alert('1')" in seen.text, "it is there, as text"

    @given(st.text())
    def test_text_comes_out_as_it_went_in(self, text: str) -> None:
        assert unescape(html.marked_quote(cited(quote=text, mark=None))) == unescape(escape(text))


REPORT = Report(
    "r",
    "/somewhere/望海.txt",
    "望海.txt",
    Facts("望海区报告", "望海区人民政府", "望海区", 2025),
    "望海区报告\n一、工作 （一）复议 办结12件。\n一是学法。组织3场。\n\n尾声 & 其他<未完>",
    (Heading(1, "一、工作", 6), Heading(2, "（一）复议", 11), Heading(5, "一是学法", 24)),
    (Page(1, 0), Page(2, 20)),
)


class TestSource:
    def test_fixture_is_sound(self) -> None:
        for heading in REPORT.headings:
            assert REPORT.text.startswith(heading.title, heading.start)

    def test_the_text_is_whole(self) -> None:
        text = sheet(ref(), REPORT, 0, 0).split('aria-label="报告正文">')[1].removesuffix("</div></div></div></section>")
        assert "".join(Tags(text).text.split()) == "".join(REPORT.text.split())

    def test_a_heading_inside_a_line_stands_alone(self) -> None:
        body = sheet(ref(), REPORT, 0, 0)
        assert '<h3 class="level-1" id="h0" tabindex="-1">一、工作</h3>' in body
        assert '<h3 class="level-2" id="h1" tabindex="-1">（一）复议</h3>' in body

    def test_a_heading_that_its_sentence_runs_on_from_keeps_it(self) -> None:
        assert '<strong id="h2" tabindex="-1">一是学法</strong>。组织3场。' in sheet(ref(), REPORT, 0, 0)

    def test_the_outline_leads_to_every_heading(self) -> None:
        page = Tags(sheet(ref(), REPORT, 0, 0))
        targets = {attrs["id"] for _, attrs in page.tags if attrs.get("id", "").startswith("h")}
        assert {act["data-goto"] for act in page.acts("goto")} == targets == {"h0", "h1", "h2"}

    def test_pages_are_marked_without_adding_text(self) -> None:
        page = sheet(ref(), REPORT, 0, 0)
        assert 'data-page="第 2 页"' in page
        assert "第 2 页" not in Tags(page).text

    def test_nothing_is_highlighted_when_a_report_is_opened_whole(self) -> None:
        assert "<mark" not in sheet(ref(), REPORT, 0, 0)

    def test_the_headings_above_a_place(self) -> None:
        assert heading_path(REPORT, 0) == ()
        assert heading_path(REPORT, 18) == ("一、工作", "（一）复议")
        assert heading_path(REPORT, 30) == ("一、工作", "（一）复议", "一是学法")

    @given(st.data())
    def test_the_highlight_is_exactly_what_was_cited(self, data: st.DataObject) -> None:
        start = data.draw(st.integers(0, len(REPORT.text)))
        end = data.draw(st.integers(start, len(REPORT.text)))
        left = data.draw(st.integers(start, end))
        right = data.draw(st.integers(left, end))
        page = sheet(ref(), REPORT, start, end, (left, right))
        marked = "".join(unescape(piece) for piece in re.findall(r'<mark class="here[^"]*">(.*?)</mark>', page))
        assert "".join(marked.split()) == "".join(REPORT.text[start:end].split())
        short = "".join(unescape(piece) for piece in re.findall(r'<mark class="here answer">(.*?)</mark>', page))
        assert "".join(short.split()) == "".join(REPORT.text[left:right].split())

    @given(st.text(alphabet="一、（）是。\n 甲乙", max_size=80), st.lists(st.integers(0, 79), max_size=6))
    def test_blocks_leave_out_nothing_but_blanks(self, text: str, starts: list[int]) -> None:
        headings = tuple(Heading(1, text[at : at + 4].split("\n")[0], at) for at in sorted(set(starts)) if at < len(text))
        report = Report("r", "", "", Facts(), text, headings)
        spans = [(start, end) for start, end, _ in blocks(report)]
        assert all(start < end for start, end in spans)
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))
        assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())


class TestWording:
    """A language model's words stand above the report's own, never in their place."""

    def test_its_numbers_lead_to_the_citations_and_what_was_struck_is_told(self) -> None:
        answer = said(
            text="办结349件[1]，另见[9]。", short="349件", citations=(cited(),), phrased=True, struck=("办结999件[1]。（原文里没有数字999件）",),
            note="文字由语言模型根据所引原文改写。",
        )  # fmt: skip
        page = html.reply(answer)
        worded = page[page.index('<section class="phrased"') : page.index("</section>")]
        assert [act["data-start"] for act in Tags(worded).acts("cite")] == ["100"], "a number of no citation leads nowhere"
        assert "办结999件[1]。（原文里没有数字999件）" in Tags(worded).text and "语言模型" in Tags(worded).text
        assert page.index("</section>") < page.index('<blockquote>全年办结行政复议案件<mark>349件</mark>')

    def test_its_markup_is_text(self) -> None:
        page = html.reply(said(text=f"{EVIL}[1]。", citations=(cited(),), phrased=True, struck=(EVIL,), note=EVIL))
        assert not {"script", "img"} & {tag for tag, _ in Tags(page).tags}

    def test_while_it_is_written_the_quotations_stand_already(self) -> None:
        page = html.reply(said(citations=(cited(),)), drafting=True)
        assert "data-live" in page and "<mark>349件</mark>" in page

    def test_exports_carry_both(self) -> None:
        answer = said(text="办结349件[1]。", citations=(cited(),), phrased=True, struck=("办结999件[1]。",))
        for text in (plain(answer), markdown([Turn("办结多少件？", answer=answer)])):
            assert text.index("办结349件") < text.index("办结999件") < text.index("办结行政复议案件349件")


class TestWelcome:
    def test_who_may_add_none_is_not_told_to(self) -> None:
        assert not Tags(html.welcome((), 0, manages=False)).acts("library")

    def test_the_way_out_is_shown_to_who_is_logged_in(self) -> None:
        assert html.account("") == ""
        assert "退出登录" in html.account("li") and "<b>" not in html.account("<b>")

    def test_an_empty_index_says_what_to_do(self) -> None:
        page = html.welcome((), 0)
        assert "还没有收录报告" in page
        assert Tags(page).acts("library")

    def test_examples_ask_themselves(self) -> None:
        assert [act["data-text"] for act in Tags(html.welcome(["甲？", "乙？"], 2)).acts("ask")] == ["甲？", "乙？"]


class TestLibrary:
    def test_a_row_says_what_a_report_is(self) -> None:
        report = ReportRef(2, "x", "/p/a.txt", "a.txt", Facts("题", "白石县司法局", "白石县", 2023, "年度报告"), 12345, 9, ("乱码较多",))
        text = Tags(library([report])).text
        for part in ("题", "a.txt", "白石县司法局", "白石县", "2023", "年度报告", "12,345", "1 条提示", "乱码较多", "共 1 份报告"):
            assert part in text

    def test_near_copies_are_named_on_both_and_counted_as_a_warning(self) -> None:
        one, two = ref("甲.txt", row=1), ref("乙.txt", row=2)
        page = Tags(library([one, two], alike={1: [two], 2: [one]}))
        assert "（乙.txt）大部分相同" in page.text and "（甲.txt）大部分相同" in page.text
        assert [attributes["data-warnings"] for tag, attributes in page.tags if tag == "tr" and "data-at" in attributes] == ["1", "1"]

    def test_how_much_of_it_can_be_found_is_said(self) -> None:
        assert "可查 100%" in Tags(library([ref()])).text
        assert "可查 97.3%" in Tags(library([replace(ref(), share=0.9731)])).text
        assert "可查 99.9%" in Tags(library([replace(ref(), share=0.9999)])).text, "100 is said of the whole only"

    def test_the_path_on_the_server_is_not_shown(self) -> None:
        assert "/somewhere" not in library([ref()]) + html.reply(said(citations=(cited(),)))


class TestExamples:
    FACTS = Facts(unit="青川市司法局", year=2024)

    @pytest.mark.parametrize(
        ("clause", "question"),
        [
            ("办理行政复议案件126件", "青川市司法局2024年办理行政复议案件多少件？"),
            ("地区生产总值达到1,234.5亿元", "青川市司法局2024年地区生产总值达到多少亿元？"),
            ("负责人出庭应诉率为96.73%", "青川市司法局2024年负责人出庭应诉率是百分之多少？"),
        ],
    )
    def test_a_figure_asks_for_itself(self, clause: str, question: str) -> None:
        assert figure_question(clause, self.FACTS) == question

    @pytest.mark.parametrize("clause", ["同比增长8.2%", "其中调解案件12件", "比上年增加15件", "办理行政复议案件", "共12件", "2024年3月"])
    def test_a_clause_that_leans_on_another_asks_nothing(self, clause: str) -> None:
        assert figure_question(clause, self.FACTS) == ""

    def test_a_report_that_does_not_say_whose_it_is_asks_nothing(self) -> None:
        assert figure_question("办理行政复议案件126件", Facts(year=2024)) == ""

    def test_a_work_report_tells_of_another_year_than_its_own(self) -> None:
        facts = Facts(unit="白石县人民政府", region="白石县", year=2025, kind="政府工作报告")
        assert figure_question("粮食总产量达到21万吨", facts) == "白石县粮食总产量达到多少万吨？"

    def test_a_heading_asks_how(self) -> None:
        assert heading_question("（三）规范行政执法行为", self.FACTS) == "青川市司法局2024年如何规范行政执法行为？"
        assert heading_question("一、基本情况", self.FACTS) == ""


class TestQuestion:
    @pytest.mark.parametrize("text", ["", " 　\n", "？？", "问" * 501, "坏\ud800字"])
    def test_what_cannot_be_asked_is_told_in_chinese(self, text: str) -> None:
        assert re.search(r"[一-鿿]", fault(text))

    @pytest.mark.parametrize("text", ["办结多少件？", "问" * 500])
    def test_what_can_be_asked_has_no_fault(self, text: str) -> None:
        assert fault(text) == ""


def test_the_page_says_it_is_chinese_and_advertises_nobody() -> None:
    page = in_chinese('<html\n\tlang="en" x><head><meta property="og:image"\n content="https://a.b/c.jpg" /></head><body></body></html>')
    assert 'lang="zh-CN"' in page
    assert "a.b" not in page
    assert 'href="page/style.css"' in page
