""".doc and .wps through LibreOffice; what it is told apart from; and what is said where it is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from index.load import load
from index.read import read
from index.types import LoadError

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"
DOC = DATA / "青川市司法局2023年法治政府建设年度报告.doc"
needs_office = pytest.mark.skipif(not shutil.which("soffice"), reason="没有安装 LibreOffice")


@needs_office
@pytest.mark.parametrize("suffix", [".doc", ".wps", ".docx"])
def test_a_word_97_file_under_any_of_its_names(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"{DOC.stem}{suffix}"
    shutil.copyfile(DOC, path)
    got = read(path)
    wanted = read(DOC.with_suffix(".docx"))
    assert "".join(got.text.split()) == "".join(wanted.text.split())
    assert [heading.title for heading in got.headings] == [heading.title for heading in wanted.headings]


@needs_office
def test_a_damaged_one_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "坏.doc"
    path.write_bytes(DOC.read_bytes()[:600])
    before = set(os.listdir(os.environ.get("TMPDIR", "/tmp")))
    with pytest.raises(LoadError, match=r"坏\.doc"):
        load(path)
    left = {name for name in set(os.listdir(os.environ.get("TMPDIR", "/tmp"))) - before if name.startswith("youju-")}
    assert left == set()


def test_without_libreoffice_the_error_says_so_and_what_to_do() -> None:
    if any(Path(place).is_file() for place in ("/opt/libreoffice/program/soffice",)):
        pytest.skip("LibreOffice is found outside the path too")
    code = ("import sys\nfrom pathlib import Path\nfrom index.readers import office\nfrom index.types import LoadError\n"
            "office._PLACES.clear()\n"
            "try:\n    office.doc(Path(sys.argv[1]))\nexcept LoadError as error:\n    sys.stdout.buffer.write(str(error).encode())")
    told = subprocess.run([sys.executable, "-c", code, str(DOC)], cwd=ROOT, env={**os.environ, "PATH": ""}, capture_output=True, check=True)
    message = told.stdout.decode()
    assert message.startswith(DOC.name)
    assert "LibreOffice" in message
    assert ".docx" in message


def test_a_docx_and_a_web_page_called_doc_are_read_as_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "其实是新格式.doc"
    shutil.copyfile(DOC.with_suffix(".docx"), path)
    assert load(path).text == load(DOC.with_suffix(".docx")).text
    page = tmp_path / "其实是网页.doc"
    page.write_text("<html><body><h1>通报</h1><p>全年办结36件。</p></body></html>", encoding="utf-8")
    assert load(page).text == "# 通报\n全年办结36件。"
    other = tmp_path / "什么都不是.doc"
    other.write_bytes(b"MZ" + bytes(600))
    with pytest.raises(LoadError, match="不是 Word 或 WPS"):
        load(other)


@needs_office
@pytest.mark.parametrize("suffix", [".doc", ".wps"])
def test_a_date_field_shows_what_was_stored(tmp_path: Path, suffix: str) -> None:
    """A .doc whose field was last reckoned on another day: LibreOffice writes today's date, which is then changed in the file."""
    import datetime

    import olefile  # type: ignore[import-untyped]

    rtf = tmp_path / "日.rtf"
    rtf.write_bytes(b'{\\rtf1\\ansi {\\fonttbl{\\f0 Arial;}}\\f0 issued {\\field{\\*\\fldinst DATE \\\\@ "yyyy/MM/dd"}{\\fldrslt 2001/01/01}}\\par}')
    subprocess.run(["soffice", "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--convert-to", "doc", "--outdir", str(tmp_path),
                    str(rtf)], capture_output=True, check=True, timeout=170)
    path = (tmp_path / "日.doc").rename(tmp_path / f"存{suffix}")
    with olefile.OleFileIO(path, write_mode=True) as package:
        text = package.openstream("WordDocument").read()
        days = [datetime.date.today() - datetime.timedelta(days=back) for back in (0, 1)]  # midnight may have passed
        shown = [day.strftime("%Y/%m/%d").encode(encoding) for day in days for encoding in ("ascii", "utf-16-le")]
        now = next(each for each in shown if each in text)
        then = "2024/12/20".encode("utf-16-le" if len(now) == 20 else "ascii")
        package.write_stream("WordDocument", text.replace(now, then))
    assert load(path).text == "issued 2024/12/20"
