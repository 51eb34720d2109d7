"""What a report is, read from its title, header, signature, file name and body."""

import pytest

from index.facts import aliases, facts

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


@pytest.mark.parametrize(("head", "title", "unit", "region", "year", "kind", "issued"), [
    ("云岭省高级人民法院工作报告\n——2025年1月18日在云岭省第十四届人民代表大会第三次会议上\n云岭省高级人民法院院长　周某",
     "云岭省高级人民法院工作报告", "云岭省高级人民法院", "云岭省", 2025, "法院工作报告", "2025-01-18"),
    ("青川市人民检察院工作报告\n（2025年2月20日在青川市第七届人民代表大会第五次会议上）",
     "青川市人民检察院工作报告", "青川市人民检察院", "青川市", 2025, "检察院工作报告", "2025-02-20"),
    ("政府工作报告\n——2025年1月8日在白石县第十七届人民代表大会第四次会议上\n县长  梁某",
     "政府工作报告", "白石县人民政府", "白石县", 2025, "政府工作报告", "2025-01-08"),
    ("中国人民政治协商会议青川市第七届委员会常务委员会工作报告\n（2025年1月12日在政协青川市第七届委员会第四次会议上）",
     "中国人民政治协商会议青川市第七届委员会常务委员会工作报告", "政协青川市委员会", "青川市", 2025, "政协工作报告", "2025-01-12"),
    ("望海区卫生健康局2024年政府信息公开工作年度报告\n发布日期：2025-01-22 信息来源：望海区卫生健康局 浏览次数：132",
     "望海区卫生健康局2024年政府信息公开工作年度报告", "望海区卫生健康局", "望海区", 2024, "政府信息公开工作年度报告", "2025-01-22"),
    ("云岭师范大学2023-2024学年信息公开工作年度报告", "云岭师范大学2023-2024学年信息公开工作年度报告", "云岭师范大学", "", 2023,
     "信息公开年度报告", ""),
    ("临江市第二人民医院2024年工作总结暨2025年工作计划", "临江市第二人民医院2024年工作总结暨2025年工作计划", "临江市第二人民医院", "临江市",
     2024, "工作总结", ""),
    ("临江市文化广电旅游局2023年度部门决算\n目    录", "临江市文化广电旅游局2023年度部门决算", "临江市文化广电旅游局", "临江市", 2023, "决算报告", ""),
    ("2025年望海区东港街道办事处部门预算公开", "2025年望海区东港街道办事处部门预算公开", "望海区东港街道办事处", "望海区东港街道", 2025, "部门预算", ""),
    ("望海区2024年国民经济和社会发展统计公报[1]\n望海区统计局\n2025年3月28日", "望海区2024年国民经济和社会发展统计公报", "望海区统计局",
     "望海区", 2024, "统计公报", "2025-03-28"),
    ("青川市审计局审计结果公告\n（2024年第3号 总第57号）\n2024年11月8日公告", "青川市审计局审计结果公告", "青川市审计局", "青川市", 2024,
     "审计报告", "2024-11-08"),
    ("青川市中级人民法院\n2023年行政审判白皮书\n2024年5月", "青川市中级人民法院2023年行政审判白皮书", "青川市中级人民法院", "青川市", 2023,
     "白皮书", ""),
    ("关于白石县2024年国民经济和社会发展计划执行情况\n与2025年国民经济和社会发展计划草案的报告\n白石县发展和改革局",
     "关于白石县2024年国民经济和社会发展计划执行情况与2025年国民经济和社会发展计划草案的报告", "白石县发展和改革局", "白石县", 2024,
     "国民经济和社会发展计划报告", ""),
    ("中共青川市教育局委员会关于巡察整改进展情况的通报\n发布时间：2024-12-20 来源：青川市纪委监委网站",
     "中共青川市教育局委员会关于巡察整改进展情况的通报", "青川市教育局", "青川市", 2024, "巡察整改通报", "2024-12-20"),
    ("2024年青川市知识产权保护状况\n青川市市场监督管理局（知识产权局）\n2025年4月26日", "2024年青川市知识产权保护状况",
     "青川市市场监督管理局", "青川市", 2024, "", "2025-04-26"),
    ("青川水务集团有限公司2024年度社会责任报告\n本报告时间范围为2024年1月1日至2024年12月31日。", "青川水务集团有限公司2024年度社会责任报告",
     "青川水务集团有限公司", "", 2024, "报告", ""),
    ("青川仲裁委员会2024年度工作报告", "青川仲裁委员会2024年度工作报告", "青川仲裁委员会", "", 2024, "工作报告", ""),
    ("青川市公安局望海分局2024年度法治政府建设年度报告", "青川市公安局望海分局2024年度法治政府建设年度报告", "青川市公安局望海分局", "青川市",
     2024, "法治政府建设年度报告", ""),
])
def test_reports_of_other_offices(head: str, title: str, unit: str, region: str, year: int, kind: str, issued: str) -> None:
    got = facts(f"{head}\n{BODY}", "x.txt")
    assert (got.title, got.unit, got.region, got.year, got.kind, got.issued) == (title, unit, region, year, kind, issued)


def test_a_document_with_a_red_head() -> None:
    head = "白石县人民政府文件\n白政〔2024〕18号\n签发人：梁某\n白石县人民政府关于2023年度法治政府建设情况的报告\n青川市人民政府："
    text = f"{head}\n{BODY}\n白石县人民政府\n2024年2月26日\n（此件公开发布）"
    got = facts(text, "x.txt")
    assert (got.title, got.unit, got.number, got.year, got.issued) == (
        "白石县人民政府关于2023年度法治政府建设情况的报告", "白石县人民政府", "白政〔2024〕18号", 2023, "2024-02-26")


def test_a_report_signed_in_january_is_about_the_year_that_it_speaks_of() -> None:
    text = f"望海区司法局法治政府建设工作情况报告\n2024年，望海区司法局认真履行职责。\n{BODY}\n望海区司法局\n2025年1月15日"
    got = facts(text, "x.txt")
    assert (got.year, dict(got.read_from)["year"], got.issued) == (2024, "正文", "2025-01-15")


@pytest.mark.parametrize(("unit", "region", "called"), [
    ("青川市望海区司法局", "青川市望海区", ("望海司法局", "区司法局", "望海区司法局")),
    ("临江市人民政府", "临江市", ("临江人民政府", "市人民政府", "临江市政府")),
    ("青川市中级人民法院", "青川市", ("青川中级人民法院", "市中级人民法院", "青川市中院")),
    ("云岭回族自治区司法厅", "云岭回族自治区", ("云岭司法厅", "自治区司法厅")),
    ("政协青川市委员会", "青川市", ("青川市政协",)),
    ("青川仲裁委员会", "", ()),
])
def test_what_units_are_called(unit: str, region: str, called: tuple[str, ...]) -> None:
    assert aliases(unit, region) == called


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
