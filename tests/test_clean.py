"""The cleaned text is the report's own characters, whole sentences, without what a page or a web site puts around them."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from index.clean import clean, columns, ends_sentence

CLEAN = """青川市司法局2023年法治政府建设年度报告
一、主要工作情况
（一）持续抓好行政复议工作
全年共收到行政复议申请128件，受理117件，办结109件，其中经调解结案的有23件，占办结总数的21.1%，纠错率比上一年度下降2.4个百分点。印发《青川市行政复议案件办理规程（试行）》，明确受理、审理、送达三个环节的时限，全市12个乡镇都设立了收件点。
（二）扎实推进普法宣传
举办宣讲活动86场次，参加群众9300余人次，发放手册1.5万份；组织“法律明白人”轮训4期，培训骨干412名。针对企业反映的合同纠纷，走访园区37家企业，举一反三、逐条整改，解答咨询260条。
二、存在的不足
基层执法力量仍然薄弱，个别单位对法治工作重视不够，信息化手段运用还不充分，与群众期待相比仍有差距。"""


def flat(text: str) -> str:
    return re.sub(r"\s", "", text)


def wrapped(text: str, width: int, blank: bool, every: int) -> str:
    """Text as a PDF gives it: lines of `width` characters, a page number after every so many of them."""
    out: list[str] = []
    for paragraph in text.split("\n"):
        for at in range(0, len(paragraph), width):
            out.append(paragraph[at:at + width])
            if every and len(out) % every == 0:
                out.append(f"\n— {len(out) // every}—\n")
    return ("\n\n" if blank else "\n").join(out)


@settings(deadline=None, max_examples=150)
@given(st.integers(14, 44), st.booleans(), st.sampled_from([0, 9, 13, 20]))
def test_a_hard_wrapped_text_gets_its_sentences_back(width: int, blank: bool, every: int) -> None:
    got = clean(wrapped(CLEAN, width, blank, every)).text
    assert flat(got) == flat(CLEAN)
    sentences = [s for s in re.split(r"(?<=[。；])|\n", CLEAN) if len(s) > 40]
    assert all(sentence in got for sentence in sentences)


def test_paragraphs_come_back_at_the_usual_width() -> None:
    assert clean(wrapped(CLEAN, 26, True, 0)).text == CLEAN


@settings(deadline=None)
@given(st.text(alphabet="青川市办结，。；：（）《》“”一二三、是 12.%\n\t\u3000—-#*>|aB", max_size=300))
def test_cleaning_adds_nothing_but_white_space_and_leads_back(raw: str) -> None:
    cleaned = clean(raw)
    assert len(cleaned.origins) == len(cleaned.text)
    for c, at in zip(cleaned.text, cleaned.origins, strict=True):
        assert c.isspace() or raw[at] == c
    places = [at for c, at in zip(cleaned.text, cleaned.origins, strict=True) if not c.isspace()]
    assert places == sorted(set(places))


def test_spaces_around_digits_and_inside_chinese_go_and_those_between_latin_words_stay() -> None:
    raw = "2023 年办结 86 宗，占 96.73 %，采用 Open Data 标准，与临江 市共建。"
    assert clean(raw).text == "2023年办结86宗，占96.73%，采用Open Data标准，与临江市共建。"


def test_navigation_goes_and_the_article_stays() -> None:
    raw = """无障碍版 长者助手
您当前的位置： 首页 > 政务公开 > 计划总结
【字号：大 中 小】
白石县民政局2024年工作总结
信息来源：本网 发布日期：2025-01-08 分享：
2024年，全县新建养老服务站点14个，改造床位220张，服务老年人3600余人次，群众满意度持续提升。
上一篇：没有了
打印本页
版权所有：白石县民政局"""
    assert clean(raw).text.split("\n") == [
        "白石县民政局2024年工作总结",
        "信息来源：本网 发布日期：2025-01-08 分享：",
        "2024年，全县新建养老服务站点14个，改造床位220张，服务老年人3600余人次，群众满意度持续提升。"]


def test_a_page_number_inside_a_sentence_becomes_a_page() -> None:
    opening = [
        "全市上下坚持和发展新时代枫桥经验，推动调解工作向",
        "基层延伸，乡镇调解员全部配齐，村居设立了联络点，",
        "全市各级调解组织共排查矛盾纠纷两千三百件次，化",
    ]
    raw = "\n".join([*opening, "— 1 —", "解成功率稳步提升，有力维护了社会的和谐稳定局面，", "群众安全感进一步增强，测评排名上升到第二位。"])
    cleaned = clean(raw)
    assert "化解成功率" in cleaned.text and "—" not in cleaned.text
    assert [page.number for page in cleaned.pages] == [1, 2]
    assert cleaned.text[cleaned.pages[1].start:].startswith("解成功率")


def test_where_page_numbers_are_missing_no_page_is_claimed() -> None:
    raw = "\n".join(["甲" * 30 + "。", "— 3 —", "乙" * 30 + "。", "— 7 —", "丙" * 30 + "。"])
    assert [page.number for page in clean(raw).pages] == [0, 0, 0]


def test_a_title_cut_inside_its_marks_and_a_pasted_link_are_joined() -> None:
    raw = """现有协理员66名，经征求相关部门意见后形成了符合本地实际的《关于

建立协理员制度的工作方案》提交审议，印发年度学习计

https://example.invalid/link?url=abc&wd=

划，把学习纳入考核，推动制度试点工作落地见效。"""
    text = clean(raw).text
    assert "《关于建立协理员制度的工作方案》" in text and "年度学习计划，把学习" in text and "http" not in text


def test_markup_goes_only_where_the_format_is_markup() -> None:
    assert clean("## **一、主要成效**\n办结**36**件。", marked=True).text == "一、主要成效\n办结36件。"
    assert clean("办结**36**件。").text == "办结**36**件。"


def test_widths_and_sentence_ends() -> None:
    assert columns("青川2023") == 8
    assert ends_sentence("办结。”") and ends_sentence("试行）；") and not ends_sentence("办结，")
