"""hits → Answer: verbatim sentences, the short answer in them, ABSTAIN, or which report do you mean?

A sentence is chosen by the question's words in it weighed by rarity, its likeness in meaning, its passage's place among
the hits, and whether what is asked for stands there (a figure with that unit, a date, a title).  Every quotation is
compared with the catalog's text before it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from index.corpus import Corpus
from index.types import Report
from retrieval.answer import ambiguous, numbered_lists, short, which_list
from retrieval.answer.ambiguous import Shorten, Stated
from retrieval.answer.confidence import ENOUGH, probability
from retrieval.answer.numbered_lists import Items
from retrieval.answer.sentences import Sentence, able, rank_sentences
from retrieval.answer.yesno import verdict
from retrieval.question import spans
from retrieval.question.asks import asks_for_several
from retrieval.question.followup import own
from retrieval.question.understand import groups
from retrieval.question.years import years
from retrieval.search import overlap
from retrieval.types import ABSTAIN, MARKED, Answer, Citation, Hit, Question, Table

SHORT_LIMIT, LONG_LIMIT = 400, 1500  # characters of an answer to a figure, date, name, yes or no; to the others
ALIEN = {"soft": 0.35, "cosine": 0.175}  # likeness in words and in meaning below which a sentence speaks of something else
ALIEN_ENOUGH = 0.9  # chance from which it is answered even so: a line that dates a report has hardly a word
WHOLE = 450  # characters of a passage shown whole
NEAR = 2.0  # behind the best sentence's score, a log chance: a further sentence is shown beside it
SURE = 0.5  # chance of the best sentence from which its yes or no is said
STATED = 0.95  # chance of a figure that its report states as a table would take it: 27 of 27 development questions
_SHORT = frozenset({"number", "date", "name", "yesno"})


def compose(corpus: Corpus, question: Question, hits: tuple[Hit, ...], told: Table | None = None) -> Answer:
    """The answer in the reports' own words; ABSTAIN, with what was found, when nothing supports one.

    `told`: what each report states of the figure asked for.
    """
    declined = Answer(question, "abstained", ABSTAIN, hits=hits)
    if question.nothing:
        return replace(declined, note=question.nothing)
    rarity = overlap.rarity(corpus, question)
    every = rank_sentences(corpus, question, which_list.read_first(question, hits, rarity), rarity)
    named = groups(question, corpus.reports())
    chance = _chance(corpus, question, every, named, rarity)
    ranked = which_list.led(question, able(question, every), rarity)
    if not ranked or _alien(question, ranked[0], chance):
        return replace(declined, chance=chance)
    reports = _Texts(corpus)
    best = ambiguous.stated(question, every, ranked[0], told) if told else None
    shorten = _shortener(question, rarity, named, best)
    rivals = ambiguous.rivals(question, ranked, shorten)
    differing = ambiguous.differing(question, ranked[0], told) if told and ambiguous.unnamed(question) else ()
    if not differing and ambiguous.unnamed(question) and chance * len(rivals) >= ENOUGH:  # the chance is shared among them
        differing = _cite([(s, s.start, s.end, shorten(s)) for s in rivals], reports)
    if differing:
        return replace(declined, status="ambiguous", text=_asks_back(differing), candidates=differing, chance=chance)
    ranked, note = _led(question, ranked, best, rivals)
    chance = max(chance, STATED) if best else chance
    if chance < ENOUGH:
        return replace(declined, chance=chance)
    found = _items(corpus, question, rarity, ranked[0], reports) if len(named) == 1 and question.asks not in _SHORT else None
    picked = _picked(question, ranked, named, shorten, found, reports)
    note = _not_found(picked, named) if len(named) > 1 else note
    citations = _cite(picked, reports)
    if found:
        citations = (*found[1], *(replace(citation, number=citation.number + len(found[1])) for citation in citations))
    if not citations:
        return declined
    text = "\n".join(citation.quote for citation in citations)
    short_answer = _spoken(question, citations, picked, [name for name, _ in named])
    answer = Answer(question, "answered", text, short_answer, citations, hits=hits, note=note, chance=chance)
    if question.asks == "yesno" and len(named) == 1 and chance >= SURE and (settled := _settled(question, ranked, citations, rarity)):
        word, marked = settled
        return replace(answer, short=word, citations=(marked, *(c for c in citations if c.number != marked.number)), computed=True)
    if found:
        meant, shown = found
        return replace(answer, short=_counted(meant), items=len(shown), whole=_whole(meant, shown[0], reports), computed=True)
    return answer


def tabled(corpus: Corpus, question: Question, table: Table) -> Answer:
    """A table over many reports as an answer, its rows' sentences the citations; of reports that the question names, the
    sentences themselves are the text."""
    texts = _Texts(corpus)
    rows = [row for row in table.rows if texts[row.report.row].text[row.citation.start : row.citation.end] == row.citation.quote]
    citations = tuple(replace(row.citation, number=at) for at, row in enumerate(rows, 1))
    rows = [replace(row, citation=citation) for row, citation in zip(rows, citations, strict=True)]
    apart = len(groups(question, corpus.reports())) > 1 or any(row.of for row in rows)  # a few cells: their sentences say more
    text = "\n".join(dict.fromkeys(citation.quote for citation in citations)) if apart else table.summary
    missing = "、".join(ref.facts.where or ref.name for ref in table.missing)
    note = f"另有 {len(table.missing)} 份报告没有写明：{missing}。" if missing else ""
    values = "；".join(row.value for row in rows) if apart else None
    return Answer(question, "answered", text[:LONG_LIMIT], short=values, citations=citations, table=replace(table, rows=tuple(rows)),
                  note=note)


# ---- the steps to an answer

_Named = Sequence[tuple[str, frozenset[int]]]  # as `groups` gives them


def _chance(corpus: Corpus, question: Question, ranked: Sequence[Sentence], named: _Named, rarity: Mapping[str, float]) -> float:
    """That the best sentence answers the question; of several units named, the mean of theirs."""
    each = [[s for s in ranked if s.hit.report.row in rows] for _, rows in named] if len(named) > 1 else [ranked]
    return sum(probability(corpus, question, mine, rarity) for mine in each) / len(each)


def _alien(question: Question, best: Sentence, chance: float) -> bool:
    """Whether the best sentence speaks of something else, in other words and another sense."""
    return chance < ALIEN_ENOUGH and question.asks in _SHORT and all(best.features[name] < low for name, low in ALIEN.items())


def _shortener(question: Question, rarity: Mapping[str, float], named: _Named, best: Stated | None) -> Shorten:
    """How the short answers of a sentence are found; of the one that states the figure, that figure."""
    spoken = own(question)
    focus = short.focus(spoken, rarity)
    several = asks_for_several(question.text) if len(named) == 1 else 1

    def shorten(sentence: Sentence) -> list[tuple[int, int]]:
        if best and sentence is best.sentence:
            return [best.figure]
        return short.short_answers(spoken, sentence.text, focus, several)

    return shorten


def _asks_back(differing: Sequence[Citation]) -> str:
    """Which report is meant, of those that say otherwise."""
    names = "、".join(ambiguous.called([c.report for c in differing])[:5])
    return f"有 {len(differing)} 份报告都讲到，说的不一样。请指明是哪一份：{names}{'等' if len(differing) > 5 else ''}。"


def _led(
    question: Question, ranked: Sequence[Sentence], best: Stated | None, rivals: Sequence[Sentence]
) -> tuple[list[Sentence], str]:
    """Sentences led by the one that states the figure, or by the latest of those that say otherwise, and a note that says so."""
    if best:
        lead = best.sentence
        return [lead, *(s for s in ranked if (s.hit.report.row, s.start) != (lead.hit.report.row, lead.start))], best.note
    if rivals and not years(question.text):
        lead = max(rivals, key=lambda s: s.hit.report.facts.year or 0)
        note = ambiguous.other_years(lead.hit.report, {s.hit.report.facts.year for s in rivals})
        return [lead, *(s for s in ranked if s is not lead)], note
    return list(ranked), ""


def _picked(
    question: Question, ranked: Sequence[Sentence], named: _Named, shorten: Shorten, found: _Listed | None, reports: _Texts
) -> list[_Picked]:
    """What is shown: the best sentence of each unit named, sentences, what stands beside a list, or whole passages."""
    if len(named) > 1:
        chosen = [next((s for s in ranked if s.hit.report.row in rows), None) for _, rows in named]
        return [(s, s.start, s.end, shorten(s)) for s in chosen if s]
    if question.asks in _SHORT:
        return _sentences(ranked, shorten)
    return _beside(*found, question, ranked, reports) if found else _passages(question, ranked, reports)


def _not_found(picked: Sequence[_Picked], named: _Named) -> str:
    """The units named of which nothing is shown."""
    shown = {sentence.hit.report.row for sentence, *_ in picked}
    missing = [name for name, rows in named if not rows & shown]
    return f"没有在{'、'.join(missing)}的报告里找到。" if missing else ""


# ---- what is shown

_Picked = tuple[Sentence, int, int, list[tuple[int, int]]]  # sentence, start and end in the report, short answers in it
_Listed = tuple[Items, tuple[Citation, ...]]  # a list, and its items as they are shown


class _Texts:
    """Reports read from the catalog, each once an answer."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._read: dict[int, Report] = {}

    def __getitem__(self, row: int) -> Report:
        if row not in self._read:
            self._read[row] = self._corpus.report(row)
        return self._read[row]


def _sentences(ranked: Sequence[Sentence], shorten: Shorten) -> list[_Picked]:
    """The best sentence, and up to two more that come near it, within the limit."""
    picked: list[_Picked] = []
    length = 0
    for sentence in ranked:
        if len(picked) == 3 or (picked and sentence.score < ranked[0].score - NEAR):
            break
        if length + len(sentence.text) + 1 > SHORT_LIMIT:
            if not picked:
                picked.append(_clipped(sentence, shorten))
                break
            continue
        if any(sentence.text == other.text for other, *_ in picked):
            continue
        picked.append((sentence, sentence.start, sentence.end, shorten(sentence)))
        length += len(sentence.text) + 1
    return picked


def _clipped(sentence: Sentence, shorten: Shorten) -> _Picked:
    """A sentence too long for a short answer, cut to whole clauses around what is asked for."""
    runs = shorten(sentence)
    centre = runs[0][0] if runs else 0
    half = SHORT_LIMIT // 2
    inside = [c for c in spans.clauses(sentence.text) if c[1] > centre - half and c[1] - centre < half]
    inside = [c for c in inside if c[1] - inside[0][0] < SHORT_LIMIT]
    inside = inside or [(centre, min(len(sentence.text), centre + SHORT_LIMIT - 1))]
    left, right = inside[0][0], inside[-1][1]
    kept = [(s - left, e - left) for s, e in runs if s >= left and e <= right]
    return sentence, sentence.start + left, sentence.start + right, kept


def _passages(question: Question, ranked: Sequence[Sentence], reports: _Texts) -> list[_Picked]:
    """The best sentence's passage with what follows it under its heading; then the next best hits' sentences."""
    best = ranked[0]
    start, end = _section(best, reports, LONG_LIMIT // 2 if question.asks == "list" else WHOLE)
    return _further([(best, start, end, [])], ranked, LONG_LIMIT)


def _further(picked: list[_Picked], ranked: Sequence[Sentence], limit: int, but: Sequence[tuple[int, int, int]] = ()) -> list[_Picked]:
    """What is picked and, up to three, the passages of the next best sentences near the best one, within a limit of characters.

    `but`: (report, start, end) of what is shown already.
    """
    length = sum(end - start + 1 for _, start, end, _ in picked)
    for sentence in ranked[1:]:
        if len(picked) >= 3 or sentence.score < ranked[0].score - NEAR:
            break
        row = sentence.hit.report.row
        held = [*but, *((s.hit.report.row, a, b) for s, a, b, _ in picked)]
        shown = any(of == row and a < sentence.end and sentence.start < b for of, a, b in held)
        if shown or length + len(sentence.hit.passage.text) + 1 > limit:
            continue
        passage = sentence.hit.passage
        picked.append((sentence, passage.start, passage.end, []))
        length += len(passage.text) + 1
    return picked


def _settled(question: Question, ranked: Sequence[Sentence], citations: Sequence[Citation],
             rarity: Mapping[str, float]) -> tuple[str, Citation] | None:
    """Yes or no and the first citation with what states it marked; None where the sentence does not say, or the next says otherwise."""
    said: list[tuple[str, Citation]] = []
    for citation in citations:
        sentence = next((s for s in ranked if s.hit.report.row == citation.report.row and s.start == citation.start), None)
        if sentence is None or sentence.features["year"] < 0:
            continue
        titles = "\n".join((citation.report.facts.title, *citation.path))
        passage = sentence.hit.passage
        lead = re.split("[。！？\n]", passage.text[: sentence.start - passage.start])[-1]
        if found := verdict(question.text, citation.quote, titles, rarity, lead):
            said.append((found.word, replace(citation, mark=(found.start, found.end))))
    if not said or said[0][1].number != citations[0].number or len({word for word, _ in said}) > 1:
        return None
    return said[0]


def _items(corpus: Corpus, question: Question, rarity: Mapping[str, float], best: Sentence,
           reports: _Texts) -> tuple[Items, tuple[Citation, ...]] | None:
    """The list that is meant with a citation an item, whole where they fit, else its leading sentences; None where there is none,
    or the best sentence is not the report's."""
    report = reports[best.hit.report.row]
    found = which_list.meant(corpus, question, rarity, best, report)
    if found is None or report.text[best.start : best.end] != best.text:
        return None
    runs = numbered_lists.fitted(report.text, found.spans, LONG_LIMIT)
    return (found, tuple(_run(number, start, end, best, report) for number, (start, end) in enumerate(runs, 1))) if runs else None


def _run(number: int, start: int, end: int, best: Sentence, report: Report) -> Citation:
    passage = next((p for p in report.passages if p.start <= start < p.end), best.hit.passage)
    return Citation(number, best.hit.report, passage.id, report.text[start:end], start, end, passage.path, report.page_at(start))


def _beside(found: Items, listed: Sequence[Citation], question: Question, ranked: Sequence[Sentence], reports: _Texts) -> list[_Picked]:
    """What is shown below the items: of a list in a sentence the passage, marked; of a numbered one the best sentence where the
    items shown lack it; then what else comes near."""
    best = ranked[0]
    row, left = best.hit.report.row, LONG_LIMIT - sum(len(citation.quote) + 1 for citation in listed)
    picked: list[_Picked] = []
    if best.start <= found.start and found.end <= best.end:
        start, end = _section(best, reports, min(left, LONG_LIMIT // 2 if question.asks == "list" else WHOLE))
        picked = [(best, start, end, [(found.start - start, found.end - start)])]
    else:
        shown = any(citation.start <= best.start and best.end <= citation.end for citation in listed)
        if not shown and len(best.text) < left and not found.lead[0] <= best.start < found.lead[1]:
            picked = [(best, best.start, best.end, [])]
    return _further(picked, ranked, left, [(row, found.start, found.end)])


def _counted(found: Items) -> str:
    """How many items there are, as counted, and whether the report says that there are more."""
    count = len(found.spans)
    if not found.more or found.said == count:
        return f"共 {count} 项"
    return f"列出 {count} 项，原文说共有 {found.said} 项" if found.said > count else f"列出 {count} 项，原文有“等”"


def _whole(found: Items, first: Citation, reports: _Texts) -> Citation:
    """The list with the words that introduce it, as it stands."""
    start = min(found.lead[0], found.start)
    return replace(first, number=0, quote=reports[first.report.row].text[start : found.end], start=start, end=found.end,
                   path=found.titles or first.path)


def _section(sentence: Sentence, reports: _Texts, longest: int) -> tuple[int, int]:
    """The passage of a sentence, with the passages after and before it under the same heading while they fit."""
    passage = sentence.hit.passage
    siblings = [p for p in reports[sentence.hit.report.row].passages if p.path == passage.path]
    at = next((i for i, p in enumerate(siblings) if p.start == passage.start), 0)
    start, end = passage.start, passage.end
    for following in siblings[at + 1 :]:
        if following.end - start > longest:
            break
        end = following.end
    for before in reversed(siblings[:at]):
        if end - before.start > longest:
            break
        start = before.start
    if end - start > longest:
        return sentence.start, sentence.end
    return start, end


def _cite(picked: Sequence[_Picked], reports: _Texts) -> tuple[Citation, ...]:
    """Quotations cut from the catalog's text; one that is not the text found is dropped."""
    found: list[Citation] = []
    for sentence, start, end, runs in picked:
        report = reports[sentence.hit.report.row]
        quote = report.text[start:end]
        if report.text[sentence.start : sentence.end] != sentence.text or not quote:
            continue
        passage = sentence.hit.passage
        whole = bool(runs) and runs[-1][1] - runs[0][0] <= MARKED
        mark = (runs[0][0], runs[-1][1]) if whole else runs[0] if runs else None
        number, page = len(found) + 1, report.page_at(start)
        found.append(
            Citation(number, sentence.hit.report, passage.id, quote, start, end, passage.path, page, mark)
        )
    return tuple(found)


def _spoken(
    question: Question, citations: Sequence[Citation], picked: Sequence[_Picked], names: Sequence[str]
) -> str | None:
    """The short answer: the marked run, or the runs joined where they stand apart or in several reports."""
    if question.asks not in ("number", "date", "name", "compare"):
        return None
    if len(names) > 1:
        parts = [c.quote[c.mark[0] : c.mark[1]] for c in citations if c.mark]
        return "；".join(parts) or None
    first, runs = citations[0], picked[0][3]
    if not runs:
        return None
    if runs[-1][1] - runs[0][0] <= MARKED:
        return first.quote[runs[0][0] : runs[-1][1]]
    return "、".join(first.quote[s:e] for s, e in runs)
