"""Which reports a question means, and what it asks for; all places are fictional unless they are provinces."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.types import Facts, ReportRef
from retrieval.question.asks import asks, asks_for_several, words
from retrieval.question.divisions import short_name
from retrieval.question.understand import LONGEST, QuestionError, groups, normalise, to_the_point, understand
from retrieval.question.years import covered, latest, plain_years, relative_years, years
from retrieval.types import Question

ANNUAL, WORK, NOTICE = "法治政府建设年度报告", "政府工作报告", "巡察整改通报"


def ref(row: int, unit: str, region: str, year: int | None, kind: str) -> ReportRef:
    title = f"{unit}{year or ''}{kind}"
    return ReportRef(row, f"id{row}", f"/r/{row}.txt", f"{row}.txt", Facts(title, unit, region, year, kind), 4000, 40)


REPORTS = (
    ref(1, "青川市司法局", "青川市", 2023, ANNUAL),
    ref(2, "青川市司法局", "青川市", 2024, ANNUAL),
    ref(3, "青川市第一人民法院", "青川市", 2025, NOTICE),
    ref(4, "临江市司法局", "临江市", 2024, ANNUAL),
    ref(5, "白石县人民政府", "白石县", 2025, WORK),
    ref(6, "云岭省青川市望海区教育局", "云岭省青川市望海区", 2024, NOTICE),
    ref(7, "青川市发展和改革委员会", "青川市", 2024, "工作总结"),
    ref(8, "广东省人民政府", "广东省", 2026, WORK),
    ref(9, "内蒙古自治区人民政府", "内蒙古自治区", 2026, WORK),
    ref(10, "西藏自治区人民政府", "西藏自治区", 2026, WORK),
    ref(11, "上海市人民政府", "上海市", 2026, WORK),
    ref(12, "海南省人民政府", "海南省", 2026, WORK),
)
EVERY = frozenset(r.row for r in REPORTS)
MENTIONED = {"柳溪县": {5}, "柳溪": {5}, "2019": {5}, "广东省政务服务": {1, 2}, "办公室": {1}}


def holders(name: str) -> Collection[int]:
    return MENTIONED.get(name, set())


def asked(text: str, without: Collection[str] = ()) -> Question:
    return understand(text, REPORTS, without, holders=holders)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("青川市司法局收到多少件行政复议申请？", {1, 2}),
        ("青川司法局有几个科室", {1, 2}),
        ("青川市局的电话", {1, 2}),
        ("青川一院结案率多少", {3}),
        ("青川市第一法院有几名法官", {3}),
        ("青川发改委批了几个项目", {7}),
        ("青川有几个公证处", {1, 2, 3, 6, 7}),
        ("望海区有几所学校", {6}),
        ("望海教育局的电话是多少", {6}),
        ("云岭省青川市望海区有几所学校", {6}),
        ("云岭省有几所学校", {6}),
        ("白石县政府今年要做什么", {5}),
        ("白石去年粮食产量", {5}),
        ("粤去年服务贸易额多少", {8}),
        ("内蒙今年投资多少", {9}),
        ("西藏2026年目标是多少", {10}),
        ("沪粤两地今年GDP目标", {8, 11}),
        ("青川司法局和临江司法局谁办案多", {1, 2, 4}),
        ("青川和临江司法局谁办案多", {1, 2, 4}),
        ("青川、临江两地司法局各办了多少法援案件", {1, 2, 4}),
    ],
)
def test_the_reports_that_a_question_names(text: str, rows: set[int]) -> None:
    question = asked(text)

    assert question.nothing == ""
    assert question.allowed == frozenset(rows)


@pytest.mark.parametrize(
    "text",
    [
        "收到多少件行政复议申请？",
        "上门服务有几种",
        "《青川市湿地保护条例》什么时候施行？",
        "黄河南岸绿化了多少亩",
        "全市有多少个社区",
        "哪座城市最早试点",
        "基层司法所有几个",
        "经济开发区的产值",
    ],
)
def test_a_question_that_names_none_is_left_open(text: str) -> None:
    question = asked(text)

    assert (question.nothing, question.chips, question.allowed) == ("", (), None)


def test_a_short_name_inside_another_word_is_no_name() -> None:
    assert asked("上海南部发展怎样").allowed == frozenset({11})  # and not 海南
    assert asked("青川路修了多少公里").chips == ()


def test_a_region_that_begins_the_name_of_a_thing_does_not_filter() -> None:
    assert asked("在广东省政务服务一张网上办了多少件？").allowed is None
    assert asked("广东省去年财政收入多少？").allowed == frozenset({8})


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("平川市司法局收到多少件申请？", "平川市司法局"),
        ("2024年平川县粮食产量多少", "平川县"),
        ("柳溪县司法局去年办了几件法律援助", "柳溪县司法局"),
        ("湖南去年粮食产量多少", "湖南"),
        ("湘去年粮食产量多少", "湖南"),
        ("青川市水利局管几座水库", "青川市水利局"),
    ],
)
def test_a_name_that_no_report_has_is_refused_with_the_nearest(text: str, named: str) -> None:
    question = asked(text)

    assert question.allowed == frozenset()
    assert f"没有“{named}”的报告" in question.nothing and "最接近的有" in question.nothing


def test_a_name_that_stands_inside_the_reports_is_left_open() -> None:
    assert asked("跟柳溪县联合执法几次").nothing == ""


def test_a_year_picks_among_one_unit_s_yearly_reports() -> None:
    question = asked("青川市司法局2023年收到多少件申请？")

    assert question.allowed == frozenset({1})
    assert [(chip.slot, chip.value, chip.said) for chip in question.chips] == [
        ("unit", "青川市司法局", "青川市司法局"),
        ("year", "2023", "2023年"),
    ]


def test_a_year_restricts_nothing_where_that_is_not_safe() -> None:
    assert asked("青川市司法局2023年和2024年各收到多少件？").allowed == frozenset({1, 2})
    assert asked("白石县2024年粮食产量多少？").allowed == frozenset({5})  # the work report of 2025 looks back
    assert asked("青川司法局去年收到多少件").allowed == frozenset({1, 2})
    assert asked("2024年青川司法局打算做什么").allowed == frozenset({1, 2})  # a plan stands in the report before


def test_a_year_that_no_report_is_about_or_mentions_is_refused() -> None:
    assert "没有讲到2011年" in asked("临江市司法局2011年收到多少件申请？").nothing
    assert asked("白石县2019年粮食产量多少？").nothing == ""  # its text speaks of 2019


def test_a_chip_can_be_taken_off() -> None:
    text = "青川市司法局2023年收到多少件申请？"

    assert asked(text, without=["year:2023"]).allowed == frozenset({1, 2})
    assert asked(text, without=["unit:青川市司法局", "year:2023"]).chips == ()


def test_the_rest_is_the_question_without_its_names_and_with_whole_years() -> None:
    assert asked("青川市司法局24年收到多少件申请").rest == "2024年收到多少件申请"
    assert asked("连续25年平安").rest == "连续25年平安"


def test_a_kind_said_in_full_restricts() -> None:
    question = asked("青川的法治政府建设年度报告里说了哪些不足？")

    assert question.allowed == frozenset({1, 2})
    assert ("kind", ANNUAL) in [(chip.slot, chip.value) for chip in question.chips]


def test_groups_hold_the_reports_of_each_unit_named() -> None:
    question = asked("青川司法局和白石县分别有多少人？")

    assert [rows for _, rows in groups(question, REPORTS)] == [frozenset({1, 2}), frozenset({5})]
    assert groups(asked("有多少人？"), REPORTS) == [("", EVERY)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("收到多少件申请？", "number"),
        ("出勤率有多高", "number"),
        ("来了几个人", "number"),
        ("入住率有几成", "number"),
        ("哪一天印发的？", "date"),
        ("什么时候开始施行", "date"),
        ("多久开一次会", "date"),
        ("从哪天起提高标准？", "date"),
        ("组长由谁担任？", "name"),
        ("新系统叫什么名字", "name"),
        ("出台了什么文件？", "name"),
        ("哪个村获奖", "name"),
        ("有哪些不足？", "list"),
        ("推行了哪几种方式？", "list"),
        ("那三个品牌叫啥名", "list"),
        ("怎样加强监督？", "how"),
        ("靠什么办法防止超期？", "how"),
        ("为什么没有完成目标？", "why"),
        ("有没有发现问题", "yesno"),
        ("目标实现了吗？", "yesno"),
        ("两地哪个高？", "compare"),
        ("比上年多了还是少了？", "compare"),
        ("介绍一下法律援助", "other"),
    ],
)
def test_what_is_asked_for(text: str, kind: str) -> None:
    assert asks(text) == kind


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2023年", (2023,)),
        ("23年办了几件", (2023,)),
        ("2023—2025年", (2023, 2025)),
        ("2024年比2023年多", (2024, 2023)),
        ("《2021年工作要点》", ()),
        ("连续25年平安", ()),
        ("2024件", ()),
        ("2025年一季度", (2025,)),
    ],
)
def test_years_named(text: str, found: tuple[int, ...]) -> None:
    assert years(text) == found


def test_relative_years_count_from_the_report_s_own() -> None:
    assert relative_years("去年办结", 2024) == (2023,)
    assert relative_years("今年目标", 2024) == (2024,)
    assert relative_years("比上年增加77%", 2024) == ()
    assert relative_years("去年办结", None) == ()


def test_how_many_answers_are_asked_for() -> None:
    assert asks_for_several("收到多少件？") == 1
    assert asks_for_several("收到多少件，办结多少件？") == 2
    assert asks_for_several("各有多少件？") == 3


@pytest.mark.parametrize(
    ("region", "short"),
    [("青川市", "青川"), ("云岭省", "云岭"), ("内蒙古自治区", "内蒙古"), ("西藏自治区", "西藏"), ("广西壮族自治区", "广西"),
     ("红河哈尼族彝族自治州", "红河"), ("泽县", "泽县")],
)  # fmt: skip
def test_short_names_of_regions(region: str, short: str) -> None:
    assert short_name(region) == short


def test_content_words_hold_no_question_words() -> None:
    found = words("服务贸易做到多大规模？一共收到多少件申请")

    assert {"服务", "贸易", "收到", "申请"} <= set(found)
    assert not {"多少", "多大", "大规模", "一共", "件"} & set(found)


@pytest.mark.parametrize("text", ["", "   ", "？！", "\n\t"])
def test_an_empty_question_is_refused(text: str) -> None:
    with pytest.raises(QuestionError, match="问题是空的"):
        understand(text, REPORTS)


def test_a_question_over_the_limit_is_refused() -> None:
    with pytest.raises(QuestionError, match=f"超过 {LONGEST} 个字"):
        understand("问" * (LONGEST + 1), REPORTS)
    assert understand("问" * LONGEST, REPORTS).text


def test_width_and_white_space_are_made_one() -> None:
    assert normalise("　２０２４年　 ＧＤＰ\n增长多少") == "2024年 GDP 增长多少"


@given(st.text("青川临江白石望海市县区省司法局法院2024年去今粤沪，、和的多少件《》“”? ", min_size=1, max_size=60))
def test_any_question_is_understood_within_the_corpus(text: str) -> None:
    try:
        question = understand(text, REPORTS, holders=holders)
    except QuestionError:
        return
    restricting = [chip for chip in question.chips if chip.slot != "spelling"]
    assert (question.allowed is None) == (not restricting and not question.nothing)
    if question.allowed is not None:
        assert question.allowed <= EVERY
        assert bool(question.allowed) != bool(question.nothing)
    assert question.rest
    again = understand(text, REPORTS, [f"{chip.slot}:{chip.value}" for chip in question.chips], holders=holders)
    assert not set(again.chips) & set(question.chips)


# ---- places of the country: the units are invented, the places are not

PROVINCE = (
    ref(1, "长沙市司法局", "长沙市", 2023, ANNUAL),
    ref(2, "岳阳市司法局", "岳阳市", 2023, ANNUAL),
    ref(3, "岳阳市岳阳楼区教育局", "岳阳市岳阳楼区", 2024, NOTICE),
    ref(4, "青川市司法局", "青川市", 2023, ANNUAL),
)
WITH_ITS_OWN = (*PROVINCE, ref(5, "湖南省人民政府", "湖南省", 2026, WORK))


def of(text: str, reports: tuple[ReportRef, ...], mentioned: Collection[str] = ()) -> Question:
    return understand(text, reports, holders=lambda name: {1} if name in mentioned else set())


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("湖南有几家公证处", {1, 2, 3}),
        ("湘去年收到多少件申请", {1, 2, 3}),
        ("湖南各市收到多少件申请", {1, 2, 3}),
        ("湖南各市司法局收到多少件", {1, 2}),
        ("湖南长沙收到多少件", {1}),
        ("湖南省长沙市司法局收到多少件", {1}),
        ("湖南的岳阳楼区有几所学校", {3}),
        ("岳阳市有几所学校", {2, 3}),
        ("岳阳楼教育局的电话", {3}),
    ],
)
def test_a_place_that_no_report_is_of_stands_for_the_places_in_it(text: str, rows: set[int]) -> None:
    question = of(text, PROVINCE)

    assert question.nothing == ""
    assert question.allowed == frozenset(rows)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("湖南去年粮食产量多少", {5}),
        ("湖南的市谁收得多", {1, 2, 3}),
        ("湖南省各市司法局收到多少件", {1, 2}),
        ("湖南的市场主体有多少", {5}),
        ("湖南长沙收到多少件", {1}),
        ("省政府今年有什么目标", {5}),
        ("湖南和岳阳哪个高", {2, 3, 5}),
    ],
)
def test_a_place_with_a_report_of_its_own_means_that_one(text: str, rows: set[int]) -> None:
    question = of(text, WITH_ITS_OWN)

    assert question.nothing == ""
    assert question.allowed == frozenset(rows)


def test_a_place_that_holds_others_is_a_group_of_its_own() -> None:
    question = of("湖南和青川哪个收得多", PROVINCE)

    assert [rows for _, rows in groups(question, PROVINCE)] == [frozenset({1, 2, 3}), frozenset({4})]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("广州去年收到多少件", "广州"),
        ("广州有多少家公证处", "广州"),
        ("请问株洲司法局去年收到几件", "株洲"),
        ("湘西土家族苗族自治州收到几件", "湘西土家族苗族自治州"),
        ("跟武汉签了几份协议", "武汉"),
        ("南山去年收到几件", "南山"),
        ("湖南株洲收到几件", "株洲"),
        ("喀什去年收到几件", "喀什"),
        ("湖南省司法厅收到几件", "湖南省司法厅"),
        ("岳阳市教育局有几个科室", "岳阳市教育局"),  # its district's bureau is another
    ],
)
def test_a_place_of_the_country_that_no_report_covers_is_refused(text: str, named: str) -> None:
    question = of(text, PROVINCE)

    assert question.allowed == frozenset()
    assert f"没有“{named}”的报告" in question.nothing and "最接近的有" in question.nothing


def test_a_short_name_does_not_stand_for_another_place_of_that_name() -> None:
    reports = (ref(1, "吉林省人民政府", "吉林省", 2026, WORK), ref(2, "海南省人民政府", "海南省", 2026, WORK))

    assert "没有“吉林市”的报告" in of("吉林市今年有什么目标", reports).nothing
    assert of("吉林今年有什么目标", reports).allowed == frozenset({1})
    assert of("海南区域协调怎么推进", reports).allowed == frozenset({2})


def test_the_nearest_to_a_place_is_what_it_lies_in() -> None:
    assert "最接近的有：湖南省人民政府" in of("株洲去年收到几件", WITH_ITS_OWN).nothing


@pytest.mark.parametrize(
    "text",
    [
        "朝阳产业有哪些",
        "和平鸽放了几只",
        "白银产量多少",
        "中山大学来了几名老师",
        "北京时间几点开会",
        "南京路有几家店",
        "长沙路修了几公里",
        "平安建设搞得怎么样",
        "大同小异的问题有哪些",
        "城区绿化了多少亩",
        "国外有几家机构",
        "新城建设花了多少",
    ],
)
def test_a_place_s_name_in_an_everyday_word_is_no_place(text: str) -> None:
    question = of(text, PROVINCE)

    assert (question.nothing, question.chips, question.allowed) == ("", (), None)


def test_a_place_that_the_reports_mention_is_left_open() -> None:
    assert of("跟武汉签了几份协议", PROVINCE, ["武汉"]).allowed is None


# ---- a level instead of a name


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("县里今年要做什么", {5}),
        ("我县粮食产量多少", {5}),
        ("区里有几所学校", {6}),
        ("区教育局的电话是多少", {6}),
        ("市一院结案率多少", {3}),
        ("市发改委批了几个项目", {7}),
        ("本院有几名法官", {3}),
        ("青川的市局收到多少件", {1, 2}),
        ("望海的区教育局电话是多少", {6}),
    ],
)
def test_a_level_means_the_one_that_fits(text: str, rows: set[int]) -> None:
    question = asked(text)

    assert question.nothing == ""
    assert question.allowed == frozenset(rows)


@pytest.mark.parametrize(
    "text",
    ["市局收到多少件", "我市有几个社区", "市司法局收到几件", "省里有什么目标", "我局有几个科室", "社区里有几个网格", "本区域有几个站点", "超市里查出什么问题"],
)
def test_a_level_that_several_fit_is_left_open(text: str) -> None:
    assert (asked(text).nothing, asked(text).allowed) == ("", None)


# ---- kinds


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("青川的法治报告里说了哪些不足", {1, 2}),
        ("青川2023年年报里写了几条", {1}),
        ("整改通报里提到什么问题", {3, 6}),
        ("巡察整改报告里提到什么问题", {3, 6}),
        ("工作总结里写了几个项目", {7}),
        ("青川法治年报提到了什么", {1, 2}),
    ],
)
def test_a_kind_by_its_everyday_name_restricts(text: str, rows: set[int]) -> None:
    assert asked(text).allowed == frozenset(rows)


@pytest.mark.parametrize("text", ["听取了几次专项工作报告？", "印发了几份工作要点", "向谁提交整改报告", "开了几次述职报告会"])
def test_a_kind_that_is_spoken_of_restricts_nothing(text: str) -> None:
    assert asked(text).chips == ()


def test_a_kind_that_the_unit_has_not_is_refused_with_what_it_has() -> None:
    question = asked("白石县的整改通报里提到什么")

    assert question.allowed == frozenset()
    assert "没有问到的“整改通报”" in question.nothing and WORK in question.nothing


def test_a_kind_can_be_taken_off() -> None:
    assert asked("整改通报里提到什么问题", without=[f"kind:{NOTICE}"]).allowed is None


# ---- 文号

NUMBERED = tuple(
    replace(ref(row, unit, region, year, "通报"), facts=replace(ref(row, unit, region, year, "通报").facts, number=number))
    for row, unit, region, year, number in (
        (1, "青川市司法局", "青川市", 2023, "青司〔2023〕12号"),
        (2, "临江市司法局", "临江市", 2023, "临司〔2023〕12号"),
        (3, "临江市司法局", "临江市", 2024, "临司〔2024〕3号"),
        (4, "白石县人民政府", "白石县", 2024, ""),
    )
)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("青司〔2023〕12号通报了什么", {1}),
        ("请问临司[2023]12号里说了什么", {2}),
        ("〔2023〕12号提到几个问题", {1, 2}),
        ("【2024】3号提到几个问题", {3}),
        ("２０２４年第３号文讲了什么", {3}),
        ("临江市司法局的〔2023〕12号讲了什么", {2}),
        ("临司(2024)第3号讲了什么", {3}),
    ],
)
def test_a_document_is_found_by_its_number(text: str, rows: set[int]) -> None:
    question = of(text, NUMBERED)

    assert question.nothing == ""
    assert question.allowed == frozenset(rows)
    assert "number" in {chip.slot for chip in question.chips}


def test_a_number_that_no_report_bears_is_refused_with_those_there_are() -> None:
    question = of("青司〔2025〕1号讲了什么", NUMBERED)

    assert question.allowed == frozenset()
    assert "没有文号是“青司〔2025〕1号”的报告" in question.nothing and "青司〔2023〕12号" in question.nothing
    assert of("白司〔2023〕12号讲了什么", NUMBERED).nothing  # another unit's
    assert "不是问到的单位的报告" in of("白石县的青司〔2023〕12号讲了什么", NUMBERED).nothing


def test_a_number_that_the_reports_mention_is_left_open() -> None:
    assert of("依据云府〔2020〕8号做了什么", NUMBERED, ["云府〔2020〕8号"]).allowed is None


def test_a_number_can_be_taken_off() -> None:
    text = "青司〔2023〕12号通报了什么"
    (chip,) = of(text, NUMBERED).chips

    assert understand(text, NUMBERED, [f"{chip.slot}:{chip.value}"]).allowed is None


# ---- years

YEARLY = tuple(ref(year, "青川市司法局", "青川市", year, ANNUAL) for year in range(2020, 2025))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("青川司法局近三年收到多少件", {2022, 2023, 2024}),
        ("青川司法局最近两年收到多少件", {2023, 2024}),
        ("青川司法局2021—2023年收到多少件", {2021, 2022, 2023}),
        ("青川司法局2021年到2023年收到多少件", {2021, 2022, 2023}),
        ("青川司法局二〇二三年收到多少件", {2023}),
        ("青川司法局二零二二年收到多少件", {2022}),
        ("青川司法局22、23年分别收到多少件", {2022, 2023}),
        ("青川司法局２０２１年收到多少件", {2021}),
        ("青川司法局2022年打算做什么", {2021, 2022}),
        ("青川司法局去年收到多少件", {2020, 2021, 2022, 2023, 2024}),  # counted from no day
        ("青川司法局上一年度收到多少件", {2020, 2021, 2022, 2023, 2024}),
        ("青川司法局连续三年获得什么荣誉", {2020, 2021, 2022, 2023, 2024}),
    ],
)
def test_years_pick_among_yearly_reports(text: str, left: set[int]) -> None:
    assert of(text, YEARLY).allowed == frozenset(left)


def test_each_of_the_latest_years_is_a_chip() -> None:
    chips = [chip for chip in of("青川司法局近两年收到多少件", YEARLY).chips if chip.slot == "year"]

    assert [(chip.value, chip.said) for chip in chips] == [("2023", "近两年"), ("2024", "近两年")]
    assert understand("青川司法局近两年收到多少件", YEARLY, ["year:2023"]).allowed == frozenset({2024})


def test_years_in_words_are_figures_but_not_in_titles() -> None:
    assert plain_years("二〇二三年与二○二四年") == "2023年与2024年"
    assert plain_years("《二〇二三年要点》") == "《二〇二三年要点》"
    assert plain_years("一二三四五六年") == "一二三四五六年"


def test_a_range_covers_what_lies_between() -> None:
    assert covered("2021—2024年") == {2021, 2022, 2023, 2024}
    assert covered("2021年和2024年") == {2021, 2024}
    assert (latest("近三年"), latest("过去5年"), latest("近三年级"), latest("三年")) == (3, 5, 0, 0)


# ---- courtesies


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("请问青川市司法局收到多少件?", "青川市司法局收到多少件?"),
        ("你好，麻烦问一下青川有几家公证处，谢谢！", "青川有几家公证处"),
        ("能不能告诉我青川有几家公证处吗?", "青川有几家公证处"),
        ("我想了解一下临江的公证处", "临江的公证处"),
        ("帮我查一下临江的公证处有几家", "临江的公证处有几家"),
        ("要实现什么目标", "要实现什么目标"),
        ("能不能按期办结", "能不能按期办结"),
        ("查处了几起案件", "查处了几起案件"),
        ("想问", "想问"),
    ],
)
def test_a_question_is_taken_without_its_courtesies(text: str, point: str) -> None:
    assert to_the_point(text) == point


def test_courtesies_change_neither_the_reports_nor_what_is_asked() -> None:
    plain, polite = asked("青川市司法局2023年收到多少件申请"), asked("请问能不能告诉我青川市司法局2023年到底收到多少件申请吗？谢谢")

    assert (polite.allowed, polite.asks, polite.rest) == (plain.allowed, "number", plain.rest)
    assert "没有“平川市”的报告" in asked("麻烦问一下，平川市去年收到几件").nothing
