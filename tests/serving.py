"""A real server over loopback in a thread of its own, for the tests of what it lets through."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

import app
from index.corpus import Corpus
from index.types import Facts
from server.policy import Policy
from tests.conftest import BigramEncoder, make_report

KIND = "法治政府建设年度报告"
SECRET = "望海区"  # what only the group may see


@contextmanager
def served(corpus: Corpus, data: Path, policy: Policy | None = None, root_path: str = "") -> Iterator[str]:
    """The address of a server over a corpus."""
    listener = app.listen("127.0.0.1", 0)
    made = app.build(corpus, data / "uploads", policy)
    config = uvicorn.Config(made, log_level="error", proxy_headers=False, root_path=root_path)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def fill(data: Path, *, closed: Path | None = None) -> Corpus:
    """Two reports that everybody may see, and one in `closed`."""
    corpus = Corpus.open(data, BigramEncoder(), create=True)
    for city, figure in (("青川市", "1,234"), ("临江市", "567"), *(((SECRET, "8,642"),) if closed else ())):
        facts = Facts(f"{city}司法局2023年{KIND}", f"{city}司法局", city, 2023, KIND, "2024-01-19")
        name = f"{city}司法局2023年{KIND}.txt"
        source = str(closed / name) if closed and city == SECRET else None
        paragraphs = [f"全年办结行政复议案件{figure}件，纠错率为12.5%。", "组织<b>法治</b>讲座42场，覆盖乡镇干部2100人。"]
        if city == SECRET:
            paragraphs.append("海堤巡查员处理渔港纠纷319起。")
        corpus.add([make_report(name, paragraphs, facts=facts, source=source, pages=True)])
    return corpus
