"""Raw text → cleaned text: hard wraps undone, page furniture dropped, spaces inside Chinese removed.

The cleaned text keeps the file's own characters in their order: nothing but white space is added, and `origins` leads from
each character back to its place in the raw text.
"""

from __future__ import annotations

import bisect
import re
import unicodedata
from array import array
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from index.types import Page

NUMERAL = "[一二三四五六七八九十百]{1,4}"
MARKER = re.compile(
    rf"(?:第{NUMERAL}(?:章|编|节|部分)(?=\s|[^\w]|$|[\u4e00-\u9fff])"
    rf"|{NUMERAL}、(?!{NUMERAL}[、是])"
    rf"|[（(]\s*{NUMERAL}\s*[）)]"
    r"|\d{1,2}\s*(?:[.．](?!\d)|[.．](?=20\d\d\s?年)|、(?!\d))"
    r"|[（(]\s*\d{1,3}\s*[）)]"
    rf"|{NUMERAL}是(?!{NUMERAL}))"
)
TERMINAL = "。！？!?；;…"
CLOSERS = "”’」』）)》〉】"
PAGE_MARK = re.compile(
    r"[—–―\-－─]+\s*(\d{1,4})\s*[—–―\-－─]+|第\s*(\d{1,4})\s*页(?:\s*[,，/]?\s*共\s*\d+\s*页)?|(?:Page|PAGE)\s*(\d{1,4})(?:\s*(?:of|/)\s*\d+)?"
)
RULE = re.compile(r"[-*_=—─]{3,}|[|>〉»•·]+|```.*")
# what content management systems put around an article, not the words of any one site
NAVIGATION = re.compile(
    r"[【\[]?\s*字[号体]\s*[:：]?[\s大中小加减还原默认打印收藏分享关闭本页|【】\[\]：:]*|[大中小】【\]\[]|[【\[]?\s*(?:大|加大)\s+(?:中|还原)?\s*(?:小|减小)\s*[】\]]?"
    r"|下载|打印|全屏|收藏|加大|还原|减小|默认|播报|朗读|分享(?:到)?[:：]?.*|复制链接"
    r"|[\[【]?(?:打印|关闭|保存)(?:本页|此页|本稿|窗口|页面)?[】\]]?|返回(?:顶部|首页|列表|上一页)?"
    r"|(?:网站)?首页(?:\s*[>›»/|].*)?|无障碍(?:版|阅读|浏览|模式)?(?:\s+长者(?:助手|模式|版|专区))?|长者(?:助手|模式|版|专区)|适老化.*"
    r"|(?:您|你)?(?:当前|现在|目前|所在)(?:的|所在)?位置\s*(?:是|为)?\s*[:：].*|扫一扫.*|[上下]一[篇条]\s*[:：]?.*"
    r"|相关(?:报道|链接|新闻|阅读|文档|稿件|附件)\s*[:：]?|附件(?:下载)?\s*[:：]?|(?:责任)?编辑\s*[:：].*|审核\s*[:：].*"
    r"|(?:浏览|阅读|点击|访问)(?:次数|量|数)\s*[:：].*|版权所有.*|(?:主办|承办)单位\s*[:：].*|.*ICP备.*|.*公网安备.*|网站(?:标识码|地图).*"
)
_NAVIGATION_WORD = re.compile(
    r"简体(?:中文|版)?|繁體(?:中文|版)?|繁体(?:中文|版)?|English|EN|RSS|登录|注册|手机版|移动版|微信|微博|适老模式|关怀版|智能问答|网站支持IPv6|收藏本站|设为首页")
LINK = re.compile(r"https?://[!-~]+")
LABEL = re.compile(r"[\u4e00-\u9fff]{2,6}[:：]")
_IN_NAME = re.compile(r"，[^，。；：:]*[\u4e00-\u9fff]$")  # what leads to a space inside the name of a column: …，营业收入比上 年增减：12
HASHES = re.compile(r"#{1,6}\s+|#{1,6}(?=[\u4e00-\u9fff（(])")
EMPHASIS = re.compile(r"\*\*|__|(?<=^)>\s|`")


PARAGRAPH = "\u2029"  # ends a line of a raw text where a reader knows that a paragraph ends


@dataclass(frozen=True)
class Cleaned:
    """Cleaned text; `raw[origins[i]]` is the character that became `text[i]` (a line break: what it stands before)."""

    text: str
    origins: array[int]
    pages: tuple[Page, ...] = ()
    marked: tuple[tuple[int, int], ...] = ()  # (start, number of #) of lines that the format marks as headings


@dataclass(frozen=True)
class _Line:
    start: int  # in the raw text, without surrounding white space
    end: int
    indent: int
    hashes: int = 0
    last: bool = False  # of its paragraph, as the reader knows


def clean(raw: str, marked: bool = False, apart: bool = False) -> Cleaned:
    """Cleaned text of a file's raw text.  `marked`: # and ** are markup (Markdown, web pages), not characters of the report.

    `apart`: the format tells paragraphs apart, a line each; only lines between U+2028 may be those of a hard-wrapped paragraph.
    """
    lines, breaks = _content(raw, marked)
    paragraphs = _paragraphs(raw, lines, apart)
    text: list[str] = []
    origins: array[int] = array("l")
    heads: list[tuple[int, int]] = []
    for paragraph in paragraphs:
        chars, places = _joined(raw, paragraph, marked)
        chars, places = _spaced(chars, places)
        if not chars:
            continue
        if text:
            text.append("\n")
            origins.append(places[0])
        if paragraph[0].hashes:
            heads.append((len(origins), paragraph[0].hashes))
        text.append(chars)
        origins.extend(places)
    pages = tuple(dict((bisect.bisect_left(origins, at), number) for number, at in breaks).items())
    return Cleaned("".join(text), origins, tuple(Page(number, start) for start, number in pages), tuple(heads))


def is_navigation(line: str) -> bool:
    """Whether a line is what a web site puts around an article: each of its words is."""
    if NAVIGATION.fullmatch(line):
        return True
    return all(NAVIGATION.fullmatch(word) or _NAVIGATION_WORD.fullmatch(word) for word in re.split(r"[\s|｜·]+", line) if word)


def columns(text: str) -> int:
    """Width in columns: a Chinese character takes two (Unicode TR 11)."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def ends_sentence(text: str) -> bool:
    """Whether text ends as a sentence does, closing quotes and brackets apart."""
    stripped = text.rstrip(CLOSERS)
    return bool(stripped) and stripped[-1] in TERMINAL


def _content(raw: str, marked: bool) -> tuple[list[_Line], list[tuple[int, int]]]:
    """Lines that are the report's, and page breaks as (page number, raw offset where the page begins)."""
    lines: list[_Line] = []
    marks: list[tuple[int, int]] = []
    position, sheet, last = 0, 1, len(raw.rstrip())
    breaks: list[tuple[int, int]] = [(1, 0)] if "\f" in raw.rstrip("\f\n ") else []
    for line in re.split(r"(?<=[\n\r\f\v\x85\u2028\u2029])", raw):
        body = line.strip()
        start = position + (len(line) - len(line.lstrip()))
        position += len(line)
        if line.endswith("\f"):
            sheet += 1
            breaks += [(sheet, position)] if position < last else []
        if not body:
            continue
        mark = PAGE_MARK.fullmatch(body)
        if mark:
            marks.append((int(next(group for group in mark.groups() if group)), position))
            continue
        if RULE.fullmatch(body):
            continue
        hashes = HASHES.match(body)
        skip = hashes.end() if hashes else 0
        indent = columns(line[: len(line) - len(line.lstrip())].replace("\t", "    "))
        lines.append(_Line(start + skip, start + len(body), indent, len(hashes.group().strip()) if hashes else 0, line.endswith(PARAGRAPH)))
    if not breaks and marks:
        breaks = _breaks(raw, marks)
    body_lines = [i for i, line in enumerate(lines) if line.end - line.start >= 40 or MARKER.match(raw, line.start)]
    first, last = (body_lines[0], body_lines[-1]) if body_lines else (len(lines), -1)
    kept = [line for i, line in enumerate(lines) if first <= i <= last or not is_navigation(raw[line.start:line.end])]
    return kept, breaks


def _breaks(raw: str, marks: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A number at the foot closes its page.  Where numbers are missing the page is not known: 0."""
    whole = all(later[0] == earlier[0] + 1 for earlier, later in pairwise(marks))
    breaks = [(1 if marks[0][0] == 1 else 0, 0)]
    breaks += [(later[0] if later[0] == earlier[0] + 1 else 0, earlier[1]) for earlier, later in pairwise(marks)]
    number, end = marks[-1]
    return breaks + ([(number + 1 if whole else 0, end)] if raw[end:].strip() else [])


@dataclass(frozen=True)
class _Wrap:
    """How a text was hard-wrapped: a line at least `full` wide goes on in the next."""

    full: float
    by_columns: bool

    def goes_on(self, text: str) -> bool:
        return (columns(text) if self.by_columns else len(text)) >= self.full


def _wrap_of(texts: list[str]) -> _Wrap | None:
    """The wrap of a text's lines, None when its lines are its paragraphs."""
    if len(texts) < 5:
        return None
    edges = []
    for by_columns in (True, False):
        widths = [columns(t) if by_columns else len(t) for t in texts]
        widest = sorted(widths)[int(len(widths) * 0.95)]
        # a ragged edge: tokens kept whole, the first line's indent lost; a sharp one: cut at the very character
        ragged = [i for i, width in enumerate(widths) if width >= widest * 0.82]
        sharp = sum(width >= widest * 0.96 for width in widths) / len(ragged)
        open_ended = sum(not ends_sentence(texts[i]) for i in ragged)
        if 8 <= widest <= (160 if by_columns else 80) and len(ragged) >= 0.5 * len(texts) and open_ended >= 0.5 * len(ragged):
            edges.append((sharp, _Wrap(widest * (0.96 if sharp >= 0.9 else 0.82), by_columns)))
    if not edges:
        return None
    sharpest = max(edges, key=lambda edge: edge[0])
    return sharpest[1] if sharpest[0] >= 0.9 else edges[0][1]


def _paragraphs(raw: str, lines: list[_Line], apart: bool = False) -> list[list[_Line]]:
    """Lines grouped into paragraphs: two are joined unless one ends a sentence or heading, or the next begins one.

    `apart`: as in `clean`; a page that ends inside a paragraph does not end that.
    """
    between = [raw[earlier.end:later.start] for earlier, later in pairwise(lines)] if apart else []
    soft = {at for at, gap in enumerate(between) if "\n" not in gap and "\f" not in gap}
    wrap = _wrap_of([_indented(raw, line) for at, line in enumerate(lines) if not apart or {at, at - 1} & soft])
    indents = Counter(line.indent for line in lines)
    usual = min((indent for indent, n in indents.items() if n >= 0.1 * len(lines)), default=0)  # the left margin
    groups: list[list[_Line]] = []
    head = False  # whether the paragraph so far is a heading alone
    opened = ""  # brackets opened and not closed in the paragraph
    for at, line in enumerate(lines):
        text = raw[line.start:line.end]
        if groups and not (apart and "\n" in between[at - 1]):
            previous = groups[-1][-1]
            if apart and at - 1 not in soft:
                groups[-1].append(line)
                opened = _still_open(opened, text)
                continue
            before = _indented(raw, previous)
            so_far = "".join(raw[part.start:part.end] for part in groups[-1][-8:])
            if not line.hashes and not previous.last and _goes_on(so_far, before, text, wrap, head, opened, indented=line.indent > usual + 2):
                groups[-1].append(line)
                opened = _still_open(opened, text)
                head = head and not ends_sentence(text)
                continue
        groups.append([line])
        opened = _still_open("", text)
        head = bool(line.hashes) or (MARKER.match(text) is not None and not re.search(f"[{TERMINAL}]", text))
    return groups


def _indented(raw: str, line: _Line) -> str:
    """A line with the indent of a paragraph's first line, which counts in its width; a centred line's does not."""
    return ("\u3000" * (line.indent // 2) if line.indent <= 6 else "") + raw[line.start:line.end]


def _goes_on(so_far: str, before: str, text: str, wrap: _Wrap | None, head: bool, opened: str, indented: bool) -> bool:
    """Whether a line continues the paragraph so far, whose last line is `before`."""
    starts = MARKER.match(text) is not None and not before.endswith("举一反")  # 举一反 / 三、…
    if opened and not ends_sentence(before) and not starts:
        return True  # a title cut inside 《》
    if before[-1] in "-−－" and len(before) > 1 and re.match("[0-9A-Za-z]", text):
        return True  # a sign is part of its figure: 1月- / 9月
    if ends_sentence(before) or before[-1] in "：:":
        if wrap is None or starts or indented or before[-1] in "：:":
            return False
        return wrap.goes_on(before) and (ends_sentence(text) or wrap.goes_on(text))
    if (starts and head) or (KIND_END.search(so_far) and not re.search("[，。；：:]", so_far)):
        return False  # a heading or title is whole
    if before.endswith("举一反"):
        return True
    if wrap is not None and wrap.goes_on(before):
        return True
    if starts or head:
        return False
    cut = re.match(r"[\d%％‰）)》”，。、；]", text) is not None  # what no paragraph begins with, a figure apart
    body = re.search("[，。；、]", so_far) is not None and columns(so_far) >= (30 if cut or wrap is not None else 60)
    return body or _title_goes_on(before, text)


def _title_goes_on(before: str, text: str) -> bool:
    """…关于巡察整改 / 进展情况的通报: a title over two lines."""
    return (re.search(r"关于", before) is not None and not re.search(r"[，。：:]", before + text)
            and not KIND_END.search(before) and KIND_END.search(text) is not None and len(before) + len(text) <= 80)


KIND_END = re.compile(r"(?:报告|通报|公报|意见|通知|决定|方案|总结|计划|要点|规划|纲要|公告|情况|说明|办法|决议|打算|安排|思路)(?:（.{1,12}）|\(.{1,12}\))?$")
_PAIRS = {"《": "》", "（": "）", "(": ")", "“": "”", "〔": "〕", "【": "】"}


def _still_open(opened: str, text: str) -> str:
    """Closing brackets still awaited after text; a bracket open for more than 60 characters was never meant to close."""
    stack = list(opened)
    for at, c in enumerate(text):
        if c in _PAIRS and len(text) - at <= 60 and not re.match(f"[（(]{NUMERAL}", text[at:at + 3]):
            stack.append(_PAIRS[c])
        elif stack and (c == stack[-1] or (c in ")）" and stack[-1] in ")）")):
            stack.pop()
    return "".join(stack[-4:]) if len(stack) <= 4 else ""


def _joined(raw: str, lines: list[_Line], marked: bool) -> tuple[str, array[int]]:
    """Characters of a paragraph with their raw offsets; a space where two Latin words met at a line's end."""
    chars: list[str] = []
    places: array[int] = array("l")
    for line in lines:
        if chars and re.match("[A-Za-z]", raw[line.start]) and re.match("[A-Za-z,;]", raw[places[-1]]):
            chars.append(" ")
            places.append(places[-1] + 1)
        text = raw[line.start:line.end]
        drop = {i for pattern in ((LINK, EMPHASIS) if marked else (LINK,)) for m in pattern.finditer(text) for i in range(*m.span())}
        drop |= {i for i, c in enumerate(text) if c in "\u200b\u200c\u200d\u2060\ufeff\u00ad"}
        for i, c in enumerate(text):
            if i not in drop:
                chars.append(c)
                places.append(line.start + i)
    return "".join(chars), places


def _spaced(text: str, places: array[int]) -> tuple[str, array[int]]:
    """White space inside a paragraph: dropped beside Chinese, a line break before an inline heading, else one space."""
    long = len(text) > 200
    out: list[str] = []
    kept: array[int] = array("l")
    segment = last = 0  # where the current line begins in text; where the last white space ended
    for gap in re.finditer(r"[\s\u3000]+", text):
        start, end = gap.span()
        out.append(text[last:start])
        kept.extend(places[last:start])
        last = end
        if start == 0 or end == len(text):
            continue
        line = text[segment:start]
        closed = ends_sentence(line)
        head = MARKER.match(line) is not None and not re.search(f"[{TERMINAL}]", line) and len(line) <= 60
        begins = MARKER.match(text, end) is not None
        before, after = text[start - 1], text[end]
        if (begins and (closed or head or before in "：:" or (long and before not in "，、,"))) or (
                long and (closed or (head and not before.isascii() and not after.isascii()))):
            if MARKER.fullmatch(line):  # a space between the number and its title
                continue
            out.append("\n")
            kept.append(places[end])
            segment = end
        elif (before.isascii() and after.isascii() and not (before.isdigit() and after in "%.")) or (
                not long and LABEL.match(text, end) and not _IN_NAME.search(text, segment, start)):  # 来源：… 发布日期：…
            out.append(" ")
            kept.append(places[start])
    out.append(text[last:])
    kept.extend(places[last:])
    return "".join(out), kept
