"""A folder that is watched: the corpus follows it, half-copied files are waited for, and Ctrl-C ends it cleanly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from index import watch as watch_module
from index.corpus import Corpus
from index.types import StoreError
from index.watch import watch
from tests.conftest import REPOSITORY, BigramEncoder

TEXT = "{}2023年法治政府建设年度报告\n\n一、主要工作\n\n全年办结行政复议案件{}件，纠错率为12.5%。\n"
PATIENCE = 30.0  # seconds that a change may take on a busy machine


def put(path: Path, place: str, count: int = 1) -> None:
    path.write_text(TEXT.format(place, count), encoding="utf-8")


@dataclass
class Watching:
    """What a watcher has said, and the corpus that it keeps."""

    corpus: Corpus
    said: list[str] = field(default_factory=list)
    complained: list[str] = field(default_factory=list)

    def names(self) -> set[str]:
        self.corpus.refresh()
        return {ref.name for ref in self.corpus.reports()}


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)


@contextmanager
def watching(corpus: Corpus, folder: Path) -> Iterator[Watching]:
    made, stop, faults = Watching(corpus), threading.Event(), []

    def run() -> None:
        try:
            watch(corpus, folder, made.said.append, made.complained.append, stop=stop)
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        wait_for(lambda: bool(faults) or any("正在监视" in line for line in made.said))
        yield made
    finally:
        stop.set()
        thread.join()
    if faults:
        raise faults[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "报告"
    made.mkdir()
    return made


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Corpus]:
    monkeypatch.setattr(watch_module, "TICK", 150)
    with Corpus.open(tmp_path / "data", BigramEncoder(), create=True) as corpus:
        yield corpus


def test_files_that_come_change_move_and_go_are_followed(empty: Corpus, folder: Path) -> None:
    put(folder / "甲.txt", "青川市")
    with watching(empty, folder) as it:
        wait_for(lambda: it.names() == {"甲.txt"})

        (folder / "县区").mkdir()
        put(folder / "县区" / "乙.txt", "白石县")
        wait_for(lambda: it.names() == {"甲.txt", "乙.txt"})

        put(folder / "甲.txt", "青川市", 99)
        wait_for(lambda: "已更新  甲.txt" in "".join(it.said))
        assert empty.lexical("99", 5)

        encoder = empty.encoder
        assert isinstance(encoder, BigramEncoder)
        encoder.seen.clear()
        (folder / "县区" / "乙.txt").rename(folder / "丙.txt")
        wait_for(lambda: it.names() == {"甲.txt", "丙.txt"})
        assert encoder.seen == [], "what was only renamed is not embedded again"

        (folder / "甲.txt").unlink()
        wait_for(lambda: it.names() == {"丙.txt"})
        wait_for(lambda: "已移除  甲.txt" in "".join(it.said))  # it is gone a moment before it is told
        assert it.complained == []
    assert empty.verify() == []


def test_a_half_copied_file_is_waited_for_and_a_bad_one_named_once(empty: Corpus, folder: Path, tmp_path: Path) -> None:
    import docx

    document = docx.Document()
    for line in TEXT.format("望海区", 7).splitlines():
        document.add_paragraph(line)
    document.save(str(tmp_path / "整.docx"))
    content = (tmp_path / "整.docx").read_bytes()
    with watching(empty, folder) as it:
        with (folder / "拷贝中.docx").open("wb") as copying:
            for at in range(0, len(content), len(content) // 8):
                copying.write(content[at : at + len(content) // 8])
                copying.flush()
                time.sleep(0.1)
        wait_for(lambda: it.names() == {"拷贝中.docx"})
        assert it.complained == []

        (folder / "坏.docx").write_bytes(content[: len(content) // 2])
        wait_for(lambda: bool(it.complained))
        time.sleep(1)
        assert [line.partition("：")[0] for line in it.complained] == ["坏.docx"]

        (folder / "坏.docx").write_bytes(content)
        wait_for(lambda: any("坏.docx" in line and "相同" in line for line in it.said))
        (folder / "拷贝中.docx").unlink()
        wait_for(lambda: it.names() == {"坏.docx"})


def test_lists_and_words_beside_the_files_are_followed(empty: Corpus, folder: Path) -> None:
    put(folder / "甲.txt", "青川市")
    with watching(empty, folder) as it:
        wait_for(lambda: it.names() == {"甲.txt"})
        (folder / "reports.csv").write_text("文件,单位\n甲.txt,白石县司法局\n", encoding="utf-8")
        wait_for(lambda: empty.reports()[0].facts.unit == "白石县司法局")
        (folder / "terms.txt").write_text("案件纠错率\n", encoding="utf-8")
        wait_for(lambda: [word for word, _ in empty.terms.words] == ["案件纠错率"])


def test_what_vanished_meanwhile_is_removed_but_not_all_at_once(empty: Corpus, folder: Path) -> None:
    for name, place in (("甲", "青川市"), ("乙", "白石县")):
        put(folder / f"{name}.txt", place)
    with watching(empty, folder) as it:
        wait_for(lambda: len(it.names()) == 2)
    (folder / "甲.txt").unlink()
    with watching(empty, folder) as it:
        wait_for(lambda: it.names() == {"乙.txt"})
    (folder / "乙.txt").unlink()
    with watching(empty, folder) as it:
        assert it.names() == {"乙.txt"}, "an empty folder may be a disk that is not there"
        assert "没有移除" in it.complained[0]


def test_a_folder_that_is_none_or_vanishes_is_said(empty: Corpus, folder: Path) -> None:
    with pytest.raises(StoreError, match="不是文件夹"):
        watch(empty, folder / "没有", print, print)
    put(folder / "甲.txt", "青川市")
    with pytest.raises(StoreError, match="不见了"), watching(empty, folder) as it:
        wait_for(lambda: len(it.names()) == 1)
        folder.rename(folder.with_name("搬走"))
        time.sleep(1)
    assert len(empty.reports()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows 的 Ctrl-C 不是信号")
def test_ctrl_c_ends_it_cleanly(folder: Path, tmp_path: Path) -> None:
    put(folder / "甲.txt", "青川市")
    code = (
        "import signal, sys, index.encoder; from tests.conftest import BigramEncoder;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"  # as on a terminal: a suite run in the background ignores it
        "index.encoder.load_encoder = lambda name=None: BigramEncoder();"
        "from index.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "watch", str(folder), "--data", str(tmp_path / "data")],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    assert any("已加入  甲.txt" in line for line in lines)
    process.send_signal(signal.SIGINT)
    said, complained = process.communicate(timeout=PATIENCE)
    assert (process.returncode, complained) == (0, "")
    assert "已停止监视" in said
    with Corpus.open(tmp_path / "data", BigramEncoder()) as opened:
        assert len(opened.reports()) == 1
        assert opened.verify() == []
