"""The sample reports and their gold questions: what is quoted stands in the files, and the files are untidy."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from index.read import read

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "reports"
GOLD = ROOT / "eval" / "gold" / "samples.jsonl"
SHARED = ROOT.parent / "shared"
FILES = sorted(
    path for path in REPORTS.iterdir() if path.suffix in {".txt", ".md", ".html"} and path.name != "README.md"
)
QUESTIONS: list[dict[str, Any]] = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
SUPPORTED = [question for question in QUESTIONS if question["reports"]]
TYPES = {"number", "date", "name", "list", "how", "why", "yesno", "compare", "ambiguous", "unanswerable"}
PHRASINGS = {"close", "paraphrase", "colloquial"}
PAGE_MARK = re.compile(r"^\s*—\s*\d+\s*—\s*$", re.MULTILINE)
LONGEST_SHARED = 26


class VisibleText(HTMLParser):
    """Collects the text of a page, less its scripts and style sheets."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.pieces.append(data)


def decoded(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def visible(path: Path) -> str:
    """The file's text without page numbers, heading marks and, for a page of HTML, its tags."""
    text = decoded(path)
    if path.suffix == ".html":
        page = VisibleText()
        page.feed(text)
        page.close()
        text = "".join(page.pieces)
    return re.sub(r"^#+ ", "", PAGE_MARK.sub("", text), flags=re.MULTILINE)


def bare(text: str) -> str:
    """Less white space only: the gold's evidence is the file's own characters."""
    return re.sub(r"\s+", "", text)


def flat(text: str) -> str:
    return bare(unicodedata.normalize("NFKC", text))


def named(name: str) -> str:
    return decoded(REPORTS / name)


def body_lines(name: str) -> list[str]:
    return [line for line in named(name).splitlines() if line.strip()]


TEXTS = {path.stem: visible(path) for path in FILES}


def test_there_are_enough_reports_and_each_is_of_a_readable_length() -> None:
    assert len(FILES) >= 14
    assert len(TEXTS) == len(FILES), "two files share a stem, so that a gold question could not tell them apart"
    assert {stem: len(bare(text)) for stem, text in TEXTS.items() if not 1500 <= len(bare(text)) <= 4000} == {}


def test_two_years_of_three_units_give_other_figures_for_the_same_indicators() -> None:
    asked = [flat(TEXTS[stem]) for stem in TEXTS if "法治政府建设" in TEXTS[stem] and "行政复议申请" in TEXTS[stem]]
    assert len(asked) == 6
    figures = []
    for text in asked:
        received = re.search(r"收到行政复议申请(\d+)件", text)
        aided = re.search(r"(?:受理法律援助案件|法律援助中心办理案件)(\d+)件", text)
        supervised = re.search(r"在册社区矫正对象(\d+)人", text)
        assert received and aided and supervised
        figures.append((received[1], aided[1], supervised[1]))
    for indicator in zip(*figures, strict=True):
        assert len(set(indicator)) == 6


@pytest.mark.parametrize(
    "scheme", [r"[一二三四]、", r"[（(][一二三四五][）)]", r"[1-9]\.(?!\d)", r"[（(][1-9][）)]", r"[一二三四]是"]
)
def test_all_five_heading_schemes_occur(scheme: str) -> None:
    assert sum(re.search(scheme, text) is not None for text in TEXTS.values()) >= 3


def test_one_file_begins_with_a_byte_order_mark() -> None:
    assert [path.name for path in FILES if path.read_bytes().startswith(b"\xef\xbb\xbf")] == [
        "青川市司法局2023年法治政府建设年度报告.txt"
    ]


@pytest.mark.parametrize("name", ["白石县2023年度法治政府建设报告.txt", "民政局2024年工作总结（终稿）.txt"])
def test_some_files_are_gb18030(name: str) -> None:
    data = (REPORTS / name).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")
    assert data.decode("gb18030").count("，") > 5


@pytest.mark.parametrize("name", ["临江市司法局2023年度法治政府建设情况.txt", "通报0912.txt"])
def test_hard_wrapped_text_has_a_blank_line_after_each_and_pages_inside_sentences(name: str) -> None:
    lines = named(name).splitlines()
    assert all(not line for line in lines[1::2]), "every second line is empty"
    body = body_lines(name)
    assert max(map(len, body)) <= 32
    marks = [i for i, line in enumerate(body) if PAGE_MARK.match(line)]
    assert len(marks) >= 2
    assert any(body[i - 1][-1] not in "。；：" for i in marks), "a page number stands inside a sentence"
    assert re.search(r"[一-鿿] \d+ ?[一-鿿]", named(name)), "spaces stand around digits"


@pytest.mark.parametrize("name", ["wanghai_gov_2025.txt", "sj2024.txt"])
def test_hard_wrapped_text_without_blank_lines_has_pages_too(name: str) -> None:
    assert "\n\n" not in named(name)
    body = body_lines(name)
    assert max(map(len, body)) <= 50
    assert any(PAGE_MARK.match(line) for line in body)


@pytest.mark.parametrize("name", ["临江法治政府2024.txt", "临江水务局巡察整改.txt"])
def test_one_long_line_holds_every_heading(name: str) -> None:
    assert len(named(name).splitlines()) == 1
    assert len(re.findall(r" [一二三]、", named(name))) == 3
    assert len(re.findall(r" [（(][一二三四五][）)]", named(name))) >= 3
    assert {"(", "（", ")", "）"} <= set(named(name)), "brackets of both widths are mixed"


def test_a_web_page_pasted_as_text_has_its_navigation_on_top() -> None:
    head = named("青川市司法局2023年法治政府建设年度报告.txt")[:300]
    for furniture in ("您当前的位置：首页 > ", "【字号：大 中 小】", "信息来源：", "发布日期："):
        assert furniture in head


@pytest.mark.parametrize("name", ["bsx_fzzf_2024.html", "青川统计公报2024.html"])
def test_pages_of_html_have_navigation_footer_and_script(name: str) -> None:
    for tag in ("<nav>", "<footer>", "<script>", "<title>"):
        assert tag in named(name)


@pytest.mark.parametrize("name", ["qc_sfj_2024.md", "临江2025政府工作报告.md"])
def test_markdown_has_heading_levels_at_random_and_sentences_cut_by_pages(name: str) -> None:
    levels: dict[str, set[str]] = {"chapter": set(), "section": set()}
    for marks, title in re.findall(r"^(#+) (.*)$", named(name), re.MULTILINE):
        if re.match(r"[一二三]、", title):
            levels["chapter"].add(marks)
        elif title.startswith("（"):
            levels["section"].add(marks)
    assert len(levels["chapter"] | levels["section"]) >= 3
    assert levels["chapter"] & levels["section"], "one mark stands for both, so that marks alone do not tell the level"
    assert re.search(r"[一-鿿]\n\n---\n\n[一-鿿]", named(name)), "a sentence goes on after a page break"


def test_the_notice_without_a_title_names_its_unit_only_in_the_signature() -> None:
    text = bare(TEXTS["通报0912"])
    assert text.startswith("按照区委安排")
    assert text.endswith("中共望海区教育局党组2024年9月12日")
    assert "望海区教育局" not in text[:1000]


def test_lines_begin_with_what_looks_like_a_heading_and_is_none() -> None:
    lines = [line.strip() for path in FILES for line in decoded(path).splitlines()]
    for trap in ("（试行）", "（2023-2025 年）", "137 届", "96.73%", "三、标本兼治"):
        assert any(line.startswith(trap) for line in lines), trap


def test_an_unclosed_bracket_still_opens_a_heading() -> None:
    assert re.search(r"^\s*[（(]四推进[^）)\n]*$", named("白石县2023年度法治政府建设报告.txt"), re.MULTILINE)


def test_there_are_questions_of_every_type_and_phrasing() -> None:
    assert len(QUESTIONS) >= 64
    assert {question["type"] for question in QUESTIONS} == TYPES
    assert {question["phrasing"] for question in QUESTIONS} == PHRASINGS
    ids = [question["id"] for question in QUESTIONS]
    assert ids == [f"S-{i:03d}" for i in range(1, len(ids) + 1)]
    assert [text for text, n in Counter(question["question"] for question in QUESTIONS).items() if n > 1] == []


def test_every_report_is_asked_about() -> None:
    assert {stem for question in QUESTIONS for stem in question["reports"]} == set(TEXTS)


def test_only_what_cannot_be_answered_has_no_report() -> None:
    for question in QUESTIONS:
        empty = question["type"] in {"ambiguous", "unanswerable"}
        given = [bool(question[field]) for field in ("reports", "answers", "evidence")]
        assert given == [not empty] * 3, question["id"]
        assert question["require"] in {"any", "all"}


@pytest.mark.parametrize("question", SUPPORTED, ids=lambda question: question["id"])
def test_evidence_stands_verbatim_in_its_report_and_holds_the_answers(question: dict[str, Any]) -> None:
    sources = {stem: bare(TEXTS[stem]) for stem in question["reports"]}
    for evidence in question["evidence"]:
        assert evidence == bare(evidence)
        assert any(evidence in source for source in sources.values()), evidence
    for stem, source in sources.items():
        assert any(evidence in source for evidence in question["evidence"]), f"{stem} is named and gives no evidence"
    region = flat("".join(question["evidence"]))
    missing = [answer for answer in question["answers"] if flat(answer) not in region]
    assert missing == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_asked_survives_the_reading_of_the_report(path: Path) -> None:
    text = flat(read(path).text)
    wanted = [e for q in SUPPORTED for e in q["evidence"] if path.stem in q["reports"] and e in bare(TEXTS[path.stem])]
    assert wanted
    assert [evidence for evidence in wanted if flat(evidence) not in text] == []


def runs(texts: Iterator[str]) -> set[str]:
    return {text[i : i + LONGEST_SHARED] for text in map(flat, texts) for i in range(len(text) - LONGEST_SHARED + 1)}


def said(line: dict[str, Any]) -> list[str]:
    """What is asked in a line of gold: a question, or the turns of a conversation."""
    return [line["question"]] if "question" in line else [turn["question"] for turn in line["turns"]]


def test_nothing_is_copied_from_the_shared_corpora_or_their_questions() -> None:
    if not (SHARED / "reports").is_dir() or not (SHARED / "gold").is_dir():
        pytest.skip("no ../shared beside this checkout to compare with")
    gold = [json.loads(line) for p in (SHARED / "gold").glob("*.jsonl") for line in p.read_text("utf-8").splitlines()]
    theirs = runs(path.read_text(encoding="utf-8") for path in (SHARED / "reports").rglob("*.txt"))
    theirs |= runs(text for line in gold for text in [*said(line), *line.get("evidence", [])])
    ours = runs(iter(TEXTS.values())) | runs(iter(question["question"] for question in QUESTIONS))
    assert sorted(ours & theirs) == []
