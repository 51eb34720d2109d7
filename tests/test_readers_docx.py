"""A Word file: numbers that Word counts, headings by style, tables, notes, and what is on the page but not in the text."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import limits
from index.load import load
from index.outline import number
from index.readers.docx import equation
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


M = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


def m(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def t(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def tr(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>" + "".join(f"<w:tc>{cell if cell.startswith('<') else p(cell)}</w:tc>" for cell in cells) + "</w:tr>"


def test_a_row_that_begins_a_column_later(tmp_path: Path) -> None:
    later = tr("柳溪镇", "215", properties='<w:gridBefore w:val="1"/>')
    table = f"<w:tbl>{tr('片区', '乡镇', '就业')}{tr('东片', '长滩镇', '812')}{later}</w:tbl>"
    assert got(tmp_path, table) == ["片区：东片，乡镇：长滩镇，就业：812。", "乡镇：柳溪镇，就业：215。"]


def test_a_second_header_inside_a_table(tmp_path: Path) -> None:
    table = (f"<w:tbl>{tr('指标', '本期', '上年同期', '增减')}{tr('收入', '47.6', '56.9', '-16.3%')}{tr('', '本期末', '上年末', '增减')}"
             f"{tr('资产', '298.6', '306.2', '-2.5%')}</w:tbl>")
    assert got(tmp_path, table) == ["指标：收入，本期：47.6，上年同期：56.9，增减：-16.3%。", "指标：资产，本期末：298.6，上年末：306.2，增减：-2.5%。"]


def test_a_form_is_names_and_values(tmp_path: Path) -> None:
    wide = f'<w:tc>{p("备注")}</w:tc><w:tc><w:tcPr><w:gridSpan w:val="3"/></w:tcPr>{p("分两期建设")}</w:tc>'
    table = f"<w:tbl>{tr('项目名称', '城东水厂', '单位', '水务局')}{tr('负责人', '赵启明', '总投资金额', '1.2亿元')}<w:tr>{wide}</w:tr></w:tbl>"
    assert got(tmp_path, table) == ["项目名称：城东水厂，单位：水务局。", "负责人：赵启明，总投资金额：1.2亿元。", "备注：分两期建设。"]


def test_a_table_inside_a_cell_follows_its_row_and_a_deleted_row_is_gone(tmp_path: Path) -> None:
    inner = f"<w:tbl>{tr('年份', '金额')}{tr('2023年', '12')}{tr('2024年', '13')}</w:tbl>"
    table = (f"<w:tbl>{tr('单位', '人数', '明细')}{tr('水务局', '36', p('见内表') + inner + p(''))}{tr('旧局', '9', '无', properties='<w:del/>')}"
             f"{tr('林业局', '18', '略')}</w:tbl>")
    assert got(tmp_path, table) == ["单位：水务局，人数：36，明细：见内表。", "年份：2023年，金额：12。", "年份：2024年，金额：13。",
                                    "单位：林业局，人数：18，明细：略。"]


def test_ticks_of_symbol_fonts_and_of_boxes(tmp_path: Path) -> None:
    w14 = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'

    def box(on: int, inner: str) -> str:
        return f'<w:sdt {w14}><w:sdtPr><w14:checkbox><w14:checked w14:val="{on}"/></w14:checkbox></w:sdtPr><w:sdtContent>{inner}</w:sdtContent></w:sdt>'

    old = ('<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox></w:ffData></w:fldChar></w:r>'
           '<w:r><w:instrText> FORMCHECKBOX </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>')
    body = (f'<w:p><w:r><w:sym w:font="Wingdings 2" w:char="F052"/></w:r>{t("是")}<w:r><w:sym w:font="Wingdings" w:char="F0A8"/></w:r>{t("否")}</w:p>'
            f'<w:p>{t("R同意", "<w:rFonts w:ascii=" + chr(34) + "Wingdings 2" + chr(34) + "/>")}</w:p>'
            f"<w:p>{box(1, t('☑'))}{t('公开')}{box(0, '')}{t('不公开')}</w:p><w:p>{old}{t('续期')}</w:p>")
    assert got(tmp_path, body) == ["☑是□否", "☑同意", "☑公开□不公开", "☑续期"]


def test_a_symbol_that_no_chart_tells_is_said(tmp_path: Path) -> None:
    raw = load(word(tmp_path / "文.docx", f'<w:p>{t("共36件")}<w:r><w:sym w:font="某家图标" w:char="F0E7"/></w:r></w:p>'))
    assert raw.text == "共36件"
    assert "某家图标" in raw.warnings[0]


def test_formulas_in_a_line(tmp_path: Path) -> None:
    fraction = f"<m:f><m:num>{m('办结件数')}</m:num><m:den>{m('受理件数')}{m('+')}{m('上年结转')}</m:den></m:f>"
    power = f"<m:sSup><m:e>{m('m')}</m:e><m:sup>{m('2')}</m:sup></m:sSup>"
    body = (f"<w:p>{t('口径为：')}<m:oMath {M}>{m('办结率=')}{fraction}{m('×100%')}</m:oMath>{t('。')}</w:p>"
            f"<w:p>{t('绿化率')}<m:oMath {M}>{m('43.7%')}</m:oMath>{t('，人均')}<m:oMath {M}>{m('15.2')}{power}</m:oMath>{t('。')}</w:p>")
    assert got(tmp_path, body) == ["口径为：办结率=办结件数/(受理件数+上年结转)×100%。", "绿化率43.7%，人均15.2m²。"]


def test_raised_digits_are_no_digits_of_a_figure(tmp_path: Path) -> None:
    up = '<w:vertAlign w:val="superscript"/>'
    body = f"<w:p>{t('常住人口')}{t('2', up)}{t('31.6万人，约10')}{t('7', up)}{t('元')}</w:p>"
    assert got(tmp_path, body) == ["常住人口²31.6万人，约10⁷元"]


def test_numbers_that_run_on_through_the_chapters(tmp_path: Path) -> None:
    levels = (("chineseCountingThousand", "第%1章", ""), ("chineseCountingThousand", "第%2条", '<w:lvlRestart w:val="0"/>'), ("decimal", "（%3）", ""))
    numbering = '<w:abstractNum w:abstractNumId="0">' + "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>{more}<w:lvlText w:val="{text}"/>'
        f'</w:lvl>' for i, (form, text, more) in enumerate(levels))
    body = (("总则", 0), ("甲。", 1), ("乙。", 1), ("子", 2), ("罚则", 0), ("丙。", 1), ("子", 2))
    path = word(tmp_path / "法.docx", "".join(listed(text, level) for text, level in body))
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts["word/numbering.xml"] = f'<w:numbering {W}>{numbering}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'.encode()
    with zipfile.ZipFile(path, "w") as package:
        for name, part in parts.items():
            package.writestr(name, part)
    assert load(path).text.split("\n") == ["第一章总则", "第一条甲。", "第二条乙。", "（1）子", "第二章罚则", "第三条丙。", "（1）子"]


def test_readings_dates_of_fields_and_accepted_changes(tmp_path: Path) -> None:
    ruby = "<w:r><w:ruby><w:rubyPr/><w:rt><w:r><w:t>bó</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>亳</w:t></w:r></w:rubyBase></w:ruby></w:r>"
    field = ('<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> DATE </w:instrText></w:r>' + t("码里的字")
             + '<w:r><w:fldChar w:fldCharType="separate"/></w:r>' + t("2024年12月20日") + '<w:r><w:fldChar w:fldCharType="end"/></w:r>')
    gone = f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{t('前半段，')}</w:p>"
    body = f"<w:p>{t('地名')}{ruby}{t('州市')}</w:p><w:p>{field}</w:p>{gone}{p('后半段。')}"
    assert got(tmp_path, body) == ["地名亳州市", "2024年12月20日", "前半段，后半段。"]


@pytest.mark.parametrize("apart", [limits.APART_BYTES, 0])
def test_short_paragraphs_stay_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, apart: int) -> None:
    """In a process of its own too, where a file is large."""
    from index.read import read

    monkeypatch.setattr(limits, "APART_BYTES", apart)

    counts = {"长滩镇": 128, "柳溪镇": 96, "青陂镇": 103, "松岭乡": 87, "北关镇": 141, "河口镇": 75}
    said = [f"{name}办理法律援助案件{count}件" for name, count in counts.items()]
    assert read(word(tmp_path / "段.docx", "".join(map(p, said)))).text.split("\n") == said


def test_charts_and_diagrams_tell_their_words_and_values(tmp_path: Path) -> None:
    path = word(tmp_path / "图.docx", p("见下图。") + "".join(
        f'<w:p><w:r><w:drawing><a:graphic xmlns:a="urn:a"><a:graphicData>{inner}</a:graphicData></a:graphic></w:drawing></w:r></w:p>' for inner in (
            f'<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:r="{REL}" r:id="c1"/>',
            f'<d:relIds xmlns:d="http://schemas.openxmlformats.org/drawingml/2006/diagram" xmlns:r="{REL}" r:dm="d1"/>',
            f'<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:r="{REL}" r:id="c9"/>')))
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name).decode() for name in package.namelist()}
    parts["word/_rels/document.xml.rels"] = parts["word/_rels/document.xml.rels"].replace(
        "</Relationships>", f'<Relationship Id="c1" Type="{REL}/chart" Target="charts/chart1.xml"/>'
        f'<Relationship Id="d1" Type="{REL}/diagramData" Target="diagrams/data1.xml"/></Relationships>')
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace("</Types>", '<Default Extension="xml" ContentType="application/xml"/></Types>')
    points = "".join(f'<c:pt idx="{at}"><c:v>{value}</c:v></c:pt>' for at, value in enumerate(("0.431", "0.3876")))
    names = "".join(f'<c:pt idx="{at}"><c:v>{value}</c:v></c:pt>' for at, value in enumerate(("长滩镇", "柳溪镇")))
    a = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    parts["word/charts/chart1.xml"] = (
        f'<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" {a}><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>各镇办结率</a:t>'
        f'</a:r></a:p>'
        '</c:rich></c:tx></c:title><c:plotArea><c:barChart><c:ser><c:tx><c:strRef><c:strCache><c:pt idx="0"><c:v>办结率</c:v></c:pt></c:strCache></c:strRef>'
        '</c:tx>'
        f'<c:cat><c:strRef><c:strCache>{names}</c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache><c:formatCode>0.0%</c:formatCode>{points}'
        f'</c:numCache>'
        "</c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>")
    parts["word/diagrams/data1.xml"] = (
        f'<d:dataModel xmlns:d="http://schemas.openxmlformats.org/drawingml/2006/diagram" {a}><d:ptLst><d:pt><d:t><a:p><a:r><a:t>受理（3个工作日）</a:t>'
        f'</a:r></a:p></d:t>'
        "</d:pt></d:ptLst></d:dataModel>")
    with zipfile.ZipFile(path, "w") as package:
        for name, part in parts.items():
            package.writestr(name, part)
    raw = load(path)
    assert raw.text.split("\n") == ["见下图。", "各镇办结率", "长滩镇，办结率：43.1%。", "柳溪镇，办结率：38.8%。", "受理（3个工作日）"]
    assert len(raw.warnings) == 1
    assert "1 处图表" in raw.warnings[0], "the third names no part"


@pytest.mark.parametrize(("code", "text"), [(r" EQ \f(3,4)", "3/4"), (r"eq \o\ac(○,5)", "⑤"), (r" EQ 10\s\up5(7)", "10⁷")])
def test_fields_that_draw_a_formula(code: str, text: str) -> None:
    assert equation(code) == text
