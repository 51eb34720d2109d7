"""What kind of answer a question asks for, and its content words."""

from __future__ import annotations

import re

from retrieval.types import Asks

TITLE = re.compile(r"《[^》]*》")
_ASKS: tuple[tuple[Asks, re.Pattern[str]], ...] = (
    ("why", re.compile(r"为什么|为何|为啥|原因|凭什么|怎么会|缘何|(?:的|有何|是何)目的|目的(?:是|何在)|何以")),
    ("date", re.compile(r"什么时[候间]|啥时[候间]?|何时|哪一?段(?:时间|日子)|哪[一]?[天日](?!.*(?:更|还是))|几月几[日号]")),
    ("compare", re.compile(
        r"(?:哪(?![些几里])|谁)(?:一?[种个类边方级项家头地省市县区年]|者)?(?:列的\S{0,4}|的?[一-鿿]{0,12})?(?:更|比较)?[多少高低大小快慢长短]"
        r"(?<!最[多少高低大小快慢长短])[一些点]?(?=[,，？?、；;。]|$|各|分别)"
        r"|比[^例重率]{1,12}(?:多|少|高|低|大|小|快|慢|增|减)(?:了|还是|吗|多少)|(?:多|高|大|增)[了加]?还是(?:少|低|小|减)"
        r"|一样(?:吗|多|高)|相比|对比|差多少|相差")),
    ("yesno", re.compile(
        r"有没有|是否|是不是|能不能|会不会|可不可以|要不要|有无|吗[?？。]?$|[^什怎这那多]么[?？]$|[了过]?没有?[?？。]?$|[^比]不[?？]$")),
    ("list", re.compile(r"[两二三四五六七八九十](?:大|个|项|种|类|条|家)[一-鿿“”]{0,10}(?:叫啥|叫什么|是什么|是哪|是指|指的?是|有哪)")),
    ("number", re.compile(r"(?:率|[增涨降]速|[增涨降]幅|总额|总量|产值|产量|占比|比重)(?:是个)?(?:怎么样|怎样|如何|咋样)")),
    ("number", re.compile(r"(?:百分之|第)几|多[大高长远重快厚宽深粗]|几成|[多好]少(?!年)")),
    ("date", re.compile(
        r"什么时[候间]|啥时[候间]?|何时|哪[一]?[天日年月]|哪个月|哪几年|哪[一两几]?[天年月]|几月|几号|[几多]少?年几月|何年|多久|什么日期"
        r"|[几]点|日期")),
    ("number", re.compile(
        r"(?<![哪好十百千万乎])几[个件宗名位人项次场家份条处所起封桩台辆倍座种类部篇期轮岁栋间套笔户只亩吨张本级]|占比|比[例重率](?:是|为|达)|数量|[多好]少")),
    ("list", re.compile(
        r"哪些|哪[几两二三四五六七八九十]|有什么|有啥|包括什么|分别(?:是|为|有)|各(?:是|为|有)|列[出举]|几[方大]面|哪“")),
    ("how", re.compile(
        r"怎么|怎样|如何|咋|靠什么|靠啥|用什么|什么(?:办法|措施|做法|方式|手段|方法|举措)|采取|做[了过]?(?:什么|啥)|怎")),
    ("name", re.compile(
        r"谁|叫什么|叫啥|什么名|啥名|哪[一]?[个份家位座款项本部条种]|什么(?:文件|单位|部门|制度|组织|称号|等次|职务)|哪里|哪儿|名称|名字"
        r"|电话|邮箱|地址|网址|哪")),
    ("list", re.compile(r"什么|啥")),
)  # fmt: skip
_INTERROGATIVE = re.compile(
    r"为什么|为何|为啥|凭什么|什么时[候间]|啥时[候间]?|什么样|什么|有没有|是不是|能不能|会不会|是否|怎么样|怎么|怎样|如何|百分之几|多少|多[大高长远久重厚宽深粗](?=[一-鿿？?]|$)"
    r"|哪[几一两二三四五六七八九十些]?[个件项家种类份条位名本所座部天年月]?|(?<![好十百千万乎])几(?=[个件宗名位人项次场家份条处所起封桩台辆倍座种类部篇期轮号月成张级笔户])|请问|分别|吗(?=[？?]|$)"
)
# Question words, function words and verbs that say nothing of the subject.
_STOP = frozenset(
    re.split(
        r"\s+",
        """的 了 在 和 与 及 或 是 有 被 把 对 从 向 到 给 这 那 哪 几 也 都 就 还 又 再 很 更 最 于 以 为 为了 由 因 其 之 等
        上 下 中 里 内 外 吗 呢 吧 啊 么 不 没 没有 有没有 是否 是不是 多少 几个 几件 哪些 哪个 哪几个 哪几 哪里 哪种 哪类 哪家
        哪份 哪位 哪天 哪一 谁 什么 啥 咋 怎么 怎样 如何 怎么样 为什么 为何 为啥 请问 一下 一个 个 件 那个 这个 那些 这些 其中
        分别 各 各是 各有 各自 叫 叫什么 名字 时候 什么时候 何时 多久 多大 达到 达 做 做了 干 搞 用 靠 让 会 能 要 想 可以 应该
        需要 进行 开展 通过 一共 总共 共 总 合计 具体 主要 情况 方面 目前 现在 眼下 如今 到底 究竟 年 月 日 号 一 二 两 三 呀 哦
        者 们 他 她 它 我 你 您 我们 他们 自己 只 才 将 曾 已 已经 过 着 地 得 时 后 前 间 次 种 项 名 人 家 一些 些 有些 多 少
        比 跟 同 按 按照 根据 关于 有关 相关 一起 起来 出来 下来 上来 什么样 何 还是 算 算上 列 出 说 看""",
    )
)


def asks(text: str) -> Asks:
    """What kind of answer a question asks for, by its question words."""
    bare = TITLE.sub("", text)
    for kind, pattern in _ASKS:
        if pattern.search(bare):
            return kind
    return "other"


def asks_for_several(text: str) -> int:
    """How many figures, dates or names a question asks for: 1, or as many as it counts up, or 3 for 各 and 分别."""
    count = len(re.findall(r"多少|几(?!乎)[一-鿿]|(?:哪|何)[年月天日]|什么时候", TITLE.sub("", text)))
    if re.search(r"分别|各(?:有|是|为|多少|几|要|占|自)|和[一-鿿]{1,8}各", text):
        return max(3, count)
    return max(1, count)


def content(text: str) -> str:
    """A question less its question words: 做到多大规模 must not be searched as 大规模."""
    return re.sub(r"\s+", " ", _INTERROGATIVE.sub(" ", text)).strip()


def words(text: str) -> tuple[str, ...]:
    """Content words of a text, lower case, in order, each once: its segmentation less question words."""
    from index.lexical import segment

    return tuple(dict.fromkeys(w for w in segment(content(text)) if w not in _STOP and re.search(r"\w", w)))
