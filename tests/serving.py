"""Real servers over loopback in threads of their own: the application for the tests of what it lets through, and a
language model that does what it is told."""

from __future__ import annotations

import json
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


@dataclass
class Service:
    """An OpenAI-compatible endpoint that does what it is told, and remembers what it was sent."""

    says: str = ""
    # stream, stall, break, garbage, error, redirect, plain, empty; and without end: headers (one after another), line (a body without
    # a line's end), event (one that is never whole), drip (words, one at a time), refusal (an error's body), packed
    does: str = "stream"
    sent_bytes: int = 0  # of a reply without end, until the other side hung up or 64 MB
    seen: list[dict[str, object]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    url: str = ""
    pace: float = 0.0  # seconds between pieces
    hung_up: bool = False  # who asked went away before it was told

    def sent(self) -> str:
        return json.dumps(self.seen, ensure_ascii=False)


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            service.seen.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            service.keys.append(self.headers.get("Authorization"))
            if service.does == "error":
                self.send_error(500)
                return
            if service.does == "redirect":
                self.send_response(307)
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()
                return
            if service.does in ("headers", "line", "event", "refusal", "packed"):
                self._endless()
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if service.does == "plain" else "text/event-stream")
            self.end_headers()
            if service.does == "plain":
                self.wfile.write("<html>这里没有接口</html>".encode())
                return
            if service.does == "garbage":
                self.wfile.write(b"data: {not json\n\ndata: [DONE]\n\n")
                return
            if service.does == "stall":
                service.hung_up = self._until_gone()
                return
            pieces = [service.says[at : at + 7] for at in range(0, len(service.says), 7)]
            for piece in pieces[: 2 if service.does == "break" else None]:
                self._event({"delta": {"content": piece}, "finish_reason": None})
                time.sleep(service.pace)
            if service.does != "break":
                self._event({"delta": {}, "finish_reason": "stop"})
                self.wfile.write(b"data: [DONE]\n\n")

        def _endless(self) -> None:
            """Headers, a line, an event or an error's body that go on until the other side hangs up."""
            status = "500 Error" if service.does == "refusal" else "200 OK"
            packed = "Content-Encoding: gzip\r\n" if service.does == "packed" else ""
            start, piece = f"HTTP/1.1 {status}\r\nContent-Type: text/event-stream\r\n{packed}".encode(), b"x" * 65536
            if service.does == "headers":
                piece = b"X-More: a\r\n"
            else:
                start += b"\r\n" + (b"data: " if service.does == "event" else b"")
            if service.does == "event":
                piece = b"data: " + b"x" * 65530 + b"\n"
            service.sent_bytes, service.hung_up = 0, False
            try:
                self.wfile.write(start)
                while service.sent_bytes < 64 * 2**20:
                    self.wfile.write(piece)
                    service.sent_bytes += len(piece)
                    if service.does == "headers":
                        time.sleep(0.02)
            except OSError:
                service.hung_up = True
            self.close_connection = True

        def _until_gone(self) -> bool:
            """Say nothing; whether the other side hangs up within some seconds."""
            return bool(select.select([self.connection], [], [], 1.5 if service.pace == 0 else 20)[0])

        def _event(self, choice: dict[str, object]) -> None:
            body = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [{"index": 0, **choice}]}
            self.wfile.write(f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode())
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:
            return

    return Handler


@contextmanager
def language_model() -> Iterator[Service]:
    """A service on loopback, to be told what to do."""
    made = Service()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
