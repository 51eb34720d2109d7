"""Which list a question means: the numbered one under the heading that it speaks of, or the one inside the sentence that answers."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from index.corpus import Corpus
from index.types import Report
from language.numerals import whole
from retrieval.answer import numbered_lists, short
from retrieval.answer.joined_lists import joined
from retrieval.answer.numbered_lists import Items
from retrieval.answer.sentences import Sentence
from retrieval.question import spans
from retrieval.question.spans import Span
from retrieval.search import overlap
from retrieval.types import Hit, Question

BEYOND = 0.05  # likeness to the question that a sentence adds to the words over a list, from which only the sentence is meant
OVER = 0.4  # likeness to the question of the words over a list, at least
HARDLY = 0.25  # and at least for the narrowest list, where none reaches that
CLEARLY = 1.25  # times nearer to the question's words than the next list of the sentence, where a sign vouches for it
FAR_AHEAD = 2.0  # where none does
SAID = 0.5  # of the question's weight that must stand in a sentence for a list in it, where nothing else vouches for it
_NOUN_ASKED = re.compile(
    r"哪(?:些|(?P<n>[一二两三四五六七八九十]|\d{1,2}|几)\s?(?:(?:方面|[个大项种类件条家座所张份部位名届处])的?)?)(?P<noun>[一-鿿“”《》]{0,16})|(?:什么|啥)(?P<what>[一-鿿]{1,12})"
)
_NAMED_BEFORE = re.compile(r"([一-鿿]{2,16}?)(?:主要|具体|都|分别)*(?:包括|包含|涉及|有|是|为|分为)(?:哪|什么|啥)")
_PAPERS = re.compile("文件|办法|制度|条例|规定|方案|法规|规章|意见|规划|通知|清单|指引|目录|纲要|细则|标准|手册|书")
_NEVER_ASIDE = re.compile("成绩|成效|成果|工作|措施|举措|做法|进展|计划|打算|任务|目标|经验|特点|亮点")
_SHORTCOMINGS = re.compile("问题|不足|短板|困难|毛病|差距|挑战|薄弱|缺点|不到位")
_OWN_SHORTCOMINGS = re.compile(f"(?:{_SHORTCOMINGS.pattern})(?!.{{0,8}}(?:整改|解决|化解|处理|应对|措施|对策))")  # a heading over them
_FACED = frozenset(["存在", "面临", "出现", "暴露", "发现", "主要", "还有", "仍有", "目前"])  # said with them, of no subject
# what numbered paragraphs tell of, rather than what stands side by side in a sentence
_TOLD_AT_LENGTH = re.compile(
    r"措施|举措|做法|工作|问题|不足|短板|困难|方面|任务|目标|计划|安排|打算|要求|特点|原因|成效|成绩|成果|进展|经验|内容|亮点|建议|部署|行动|环节|步骤"
    r"|办法|方式|途径|手段|机制|改革|动作|^[招事活]$|毛病|差距|挑战|薄弱|情况|变化|动态"
)


def meant(corpus: Corpus, question: Question, rarity: Mapping[str, float], sentence: Sentence, report: Report) -> Items | None:
    """The list that answers a question, `sentence` being the best one, with offsets of the report; None where there is none."""
    if question.asks not in ("list", "how"):
        return None
    noun, count = wanted(question.text)
    at_length = question.asks == "how" or not noun or _TOLD_AT_LENGTH.search(noun) is not None
    told = [one for one in _told(corpus, rarity, sentence, report, noun) if count in (0, len(one.spans)) and _speaks_of(noun, one, report)]
    for found in told:
        if at_length or noun in " ".join((*found.titles[-1:], report.text[slice(*found.lead)])):
            return found
    inside = _inside(question, rarity, sentence, noun, count) if question.asks == "list" else None
    return inside or next(iter(told), None)


def _speaks_of(noun: str, one: Items, report: Report) -> bool:
    """Whether a list that is asked for shortcomings stands under words that speak of any."""
    if not _SHORTCOMINGS.search(noun):
        return True
    return _SHORTCOMINGS.search(" ".join((*one.titles, report.text[slice(*one.lead)]))) is not None


def read_first(question: Question, hits: tuple[Hit, ...], rarity: Mapping[str, float]) -> tuple[Hit, ...]:
    """Hits by rank; where a report's own shortcomings are asked for, those under a heading of shortcomings first: such sections
    rarely say what they are about again."""
    return tuple(sorted(hits, key=lambda hit: not (_of_shortcomings(hit) and _asks_its_shortcomings(question, hit, rarity))))


def led(question: Question, ranked: Sequence[Sentence], rarity: Mapping[str, float]) -> list[Sentence]:
    """Sentences by rank; where a report's own shortcomings are asked for and the first speaks of none, the first one that stands
    under the report's heading of shortcomings leads, and none stays that speaks of none."""
    first = next(iter(ranked), None)
    if first is None or _of_any(first) or not _asks_its_shortcomings(question, first.hit, rarity):
        return list(ranked)
    lead = next((s for s in ranked if s.hit.report.row == first.hit.report.row and _of_shortcomings(s.hit)), None)
    return [lead, *(s for s in ranked if s is not lead and _of_any(s))] if lead else list(ranked)


def _asks_its_shortcomings(question: Question, hit: Hit, rarity: Mapping[str, float]) -> bool:
    """Whether a list of shortcomings is asked for of what the whole report is about: its title holds every other word."""
    if question.asks not in ("list", "how") or not _SHORTCOMINGS.search(wanted(question.text)[0]):
        return False
    title = hit.report.facts.title
    return all(word in title or _SHORTCOMINGS.search(word) or word in _FACED for word in rarity)


def _of_shortcomings(hit: Hit) -> bool:
    return any(_OWN_SHORTCOMINGS.search(title) for title in hit.passage.path)


def _of_any(sentence: Sentence) -> bool:
    return _SHORTCOMINGS.search(" ".join((*sentence.hit.passage.path, sentence.text))) is not None


def wanted(text: str) -> tuple[str, int]:
    """(what a question asks a list of, how many it says there are): 哪三大工程 → 工程, 3; empty and 0 where it does not say."""
    match = _NOUN_ASKED.search(text)
    if not match:
        return "", 0
    said = match["noun"] or match["what"] or ""
    noun = _last_noun(said)
    if not noun and (short := _SHORTCOMINGS.match(said)):
        noun = short[0]  # 不足 is no noun to the tagger
    if not noun and (before := _NAMED_BEFORE.search(text)):
        noun = _last_noun(before[1][-6:])
    return noun, (whole(match["n"] or "") or 0) if match["n"] != "几" else 0


def _last_noun(text: str) -> str:
    """The last noun before the first verb that stands after one: 重大决策方面的文件 → 文件, 指标没有达到预期 → 指标."""
    noun = ""
    for word, tag in _tagged(text):
        if tag[:1] in "nljiqz" or tag in ("vn", "an", "s", "b"):
            noun = word
        elif noun and tag not in ("uj", "a", "m", "k", "x"):
            break
    return noun


def _tagged(text: str) -> list[tuple[str, str]]:
    import rjieba

    return [(word, tag) for word, tag in rjieba.tag(text)]


def _told(corpus: Corpus, rarity: Mapping[str, float], sentence: Sentence, report: Report, noun: str) -> list[Items]:
    """Numbered lists that the sentence stands in, widest first, over which stands as much of the question as in the sentence.

    First those of its own paragraph whose lead names what is asked, 存在一些困难：…；…。, or under a heading of shortcomings where those are asked.
    """
    around = sorted(_around(report, sentence), key=lambda one: one.start - one.end)
    if not around or not rarity:
        return []
    led = [one for one in around if "\n" not in report.text[one.lead[0] : one.end] and _names(noun, report.text[slice(*one.lead)])]
    if _SHORTCOMINGS.search(noun):
        led = led or [one for one in around if one.titles and _OWN_SHORTCOMINGS.search(one.titles[-1])]
    if led:
        return led
    title = report.facts.title
    over = [" ".join((title, *one.titles, report.text[slice(*one.lead)])) for one in around]
    below = " ".join((*sentence.hit.passage.path, sentence.text))  # headings between the list and the sentence too
    own = ["" if one.lead[0] <= sentence.start < max(one.lead[1], one.start) else below for one in around]
    alike = overlap.soft(corpus, rarity, [*over, *(" ".join(pair) for pair in zip(over, own, strict=True))])
    without, with_it = alike[: len(around)], alike[len(around) :]
    told = [(one, less) for one, less, more in zip(around, without, with_it, strict=True) if less >= more - BEYOND]
    sure = [one for one, less in told if less >= OVER]
    return sure or [one for one, less in told[-1:] if less >= HARDLY]  # in other words than the report's: the narrowest


def _names(noun: str, lead: str) -> bool:
    if not noun or lead[-1:] not in "：:":
        return False
    return noun in lead or (_SHORTCOMINGS.search(noun) is not None and _SHORTCOMINGS.search(lead) is not None)


def _around(report: Report, sentence: Sentence) -> Iterator[Items]:
    lists = [*numbered_lists.numbered(report.text, report.headings)]
    lists += [*numbered_lists.enumerated(report.text, sentence.start), *numbered_lists.divided(report.text, sentence.start)]
    seen = set[int]()
    for one in lists:
        if one.start not in seen and min(one.lead[0], one.start) <= sentence.start and sentence.end <= one.end + 1:  # its 。
            seen.add(one.start)
            yield one


def _inside(question: Question, rarity: Mapping[str, float], sentence: Sentence, noun: str, count: int) -> Items | None:
    """The list of a sentence that stands nearest to the question's words, where something vouches for it."""
    text = sentence.text
    lists = [one for one in joined(text) if not _said_already(question.text, text, one) and not _figures(text, one)]
    if not lists:
        return None
    runs = [Span("quoted", one.start, one.end) for one in lists]
    focus = short.focus(question, rarity)
    near = [short.nearness(run, runs, text, focus) * (1 + _vouched(question, text, one, noun, count)) for run, one in zip(runs, lists, strict=True)]
    order = sorted(range(len(lists)), key=lambda at: -near[at])
    best = lists[order[0]]
    if count and count != len(best.spans):
        return None
    ahead = near[order[0]] / max(near[order[1]], 1e-9) if len(order) > 1 else math.inf
    vouched = _vouched(question, text, best, noun, count)
    if ahead < (CLEARLY if vouched else FAR_AHEAD):
        return None
    if _SHORTCOMINGS.search(noun) and not any(_SHORTCOMINGS.search(said) for said in (best.what, text[max(0, best.start - 12) : best.start])):
        return None  # what is amiss with several things is not those things
    if not vouched and _NEVER_ASIDE.search(noun):
        return None  # things side by side are rarely 成绩 or 举措
    if not vouched and ("哪" not in question.text or overlap.share(rarity, text) < SAID):
        return None  # 有什么用场 may ask for anything
    shift = sentence.start
    return replace(best, spans=tuple((a + shift, b + shift) for a, b in best.spans), lead=(best.lead[0] + shift, best.lead[1] + shift))


def _vouched(question: Question, text: str, one: Items, noun: str, count: int) -> int:
    """How many signs there are that a list is one of what is asked: its number, what it is called, how its items end."""
    signs = int(count == len(one.spans) or one.said == len(one.spans))
    called = re.match(r"“([^”]{2,12})”", text[one.end :])  # 水泵、阀门、电机“老三样”
    signs += int(called is not None and called[1] in question.text)
    what = "".join(word for word, _ in itertools.takewhile(lambda one: one[1] not in ("v", "p", "d"), _tagged(one.what)))
    signs += bool(overlap.pairs(_TOLD_AT_LENGTH.sub(" ", what)) & overlap.pairs(question.rest))
    if noun:
        shown = [text[a:b] for a, b in one.spans]
        before = re.search(rf"{re.escape(noun)}[^，。；]{{0,3}}(?:[:：]|包括|包含|有|为|是|如)$", text[: one.start])
        papers = _PAPERS.search(noun) is not None and all(own.startswith("《") for own in shown)
        alike = all(own.rstrip("》”").endswith(noun[-1]) or noun in own for own in shown) or shown[-1].endswith(noun)
        signs += int(noun in one.what or before is not None or papers or alike)
    return signs


def _said_already(question: str, text: str, one: Items) -> bool:
    """Whether a question names most of the items itself: it asks for something else."""
    return sum(text[a:b].strip("《》“”") in question for a, b in one.spans) * 2 >= len(one.spans)


def _figures(text: str, one: Items) -> bool:
    """Whether most of the items are bare figures."""
    return sum(any(f.end - f.start == b - a for f in spans.figures(text[a:b])) for a, b in one.spans) * 2 > len(one.spans)
