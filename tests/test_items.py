"""The items of the lists that a text writes out: what is cut, what is left whole, what makes no list."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.clean import clean
from index.outline import outline
from index.read import read
from retrieval.answer import numbered_lists
from retrieval.answer.joined_lists import joined
from retrieval.answer.numbered_lists import Items

SAMPLES = sorted((Path(__file__).parents[1] / "reports").glob("*.txt"))


def told(text: str, found: list[Items]) -> list[list[str]]:
    return [[text[a:b] for a, b in one.spans] for one in found]


@pytest.mark.parametrize(
    ("sentence", "listed"),
    [
        ("支持青川、临江、白石、望海创建文明城市。", ["青川", "临江", "白石", "望海"]),
        ("先后与市水务局、市民政局、市侨联签署合作协议。", ["市水务局", "市民政局", "市侨联"]),
        ("建成长滩镇双桥村、石盘乡茶坪村两个法治公园。", ["长滩镇双桥村", "石盘乡茶坪村"]),
        ("推行“一窗受理”、清单制、容缺办理等服务。", ["“一窗受理”", "清单制", "容缺办理"]),
        ("推动出台《青川市供水条例》《青川市茶叶条例》和《养犬办法》。", ["《青川市供水条例》", "《青川市茶叶条例》", "《养犬办法》"]),
        ("公布了《目录》（六项）和《听证目录》（四项），", ["《目录》（六项）", "《听证目录》（四项）"]),
        ("举办法治讲座、法治论坛、旁听庭审以及“百场报告会”“学习讲堂”等活动。", ["法治讲座", "法治论坛", "旁听庭审", "“百场报告会”", "“学习讲堂”"]),
        ("突出“工业强市、生态立市、文旅兴市”三件大事。", ["工业强市", "生态立市", "文旅兴市"]),
        ("水泵、阀门、电机“老三样”出口增长。", ["水泵", "阀门", "电机"]),
        ("把整改融入日常工作、融入深化改革、融入领导班子和干部队伍建设。", ["把整改融入日常工作", "融入深化改革", "融入领导班子和干部队伍建设"]),
    ],
)  # fmt: skip
def test_a_list_in_a_sentence_is_its_items_without_what_governs_or_follows_them(sentence: str, listed: list[str]) -> None:
    assert listed in told(sentence, joined(sentence))


@pytest.mark.parametrize(
    ("sentence", "more", "said"),
    [
        ("升级餐饮、住宿、养老等服务。", True, 0),
        ("公布学校、商场等10类检查场景。", True, 10),
        ("建成双桥村、茶坪村两个公园。", False, 2),
        ("建成双桥村、茶坪村。", False, 0),
        ("评出双桥、茶坪、石盘等三个村。", True, 3),
    ],
)
def test_whether_a_list_names_them_all_and_how_many_it_says_there_are(sentence: str, more: bool, said: int) -> None:
    (found,) = joined(sentence)

    assert (found.more, found.said) == (more, said)


def test_what_is_said_of_each_is_a_list_of_its_own() -> None:
    sentence = "茶叶、桑蚕、中药材产值分别增长9.2%、8.1%、12%。"

    assert told(sentence, joined(sentence)) == [["茶叶", "桑蚕", "中药材产值"], ["9.2%", "8.1%", "12%"]]


@pytest.mark.parametrize("sentence", ["全年没有发生泄密事件。", "印发《青川市供水条例》。", ""])
def test_one_thing_is_no_list(sentence: str) -> None:
    assert joined(sentence) == []


REPORT = """二、存在的问题
（一）人手不足。司法所只有三人。
还要兼管别的工作。
（二）经费不足。
（三）办法不多：一是讲得少；二是看得少；三是做得少。另有其他困难。
三、下一步打算
1.补人。
2.补钱。
青川市司法局
"""


def numbered(text: str) -> list[Items]:
    cleaned = clean(text)
    assert cleaned.text == text.strip("\n")
    return numbered_lists.numbered(cleaned.text, outline(cleaned))


def test_numbered_headings_list_what_stands_under_them() -> None:
    found = {one.titles[-1]: told(REPORT, [one])[0] for one in numbered(REPORT)}

    assert found["二、存在的问题"][:2] == ["（一）人手不足。司法所只有三人。\n还要兼管别的工作。", "（二）经费不足。"]
    assert len(found["二、存在的问题"]) == 3


def test_the_last_item_ends_as_the_others_do() -> None:
    lists = {one.titles[-1]: told(REPORT, [one])[0] for one in numbered(REPORT)}

    assert lists["三、下一步打算"] == ["1.补人。", "2.补钱。"]  # not the signature
    assert ["一是讲得少；", "二是看得少；", "三是做得少。"] in lists.values()  # not 另有其他困难


def test_a_list_knows_the_words_that_introduce_it() -> None:
    text = "今年办好五件实事，包括：新建食堂40家；加装电梯150部；改造危桥35座。"
    (found,) = numbered_lists.divided(text, 20)

    assert text[slice(*found.lead)] == "今年办好五件实事，包括："
    assert told(text, [found]) == [["新建食堂40家", "加装电梯150部", "改造危桥35座"]]


def test_and_so_on_is_no_item() -> None:
    text = "还有一些困难：水源不足；道路不畅；人手不够；等等。"
    (found,) = numbered_lists.divided(text, 0)

    assert (told(text, [found])[0], found.more) == (["水源不足", "道路不畅", "人手不够"], True)


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("主要做法：①进村；②入户；③上门。", ["①进村；", "②入户；", "③上门。"]),
        ("做法如下。第一，先摸底。第二，再整治。", ["第一，先摸底。", "第二，再整治。"]),
        ("存在不足：一是人少；二是钱少。", ["一是人少；", "二是钱少。"]),
    ],
)
def test_marks_inside_a_paragraph(text: str, listed: list[str]) -> None:
    assert told(text, numbered_lists.enumerated(text, 8)) == [listed]


def test_numbers_must_count_up_from_one() -> None:
    assert numbered_lists.enumerated("②入户；③上门。", 1) == []
    assert numbered_lists.enumerated("一是人少。", 1) == []


LONG = "一是补人。今年招录十名工作人员，充实到镇街。二是培训，三是考核。"


@pytest.mark.parametrize(("longest", "kept"), [(100, LONG), (26, "一是补人。今年招录十名工作人员，充实到镇街。"), (6, "一是补人。"), (2, "一是补人。")])
def test_an_item_too_long_keeps_its_leading_sentences(longest: int, kept: str) -> None:
    assert LONG[slice(*numbered_lists.leading(LONG, (0, len(LONG)), longest))] == kept


def test_long_items_give_way_before_short_ones() -> None:
    text = "短。" + LONG
    first, second = numbered_lists.fitted(text, ((0, 2), (2, len(text))), 30)

    assert text[slice(*first)] == "短。" and text[slice(*second)] == "一是补人。今年招录十名工作人员，充实到镇街。"
    assert numbered_lists.fitted(text, ((0, 2), (2, len(text))), 3) == ()


# ---- whatever is written

MARKS = st.sampled_from([*"、，。；：和与及等两三个《》“”（）\n 甲乙丙丁12①②", "一是", "二是", "三是", "（一）", "（二）", "第一，", "以及", "支持", "分别"])
TEXTS = st.lists(MARKS, max_size=40).map("".join)


def in_order(text: str, found: list[Items]) -> bool:
    """Whether each list's items are in order, apart, inside the text and not empty, and its lead before them."""
    for one in found:
        edges = [edge for span in one.spans for edge in span]
        if edges != sorted(edges) or edges[0] < 0 or edges[-1] > len(text) or any(a >= b for a, b in one.spans):
            return False
        if not 0 <= one.lead[0] <= one.lead[1] <= one.start:
            return False
    return all(len(one.spans) > 1 for one in found)


@given(TEXTS, st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_items_are_in_order_apart_and_inside(text: str, at: int) -> None:
    place = min(at, max(0, len(text) - 1))

    assert in_order(text, joined(text))
    assert in_order(text, numbered_lists.enumerated(text, place))
    assert in_order(text, numbered_lists.divided(text, place))


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_items_under_headings_are_in_order_apart_and_inside(text: str) -> None:
    cleaned = clean(text)

    assert in_order(cleaned.text, numbered_lists.numbered(cleaned.text, outline(cleaned)))


@given(TEXTS.filter(str.strip), st.integers(1, 60), st.integers(1, 200))
@settings(max_examples=100, deadline=None)
def test_what_is_kept_of_an_item_is_its_beginning(text: str, longest: int, limit: int) -> None:
    start, end = numbered_lists.leading(text, (0, len(text)), longest)
    kept = numbered_lists.fitted(text, ((0, len(text)),), limit)

    assert start == 0 and 0 < end <= len(text)
    assert sum(b - a for a, b in kept) <= limit


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_sample_reports(path: Path) -> None:
    report = read(path)
    found = numbered_lists.numbered(report.text, report.headings)

    assert found and in_order(report.text, found)
