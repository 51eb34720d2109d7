"""What a stranger's file may cost, in one place; an error that says “上限” names one of these."""

MIB = 2**20

TEXT_BYTES = 64 * MIB  # a file of plain text, Markdown or HTML
FILE_BYTES = 512 * MIB  # any other file
CHARACTERS = 10_000_000  # of one report, some 10,000 printed pages
PAGES = 5_000  # of a PDF or OFD
PAGE_MARKS = 200_000  # characters, or drawn lines, on one page
OCR_PAGES = 500  # pages without text in one file
PIXELS = 80_000_000  # of a scanned page

ZIP_ENTRIES = 20_000  # files inside a .docx, .xlsx or .ofd
ZIP_BYTES = 512 * MIB  # all of them unpacked
XML_BYTES = 96 * MIB  # one of them, where it must be parsed
CELLS = 2_000_000  # of a workbook
NUMBERING_LEVELS = 9  # of a list in Word

APART_BYTES = 4 * MIB  # of HTML or unpacked XML; what holds more is parsed in a process of its own
SECONDS = 600  # a reader that runs in its own process
OCR_SECONDS = 30  # more for each page to be recognised
MEMORY = 3 * 1024 * MIB  # address space of a reader that runs in its own process
OCR_MEMORY = 8 * 1024 * MIB  # the same where a model is loaded, whose threads reserve much that they never use
OFFICE_SECONDS = 180  # LibreOffice converting one file

MEMBERS = 500  # files of an archive, mail or book that are read
DEPTH = 3  # archives and mails inside each other
MEMBERS_SECONDS = 900  # all of them together; those that are left are named
