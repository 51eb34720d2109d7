"""A table → a line a row that repeats its header, so that a cell can be found and cited with what it means:

    指标：调解案件，单位：件，数量：1234。

Commas inside and a full stop at the end make a row one sentence for the rooms that cut sentences.  A form of names and values
side by side reads 项目名称：城东水厂，单位：水务局, as does a table of two columns without a header.  A header further down
names the rows below it.  A row that is one cell across the whole table, and one of notes such as 填报单位：… 单位：万元, stand
alone.  Empty cells are left out; names of columns that hold nothing stand in a line of their own, since nothing that is
printed may be lost.  No mark between two cells can be read as part of a figure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Cells = Sequence[Sequence[str]]  # [rows][columns]; a merged cell stands in each place that it covers
Piece = tuple[int, int] | str  # (row, column) of a cell, or what is put between

_NUMERIC = re.compile(r"[-+−－±<>≤≥约¥￥]?\s*[\d０-９]|[（(]\s*[\d０-９,.]*[\d０-９][,.%‰％][\d０-９,.%‰％]*\s*[）)]$|[-—－/]+$|无$|否$|是$")
_YEAR = re.compile(r"(?:19|20)\d\d\s*(?:年.*)?$|\d{1,2}\s*月(?:份)?$|\d+[-—－~至]\d+\s*(?:月|季度|年)?$|[1-4]\s*季度.{0,4}$")
_PERIOD = re.compile(r"(?:[本上]年|[本上]期|期[初末]|年[初末]|本月|累计|同期|去年|今年|(?:19|20)\d\d).{0,8}$|.{0,4}[同环]比.{0,4}$|增减.{0,4}$")
_NOTE = re.compile(r"[^：:，。]{1,12}[：:]\s*\S.*|[（(][^（）()]{1,30}[）)]")  # 填报单位：青川市司法局; （2024年度）
_DATE = re.compile(r"(?:19|20)\d\d\s*[年./-].{0,24}")
_UNIT = re.compile(r"[（(]?\s*(?:计量|货币|金额)?单位\s*[：:]\s*[^：:]{1,20}[）)]?")
_MEASURE = re.compile(r"[（(][^（）()]{1,8}[）)]|[%％‰万亿元件人次个户亩吨公顷]{1,4}")  # a row of units below the names of columns
_ORDINAL = re.compile(r"[甲乙丙丁戊]|[栏行序][次号]|编号")
_ASKING = re.compile(r"(?!其中)[^，。；！？：:]{1,20}[：:]")  # 联系电话：
_HAN = re.compile("[\u3400-\u9fff]")
_UNIT_LENGTH = 8  # characters around a figure; more is a text that begins with one: 12345热线办理情况统计表
_NAME_LENGTH = 12  # characters of a name in a form
_ENDS = "。！？；!?;"
_DEEPEST = 5  # rows of a header
_ASKED = re.compile(  # what a form asks for; the words end with one of these
    r"[^，。；！？：:]{0,12}(?:名称|单位|部门|机构|姓名|性别|民族|籍贯|学历|学位|职务|职称|职级|岗位|专业|日期|时间|年月|年龄|年度|期限|地址|地点|住址|电话|手机|传真"
    r"|邮箱|邮编|编号|编码|代码|号码|证号|文号|账号|金额|总额|资金|投资|预算|收入|支出|面积|人数|数量|规模|类型|类别|性质|级别|等级|状态|情况|方式|内容|范围|依据|来源|用途"
    r"|负责人|联系人|经办人|代表人|责任人|填表人|审核人|申请人|承办人|户主|对象|意见|结果|备注|说明|原因|进度|比例|得分|主体|区域|事由|事项|目标|措施|周期|法人)[：:]?")


@dataclass(frozen=True)
class _Part:
    """Rows under one header."""

    start: int  # the header's first row
    body: int  # the first row below it
    end: int
    form: bool = False  # names and values side by side


def rows(cells: Cells, header: int | None = None) -> list[list[Piece]]:
    """What each line of a table is made of.  `header`: how many rows are header, where the format says so."""
    width = max((len(row) for row in cells), default=0)
    made: list[list[Piece]] = []
    before: list[list[tuple[int, int]]] = [[] for _ in range(width)]
    for part in _parts(cells, header):
        head = cells[part.start:part.body]
        labels = [_label(head, part.start, column) for column in range(width)]
        first = next((column for column, label in enumerate(labels) if label), 0)
        labels = [before[column] if head and column < first else label for column, label in enumerate(labels)]
        made += _part(cells, part, labels, width)
        before = labels
    return made


def header_rows(cells: Cells) -> int:
    """How many rows at the top are titles of the table and names of its columns."""
    top = _titles(cells)
    return top if is_form(cells[top:]) else top + _header(cells[top:])


def lines(cells: Cells, made: list[list[Piece]]) -> list[str]:
    """The lines as text; line breaks inside a cell become spaces."""
    return ["".join(_text(cells, piece) for piece in line) for line in made]


def is_value(cell: str) -> bool:
    """Whether a cell holds a figure or stands for one: 1,204件 12.5% — 无; a year names a column."""
    return bool(_NUMERIC.match(cell.strip())) and not _YEAR.match("".join(cell.split())) and len(_HAN.findall(cell)) <= _UNIT_LENGTH


def _parts(cells: Cells, header: int | None) -> Iterator[_Part]:
    """The table, cut where other names of columns begin."""
    top = _titles(cells)
    below = cells[top:]
    form = header is None and is_form(below)
    count = 0 if form else _header(below)
    if header is not None:
        count = max(count, min(max(0, header - top), len(below)))
    if count == len(below):
        count = 0  # nothing below that a header could name
    yield _Part(0, 0, top)
    start, body = top, top + count
    heads = list(cells[start:body])
    for at in range(body + 1, len(cells)):
        if at > body and (_names(cells, at) if form else count and _renames(cells, at, heads)):
            yield _Part(start, body, at, form)
            count = max(1, _header(cells[at:]))
            start, body, form = at, at + count, False
            heads += cells[start:body]
    yield _Part(start, body, len(cells), form)


def _part(cells: Cells, part: _Part, labels: list[list[tuple[int, int]]], width: int) -> Iterator[list[Piece]]:
    """Lines of the rows under one header."""
    named = part.start < part.body
    head = [(at, column) for at in range(part.start, part.body) for column, cell in enumerate(cells[at]) if cell.strip()]
    below = [row for row in cells[part.body:part.end] if _apart(row) is None]
    used = {cells[at][named_by].strip() for row in below for name, cell in zip(labels, row, strict=False) if cell.strip() for at, named_by in name}
    idle: dict[str, tuple[int, int]] = {}
    for at, column in head:
        if cells[at][column].strip() not in used:
            idle.setdefault(cells[at][column].strip(), (at, column))
    names = [[_text(cells, place) for place in label] for label in labels]
    spread = {column for column in range(1, width) if names[column] and names[column] == names[column - 1]}  # a merged name: equal words are one cell
    told: list[list[tuple[int, int]]] = [[place] for place in idle.values()]
    if told:
        yield _line(cells, told)
    for at in range(part.body, part.end):
        row = cells[at]
        filled = [column for column, cell in enumerate(row) if cell.strip()]
        apart = _apart(row)
        if apart is not None:
            told = [[(at, column)] for column in apart]
        elif named and at == part.body and _counts(row):
            told = [[(at, column)] for column in filled]
        elif named:
            told = [[*labels[column], (at, column)] for column in filled
                    if column not in spread or row[column] != row[column - 1] or is_value(row[column])]
        elif part.form and (pairs := _pairs(row)):
            told = [[(at, column) for column in pair] for pair in pairs]
        else:
            filled = [column for column, cell in _merged(row) if cell]
            told = [[(at, column) for column in filled]] if width == 2 else [[(at, column)] for column in filled]
        if apart is not None and len(apart) == 1:
            yield [(at, apart[0])]
        elif told and told[0]:
            yield _line(cells, told)


def _line(cells: Cells, told: Sequence[Sequence[tuple[int, int]]]) -> list[Piece]:
    """Cells, each with its names before it → 名/名：格，名：格。"""
    line: list[Piece] = []
    for cell in told:
        for at, place in enumerate(cell):
            if line:
                usual = "，" if at == 0 else "：" if at == len(cell) - 1 else "/"
                line.append(_between(_text(cells, line[-1]), _text(cells, place), usual))
            line.append(place)
    return line if _text(cells, line[-1])[-1] in _ENDS else [*line, "。"]


def _between(left: str, right: str, usual: str) -> str:
    """The mark between two cells: the usual one, or a bar where that could be read as part of a figure (3：15, 12，345)."""
    if usual != "/" and left[-1] in "：:":
        return ""
    if left[-1].isdecimal() and re.match(r"[\d０-９.．]", right):
        grouped = re.match(r"[\d０-９]{3}(?![\d０-９])|[.．]", right)
        if usual == "/" or (usual == "：" and not _YEAR.match(left)) or (usual == "，" and grouped):
            return "｜"
    return usual


def _text(cells: Cells, piece: Piece) -> str:
    return piece if isinstance(piece, str) else " ".join(cells[piece[0]][piece[1]].split())


def _merged(row: Sequence[str]) -> list[tuple[int, str]]:
    """(column, text) of a row's cells, one that reaches over several columns once."""
    found: list[tuple[int, str]] = []
    for column, cell in enumerate(map(str.strip, row)):
        if not found or cell != found[-1][1] or is_value(cell):
            found.append((column, cell))
    return found


def _apart(row: Sequence[str]) -> list[int] | None:
    """The columns of a row that belongs to no column: one cell across it or alone in the first, or notes (填报单位：… 单位：件)."""
    filled = [(column, cell) for column, cell in _merged(row) if cell]
    if not filled:
        return None
    if len({cell for _, cell in filled}) == 1 and not is_value(filled[0][1]):
        column = filled[0][0]
        if [at for at, cell in enumerate(row) if cell.strip()] in ([0], list(range(len(row)))):
            return [column]
    if len(filled) < len(row) and all(_NOTE.fullmatch(cell) or _DATE.fullmatch(cell) for _, cell in filled):
        return [column for column, _ in filled] if any(_NOTE.fullmatch(cell) for _, cell in filled) else None
    return None


def _titles(cells: Cells) -> int:
    """Rows at the top that name no columns: titles, wherever they are centred, and notes."""
    for at, row in enumerate(cells):
        filled = [cell for cell in row if cell.strip()]
        title = len(filled) == 1 and len(row) > 2 and not is_value(filled[0]) and not _YEAR.match(filled[0].strip())
        if _apart(row) is None and filled and not title:
            return at
    return len(cells)


def _header(cells: Cells) -> int:
    """How many rows at the top name the columns."""
    if len(cells) < 2 or len(cells[0]) < 2 or any(is_value(cell) or len(cell) > 60 for cell in cells[0]):
        return 0
    if len({cell.strip() for cell in cells[0]} - {""}) < 2 or any(_ASKING.fullmatch(cell.strip()) for cell in cells[0]):
        return 0
    count = 1
    while count < min(_DEEPEST, len(cells) - 1) and _deeper(cells[count - 1], cells[count], cells[count + 1:count + 3]):
        count += 1
    if count > 1:
        return count
    return 1 if len(cells[0]) > 2 or any(is_value(cell) for row in cells[1:] for cell in row) else 0


def _deeper(upper: Sequence[str], lower: Sequence[str], below: Cells) -> bool:
    """Whether a row goes on naming columns: it divides merged names, or gives their units; figures follow soon."""
    figures = any(is_value(cell) for row in below for cell in row)
    names = [cell.strip() for cell in lower]
    if any(map(is_value, names)) or not any(names):
        return False
    if all(_MEASURE.fullmatch(name) for name in names if name):
        return figures
    if _apart(lower) is not None:
        return False
    over = [cell.strip() for cell in upper][:len(names)]
    divided = any(over[at] and over[at] == over[at + 1] and names[at] and names[at + 1] and names[at] != names[at + 1] for at in range(len(over) - 1))
    reaching = any(name and name == above for name, above in zip(names, over, strict=False))
    if divided:
        return reaching or figures
    blank = [at for at, above in enumerate(over) if at and not above and names[at]]  # 2024年 over 收入 and, with no cell above it, 支出
    return bool(blank) and any(above and not name for name, above in zip(names, over, strict=False)) and figures


def _label(header: Cells, top: int, column: int) -> list[tuple[int, int]]:
    """The header cells over a column, outermost first, each once; 单位：万元 in a corner names none."""
    label: dict[str, tuple[int, int]] = {}
    for at, row in enumerate(header):
        under = column
        while 0 < under < len(row) and not row[under].strip() and _shares(header, at, under):
            under -= 1
        text = row[under].strip() if under < len(row) else ""
        if text and not _UNIT.fullmatch(text):
            label.setdefault(text, (top + at, under))
    return list(label.values())


def _shares(header: Cells, at: int, column: int) -> bool:
    """Whether an empty header cell belongs to the name on its left: both are divided further down."""
    return at + 1 < len(header) and all(each < len(header[at + 1]) and header[at + 1][each].strip() for each in (column - 1, column))


def _renames(cells: Cells, at: int, header: Cells) -> bool:
    """Whether a row inside a table names the columns of the rows below it: 本期末｜上年末｜增减 among figures."""
    row = [cell.strip() for cell in cells[at]]
    filled = [column for column, cell in enumerate(row) if cell]
    beyond = [column for column in filled if column]
    if _apart(row) is not None or len({row[column] for column in filled}) < 2 or len(row) < 3:
        return False
    if any(is_value(row[column]) or len(row[column]) > 40 for column in filled):
        return False
    below = next((later for later in cells[at + 1:at + 1 + _DEEPEST] if any(map(is_value, later))), ())
    above = next((earlier for earlier in reversed(cells[:at]) if _apart(earlier) is None), ())
    held = [column for column in beyond if column < len(below) and is_value(below[column])]
    if len(held) * 2 < len(beyond) or sum(column < len(above) and is_value(above[column]) for column in beyond) * 2 < len(beyond):
        return False  # not among figures
    known = {cell.strip() for line in header for cell in line}
    naming = [column for column in beyond if row[column] in known or _PERIOD.match("".join(row[column].split()))]
    if not row[0] or row[0] in known:
        return bool(naming) or len(held) == len(beyond)
    titled = _apart(cells[at - 1]) is not None and len(held) == len(beyond)
    return titled or (len(naming) * 2 >= len(beyond) and any(row[column] in known for column in beyond))


def _counts(row: Sequence[str]) -> bool:
    """Whether a row below the header only counts the columns: 甲｜乙｜1｜2｜3."""
    filled = [cell.strip() for cell in row if cell.strip()]
    numbers = [cell for cell in filled if not _ORDINAL.fullmatch(cell)]
    return len(numbers) >= 3 and numbers == [str(at + 1) for at in range(len(numbers))] and filled[-len(numbers):] == numbers


def is_form(cells: Cells) -> bool:
    """Whether a table is a form: its rows are names and values side by side."""
    body = [row for row in cells if _apart(row) is None and any(cell.strip() for cell in row)]
    end = next((at for at, _ in enumerate(body) if at and _names(body, at)), len(body))
    body = body[:end]
    if not body or not _pairs(body[0]) or not (any(map(_is_plain_form, body[:3])) or (len(body) > 1 and max(map(len, body)) == 2)):
        return False
    return sum(_pairs(row) is not None for row in body) >= 0.6 * len(body)


def _asks(cell: str) -> bool:
    """Whether a cell is the name of what stands beside it in a form."""
    return bool(_ASKED.fullmatch(cell) or _ASKING.fullmatch(cell))


def _is_plain_form(row: Sequence[str]) -> bool:
    """Whether a row is pairs and at most one cell more, such as the name of a group of rows."""
    pairs = _pairs(row) or []
    return sum(len(pair) == 2 for pair in pairs) > 1 and sum(len(pair) == 1 for pair in pairs) <= 1


def _names(cells: Cells, at: int) -> bool:
    """Whether a table of columns begins below a form: a row of what forms ask for and nothing else."""
    filled = [cell.strip() for cell in cells[at] if cell.strip()]
    return len(set(filled)) > 2 and all(_ASKED.fullmatch(cell) or _ORDINAL.fullmatch(cell) for cell in filled) and at + 1 < len(cells)


def _pairs(row: Sequence[str]) -> list[tuple[int, ...]] | None:
    """Columns of each name with its value (or of what stands alone) in a row of a form; None in a row of another kind."""
    merged = _merged(row)
    texts = [cell for _, cell in merged]
    names, values = texts[::2], texts[1::2]
    if len(texts) > 3 and len(texts) % 2 == 0 and all(n and not is_value(n) for n in names) and all(map(is_value, values)):
        return [(merged[at][0], merged[at + 1][0]) for at in range(0, len(merged), 2)]
    if len(texts) > 1 and len(texts) % 2 == 0 and any(map(_asks, names)) and not any(map(_asks, values)) and all(
            name and len(name) <= _NAME_LENGTH and not is_value(name) for name in names):
        return [(merged[at][0], *((merged[at + 1][0],) if texts[at + 1] else ())) for at in range(0, len(merged), 2)]
    found: list[tuple[int, ...]] = []
    at = 0
    while at < len(merged):
        column, cell = merged[at]
        paired = at + 1 < len(merged) and _asks(cell) and not _asks(texts[at + 1])
        if cell:
            found.append((column, merged[at + 1][0]) if paired and texts[at + 1] else (column,))
        at += 2 if paired else 1
    return found if any(len(pair) == 2 for pair in found) else None
