"""hits → Answer: verbatim sentences, the short answer in them, ABSTAIN, or which report do you mean?

A sentence is chosen by the question's words in it weighed by rarity, its likeness in meaning, its passage's place among
the hits, and whether what is asked for stands there (a figure with that unit, a date, a title).  Every quotation is
compared with the catalog's text before it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from index.corpus import Corpus
from index.types import Report
from retrieval import asked, overlap, spans, which
from retrieval.asks import asks_for_several
from retrieval.confidence import ENOUGH, probability
from retrieval.followup import own
from retrieval.question import groups
from retrieval.sentences import Sentence, able, rank_sentences
from retrieval.types import ABSTAIN, Answer, Citation, Hit, Question, Table
from retrieval.which import Shorten
from retrieval.years import years

SHORT_LIMIT, LONG_LIMIT = 400, 1500  # characters of an answer to a figure, date, name, yes or no; to the others
ALIEN = {"soft": 0.35, "cosine": 0.175}  # likeness in words and in meaning below which a sentence speaks of something else
ALIEN_ENOUGH = 0.9  # chance from which it is answered even so: a line that dates a report has hardly a word
MARKED = 40  # characters of the longest run marked as the short answer
WHOLE = 450  # characters of a passage shown whole
NEAR = 2.0  # behind the best sentence's score, a log chance: a further sentence is shown beside it
STATED = 0.95  # chance of a figure that its report states as a table would take it: 27 of 27 development questions
_SHORT = frozenset({"number", "date", "name", "yesno"})


def compose(corpus: Corpus, question: Question, hits: tuple[Hit, ...], told: Table | None = None) -> Answer:
    """The answer in the reports' own words; ABSTAIN, with what was found, when nothing supports one.

    `told`: what each report states of the figure asked for.
    """
    if question.nothing:
        return Answer(question, "abstained", ABSTAIN, hits=hits, note=question.nothing)
    rarity = overlap.rarity(corpus, question)
    ranked = rank_sentences(corpus, question, hits, rarity)
    named = groups(question, corpus.reports())
    each = [[s for s in ranked if s.hit.report.row in rows] for _, rows in named] if len(named) > 1 else [ranked]
    chance = sum(probability(corpus, question, mine, rarity) for mine in each) / len(each)
    every, ranked = ranked, able(question, ranked)
    if not ranked or (chance < ALIEN_ENOUGH and question.asks in _SHORT and all(ranked[0].features[name] < low for name, low in ALIEN.items())):
        return Answer(question, "abstained", ABSTAIN, hits=hits, chance=chance)
    reports = _Texts(corpus)
    spoken = own(question)
    focus = asked.focus(spoken, rarity)
    several = asks_for_several(question.text) if len(named) == 1 else 1

    best = which.stated(question, every, ranked[0], told) if told else None

    def short(sentence: Sentence) -> list[tuple[int, int]]:
        if best and sentence is best.sentence:
            return [best.figure]
        return asked.short_answers(spoken, sentence.text, focus, several)

    rivals = which.rivals(question, ranked, short)
    if which.unnamed(question):
        found = which.differing(question, ranked[0], told) if told else ()
        if not found and chance * len(rivals) >= ENOUGH:  # the chance is shared among them
            found = _cite([(s, s.start, s.end, short(s)) for s in rivals], reports)
        if found:
            names = "、".join(which.called([c.report for c in found])[:5])
            text = f"有 {len(found)} 份报告都讲到，说的不一样。请指明是哪一份：{names}{'等' if len(found) > 5 else ''}。"
            return Answer(question, "ambiguous", text, hits=hits, candidates=found, chance=chance)
    note = ""
    if best:
        chance, note = max(chance, STATED), best.note
        lead = best.sentence
        ranked = [lead, *(s for s in ranked if (s.hit.report.row, s.start) != (lead.hit.report.row, lead.start))]
    elif rivals and not years(question.text):
        lead = max(rivals, key=lambda s: s.hit.report.facts.year or 0)
        ranked = [lead, *(s for s in ranked if s is not lead)]
        note = which.other_years(lead.hit.report, {s.hit.report.facts.year for s in rivals})
    if chance < ENOUGH:
        return Answer(question, "abstained", ABSTAIN, hits=hits, chance=chance)
    if len(named) > 1:
        chosen = [next((s for s in ranked if s.hit.report.row in rows), None) for _, rows in named]
        picked = [(s, s.start, s.end, short(s)) for s in chosen if s]
        missing = [name for (name, _), s in zip(named, chosen, strict=True) if s is None]
        note = f"没有在{'、'.join(missing)}的报告里找到。" if missing else ""
    elif question.asks in _SHORT:
        picked = _sentences(ranked, short)
    else:
        picked = _passages(question, ranked, reports)
    citations = _cite(picked, reports)
    if not citations:
        return Answer(question, "abstained", ABSTAIN, hits=hits)
    return Answer(
        question,
        "answered",
        "\n".join(citation.quote for citation in citations),
        short=_spoken(question, citations, picked, [name for name, _ in named]),
        citations=citations,
        hits=hits,
        note=note,
        chance=chance,
    )


def tabled(corpus: Corpus, question: Question, table: Table) -> Answer:
    """A table over many reports as an answer, its rows' sentences the citations; of reports that the question names, the
    sentences themselves are the text."""
    texts = _Texts(corpus)
    rows = [row for row in table.rows if texts[row.report.row].text[row.citation.start : row.citation.end] == row.citation.quote]
    citations = tuple(replace(row.citation, number=at) for at, row in enumerate(rows, 1))
    rows = [replace(row, citation=citation) for row, citation in zip(rows, citations, strict=True)]
    apart = len(groups(question, corpus.reports())) > 1 or any(row.of for row in rows)  # a few cells: their sentences say more
    text = "\n".join(dict.fromkeys(citation.quote for citation in citations)) if apart else table.summary
    missing = "、".join(ref.facts.region or ref.facts.unit or ref.name for ref in table.missing)
    note = f"另有 {len(table.missing)} 份报告没有写明：{missing}。" if missing else ""
    short = "；".join(row.value for row in rows) if apart else None
    return Answer(question, "answered", text[:LONG_LIMIT], short=short, citations=citations, table=replace(table, rows=tuple(rows)),
                  note=note)


# ---- what is shown

_Picked = tuple[Sentence, int, int, list[tuple[int, int]]]  # sentence, start and end in the report, short answers in it


class _Texts:
    """Reports read from the catalog, each once an answer."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._read: dict[int, Report] = {}

    def __getitem__(self, row: int) -> Report:
        if row not in self._read:
            self._read[row] = self._corpus.report(row)
        return self._read[row]


def _sentences(ranked: Sequence[Sentence], short: Shorten) -> list[_Picked]:
    """The best sentence, and up to two more that come near it, within the limit."""
    picked: list[_Picked] = []
    length = 0
    for sentence in ranked:
        if len(picked) == 3 or (picked and sentence.score < ranked[0].score - NEAR):
            break
        if length + len(sentence.text) + 1 > SHORT_LIMIT:
            if not picked:
                picked.append(_clipped(sentence, short))
                break
            continue
        if any(sentence.text == other.text for other, *_ in picked):
            continue
        picked.append((sentence, sentence.start, sentence.end, short(sentence)))
        length += len(sentence.text) + 1
    return picked


def _clipped(sentence: Sentence, short: Shorten) -> _Picked:
    """A sentence too long for a short answer, cut to whole clauses around what is asked for."""
    runs = short(sentence)
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
    picked: list[_Picked] = [(best, start, end, [])]
    length = end - start
    for sentence in ranked[1:]:
        if len(picked) == 3 or sentence.score < best.score - NEAR:
            break
        row = sentence.hit.report.row
        shown = any(s.hit.report.row == row and a < sentence.end and sentence.start < b for s, a, b, _ in picked)
        if shown or length + len(sentence.hit.passage.text) + 1 > LONG_LIMIT:
            continue
        passage = sentence.hit.passage
        picked.append((sentence, passage.start, passage.end, []))
        length += len(passage.text) + 1
    return picked


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
    for sentence, start, end, short in picked:
        report = reports[sentence.hit.report.row]
        quote = report.text[start:end]
        if report.text[sentence.start : sentence.end] != sentence.text or not quote:
            continue
        passage = sentence.hit.passage
        whole = bool(short) and short[-1][1] - short[0][0] <= MARKED
        mark = (short[0][0], short[-1][1]) if whole else short[0] if short else None
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
    first, short = citations[0], picked[0][3]
    if not short:
        return None
    if short[-1][1] - short[0][0] <= MARKED:
        return first.quote[short[0][0] : short[-1][1]]
    return "、".join(first.quote[s:e] for s, e in short)
