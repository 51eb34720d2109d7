"""Parts that the tests share: an encoder that needs no weights, and small reports about fictional places."""

from __future__ import annotations

import hashlib
import itertools
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from index.best import BestEncoder
from index.corpus import Corpus
from index.types import Facts, Heading, Page, Passage, Report

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"


class BigramEncoder:
    """An encoder by arithmetic: each pair of characters adds a fixed pseudo-random direction."""

    def __init__(self, dimension: int = 64, seed: int = 0) -> None:
        self.name = f"bigrams-{seed}"
        self.fingerprint = hashlib.sha256(f"{dimension} {seed}".encode()).hexdigest()
        self.dimension = dimension
        self.seen: list[str] = []  # every text encoded, so that a test can tell what was not
        self._seed = seed

    def encode(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        self.seen += texts
        rows = [self._row(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dimension), dtype=np.float32)

    def _row(self, text: str) -> np.ndarray:
        plain = "".join(unicodedata.normalize("NFKC", text).lower().split())
        row = np.zeros(self.dimension, dtype=np.float32)
        for first, second in itertools.pairwise(plain):
            digest = hashlib.blake2b(f"{self._seed}{first}{second}".encode(), digest_size=8).digest()
            row += np.random.default_rng(int.from_bytes(digest)).normal(size=self.dimension).astype(np.float32)
        length = float(np.linalg.norm(row))
        return row / length if length else row


@dataclass(frozen=True)
class Pair(BestEncoder):
    """The product's own pair of encoders, by arithmetic."""

    static: BigramEncoder
    contextual: BigramEncoder


def make_report(
    name: str, paragraphs: Sequence[str], *, facts: Facts | None = None, source: str | None = None, pages: bool = False
) -> Report:
    """A report of one heading a paragraph, each paragraph a passage, built by hand."""
    facts = facts if facts is not None else Facts(title=name.rpartition(".")[0])
    text = ""
    headings: list[Heading] = []
    spans: list[tuple[int, int, str]] = []
    for number, paragraph in enumerate(paragraphs):
        title = f"{'一二三四五六七八九十'[number % 10]}、第{number + 1}部分"
        headings.append(Heading(1, title, len(text)))
        text += title + "\n"
        spans.append((len(text), len(text) + len(paragraph), title))
        text += paragraph + "\n"
    id = hashlib.sha256(f"{name}\n{text}".encode("utf-8", "replace")).hexdigest()[:16]
    passages = tuple(
        Passage(
            hashlib.sha256(f"{id} {start}".encode()).hexdigest()[:16],
            id,
            start,
            end,
            text[start:end],
            (title,),
            number + 1 if pages else None,
        )
        for number, (start, end, title) in enumerate(spans)
    )
    return Report(
        id=id,
        source=source or f"/reports/{name}",
        name=name,
        facts=facts,
        text=text,
        headings=tuple(headings),
        pages=tuple(Page(number + 1, start) for number, (start, _, _) in enumerate(spans)) if pages else (),
        passages=passages,
    )


def _law_report(city: str, issued: str) -> Facts:
    kind = "法治政府建设年度报告"
    return Facts(f"{city}司法局2023年{kind}", f"{city}司法局", city, 2023, kind, issued)


@pytest.fixture
def encoder() -> BigramEncoder:
    return BigramEncoder()


@pytest.fixture
def qingchuan() -> Report:
    """青川市司法局, 2023."""
    return make_report(
        "青川市司法局2023年法治政府建设年度报告.txt",
        [
            "全年办结行政复议案件1,234件，同比增长96.73%，纠错率为12.5%。",
            "新建公共法律服务工作站18个，接待群众咨询3.6万人次。",
            "组织法治讲座42场，覆盖乡镇干部2100人。",
        ],
        facts=_law_report("青川市", "2024-01-19"),
        pages=True,
    )


@pytest.fixture
def linjiang() -> Report:
    """临江市司法局, 2023: the same matters, other figures."""
    return make_report(
        "临江市司法局2023年法治政府建设年度报告.txt",
        [
            "全年办结行政复议案件567件，纠错率为8.1%。",
            "新建公共法律服务工作站9个，接待群众咨询1.2万人次。",
        ],
        facts=_law_report("临江市", "2024-02-02"),
    )


@pytest.fixture
def baishi() -> Report:
    """白石县, 2024."""
    return make_report(
        "白石县2024年政府工作报告.txt",
        ["粮食总产量达到21.4万吨。", "改造老旧小区36个，惠及居民5800户。"],
        facts=Facts("白石县2024年政府工作报告", "白石县人民政府", "白石县", 2024, "政府工作报告", "2024-03-05"),
    )


@pytest.fixture
def corpus(tmp_path: Path, encoder: BigramEncoder, qingchuan: Report, linjiang: Report, baishi: Report) -> Corpus:
    """Three reports, indexed."""
    made = Corpus.open(tmp_path / "data", encoder, create=True)
    made.add([qingchuan, linjiang, baishi])
    return made


@pytest.fixture
def build() -> Callable[..., Report]:
    return make_report
