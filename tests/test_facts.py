"""What a report is, read from its title, header, signature, file name and body."""

import pytest

from index.facts import facts

BODY = "一、主要工作\n" + "全年受理行政复议申请一百余件，办结率保持在较高水平，群众满意度稳步提升，各项任务按期完成。" * 3


def test_annual_report_from_its_title_and_web_header() -> None:
    got = facts(f"青川市司法局2023年法治政府建设年度报告\n信息来源：本网 发布日期：2024-01-19\n{BODY}", "a.txt")
    assert (got.title, got.unit, got.region, got.year, got.kind, got.issued) == (
        "青川市司法局2023年法治政府建设年度报告", "青川市司法局", "青川市", 2023, "法治政府建设年度报告", "2024-01-19")


def test_notice_whose_unit_stands_only_in_the_signature() -> None:
    text = f"根据市委统一部署，市委巡察组对市住建局党组开展巡察。现将巡察整改进展情况予以公布。\n{BODY}\n中共临江市住房和城乡建设局党组\n2025年9月12日"
    got = facts(text, "0912.txt")
    assert (got.unit, got.region, got.year, got.kind, got.issued) == ("临江市住房和城乡建设局", "临江市", 2025, "巡察整改通报", "2025-09-12")
    assert got.title == "临江市住房和城乡建设局巡察整改通报"


def test_work_report_dated_by_its_meeting() -> None:
    got = facts(f"政府工作报告\n——2025年1月14日在青川市第七届人民代表大会第五次会议上\n青川市市长 某某\n{BODY}", "2025_青川市_政府工作报告.txt")
    assert (got.unit, got.region, got.year, got.kind, got.issued) == ("青川市人民政府", "青川市", 2025, "政府工作报告", "2025-01-14")


@pytest.mark.parametrize(("title", "unit", "region", "kind"), [
    ("青川市望海区司法局党组关于巡察集中整改进展情况的通报", "青川市望海区司法局", "青川市望海区", "巡察整改通报"),
    ("中共白石县委办公室关于巡察整改情况的报告", "白石县委办公室", "白石县", "巡察整改通报"),
    ("2024年青川市国民经济和社会发展统计公报", "", "青川市", "统计公报"),
    ("云岭省高级人民法院2024年工作总结", "云岭省高级人民法院", "云岭省", "工作总结"),
    ("关于临江市2024年预算执行情况和2025年预算草案的报告", "", "临江市", "预算报告"),
    ("云岭自治区2025年政府工作报告", "云岭自治区人民政府", "云岭自治区", "政府工作报告"),
])
def test_titles(title: str, unit: str, region: str, kind: str) -> None:
    got = facts(f"{title}\n{BODY}", "x.txt")
    assert (got.title, got.unit, got.region, got.kind) == (title, unit, region, kind)


def test_a_title_over_two_lines() -> None:
    got = facts(f"廉政公告\n{BODY}", "x.txt")
    assert got.title == "廉政公告"
    assert facts(f"白石县民政局2024年\n工作总结\n{BODY}", "x.txt").title == "白石县民政局2024年工作总结"


def test_the_first_year_of_a_title_that_looks_back_and_ahead() -> None:
    got = facts(f"青川市民政局2024年工作总结和2025年工作打算\n{BODY}", "x.txt")
    assert (got.title, got.year, got.kind) == ("青川市民政局2024年工作总结和2025年工作打算", 2024, "工作总结")


def test_each_fact_says_where_it_was_read_and_the_unit_what_it_is_called() -> None:
    text = f"青川市司法局关于2024年工作情况的报告\n青司〔2025〕12号\n{BODY}\n青川市司法局\n2025年1月20日"
    got = facts(text, "2024.txt")
    assert got.number == "青司〔2025〕12号"
    assert got.aliases == ("青川司法局", "市司法局")
    assert dict(got.read_from) == {"title": "标题", "unit": "标题", "region": "标题", "year": "标题", "kind": "标题",
                                   "issued": "落款", "number": "抬头"}


def test_chinese_date_and_dates_in_a_sentence() -> None:
    assert facts(f"青川市财政局工作总结\n{BODY}\n青川市财政局\n二〇二四年十二月三日", "x.txt").issued == "2024-12-03"
    assert facts(f"青川市财政局工作总结\n{BODY}\n公开期限：2025年9月12日至9月26日。", "x.txt").issued == ""


def test_nothing_is_made_up_where_the_report_is_silent() -> None:
    got = facts("会议强调，要继续努力，把各项工作做得更好，让群众更加满意，不辜负期待。", "备忘.txt")
    assert (got.unit, got.region, got.year, got.kind, got.issued) == ("", "", None, "", "")
    assert got.title == "备忘"
