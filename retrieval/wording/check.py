"""Whether one cited quotation says what a sentence of a language model says.

A clause holds where it is a clause of the quotation, letter by letter, but for declared function words, marks, and the
report's own name or heading before it.  A sentence holds where its clauses do, in any order, each under the same time,
condition, plan, actor and head as in the quotation: what hangs together there hangs together here.  Nothing is weighed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.question.spans import sentences
from retrieval.types import Citation
from retrieval.wording.align import Search, at_words
from retrieval.wording.clauses import NOTHING, Source, source
from retrieval.wording.figures import figures
from retrieval.wording.functionwords import FUNCTION_WORDS, PARTICLES
from retrieval.wording.plain import Line, line, plain, unnumbered, words

CITES = re.compile(r"[\[［【]\s*(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)\s*[\]］】]")  # numbers of citations as a model writes them
LONGEST = 600  # characters of a sentence; a longer one is not read

_BULLET = re.compile(r"\s*(?:[-*•·+]\s*|#{1,6}\s+|\d{1,2}[.、)）]\s*(?!\d))")
_QUOTED = re.compile(r"《[^》]*》|“[^”]*”")
# A report that speaks to whoever processes it: no evidence, and not passed on.
_TO_A_MACHINE = re.compile(
    r"(?:忽略|无视|忘记|忘掉|不要理会|绕过)[^。]{0,12}(?:以上|上述|前面|之前|先前|此前|所有|一切|系统)?[^。]{0,8}(?:指令|规则|提示|要求|设定)"
    r"|(?:AI|人工智能|语言模型|大模型|智能助手|机器人)[^。]{0,12}(?:请|必须|应当|务必|只)|(?:请|必须|务必|只)(?:直接)?(?:输出|回复|回答)[:：“\"]"
    r"|你(?:现在)?是(?:一个|一名|新的)|ignore[^.]{0,20}(?:previous|above|all)[^.]{0,20}(?:instruction|rule|prompt)"
    r"|(?:system|assistant|user|系统)\s*(?:prompt|提示词?)?\s*[:：]",
    re.IGNORECASE,
)
_NEGATION = re.compile(r"[不没未无非否勿禁]")
_BOUND = re.compile(r"将近|接近|近|超过?|逾|约|不足|至少|最多|以上|以下|以内|之内|左右|突破")
_DIRECTION = (re.compile(r"增|升|上涨|提高|扩大|多于|高于"), re.compile(r"减|降|下跌|缩小|少于|低于|回落"))


@dataclass(frozen=True)
class Checked:
    """A sentence that the model wrote."""

    text: str  # as written, with its citations
    cites: tuple[int, ...]  # numbers of the citations, those given to it only
    fault: str = ""  # why it is struck, in Chinese; empty where the cited text supports it
    says: bool = True  # something of the report's, not a greeting alone


def split(written: str) -> list[str]:
    """Sentences of a reply, each with its citations, whether they stand before or after its full stop."""
    found: list[str] = []
    for row in written.splitlines():
        row = re.sub(r"[*`#_~|\\{}]", "", row[bullet.end() :] if (bullet := _BULLET.match(row)) else row)
        for start, end in sentences(row):
            piece = row[start:end]
            bare = CITES.sub("", piece).strip(" 。！？!?;；，,、")
            if not bare and found:
                found[-1] += piece  # [1] after the full stop
                continue
            lead = re.match(rf"(?:{CITES.pattern})+", piece)
            if lead and found and not CITES.search(found[-1]) and CITES.search(piece):
                found[-1] += lead[0]
                piece = piece[lead.end() :]
            if piece.strip():
                found.append(piece.strip())
    return found


def to_people(quote: str) -> str:
    """A quotation less the sentences that speak to a machine."""
    return "\n".join(quote[s:e] for s, e in sentences(quote) if not _TO_A_MACHINE.search(quote[s:e]))


def check(sentence: str, cited: Sequence[Citation]) -> Checked:
    """A sentence of the model against the quotations that it cites.

    Headings, title and unit of a cited report support the name and the year that a clause may begin with, nothing else.
    """
    numbers = _numbers(sentence)
    by_number = {c.number: c for c in cited}
    known = tuple(n for n in numbers if n in by_number)
    bare = unnumbered(plain(CITES.sub("", sentence)))

    def fault(why: str) -> Checked:
        return Checked(sentence, known, why)

    if known != numbers:
        return fault(f"注明的出处[{next(n for n in numbers if n not in by_number)}]不存在")
    if len(bare) > LONGEST:
        return fault(f"一句话超过 {LONGEST} 个字")
    sources = [_source(by_number[n]) for n in known]
    if _empty(line(bare)):
        return Checked(sentence, known, says=False)
    if not numbers:
        return fault("没有注明出处")
    if any(Search(line(bare), one).run(NOTHING, one=True) for one in sources) or _in_parts(sentence, sources):
        return Checked(sentence, known)
    return fault(_why(bare, sources))


def apart(checked: Sequence[Checked], cited: Sequence[Citation]) -> list[Checked]:
    """The sentences of a reply so far; one that follows upon another report's name, and says no name of its own, is struck."""
    by_number = {c.number: _source(c) for c in cited}
    found: list[Checked] = []
    named: set[int] = set()  # rows of the reports last named
    for one in checked:
        sources = [by_number[n] for n in one.cites if n in by_number]
        said = line(plain(CITES.sub("", one.text))).text
        names = {source.report for source in sources if any(subject in said for subject in source.about.subjects)}
        if not one.fault and one.says and named and not names and not named & {source.report for source in sources}:
            one = replace(one, fault="前文说的是另一份报告，这一句没有说是哪一份")
        elif not one.fault and names:
            named = names
        found.append(one)
    return found


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(n) for group in CITES.findall(text) for n in re.findall(r"\d+", group)))


def _source(citation: Citation) -> Source:
    return source(citation.number, citation.report.row, to_people(citation.quote), citation.report.facts, citation.path)


def _in_parts(sentence: str, sources: Sequence[Source]) -> bool:
    """Whether each part of a sentence up to its own citations holds by one of them, and the parts together."""
    states, at = {NOTHING}, 0
    marks = [m for m in re.finditer(rf"(?:{CITES.pattern}\s*)+", sentence)]
    if len(marks) < 2:
        return False
    for mark in marks:
        part, at = line(unnumbered(plain(sentence[at : mark.start()]))), mark.end()
        own = [one for one in sources if one.number in _numbers(mark[0])]
        states = {then for one in own for before in states for then in Search(part, one).run(before)} if part.text else states
    return bool(states) and not line(plain(sentence[at:])).text


def _empty(said: Line) -> bool:
    """Whether a text only leads on, and says nothing."""
    reached, todo = set[int](), [0]
    while todo:
        at = todo.pop()
        if at in reached:
            continue
        reached.add(at)
        todo += [at + len(word) for word in at_words(FUNCTION_WORDS, said.text, at)]
    return len(said.text) in reached


# ---- why it does not hold


def _why(bare: str, sources: Sequence[Source]) -> str:
    """The first thing that no quotation says, in Chinese."""
    every = "\n".join(one.text for one in sources)
    about = every + "\n" + "\n".join(name for one in sources for name in (*one.about.names, f"{one.about.year}年" if one.about.year else ""))
    for quoted in _QUOTED.findall(bare):
        if line(quoted).text not in about:
            return f"原文里没有{quoted}"
    known = [{text[s.start : s.end] for s in figures(text)} for text in (every, about)]
    said = line(bare).text
    for span in figures(said):
        written = span.of(said)
        if written not in known[span.kind == "date"] and written not in every:
            return f"原文里没有数字{written}"
    if _NEGATION.search(said) and not _NEGATION.search(every):
        return "原文没有这样否定"
    up, down = _DIRECTION
    for way, other in ((up, down), (down, up)):
        if way.search(said) and not way.search(every) and other.search(every):
            return "增减与原文相反"
    if bound := next((m[0] for m in _BOUND.finditer(said) if m[0] not in every), ""):
        return f"原文没有说“{bound}”"
    for word in words(said):
        if word not in FUNCTION_WORDS and word not in about and any(character not in PARTICLES for character in word):
            return f"在原文里找不到“{word}”"
    return "字句对不上任何一处原文：有所增减，或者时间、主体、条件、顺序变了"
