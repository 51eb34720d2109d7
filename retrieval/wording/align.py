"""The ways to read a text as clauses of one quotation: letter by letter, but for function words, marks and the report's own name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from retrieval.wording import clauses
from retrieval.wording.clauses import DEICTIC, KINDS, PLACES, Clause, Source, State
from retrieval.wording.figures import figures, same
from retrieval.wording.forms import OF, SEAM, Form, moved
from retrieval.wording.functionwords import (
    ADVERBS,
    CONNECTIVES,
    COUNTING,
    DONE,
    EQUALS,
    JOINS,
    LEADS,
    MEASURES,
    PARTICLES,
    PLACING,
    POINTING,
    SAYING,
    SEAMS,
    WILL,
)
from retrieval.wording.plain import Line, cuts, numeral, same_at, tagged

STEPS = 10_000  # places looked at for one sentence
_ANSWER = -1  # among the clauses said: the answer that stands ahead of them
_PLACE = re.compile(r"在\S{1,10}?(?:后|前|内|中|里|上|期间)")
_LEVEL = re.compile(r"[省市县区州旗镇乡村](?!镇?[场民值容域间级直]|城(?![管乡市镇建投]))")  # of a place, before its organs: 县财政
_PART_OF_A_YEAR = re.compile(r"年[初中末底内]|[上下]半年|[一二三四]季度|\d{1,2}月")
_LISTING = re.compile(r"[中里]?(?:的?(?:标准|分别)?[为是有]|包括|发现|如下|[中里])")  # ahead of a list
_BARE = re.compile(r"(?<=[率比数])-?\d[\d.:]*$")
_BECOMES = re.compile(r"[成为](?=\d)")
_DATE = re.compile(r"(?:19|20)\d\d年|\d{1,2}月|[今明去当]年|年[初中底末内]")
_WHITHER = re.compile(r"[早晚先后迟不低高多少大小强弱快慢优用属限始等同相止存]$")
_OURS = re.compile(r"(?:[我本]|全(?=[省市县区州旗镇乡村]))(?!年)" + DEICTIC.pattern.split(")", 1)[1])
_DENIES = re.compile(r"[不未没无非超近约逾]$|没有$|达$|目标|力争|争取")
_ONLY = re.compile(r"(?:[仅只还尚占][有到]?|均为)?-?")  # before a figure
_LACKING = 6  # letters of a clause that other words may be written for
_ANSWERS = 16  # characters of an answer that stands ahead of its sentence


@dataclass(frozen=True)
class _Start:
    """Where the words of a clause may begin, and what stands before them."""

    at: int
    named: bool = False  # whose report it is was said, or of which place
    placed: bool = False  # the place alone
    dated: bool = False  # the report's year was said
    open: bool = False  # words of a lead that no word of saying has closed
    leads: bool = False
    will: str = ""  # it was said to be planned: 打算
    bare: bool = False  # words of headings alone, that lead nowhere yet


class Search:
    """The ways to read a text as clauses of one quotation."""

    def __init__(self, said: Line, one: Source) -> None:
        self.said, self.source, self.about = said, one, one.about
        self.figures = {span.start: span.end for span in figures(said.text) if said.whole(span.start, span.end)}
        self.cuts = cuts(said)
        self.same = same_at(said, self.cuts)
        self.forms: dict[int, tuple[Form, ...]] = {}
        self.steps = 0

    def run(self, before: State, one: bool = False) -> set[State]:
        """What may be in force at the end, in every way to read the text or in `one` of them."""
        ends: set[State] = set()
        seen = set[tuple[int, State, tuple[int, ...], frozenset[int]]]()
        # (place, in force, the clauses one of which must come next where no mark stands here or a list was led in, clauses said)
        todo: list[tuple[int, State, tuple[int, ...], tuple[int, ...]]] = [(0, before, (), ())]
        answer = self._answer()
        if answer:
            todo.insert(0, (answer, before, (), (_ANSWER,)))
        while todo and self.steps < STEPS:
            at, state, must, path = todo.pop()
            if (key := (at, state, must, frozenset(path))) in seen:
                continue
            seen.add(key)
            if at == len(self.said.text) and not must:
                if self._whole(path, answer):
                    ends.add(state)
                    if one:
                        break
                continue
            for start in self._starts(at):
                if not must and at < start.at < len(self.said.text) and self.said.stops(start.at):
                    todo.append((start.at, self._led(state, start), (), path))
                if start.open:
                    continue
                for number in must or self._candidates(path):
                    for form in self._forms(number):
                        then = self._stands(form, state, start)
                        if then is None:
                            continue
                        after = form.covers[-1] + 1
                        for end in self._ends(start.at, form.said, start.named and not start.placed):
                            if self.said.stops(end):
                                todo.append((end, then, (), (*path, *form.covers)))
                            if end < len(self.said.text) and after < len(self.source.clauses):
                                todo.append((end, then, (after,), (*path, *form.covers)))
                                led = _LISTING.match(self.said.text, end)
                                if led and (led.end() in self.said.marks or led[0] == "包括") and (listed := self._listed(after)):
                                    todo.append((led.end(), then, listed, (*path, *form.covers)))
        return ends if self.steps < STEPS else set()

    def _forms(self, number: int) -> tuple[Form, ...]:
        """The ways to say a clause; with a piece of it moved only where all its words were written."""
        if number not in self.forms:
            clause, known = self.source.clauses[number], self.source.forms[number]
            lacking = Counter(clause.said.text) - Counter(self.said.text)
            more = tuple(Form(number, form, (number,)) for form in moved(clause)) if lacking.total() <= _LACKING else ()
            self.forms[number] = known + more
        return self.forms[number]

    def _answer(self) -> int:
        """Where an answer ends that a sentence begins with before it says the whole: 312件，收到申请312件; 0 where it has none."""
        end = min(self.said.marks, default=0)
        return end if 1 < end <= _ANSWERS else 0

    def _candidates(self, path: tuple[int, ...]) -> Sequence[int]:
        """Clauses of the quotation, the one that comes next there last: it is tried first."""
        every = range(len(self.source.clauses))
        following = path[-1] + 1 if path else 0  # an answer ahead of the clauses counts as -1
        return [*reversed(every[following + 1 :]), *reversed(every[:following]), *every[following : following + 1]]

    def _listed(self, after: int) -> tuple[int, ...]:
        """What a clause leads to that ends before another: its list where a colon says so, or what comes next."""
        every = self.source.clauses
        known = tuple(n for n in range(after, len(every)) if every[n].sentence == every[after - 1].sentence)
        return known if every[after - 1].lists else known[:1]

    def _led(self, state: State, start: _Start) -> State:
        time, condition, plan, actor, head = state
        return None if start.dated else time, condition, plan, self._named(start) if start.named else actor, head

    def _named(self, start: _Start) -> str:
        return self.source.place if start.placed else self.source.itself

    def _stands(self, form: Form, state: State, start: _Start) -> State | None:
        """What is in force after a clause; None where it stands under something else than in the quotation."""
        clause, allowed = form.said, self.source.stands[form.stands_as]
        if start.dated and clauses.dated(clause, self.about.year):
            return None
        if (start.named and clause.hangs) or (start.will and start.will not in clause.will):
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
            if kind == "time" and anchor is None and (clause.hangs or not clause.figures) and all(
                isinstance(one, tuple) and clauses.within(self.source.clauses[one[1]], self.about.year) for one in may
            ):
                continue
            if kind == "actor" and (anchor is None or (anchor in (self.source.itself, self.source.place) and None in may)):
                continue
            return None
        state = clauses.after(state, clause, form.stands_as, self.source)
        for number in form.covers[1:]:
            state = clauses.after(state, self.source.clauses[number], number, self.source)
        return state

    def _whole(self, path: tuple[int, ...], answer: int) -> bool:
        """Whether nothing that limits a clause was left out, nothing that follows upon another stands before it, and the answer is in it."""
        every = self.source.clauses
        answered, path = path[:1] == (_ANSWER,), tuple(number for number in path if number != _ANSWER)
        said = set(path)
        for number in path:
            after = number + 1
            if after < len(every) and every[after].limits and every[after].sentence == every[number].sentence and after not in said:
                return False
            if (step := every[number].because) and self._related(number, step) and not _beside(path, number, number + step):
                return False
        if answered and not any(_answers(self.said.text[:answer], every[number]) for number in path):
            return False
        return bool(path) and not any(
            any(every[between].follows for between in range(later + 1, earlier + 1))
            for place, earlier in enumerate(path) for later in path[place + 1 :] if later < earlier
        )

    def _related(self, number: int, step: int) -> bool:
        every = self.source.clauses
        return 0 <= number + step < len(every) and every[number + step].sentence == every[number].sentence

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
            if text[here : here + 1] in ("的", "了") and here > at:
                todo.append(replace(start, at=here + 1))
            for word in at_words(CONNECTIVES, text, here):
                todo.append(replace(start, at=here + len(word)))
            for word in at_words(LEADS, text, here):
                todo.append(replace(start, at=here + len(word), open=True, leads=True, bare=False))
            for word in at_words(self.about.topics, text, here):
                todo.append(replace(start, at=here + len(word), open=True, leads=True, bare=not start.leads or start.bare))
            if start.leads and text[here : here + 1] == "是":
                todo.append(replace(start, at=here + 1, open=True, bare=False))
            if here > at:
                for word in at_words(SAYING, text, here):
                    todo.append(replace(start, at=here + len(word), open=False, bare=False))
            if here > at and (led := _LISTING.match(text, here)) and (led.end() in self.said.marks or led[0] == "包括"):
                todo.append(replace(start, at=led.end(), open=False, bare=False))
            for word in at_words(self.about.pointed, text, here):
                todo.append(replace(start, at=here + len(word), named=True, placed=any(place.endswith(word[1:]) for place in self.about.regions)))
            for word in at_words(WILL, text, here):
                todo.append(replace(start, at=here + len(word), will=word))
            for name in self.about.names:
                if text.startswith(name, here):
                    own, place = name in self.about.subjects, name in self.about.regions
                    todo.append(replace(start, at=here + len(name), named=start.named or own, placed=place or (start.placed and not own)))
            if self.about.datable and (year := self.about.year) and (said := re.compile(rf"在?{year}年度?|全年|{year}(?=年[初中末底内])").match(text, here)):
                todo.append(replace(start, at=said.end(), dated=True))

    def _ends(self, start: int, clause: Clause, organ: bool) -> set[int]:
        """Where the words of a clause end that begin at a place of the text; `organ`: an organisation's name stands before them."""
        text, there = self.said.text, clause.said.text
        begins = {first: last for first, last in clause.figures if clause.said.whole(first, last)}
        if bare := _BARE.search(there):
            begins.setdefault(bare.start(), len(there))  # 万人律师比1.9
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
            if there[to] == SEAM:
                todo += [(at + len(word), to + 1) for word in ("", *at_words(SEAMS, text, at))]
                continue
            if there[to] == OF:
                todo += [(at + len(word), to + 1) for word in at_words(SEAMS, text, at) if word[0] == "的"]
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
            todo += [(at + len(title), end) for first, end, title in clause.called if first == to and text.startswith(title, at)]
            if to in clause.cuts:
                todo += [(at, to + len(word)) for word in at_words(POINTING, there, to)]
            if at == start and clause.counted and text[at] == "有":
                todo.append((at + 1, to))  # 青川市有律师198人
            if there[to] in PLACING and at == start:
                todo.append((at, to + 1))  # the place as the subject
            if (part := _PART_OF_A_YEAR.match(there, to)) and self.about.datable and not clauses.dated(clause, year := self.about.year):
                todo += [(at + len(said), to) for said in (str(year), f"{year}年") if text.startswith(said + part[0], at)]
            if to and to == clause.seat and self.about.datable and not clauses.dated(clause, self.about.year):
                todo += [(at + len(said), to) for said in at_words(frozenset({f"{self.about.year}年"}), text, at)]
            if to and to == clause.after_time and clause.own > to:
                todo.append((at, clause.own))
            if (organ or _BECOMES.search(there)) and to == 0 and at == start and text[at] in "将把" and 0 in begins and not clause.will:
                todo.append((at + 1, to))  # 22个问题细化为68条措施, said of whoever did it
            if (text[at] == "的" and at > start) or (text[at] in DONE and clause.done) or (text[at] in COUNTING and counted):
                todo.append((at + 1, to))
            if figure := begins.get(to, 0) or begins.get(_ONLY.match(there, to).end(), 0):  # type: ignore[union-attr]
                todo += [(at + size, to) for size in _measured(text, at, there[to:figure], clause.done, counted)]
            todo += [(at, to + size) for size in _measured(there, to, "", True, True) if to + size in begins and not _DENIES.search(there[:to])]
            if text[at] in PLACING and _PLACE.match(text, at):
                todo.append((at + 1, to))
            if to and at in self.cuts and _dated(text, at):
                todo.append((at + 1, to))
            if to in clause.cuts and _dated(there, to):
                todo.append((at, to + 1))
            if to in clause.cuts:
                todo += [(at + len(word), to) for word in at_words(clause.will, text, at)]
            if at in self.cuts:
                todo += [(at + len(word), to) for word in at_words(ADVERBS, text, at) if at > start and at + len(word) in self.cuts]
                todo += [(end, last) for group, end in self.same.get(at, ()) for other, last in clause.same.get(to, ()) if group == other]
            todo += self._joined(at, to, clause) + self._shorter(at, to, clause)
            if to and to == clause.after_time and not clause.hangs and (not clause.actor or DEICTIC.match(clause.actor)):
                todo += [(one.at, to) for one in self._starts(at) if one.at > at and not (one.leads or one.dated or one.will or self.said.stops(one.at))]
        return ends

    def _same_gap(self, at: int, to: int, start: int, clause: Clause) -> bool:
        """Whether two numbers side by side are two in both: 10、20 is no 1020."""
        if at == start or not to or not numeral(self.said.text[at]) or not numeral(self.said.text[at - 1]):
            return True
        return (at in self.said.marks) == (to in clause.said.marks)

    def _shorter(self, at: int, to: int, clause: Clause) -> list[tuple[int, int]]:
        """市人民政府 for 市政府, 白石县财政 for 县财政, and the other way about."""
        text, there = self.said.text, clause.said.text
        found = [(at, short)] if (short := _short(there, to)) != to else []
        found += [(short, to)] if (short := _short(text, at)) != at else []
        if at in self.cuts and to in clause.cuts:
            found += [
                (at + a, to + b) for a, one in self._own(text, at) for b, other in self._own(there, to)
                if one == other or (not (one and other) and {one, other}.isdisjoint(PLACES))
            ]
        for place in self.about.regions:
            if to in clause.cuts and _LEVEL.match(there, to) and text.startswith(place, at) and place[-1] == there[to]:
                found.append((at + len(place), to + 1))
            if at in self.cuts and _LEVEL.match(text, at) and there.startswith(place, to) and place[-1] == text[at]:
                found.append((at + 1, to + len(place)))
        return found

    def _own(self, text: str, at: int) -> Iterator[tuple[int, str]]:
        """(length, what it is) of the names at a place that mean whose report it is: 本院, 全县, 青川市; 本机关 is any of them."""
        if said := _OURS.match(text, at):
            yield len(said[0]), "" if said[0][1:] in ("机关", "单位") else said[0][-1]
        for name in at_words(self.about.subjects, text, at):
            if name == "公司" or len(name) > 3 or name in self.about.regions:
                yield len(name), name[-1]

    def _joined(self, at: int, to: int, clause: Clause) -> list[tuple[int, int]]:
        """甲、乙 and 甲和乙 and 甲以及乙."""
        here, there = at_words(JOINS, self.said.text, at), at_words(JOINS, clause.said.text, to)
        found = [(at + len(a), to + len(b)) for a in here for b in there]
        found += [(at + len(a), to) for a in here if to in clause.said.marks]
        found += [(at, to + len(b)) for b in there if at in self.said.marks]
        return found


def _beside(path: tuple[int, ...], one: int, other: int) -> bool:
    """Whether two clauses were said one after the other."""
    return {one, other} in ({a, b} for a, b in pairwise(path))


def _dated(text: str, at: int) -> bool:
    """Whether 在 or 于 leads a date at a place: 于2025年9月底前; not 早于2025年, 用于2025年."""
    return text[at] in "在于" and _DATE.match(text, at + 1) is not None and not _WHITHER.search(text[:at])


def _short(text: str, at: int) -> int:
    """Past 人民 where it is left out of 市人民政府 and its like."""
    return at + 2 if re.compile("人民(?=政府|法院|检察院)").match(text, at) else at


def _measured(text: str, at: int, figure: str, done: bool, counted: bool) -> Iterator[int]:
    """Lengths of the words at a place that say what a figure measures or that it is so much: 数量为."""
    names = {word for unit, known in MEASURES if not figure or unit.search(figure) for word in known}
    for name in ("", *at_words(frozenset(names), text, at)):
        for word in ("", *at_words(EQUALS, text, at + len(name))):
            if (name or word) and (done or "达" not in word) and (counted or "共" not in word):
                yield len(name) + len(word)


def _answers(answer: str, clause: Clause) -> bool:
    """Whether a clause says what stands ahead of it as the answer: a figure, or whole words with a figure or a noun at their end."""
    said = clause.said.text
    if any(same(answer, said[first:last]) for first, last in clause.figures):
        return True
    at = said.find(answer)
    if at < 0 or not {at, at + len(answer)} <= clause.cuts or _DENIES.search(said[:at]):
        return False
    if any(first < cut < last for first, last in clause.figures for cut in (at, at + len(answer))):
        return False
    return any(map(numeral, answer)) or (not (clause.plan or clause.will) and tagged(answer)[-1][1][:1] == "n")


def at_words(words: frozenset[str], text: str, at: int) -> list[str]:
    """The words that stand at a place of a text."""
    return [word for word in words if text.startswith(word, at)] if at < len(text) else []
