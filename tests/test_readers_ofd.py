"""An OFD: pages and text objects in order, whatever the order of the file."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from index.load import load
from index.read import read, read_audited
from index.types import LoadError
from tests import make_samples
from tests.make_samples import text_object

SPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
ROOT = Path(__file__).resolve().parent.parent


def issued(path: Path, *pages: str, base: str = "Pages/Page_{}/Content.xml", templates: str = "", used: str = "", notes: str = "",
           units: str = "") -> Path:
    """An OFD with these objects on its pages, with annotations of its first page and graphic units."""
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("OFD.xml", f"<ofd:OFD {SPACE}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>")
        template = '<ofd:TemplatePage ID="50" BaseLoc="Tpls/T.xml"/>' if templates else ""
        listed = "".join(f'<ofd:Page ID="{n}" BaseLoc="{base.format(n)}"/>' for n in range(len(pages)))
        package.writestr("Doc_0/Document.xml", f"<ofd:Document {SPACE}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297"
                         f"</ofd:PhysicalBox></ofd:PageArea>{template}<ofd:PublicRes>R.xml</ofd:PublicRes></ofd:CommonData><ofd:Pages>{listed}</ofd:Pages>"
                         "<ofd:Annotations>Annots/A.xml</ofd:Annotations></ofd:Document>")
        package.writestr("Doc_0/R.xml", f"<ofd:Res {SPACE}><ofd:CompositeGraphicUnits>{units}</ofd:CompositeGraphicUnits></ofd:Res>")
        package.writestr("Doc_0/Annots/A.xml", f'<ofd:Annotations {SPACE}><ofd:Page PageID="0"><ofd:FileLoc>0.xml</ofd:FileLoc></ofd:Page></ofd:Annotations>')
        package.writestr("Doc_0/Annots/0.xml", f"<ofd:PageAnnot {SPACE}>{notes}</ofd:PageAnnot>")
        package.writestr("Doc_0/Tpls/T.xml", f"<ofd:Page {SPACE}><ofd:Content>{templates}</ofd:Content></ofd:Page>")
        for n, page in enumerate(pages):
            package.writestr(f"Doc_0/Pages/Page_{n}/Content.xml",
                             f"<ofd:Page {SPACE}>{used}<ofd:Content><ofd:Layer>{page}</ofd:Layer></ofd:Content></ofd:Page>")
    return path


def lines(path: Path) -> list[str]:
    return [line.strip() for line in load(path).text.split("\n") if line.strip()]


def test_a_report_issued_as_ofd_reads_as_it_was(tmp_path: Path) -> None:
    report = read(ROOT / "reports" / "青川市司法局2023年法治政府建设年度报告.txt")
    path = tmp_path / "报告.ofd"
    make_samples.ofd(path, report)
    got = read(path)
    assert "".join(got.text.split()) == "".join(report.text.split())
    assert [page.number for page in got.pages] == [1, 2]
    assert got.facts == report.facts


def test_the_place_on_the_page_gives_the_order(tmp_path: Path) -> None:
    page = text_object(30, 60, "第二行。") + text_object(30, 40, "第一行。") + text_object(60, 60, "第二行后半。")
    assert lines(issued(tmp_path / "乱.ofd", page)) == ["第一行。", "第二行。 第二行后半。"]


def test_steps_between_characters_are_followed(tmp_path: Path) -> None:
    page = ('<ofd:TextObject Boundary="30 40 99 9" Size="4"><ofd:TextCode X="0" Y="4" DeltaX="g 3 4 20 4">甲乙丙丁戊己</ofd:TextCode>'
            '<ofd:TextCode X="60" Y="4">末</ofd:TextCode></ofd:TextObject>')
    assert lines(issued(tmp_path / "距.ofd", page)) == ["甲乙丙丁 戊己 末"]


def test_a_column_of_characters_by_a_matrix_and_by_downward_steps(tmp_path: Path) -> None:
    page = ('<ofd:TextObject Boundary="30 40 9 99" Size="4"><ofd:TextCode X="0" Y="4" DeltaY="8 8">竖排字</ofd:TextCode></ofd:TextObject>'
            '<ofd:TextObject Boundary="30 80 99 9" Size="1" CTM="4 0 0 4 0 0"><ofd:TextCode X="0" Y="1" DeltaX="1 1">放大了</ofd:TextCode>'
            "</ofd:TextObject>")
    assert lines(issued(tmp_path / "竖.ofd", page)) == ["竖", "排", "字", "放大了"]


def test_templates_are_drawn_under_the_pages_that_name_them(tmp_path: Path) -> None:
    path = issued(tmp_path / "模板.ofd", text_object(30, 60, "正文一。"), text_object(30, 60, "正文二。"),
                  templates=text_object(30, 20, "青川市人民政府文件样式"), used='<ofd:Template TemplateID="50"/>')
    assert "正文一。" in lines(path)
    assert "青川市人民政府文件样式" not in lines(path), "it runs over all pages"


@pytest.mark.parametrize("base", ["/Doc_0/Pages/Page_{}/Content.xml", "./Pages/Page_{}/Content.xml", "../Doc_0/Pages/Page_{}/content.XML"])
def test_places_from_the_root_and_beside_the_document(tmp_path: Path, base: str) -> None:
    assert lines(issued(tmp_path / "位.ofd", text_object(30, 60, "正文。"), base=base)) == ["正文。"]


def test_a_page_without_text_is_named_and_keeps_its_number(tmp_path: Path) -> None:
    raw = load(issued(tmp_path / "空.ofd", text_object(30, 60, "一。"), "", text_object(30, 60, "三。")))
    assert raw.text.split("\f")[2].strip() == "三。"
    assert raw.warnings == ("第2页没有文字，没有读入。",)


def test_a_ruled_table_becomes_rows(tmp_path: Path) -> None:
    cells = [["县区", "受理", "办结"], ["白石县", "36", "31"], ["柳溪县", "18", "18"]]
    page = "".join(text_object(32 + 40 * j, 62 + 10 * i, cell) for i, row in enumerate(cells) for j, cell in enumerate(row))
    level = "".join(f'<ofd:PathObject Boundary="30 {60 + 10 * i} 120 0.3"><ofd:AbbreviatedData>M 0 0 L 120 0</ofd:AbbreviatedData></ofd:PathObject>'
                    for i in range(4))
    upright = "".join(f'<ofd:PathObject Boundary="{30 + 40 * j} 60 0.3 30"><ofd:AbbreviatedData>M 0 0 L 0 30</ofd:AbbreviatedData></ofd:PathObject>'
                      for j in range(4))
    expected = ["县区：白石县，受理：36，办结：31。", "县区：柳溪县，受理：18，办结：18。"]
    assert lines(issued(tmp_path / "表.ofd", page + level + upright)) == expected
    assert lines(issued(tmp_path / "三线.ofd", page + level)) == expected, "rules between all rows and none upright"


def test_an_empty_ofd_and_one_with_a_page_missing_are_errors(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"空\.ofd：2 页都没有文字，也没有图片"):
        load(issued(tmp_path / "空.ofd", "", ""))
    with pytest.raises(LoadError, match=r"缺\.ofd：.*缺少"):
        load(issued(tmp_path / "缺.ofd", "", base="nowhere{}.xml"))


BODY = text_object(25, 60, "青川市防汛指挥部下设5个工作组。") + text_object(25, 70, "储备编织袋12万条，冲锋舟18艘。")
READ = ["青川市防汛指挥部下设5个工作组。", "储备编织袋12万条，冲锋舟18艘。"]


def test_what_is_stamped_on_a_page_is_read_and_a_watermark_said(tmp_path: Path) -> None:
    """Annotations: must hold the date that is stamped; must not hold the watermark, what is switched off, or what a copy repeats."""
    notes = (f'<ofd:Annot ID="1" Type="Stamp"><ofd:Appearance Boundary="120 120 60 20">{text_object(0, 0, "2024年5月6日起施行")}</ofd:Appearance></ofd:Annot>'
             f'<ofd:Annot ID="2" Type="Watermark"><ofd:Appearance Boundary="20 60 90 60">{text_object(0, 0, "青川市档案馆", 9)}</ofd:Appearance></ofd:Annot>'
             f'<ofd:Annot ID="3" Type="Stamp" Visible="false"><ofd:Appearance Boundary="20 90 60 20">{text_object(0, 0, "作废")}</ofd:Appearance></ofd:Annot>'
             '<ofd:Annot ID="4" Type="Highlight"><ofd:Remark>请核对18艘</ofd:Remark></ofd:Annot>')
    path = issued(tmp_path / "批注.ofd", BODY, notes=notes)
    assert lines(path) == [*READ, "2024年5月6日起施行", "批注：请核对18艘"]
    assert load(path).warnings == ("第1页的水印或印章“青川市档案馆”不是正文，没有读入。", "第1页有设为不可见的文字，没有读入。")
    assert read_audited(path)[1].read_share == 1.0


def test_a_graphic_unit_is_drawn_where_it_is_used(tmp_path: Path) -> None:
    inner = f'<ofd:CompositeGraphicUnit ID="8"><ofd:Content>{text_object(0, 10, "安排防汛经费430万元。")}</ofd:Content></ofd:CompositeGraphicUnit>'
    outer = (f'<ofd:CompositeGraphicUnit ID="7"><ofd:Content>{text_object(0, 0, "三、保障措施")}'
             '<ofd:CompositeObject Boundary="0 0 99 40" ResourceID="8"/></ofd:Content></ofd:CompositeGraphicUnit>')
    path = issued(tmp_path / "组合.ofd", '<ofd:CompositeObject Boundary="25 110 160 60" ResourceID="7"/>' + BODY, units=inner + outer)
    assert lines(path) == [*READ, "三、保障措施", "安排防汛经费430万元。"]
    assert read_audited(path)[1].read_share == 1.0


def test_a_graphic_unit_that_draws_itself_ends(tmp_path: Path) -> None:
    unit = '<ofd:CompositeGraphicUnit ID="7"><ofd:Content>{}<ofd:CompositeObject Boundary="0 9 9 9" ResourceID="7"/></ofd:Content></ofd:CompositeGraphicUnit>'
    path = issued(tmp_path / "自身.ofd", '<ofd:CompositeObject Boundary="25 110 160 60" ResourceID="7"/>', units=unit.format(text_object(0, 0, "经费")))
    assert set(lines(path)) == {"经费"}


@pytest.mark.parametrize("how", ['Visible="false"', 'Alpha="0"', 'Fill="false"'])
def test_what_cannot_be_seen_is_left_out_and_said(tmp_path: Path, how: str) -> None:
    ghost = text_object(25, 80, "（旧稿）安排经费210万元。").replace("<ofd:TextObject ", f"<ofd:TextObject {how} ")
    path = issued(tmp_path / "旧稿.ofd", BODY + ghost)
    assert lines(path) == READ
    assert load(path).warnings == ("第1页有设为不可见的文字，没有读入。",)
    assert read_audited(path)[1].read_share == 1.0


def test_a_slanted_watermark_is_not_cut_into_words(tmp_path: Path) -> None:
    marks = "".join(text_object(40, y, "青川市办公室专用", 11).replace("<ofd:TextObject ", '<ofd:TextObject CTM="0.8 -0.6 0.6 0.8 0 40" Alpha="40" ')
                    for y in (20, 120, 200))
    path = issued(tmp_path / "水印.ofd", BODY + marks)
    assert lines(path) == READ
    assert load(path).warnings == ("第1页的水印或印章“青川市办公室专用”不是正文，没有读入。",)


@pytest.mark.parametrize("steps", ['DeltaX="g 12 0" DeltaY="g 12 6"', ""])
def test_columns_are_read_downwards_from_the_right(tmp_path: Path, steps: str) -> None:
    columns = ["各位来宾各位乡亲大家上午好", "今年粮食总产量达到二十二万吨", "修建公路一百一十二公里"]
    page = text_object(60, 20, "青川市二〇二四年庆典致辞", 6) + "".join(
        f'<ofd:TextObject Boundary="{180 - 15 * at} 50 6 200" Size="5" ReadDirection="90">'
        f'<ofd:TextCode X="0" Y="5" {steps}>{text}</ofd:TextCode></ofd:TextObject>'
        for at, text in enumerate(columns))
    assert lines(issued(tmp_path / "竖排.ofd", page)) == ["青川市二〇二四年庆典致辞", *columns]


@pytest.mark.parametrize(("matrix", "place"), [("0 1 -1 0 0 0", "{} 40 5 5"), ("0 -1 1 0 0 0", "{} 250 5 5"), ("-1 0 0 -1 0 0", "180 {} 5 5")])
def test_text_turned_by_its_matrix(tmp_path: Path, matrix: str, place: str) -> None:
    rows = ["附件：2024年案件统计", "行政复议受理100件，办结100件", "行政诉讼受理22件，办结20件"]
    steps = [40, 52, 64] if matrix.startswith("0 -1") else [190, 178, 166]
    places = [place.format(step) for step in steps]
    page = "".join(f'<ofd:TextObject Boundary="{place}" Size="5" CTM="{matrix}"><ofd:TextCode X="0" Y="5">{row}</ofd:TextCode></ofd:TextObject>'
                   for place, row in zip(places, rows, strict=True))
    assert lines(issued(tmp_path / "转.ofd", page)) == rows


def test_a_power_stays_one_and_a_second_print_is_read_once(tmp_path: Path) -> None:
    page = (text_object(25, 60, "总投资10") + text_object(25 + 12 + 4, 59, "7", 2.4) + text_object(44, 60, "元，受理33000件。") * 2)
    assert "".join(lines(issued(tmp_path / "幂.ofd", page))).replace(" ", "") == "总投资10⁷元，受理33000件。"


def test_a_page_of_drawn_letters_is_named(tmp_path: Path) -> None:
    drawn = '<ofd:PathObject Boundary="30 60 5 5"><ofd:AbbreviatedData>M 0 0 L 3 4 L 1 2 C</ofd:AbbreviatedData></ofd:PathObject>' * 80
    got = load(issued(tmp_path / "描边.ofd", BODY, drawn))
    assert got.warnings == ("第2页的字是画成线条的，没有读入。请用原来的软件导出带文字的文件。",)
