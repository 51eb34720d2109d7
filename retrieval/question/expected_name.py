"""Names that a question asks for: what kind they are of, the shapes that kind takes, and what the question says itself."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Sequence

from retrieval.question import spans
from retrieval.question.spans import Span

CONTACT_ASKED = re.compile(r"电话|邮箱|邮编|号码|联系方式")
_NAMED = r"姓名|(?:长|书记|主任|主席|负责人|组长)(?:是|叫|的名字)|哪位"
_PERSON_ASKED = re.compile(rf"谁|{_NAMED}")
NAME_ASKED = re.compile(r"名字|姓名|姓什么|叫什么|叫啥")
SHAPED_ASKED = re.compile(rf"{CONTACT_ASKED.pattern}|{_NAMED}")
_TITLE_ASKED = re.compile(r"文件|办法|方案|条例|规定|制度|法规|规章|意见|规划|指引|通知|清单|细则|蓝皮书|哪[本部]")
_ORGAN_ASKED = re.compile(r"哪[个家所些]?(?:单位|部门|机构|组织|公司|企业|学校|医院|法院|银行|巡察组|科室|窗口)|由谁|归谁|谁(?:负责|来|担任)")


_WHICH = re.compile(r"哪一?(?:[个所座家支条款种位处项批类部本份届眼口间场名](?![一-鿿]?最))?")
_CATEGORIES = (
    re.compile(r"哪[一]?([类种级])(?=最)"),
    re.compile(r"([一-鿿]{1,5}[^的一\W])(?:的名字|名称)?[，,]?(?:叫|是)(?:什么|啥|哪)"),
)
# What names of a kind end in, where that is not the kind's own word.
_TAILS = (
    ("城市", ("市",)), ("学校", ("大学", "学院", "中学", "小学", "学校")), ("高校", ("大学", "学院")), ("企业", ("公司", "集团", "厂")),
    ("公司", ("公司", "集团")), ("国家", ("国",)), ("银行", ("银行",)), ("科室", ("科", "室", "股")), ("大学", ("大学", "学院")),
    ("村子", ("村",)), ("村", ("村",)), ("镇", ("镇",)), ("市", ("市",)), ("县", ("县",)), ("区", ("区",)), ("州", ("州",)),
    ("省", ("省", "自治区", "市")),
)  # fmt: skip
_PLACES = frozenset("省市县区州镇村")  # whose names may go without: 博罗


def unsaid(found: Sequence[Span], text: str, asked: str) -> list[Span]:
    """Those that the question does not say itself, for the most part; a title in whole."""
    names = [(span, span.of(text).strip("《》“”")) for span in found]
    return [span for span, name in names if len(_held(name, asked)) < (1.0 if span.kind == "title" else 0.75) * len(name)]


def _held(name: str, asked: str) -> set[int]:
    """Places in a name whose character stands in the question beside the one that it stands beside here."""
    return {at + side for at in range(len(name) - 1) if name[at : at + 2] in asked for side in (0, 1)}


def shaped(asked: str, text: str) -> list[Span]:
    """Names of the shape that a question asks for."""
    noun, tails = _category(asked)
    found = [span for tail in tails for span in _ending(text, tail)]
    if found or ends_so(asked):
        return found
    if _PERSON_ASKED.search(asked) and not _ORGAN_ASKED.search(asked):
        found = spans.persons(text)
        return found if found or NAME_ASKED.search(asked) else spans.charged(text)
    if _TITLE_ASKED.search(asked) and (found := spans.titles(text)):
        return found
    if _ORGAN_ASKED.search(asked) and (found := spans.charged(text)):
        return found
    for tail in dict.fromkeys((noun[-2:], noun[-1:])) if noun else ():
        if found := _ending(text, tail):
            return found + spans.quoted(text)
    if tails:  # names of these kinds end so, or there is none
        return []
    return spans.quoted(text) + spans.titles(text) or spans.organisations(text)


def ends_so(asked: str) -> bool:
    """Whether names of the kind asked for always end in a word of that kind: 大学, 公司, 银行."""
    tails = _category(asked)[1]
    return bool(tails) and not _PLACES & set(tails)


def _ending(text: str, tail: str) -> list[Span]:
    return [span for span in spans.ending(text, tail) if _proper(span.of(text), tail)]


def _proper(name: str, tail: str) -> bool:
    """Whether a run that ends as a name does is more than its tail and counts nothing: 超千亿元县 is no name of a county."""
    common = re.search(r"[乡农全各本我该城都超股这那每同邻][村市县省区镇州]$", name)
    counts = re.search(r"\d|[百千万亿]元|^[“”]?[一二两三四五六七八九十百千万]+[个家所座项省市县区镇村]", name)
    return len(name) > len(tail) and name.count("“") == name.count("”") and not counts and not common


@functools.lru_cache(maxsize=64)
def _category(asked: str) -> tuple[str, tuple[str, ...]]:
    """The noun of 哪个窗口 or 品种叫什么, and what names of its kind end in where that is known; empty where neither."""
    import rjieba

    which = _WHICH.search(asked)
    after = itertools.takewhile(lambda tagged: tagged[1][:1] in "njz", rjieba.tag(asked[which.end() :]) if which else ())
    place = re.search(r"哪一?个?([省市县区州镇乡村])(?![一-鿿]?[长委局级])", asked)
    nouns = list(itertools.accumulate(word for word, _ in after))
    ends = [word for word, _ in _TAILS if len(word) > 1]
    kind = next((word for noun in nouns for word in ends if noun.endswith(word) or noun.startswith(word)), nouns[-1] if nouns else "")
    noun = place[1] if place else kind if len(kind) > 1 else next((m[1] for pattern in _CATEGORIES if (m := pattern.search(asked))), "")
    return noun, next((tails for word, tails in _TAILS if noun.endswith(word)), ())
