"""An OFD: pages and text objects in order, whatever the order of the file."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from index.load import load
from index.read import read
from index.types import LoadError
from tests import make_samples
from tests.make_samples import text_object

SPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
ROOT = Path(__file__).resolve().parent.parent


def issued(path: Path, *pages: str, base: str = "Pages/Page_{}/Content.xml", templates: str = "", used: str = "") -> Path:
    """An OFD with these objects on its pages."""
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("OFD.xml", f"<ofd:OFD {SPACE}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>")
        template = '<ofd:TemplatePage ID="50" BaseLoc="Tpls/T.xml"/>' if templates else ""
        listed = "".join(f'<ofd:Page ID="{n}" BaseLoc="{base.format(n)}"/>' for n in range(len(pages)))
        package.writestr("Doc_0/Document.xml", f"<ofd:Document {SPACE}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297"
                         f"</ofd:PhysicalBox></ofd:PageArea>{template}</ofd:CommonData><ofd:Pages>{listed}</ofd:Pages></ofd:Document>")
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
