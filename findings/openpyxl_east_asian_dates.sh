#!/usr/bin/env bash
# openpyxl 3.1.5.
#
# ECMA-376 (part 1, 18.8.30) reserves number formats 27 to 36 and 50 to 58 for East Asian dates: a sheet made in a Chinese Excel or
# WPS may refer to them by number and define no code, as it does for 14.  openpyxl knows 14 and gives a date; of the others it
# gives the format "General" and the bare serial number, so that 2024年12月20日 is read as 45646 with no sign that it was a date.
#
# Fails (exit 1) when such a cell is read as a date, or one of format 14 no longer is.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet openpyxl==3.1.5
"$folder/venv/bin/python" - "$folder/sheet.xlsx" <<'PY'
import re
import sys
import zipfile

import openpyxl

SERIAL = 45646  # 2024-12-20
path = sys.argv[1]
book = openpyxl.Workbook()
for cell in ("A1", "A2", "A3"):
    book.active[cell] = SERIAL
    book.active[cell].number_format = "mm-dd-yy"  # number 14
book.active["A2"].number_format = "0.0000001"  # two formats of their own, whose numbers are changed below
book.active["A3"].number_format = "0.0000002"
book.save(path)

parts = {}
with zipfile.ZipFile(path) as held:
    parts = {name: held.read(name) for name in held.namelist()}
styles = parts["xl/styles.xml"].decode()
own = re.findall(r'<numFmt [^>]*numFmtId="(\d+)"[^>]*/>', styles)
styles = re.sub(r"<numFmts.*?</numFmts>|<numFmts[^>]*/>", "", styles, flags=re.S)
for number, reserved in zip(own, ("31", "57"), strict=True):  # as a Chinese Excel stores yyyy年m月d日 and yyyy年m月
    styles = styles.replace(f'numFmtId="{number}"', f'numFmtId="{reserved}"')
parts["xl/styles.xml"] = styles.encode()
with zipfile.ZipFile(path, "w") as made:
    for name, content in parts.items():
        made.writestr(name, content)

read = {cell: openpyxl.load_workbook(path).active[cell] for cell in ("A1", "A2", "A3")}
print("openpyxl", openpyxl.__version__)
for cell, number in (("A1", 14), ("A2", 31), ("A3", 57)):
    print(f"format {number}: {read[cell].value!r}, number_format {read[cell].number_format!r}, is_date {read[cell].is_date}")
assert read["A1"].is_date, "format 14 is no date any more"
assert not read["A2"].is_date and not read["A3"].is_date, "the reserved East Asian formats are read as dates now"
PY
# Output, 2026-12-01:
# openpyxl 3.1.5
# format 14: datetime.datetime(2024, 12, 20, 0, 0), number_format 'mm-dd-yy', is_date True
# format 31: 45646, number_format 'General', is_date False
# format 57: 45646, number_format 'General', is_date False
