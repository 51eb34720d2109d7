"""A question asked while a report is replaced is answered from one generation, old or new: in the real server, across processes too."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from index.corpus import Corpus
from index.types import Facts
from server.policy import Policy
from tests.conftest import REPOSITORY, BigramEncoder, Pair, make_report
from tests.serving import served

QUESTION = "青川市2023年办结行政复议案件多少件？"
ASKED = 150  # questions while it goes back and forth
FIGURES = ("1111", "2222")  # of the one version and of the other: each says its own figure all through


def text(figure: str) -> bytes:
    paragraphs = [f"全年办结行政复议案件{figure}件，办理行政应诉案件{figure}件。", f"开展执法监督{figure}次，组织讲座{figure}场。"]
    return f"青川市司法局2023年法治政府建设年度报告\n\n一、行政复议\n{paragraphs[0]}\n二、执法监督\n{paragraphs[1]}\n".encode()


def told(answer: dict[str, Any]) -> set[str]:
    """The figures of either version that an answer shows anywhere: its words, its citations, its hits."""
    return set(re.findall("|".join(FIGURES), str(answer)))


@pytest.fixture(params=["static", "contextual"])
def corpus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Corpus]:
    encoder = BigramEncoder() if request.param == "static" else Pair(BigramEncoder(), BigramEncoder(48, seed=7))
    with Corpus.open(tmp_path / "data", encoder, create=True) as made:
        others = [
            make_report(f"{city}司法局.txt", [f"全年办结行政复议案件{n}件。"], facts=Facts(f"{city}司法局2023年报告", f"{city}司法局", city, 2023, "年度报告"))
            for n, city in enumerate(("临江市", "白石县", "望海区"), 1)
        ]
        made.add(others)
        yield made


def test_every_answer_is_wholly_old_or_wholly_new(corpus: Corpus, tmp_path: Path) -> None:
    over = threading.Event()
    with served(corpus, tmp_path / "data", Policy(audit=False)) as url, httpx.Client(base_url=url, timeout=60) as client:
        at = client.post("/api/v1/reports", files={"file": ("青川市司法局2023年报告.txt", text(FIGURES[0]))}).json()["id"]

        def replacing() -> int:
            nonlocal at
            done = 0
            with httpx.Client(base_url=url, timeout=60) as manager:
                while not over.is_set():
                    done += 1
                    file = {"file": ("青川市司法局2023年报告.txt", text(FIGURES[done % 2]))}
                    answered = manager.put(f"/api/v1/reports/{at}", files=file)
                    assert answered.status_code == 200, answered.text
                    at = answered.json()["id"]
            return done

        def asking(_: int) -> tuple[int, set[str], str]:
            answered = client.post("/api/v1/ask", json={"question": QUESTION, "k": 10})
            return answered.status_code, told(answered.json()) if answered.status_code == 200 else set(), answered.text

        with ThreadPoolExecutor(5) as pool:
            writer = pool.submit(replacing)
            answers = list(pool.map(asking, range(ASKED)))
            over.set()
            assert writer.result() > 1, "something was replaced meanwhile"
    assert {code for code, *_ in answers} == {200}
    assert all(len(shown) == 1 for _, shown, _ in answers), next(text for _, shown, text in answers if len(shown) != 1)
    assert {next(iter(shown)) for _, shown, _ in answers} == set(FIGURES), "both versions were met"


@pytest.mark.parametrize("corpus", ["static"], indirect=True)  # as the other process opens it
def test_another_process_replaces_it(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    file = tmp_path / "reports" / "青川市司法局2023年报告.txt"
    code = f"""
from pathlib import Path
from index.corpus import Corpus
from index.read import read
from tests.conftest import BigramEncoder
from tests.test_generations import FIGURES, text
file = Path({str(file)!r})
with Corpus.open(Path({str(tmp_path / "data")!r}), BigramEncoder()) as corpus:
    for turn in range(40):
        file.write_bytes(text(FIGURES[turn % 2]))
        corpus.add([read(file)])
"""
    other = subprocess.Popen([sys.executable, "-c", code], cwd=REPOSITORY)
    shown: list[set[str]] = []
    with served(corpus, tmp_path / "data", Policy(audit=False)) as url, httpx.Client(base_url=url, timeout=60) as client:
        while other.poll() is None:
            answered = client.post("/api/v1/ask", json={"question": QUESTION, "k": 10})
            assert answered.status_code == 200, answered.text
            shown.append(told(answered.json()))
    assert other.returncode == 0
    assert all(len(one) <= 1 for one in shown), "before the first version comes in there is none"
    assert set().union(*shown) == set(FIGURES)
