"""Words that a sentence may have beyond its quotation: they claim nothing.

None of them denies, measures, bounds or turns anything, tells a plan from a fact or a cause from what follows: such words
must stand in the quotation as everything else must.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(re.split(r"\s+", text))


PARTICLES = _words("的 了")  # left out anywhere; 的 anywhere too
DONE = _words("了 已")  # in a clause that is no plan and under none
COUNTING = _words("共")  # in a clause of one thing, and left out there
PLACING = _words("在")  # before what ends in 后 前 中 内 期间
COPULAS = _words("为 是 有")  # before a figure, and left out there
ADVERBS = _words("还 也 则 又")  # anywhere, as words of their own
JOINS = _words("和 与 及 以及")  # where the quotation joins by another of them or by a mark: 甲、乙 → 甲和乙
# before a clause
CONNECTIVES = _words(
    """此外 另外 另 同时 与此同时 并 并且 而且 且 还 也 则 又 以及 其中 具体 具体来说 具体而言 具体来看 总的来说 总的来看
    总体来看 综上 综上所述 总之 即 首先 一方面 另一方面"""
)
FIRST = _words("其中 首先 一方面 另一方面")  # of those, the ones that must not be left out
SAYING = _words("显示 指出 提到 写道 写明 记载 载明 介绍 称 说 可知 得知 来看 发现")  # what a report does: the clause follows
# a clause of its own, or before a word of SAYING
LEADS = _words(
    """根据 依据 据 按照 依照 按 从 在 就 对 关于 对于 有关 至于 由 中 里 里面 上 上述 方面 工作 期间 看 来说 而言
    报告 本报告 该报告 这份报告 报告书 原文 文中 文件 材料 资料 引文 内容 所述 所引 所载 所示 公开 年度 该 本 这 这份
    您好 你好 好的 您 你 请 请您 请看 参考 供 谢谢 感谢 提问 询问 所问 问 问题 公报 通报 存在 回答 答复 答案 如下 以下是 下面 现 整理"""
)
FUNCTION_WORDS = PARTICLES | DONE | COUNTING | PLACING | COPULAS | ADVERBS | JOINS | CONNECTIVES | SAYING | LEADS
CAUSING = _words("带动 使 使得 促使")  # left out at the beginning of a clause: what they cause came about; never added
