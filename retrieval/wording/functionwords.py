"""Words that a sentence may have beyond its quotation: they claim nothing.

None of them denies, measures, bounds or turns anything, tells a plan from a fact or a cause from what follows: such words
must stand in the quotation as everything else must.
"""

from __future__ import annotations

import re


def words_of(text: str) -> frozenset[str]:
    """A set of words as it is written down: with spaces between them."""
    return frozenset(re.split(r"\s+", text))


PARTICLES = words_of("的 了")  # left out anywhere; 的 anywhere too
DONE = words_of("了 已")  # in a clause that is no plan and under none
COUNTING = words_of("共")  # in a clause of one thing, and left out there
PLACING = words_of("在")  # before what ends in 后 前 中 内 期间
COPULAS = words_of("为 是 有")  # before a figure, and left out there
ADVERBS = words_of("还 也 则 又")  # anywhere, as words of their own
JOINS = words_of("和 与 及 以及")  # where the quotation joins by another of them or by a mark: 甲、乙 → 甲和乙
# before a clause
CONNECTIVES = words_of(
    """此外 另外 另 同时 与此同时 并 并且 而且 且 还 也 则 又 而 而是 以及 其中 具体 具体来说 具体而言 具体来看 总的来说 总的来看
    总体来看 综上 综上所述 总之 即 首先 一方面 另一方面"""
)
FIRST = words_of("其中 首先 一方面 另一方面")  # of those, the ones that must not be left out
# what a report does: the clause follows
SAYING = words_of("显示 指出 提出 提到 写道 写明 记载 载明 介绍 称 说 可知 得知 来看 发现 表示 强调 提示 明确 披露 坦言 承认 认为 公布")
# a clause of its own, or before a word of SAYING
LEADS = words_of(
    """根据 依据 据 按照 依照 按 从 在 就 对 安排 关于 对于 有关 至于 由 中 里 里面 上 上述 方面 工作 期间 看 来说 而言
    报告 本报告 该报告 这份报告 报告书 白皮书 原文 文中 文件 材料 资料 数据 统计 年报 总结 引文 内容 所述 所引 所载 所示 公开 年度 该 本 这 这份
    您好 你好 好的 您 你 请 请看 参考 供 谢谢 感谢 所问 问 问题 公报 通报 存在 之一 回答 答复 答案 如下 以下是 下面 现 整理"""
)
FUNCTION_WORDS = PARTICLES | DONE | COUNTING | PLACING | COPULAS | ADVERBS | JOINS | CONNECTIVES | SAYING | LEADS
CAUSING = words_of("带动 使 使得 促使")  # left out at the beginning of a clause: what they cause came about; never added

# Words that say the same.  None of a group turns, bounds or weakens what another says.
SAME = tuple(
    words_of(group)
    for group in (
        "未 没有 没 并未 并没有", "已于 已在", "无 没有", "尚未 还未 还没有 仍未", "尚 还 仍", "仅 只 仅仅", "仅为 只有 仅有", "还有 尚有 仍有", "进行 开展",
        "能 能够", "需 需要", "已 已经", "均 都", "均为 都是", "可 可以", "把 将", "因 由于 因为",
        "提高 提升 增长 增加 上升", "降低 下降 减少", "提高到 提升到 增长到 增加到 上升到 提高至 提升至 增长至 增加至 上升至", "增长 增速 增幅 增长率",
        "降到 降至 下降到 下降至 降低到 降低至 减少到 减少至", "到 至", "由 从", "在 于", "对 对于", "较 比",
        "同比 比上年 较上年 比去年 较去年 比上年同期 较上年同期",
        "引发 引起", "超 超过 逾", "约 大约", "近 将近 接近", "截至 截止", "但 但是", "共 共计 合计 总计", "占 占比", "其余 剩余 剩下",
        "将 拟 计划 拟于 计划于", "力争 争取", "居 位居 列 位列", "以及 及", "首次 第一次", "究其原因是 原因是 原因在于",
        "不超过 不得超过", "不少于 不得少于", "不低于 不得低于",
        "如 如果 若", "按 按照", "根据 依据", "用 使用",
    )
)
# What a figure may be called by before it is said, by its unit: 的数量为 claims nothing beyond 5件.
MEASURES = (
    (re.compile(r"[%‰成]|百分"), words_of("比例 比重 占比 比率")), (re.compile(r"元"), words_of("金额 总额 数额 标准")),
    (re.compile(r"[天年时月日]|分钟|秒"), words_of("时间 时长 用时")), (re.compile(r"分$"), words_of("得分")),
    (re.compile(r"亩|平方|公顷"), words_of("面积")),
    (re.compile(r"公里|米"), words_of("长度 里程")), (re.compile(r"[^%‰元]$"), words_of("数量 总数 总量 数 人数 件数 户数 次数")),
)
POINTING = words_of("为此 对此 据此 就此")  # back to the clause before; left out, never added
WILL = words_of("将 要 拟 计划 打算 下一步")  # in a clause that is planned
EQUALS = words_of("为 是 有 达 达到 达到了 合计 共 共有 共计 共为")  # before a figure
SEAMS = words_of("的 是 为 有 由 的是 的有 的为 这是 共有 和 与 及")  # where a piece was moved
