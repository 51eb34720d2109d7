"""A removed report is gone from every copy, what a killed process left is cleared away, and no file is anybody else's to read."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index import orphans
from index.__main__ import main
from index.corpus import Corpus
from index.forget import FEEDBACK, GONE, HISTORY
from index.types import Report
from page.history import History, HistoryError, Talk, Turn, new_id
from retrieval.ask import ask
from server.auditlog import Audit
from server.intake import remove, take_in
from tests.conftest import REPOSITORY, BigramEncoder

WORDS = "海堤巡查员处理渔港纠纷319起，这句话只在一份报告里。"
TEXT = f"望海区司法局2024年工作总结\n\n一、主要工作\n{WORDS}\n全年办结行政复议案件88件。\n"
ASKED = "望海区司法局2024年海堤巡查员处理渔港纠纷多少起？"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def library(data: Path, qingchuan: Report, linjiang: Report) -> Iterator[Corpus]:
    with Corpus.open(data, BigramEncoder(), create=True) as corpus:
        corpus.add([qingchuan, linjiang])
        yield corpus


def put(corpus: Corpus, data: Path, name: str = "望海.txt", text: str = TEXT) -> Any:
    upload = data.parent / name
    upload.write_text(text, "utf-8")
    with upload.open("rb") as content:
        return take_in(corpus, data / "uploads", name, content, 10**6).ref


def holding(data: Path, words: str = WORDS) -> list[str]:
    """Files of the folder in which some words stand, as they are or as JSON has them."""
    forms = (words.encode(), json.dumps(words)[1:-1].encode())
    found = [path for path in data.rglob("*") if path.is_file()]
    return sorted(path.name for path in found if any(form in path.read_bytes() for form in forms))


class TestRemoved:
    def test_is_gone_from_files_database_log_conversations_and_judgements(self, library: Corpus, data: Path) -> None:
        ref = put(library, data)
        history = History(data)
        turn = Turn(ASKED, answer=ask(library, ASKED))
        talk = Talk(new_id(), (turn,))
        assert turn.answer and "319起" in turn.answer.text
        history.keep("a", talk, turn)
        history.judge(replace(turn, judged="有用"))
        assert {FEEDBACK, HISTORY, "望海.txt"} <= {*holding(data, "319起，这句话只在一份报告里")} | {*holding(data)}
        reader = sqlite3.connect(data / HISTORY)  # somebody else has the conversations open, so that its log stays
        reader.execute("SELECT count(*) FROM turn").fetchone()
        remove(library, data / "uploads", ref)
        assert holding(data) == []
        reader.close()
        again = history.talk("a", talk.id, library.reports())
        assert again is not None
        assert (again.turns[0].text, again.turns[0].error, again.turns[0].answer) == (ASKED, GONE, None), "the question is the reader's own"

    def test_an_answer_that_only_found_its_passages_stays(self, library: Corpus, data: Path) -> None:
        ref = put(library, data)
        history = History(data)
        asked = "青川市司法局2023年办结行政复议案件多少件？"
        answer = ask(library, asked)
        listed = ask(library, ASKED).hits[:1]
        assert answer.status == "answered" and listed[0].report.id == ref.id
        talk = Talk(new_id(), (Turn(asked, answer=replace(answer, hits=(*answer.hits, *listed))),))
        history.keep("a", talk, talk.turns[0])
        library.remove(ref.id)
        again = history.talk("a", talk.id, library.reports())
        assert again is not None and again.turns[0].answer == answer
        assert WORDS.encode() not in (data / HISTORY).read_bytes()

    def test_an_answer_shown_before_is_not_kept_after(self, library: Corpus, data: Path) -> None:
        """Who has it on the page still, and says 有用, brings nothing back."""
        ref = put(library, data)
        turn = Turn(ASKED, answer=ask(library, ASKED), judged="有用")
        library.remove(ref.id)
        history = History(data, lambda: {one.id for one in library.reports()})
        talk = Talk(new_id(), (turn,))
        assert history.keep("a", talk, turn) and history.judge(turn)
        assert WORDS.encode() not in (data / HISTORY).read_bytes() and not (data / FEEDBACK).exists()
        again = history.talk("a", talk.id, library.reports())
        assert again is not None and again.turns[0].error == GONE

    def test_by_the_command_line_too(self, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with Corpus.open(data, BigramEncoder(), create=True) as corpus:
            put(corpus, data)
            history = History(data)
            turn = Turn(ASKED, answer=ask(corpus, ASKED))
            history.keep("a", Talk(new_id(), (turn,)), turn)
        assert main(["remove", "望海.txt", "--data", str(data)]) == 0
        told = capsys.readouterr().out
        assert "已移除  望海.txt" in told and "没有对应的报告，已删去" in told
        assert holding(data) == []
        assert (tmp_path / "望海.txt").exists(), "where it was uploaded from"

    def test_a_replaced_report_is_gone_as_well(self, library: Corpus, data: Path) -> None:
        from server.intake import put_in_place

        ref = put(library, data)
        history = History(data)
        turn = Turn(ASKED, answer=ask(library, ASKED))
        history.keep("a", Talk(new_id(), (turn,)), turn)
        with (data.parent / "新.txt").open("w+b") as content:
            content.write(TEXT.replace(WORDS, "处理渔港纠纷421起。").encode())
            content.seek(0)
            put_in_place(library, data / "uploads", ref, "望海.txt", content, 10**6)
        assert holding(data) == []

    def test_conversations_of_an_earlier_version_are_known_again(self, library: Corpus, data: Path) -> None:
        ref = put(library, data)
        history = History(data)
        turn = Turn(ASKED, answer=ask(library, ASKED))
        talk = Talk(new_id(), (turn,))
        history.keep("a", talk, turn)
        with closing(sqlite3.connect(data / HISTORY)) as db:
            db.executescript("DROP TABLE rests; PRAGMA user_version = 0;")
        library.remove(ref.id)
        assert WORDS.encode() not in (data / HISTORY).read_bytes()


class TestOrphans:
    def test_verify_clears_away_what_stands_for_no_report_and_says_so(
        self, data: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with Corpus.open(data, BigramEncoder(), create=True) as corpus:
            ref = put(corpus, data)
        uploads = data / "uploads"
        for path in ("0123456789ab/旧.txt", ".5d41402abc4b2a76/半.txt", ".0123456789abcdef", "散.txt"):
            (uploads / path).parent.mkdir(exist_ok=True)
            (uploads / path).write_text(WORDS, "utf-8")
        (uploads / ".5d41402abc4b2a76.lock").touch()
        (uploads / "reports.csv").write_text("文件,标题\n", "utf-8")
        (data / "dense.faiss.4711.tmp").write_bytes(b"x")
        assert main(["verify", "--data", str(data)]) == 0
        told = capsys.readouterr().out
        for name in ("旧.txt", "半.txt", "散.txt", "dense.faiss.4711.tmp"):
            assert name in told
        assert sorted(path.name for path in uploads.rglob("*") if path.is_file()) == sorted([ref.name, "reports.csv"])
        assert not list(data.glob("*.tmp"))
        assert main(["verify", "--data", str(data)]) == 0
        assert "已删去" not in capsys.readouterr().out

    def test_a_folder_that_was_moved_keeps_its_files(self, data: Path, tmp_path: Path) -> None:
        with Corpus.open(data, BigramEncoder(), create=True) as corpus:
            put(corpus, data)
        moved = data.rename(tmp_path / "elsewhere")
        with Corpus.open(moved, BigramEncoder()) as corpus:
            assert not any("上传的文件" in line for line in corpus.mend())
        assert [path.name for path in (moved / "uploads").rglob("*") if path.is_file()] == ["望海.txt"]

    def test_what_is_being_read_in_by_another_process_is_left_alone(self, library: Corpus, data: Path) -> None:
        code = (
            "import sys, time\nfrom pathlib import Path\nfrom index.orphans import being_read\n"
            "with being_read(Path(sys.argv[1])) as folder:\n"
            "    (folder / '半.txt').write_text('x')\n    print('there', flush=True)\n    time.sleep(60)\n"
        )
        with subprocess.Popen([sys.executable, "-c", code, str(data / "uploads")], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None and process.stdout.readline() == "there\n"
                assert not any("半.txt" in line for line in library.mend())
                assert len(list((data / "uploads").rglob("半.txt"))) == 1
                process.send_signal(signal.SIGKILL)
                process.wait()
                assert any("没有传完的文件 半.txt" in line for line in library.mend())
                assert list((data / "uploads").iterdir()) == []
            finally:
                process.kill()

    def test_what_a_killed_upload_left_goes_at_the_next_start(self, library: Corpus, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        import app

        (data / "uploads" / ".5d41402abc4b2a76").mkdir(parents=True)
        (data / "uploads" / ".5d41402abc4b2a76" / "半.txt").write_text(WORDS, "utf-8")
        app.tidy(library)
        assert "半.txt" in capsys.readouterr().err
        assert holding(data) == []


@pytest.mark.skipif(os.name == "nt", reason="rights as POSIX has them")
class TestRights:
    def wide(self, data: Path) -> list[str]:
        return [path.name for path in (data, *data.rglob("*")) if stat.S_IMODE(path.lstat().st_mode) & 0o077]

    def test_what_is_made_is_its_owners_alone(self, data: Path, qingchuan: Report, linjiang: Report) -> None:
        before = os.umask(0o022)
        try:
            with Corpus.open(data, BigramEncoder(), create=True) as corpus:
                assert self.wide(data) == []
                corpus.add([qingchuan])
                corpus.add([linjiang])
                ref = put(corpus, data)
                history = History(data)
                turn = Turn(ASKED, answer=ask(corpus, ASKED), judged="有用")
                history.keep("a", Talk(new_id(), (turn,)), turn)
                history.judge(turn)
                audit = Audit(data)
                for _ in range(3):
                    audit.write("li", "127.0.0.1", "ask", question="x")
                    audit._file.doRollover()
                audit.close()
                assert self.wide(data) == []
                corpus.remove(ref.id)
                assert self.wide(data) == []
        finally:
            os.umask(before)

    def test_a_laxer_folder_is_closed_when_it_is_opened(self, library: Corpus, data: Path) -> None:
        put(library, data)
        for path in (data, *data.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        with Corpus.open(data, BigramEncoder()):
            assert self.wide(data) == []

    def test_a_link_out_of_the_folder_is_not_followed(self, library: Corpus, data: Path, tmp_path: Path) -> None:
        outside = tmp_path / "别处.txt"
        outside.write_text("x", "utf-8")
        outside.chmod(0o644)
        (data / "uploads").mkdir()
        (data / "uploads" / "链接.txt").symlink_to(outside)
        orphans.close_to_others(data, deep=True)
        library.mend()
        assert stat.S_IMODE(outside.stat().st_mode) == 0o644 and outside.read_text("utf-8") == "x"


class TestFullDisk:
    """Nothing can be written any more, by a limit on the size of files that the system sets for the process: an answer is an answer."""

    def test_an_answer_is_shown_and_says_that_it_was_not_kept(self, data: Path, qingchuan: Report) -> None:
        import resource

        import httpx

        from index.encoder import load_encoder
        from tests.browser import serving
        from tests.gradio_events import Session

        asked = "青川市司法局2023年办结行政复议案件多少件？"
        with Corpus.open(data, load_encoder(None), create=True) as corpus:
            corpus.add([qingchuan])
        found: list[int] = []
        with serving(data, started=found.append) as url, httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
            client.get("/")
            session = Session(client)
            told = session.send("question", "submit", [asked, None])
            assert "1,234件" in told and "没有记入历史" not in told and "page/history/" in told
            resource.prlimit(found[0], resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            told = session.send("question", "submit", [asked, None])
            assert "1,234件" in told and "没有记入历史" in told
            assert client.post("/api/v1/ask", json={"question": asked}).json()["short"] == "1,234件"
            assert "评价没有记下来" in session.send("talk", "judge", turn="0", judged="有用")
            added = client.post("/api/v1/reports", files={"file": ("望海.txt", TEXT.encode())})
            assert added.status_code == 409 and "存不下来" in added.json()["detail"]
            resource.prlimit(found[0], resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            told = session.send("question", "submit", [asked, None])
            assert "1,234件" in told and "没有记入历史" not in told, "and it is kept again once there is room"

    def test_a_full_disk_itself(self, tmp_path: Path, library: Corpus) -> None:
        small = tmp_path / "small"
        small.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(small)], capture_output=True).returncode:
            pytest.skip("mounting a small disk needs root")
        try:
            history, audit = History(small), Audit(small)
            turn = Turn(ASKED, answer=ask(library, ASKED), judged="有用")
            talk = Talk(new_id(), (turn,))
            assert history.keep("a", talk, turn)
            with (small / "rest").open("wb", buffering=0) as rest, pytest.raises(OSError, match="No space"):
                while True:
                    rest.write(b"x" * 4096)
            second = Talk(new_id(), tuple(replace(turn, number=n, text=f"{n}") for n in range(40)))
            assert not all([history.keep("a", second, one) for one in second.turns]), "told, not raised"
            assert not history.judge(turn)
            audit.write("li", "127.0.0.1", "ask", question="x" * 9000)
            audit.close()
            with suppress(HistoryError):  # it may not even be readable now, which is told too
                history.listed("a")
            (small / "rest").unlink()
            assert history.talk("a", talk.id, library.reports()) == talk, "what was kept before is there"
        finally:
            subprocess.run(["umount", str(small)], check=True)
