"""Behind a real nginx, as docs/nginx.conf has it: its ports and certificates changed for loopback, nothing else."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from retrieval.wording.service import Model
from server.accounts import Accounts
from server.policy import policy
from tests.browser import CHROMIUM, ROOT, chromium, serious
from tests.serving import Service, fill, language_model, served

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
PASSWORD = "青川-correct-horse"
QUESTION = "青川市司法局2023年办结行政复议案件多少件？"
HOST = "youju.example"
pytestmark = pytest.mark.skipif(NGINX is None, reason="no nginx on this machine: apt-get install nginx-light")


@dataclass
class Front:
    url: str  # below the path
    data: Path
    token: str
    model: Service


def configuration(inner: str, port: int, folder: Path) -> str:
    """docs/nginx.conf for loopback, in what nginx wants around it."""
    text = (ROOT / "docs" / "nginx.conf").read_text("utf-8")
    text = re.sub(r"^ *ssl_certificate.*\n", "", text, flags=re.MULTILINE)
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};").replace("http://127.0.0.1:7860", inner)
    assert inner in text and str(port) in text
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return f"daemon off; pid {folder}/pid; worker_processes 1; events {{}}\nhttp {{ access_log off; {temporary}\n{text}\n}}"


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    assert NGINX is not None
    root = tmp_path_factory.mktemp("proxy")
    data = root / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with fill(data) as corpus, language_model() as model:
        accounts = Accounts(data)
        accounts.add("li", PASSWORD, "manage")
        rules = policy(
            open=False, origins=[], proxies=["127.0.0.1"], header="", audit=True, upload_mb=64, per_minute=5000, model=Model(model.url, "m")
        )
        with served(corpus, data, rules, root_path="/youju") as inner:
            (root / "nginx.conf").write_text(configuration(inner, port, root), "utf-8")
            with subprocess.Popen([NGINX, "-p", str(root), "-e", str(root / "error.log"), "-c", str(root / "nginx.conf")]) as process:
                try:
                    url = f"http://127.0.0.1:{port}/youju"
                    for _ in range(100):
                        try:
                            httpx.get(f"{url}/healthz", trust_env=False)
                            break
                        except httpx.ConnectError:
                            assert process.poll() is None, (root / "error.log").read_text("utf-8")
                            time.sleep(0.05)
                    yield Front(url, data, accounts.add_token("li"), model)
                finally:
                    process.terminate()


@pytest.fixture
def client(front: Front) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {front.token}", "host": HOST}
    with httpx.Client(base_url=front.url, headers=headers, trust_env=False, timeout=60) as client:
        yield client


def test_the_path_without_its_slash_leads_to_the_page(front: Front) -> None:
    response = httpx.get(front.url, headers={"host": HOST}, trust_env=False)
    assert (response.status_code, response.headers["location"]) == (301, f"http://{HOST}/youju/")


def test_who_is_not_logged_in_is_sent_to_the_login_below_the_path(front: Front) -> None:
    with httpx.Client(base_url=front.url, headers={"host": HOST, "accept": "text/html"}, trust_env=False) as client:
        assert client.get("/").headers["location"] == "/youju/login?next=/"
        done = client.post("/login", data={"name": "li", "password": PASSWORD, "next": "/"}, headers={"origin": f"http://{HOST}"})
        assert (done.status_code, done.headers["location"]) == (303, "/youju/")
        assert "path=/youju" in done.headers["set-cookie"].lower()
        evil = client.post("/login", data={"name": "li", "password": PASSWORD}, headers={"origin": "http://evil.example"})
        assert evil.status_code == 403


def test_where_one_comes_from_is_the_proxys_to_say(front: Front, client: httpx.Client) -> None:
    client.post("/api/v1/ask", json={"question": QUESTION, "phrase": False}, headers={"x-forwarded-for": "203.0.113.9", "x-remote-user": "boss"})
    line = json.loads((front.data / "audit" / "audit.log").read_text("utf-8").splitlines()[-1])
    assert (line["user"], line["from"]) == ("li", "127.0.0.1")


def test_events_come_as_they_are_written(front: Front, client: httpx.Client) -> None:
    front.model.says, front.model.pace = "青川市司法局全年办结行政复议案件1,234件[1]。" * 4, 0.2  # a draft a sentence, once it is checked
    came: list[tuple[float, str]] = []
    with client.stream("POST", "/api/v1/ask", json={"question": QUESTION}, headers={"accept": "text/event-stream"}) as stream:
        for line in stream.iter_lines():
            if line.startswith("event:"):
                came.append((time.monotonic(), line[7:]))
    names = [name for _, name in came]
    assert names[:2] == ["understood", "answer"] and names.count("draft") >= 3 and names[-1] == "answer"
    drafts = [at for at, name in came if name == "draft"]
    assert drafts[-1] - drafts[0] > 0.5, "not all at once at the end"
    front.model.pace = 0.0


def test_uploads_are_bounded_by_the_application_not_by_the_proxys_default(front: Front, client: httpx.Client) -> None:
    body = "白石县2024年工作总结\n\n一、主要工作\n" + "".join(f"第{number}项工作：全年办结案件{number}件，走访企业120家。\n" for number in range(22_000))
    assert len(body.encode()) > 2**20
    added = client.post("/api/v1/reports", files={"file": ("白石.txt", body.encode())})
    assert added.status_code == 201, added.text
    assert client.delete(f"/api/v1/reports/{added.json()['id']}").status_code == 204
    large = client.post("/api/v1/reports", files={"file": ("大.txt", b"x" * (66 * 2**20))})
    assert large.status_code == 413 and "上限" in large.json()["detail"]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium")
@pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="pip install playwright")
def test_the_page_works_below_the_path(front: Front, tmp_path: Path) -> None:
    front.model.says = "青川市司法局全年办结行政复议案件1,234件[1]。"
    astray: list[str] = []
    with chromium() as browser:
        page: Any = browser.new_page()
        page.set_default_timeout(20_000)
        page.on("request", lambda request: None if request.url.startswith((f"{front.url}/", "data:", "blob:")) else astray.append(request.url))
        page.on("response", lambda response: astray.append(response.url) if response.status >= 400 else None)
        page.on("pageerror", lambda error: astray.append(str(error)))
        page.goto(f"{front.url}/?question={QUESTION}")
        assert serious(page) == []
        page.get_by_label("账号").fill("li")
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_selector(".phrased:not(.draft) .said")
        assert page.locator(".asked").text_content() == QUESTION, "asked before logging in, answered after"
        page.locator(".quote .cite").first.click()
        page.wait_for_selector("#source mark.here")
        with page.expect_download() as download:
            page.get_by_role("link", name="导出 Word").click()
        assert download.value.path().read_bytes().startswith(b"PK")
        page.get_by_role("tab", name="报告库").click()
        file = tmp_path / "望海区2025年工作总结.txt"
        file.write_text("望海区2025年工作总结\n\n一、主要工作\n全年办结行政复议案件77件。\n", encoding="utf-8")
        page.locator("#adding input[type=file]").set_input_files(str(file))
        page.wait_for_selector(".reports .open:has-text('望海区2025年工作总结')")
        page.get_by_role("tab", name="历史").click()
        assert serious(page) == []
        page.get_by_role("button", name="退出登录").click()
        page.get_by_label("账号").wait_for()
        assert page.url == f"{front.url}/login"
    assert astray == []
