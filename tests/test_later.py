"""The page is up before the models are: they are known at once, and loaded by who needs them first, for whom the others wait."""

from __future__ import annotations

import os
import platform
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest

from index.best import BestEncoder
from index.corpus import Corpus
from index.encoder import SHIPPED, Encoder, load_encoder
from index.later import Later, LaterBest, load_later
from index.static import StaticEncoder
from index.types import EncoderError
from server.behind import give_back
from tests.conftest import REPOSITORY, BigramEncoder
from tests.crowd import resident
from tests.serving import fill, served
from tests.test_torchless import told

TEXTS = ["青川市全年办结行政复议案件123件。", "", "望海区有多少公共停车泊位"]


@pytest.mark.parametrize("name", ["fast", "best", None])
def test_it_is_what_is_loaded_at_once(name: str | None) -> None:
    now, later = load_encoder(name), load_later(name)
    assert (later.name, later.fingerprint, later.dimension) == (now.name, now.fingerprint, now.dimension)
    np.testing.assert_array_equal(later.encode(TEXTS), now.encode(TEXTS))
    assert isinstance(now, BestEncoder) == isinstance(later, LaterBest)
    if isinstance(now, BestEncoder) and isinstance(later, LaterBest):
        assert later.contextual is not None
        np.testing.assert_array_equal(later.contextual.encode(TEXTS), now.contextual.encode(TEXTS))


def test_another_model_is_loaded_at_once(tmp_path: Path) -> None:
    assert isinstance(load_later(str(shutil.copytree(REPOSITORY / SHIPPED["fast"], tmp_path / "模型"))), StaticEncoder)
    with pytest.raises(EncoderError, match="没有这个模型"):
        load_later("没有这个模型")


def test_many_who_need_it_load_it_once() -> None:
    loads: list[Encoder] = []

    def load() -> Encoder:
        loads.append(BigramEncoder())
        return loads[-1]

    later = Later("bigrams-0", "", 64, load)
    assert not loads
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(later.encode, [TEXTS] * 8))
    assert len(loads) == 1


def test_where_the_contextual_one_cannot_run_the_static_one_serves_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    def cannot() -> Encoder:
        raise EncoderError("编码模型 models/best 在这台机器上算出的向量与随附的不同")

    encoder = LaterBest("models/best", Later("models/fast", "", 64, BigramEncoder), cannot)
    assert encoder.name == "models/best"
    assert encoder.contextual is None and encoder.contextual is None
    assert encoder.name == "models/fast"
    assert encoder.encode(TEXTS).shape == (3, 64)
    assert caplog.text.count("改用 fast") == 1


def test_where_a_file_of_the_contextual_one_is_missing_the_default_is_fast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(SHIPPED, "best", str(tmp_path / "none"))
    assert load_later().name == SHIPPED["fast"]
    assert "改用 fast" in caplog.text
    with pytest.raises(EncoderError):
        load_later("best")


def test_the_page_is_up_while_they_load_and_a_question_waits_for_them(tmp_path: Path) -> None:
    fill(tmp_path).close()
    go = threading.Event()

    def load() -> Encoder:
        assert go.wait(60)
        return BigramEncoder()

    plain = BigramEncoder()
    encoder = Later(plain.name, plain.fingerprint, plain.dimension, load)
    with Corpus.open(tmp_path, encoder) as corpus, served(corpus, tmp_path) as url, httpx.Client(base_url=url, timeout=60) as client:
        assert "有据" in client.get("/").raise_for_status().text
        assert client.get("/healthz").json() == {"status": "ok", "reports": 2, "encoder": plain.name, "generation": corpus.generation}
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(client.post, "/api/ask", json={"question": "青川市2023年办结行政复议案件多少件？"})
            with pytest.raises(TimeoutError):
                asked.result(timeout=1)
            assert httpx.get(f"{url}/healthz").is_success, "谁也不被它挡住"
            go.set()
            assert asked.result().json()["short"] == "1,234件"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="malloc_trim 只有 glibc 有")
def test_memory_between_what_is_still_used_is_given_back() -> None:
    blocks = [np.ones(size, np.uint8) for _ in range(800) for size in (100_000, 2_000)]
    kept = blocks[1::2]  # the small ones, which keep the large from being one free piece at the end
    del blocks
    before = resident(os.getpid())
    give_back()
    assert len(kept) == 800
    assert resident(os.getpid()) < before - 30


def test_the_page_is_up_before_what_only_a_question_needs_is_imported(tmp_path: Path) -> None:
    fill(tmp_path).close()
    late = {"onnxruntime", "tokenizers", "sentencepiece", "rjieba", "pypinyin", "opencc", "langchain_text_splitters"}
    code = f"""
import sys
from pathlib import Path
from app import build
from index.corpus import Corpus
from index.later import load_later
with Corpus.open(Path({str(tmp_path / "shipped")!r}), load_later(), create=True) as corpus:
    build(corpus, Path({str(tmp_path / "shipped" / "uploads")!r}))
    print("\\nLOADED", *sorted({late!r} & sys.modules.keys()))
"""
    assert told(code).splitlines()[-1].split() == ["LOADED"]


def test_gradio_comes_without_its_stubs_and_works() -> None:
    code = """
import sys
from page.stubs import without_stubs
before = list(sys.meta_path)
ran = set()
sys.setprofile(lambda frame, event, argument: ran.add(frame.f_code.co_name))
with without_stubs():
    import gradio as gr
sys.setprofile(None)
assert sys.meta_path == before
with gr.Blocks() as page:
    box = gr.Textbox(label="问题")
    box.submit(lambda text: text, box, box)
print(page.config["components"][0]["props"]["label"], *ran & {"create_or_modify_pyi", "create_pyi"})
"""
    assert told(code).split() == ["问题"]


def test_gradio_still_writes_them_by_that_name() -> None:
    """Else page/stubs.py has nothing left to do."""
    from gradio import component_meta

    assert callable(component_meta.create_or_modify_pyi)
