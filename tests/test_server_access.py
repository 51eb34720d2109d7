"""Who gets in, and what the wrong person learns.  Every line of docs/security.md names a test here or beside."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import httpx
import pytest

import app
from index.corpus import Corpus
from index.types import LoadError
from server.accounts import SESSION_SECONDS, AccountError, Accounts
from server.auditlog import Audit
from server.groups import GroupsError, barred, read_groups
from server.intake import file_name
from server.limits import AT_ONCE, Turnstile, Window
from server.login import local
from server.policy import Policy, PolicyError, check_listening, is_loopback, policy
from server.problems import Refused
from server.who import User, visible
from tests.gradio_events import Session
from tests.serving import SECRET, fill, served

PASSWORD = "青川-correct-horse"
QUESTION = f"{SECRET}司法局2023年办结行政复议案件多少件？"
FRIEND = "http://oa.example"


@dataclass
class Place:
    url: str
    data: Path
    corpus: Corpus
    accounts: Accounts
    tokens: dict[str, str]

    def client(self, name: str = "", **more: Any) -> httpx.Client:
        headers = {"authorization": f"Bearer {self.tokens[name]}"} if name else {}
        return httpx.Client(base_url=self.url, trust_env=False, timeout=60, headers={**headers, **more.pop("headers", {})}, **more)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = tmp_path_factory.mktemp("place")
    data, closed = root / "data", root / "closed"
    closed.mkdir()
    corpus = fill(data, closed=closed)
    (data / "groups.toml").write_text(f'[groups.wanghai]\nmembers = ["inside", "boss"]\nfolders = ["{closed}"]\n', "utf-8")
    accounts = Accounts(data)
    roles = {"inside": "ask", "boss": "manage", "outside": "ask", "manager": "manage"}
    tokens = {}
    for name, role in roles.items():
        accounts.add(name, PASSWORD, role)  # type: ignore[arg-type]
        tokens[name] = accounts.add_token(name)
    rules = policy(open=False, origins=[FRIEND], proxies=[], header="", audit=True, upload_mb=1, per_minute=5000)
    with served(corpus, data, rules) as url:
        yield Place(url, data, corpus, accounts, tokens)
    corpus.close()


def log_in(client: httpx.Client, name: str, password: str = PASSWORD) -> httpx.Response:
    return client.post("/login", data={"name": name, "password": password, "next": "/"})


class TestListening:
    def test_beyond_loopback_without_accounts_is_refused_with_the_reason(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert app.main(["--host", "0.0.0.0", "--data", str(tmp_path / "none")]) == 2
        said = capsys.readouterr().err
        assert "还没有账号" in said and "user add" in said and "--open" in said
        assert not (tmp_path / "none").exists(), "nothing was made"

    def test_accounts_a_proxy_or_open_allow_it(self) -> None:
        check_listening("0.0.0.0", True, Policy())
        check_listening("0.0.0.0", False, Policy(open=True))
        check_listening("0.0.0.0", False, Policy(header="x-remote-user"))
        check_listening("::1", False, Policy())

    @pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "youju.example", "127.0.0.1.example"])
    def test_other_names_are_not_this_machine(self, host: str) -> None:
        assert not is_loopback(host)
        with pytest.raises(PolicyError):
            check_listening(host, False, Policy())

    @pytest.mark.parametrize("wrong", [{"origins": ["*"]}, {"origins": ["http://a/b"]}, {"proxies": ["x"]}, {"header": "X-User"}, {"per_minute": 0}])
    def test_a_policy_that_cannot_be_is_refused(self, wrong: dict[str, Any]) -> None:
        given = {"open": False, "origins": [], "proxies": [], "header": "", "audit": True, "upload_mb": 1, "per_minute": 1, **wrong}
        with pytest.raises(PolicyError):
            policy(**given)


def begun(accounts: Accounts, word: str = PASSWORD) -> str:
    """A new session of li."""
    entered = accounts.log_in("li", word)
    assert entered is not None
    return entered[1]


class TestAccounts:
    @pytest.fixture
    def accounts(self, tmp_path: Path) -> Iterator[Accounts]:
        made = Accounts(tmp_path)
        yield made
        made.close()

    def test_a_password_is_kept_as_argon2id(self, accounts: Accounts) -> None:
        accounts.add("审计员", PASSWORD)
        kept = accounts.path.read_bytes() + b"".join(p.read_bytes() for p in accounts.path.parent.glob("*-wal"))
        assert b"$argon2id$" in kept
        assert PASSWORD.encode() not in kept
        assert accounts.path.stat().st_mode & 0o077 == 0

    def test_only_the_right_one_is_let_in(self, accounts: Accounts) -> None:
        accounts.add("li", PASSWORD)
        assert accounts.check("li", PASSWORD) is not None
        for name, word in (("li", "wrong-password"), ("Li", PASSWORD), ("nobody", PASSWORD), ("li", ""), ("li", "x" * 10**6), ("li\0", PASSWORD)):
            assert accounts.check(name, word) is None

    @pytest.mark.parametrize(("name", "word"), [("", PASSWORD), ("a b", PASSWORD), ("a\nb", PASSWORD), ("x" * 65, PASSWORD), ("a", "short"), ("a", "x" * 201)])
    def test_a_name_or_password_that_cannot_be(self, accounts: Accounts, name: str, word: str) -> None:
        with pytest.raises(AccountError):
            accounts.add(name, word)
        assert not accounts.any()

    def test_a_token_is_kept_as_its_hash_and_ends_with_its_user(self, accounts: Accounts) -> None:
        accounts.add("li", PASSWORD)
        token = accounts.add_token("li")
        assert token.encode() not in accounts.path.read_bytes()
        assert accounts.of_token(token) is not None
        accounts.remove("li")
        assert accounts.of_token(token) is None
        assert accounts.tokens() == []

    def test_a_session_ends_with_the_password_or_the_account(self, accounts: Accounts) -> None:
        accounts.add("li", PASSWORD)
        cookies = [begun(accounts) for _ in range(3)]
        assert all(accounts.of_session(cookie) for cookie in cookies)
        accounts.set_password("li", PASSWORD + "2")
        assert not any(accounts.of_session(cookie) for cookie in cookies)
        cookie = begun(accounts, PASSWORD + "2")
        accounts.remove("li")
        accounts.add("li", PASSWORD)
        assert accounts.of_session(cookie) is None, "another person of the same name"

    def test_none_begins_with_a_password_that_has_just_been_changed(self, accounts: Accounts) -> None:
        accounts.add("li", PASSWORD)
        checked = accounts._checked("li", PASSWORD)
        assert checked is not None
        accounts.set_password("li", PASSWORD + "2")  # between the check and the session's beginning
        assert accounts.start_session("li", checked[2]) == ""

    def test_a_session_is_kept_as_its_hash_and_ends_by_itself(self, accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
        accounts.add("li", PASSWORD)
        cookie = begun(accounts)
        accounts.close()
        assert not any(cookie.encode() in path.read_bytes() for path in accounts.path.parent.iterdir() if path.is_file())
        again = Accounts(accounts.path.parent)
        assert again.of_session(cookie) is not None, "a restart ends nothing"
        now = time.time()
        monkeypatch.setattr("server.accounts.time.time", lambda: now + SESSION_SECONDS + 1)
        assert again.of_session(cookie) is None
        again.close()

    def test_a_forged_or_foreign_cookie_is_none(self, accounts: Accounts, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        other = Accounts(tmp_path / "other")
        for each in (accounts, other):
            each.add("li", PASSWORD)
        good, foreign = begun(accounts), begun(other)
        other.close()
        for cookie in (good[:-1], good + "x", "", "a.b.c", foreign):
            assert accounts.of_session(cookie) is None

    def test_accounts_of_an_earlier_version_are_kept(self, accounts: Accounts) -> None:
        accounts.add("li", PASSWORD)
        accounts.close()
        with closing(sqlite3.connect(accounts.path)) as db, db:
            db.execute("ALTER TABLE users ADD COLUMN stamp TEXT NOT NULL DEFAULT 'x'")
            db.execute("DROP TABLE sessions")
        again = Accounts(accounts.path.parent)
        assert again.check("li", PASSWORD) is not None
        assert again.of_session(begun(again)) is not None
        again.close()

    def test_a_new_password_keeps_tokens_unless_told(self, accounts: Accounts) -> None:
        accounts.add("li", PASSWORD)
        token = accounts.add_token("li")
        assert accounts.set_password("li", PASSWORD + "2") == 1
        assert accounts.of_token(token) is not None
        assert accounts.set_password("li", PASSWORD + "3", tokens=True) == 0
        assert accounts.of_token(token) is None

    def test_the_command_line(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        import io

        data = str(tmp_path / "data")
        fill(tmp_path / "data").close()
        monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
        assert app.main(["user", "add", "li", "--role", "manage", "--data", data]) == 0
        assert app.main(["token", "add", "li", "--data", data]) == 0
        assert re.search(r"^yj-\S{40,}$", capsys.readouterr().out, re.MULTILINE)
        monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
        assert app.main(["user", "passwd", "li", "--data", data]) == 2
        assert app.main(["user", "remove", "li", "--data", data]) == 0
        assert app.main(["user", "remove", "li", "--data", data]) == 2
        assert "没有账号“li”" in capsys.readouterr().err


class TestLogin:
    def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(self, place: Place) -> None:
        with place.client() as client:
            response = log_in(client, "outside")
            assert response.status_code == 303
            cookie = response.headers["set-cookie"].lower()
            assert "httponly" in cookie and "samesite=lax" in cookie
            assert client.get("/api/v1/reports").status_code == 200

    def test_without_it_nothing_is_told(self, place: Place) -> None:
        with place.client() as client:
            for path in ("/api/v1/reports", "/docs", "/openapi.json", "/metrics", "/gradio_api/info", "/config", "/v1/models", "/page/chat.py"):
                assert client.get(path).status_code == 401, path
            for path in ("/api/v1/ask", "/api/ask", "/mcp", "/gradio_api/queue/join", "/gradio_api/upload", "/v1/chat/completions"):
                assert client.post(path, json={}).status_code == 401, path
            front = client.get("/", headers={"accept": "text/html"})
            assert (front.status_code, front.headers["location"]) == (303, "/login?next=/")
            assert client.get("/healthz").json() == {"status": "ok"}

    def test_a_session_ends_at_once_when_its_user_is_removed(self, place: Place) -> None:
        place.accounts.add("leaver", PASSWORD)
        with place.client() as client:
            log_in(client, "leaver")
            assert client.get("/api/v1/reports").status_code == 200
            place.accounts.remove("leaver")
            assert client.get("/api/v1/reports").status_code == 401

    def test_guesses_are_limited_even_all_at_once(self, place: Place) -> None:
        place.accounts.add("target", PASSWORD)
        with place.client() as client, ThreadPoolExecutor(12) as pool:
            codes = list(pool.map(lambda n: log_in(client, "target", f"guess-{n:04}").status_code, range(12)))
            assert codes.count(401) == 5 and codes.count(429) == 7
            assert log_in(client, "target").status_code == 429, "the right one too, until the time is over"

    @pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "/a\nb", "javascript:1", ""])
    def test_nobody_is_sent_to_another_site_afterwards(self, place: Place, back: str) -> None:
        assert local(back) == "/"
        with place.client() as client:
            assert client.post("/login", data={"name": "manager", "password": PASSWORD, "next": back}).headers["location"] == "/"

    def test_what_was_typed_is_no_markup(self, place: Place) -> None:
        with place.client() as client:
            assert "<script>" not in client.get("/login", params={"next": '/"><script>x</script>'}).text

    def test_over_https_the_cookie_says_secure(self, tmp_path: Path) -> None:
        with fill(tmp_path / "data") as corpus:
            accounts = Accounts(tmp_path / "data")
            accounts.add("li", PASSWORD)
            rules = policy(open=False, origins=[], proxies=["127.0.0.1"], header="", audit=False, upload_mb=1, per_minute=60)
            with served(corpus, tmp_path / "data", rules) as url, httpx.Client(base_url=url, headers={"x-forwarded-proto": "https"}) as client:
                assert "secure" in log_in(client, "li").headers["set-cookie"].lower()


class TestWithoutAccounts:
    @pytest.fixture(scope="class")
    @classmethod
    def url(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
        data = tmp_path_factory.mktemp("alone") / "data"
        with fill(data) as corpus, served(corpus, data, Policy(audit=False)) as url:
            yield url

    def test_a_page_that_points_its_name_at_this_machine_gets_nothing(self, url: str) -> None:
        response = httpx.get(url + "/api/v1/reports", headers={"host": "evil.example"})
        assert response.status_code == 403
        assert "青川" not in response.text

    def test_a_proxy_in_front_of_it_is_refused(self, url: str) -> None:
        assert httpx.get(url + "/", headers={"x-forwarded-for": "192.0.2.1"}).status_code == 403

    def test_another_sites_page_cannot_change_or_ask(self, url: str) -> None:
        for headers in ({"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
            for path in ("/api/v1/ask", "/api/v1/reports", "/gradio_api/queue/join", "/mcp", "/logout", "/login", "DELETE /api/v1/reports/00"):
                method, path = path.split() if " " in path else ("POST", path)
                assert httpx.request(method, url + path, headers=headers, json={"question": "办结多少件？"}).status_code == 403


class TestProxy:
    def test_its_header_is_believed_from_its_address_only(self, tmp_path: Path) -> None:
        for source, status in (("127.0.0.0/8", 200), ("192.0.2.0/24", 401)):
            data = tmp_path / source.replace("/", "-")
            rules = policy(open=False, origins=[], proxies=[source], header="X-Remote-User", audit=True, upload_mb=1, per_minute=60)
            with fill(data) as corpus, served(corpus, data, rules) as url:
                said = {"x-remote-user": "zhang", "x-forwarded-for": "203.0.113.9, 198.51.100.4"}
                assert httpx.get(url + "/api/v1/reports", headers=said).status_code == status
                assert httpx.get(url + "/api/v1/reports").status_code == 401
                asked = httpx.post(url + "/api/v1/ask", headers=said, json={"question": "办结多少件？"})
                assert asked.status_code == status
                if status == 200:
                    line = json.loads((data / "audit" / "audit.log").read_text("utf-8").splitlines()[-1])
                    assert (line["user"], line["from"]) == ("zhang", "198.51.100.4")
                    assert httpx.delete(url + "/api/v1/reports/00", headers=said).status_code == 403, "asks, does not manage"


class TestRoles:
    def test_who_may_only_ask_changes_nothing(self, place: Place) -> None:
        (ref, *_) = place.corpus.reports()
        before = place.corpus.generation
        with place.client("outside") as client:
            file = {"file": ("白石.txt", "白石县2024年工作总结\n\n一、主要工作\n办结案件88件。\n".encode())}
            assert client.post("/api/v1/reports", files=file).status_code == 403
            assert client.put(f"/api/v1/reports/{ref.id}", files=file).status_code == 403
            assert client.patch(f"/api/v1/reports/{ref.id}", json={"unit": "别的局"}).status_code == 403
            assert client.delete(f"/api/v1/reports/{ref.id}").status_code == 403
            assert client.post("/gradio_api/upload", files={"files": ("a.txt", b"x")}).status_code == 403
            assert client.get("/metrics").status_code == 403
        assert place.corpus.generation == before


class TestWrongPerson:
    """Everything that can be asked, as somebody outside the group, says nothing of the group's report."""

    WORDS = (SECRET, "8,642", "319起", "渔港", "海堤")
    QUESTIONS = (
        QUESTION, "海堤巡查员处理渔港纠纷多少起？", "办结行政复议案件多少件？", "哪个地区办结行政复议案件最多？", "各司法局办结行政复议案件多少件？",
        "一共有多少份报告？", "处理渔港纠纷319起的是哪个单位？", "所有报告里纠错率最高的是谁？", "8,642件",
    )  # fmt: skip

    def ids(self, place: Place) -> tuple[str, int]:
        (ref,) = (ref for ref in place.corpus.reports() if ref.facts.region == SECRET)
        return ref.id, ref.row

    def silent(self, text: str, asked: str = "") -> None:
        for word in self.WORDS:
            if word not in asked:
                assert word not in text

    def test_the_right_person_sees_it(self, place: Place) -> None:
        with place.client("inside") as client:
            assert client.post("/api/v1/ask", json={"question": QUESTION}).json()["short"] == "8,642件"
            assert client.get("/api/v1/reports").json()["total"] == 3

    @pytest.mark.parametrize("name", ["outside", "manager"])
    @pytest.mark.parametrize("question", QUESTIONS)
    def test_no_answer_hit_or_table_tells_of_it(self, place: Place, name: str, question: str) -> None:
        report, _ = self.ids(place)
        with place.client(name) as client:
            body = {"question": question, "k": 100}
            chat = {"messages": [{"role": "user", "content": question}]}
            for path, content in (("/api/v1/ask", body), ("/api/v1/search", body), ("/api/ask", body), ("/api/search", body), ("/v1/chat/completions", chat)):
                response = client.post(path, json=content)
                assert response.status_code == 200, response.text
                assert report not in response.text
                self.silent(response.text, question)
            for path, content in (("/api/v1/ask", body), ("/v1/chat/completions", {**chat, "stream": True})):
                told = client.post(path, json=content, headers={"accept": "text/event-stream"}).text
                assert report not in told
                self.silent(told, question)

    @pytest.mark.parametrize("name", ["outside", "manager"])
    def test_its_address_is_that_of_nothing(self, place: Place, name: str) -> None:
        report, _ = self.ids(place)
        missing = "0" * 16
        with place.client(name) as client:
            for tail in ("", "/source", "/pages/1", "/file"):
                real, none = (client.get(f"/api/v1/reports/{one}{tail}") for one in (report, missing))
                assert real.status_code == none.status_code == 404
                assert real.text.replace(report, missing) == none.text
        with place.client("manager") as client:
            for method in ("DELETE", "PATCH"):
                real, none = (client.request(method, f"/api/v1/reports/{one}", json={"unit": "局"}) for one in (report, missing))
                assert real.status_code == 404
                assert real.text.replace(report, missing) == none.text

    def test_lists_counts_and_suggestions_leave_it_out(self, place: Place) -> None:
        with place.client("outside") as client:
            for query in ("", "?q=望海", f"?region={SECRET}", "?limit=1000"):
                listed = client.get(f"/api/v1/reports{query}")
                assert listed.json()["total"] == (2 if query in ("", "?limit=1000") else 0)
                self.silent(listed.text)
            assert client.get("/healthz").json()["reports"] == 2
            for path in ("/", "/config", "/docs", "/openapi.json"):
                self.silent(client.get(path).text)

    def test_the_protocol_leaves_it_out(self, place: Place) -> None:
        report, _ = self.ids(place)
        assert report in asyncio.run(spoken(place, "inside", "search", {"question": QUESTION}))
        for tool, arguments in (("search", {"question": QUESTION}), ("ask", {"question": QUESTION}), ("read_source", {"report_id": report})):
            said = asyncio.run(spoken(place, "outside", tool, arguments))
            assert "8,642" not in said and "渔港" not in said

    @pytest.mark.parametrize("name", ["outside", "manager"])
    def test_the_pages_own_events_leave_it_out(self, place: Place, name: str, record_property: Any) -> None:
        """Every event that the page listens to, with what is right and with what only the right person could know."""
        report, row = self.ids(place)
        (secret,) = (ref for ref in place.corpus.reports() if ref.id == report)
        with place.client("inside") as client:
            inside = Session(client)
            told = inside.send("question", "submit", [QUESTION, None])
            assert "8,642件" in told
            (talk,) = set(re.findall(r"page/history/([\w-]+)\.docx", told))
            assert "8,642" in inside.send("talk", "cite", report=str(row), start="0", end="9")
            assert "8,642" in client.get(f"/page/history/{talk}.md").text
            for path in (f"/page/history/{talk}.docx", f"/page/history/{talk}.md"):
                assert client.get(path).status_code == 200
        sent = 0
        with place.client(name) as client:
            client.get("/")
            mine = Session(client)

            def all_events(session: Session, turn: str = "0") -> Iterator[str]:
                yield session.send("page", "load")
                for question in self.QUESTIONS:
                    yield session.send("question", "submit", [question, None])
                    yield session.send("welcome", "ask", text=question)
                for at in range(3):
                    yield session.send("talk", "drop", turn=str(at), chip=f"region:{SECRET}")
                    yield session.send("talk", "keep", turn=str(at), chip=f"region:{SECRET}")
                    yield session.send("talk", "choose", turn=str(at), candidate="0")
                    yield session.send("talk", "again", turn=str(at))
                    yield session.send("talk", "edit", turn=str(at))
                    yield session.send("talk", "judge", turn=str(at), judged="没用", reason="选错了报告")
                for component in ("talk", "library"):
                    for at in range(row + 2):
                        yield session.send(component, "cite", report=str(at), start="0", end="40", mark="0,4")
                yield session.send("library", "remove", id=report)
                yield session.send("library", "correct", id=report, facts='{"unit": "别的局"}')
                yield session.send("adding", "changed", id=report)
                for words in ("", SECRET, "复议"):
                    yield session.send("sought", "change", [words])
                yield session.send("history", "recall", talk=talk)
                yield session.send("history", "forget", [""], talk=talk)
                yield session.send("welcome", "library")
                yield session.send("stop", "click")
                yield session.send("talk", "fresh")

            for text in all_events(mine):
                sent += 1
                assert "traceback" not in text.lower()
                for question in self.QUESTIONS:
                    text = text.replace(question, "").replace(escape(question), "")
                assert report not in text
                for word in ("8,642", "319起", "渔港", "海堤", secret.name):
                    assert word not in text, text[:2000]
            for question in self.QUESTIONS:  # each in a conversation of its own, so that nothing but its own words is echoed
                self.silent(Session(client).send("question", "submit", [question, None]), question)
                sent += 1
            # who knows another's name for a session reads nothing of it, and neither asks nor stops in it
            for path in ("/gradio_api/queue/join", "/gradio_api/run/predict", "/gradio_api/cancel", "/gradio_api/reset"):
                body = {"data": [None], "fn_index": 8, "session_hash": inside.hash, "event_id": "0", "event_data": {"turn": "0"}}
                assert client.post(path, json=body).status_code == 403
                escaped = json.dumps(body).replace('"session_hash"', '"session\\u005fhash"')
                assert client.post(path, content=escaped, headers={"content-type": "application/json"}).status_code == 403
                sent += 2
            stolen = client.get("/gradio_api/queue/data", params={"session_hash": inside.hash})
            assert stolen.status_code == 403
            for path in (f"/page/history/{talk}.docx", f"/page/history/{talk}.md", f"/page/history/{talk}/0.csv", f"/page/original/{report}",
                         f"/page/places/{report}?start=0&end=9", f"/page/sheet/{report}/1.png"):
                response = client.get(path)
                assert response.status_code == 404, path
                self.silent(response.text)
                sent += 1
        with place.client("inside") as client:
            assert "8,642" in client.get(f"/page/history/{talk}.md").text, "and what is another's is still there"
        assert any(ref.id == report and ref.facts.unit == f"{SECRET}司法局" for ref in place.corpus.reports())
        record_property("events", sent)

    def test_a_group_that_changes_holds_at_once(self, tmp_path: Path) -> None:
        data, closed = tmp_path / "data", tmp_path / "closed"
        closed.mkdir()
        with fill(data, closed=closed) as corpus:
            accounts = Accounts(data)
            accounts.add("li", PASSWORD)
            headers = {"authorization": f"Bearer {accounts.add_token('li')}"}
            with served(corpus, data, Policy(audit=False)) as url, httpx.Client(base_url=url, headers=headers) as client:

                def total() -> int:
                    return int(client.get("/api/v1/reports").json()["total"])

                assert total() == 3
                for members, seen in ((["zhang"], 2), (["zhang", "li"], 3), ([], 2)):
                    (data / "groups.toml").write_text(f'[groups.a]\nmembers = {members}\nfolders = ["{closed}"]\n', "utf-8")
                    assert total() == seen
                (data / "groups.toml").write_text("[groups", "utf-8")
                assert total() == 2, "half a file opens nothing"
                (data / "groups.toml").unlink()
                assert total() == 2, "nor does none"
                assert app.main(["groups", "clear", "--data", str(data)]) == 0
                assert total() == 3

    def test_the_same_text_uploaded_is_told_nothing(self, place: Place) -> None:
        (ref,) = (ref for ref in place.corpus.reports() if ref.facts.region == SECRET)
        text = place.corpus.report(ref.row).text
        with place.client("manager") as client:
            response = client.post("/api/v1/reports", files={"file": ("copy.txt", text.encode())})
            self.silent(response.text, text)
            assert ref.name not in response.text
            for left in client.get("/api/v1/reports?q=copy").json()["reports"]:
                client.delete(f"/api/v1/reports/{left['id']}")

    def test_rows_are_closed_below_the_folder_only(self, place: Place, tmp_path: Path) -> None:
        _, row = self.ids(place)
        groups = read_groups(place.data)
        assert row not in (visible(place.corpus, User("x", "manage", barred(groups, "x"))) or ())
        assert visible(place.corpus, User("inside", "ask", barred(groups, "inside"))) is None
        assert visible(place.corpus, None) == frozenset(), "nobody sees nothing"
        assert barred(groups, "") == barred(groups, "x")

    @pytest.mark.parametrize("text", ["x", "[groups]\na = 1", "[group.a]\n", '[groups.a]\nmembers = "all"\nfolders = []', '[groups.a]\nmembers = []'])
    def test_groups_that_cannot_be_read_let_nobody_in(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "groups.toml").write_text(text, "utf-8")
        with pytest.raises(GroupsError, match=r"groups\.toml"):
            read_groups(tmp_path)


async def spoken(place: Place, name: str, tool: str, arguments: dict[str, Any]) -> str:
    """What a tool says over the protocol, asked with the official client."""
    import httpx2
    from mcp.client.session import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async with (
        httpx2.AsyncClient(headers={"authorization": f"Bearer {place.tokens[name]}"}) as http,
        streamable_http_client(f"{place.url}/mcp", http_client=http) as streams,
        ClientSession(streams[0], streams[1]) as session,
    ):
        await session.initialize()
        listed = {tool.name for tool in (await session.list_tools()).tools}
        assert listed == {"search", "ask", "read_source"}
        result = await session.call_tool(tool, arguments)
        return "".join(getattr(part, "text", "") for part in result.content)


class TestProtocols:
    def test_mcp_answers_in_json_text(self, place: Place) -> None:
        said = json.loads(asyncio.run(spoken(place, "outside", "ask", {"question": "青川市司法局2023年办结行政复议案件多少件？"})))
        assert said["short"] == "1,234件"
        cited = said["citations"][0]
        where = {"report_id": cited["report"]["id"], "start": cited["start"], "end": cited["end"]}
        assert json.loads(asyncio.run(spoken(place, "outside", "read_source", where)))["text"] == cited["quote"]

    def test_chat_completions_carry_their_citations(self, place: Place) -> None:
        asked = [{"type": "text", "text": "青川市司法局2023年办结行政复议案件多少件？"}]
        chat = {"model": "gpt", "messages": [{"role": "system", "content": "简短"}, {"role": "user", "content": asked}]}
        with place.client("outside") as client:
            whole = client.post("/v1/chat/completions", json=chat).json()
            content = whole["choices"][0]["message"]["content"]
            assert content.startswith("**1,234件**") and "[1] 《" in content
            assert whole["citations"][0]["quote"] in content
            lines = [line[6:] for line in client.post("/v1/chat/completions", json={**chat, "stream": True}).text.splitlines() if line]
            assert lines[-1] == "[DONE]"
            chunks = [json.loads(line) for line in lines[:-1]]
            assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks).strip() == content
            assert chunks[-1]["citations"] == whole["citations"]
            assert client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": ""}]}).status_code == 422

    def test_events_come_in_order(self, place: Place) -> None:
        with place.client("outside") as client:
            told = client.post("/api/v1/ask", json={"question": "青川市司法局2023年办结行政复议案件多少件？"}, headers={"accept": "text/event-stream"})
            assert re.findall("^event: (.*)$", told.text, re.MULTILINE) == ["understood", "answer"]

    def test_friends_may_ask_and_nobody_else(self, place: Place) -> None:
        with place.client("outside") as client:
            preflight = {"origin": FRIEND, "access-control-request-method": "POST"}
            assert client.options("/api/v1/ask", headers=preflight).headers["access-control-allow-origin"] == FRIEND
            asked = client.post("/api/v1/ask", json={"question": "办结多少件？"}, headers={"origin": FRIEND})
            assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, FRIEND)
            assert client.delete("/api/v1/reports/00", headers={"origin": FRIEND}).status_code == 403, "asking is all"
            assert client.options("/api/v1/ask", headers={**preflight, "origin": "http://evil.example"}).status_code == 403
            assert any(f"frame-ancestors 'self' {FRIEND}" in value for value in client.get("/").headers.get_list("content-security-policy"))


class TestUploads:
    TEXT = "白石县2024年工作总结\n\n一、主要工作\n全年办结案件88件，走访企业120家。\n"

    def test_added_corrected_replaced_read_and_removed(self, place: Place) -> None:
        with place.client("manager") as client:
            added = client.post("/api/v1/reports", files={"file": ("白石.txt", self.TEXT.encode())})
            assert added.status_code == 201, added.text
            at = f"/api/v1/reports/{added.json()['id']}"
            assert client.patch(at, json={"unit": "白石县人民政府"}).json()["unit"] == "白石县人民政府"
            assert "走访企业120家" in client.get(f"{at}/source").json()["text"]
            assert client.get(f"{at}/file").content == self.TEXT.encode()
            assert client.get(f"{at}/pages/1").status_code == 404
            newer = client.put(at, files={"file": ("白石.txt", self.TEXT.replace("88", "91").encode())})
            assert client.get(at).status_code == 404
            assert client.delete(f"/api/v1/reports/{newer.json()['id']}").status_code == 204
            assert [path for path in (place.data / "uploads").rglob("*") if path.is_file()] == []

    @pytest.mark.parametrize(
        ("name", "content", "status"),
        [
            ("谎.pdf", b"PK\x03\x04" + b"\0" * 99, 422),
            ("谎.docx", b"%PDF-1.7\n", 422),
            ("谎.txt", b"MZ\x90\0" + b"\0" * 99, 422),
            ("谎.png", b"<svg onload=alert(1)>", 422),
            ("坏.pdf", b"%PDF-1.7\nnot really", 422),
            ("坏.docx", b"PK\x03\x04nothing", 422),
            ("空.txt", b"", 422),
            ("run.exe", b"MZ", 422),
            ("../../etc/cron.d/x", b"x", 422),
            (".htaccess.txt", b"x", 422),
            ("大.txt", "字".encode() * 400_000, 413),
        ],
    )
    def test_what_lies_or_is_too_large_is_refused_and_not_kept(self, place: Place, name: str, content: bytes, status: int) -> None:
        before = len(place.corpus.reports())
        with place.client("manager") as client:
            response = client.post("/api/v1/reports", files={"file": (name, content)})
        assert response.status_code == status, response.text
        assert re.search("[一-鿿]", response.json()["detail"])
        assert str(place.data) not in response.text
        assert len(place.corpus.reports()) == before
        kept = place.data / "uploads"
        assert not kept.exists() or [path for path in kept.rglob("*") if path.is_file()] == []

    @pytest.mark.parametrize("name", ["a\nb.txt", "a\u202etxt.txt", "c:x.txt", "..", "", "/", "字" * 90 + ".txt", "a\udc80.txt"])
    def test_a_name_that_cannot_be(self, name: str) -> None:
        with pytest.raises(LoadError):
            file_name(name)

    @pytest.mark.parametrize("evil", ["../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/meta.json", "0/../../session.key", "/etc/passwd", "a'--", "0\0"])
    def test_a_path_is_no_report(self, place: Place, evil: str) -> None:
        with place.client("manager") as client:
            for tail in ("", "/source", "/file", "/pages/1"):
                response = client.get(f"/api/v1/reports/{evil.replace(chr(0), '%00')}{tail}")
                assert response.status_code in (404, 422)
                assert "root:" not in response.text

    def test_a_page_of_a_pdf_is_drawn(self, place: Place) -> None:
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.cidfonts import UnicodeCIDFont
        from reportlab.pdfgen.canvas import Canvas

        file = place.data.parent / "白石县2024年工作总结.pdf"
        pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
        canvas = Canvas(str(file))
        canvas.setFont("STSong-Light", 14)
        for row, line in enumerate(self.TEXT.splitlines()):
            canvas.drawString(72, 760 - 30 * row, line)
        canvas.save()
        with place.client("manager") as client:
            added = client.post("/api/v1/reports", files={"file": (file.name, file.read_bytes())})
            assert added.status_code == 201, added.text
            at = f"/api/v1/reports/{added.json()['id']}"
            drawn = client.get(f"{at}/pages/1?width=400")
            assert (drawn.headers["content-type"], drawn.content[:4]) == ("image/png", b"\x89PNG")
            assert client.get(f"{at}/pages/2").status_code == 404
            client.delete(at)


class TestLimits:
    def test_a_window_forgets_in_time(self) -> None:
        now = [0.0]
        window = Window(2, 10.0, lambda: now[0])
        assert [window.take("a") for _ in range(3)] == [0.0, 0.0, 10.0]
        assert window.take("b") == 0.0
        now[0] = 10.0
        assert window.take("a") == 0.0

    def test_the_queue_is_bounded_and_lets_nobody_hang(self) -> None:
        async def crowd() -> list[str]:
            turnstile, gate = Turnstile(at_once=1, waiting=2), asyncio.Event()

            async def one() -> str:
                try:
                    async with turnstile.turn():
                        await gate.wait()
                        return "answered"
                except Refused as refused:
                    return str(refused.status)

            tasks = [asyncio.create_task(one()) for _ in range(5)]
            await asyncio.sleep(0)
            gate.set()
            outcomes = await asyncio.gather(*tasks)
            assert turnstile.inside == 0
            return outcomes

        assert sorted(asyncio.run(crowd())) == ["503", "503", "answered", "answered", "answered"]

    def test_the_page_the_api_and_chat_front_ends_say_busy_alike(self, tmp_path: Path) -> None:
        """Room for nobody: every way in has the same bound."""
        rules = Policy(audit=False, waiting=-AT_ONCE)
        with fill(tmp_path / "data") as corpus, served(corpus, tmp_path / "data", rules) as url, httpx.Client(base_url=url, timeout=30) as client:
            refused = client.post("/api/v1/ask", json={"question": "办结多少件？"})
            said = refused.json()["detail"]
            assert refused.status_code == 503 and refused.headers["retry-after"] and "排队" in said
            events = client.post("/api/v1/ask", json={"question": "办结多少件？"}, headers={"accept": "text/event-stream"}).text
            chat = client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "办结多少件？"}]})
            client.get("/")
            page = Session(client).send("question", "submit", ["办结多少件？", None])
            assert said in events and chat.status_code == 503 and said in chat.text and said in page

    def test_too_many_a_minute_are_told_when_to_come_back(self, tmp_path: Path) -> None:
        rules = policy(open=True, origins=[], proxies=[], header="", audit=False, upload_mb=1, per_minute=3)
        with fill(tmp_path / "data") as corpus, served(corpus, tmp_path / "data", rules) as url, httpx.Client(base_url=url) as client:
            codes = [client.post("/api/v1/ask", json={"question": "办结多少件？"}) for _ in range(4)]
            assert [one.status_code for one in codes] == [200, 200, 200, 429]
            assert int(codes[-1].headers["retry-after"]) > 0
            assert codes[-1].headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize("chunked", [False, True])
    def test_a_request_too_large_is_refused(self, place: Place, chunked: bool) -> None:
        body = b'{"question": "' + b" " * 300_000 + b'"}'
        content: Any = iter([body[:1000], body[1000:]]) if chunked else body
        with place.client("outside") as client:
            assert client.post("/api/v1/ask", content=content, headers={"content-type": "application/json"}).status_code in (400, 413)

    def test_fifty_at_once(self, place: Place, record_property: Any) -> None:
        def ask(_: int) -> tuple[int, float]:
            started = time.perf_counter()
            with place.client("outside") as client:
                code = client.post("/api/v1/ask", json={"question": "临江市司法局2023年办结行政复议案件多少件？"}).status_code
            return code, time.perf_counter() - started

        with ThreadPoolExecutor(50) as pool:
            outcomes = list(pool.map(ask, range(50)))
        assert [code for code, _ in outcomes] == [200] * 50
        record_property("median_s", round(statistics.median(s for _, s in outcomes), 3))
        record_property("p99_s", round(max(s for _, s in outcomes), 3))


class TestAudit:
    def test_a_line_break_stays_in_its_line(self, place: Place) -> None:
        forged = '办结多少件？\n{"at":"2024","user":"boss","do":"remove"}\u2028\r\x1b[2J\u202e'
        with place.client("outside") as client:
            client.post("/api/v1/ask", json={"question": forged})
        text = (place.data / "audit" / "audit.log").read_text("utf-8")
        lines = [json.loads(line) for line in text.split("\n") if line]
        (found,) = (line for line in lines if "2024\",\"user" in line.get("question", ""))
        assert (found["user"], found["do"]) == ("outside", "ask")
        assert len(text.splitlines()) == len(lines)
        assert not re.search("[\x00-\x09\x0b-\x1f\u2028\u202e]", text)

    def test_it_is_rotated(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("server.auditlog.BYTES", 2000)
        monkeypatch.setattr("server.auditlog.FILES", 2)
        audit = Audit(tmp_path)
        for number in range(100):
            audit.write("li", "127.0.0.1", "ask", question=f"第{number}问")
        audit.close()
        files = sorted(path.name for path in (tmp_path / "audit").iterdir())
        assert files == ["audit.log", "audit.log.1", "audit.log.2"]
        assert "第99问" in (tmp_path / "audit" / "audit.log").read_text("utf-8")

    def test_a_failed_login_is_noted_without_the_password(self, place: Place) -> None:
        with place.client() as client:
            log_in(client, "no-such", "a-secret-guess")
        text = (place.data / "audit" / "audit.log").read_text("utf-8")
        assert "no-such" in text and "a-secret-guess" not in text


class TestMetrics:
    def test_figures_without_names(self, place: Place) -> None:
        with place.client("manager") as client:
            client.get("/api/v1/reports/00ff")
            text = client.get("/metrics").text
        assert 'youju_answers_total{status="answered"}' in text
        assert "/api/v1/reports/{report_id}" in text
        assert "00ff" not in text and "outside" not in text and SECRET not in text
