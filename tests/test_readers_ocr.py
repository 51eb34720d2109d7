"""Scanned pages: recognised where RapidOCR is installed, named with the remedy where it is not."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from index.load import load
from index.readers import ocr
from index.readers.pdf import boxes
from index.types import LoadError
from tests.make_samples import FONTS, REPORTS, blocks, picture, text_object, wrapped
from tests.test_readers_ofd import SPACE

ROOT = Path(__file__).resolve().parent.parent
LINES = ["青川市司法局全年办结行政复议案件三百一十二件，", "受理法律援助案件1876件，比上年增长12.5%。", "全市执业律师四百二十一名。"]
needs_ocr = pytest.mark.skipif(not ocr.available(), reason="没有安装 requirements-ocr.txt")
needs_font = pytest.mark.skipif(not any(Path(font).is_file() for font in FONTS), reason="没有中文字体，画不出扫描件")


def scan(path: Path, *pages: list[str]) -> Path:
    """A PDF whose pages are pictures; a page without lines is text."""
    from PIL import Image
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), pagesize=A4)
    for n, page in enumerate(pages):
        if page:
            image = path.with_name(f"{n}.png")
            picture(image, page)
            width, height = Image.open(image).size
            canvas.drawImage(str(image), 50, 400, 495, 495 * height / width)
        else:
            canvas.drawString(72, 700, "A page of text.")
        canvas.showPage()
    canvas.save()
    return path


def without(path: Path) -> dict[str, str]:
    """What `load` does in a process where RapidOCR cannot be imported."""
    code = (
        "import sys, json\nfrom importlib.abc import MetaPathFinder\n"
        "class Missing(MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'rapidocr': raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "from pathlib import Path\nfrom index.load import load\nfrom index.types import LoadError\n"
        "try:\n    raw = load(Path(sys.argv[1])); told = {'text': raw.text, 'warnings': ' '.join(raw.warnings)}\n"
        "except LoadError as error:\n    told = {'error': str(error)}\n"
        "sys.stdout.buffer.write(json.dumps(told).encode())"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, capture_output=True, check=True)
    told: dict[str, str] = json.loads(done.stdout)
    return told


@needs_font
def test_without_the_option_the_error_counts_the_pages_and_gives_the_command(tmp_path: Path) -> None:
    told = without(scan(tmp_path / "扫描.pdf", LINES, LINES))
    assert told["error"].startswith("扫描.pdf：2 页都没有文字层")
    assert "pip install -r requirements-ocr.txt" in told["error"]
    picture(tmp_path / "照片.png", LINES)
    told = without(tmp_path / "照片.png")
    assert told["error"].startswith("照片.png：")
    assert "pip install -r requirements-ocr.txt" in told["error"]


@needs_font
def test_without_the_option_a_mixed_file_gives_its_text_and_names_the_pages(tmp_path: Path) -> None:
    told = without(scan(tmp_path / "混合.pdf", [], LINES, []))
    assert told["text"].count("A page of text.") == 2
    assert told["text"].count("\f") == 2
    assert told["warnings"].startswith("第2页没有文字层")


@needs_ocr
@needs_font
def test_a_scanned_pdf_is_recognised_with_boxes(tmp_path: Path) -> None:
    path = scan(tmp_path / "扫描.pdf", [], LINES)
    raw = load(path)
    assert raw.warnings == ("第2页是扫描页，文字由识别得来，可能有误。", ocr.PER_MILLE)
    page = raw.text.partition("\f")[2]
    assert SequenceMatcher(None, "".join(LINES), "".join(page.split()), autojunk=False).ratio() > 0.9
    start = raw.text.index("1876")
    (place,) = boxes(path, start, start + 4)
    left, top, right, bottom = place.box
    assert place.page == 2
    assert 50 < left < right < 545
    assert 100 < top < bottom < 450


@needs_ocr
@needs_font
@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_a_picture_is_recognised(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"照片{suffix}"
    picture(path, LINES)
    raw = load(path)
    assert SequenceMatcher(None, "".join(LINES), "".join(raw.text.split()), autojunk=False).ratio() > 0.9
    assert "识别" in raw.warnings[0]


def issued(path: Path, *objects: str) -> Path:
    """An OFD with a page for each of these, and a picture of LINES among its resources."""
    picture(path.with_name("p.png"), LINES)
    pages = "".join(f'<ofd:Page ID="{n + 1}" BaseLoc="{n}.xml"/>' for n in range(len(objects)))
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("OFD.xml", f"<ofd:OFD {SPACE}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>")
        package.writestr("Doc_0/Document.xml", f"<ofd:Document {SPACE}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox>"
                         f"</ofd:PageArea><ofd:DocumentRes>Res.xml</ofd:DocumentRes></ofd:CommonData><ofd:Pages>{pages}</ofd:Pages></ofd:Document>")
        package.writestr("Doc_0/Res.xml", f'<ofd:Res {SPACE} BaseLoc="Res"><ofd:MultiMedias><ofd:MultiMedia ID="7" Type="Image"><ofd:MediaFile>p.png'
                         '</ofd:MediaFile></ofd:MultiMedia><ofd:MultiMedia ID="8" Type="Image"><ofd:MediaFile>坏.jb2</ofd:MediaFile></ofd:MultiMedia>'
                         "</ofd:MultiMedias></ofd:Res>")
        package.write(path.with_name("p.png"), "Doc_0/Res/p.png")
        package.writestr("Doc_0/Res/坏.jb2", b"no picture")
        for n, content in enumerate(objects):
            package.writestr(f"Doc_0/{n}.xml", f"<ofd:Page {SPACE}><ofd:Content><ofd:Layer>{content}</ofd:Layer></ofd:Content></ofd:Page>")
    return path


SHOWN = '<ofd:ImageObject Boundary="0 0 210 200" ResourceID="{}" CTM="210 0 0 200 0 0"/>'


@needs_font
def test_without_the_option_a_scanned_ofd_is_an_error_and_a_mixed_one_names_its_pages(tmp_path: Path) -> None:
    told = without(issued(tmp_path / "扫描.ofd", SHOWN.format(7), SHOWN.format(7)))
    assert told["error"].startswith("扫描.ofd：2 页都没有文字层")
    assert "pip install -r requirements-ocr.txt" in told["error"]
    told = without(issued(tmp_path / "混合.ofd", text_object(30, 60, "本页有字。"), SHOWN.format(7)))
    assert told["text"].startswith("本页有字。")
    assert told["warnings"].startswith("第2页没有文字层")


@needs_ocr
@needs_font
def test_a_scanned_ofd_is_recognised_and_a_picture_of_an_unknown_kind_named(tmp_path: Path) -> None:
    stamped = SHOWN.format(7) + text_object(30, 290, "某某扫描软件")
    raw = load(issued(tmp_path / "扫描.ofd", text_object(30, 60, "本页有字。"), stamped, SHOWN.format(8)))
    pages = raw.text.split("\f")
    assert pages[0].strip() == "本页有字。"
    assert SequenceMatcher(None, "".join(LINES), "".join(pages[1].split()), autojunk=False).ratio() > 0.9
    assert raw.warnings == ("第2、3页是扫描页，文字由识别得来，可能有误。", ocr.PER_MILLE, "第3页没有认出文字。")


@needs_font
def test_a_scanned_page_with_a_stamp_of_the_scanner_is_a_scan(tmp_path: Path) -> None:
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    picture(tmp_path / "p.png", LINES)
    canvas = Canvas(str(tmp_path / "扫描.pdf"), pagesize=A4)
    canvas.drawImage(str(tmp_path / "p.png"), 0, 0, *A4)
    canvas.drawString(72, 20, "Scanned by a phone")
    canvas.save()
    told = without(tmp_path / "扫描.pdf")
    assert "Scanned by a phone" in told["text"]
    assert told["warnings"].startswith("第1页没有文字层，图里的文字没有读入")


@needs_ocr
def test_an_empty_picture_and_one_too_large_are_errors(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("L", (400, 400), 255).save(tmp_path / "白.png")
    with pytest.raises(LoadError, match=r"白\.png：.*没有认出文字"):
        load(tmp_path / "白.png")
    Image.new("1", (20_000, 5_000)).save(tmp_path / "大.png")
    with pytest.raises(LoadError, match=r"大\.png"):
        load(tmp_path / "大.png")


@needs_ocr
def test_the_committed_scan_reads_as_the_report_it_was_made_from() -> None:
    from index.read import read

    report = read(REPORTS / "青川市司法局2023年法治政府建设年度报告.txt")
    truth = "".join(line for _, text in blocks(report)[:6] for line in wrapped(text, 36, 2))
    got = "".join(load(ROOT / "tests" / "data" / "扫描件.png").text.split())
    assert SequenceMatcher(None, "".join(truth.split()), got, autojunk=False).ratio() > 0.95


STEADY = ["某县司法局2024年工作情况统计", "全年受理行政复议案件100件，办结100件。", "办理法律援助案件2022件，增长22.2%。", "普法宣传555场，受众33300人次。"]


def upside(path: Path, lines: list[str], quarters: int) -> Path:
    """A page scanned with the paper turned, anticlockwise."""
    from PIL import Image

    picture(path, lines)
    Image.open(path).rotate(90 * quarters, expand=True, fillcolor=255).save(path)
    return path


@needs_ocr
@needs_font
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_page_scanned_turned_keeps_every_character_and_their_order(tmp_path: Path, quarters: int) -> None:
    got = "".join(load(upside(tmp_path / "转.png", STEADY, quarters)).text.split())
    assert got == "".join(STEADY), "equal digits stand beside one another: none is a second print"


@needs_ocr
@needs_font
def test_a_column_of_characters_keeps_every_one(tmp_path: Path) -> None:
    from PIL import Image, ImageDraw, ImageFont

    column = "二〇二五年十二月二十二日"
    face = ImageFont.truetype(next(font for font in FONTS if Path(font).is_file()), 44)
    image = Image.new("L", (500, 900), 255)
    for at, char in enumerate(column):
        ImageDraw.Draw(image).text((220, 40 + 60 * at), char, font=face, fill=0)
    image.save(tmp_path / "竖.png")
    assert "".join(load(tmp_path / "竖.png").text.split()) == column


def test_marks_of_lines_that_run_down_up_and_backwards() -> None:
    """A line's characters share its box in the direction in which it runs; a short line runs as the others do."""
    wide, tall = [(0, 0), (90, 0), (90, 10), (0, 10)], [(0, 0), (10, 0), (10, 90), (0, 90)]
    for corners, flipped, turn in ((wide, False, 0), (tall, False, 90), (wide, True, 180), (tall, True, 270)):
        for text in ("二〇二二年", "22"):
            made = list(ocr._marks([("青川市司法局", corners, flipped), (text, corners, flipped)], (0, 0, 100, 100), (100, 100)))[6:]
            assert "".join(mark.text for mark in made) == text
            assert {mark.turn for mark in made} == {turn}
            places = [mark.box[1] if corners is tall else mark.box[0] for mark in made]
            assert places == sorted(places, reverse=flipped) and len(set(places)) == len(text)
    (short, *_), = [list(ocr._marks([("青川市司法局", wide, False), ("60", wide, True)], (0, 0, 100, 100), (100, 100)))[6:]]
    assert short.turn == 0
