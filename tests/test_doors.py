"""What a request to the page can hand over: text and nothing else.  A file comes in through the API, from who may add one."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.corpus import Corpus
from page.events import FILE_DATA, holds_file
from server.accounts import Accounts
from server.policy import policy
from server.routes import route_path
from tests.gradio_events import Session
from tests.serving import fill, served

WORDS = "云岭省水务厅2024年新建水库五座，这句话只在测试自己的文件里。"
ADDRESSES = ("/gradio_api/queue/join", "/gradio_api/run/predict", "/gradio_api/api/predict", "/gradio_api/call/predict",
             "/gradio_api/call/v2/predict", "/gradio_api/component_server", "/gradio_api/component_server/", "/gradio_api/cancel",
             "/gradio_api/reset", "//gradio_api/queue/join", "/gradio_api/upload", "/gradio_api/process_recording")  # fmt: skip


@dataclass
class Front:
    url: str
    data: Path
    corpus: Corpus
    tokens: dict[str, str]
    cache: Path  # Gradio's

    def client(self, name: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, trust_env=False, timeout=60, headers={"authorization": f"Bearer {self.tokens[name]}"})

    def audited(self, action: str) -> list[dict[str, Any]]:
        lines = (self.data / "audit" / "audit.log").read_text("utf-8").splitlines()
        return [line for line in map(json.loads, lines) if line["do"] == action]


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    root = tmp_path_factory.mktemp("doors")
    data = root / "data"
    with fill(data) as corpus, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(root / "cache"))
        accounts = Accounts(data)
        tokens = {}
        for name, role in (("manager", "manage"), ("reader", "ask")):
            accounts.add(name, "青川-correct-horse", role)  # type: ignore[arg-type]
            tokens[name] = accounts.add_token(name)
        rules = policy(open=False, origins=[], proxies=[], header="", audit=True, upload_mb=1, per_minute=50_000)
        with served(corpus, data, rules) as url:
            yield Front(url, data, corpus, tokens, root / "cache")


@pytest.fixture
def own_file(tmp_path: Path) -> Path:
    file = tmp_path / "云岭.txt"
    file.write_text(f"云岭省水务厅2024年工作总结\n\n一、主要工作\n{WORDS}\n", encoding="utf-8")
    return file


@pytest.fixture
def listening() -> Iterator[tuple[str, list[str]]]:
    """An address of the test's own on loopback, and what was fetched from it."""
    fetched: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fetched.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(WORDS.encode())

        do_HEAD = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/云岭.txt", fetched
        finally:
            server.shutdown()
            thread.join()


def shapes(place: str) -> list[Any]:
    """A file at a path or an address, as Gradio's components send one."""
    meta = {"_type": "gradio.FileData"}
    one = {"path": place, "orig_name": "云岭.txt", "meta": meta}
    return [
        one, [one], {"root": [one]}, {"video": one, "subtitles": None}, [[one, "说明"]], {"value": {"files": [one], "text": ""}},
        {"path": place}, {"path": place, "url": place, "size": 9, "mime_type": "text/plain", "is_stream": True, "meta": meta},
        {"url": place}, {"path": None, "url": place, "meta": meta}, {"meta": meta},
    ]  # fmt: skip


def kept(front: Front) -> list[str]:
    """Files anywhere in the data folder or in Gradio's cache that hold the words."""
    found = [path for folder in (front.data, front.cache) if folder.exists() for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in found if WORDS.encode() in path.read_bytes()]


@pytest.mark.parametrize("role", ["manager", "reader"])
def test_no_event_of_the_page_takes_a_file(front: Front, role: str, own_file: Path, listening: tuple[str, list[str]]) -> None:
    """Every event that is registered, in every place of its request, by every way in."""
    address, fetched = listening
    before, generation = len(front.audited("file refused")), front.corpus.generation
    every = [*shapes(str(own_file)), *shapes(address)]
    sent = 0
    with front.client(role) as client:
        session = Session(client)
        assert len(session.events) > 20
        assert {kind for _, kind, _ in session.events} & {"upload", "stream"} == set()
        for number, (_, _, dependency) in enumerate(session.events):
            slots = range(max(1, len(dependency["inputs"])))
            nothing = [None for _ in slots]
            for at, handed in enumerate(every if number == 0 else [every[number % len(every)]]):
                bodies: list[dict[str, Any]] = [{"data": [handed if slot == place else None for slot in slots]} for place in slots]
                bodies += [{"data": nothing, "event_data": handed}, {"data": nothing, "event_data": {"value": [handed]}}]
                bodies += [{"data": {"x": handed}}, {"data": nothing, "trigger_id": handed}]
                for path in ADDRESSES if number == at == 0 else ADDRESSES[:2]:
                    for body in bodies:
                        told = client.post(f"{front.url}{path}", json={**body, "fn_index": dependency["id"], "session_hash": session.hash})
                        assert (told.status_code, told.headers["content-type"]) == (403, "application/problem+json"), (path, body)
                        sent += 1
    lines = front.audited("file refused")[before:]
    assert len(lines) == sent and {line["user"] for line in lines} == {role}
    assert fetched == [] and kept(front) == []
    assert [path for path in front.cache.rglob("*") if path.is_file()] == []
    assert front.corpus.generation == generation


@pytest.mark.parametrize("role", ["manager", "reader"])
def test_gradios_own_ways_for_files_are_closed(front: Front, role: str, own_file: Path, listening: tuple[str, list[str]]) -> None:
    address, fetched = listening
    with front.client(role) as client:
        for path in ("/gradio_api/upload", "/gradio_api/upload?upload_id=x", "/gradio_api/queue/join", "//gradio_api/upload"):
            told = client.post(f"{front.url}{path}", files={"files": (own_file.name, own_file.read_bytes())})
            assert (told.status_code, told.headers["content-type"]) == (403, "application/problem+json"), path
        for path in (f"file={own_file}", f"file={address}", f"file/{own_file}", f"proxy={address}", "upload_progress?upload_id=x", "info", "openapi.json",
                     "stream/x/0/1/playlist.m3u8", "custom_component/1/client/component/index.js", "deep_link?session_hash=x", "startup-events",
                     "call/predict/x", "vibe-code", "runs", "user", "app_id", "queue/status"):  # fmt: skip
            for prefix in ("/gradio_api/", "//gradio_api/"):
                told = client.get(f"{front.url}{prefix}{path}")
                assert told.status_code == 404 and WORDS not in told.text, f"{prefix}{path}"
        for path in ("/monitoring", "/svelte/x.js", "/pwa_icon", "/runs"):
            assert client.get(path).status_code == 404
        for method in ("PUT", "PATCH", "DELETE"):
            assert client.request(method, "/gradio_api/queue/join", json={}).status_code == 404
    assert fetched == [] and kept(front) == []


def test_what_is_no_json_object_is_refused(front: Front) -> None:
    with front.client("reader") as client:
        for content in (b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000):
            told = client.post("/gradio_api/queue/join", content=content, headers={"content-type": "application/json"})
            assert (told.status_code, told.headers["content-type"]) == (422, "application/problem+json")


def test_what_was_looked_at_is_what_gradio_reads(front: Front, own_file: Path) -> None:
    """A name that stands twice is read once; whatever is said of the body's kind, it is JSON."""
    file = json.dumps(shapes(str(own_file))[0])
    with front.client("reader") as client:
        session = Session(client)
        where = next(one for name, kind, one in session.events if (name, kind) == ("sought", "change"))
        twice = f'{{"data": [{file}], "data": ["复议"], "fn_index": {where["id"]}, "session_hash": "{session.hash}"}}'
        told = client.post("/gradio_api/run/predict", content=twice, headers={"content-type": "text/plain"})
        assert told.status_code == 200 and WORDS not in told.text
    assert kept(front) == []


def test_the_names_are_all_that_gradio_has_for_a_file() -> None:
    from gradio.data_classes import FileData, ImageData

    assert FileData.model_fields.keys() | ImageData.model_fields.keys() == FILE_DATA


NAMES = st.sampled_from(["act", "text", "turn", "值"])  # none of a file's
JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)


@given(JSON, st.sampled_from(sorted(FILE_DATA)))
def test_a_file_is_seen_however_deep_it_lies(value: Any, name: str) -> None:
    assert not holds_file(value)
    assert holds_file({"data": [value, {"value": [[value, {name: value}]]}]})


@pytest.mark.parametrize(
    ("path", "root", "below"),
    [("/a/b", "", "/a/b"), ("/youju/a", "/youju", "/a"), ("/a", "/youju", "/a"), ("/youju", "/youju", ""), ("/youjux/a", "/youju", "/youjux/a"),
     ("//a", "/", "/a"), ("/a", "/", "/a"), ("", "", ""), ("/", "", "/"), ("/youju/", "/youju", "/")],
)  # fmt: skip
def test_a_path_below_its_root_is_what_routes_are_matched_against(path: str, root: str, below: str) -> None:
    from starlette.routing import Match, Route

    scope = {"type": "http", "method": "GET", "path": path, "root_path": root}
    assert route_path(scope) == below
    if below:
        (matched, _), (other, _) = (Route(at, lambda request: None).matches(scope) for at in (below, f"{below}x"))
        assert (matched, other) == (Match.FULL, Match.NONE), "as Starlette itself has it"


class TestRole:
    """Who may not add a report is told so before a byte of it is read."""

    @pytest.mark.parametrize(("method", "path"), [("POST", "/api/v1/reports"), ("PUT", "/api/v1/reports/{id}"), ("PATCH", "/api/v1/reports/{id}")])
    def test_is_asked_before_the_body(self, front: Front, method: str, path: str) -> None:
        host, port = front.url.removeprefix("http://").split(":")
        (ref, *_) = front.corpus.reports()
        for name, status in (("reader", 403), ("nobody", 401)):
            token = front.tokens.get(name, "none")
            head = (
                f"{method} {path.replace('{id}', ref.id)} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {token}\r\n"
                "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 200000\r\n\r\n"
            )
            with socket.create_connection((host, int(port)), timeout=20) as connection:
                connection.sendall(head.encode())  # and nothing of the body: an answer that waited for it would not come
                assert connection.recv(64).split()[1] == str(status).encode()

    def test_nothing_of_a_refused_upload_stays(self, front: Front, own_file: Path) -> None:
        with front.client("reader") as client:
            assert client.post("/api/v1/reports", files={"file": (own_file.name, own_file.read_bytes())}).status_code == 403
        with front.client("manager") as client:
            named = client.post("/api/v1/reports", files={"file": ("云岭.pdf", own_file.read_bytes())})
            assert named.status_code == 422
        assert kept(front) == []
        uploads = front.data / "uploads"
        assert not uploads.exists() or list(uploads.iterdir()) == []

    def test_what_became_of_a_file_is_said(self, front: Front, own_file: Path) -> None:
        with front.client("manager") as client:
            content = own_file.read_bytes()
            first = client.post("/api/v1/reports", files={"file": ("云岭.txt", content)})
            again = client.post("/api/v1/reports", files={"file": ("云岭.txt", content)})
            copy = client.post("/api/v1/reports", files={"file": ("云岭（副本）.txt", content)})
            assert [(told.status_code, told.headers["youju-outcome"]) for told in (first, again, copy)] == [(201, "added"), (201, "there"), (409, "twin")]
            assert "云岭.txt" in copy.json()["detail"]
            assert "云岭.txt" in kept(front)
            assert client.delete(f"/api/v1/reports/{first.json()['id']}").status_code == 204
        assert kept(front) == [], "gone from the files, from the database and from its log"
