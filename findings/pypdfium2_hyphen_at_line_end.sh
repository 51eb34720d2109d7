#!/usr/bin/env bash
# pypdfium2 5.15.2 (PDFium as it brings it), reportlab 5.1.0 to write the pages.
#
# One reads a page with FPDFText_CountChars and FPDFText_GetUnicode, a code point a character.  A hyphen within a line is U+002D; at
# the end of a line it is U+0002, whatever stands before and after it.  PDFium takes it for a mark of hyphenation, which Chinese does
# not have: 1月- / 9月, or a minus sign left at a line's end, is lost with whoever drops control characters.
#
# Fails (exit 1) when such a hyphen is given as written.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pypdfium2==5.15.2 reportlab==5.1.0
"$folder/venv/bin/python" - "$folder/page.pdf" <<'PY'
import sys

import pypdfium2
import pypdfium2.raw as raw
from reportlab.pdfgen.canvas import Canvas

path = sys.argv[1]
canvas = Canvas(path)
canvas.setFont("Helvetica", 12)
canvas.drawString(72, 700, "January-")
canvas.drawString(72, 684, "September")
canvas.drawString(72, 640, "well-known")
canvas.save()

text = pypdfium2.PdfDocument(path)[0].get_textpage()
entries = [raw.FPDFText_GetUnicode(text, at) for at in range(raw.FPDFText_CountChars(text))]
print("pypdfium2", pypdfium2.version.PYPDFIUM_INFO.version)
print([hex(entry) for entry in entries if entry < 0x20 or entry == 0x2D])
assert 0x02 in entries, "a hyphen at a line's end is given as written now"
assert entries.count(0x2D) == 1, "the hyphen within a line is not given as written any more"
PY
# Output, 2026-12-01:
# pypdfium2 5.15.2
# ['0x2', '0xd', '0xa', '0x2d']
