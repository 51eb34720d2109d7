"""Back-up and restore while it serves, the doctor, and strangers' requests made from the OpenAPI page."""

from __future__ import annotations

import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import app
from index.corpus import Corpus
from index.read import read
from index.types import StoreError
from server.accounts import Accounts
from server.backup import backup, restore
from server.doctor import _listening_in, _proxy
from server.intake import take_in
from server.policy import Policy
from tests.conftest import BigramEncoder
from tests.serving import fill, served

TEXT = "白石县2024年工作总结\n\n一、主要工作\n全年办结案件{}件，走访企业120家。\n"


class TestBackup:
    def test_comes_back_whole_though_others_were_writing(self, tmp_path: Path) -> None:
        data, file = tmp_path / "data", tmp_path / "kept.tar.gz"
        with fill(data) as corpus:
            Accounts(data).add("li", "a-long-password")
            (data / "groups.toml").write_text("", "utf-8")
            upload = tmp_path / "白石.txt"
            upload.write_text(TEXT.format(88), "utf-8")
            with upload.open("rb") as content:
                take_in(corpus, data / "uploads", upload.name, content, 10**6)
            stop = threading.Event()

            def write() -> None:
                number = 0
                while not stop.is_set():
                    number += 1
                    other = tmp_path / f"{number}.txt"
                    other.write_text(TEXT.format(number + 1000), "utf-8")
                    corpus.add([read(other)])

            writer = threading.Thread(target=write)
            writer.start()
            try:
                backup(data, file)
            finally:
                stop.set()
                writer.join()
        assert file.stat().st_mode & 0o077 == 0, "it holds everything"
        target = tmp_path / "elsewhere" / "data"
        restore(file, target)
        with Corpus.open(target, BigramEncoder()) as again:
            assert again.verify() == []
            names = {ref.name for ref in again.reports()}
            assert {"青川市司法局2023年法治政府建设年度报告.txt", "白石.txt"} <= names
            (moved,) = (ref for ref in again.reports() if ref.name == "白石.txt")
            assert Path(moved.source).read_text("utf-8") == TEXT.format(88)
            assert Path(moved.source).is_relative_to(target)
        assert Accounts(target).check("li", "a-long-password") is not None
        assert (target / "groups.toml").exists()

    def test_nothing_is_overwritten_and_nothing_half_made_stays(self, tmp_path: Path) -> None:
        data, file = tmp_path / "data", tmp_path / "kept.tar.gz"
        fill(data).close()
        backup(data, file)
        with pytest.raises(StoreError, match="已经有了"):
            backup(data, file)
        with pytest.raises(StoreError, match="已有内容"):
            restore(file, data)
        for content in (b"", b"no archive", file.read_bytes()[:-300]):
            (tmp_path / "bad.tar.gz").write_bytes(content)
            with pytest.raises(StoreError):
                restore(tmp_path / "bad.tar.gz", tmp_path / "new")
            assert not (tmp_path / "new").exists()
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]

    def test_an_archive_that_leads_out_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "x").write_text("x")
        with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as archive:
            archive.add(tmp_path / "x", "../escaped")
        with pytest.raises(StoreError):
            restore(tmp_path / "evil.tar.gz", tmp_path / "new")
        assert not (tmp_path / "escaped").exists()

    def test_the_command_line(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        fill(tmp_path / "data").close()
        assert app.main(["backup", str(tmp_path / "b.tar.gz"), "--data", str(tmp_path / "data")]) == 0
        assert app.main(["backup", str(tmp_path / "c.tar.gz"), "--data", str(tmp_path / "none")]) == 2
        assert "不是有据的索引" in capsys.readouterr().err


class TestDoctor:
    def test_names_what_is_wrong_and_what_to_do(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert app.main(["doctor", "--data", str(tmp_path / "none"), "--encoder", str(tmp_path), "--port", "0"]) == 1
        lines = capsys.readouterr().out.splitlines()
        assert any(line.startswith("[坏] 编码模型") for line in lines)
        assert any(line.startswith("[注意] 索引") and "index add" in line for line in lines)
        assert any(line.startswith("[好] 对外连接") for line in lines)

    def test_hears_a_call(self) -> None:
        import socket

        called: list[str] = []
        with _listening_in(called), socket.socket() as probe:
            probe.settimeout(0.2)
            probe.connect_ex(("127.0.0.1", 9))
        assert called == ["127.0.0.1"]

    def test_a_proxy_in_the_environment_is_told_without_its_password(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        assert _proxy() == "没有妨碍"
        monkeypatch.setenv("http_proxy", "http://me:secret@proxy.example:3128")
        assert "no_proxy" in _proxy() and "secret" not in _proxy()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("strangers") / "data"
    with fill(data) as corpus, served(corpus, data, Policy(audit=False)) as url:
        yield url


def test_every_operation_has_an_example_or_a_parameter_and_its_errors(alone: str) -> None:
    schema = httpx.get(alone + "/openapi.json").json()
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            assert operation["summary"] and operation["responses"], path
    bodies = [part for name, part in schema["components"]["schemas"].items() if name in ("AskIn", "FactsIn", "ChatIn")]
    assert len(bodies) == 3 and all(part["examples"] for part in bodies)


def test_strangers_requests_bring_no_500(alone: str) -> None:
    schemathesis: Any = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, Phase, settings

    schema = schemathesis.openapi.from_url(alone + "/openapi.json")
    for operation in schema.get_all_operations():
        made = operation.ok().as_strategy()

        from hypothesis import given

        @settings(max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None)
        @given(made)
        def send(case: Any) -> None:
            response = case.call(base_url=alone)
            assert response.status_code < 500, (case.formatted_path, response.text)

        send()
