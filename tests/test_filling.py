"""While the server answers, contextual vectors come in: what is asked meanwhile is answered and says so, what is added is filled too."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np

from index.corpus import Corpus
from tests.conftest import BigramEncoder, Pair
from tests.serving import fill, served

PENDING = "上下文向量"


def until(true: Callable[[], bool]) -> bool:
    """Whether something comes true within a bound that no machine should need."""
    for _ in range(600):
        if true():
            return True
        time.sleep(0.1)
    return False


class Held(BigramEncoder):
    """An encoder that waits until it is let go."""

    def __init__(self, dimension: int, seed: int) -> None:
        super().__init__(dimension, seed)
        self.go = threading.Event()

    def encode(self, texts: list[str], *, query: bool = False) -> np.ndarray:  # type: ignore[override]
        if not query:
            self.go.wait(60)
        return super().encode(texts, query=query)


def test_it_fills_what_is_there_and_what_comes_in(tmp_path: Path) -> None:
    fill(tmp_path).close()
    contextual = Held(48, seed=7)
    with Corpus.open(tmp_path, Pair(BigramEncoder(), contextual)) as corpus, served(corpus, tmp_path) as url, httpx.Client(base_url=url) as client:

        def note() -> str:
            answer = client.post("/api/ask", json={"question": "青川市2023年办结行政复议案件多少件？"}).json()
            assert answer["short"] == "1,234件"
            return str(answer["note"] or "")

        assert f"{PENDING}（已有 0%）" in note()
        contextual.go.set()
        assert until(lambda: corpus.filled() == (4, 4))
        assert PENDING not in note()
        upload = {"file": ("新河县报告.txt", "新河县人民政府2024年工作报告\n\n一、城市建设\n新增停车泊位800个。\n".encode())}
        assert client.post("/api/v1/reports", files=upload).status_code == 201
        assert until(lambda: corpus.filled()[0] == corpus.filled()[1] > 4)


def test_it_ends_with_the_server_and_the_next_one_goes_on(tmp_path: Path) -> None:
    fill(tmp_path).close()
    contextual = Held(48, seed=7)
    threading.Timer(1.0, contextual.go.set).start()  # the batch under way when the server is told to end
    with Corpus.open(tmp_path, Pair(BigramEncoder(), contextual)) as corpus:
        with served(corpus, tmp_path):
            pass
        assert not [one for one in threading.enumerate() if one.name == "youju-filling"]
        with served(corpus, tmp_path):
            assert until(lambda: corpus.filled() == (4, 4))


def test_without_such_vectors_nothing_runs(tmp_path: Path) -> None:
    with fill(tmp_path) as corpus, served(corpus, tmp_path):
        assert not [one for one in threading.enumerate() if one.name == "youju-filling"]
