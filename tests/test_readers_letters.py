"""What is laid out on a page comes back character for character: any font, size, line box, letter spacing and direction."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from index.readers.pdf import extract
from index.readers.printed import printed_of, text
from tests.make_samples import plain_pdf

LATIN = sorted(Path("/usr/share/fonts/truetype/dejavu").glob("DejaVu*.ttf"))  # some are missing on some machines: the others stand for them
BUILT_IN = ["Helvetica", "Helvetica-Bold", "Times-Roman", "Times-Italic", "Courier", "Courier-Bold"]
CHINESE = ["STSong-Light", "MSung-Light", "HeiseiMin-W3", "HYSMyeongJo-Medium"]
FIGURES = "0011223345667788990.,%-"
WORDS = "一二三十亩件元年月日，。：（）丰田青川县办结口日目"


def read_back(path: Path) -> str:
    return "".join(text([printed_of(sheet) for sheet in extract(path, None)["sheets"]]).split())


@dataclass(frozen=True)
class Setting:
    """How a page is set."""

    font: str
    size: float
    spacing: float  # ems between characters, more than the font's own
    leading: float  # ems from line to line
    turn: int  # quarters, anticlockwise


def settings_of(fonts: list[str]) -> st.SearchStrategy[Setting]:
    return st.builds(Setting, st.sampled_from(fonts), st.sampled_from([5.0, 7.5, 9.0, 10.5, 12.0, 16.0, 22.0, 31.0]),
                     st.sampled_from([-0.04, 0.0, 0.0, 0.02, 0.1, 0.3]), st.sampled_from([1.15, 1.5, 2.0]), st.integers(0, 3))


def lines_of(alphabet: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.text(alphabet, min_size=5, max_size=16), min_size=1, max_size=4)


def laid_out(path: Path, how: Setting, lines: list[str]) -> Path:
    canvas = Canvas(str(path), pagesize=(900, 900))
    canvas.translate(450, 450)
    canvas.rotate(90 * how.turn)
    written = canvas.beginText(-300, 200)
    written.setFont(how.font, how.size, how.leading * how.size)
    written.setCharSpace(how.spacing * how.size)
    for line in lines:
        written.textLine(line)
    canvas.drawText(written)
    canvas.save()
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("letters") / "一页.pdf"


@settings(deadline=None, max_examples=150)
@given(settings_of(CHINESE[:1]), lines_of(WORDS + FIGURES))
def test_chinese(place: Path, how: Setting, lines: list[str]) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(how.font))
    assert read_back(laid_out(place, how, lines)) == "".join(lines)


@settings(deadline=None, max_examples=150)
@given(settings_of([*BUILT_IN, *(path.stem for path in LATIN)]), lines_of(FIGURES + "aIl1iWm"))
def test_latin(place: Path, how: Setting, lines: list[str]) -> None:
    if how.font not in BUILT_IN:
        pdfmetrics.registerFont(TTFont(how.font, str(next(path for path in LATIN if path.stem == how.font))))
    assert read_back(laid_out(place, how, lines)) == "".join(lines)


@settings(deadline=None, max_examples=200)
@given(ascent=st.integers(300, 4000), descent=st.integers(-2500, 0), wide=st.sampled_from([500, 600, 1000]), step=st.sampled_from([0.34, 0.5, 0.62, 1.0]),
       each=st.booleans(), size=st.sampled_from([7.0, 10.5, 14.0, 24.0]), turn=st.integers(0, 3), lines=lines_of(WORDS + FIGURES))
def test_a_line_box_out_of_proportion(place: Path, ascent: int, descent: int, wide: int, step: float, each: bool, size: float, turn: int,
                                      lines: list[str]) -> None:
    """Newspapers' fonts claim lines many times as high as their characters, and are set a character at a time."""
    plain_pdf(place, lines, ascent=ascent, descent=descent, half=wide, step=step, each=each, size=size, turn=turn)
    assert read_back(place) == "".join(lines)


@settings(deadline=None, max_examples=60)
@given(shift=st.sampled_from([0.0, 0.01, 0.03, 0.06]), size=st.sampled_from([9.0, 12.0, 20.0]), lines=lines_of(WORDS + FIGURES))
def test_bold_by_printing_twice_is_read_once(place: Path, shift: float, size: float, lines: list[str]) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(place), pagesize=(900, 900))
    canvas.setFont("STSong-Light", size)
    for at, line in enumerate(lines):
        for more in (0.0, shift):
            canvas.drawString(200 + more * size, 600 - 2 * at * size, line)
    canvas.save()
    assert read_back(place) == "".join(lines)
