"""A Word file: numbers that Word counts, headings by style, tables, notes, and what is on the page but not in the text."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.load import load
from index.outline import number
from index.readers.numbering import chinese, written

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
STYLES = "".join(
    f'<w:style w:type="paragraph" w:styleId="{id}"><w:name w:val="{name}"/>{more}</w:style>'
    for id, name, more in [("T", "Title", ""), ("1", "heading 1", ""), ("2", "heading 2", ""), ("a3", "我的标题", '<w:basedOn w:val="1"/>'),
                           ("num", "编号正文", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'),
                           ("out", "大纲", '<w:pPr><w:outlineLvl w:val="1"/></w:pPr>')])
LEVELS = [("chineseCountingThousand", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3."), ("decimal", "%1.%2.%3.%4"),
          ("bullet", "•"), ("decimalEnclosedCircle", "%6")]
NUMBERING = (
    '<w:abstractNum w:abstractNumId="0">'
    + "".join(f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
              for i, (form, text) in enumerate(LEVELS))
    + '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="0"/>'
      '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>')


def word(path: Path, body: str, footnotes: str = "") -> Path:
    """The smallest Word file with this body."""
    parts = {"document": f"<w:body>{body}</w:body>", "styles": STYLES, "numbering": NUMBERING, "footnotes": footnotes}
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                         '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                         + "".join(f'<Override PartName="/word/{part}.xml" ContentType="{TYPE}.{part}{".main" * (part == "document")}+xml"/>'
                                   for part in parts) + "</Types>")
        package.writestr("_rels/.rels", '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                         f'<Relationship Id="r1" Type="{REL}/officeDocument" Target="word/document.xml"/></Relationships>')
        package.writestr("word/_rels/document.xml.rels", '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                         + "".join(f'<Relationship Id="r{i}" Type="{REL}/{part}" Target="{part}.xml"/>'
                                   for i, part in enumerate(parts) if part != "document") + "</Relationships>")
        for part, xml in parts.items():
            package.writestr(f"word/{part}.xml", f"<w:{part} {W}>{xml}</w:{part}>")
    return path


def p(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def listed(text: str, level: int, id: int = 1, style: str = "") -> str:
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return p(text, f'{named}<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{id}"/></w:numPr>')


def got(tmp_path: Path, body: str, footnotes: str = "") -> list[str]:
    return load(word(tmp_path / "文.docx", body, footnotes)).text.split("\n")


def test_numbers_are_counted_as_word_counts_them(tmp_path: Path) -> None:
    body = (listed("总体情况", 0) + listed("组织领导", 1) + listed("开会", 2) + listed("发文", 2) + listed("督查", 1) + listed("通报", 2)
            + listed("存在问题", 0) + listed("力量不足", 1) + listed("圆圈", 5) + listed("圆点", 4))
    assert got(tmp_path, body) == ["一、总体情况", "（一）组织领导", "1.开会", "2.发文", "（二）督查", "1.通报", "二、存在问题", "（一）力量不足",
                                   "①圆圈", "圆点"]


def test_a_number_made_of_several_levels(tmp_path: Path) -> None:
    assert got(tmp_path, listed("甲", 0) + listed("乙", 1) + listed("丙", 2) + listed("丁", 3))[-1] == "一.一.1.1 丁"


def test_a_second_list_begins_again_only_where_it_says_so(tmp_path: Path) -> None:
    assert got(tmp_path, listed("甲", 0) + listed("乙", 0) + listed("丙", 0, 2) + listed("丁", 0, 2)) == ["一、甲", "二、乙", "一、丙", "二、丁"]


def test_a_number_that_comes_with_the_style_and_one_taken_away(tmp_path: Path) -> None:
    away = p("没有编号", '<w:pStyle w:val="num"/><w:numPr><w:numId w:val="0"/></w:numPr>')
    assert got(tmp_path, p("甲", '<w:pStyle w:val="num"/>') + away + p("乙", '<w:pStyle w:val="num"/>')) == ["一、甲", "没有编号", "二、乙"]


def test_headings_by_style_by_inherited_style_and_by_outline_level(tmp_path: Path) -> None:
    body = (p("青川市报告", '<w:pStyle w:val="T"/>') + p("一、甲", '<w:pStyle w:val="1"/>') + p("（一）乙", '<w:pStyle w:val="2"/>')
            + p("二、丙", '<w:pStyle w:val="a3"/>') + p("（一）丁", '<w:pStyle w:val="out"/>') + p("正文。"))
    assert got(tmp_path, body) == ["# 青川市报告", "## 一、甲", "### （一）乙", "## 二、丙", "### （一）丁", "正文。"]


def test_the_only_first_level_heading_is_the_title(tmp_path: Path) -> None:
    body = p("青川市报告", '<w:pStyle w:val="1"/>') + p("一、甲", '<w:pStyle w:val="2"/>') + p("二、乙", '<w:pStyle w:val="2"/>')
    assert got(tmp_path, body) == ["# 青川市报告", "## 一、甲", "## 二、乙"]


def test_a_table_in_place_with_merged_cells(tmp_path: Path) -> None:
    def tc(text: str, properties: str = "") -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"

    span, start, on = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    table = ("<w:tbl>" + f"<w:tr>{tc('县区', start)}{tc('行政复议', span)}</w:tr>" + f"<w:tr>{tc('', on)}{tc('受理')}{tc('审结')}</w:tr>"
             + f"<w:tr>{tc('白石县')}{tc('36')}{tc('31')}</w:tr>" + "</w:tbl>")
    assert got(tmp_path, p("见下表。") + table + p("以上。")) == ["见下表。", "县区：白石县，行政复议/受理：36，行政复议/审结：31。", "以上。"]


def test_a_table_that_lays_out_the_page_is_text(tmp_path: Path) -> None:
    table = f"<w:tbl><w:tr><w:tc>{p('一、甲')}{p('正文。')}</w:tc></w:tr></w:tbl>"
    assert got(tmp_path, table) == ["一、甲", "正文。"]


def test_a_footnote_follows_its_paragraph_and_does_not_cut_its_sentence(tmp_path: Path) -> None:
    body = ('<w:p><w:r><w:t>受理36件</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:t>，办结31件。</w:t></w:r></w:p>' + p("下一段。"))
    notes = f'<w:footnote w:type="separator" w:id="0">{p("线")}</w:footnote><w:footnote w:id="2">{p("含上年结转5件。")}</w:footnote>'
    assert got(tmp_path, body, notes) == ["受理36件，办结31件。", "注：含上年结转5件。", "下一段。"]


def test_what_the_page_does_not_show_is_not_read(tmp_path: Path) -> None:
    body = ('<w:p><w:r><w:t>受理</w:t></w:r><w:del><w:r><w:delText>35</w:delText></w:r></w:del><w:ins><w:r><w:t>36</w:t></w:r></w:ins>'
            '<w:r><w:t>件</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>暗字</w:t></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>'
            '<w:hyperlink><w:r><w:t>，见附件</w:t></w:r></w:hyperlink><w:r><w:t>。</w:t></w:r></w:p>')
    assert got(tmp_path, body) == ["受理36件，见附件。"]


def test_text_inside_content_controls_and_text_boxes(tmp_path: Path) -> None:
    body = (f"<w:sdt><w:sdtContent>{p('控件里的一段。')}</w:sdtContent></w:sdt>"
            f"<w:p><w:r><w:t>正文。</w:t></w:r><w:r><w:pict><w:txbxContent>{p('框里的字。')}</w:txbxContent></w:pict></w:r></w:p>")
    assert got(tmp_path, body) == ["控件里的一段。", "正文。", "框里的字。"]


@given(st.integers(1, 999))
def test_numbers_in_words_are_read_back_by_the_outline(value: int) -> None:
    assert number(chinese(value).replace("零", "")) == value


@pytest.mark.parametrize(("value", "form", "text"), [
    (12, "chineseCounting", "十二"), (105, "chineseCountingThousand", "一百零五"), (10, "japaneseCounting", "十"), (2024, "ideographDigital", "二〇二四"),
    (3, "decimalEnclosedCircle", "③"), (4, "upperRoman", "IV"), (28, "lowerLetter", "bb"), (7, "decimalZero", "07"),
    (21, "decimalEnclosedCircle", "21"), (3, "chineseLegalSimplified", "叁"), (5, "decimalFullWidth", "５"), (6, "nonsense", "6"),
])
def test_formats_of_numbers(value: int, form: str, text: str) -> None:
    assert written(value, form) == text


DRAWN, PUT = "<w:lastRenderedPageBreak/>", '<w:br w:type="page"/>'


def runs(*parts: str, properties: str = "") -> str:
    """A paragraph of texts and breaks."""
    inner = "".join(part if part.startswith("<") else f"<w:t>{part}</w:t>" for part in parts)
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r>{inner}</w:r></w:p>"


def sheets(tmp_path: Path, body: str, counted: int | None = None) -> list[list[str]]:
    """Lines of each page; `counted`: how many pages the file says it has."""
    path = word(tmp_path / "页.docx", body)
    if counted is not None:
        with zipfile.ZipFile(path) as package:
            parts = {name: package.read(name).decode() for name in package.namelist()}
        parts["_rels/.rels"] = parts["_rels/.rels"].replace("</Relationships>", f'<Relationship Id="app" Type="{REL}/extended-properties" '
                                                            'Target="docProps/app.xml"/></Relationships>')
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
            "</Types>", '<Override PartName="/docProps/app.xml" ContentType="application/xml"/></Types>')
        parts["docProps/app.xml"] = f"<Properties><Pages>{counted}</Pages></Properties>"
        with zipfile.ZipFile(path, "w") as package:
            for name, part in parts.items():
                package.writestr(name, part)
    return [[line for line in sheet.split("\n") if line.strip()] for sheet in load(path).text.split("\f")]


LONG = "全年办结行政复议案件三百一十二件，其中调解结案八十六件，经行政复议后提起行政诉讼的有二十一件，"


def test_pages_begin_where_word_drew_them(tmp_path: Path) -> None:
    body = p("第一页。") + runs(LONG, DRAWN, "同比下降。") + p("第二页。") + runs(PUT) + runs(DRAWN, "第三页。") + p("仍是第三页。")
    assert sheets(tmp_path, body) == [["第一页。", LONG], ["同比下降。", "第二页。"], ["第三页。", "仍是第三页。"]]


def test_a_paragraph_cut_in_its_first_line_and_a_heading_stay_whole(tmp_path: Path) -> None:
    body = p("第一页。") + runs("共有", DRAWN, "36件。") + runs("总体", DRAWN, "情况", properties='<w:pStyle w:val="1"/>')
    assert sheets(tmp_path, body) == [["第一页。"], ["共有36件。"], ["## 总体情况"]]


def test_a_paragraph_over_two_pages_is_one_again(tmp_path: Path) -> None:
    from index.read import read

    report = read(word(tmp_path / "页.docx", p("白石县司法局工作总结") + runs(LONG, DRAWN, "同比下降。") + p("第二页。")))
    assert LONG + "同比下降。" in report.text.split("\n")
    assert [page.number for page in report.pages] == [1, 2]
    assert report.page_at(report.text.index("同比")) == 2


def test_breaks_that_a_writer_put_in_count_where_they_are_all_there_are(tmp_path: Path) -> None:
    body = p("第一页。") + runs(PUT, "第二页。") + p("第三页。", "<w:pageBreakBefore/>") + p("末段。", "<w:sectPr/>") + p("第四页。")
    assert sheets(tmp_path, body, counted=4) == [["第一页。"], ["第二页。"], ["第三页。", "末段。"], ["第四页。"]]
    assert len(sheets(tmp_path, body, counted=9)) == 1, "other pages overflowed: nobody knows where"
    assert len(sheets(tmp_path, body)) == 1


def test_a_table_over_two_pages(tmp_path: Path) -> None:
    def row(*cells: str) -> str:
        return "<w:tr>" + "".join(f"<w:tc><w:p><w:r>{cell}</w:r></w:p></w:tc>" for cell in cells) + "</w:tr>"

    def t(text: str) -> str:
        return f"<w:t>{text}</w:t>"

    body = "<w:tbl>" + row(t("县区"), t("受理")) + row(t("白石县"), t("36")) + row(DRAWN + t("柳溪县"), t("18")) + "</w:tbl>"
    assert sheets(tmp_path, body) == [["县区：白石县，受理：36。"], ["县区：柳溪县，受理：18。"]]
