"""What may go wrong with the machine: a kill at any moment, a full disk, a folder that cannot be written, damaged indexes.

`YOUJU_KILLS=200 python -m pytest tests/test_faults.py -k kill` is the long run.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index.__main__ import main
from index.corpus import Corpus, rebuild
from index.types import Facts, Report, StoreError
from tests.conftest import REPOSITORY, BigramEncoder, make_report

KILLS = int(os.environ.get("YOUJU_KILLS", "12"))
SEED = int(os.environ.get("YOUJU_SEED", "20240119"))

State = dict[str, tuple[str, str]]  # path → version of its text, unit


def versioned(path: str, version: str, unit: str = "青川市司法局") -> Report:
    """A report whose text says which version of its path it is."""
    paragraphs = [f"第{version}版办结行政复议案件{len(path)}件。", *(f"{path}第{n}项工作全年办结案件{n}件。" for n in range(12))]
    facts = Facts(f"{path}法治政府建设年度报告", unit, "青川市", 2023)
    return make_report(f"{path}.txt", paragraphs, source=f"/nowhere/{path}.txt", facts=facts)


def state_of(corpus: Corpus) -> State:
    """What the catalog has, read from the texts themselves."""
    found = {}
    for ref in corpus.reports():
        text = corpus.report(ref.row).text
        found[ref.name.removesuffix(".txt")] = (text.partition("第")[2].partition("第")[2].partition("版")[0], ref.facts.unit)
    return found


def after(state: State, step: list[str]) -> State:
    """A state, one step of a writer later."""
    what, *words = step
    if what == "put":  # a correction by hand outlives a new version
        return state | {path: (words[0], state.get(path, ("", "青川市司法局"))[1]) for path in words[1:]}
    if what == "remove":
        return {path: held for path, held in state.items() if path not in words}
    if what == "correct":
        return state | {words[1]: (state[words[1]][0], words[0])}
    return state  # rebuild


def found_by(corpus: Corpus) -> set[int]:
    """Rows of the reports that a search finds, both ways; their passages are read."""
    question = "办结行政复议案件"
    found = corpus.dense(corpus.encoder.encode([question], query=True)[0], 10_000) + corpus.lexical(question, 10_000)
    corpus.passages([row for row, _ in found[:20]])
    return {row >> 20 for row, _ in found}


def sound(corpus: Corpus) -> bool:
    return corpus.verify() == [] and found_by(corpus) == {ref.row for ref in corpus.reports()}


# A writer that changes a corpus for as long as it lives, saying each step before it takes it and after.
WRITER = """
import random, sys
from pathlib import Path
from index.corpus import Corpus, rebuild
from tests.conftest import BigramEncoder
from tests.test_faults import state_of, versioned
data, seed = Path(sys.argv[1]), sys.argv[2]
chance = random.Random(seed)
print("opening", flush=True)
corpus = Corpus.open(data, BigramEncoder())
print("open", flush=True)
for step in range(100_000):
    what = chance.choices(["put", "remove", "correct", "rebuild"], [6, 3, 2, 1])[0]
    there = sorted(ref.name.removesuffix(".txt") for ref in corpus.reports())
    if what == "put" or not there:
        paths = chance.sample([f"报告{n}" for n in "甲乙丙丁戊己"], chance.randint(1, 3))
        version = f"{seed}-{step}"
        print("put", version, *paths, flush=True)
        corpus.add([versioned(path, version) for path in paths])
    elif what == "remove":
        paths = chance.sample(there, min(len(there), chance.randint(1, 2)))
        print("remove", *paths, flush=True)
        corpus.remove_all([ref.id for ref in corpus.reports() if ref.name.removesuffix(".txt") in paths])
    elif what == "correct":
        path = chance.choice(there)
        unit = f"临江市第{step}局"
        print("correct", unit, path, flush=True)
        corpus.correct(next(ref.id for ref in corpus.reports() if ref.name == f"{path}.txt"), {"unit": unit})
    else:
        print("rebuild", flush=True)
        rebuild(data)
        corpus.refresh()
    print("done", flush=True)
"""


def test_a_kill_at_any_moment_loses_nothing_committed_and_stops_no_reader(tmp_path: Path) -> None:
    """kill -9 while a writer adds, replaces, removes, corrects or rebuilds, or while it mends what the last kill left."""
    data, chance = tmp_path / "data", random.Random(SEED)
    reader = Corpus.open(data, BigramEncoder(), create=True)
    reader.add([versioned("报告甲", "0"), versioned("报告乙", "0")])
    state, answers, steps = state_of(reader), 0, 0
    for kill in range(KILLS):
        seed = f"{SEED}.{kill}"
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(data), seed], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "opening\n"
        opening = chance.random() < 0.25
        if not opening:
            assert writer.stdout.readline() == "open\n"
        until = time.monotonic() + (chance.uniform(0, 0.05) if opening else chance.uniform(0, 0.5))
        while True:
            with contextlib.suppress(_Gone):
                with _gone():
                    found_by(reader)
                answers += 1
            reader.refresh()
            if time.monotonic() >= until:
                break
        writer.kill()
        said = [line.split() for line in writer.stdout.read().splitlines() if line != "open"]
        writer.wait()
        writer.stdout.close()
        for step, end in itertools.pairwise(said):
            if end == ["done"]:
                state, steps = after(state, step), steps + 1
        may_be = [state, *([after(state, said[-1])] if said and said[-1] != ["done"] else [])]
        with Corpus.open(data, BigramEncoder()) as opened:
            state = state_of(opened)
            assert state in may_be, f"kill {kill} during {said[-1:]}"
            assert sound(opened), f"kill {kill} during {said[-1:]}: {opened.verify()}"
        reader.refresh()
        assert state_of(reader) == state
        assert sound(reader)
    assert answers >= KILLS
    print(f"{KILLS} kills, {steps} steps finished before them, {answers} answers meanwhile")


class _Gone(Exception):
    """What was found was removed before its text was read; the question is asked again."""


@contextlib.contextmanager
def _gone() -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        if "刚被移除" not in str(error):
            raise
        raise _Gone from error


# ---- a full disk

# Files may not grow beyond a limit that moves: each add fails where the limit finds it, and what was there stays.
FULL = """
import resource, signal, sys
from pathlib import Path
from index.corpus import Corpus
from index.types import StoreError
from tests.conftest import BigramEncoder
from tests.test_faults import sound, state_of, versioned
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
data = Path(sys.argv[1])
corpus = Corpus.open(data, BigramEncoder(), create=True)
corpus.add([versioned("报告甲", "0")])
failed = 0
for limit in (1_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000):
    before = state_of(corpus)
    new = {f"报告{limit}-{n}": (str(limit), "青川市司法局") for n in range(6)}
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        corpus.add([versioned(path, version) for path, (version, _) in new.items()])
    except StoreError as error:
        failed += 1
        assert any("一" <= c <= "鿿" for c in str(error)), error
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    with Corpus.open(data, BigramEncoder()) as opened:
        assert state_of(opened) in (before, before | new), limit
        assert sound(opened), (limit, opened.verify())
    corpus.refresh()
    assert sound(corpus), limit
print("failed", failed)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows 没有文件大小的限额")
def test_writes_that_fail_part_way_leave_all_or_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "data")], cwd=REPOSITORY, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) >= 3, "the limits were met"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB."""
    at = tmp_path / "小盘"
    at.mkdir()
    if not shutil.which("mount"):
        pytest.skip("没有 mount")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(at)], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"不能挂载小盘（要管理员权限）：{made.stderr.strip()}")
    yield at
    subprocess.run(["umount", str(at)], check=True)


def test_a_full_disk_is_said_and_what_was_there_is_still_found(small_disk: Path) -> None:
    data = small_disk / "data"
    with Corpus.open(data, BigramEncoder(), create=True) as corpus:
        corpus.add([versioned("报告甲", "0")])
        (small_disk / "别的文件").write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 100_000))
        with pytest.raises(StoreError, match=r"磁盘|空间|space|读写失败"):
            for n in range(50):
                corpus.add([versioned(f"报告{n}-{part}", "0") for part in range(20)])
        assert state_of(corpus)["报告甲"] == ("0", "青川市司法局")
        assert corpus.reports()[0].row in found_by(corpus)
        (small_disk / "别的文件").unlink()
        corpus.refresh()
        assert sound(corpus)
    with Corpus.open(data, BigramEncoder()) as opened:
        assert sound(opened)
        opened.add([versioned("报告乙", "0")])
        assert sound(opened)


# ---- a folder that cannot be written


@pytest.fixture
def as_another() -> Iterator[Callable[[Path], None]]:
    """Make a folder read-only, for one who is not root."""
    if not hasattr(os, "geteuid"):
        pytest.skip("本系统没有用户权限可以收回")
    made: list[Path] = []
    was = os.geteuid()

    def forbid(folder: Path) -> None:
        made.append(folder)
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        if was == 0:
            os.seteuid(65534)
        if os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            pytest.skip("当前用户不受目录权限约束")

    yield forbid
    if was == 0:
        os.seteuid(0)
    for folder in made:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that another user may enter."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


def test_a_corpus_on_read_only_media_is_searched(open_folder: Path, as_another: Callable[[Path], None]) -> None:
    data = open_folder / "data"
    with Corpus.open(data, BigramEncoder(), create=True) as corpus:
        corpus.add([versioned("报告甲", "0"), versioned("报告乙", "0")])
    for name in ("writer.lock",):
        (data / name).unlink(missing_ok=True)
    before = sorted(path.name for path in data.iterdir())
    as_another(data)
    with Corpus.open(data, BigramEncoder()) as opened:
        assert len(opened.reports()) == 2
        assert sound(opened)
        assert not opened.refresh()
        for change in (lambda: opened.add([versioned("报告丙", "0")]), lambda: opened.remove(opened.reports()[0].id)):
            with pytest.raises(StoreError, match="写权限"):
                change()
        assert sound(opened)
    assert sorted(path.name for path in data.iterdir()) == before


def test_a_folder_that_cannot_be_made_is_said(open_folder: Path, as_another: Callable[[Path], None]) -> None:
    as_another(open_folder)
    with pytest.raises(StoreError, match="权限"):
        Corpus.open(open_folder / "data", BigramEncoder(), create=True)


# ---- two writers


def test_two_writers_take_turns(tmp_path: Path) -> None:
    data = tmp_path / "data"
    Corpus.open(data, BigramEncoder(), create=True).close()
    script = (
        "import sys; from pathlib import Path; from index.corpus import Corpus; from tests.conftest import BigramEncoder;"
        "from tests.test_faults import versioned; corpus = Corpus.open(Path(sys.argv[1]), BigramEncoder());"
        "[corpus.add([versioned(f'{sys.argv[2]}{n}', '0')]) for n in range(4)]"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(data), name], cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
        for name in ("甲", "乙")
    ]
    for writer in writers:
        _, said = writer.communicate()
        assert writer.returncode == 0, said
    with Corpus.open(data, BigramEncoder()) as opened:
        assert {ref.name for ref in opened.reports()} == {f"{name}{n}.txt" for name in "甲乙" for n in range(4)}
        assert sound(opened)


# ---- damaged indexes


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize("damaged", ["dense.faiss", "lexical/*.term", "lexical/*.pos", "lexical/meta.json", "lexical"])
def test_one_command_rebuilds_what_is_damaged(
    tmp_path: Path, damaged: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    reader = Corpus.open(data, BigramEncoder(), create=True)
    reader.add([versioned("报告甲", "0"), versioned("报告乙", "0")])
    before = state_of(reader)
    path = next(data.glob(damaged))
    if path.is_dir():
        shutil.rmtree(path)
    else:
        flip(path)
    assert main(["rebuild", "--data", str(data)]) == 0
    assert "2 份报告" in capsys.readouterr().out
    assert reader.refresh(), "whoever reads meanwhile sees the new ones"
    assert sound(reader)
    with Corpus.open(data, BigramEncoder()) as opened:
        assert state_of(opened) == before
        assert sound(opened)


def test_a_damaged_catalog_is_not_rebuilt_from(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Corpus.open(data, BigramEncoder(), create=True) as corpus:
        corpus.add([versioned("报告甲", "0")])
    from index import catalog

    db = catalog.connect(data / "catalog.sqlite")
    db.execute("DELETE FROM vectors")
    db.close()
    with pytest.raises(StoreError, match="13 个段落没有向量"):
        rebuild(data)
    assert (data / "dense.faiss").exists()
