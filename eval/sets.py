"""The development sets, a line each.  A part that can be asked more adds its line here, with what measures it."""

from __future__ import annotations

from eval.builds import HERE
from eval.costs import size, speed
from eval.measures import GOLD, Set, apart, conversations, encoders, loong, questions, samples

SHARED = HERE.parent / "shared"
SEEDS, PROVINCES, LOONG = (SHARED / "reports" / name for name in ("seeds", "provinces-2026", "loong"))
GENRES = tuple(SHARED / "reports/genres" / name for name in ("annual", "budget", "gwr", "judgment", "opensource", "xxgk"))
_DATASETS = tuple(
    SHARED / "encoder-data/test" / name
    for name in (
        "cctv_title_2026", "cmrc2018_dev", "csl_title_abstract", "drcd_test", "dureader_robust_dev", "gov_message_reply",
        "lawbench_consult", "ncp_policy_qa", "nlpcc_kbqa_test", "rgb_news_web", "stard_statute",
    )
)  # fmt: skip
_DEV = (GOLD / "seeds.dev.jsonl", GOLD / "provinces-2026.dev.jsonl", GOLD / "provinces-2026.tables.dev.jsonl")
_BOTH = (SEEDS, PROVINCES)
_SAMPLES = (HERE / "eval/gold/samples.jsonl", HERE / "eval/gold/samples.tables.jsonl")

SETS: tuple[Set, ...] = (
    Set("samples", "样例", apart(samples), _SAMPLES, (HERE / "reports",)),
    Set("seeds", "司法局与法院", apart(questions), _DEV[:1], _BOTH),
    Set("provinces", "省级政府工作报告", apart(questions), _DEV[1:2], _BOTH),
    Set("provinces-tables", "省级报告的列表题", apart(questions), _DEV[2:], _BOTH),
    Set("genres", "其他文种", apart(questions), (GOLD / "genres.dev.jsonl",), GENRES, lambda id: id.partition("-")[0]),
    Set("genres-tables", "其他文种的列表题", apart(questions), (GOLD / "genres.tables.dev.jsonl",), GENRES),
    Set("dialogues", "对话", apart(conversations), (GOLD / "dialogues.dev.jsonl",), _BOTH),
    Set("singles", "单独的查找与短问", apart(conversations), (GOLD / "singles.dev.jsonl",), _BOTH),
    Set("loong", "上市公司季报", apart(loong), (GOLD / "loong.dev.jsonl",), (LOONG,), default=False),
    Set("encoders", "编码器，十一个公开数据集", apart(encoders), _DATASETS, default=False),
    Set("size", "大小", apart(size), (), _BOTH),
    Set("speed", "快慢", speed, _DEV, _BOTH),
)
