"""The lists of a sentence: A、B、C和D等, 《A》《B》, “A、B”, each cut from the words that govern it and from what is said of it."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence

from language.numerals import whole
from retrieval.answer.numbered_lists import Items, Run, split
from retrieval.question import spans
from retrieval.question.spans import trim

_NUMERAL = "一二两三四五六七八九十"
_AND_SO_ON = re.compile(r"等(?![级同待于值离效量因候])")
_TOTAL = re.compile(rf"(?<![{_NUMERAL}\d.])(?P<n>[{_NUMERAL}]{{1,3}}|\d{{1,2}})\s?[一-鿿][^，。；、\d]{{0,40}}$")
_JOINT = re.compile(r"(?<=[一-鿿\w》”）)%％])\s?(?:以及|和|及|与)(?=[一-鿿A-Za-z\d《“]{2})")
_GLUED = re.compile(r"[》”](?:[（(][^（）()]{1,12}[）)])?(?=[《“])")
_BESIDE = re.compile(r"\s?(?:、|和|及|与|以及|，)?\s?")  # between two titles or quotations of one list


def joined(text: str) -> list[Items]:
    """The lists of a sentence: A、B、C和D等, 《A》《B》, each cut from the words that govern it and that follow it."""
    found: list[Items] = []
    for start, end in _clauses(text):
        pieces = [part for piece in split(text, start, end, "、") for part in _unglued(text, *piece)]
        if len(pieces) > 1:
            found += _pieces(text, pieces, start, end)
        else:
            shown = [(s.start, s.end) for find in (spans.titles, spans.quoted) for s in find(text[start:end])]
            found += _in_a_row(text, [(start + a, start + b) for a, b in sorted(shown)], start, end)
        found += _within_quotes(text, start, end)
    return found


def _within_quotes(text: str, start: int, end: int) -> Iterator[Items]:
    """“工业强市、生态立市”: a list that stands in one quotation."""
    for quote in spans.quoted(text[start:end]):
        left, right = start + quote.start + 1, start + quote.end - 1
        runs = tuple(trim(text, *piece) for piece in split(text, left, right, "、"))
        if len(runs) > 1 and all(a < b for a, b in runs):
            yield Items(runs, (start, left), (), *_ending(text[right + 1 : end]))


def _unglued(text: str, start: int, end: int) -> Iterator[Run]:
    """A run parted between titles or quotations that nothing stands between, and before the first of them: …以及“…”“…”."""
    left = start
    if (also := re.compile(r"(?<=[一-鿿”》])以及(?=[一-鿿“《])").search(text, start, end)) and not _GLUED.search(text, start, end):
        yield start, also.start()
        left = also.end()
    for match in _GLUED.finditer(text, start, end):
        if left == start and (joint := _JOINT.search(text, start, match.start())) and text[joint.end()] in "《“":
            yield start, joint.start()
            left = joint.end()
        yield left, match.end()
        left = match.end()
    yield left, end


def _clauses(text: str) -> Iterator[Run]:
    """Clauses less their closing mark; 分别 and its like part what is named from what is said of each."""
    for start, end in spans.clauses(text):
        end = start + len(text[start:end].rstrip("。！？!?；;，,：:… "))
        left = start
        for match in re.compile(r"分别(?=[一-鿿]|\d)|依次").finditer(text, start, end):
            yield left, match.start()
            left = match.end()
        yield left, end


def _in_a_row(text: str, shown: Sequence[Run], start: int, end: int) -> list[Items]:
    """Titles or quotations that follow each other with nothing but 、 or 和 between."""
    rows: list[list[Run]] = []
    for run in shown:
        if rows and run[0] < rows[-1][-1][1]:
            continue  # a quotation inside a title
        if rows and _BESIDE.fullmatch(text, rows[-1][-1][1], run[0]):
            rows[-1].append(run)
        else:
            rows.append([run])
    listed = []
    for row in rows:
        after = text[row[-1][1] : end]
        if len(row) > 1 and not after.startswith("、") and text[row[0][0] - 1 : row[0][0]] != "、":
            listed.append(Items(tuple(row), (start, row[0][0]), (), *_ending(after)))
    return listed


def _ending(after: str) -> tuple[bool, int, str]:
    """(whether it goes on, how many it says, what it calls them) by what stands right after a list: 等, 等3个城市, 两个公园."""
    etc = _AND_SO_ON.match(after)
    rest = after[etc.end() :] if etc else after
    total = re.match(rf"(?P<n>[{_NUMERAL}]{{1,3}}|\d{{1,2}})\s?(?=[一-鿿])", rest)
    said = (whole(total["n"]) or 0) if total else 0
    said = 0 if said == 1 else said  # 等一批
    what = re.match(r"[一-鿿]{0,12}", rest[total.end() if total else 0 :])
    return bool(etc), said, what[0] if what and (etc or total) else ""


def _pieces(text: str, pieces: Sequence[Run], start: int, end: int) -> list[Items]:
    """What 、 joins, the last parted at its 和, the first and last freed of what is no item."""
    left, right = pieces[-1]
    tail = text[left:right]
    etc = _AND_SO_ON.search(tail)
    if etc and etc.start():
        right = left + etc.start()
    total = None if etc else _TOTAL.search(tail)
    if total and tail.count("“", 0, total.start()) > tail.count("”", 0, total.start()):
        total = None  # “老三样” is a name
    for cut in (right if total is None else left + total.start(), right):
        runs = [*pieces[:-1], (left, cut)]
        joint = _JOINT.search(text, left, cut)
        if joint and _joins(text, joint, left, pieces[:-1]):
            runs[-1:] = [(left, joint.start()), (joint.end(), cut)]
        runs = [(a, b) for a, b in (trim(text, *run) for run in runs) if a < b]
        if total is None or len(runs) == whole(total["n"]):
            break  # the number it says must be theirs: …、强边四件大事
        total = None
    if len(runs) < 2:
        return []
    right = cut
    after = text[right:end]
    middle = [text[a:b] for a, b in runs[1:-1]] or [text[slice(*runs[-1])]]
    runs[0] = _headless(text, runs[0], middle)
    if not etc and not total:
        runs[-1] = _tailless(text, runs[-1], [text[a:b] for a, b in runs[:-1]])
        after = text[runs[-1][1] : end]
    more, said, what = _ending(after)
    return [Items(tuple(runs), (start, runs[0][0]), (), more, said, what)]


def _joins(text: str, joint: re.Match[str], left: int, before: Sequence[Run]) -> bool:
    """Whether a 和 in the last piece parts two items: not where it stands inside the others too, or they all begin alike."""
    own = [text[a:b] for a, b in before]
    if joint.start() <= left or any(joint[0].strip() in one[1:-1] for one in own[1:] or own):
        return False
    if text[left] in "《“" and text[joint.end()] != text[left]:
        return False
    alike = len(own) > 1 and {one[:2] for one in own[1:]} == {text[left : left + 2]}
    return not alike or text.startswith(text[left : left + 2], joint.end())


def _tags(text: str) -> list[tuple[int, str, str]]:
    """(offset, word, tag) by jieba's tagger."""
    import rjieba

    words, at = [], 0
    for word, tag in rjieba.tag(text):
        words.append((at, word, tag))
        at += len(word)
    return words


_HOW = re.compile("(?:先后|相继|陆续|成功|率先|顺利|正式|同步|全部|均|已|都)+$")  # how it was done, between the last item and its verb
_GOVERNS = ("v", "p", "d", "vd", "ad")  # verbs, prepositions, adverbs
_OPENS = frozenset(re.split(r"\s", "通过 围绕 如 例如 比如 包括 包含 以 对 对于 在 从 由 与 和 向 为 按 依托 涉及 运用 采取 采用 利用 覆盖 针对"))
_DEEDS = frozenset(re.split(r"\s", "壮大 做强 做优 做大 布局 前瞻 升级 培育 聚焦 聚集 围绕"))  # verbs that the tagger takes for something else


def _headless(text: str, run: Run, others: Sequence[str]) -> Run:
    """A first item without the words that govern the list: 支持郑州 → 郑州, beside 开封 and 洛阳."""
    own = text[slice(*run)]
    if own[:1] in "《“":
        return run
    if opening := re.search("[《“]", own):
        if all(other[:1] in "《“" for other in others):
            return run[0] + opening.start(), run[1]
        if opening.start() and others and _governs(others[0]) is False:
            return run[0] + opening.start(), run[1]
    words = _tags(own)
    if words[0][1] in _OPENS and len(words) > 1 and not any(other.startswith(words[0][1]) for other in others):
        return _headless(text, (run[0] + words[1][0], run[1]), others)
    if (tag := _one_tag(others)) and len(words) > 1 and words[-1][2] == tag and words[-2][2] in _GOVERNS:
        return run[0] + words[-1][0], run[1]  # 打造郑州, beside single names
    if all(_governs(other) for other in others):
        return run  # 完善…、健全…: each has a verb of its own
    most = max(len(other) for other in others)
    long = len(own) > 1.6 * most
    if long and 2 < own.rfind("的") < len(own) - 2:
        return run[0] + own.rfind("的") + 1, run[1]  # 没有配备人手的东门所, beside 西门所
    cuts: list[int] = []  # behind each word of the run that governs
    for at, (offset, word, tag) in enumerate(words[:-1]):
        after = at + 1 < len(words) and words[at + 1][2] in _GOVERNS
        if tag in _GOVERNS or word in _DEEDS or (cuts and tag in ("ul", "c")) or (not at and tag in ("vn", "a", "t") and (after or (long and tag == "vn"))):
            cuts.append(offset + len(word))
        elif cuts:
            break
    if not cuts or not (long or {words[0][2], words[1][2]} & {*_GOVERNS} or words[0][1] in _DEEDS):
        return run
    least = max(2.0, 0.75 * statistics.median(len(other) for other in others))
    cut = max((cut for cut in cuts if len(own) - cut >= least), default=0)  # 培育壮大具身智能: 具身 is a part of the name
    return run[0] + cut, run[1]


def _tailless(text: str, run: Run, others: Sequence[str]) -> Run:
    """A last item without what is said of the whole list: 安阳创建示范区 → 安阳, beside 郑州 and 洛阳."""
    own = text[slice(*run)]
    if own[:1] not in "《“" and (opening := own.find("“")) > 0 and not any("“" in other for other in others):
        return run[0], run[0] + opening  # …、电机“老三样”增长
    if own[:1] in "《“":
        closing = re.search("[》”](?:（[^（）]{1,12}）)?", own)
        return (run[0], run[0] + closing.end()) if closing and all(other[:1] in "《“" for other in others[1:]) else run
    words = _tags(own)
    if (tag := _one_tag(others[1:] or others)) and len(words) > 1 and words[0][2] == tag:
        return run[0], run[0] + words[1][0]
    most = max(len(other) for other in others[1:] or others)
    if len(own) <= 1.6 * most or any(_governs(other) for other in others):
        return run
    for offset, _, tag in words[1:]:
        if tag in ("v", "p", "d", "c", "ul") and offset >= 2:
            return run[0], run[0] + len(_HOW.sub("", own[:offset]))
    return run


def _governs(text: str) -> bool:
    """Whether a text begins with a verb, preposition or adverb."""
    words = _tags(text)
    return bool(words) and words[0][2] in _GOVERNS and len(words) > 1


def _one_tag(texts: Sequence[str]) -> str:
    """The commonest tag of texts that are one word each; empty where one is more."""
    tagged = [_tags(text) for text in texts]
    if any(len(words) != 1 for words in tagged):
        return ""
    return Counter(words[0][2] for words in tagged).most_common(1)[0][0]
