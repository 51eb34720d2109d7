"""Whether one cited quotation says what a sentence of a language model says.

A clause holds where it is a clause of the quotation, letter by letter, but for declared function words, marks, and the
report's own name or heading before it.  A sentence holds where its clauses do, in any order, each under the same time,
condition, plan, actor and head as in the quotation: what hangs together there hangs together here.  Nothing is weighed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from retrieval.spans import sentences
from retrieval.types import Citation
from retrieval.wording import clauses
from retrieval.wording.clauses import KINDS, NOTHING, Clause, Source, State, source
from retrieval.wording.figures import figures, same
from retrieval.wording.functionwords import (
    ADVERBS,
    CONNECTIVES,
    COPULAS,
    COUNTING,
    DONE,
    FUNCTION_WORDS,
    JOINS,
    LEADS,
    PARTICLES,
    PLACING,
    SAYING,
)
from retrieval.wording.plain import Line, line, numeral, plain, words

CITES = re.compile(r"[\[［【]\s*(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)\s*[\]］】]")  # numbers of citations as a model writes them
LONGEST = 600  # characters of a sentence; a longer one is not read
STEPS = 10_000  # places looked at for one sentence
_ANSWER = -1  # among the clauses said: the answer that stands ahead of them

_PLACE = re.compile(r"在\S{1,10}?(?:后|前|内|中|里|上|期间)")
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
    bare = plain(CITES.sub("", sentence))

    def fault(why: str) -> Checked:
        return Checked(sentence, known, why)

    if known != numbers:
        return fault(f"注明的出处[{next(n for n in numbers if n not in by_number)}]不存在")
    if len(bare) > LONGEST:
        return fault(f"一句话超过 {LONGEST} 个字")
    sources = [_source(by_number[n]) for n in known]
    if _empty(line(bare), sources):
        return Checked(sentence, known, says=False)
    if not numbers:
        return fault("没有注明出处")
    if any(_Search(line(bare), one).run(NOTHING, one=True) for one in sources) or _in_parts(sentence, sources):
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
        part, at = line(plain(sentence[at : mark.start()])), mark.end()
        own = [one for one in sources if one.number in _numbers(mark[0])]
        states = {then for one in own for before in states for then in _Search(part, one).run(before)} if part.text else states
    return bool(states) and not line(plain(sentence[at:])).text


# ---- a sentence as clauses of one quotation


@dataclass(frozen=True)
class _Start:
    """Where the words of a clause may begin, and what stands before them."""

    at: int
    named: bool = False  # whose report it is was said, or of which place
    placed: bool = False  # the place alone
    dated: bool = False  # the report's year was said
    open: bool = False  # words of a lead that no word of saying has closed
    leads: bool = False
    bare: bool = False  # words of headings alone, that lead nowhere yet


class _Search:
    """The ways to read a text as clauses of one quotation."""

    def __init__(self, said: Line, one: Source) -> None:
        self.said, self.source, self.about = said, one, one.about
        self.figures = {span.start: span.end for span in figures(said.text) if said.whole(span.start, span.end)}
        self.single = _own_words(said.text)
        self.steps = 0

    def run(self, before: State, one: bool = False) -> set[State]:
        """What may be in force at the end, in every way to read the text or in `one` of them."""
        ends: set[State] = set()
        seen = set[tuple[int, State, int | None, frozenset[int]]]()
        # (place, in force, the clause that must come next where no mark stands here, clauses said)
        todo: list[tuple[int, State, int | None, tuple[int, ...]]] = [(0, before, None, ())]
        answer = self._answer()
        if answer:
            todo.insert(0, (answer, before, None, (_ANSWER,)))
        while todo and self.steps < STEPS:
            at, state, must, path = todo.pop()
            if (key := (at, state, must, frozenset(path))) in seen:
                continue
            seen.add(key)
            if at == len(self.said.text) and must is None:
                if self._whole(path, answer):
                    ends.add(state)
                    if one:
                        break
                continue
            for start in self._starts(at):
                if must is None and start.at > at and self.said.stops(start.at):
                    todo.append((start.at, self._led(state, start), None, path))
                if start.open:
                    continue
                for number in self._candidates(path) if must is None else (must,):
                    for stands_as, form in self.source.forms[number]:
                        then = self._stands(stands_as, form, state, start)
                        if then is None:
                            continue
                        for end in self._ends(start.at, form, start.named and not start.placed):
                            if self.said.stops(end):
                                todo.append((end, then, None, (*path, number)))
                            if end < len(self.said.text) and number + 1 < len(self.source.clauses):
                                todo.append((end, then, number + 1, (*path, number)))
        return ends if self.steps < STEPS else set()

    def _answer(self) -> int:
        """Where an answer ends that a sentence begins with before it says the whole: 312件，收到申请312件; 0 where it has none."""
        end = self.figures.get(0, 0)
        return end if end and end in self.said.marks else 0

    def _candidates(self, path: tuple[int, ...]) -> Sequence[int]:
        """Clauses of the quotation, the one that comes next there last: it is tried first."""
        every = range(len(self.source.clauses))
        following = path[-1] + 1 if path else 0  # an answer ahead of the clauses counts as -1
        return [*reversed(every[following + 1 :]), *reversed(every[:following]), *every[following : following + 1]]

    def _led(self, state: State, start: _Start) -> State:
        time, condition, plan, actor, head = state
        return None if start.dated else time, condition, plan, self._named(start) if start.named else actor, head

    def _named(self, start: _Start) -> str:
        return self.source.place if start.placed else self.source.itself

    def _stands(self, number: int, clause: Clause, state: State, start: _Start) -> State | None:
        """What is in force after a clause; None where it stands under something else than in the quotation."""
        allowed = self.source.stands[number]
        if start.dated and clauses.dated(clause, self.about.year):
            return None
        if start.named and clause.hangs:
            return None
        state = self._led(state, start)
        if clause.under is not None and state[KINDS.index("head")] != (self.source.number, clause.under):
            return None
        own = {
            "time": bool(clause.time) and (clause.bare_time or clauses.dated(clause, self.about.year)), "condition": clause.condition,
            "plan": clause.plan, "actor": bool(clause.actor), "head": not clause.hangs or clause.under is not None,
        }  # fmt: skip
        for kind, anchor, may in zip(KINDS, state, allowed, strict=True):
            if own[kind] or anchor in may:
                continue
            if kind == "head" and anchor is None:
                continue
            if kind == "time" and anchor is None and not clause.figures and all(
                isinstance(one, tuple) and clauses.within(self.source.clauses[one[1]], self.about.year) for one in may
            ):
                continue
            if kind == "actor" and (anchor is None or (anchor in (self.source.itself, self.source.place) and None in may)):
                continue
            return None
        return clauses.after(state, clause, number, self.source)

    def _whole(self, path: tuple[int, ...], answer: int) -> bool:
        """Whether nothing that limits a clause was left out, nothing that follows upon another stands before it, and the answer is in it."""
        every = self.source.clauses
        answered, path = path[:1] == (_ANSWER,), tuple(number for number in path if number != _ANSWER)
        said = set(path)
        for number in path:
            after = number + 1
            if after < len(every) and every[after].limits and every[after].sentence == every[number].sentence and after not in said:
                return False
        if answered and not any(
            same(self.said.text[:answer], every[number].said.text[start:end]) for number in path for start, end in every[number].figures
        ):
            return False
        return bool(path) and not any(
            any(every[between].follows for between in range(later + 1, earlier + 1))
            for place, earlier in enumerate(path) for later in path[place + 1 :] if later < earlier
        )

    def _starts(self, at: int) -> Iterator[_Start]:
        """The places from here that only leads, connectives and the report's own name and year lie before."""
        seen: set[_Start] = set()
        todo = [_Start(at)]
        text = self.said.text
        while todo:
            start = todo.pop()
            if start in seen:
                continue
            seen.add(start)
            self.steps += 1
            here = start.at
            if not start.bare:
                yield start
            if here > at and self.said.stops(here):
                continue  # what follows is another clause
            if text[here : here + 1] == "的" and here > at:
                todo.append(replace(start, at=here + 1))
            for word in _at(CONNECTIVES, text, here):
                todo.append(replace(start, at=here + len(word)))
            for word in _at(LEADS, text, here):
                todo.append(replace(start, at=here + len(word), open=True, leads=True, bare=False))
            for word in _at(self.about.topics, text, here):
                todo.append(replace(start, at=here + len(word), open=True, leads=True, bare=not start.leads or start.bare))
            if start.leads and text[here : here + 1] == "是":
                todo.append(replace(start, at=here + 1, open=True, bare=False))
            if start.leads:
                for word in _at(SAYING, text, here):
                    todo.append(replace(start, at=here + len(word), open=False, bare=False))
            for name in self.about.names:
                if text.startswith(name, here):
                    own, place = name in self.about.subjects, name in self.about.regions
                    todo.append(replace(start, at=here + len(name), named=start.named or own, placed=place or (start.placed and not own)))
            if self.about.datable and (year := self.about.year) and (said := re.compile(rf"在?{year}年度?").match(text, here)):
                todo.append(replace(start, at=said.end(), dated=True))

    def _ends(self, start: int, clause: Clause, organ: bool) -> set[int]:
        """Where the words of a clause end that begin at a place of the text; `organ`: an organisation's name stands before them."""
        text, there = self.said.text, clause.said.text
        begins = {first: last for first, last in clause.figures if clause.said.whole(first, last)}
        ends: set[int] = set()
        seen: set[tuple[int, int]] = set()
        todo = [(start, 0), *((start, skip) for skip in (clause.skips - clause.placed if organ else clause.skips))]
        while todo:
            at, to = todo.pop()
            if (at, to) in seen:
                continue
            seen.add((at, to))
            self.steps += 1
            if to == len(there):
                if at > start:
                    ends.add(at)
                if at > start and at < len(text) and (text[at] == "的" or (text[at] == "了" and clause.done)):
                    todo.append((at + 1, to))
                continue
            counted = not any(mark <= to for mark in clause.said.marks) and not any(join in there[:to] for join in JOINS) and not clause.hangs
            if there[to] in PARTICLES or (there[to] in COUNTING and counted and to in clause.counting):
                todo.append((at, to + 1))
            if at == len(text):
                continue
            if text[at] == there[to] and self._same_gap(at, to, start, clause):
                todo.append((at + 1, to + 1))
            if at in self.figures and to in begins and same(text[at : self.figures[at]], there[to : begins[to]]):
                todo.append((self.figures[at], begins[to]))
            todo += [(at + len(year), to + len(word)) for word, year in self.source.times
                     if there.startswith(word, to) and text.startswith(year, at)]
            if (text[at] == "的" and at > start) or (text[at] in DONE and clause.done) or (text[at] in COUNTING and counted):
                todo.append((at + 1, to))
            if text[at] in COPULAS and to in begins:
                todo.append((at + 1, to))
            if there[to] in COPULAS and to + 1 in begins and (at in self.figures or text[at] in COPULAS):
                todo.append((at, to + 1))
            if text[at] in PLACING and _PLACE.match(text, at):
                todo.append((at + 1, to))
            if at > start:
                todo += [(at + len(word), to) for word in _at(ADVERBS, text, at) if at in self.single]
            if (short := _short(there, to)) != to:
                todo.append((at, short))
            if (short := _short(text, at)) != at:
                todo.append((short, to))
            todo += self._joined(at, to, clause)
            if to and to == clause.after_time and not clause.hangs and not clause.actor:
                todo += [(one.at, to) for one in self._starts(at) if one.at > at and not (one.leads or one.dated or self.said.stops(one.at))]
        return ends

    def _same_gap(self, at: int, to: int, start: int, clause: Clause) -> bool:
        """Whether two numbers side by side are two in both: 10、20 is no 1020."""
        if at == start or not to or not numeral(self.said.text[at]) or not numeral(self.said.text[at - 1]):
            return True
        return (at in self.said.marks) == (to in clause.said.marks)

    def _joined(self, at: int, to: int, clause: Clause) -> list[tuple[int, int]]:
        """甲、乙 and 甲和乙 and 甲以及乙."""
        here, there = _at(JOINS, self.said.text, at), _at(JOINS, clause.said.text, to)
        found = [(at + len(a), to + len(b)) for a in here for b in there]
        found += [(at + len(a), to) for a in here if to in clause.said.marks]
        found += [(at, to + len(b)) for b in there if at in self.said.marks]
        return found


def _short(text: str, at: int) -> int:
    """Past 人民 where it is left out of 市人民政府 and its like."""
    return at + 2 if re.compile("人民(?=政府|法院|检察院)").match(text, at) else at


def _at(words: frozenset[str], text: str, at: int) -> list[str]:
    return [word for word in words if text.startswith(word, at)] if at < len(text) else []


def _own_words(text: str) -> frozenset[int]:
    """Where adverbs stand as words of their own."""
    found, at = set[int](), 0
    for word in words(text):
        if word in ADVERBS:
            found.add(at)
        at += len(word)
    return frozenset(found)


def _empty(said: Line, sources: Sequence[Source]) -> bool:
    """Whether a text only leads on, and says nothing."""
    reached, todo = set[int](), [0]
    names = [name for one in sources for name in one.about.names]
    while todo:
        at = todo.pop()
        if at in reached:
            continue
        reached.add(at)
        todo += [at + len(word) for word in _at(FUNCTION_WORDS, said.text, at)]
        todo += [at + len(name) for name in names if said.text.startswith(name, at)]
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
