"""Other ways to say a clause that claim the same: the figure before its noun, a change with its subject, an item of a list with its verb."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations, pairwise

from retrieval.wording.clauses import Clause, Source, subject
from retrieval.wording.figures import figures
from retrieval.wording.functionwords import JOINS, words_of
from retrieval.wording.plain import Line, cuts, same_at, tagged, words

OF = "\ufffb"  # in a form: where 的 must stand, or 的是
SEAM = "\ufffc"  # in a form: where a piece was put or taken away; a word that joins may stand there, or none

_COMPARES = re.compile(r"[比占由从较至]|(?<![收达得受])到|分别|[各共]|合计|其中")
_CHANGES = re.compile(r"\S{0,8}?(?:增长|下降|上升|上涨|提高|降低|减少|增加|回落|回升|占)|同比|环比")
_SHARE = re.compile(r"[%‰]|百分|倍|成$|年|月|日")
_REACHES = words_of("p c d b zg uj ul k x")  # parts of speech of words that reach for the next one
_REACHING = words_of(
    """不 没 没有 未 无 非 每 各 该 本 其 这 那 近 约 超 超过 仅 只 最 更 较 很 为 是 由 被 把 将 给 向 对 于 从 比 按 等 其中 全部 部分 个别 少数 多数
    大部分 所有 如 若 一旦 凡"""
)
_LEANS = words_of("uj ul uz ug ud q y")  # of words that lean on the one before
_LEANING = words_of("到 至 为 成 于 了 的 等 以上 以下 以内 左右 前 后 外 起 内 中")
_ISSUES = re.compile(r"印发|制定|出台|修订|发布|公布|编制|起草|实施|完成|通过")
_CLOSES = re.compile(r"\d|[前后中内里上下间时外起]$")  # a preposition's end
_TELLS = re.compile(r"列出|列明|明确|规定|分解|提出|写明|要求|涵盖|包括|确定|细化|自\S{1,12}起?施行|施行")
_CAUSE = re.compile(r"(?:究其)?(?P<main>主要)?(?:原因(?:是|在于)|是?(?:因为|由于|因(?![此地子素]))|系因?|是?(?=受.+影响)|是(?=.+所致$)|(?<=主要)是)")
_AGENT = re.compile(r"企业|公司|单位|部门|干部|群众|集团|\S*[局院所校村镇乡县市区厅委人员者民户]")  # who may act
_IS = re.compile(r"共|达到?|为|占|居|位居")
_LEADS_TO = re.compile(r"[对向由给从在与以用按经让]")
_DEEDS = words_of("办理 印发 新建 清理 落实 通报 约谈 选派 讲授 指导 委托 代表 主办 中标 投标 通过 伤害 领导 建议")  # not tagged as verbs
_SO_MANY = re.compile(r"[一二三四五六七八九十两\d]+(?:大类|个|项|家|种|类|名|所|条|座|处|份|方面|支|起)")
_THINGS = frozenset(["支出", "收入", "投资", "补助", "补贴", "收费", "存款", "贷款", "预算", "报告"])  # tagged as verbs
_BESIDE = re.compile(r"[在自从按对向为因除受经据]|根据|按照|通过|由于|截至")
_ALL_OF_IT = re.compile(r"(?P<effect>\S+?)(?P<main>主要)?(?:系|是)(?:因|由)?(?P<cause>\S+?)所致")
_QUANTITIES = frozenset("率量额值数")
_COPULA = re.compile(r"(?:为|是|有|达到?)$")


@dataclass(frozen=True)
class Form:
    """A way to say one clause of a quotation, or several that follow one another."""

    stands_as: int  # the clause as which it stands
    said: Clause
    covers: tuple[int, ...]  # the clauses that are said with it


def forms(source: Source) -> tuple[tuple[Form, ...], ...]:
    """For each clause of a quotation the ways to say it that do not depend on what was written."""
    found: list[list[Form]] = [[Form(at, clause, (at,))] for at, clause in enumerate(source.clauses)]
    for at, clause in enumerate(source.clauses):
        alone = (
            *_measured(clause), *_fewer(clause), *_listed(clause), *_apportioned(clause), *_of_a_title(source, at), *_by_its_actor(source, at),
            *_carried(source, at),
        )  # fmt: skip
        found[at] += [Form(at, form, (at,)) for form in alone]
        for number, stands_as, told in _with_its_subject(source, at):
            found[number].append(Form(stands_as, told, (number,)))
        for number, item in (*_items(source, at), *_of_a_sum(source, at)):
            found[number].append(Form(at, item, (number,)))
        for joined in (*_caused(source, at), *_subject_ahead(source, at)):
            found[joined.covers[0]].append(joined)
    return tuple(map(tuple, found))


@lru_cache(maxsize=4096)
def moved(clause: Clause) -> tuple[Clause, ...]:
    """A clause with one piece before what stood ahead of it: no figure or qualifier leaves what it belongs to, no actor changes."""
    found = [*_voiced(clause), *_of_so_many(clause)]
    text = clause.said.text
    lead = max(clause.skips - clause.placed, default=0)
    front = "其中" if text.startswith("其中", lead) else ""
    body = text[lead + len(front) :]
    ends = _joints(body)
    if "分别" not in body and len(ends) <= 14 and sum(span.kind == "date" for span in figures(body)) <= 1:
        marks = {mark - lead - len(front) for mark in clause.said.marks}
        for first, second, third in combinations(ends, 3):
            if second in marks and _counted(body[first:second]) and _counted(body[second:third]) and third in (*marks, len(body)):
                found.append(_said(clause, front + body[:first] + body[second:third] + body[first:second] + body[third:]))
            for joined in _before(body[:first], body[first:second], body[second:third], body[third:]):
                found.append(_said(clause, front + joined))
    return tuple(found)


def _before(head: str, middle: str, piece: str, rest: str) -> Iterator[str]:
    """The ways to say a piece before what is ahead of it."""
    beside = _BESIDE.match(piece) is not None
    if head and (_acts(middle) or (_acts(piece) and not beside)):
        return  # within a clause only times, places and lists change places
    if _acts(piece) and not beside:
        if not rest:
            yield f"{piece}{OF}{middle}"  # 审结案件的是…
        return
    if _LEADS_TO.match(middle) and not _CLOSES.search(middle) and not any(tag == "v" and len(word) > 1 for word, tag in tagged(middle)):
        return  # 对甲、乙|两家集团: the piece may belong to what the preposition leads
    if _acts(middle) and _agent(piece) and tagged(middle)[0][1][:1] == "v":
        yield f"{head}{piece}被{middle}{SEAM}{rest}"  # 5家企业被约谈
        return
    yield f"{head}{piece}{SEAM}{middle}{SEAM}{rest}"
    if not head and not rest and _acts(middle):
        yield f"{piece}被{middle}"


def _acts(text: str) -> bool:
    """Whether a text has a verb that someone does: 查处, not the 治理 of 治理设施."""
    cut = [(word, "v" if word in _DEEDS else tag) for word, tag in tagged(text.rpartition("的")[2]) if word not in _THINGS]
    return any(
        tag == "v" or (tag == "vn" and (kind[:1] != "n" or _AGENT.fullmatch(following) is not None))
        for (word, tag), (following, kind) in pairwise([*cut, ("", "")])
    )


def _agent(text: str) -> bool:
    """Whether what a text names last can act."""
    return _AGENT.fullmatch(next((word for word, tag in reversed(tagged(text)) if tag[:1] in "nj"), "")) is not None


def _subject_ahead(source: Source, at: int) -> Iterator[Form]:
    """除重点支出外，项目支出一律压减 → 项目支出除重点支出外一律压减."""
    clause, beside = source.clauses[at], source.clauses[at - 1]
    if at and _place(source, at) == _place(source, at - 1) and (beside.beside or beside.condition or beside.limits) and not clause.hangs:
        for cut in _joints(clause.said.text)[1:-1]:
            subject, rest = clause.said.text[:cut], clause.said.text[cut:]
            if not _acts(subject):
                yield Form(at - 1, _said(beside, subject + beside.said.text + rest), (at - 1, at))


def _joints(text: str) -> list[int]:
    """Where a text comes apart: between words of which the one does not reach for the other."""
    numbers = {span.start: span.end for span in figures(text)}
    inside = {at for first, last in numbers.items() for at in range(first + 1, last)}
    found, at = [0], 0
    cut = tagged(text)
    for (word, tag), (following, kind) in pairwise(cut):
        at += len(word)
        if at in inside or (tag in _REACHES and word != "村") or word in _REACHING or kind in _LEANS or following in _LEANING:
            continue
        if at in numbers.values() and (kind[:1] in "nqjb" or kind == "vn"):
            continue  # 3个|县
        if at in numbers and len(numbers) > 1:
            continue  # a figure stays beside what it counts
        found.append(at)
    return [*found, len(text)]


def _voiced(clause: Clause) -> Iterator[Clause]:
    """3个县将资金用于建楼 → 资金被3个县用于建楼, 被3个县用于建楼的资金."""
    text = clause.said.text
    for found in re.finditer("[将把]", text):
        actor, rest = text[: found.start()], text[found.end() :]
        for cut in sorted(cuts(Line(rest)) - {0, len(rest)}):
            thing, done = rest[:cut], rest[cut:]
            if actor and tagged(done)[0][1][:1] in "vd":
                yield _said(clause, f"{thing}被{actor}{done}")
                yield _said(clause, f"{thing}由{actor}{done}")
                yield _said(clause, f"被{actor}{done}的{thing}")


def _of_so_many(clause: Clause) -> Iterator[Clause]:
    """有13名校长任职超过10年 → 任职超过10年的校长有13名."""
    text = clause.said.text
    skips = max(clause.skips - clause.placed, default=0)
    found = re.compile("有?").match(text, skips)
    first = next((last for start, last in clause.figures if found and start == found.end()), 0)
    if not found or not first or text[first:first + 1] in ("", "的"):
        return
    at = first
    for (word, tag), (_, kind) in pairwise(tagged(text[first:])):
        at += len(word)
        if tag[:1] in "nj" and kind[:1] in "vpd":
            yield _said(clause, f"{text[at:]}的{text[first:at]}{SEAM}{text[found.end():first]}")
            return


def _said(clause: Clause, text: str, hangs: bool = False, head: int | None = None, under: int | None = None) -> Clause:
    """A clause in other words."""
    found = tuple((span.start, span.end) for span in figures(text))
    old = clause.said.text
    marks = frozenset(at + 2 for mark in clause.said.marks if mark > 1 and (at := text.find(old[mark - 2 : mark + 2])) >= 0)
    skips = frozenset(skip for skip in clause.skips if clause.said.text[:skip] == text[:skip])
    said = Line(text, marks)
    return replace(
        clause, said=said, figures=found, counting=frozenset(), skips=skips, hangs=hangs, head=head, under=under,
        seat=0, cuts=cuts(said), same=same_at(said, cuts(said)), called=(),
    )


def _label(clause: Clause) -> tuple[str, str] | None:
    """(what is counted, the figure) of a clause that ends with its only figure."""
    if len(clause.figures) != 1 or clause.figures[0][1] != len(clause.said.text):
        return None
    start = clause.figures[0][0]
    return clause.said.text[:start], clause.said.text[start:]


def _measured(clause: Clause) -> Iterator[Clause]:
    """收到申请405件 → 收到405件申请; 发出意见书9份、决定书1份 → 发出9份意见书、1份决定书; 学历合格的4名 → 4名学历合格."""
    text = clause.said.text
    last = clause.figures[-1] if clause.figures else (0, 0)
    if last[1] == len(text) and (found := re.fullmatch(r"(其中)?(\S+)的有?", text[: last[0]])):
        for has in ("", "有"):
            yield _said(clause, (found[1] or "") + has + text[last[0] :] + found[2], hangs=clause.hangs)
    edges = [0, *sorted(clause.said.marks), len(text)]
    items = [_counted(text[a:b]) for a, b in pairwise(edges)]
    if len(items) > 1 and all(items) and not _COMPARES.search(text):
        told, marks = "", set[int]()
        for item in filter(None, items):
            verb = 0 if told else len(item[0]) - len(_object(item[0]))
            marks.add(len(told))
            told += item[0][:verb] + item[1] + item[0][verb:]
        yield replace(_said(clause, told, hangs=clause.hangs), said=Line(told, frozenset(marks - {0})))
    parts = _label(clause)
    if parts is None or clause.said.marks or _COMPARES.search(parts[0]) or _SHARE.search(parts[1]):
        return
    at = 0
    for word, tag in tagged(parts[0]):
        at += len(word)
        if tag == "v" or (at == len(word) and tag[:1] == "v"):
            if at < len(parts[0]):
                yield _said(clause, parts[0][:at] + parts[1] + parts[0][at:], hangs=clause.hangs)
            return


def _with_its_subject(source: Source, at: int) -> Iterator[tuple[int, int, Clause]]:
    """生产总值100亿元，增长5% → 生产总值增长5%；监督员从各界聘请，共48名 → 监督员共48名，从各界聘请."""
    clause = source.clauses[at]
    heads = source.stands[at][4]
    head = next(iter(heads)) if len(heads) == 1 else None
    if not clause.hangs or not isinstance(head, tuple) or not (_CHANGES.match(clause.said.text) or _IS.match(clause.said.text)):
        return
    said = source.clauses[head[1]]
    if any(not c.hangs or "其中" in c.said.text for c in source.clauses[head[1] + 1 : at]):
        return
    if (parts := _label(said)) and not _COMPARES.search(parts[0]):
        yield at, head[1], _said(said, _COPULA.sub("", parts[0]) + clause.said.text, head=head[1])
    elif not said.figures and (subject := _subject(said.said.text)):
        yield at, head[1], _said(said, subject + clause.said.text, head=head[1])
        rest = said.said.text[len(subject) :]
        kept = Line(rest, frozenset(mark - len(subject) for mark in said.said.marks if mark > len(subject)))
        yield head[1], head[1], replace(_said(said, rest, hangs=True, under=head[1]), said=kept)


def _subject(text: str) -> str:
    """The noun that a clause begins with, where a preposition ends it: 行政执法监督员从各界聘请."""
    run, last = "", ""
    for word, tag in tagged(text):
        if tag == "p":
            return run if last[:1] in ("n", "j") and len(run) > 1 else ""
        if tag[:1] not in "nvjb" or (not run and tag[:1] == "v"):
            return ""
        run, last = run + word, tag
    return ""


def _listed(clause: Clause) -> Iterator[Clause]:
    """开展甲、乙、丙三项治理 → 开展三项治理：甲、乙、丙."""
    text, marks = clause.said.text, sorted(clause.said.marks)
    found = _SO_MANY.search(text, marks[-1] + 1) if marks else None
    if not found or any(first < found.start() for first, _ in clause.figures):
        return
    number, head, at = found.start(), text[0] if _LEADS_TO.match(text) else "", 0
    for word, tag in tagged(text[: marks[0]]):
        at += len(word)
        if tag == "v" and not head and at < marks[0]:
            head = text[:at]
    end, at = len(text), number
    for word, tag in tagged(text[number:]):
        if tag in ("v", "d", "p") and at + len(word) < len(text):
            end = at
            break
        at += len(word)
    for joined in (SEAM, "分别是", "包括"):
        yield _said(clause, head + text[number:end] + joined + text[len(head) : number] + SEAM + text[end:], hangs=clause.hangs)


def _by_its_actor(source: Source, at: int) -> Iterator[Clause]:
    """市人社局追回资金，并处理3人 → 市人社局处理3人."""
    clause, over = source.clauses[at], source.stands[at][3]
    anchor = next(iter(over)) if len(over) == 1 else None
    if isinstance(anchor, tuple) and not clause.actor and not clause.hangs and (actor := source.clauses[anchor[1]].actor):
        text = clause.said.text[max(clause.skips - clause.placed, default=0) :]
        if tagged(text)[0][1] in ("v", "p", "d"):
            yield replace(_said(clause, actor + text), actor=actor)


def _carried(source: Source, at: int) -> Iterator[Clause]:
    """受理争议案件9件，审结8件 → 审结争议案件8件; 工业固废产生量9吨，利用率8% → 工业固废利用率8%; 决策实行目录管理，列入6项 → 决策列入6项."""
    clause = source.clauses[at]
    text = clause.said.text
    cut = tagged(text)
    if clause.actor or clause.time or clause.condition or clause.beside or clause.limits or not cut:
        return
    label = text[: clause.figures[0][0]] if clause.figures else ""
    bare = _counted(text) if len(words(label)) == 1 and cut[0][1][:1] == "v" else None
    heads = [one[1] for one in source.stands[at][4] if isinstance(one, tuple)]
    for number in range(at - 1, -1, -1):
        before = source.clauses[number]
        if before.sentence != clause.sentence or before.condition or "其中" in before.said.text:
            return
        told = before.said.text
        near = before.part == clause.part
        if near and bare and (counted := _counted(told)) and counted[2] == bare[2] and (thing := _object(counted[0])):
            yield from (_said(clause, label + one + text[len(label) :]) for one in {thing, thing.rpartition("的")[2]} if one)
            bare = None
        if near and label and label[-1] in _QUANTITIES and len(clause.figures) == 1 and clause.figures[0][1] == len(text):
            for front in _topics(before):
                yield _said(clause, front + text)
        subjected = subject(told)
        if subjected and cut[0][1] in ("v", "d", "ad") and (before.actor or (near and not _agent(subjected))):
            yield replace(_said(clause, subjected + text, head=heads[0] if clause.hangs and heads else None), actor=before.actor, seat=len(subjected))
        if subjected and tagged(told)[0][1][:1] != "v":
            return


def _topics(clause: Clause) -> Iterator[str]:
    """What a clause names that the next one may go on about: 行政机关 of 行政机关败诉率12.7%, 6个项目 of 审计了6个项目."""
    text = clause.said.text
    cut = tagged(text)
    if len(clause.figures) == 1 and clause.figures[0][1] == len(text) and text[clause.figures[0][0] - 1] in _QUANTITIES:
        at = 0
        for word, tag in cut:
            at += len(word)
            if at < clause.figures[0][0] - 1 and at > 1 and tag[:1] in "njl":
                yield text[:at]
    elif len(cut) > 1 and cut[0][1] == "v" and cut[-1][1][:1] == "n":
        yield text[len(cut[0][0]) :].removeprefix("了")


def _object(label: str) -> str:
    """What the verb of a label is done to: 受理|争议案件."""
    at = 0
    for word, tag in tagged(label):
        at += len(word)
        if tag == "v" and at > len(subject(label)):
            return label[at:]
    return ""


def _of_a_sum(source: Source, at: int) -> Iterator[tuple[int, Clause]]:
    """共23件，其中甲14件，乙3件，丙6件 → 共23件，其中乙3件，甲14件: only what adds up is all a part of it."""
    clause = source.clauses[at]
    first = _counted(clause.said.text)
    if not clause.said.text.startswith("其中") or not first:
        return
    parts, values = [at], [figures(clause.said.text)[0].value]
    wholes = {
        span.value for one in source.clauses[:at] if one.sentence == clause.sentence for span in figures(one.said.text) if span.unit == first[2]
    }
    for number in range(at + 1, len(source.clauses)):
        other = _counted(source.clauses[number].said.text)
        if _place(source, number) != _place(source, at) or not other or other[2] != first[2]:
            break
        parts, values = [*parts, number], [*values, figures(source.clauses[number].said.text)[0].value]
    if len(parts) == 1 or sum(value or 0 for value in values) not in wholes:
        return
    yield at, _said(clause, clause.said.text[2:], hangs=True, under=at)
    for number in parts[1:]:
        item = source.clauses[number]
        yield number, _said(clause, "其中" + item.said.text, hangs=True)
        yield number, _said(clause, item.said.text, hangs=True, under=at)


def _fewer(clause: Clause) -> Iterator[Clause]:
    """甲10件、乙20件、丙30件 → the first of them."""
    marks = sorted(clause.said.marks)
    text = clause.said.text
    cut = [0, *marks, len(text)]
    if len(marks) and all(_counted(text[a:b]) for a, b in pairwise(cut)):
        for end in marks:
            kept = frozenset(mark for mark in marks if mark < end)
            yield replace(_said(clause, text[:end], hangs=clause.hangs), said=Line(text[:end], kept))


def _apportioned(clause: Clause) -> Iterator[Clause]:
    """甲医保和乙医保比例分别达到85%和68% → 甲医保比例达到85%: where both end with the same word, what follows it is said of both."""
    text = clause.said.text
    found = re.fullmatch(r"(\S+?)(?:和|与|及|、)(\S+?)分别(\S{0,4}?)", text[: clause.figures[0][0]]) if len(clause.figures) == 2 else None
    between = text[clause.figures[0][1] : clause.figures[1][0]] if found else ""
    if not found or between not in JOINS | {""} or clause.figures[1][1] != len(text):
        return
    first, second, verb = found[1], found[2], found[3]
    shared = words(first)[-1]
    at = second.find(shared) + len(shared)
    if at < len(shared) or shared == first:
        return
    values = [text[start:end] for start, end in clause.figures]
    yield _said(clause, f"{first}{second[at:]}{verb}{values[0]}")
    yield _said(clause, f"{second}{verb}{values[1]}")


def _of_a_title(source: Source, at: int) -> Iterator[Clause]:
    """印发《清单》，列出项目29种 → 《清单》列出项目29种."""
    clause = source.clauses[at]
    before = source.clauses[at - 1] if at else clause
    if clause.title and before.sentence == clause.sentence and _ISSUES.search(before.said.text) and _TELLS.match(clause.said.text):
        yield _said(clause, clause.title + clause.said.text)


def _caused(source: Source, at: int) -> Iterator[Form]:
    """因甲，乙 ↔ 乙，原因是甲 ↔ 甲，是乙的原因."""
    clause = source.clauses[at]
    if alone := _ALL_OF_IT.fullmatch(clause.said.text):
        for text in _because(alone["cause"], alone["effect"], alone["main"] or ""):
            yield Form(at, _said(clause, text), (at,))
    if inside := re.search(r"(?<=\S{2})因(?![此地子素而为])", clause.said.text):  # 两个部门因超期立案被通报
        rest = clause.said.text[inside.end() :]
        for cut in _joints(rest)[1:-1]:
            for text in _because(rest[:cut], clause.said.text[: inside.start()] + rest[cut:], ""):
                yield Form(at, _said(clause, text, hangs=clause.hangs), (at,))
    if not clause.because:
        return
    found = _CAUSE.match(clause.said.text, max(clause.skips - clause.placed, default=0))
    if not found:
        return
    cause = clause.said.text[found.end() :].removesuffix("所致")
    step = clause.because
    for many in range(1, 4):
        covers = range(at - many, at + 1) if step < 0 else range(at, at + many + 1)
        if covers[0] < 0 or covers[-1] >= len(source.clauses) or _place(source, covers[0]) != _place(source, covers[-1]):
            return
        told = [source.clauses[n] for n in covers if n != at]
        effect = "".join(one.said.text for one in told)
        effect = effect[max(told[0].skips - told[0].placed, default=0) :]
        for text in _because(cause, effect, found["main"] or ""):
            yield Form(covers[0], _said(told[0], text, hangs=told[0].hangs), tuple(covers))


def _because(cause: str, effect: str, main: str) -> Iterator[str]:
    """The ways to say what came of what; 主要 stays where it is said."""
    if not main:
        yield f"因{cause}{SEAM}{effect}"
        yield f"{cause}使{effect}"
    yield f"{effect}{main}原因是{cause}"
    yield f"{effect}的{main}原因是{cause}"
    yield from (f"{effect}{SEAM}{main}{because}{cause}" for because in ("因", "是因为", "是由于"))
    yield f"{cause}{SEAM}{effect}的{main}原因"
    if cause.startswith("受"):
        yield f"{effect}是{cause}"
        yield f"{cause}{effect}"


def _place(source: Source, at: int) -> tuple[int, int]:
    return source.clauses[at].sentence, source.clauses[at].part


def _items(source: Source, at: int) -> Iterator[tuple[int, Clause]]:
    """审核文件12件、合同58份 → 审核合同58份，and then 文件12件: the verb of a list with any of its items."""
    clause = source.clauses[at]
    cuts = [0, *sorted(clause.said.marks), len(clause.said.text)]
    pieces = [(at, clause.said.text[a:b]) for a, b in pairwise(cuts)]
    for number in range(at + 1, len(source.clauses)):
        following = source.clauses[number]
        if (following.sentence, following.part) != (clause.sentence, clause.part) or following.said.marks:
            break
        pieces.append((number, following.said.text))
    first, *rest = pieces
    if _COMPARES.search(clause.said.text) or not (lead := _counted(first[1])):
        return
    label, figure, unit = lead
    verb = 0
    place = 0
    for word, tag in tagged(label):
        place += len(word)
        if tag == "v":
            verb = place
            break
    if not verb or verb == len(label):
        return
    listed = 0
    for number, text in rest:
        other = _counted(text)
        if other is None or any(tag == "v" for _, tag in tagged(other[0])) or (number != at and other[2] != unit) or _SHARE.search(other[1]):
            break
        listed += 1
        yield number, _said(clause, label[:verb] + text, head=at)
        if number == at:
            yield at, _said(clause, text, hangs=True, under=at)
    if listed:
        yield at, _said(clause, label[verb:] + figure, hangs=True, under=at)
        if len(rest) and rest[0][0] == at:
            yield at, _said(clause, first[1], head=at)


def _counted(text: str) -> tuple[str, str, str] | None:
    """(what is counted, the figure, its unit) of a run that ends with its only figure."""
    found = figures(text)
    if len(found) != 1 or found[0].end != len(text) or found[0].start == 0 or _SHARE.search(found[0].unit):
        return None
    return text[: found[0].start], text[found[0].start :], found[0].unit
