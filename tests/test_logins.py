"""Logging in and out, and who a proxy says is there: over the real server."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

import app
from server.accounts import Accounts
from server.gate import _forwarded
from server.limits import ADDRESS_LOGINS, LOGINS, NAME_LOGINS, Guesses
from server.policy import Policy, policy
from tests.conftest import make_report
from tests.serving import SECRET, fill, served

PASSWORD = "青川-correct-horse"
PROXY = policy(open=False, origins=[], proxies=["127.0.0.0/8", "10.0.0.0/8"], header="X-Remote-User", audit=True, upload_mb=1, per_minute=600)


@dataclass
class Place:
    url: str
    data: Path
    accounts: Accounts

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, trust_env=False, timeout=60)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    data = tmp_path / "data"
    with fill(data) as corpus:
        accounts = Accounts(data)
        with served(corpus, data, Policy(per_minute=10_000)) as url:
            yield Place(url, data, accounts)
        accounts.close()


def log_in(client: httpx.Client, name: str, word: str = PASSWORD) -> int:
    return client.post("/login", data={"name": name, "password": word}).status_code


def right(guesses: Guesses, name: str, address: str) -> None:
    tried = guesses.take(name, address)
    assert tried.wait == 0.0
    guesses.right(name, address, tried)


class TestGuesses:
    def test_fifty_people_behind_one_address_get_in_all_at_once(self, place: Place) -> None:
        names = [f"person{n}" for n in range(50)]
        for name in names:
            place.accounts.add(name, PASSWORD)

        def one(name: str) -> int:
            with place.client() as client:
                return log_in(client, name)

        with ThreadPoolExecutor(16) as pool:
            assert list(pool.map(one, names * 3)) == [303] * 150

    def test_right_ones_do_not_count_and_wrong_ones_do(self) -> None:
        now = [0.0]
        guesses = Guesses(300.0, lambda: now[0])
        for _ in range(20):
            right(guesses, "li", "192.0.2.1")
        assert [guesses.take("li", "192.0.2.1").wait for _ in range(LOGINS)] == [0.0] * LOGINS
        assert guesses.take("li", "192.0.2.1").wait == 300.0
        now[0] = 301.0
        assert guesses.take("li", "192.0.2.1").wait == 0.0

    def test_right_ones_all_at_once_leave_nothing_counted(self) -> None:
        guesses = Guesses(300.0, lambda: 0.0)
        for n in range(NAME_LOGINS):
            at_once = [guesses.take("li", f"192.0.2.{n}") for _ in range(LOGINS)]
            for tried in at_once:
                assert tried.wait == 0.0
                guesses.right("li", f"192.0.2.{n}", tried)
        waits = [guesses.take("li", f"198.51.100.{n}").wait for n in range(NAME_LOGINS)]
        assert waits == [0.0] * NAME_LOGINS

    def test_who_guesses_from_elsewhere_locks_nobody_out_of_their_own_place(self) -> None:
        guesses = Guesses(300.0, lambda: 0.0)
        right(guesses, "li", "192.0.2.1")
        waits = [guesses.take("li", f"198.51.100.{n}").wait for n in range(NAME_LOGINS + 20)]
        assert waits == [0.0] * NAME_LOGINS + [300.0] * 20, "however many addresses"
        assert guesses.take("li", "192.0.2.1").wait == 0.0

    def test_an_address_is_bounded_over_all_names(self) -> None:
        guesses = Guesses(300.0, lambda: 0.0)
        waits = [guesses.take(f"name{n}", "192.0.2.1").wait for n in range(ADDRESS_LOGINS + 1)]
        assert waits == [0.0] * ADDRESS_LOGINS + [300.0]

    @given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("12"), st.booleans()), max_size=60))
    def test_no_more_wrong_ones_are_looked_at_than_may_be(self, tries: list[tuple[str, str, bool]]) -> None:
        guesses = Guesses(300.0, lambda: 0.0)
        wrong: dict[tuple[str, str], int] = {}
        for name, address, knows in tries:
            tried = guesses.take(name, address)
            if tried.wait:
                continue
            if knows:
                guesses.right(name, address, tried)
                wrong[name, address] = 0
            else:
                wrong[name, address] = wrong.get((name, address), 0) + 1
            assert wrong[name, address] <= LOGINS


class TestSigningOut:
    def test_a_copied_cookie_is_worth_nothing_afterwards_and_after_a_restart(self, tmp_path: Path) -> None:
        data = tmp_path / "data"
        with fill(data) as corpus:
            accounts = Accounts(data)
            accounts.add("li", PASSWORD)
            accounts.close()
            with served(corpus, data) as url, httpx.Client(base_url=url) as client:
                assert log_in(client, "li") == 303
                copied = dict(client.cookies)
            with served(corpus, data) as url, httpx.Client(base_url=url, cookies=copied) as thief, httpx.Client(base_url=url, cookies=copied) as client:
                assert thief.get("/api/v1/reports").status_code == 200, "a restart ends nothing"
                assert client.post("/logout").status_code == 303
                assert thief.get("/api/v1/reports").status_code == 401
            with served(corpus, data) as url, httpx.Client(base_url=url, cookies=copied) as thief:
                assert thief.get("/api/v1/reports").status_code == 401

    def test_other_sessions_of_the_account_go_on(self, place: Place) -> None:
        place.accounts.add("li", PASSWORD)
        with place.client() as one, place.client() as other:
            assert (log_in(one, "li"), log_in(other, "li")) == (303, 303)
            one.post("/logout")
            assert other.get("/api/v1/reports").status_code == 200

    def test_another_password_ends_them_all_and_says_what_becomes_of_tokens(
        self, place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        import io

        place.accounts.add("li", PASSWORD)
        token = place.accounts.add_token("li")
        with place.client() as one, place.client() as other:
            assert (log_in(one, "li"), log_in(other, "li")) == (303, 303)
            monkeypatch.setattr("sys.stdin", io.StringIO("another-password\n"))
            assert app.main(["user", "passwd", "li", "--data", str(place.data)]) == 0
            assert "1 个令牌仍然有效" in capsys.readouterr().out
            assert [client.get("/api/v1/reports").status_code for client in (one, other)] == [401, 401]
            bearer = {"authorization": f"Bearer {token}"}
            assert httpx.get(place.url + "/api/v1/reports", headers=bearer).status_code == 200
            monkeypatch.setattr("sys.stdin", io.StringIO("another-password\n"))
            assert app.main(["user", "passwd", "li", "--tokens", "--data", str(place.data)]) == 0
            assert "令牌也一并作废" in capsys.readouterr().out
            assert httpx.get(place.url + "/api/v1/reports", headers=bearer).status_code == 401


class TestHeaders:
    @pytest.fixture
    def url(self, tmp_path: Path) -> Iterator[str]:
        with fill(tmp_path / "data") as corpus, served(corpus, tmp_path / "data", PROXY) as url:
            yield url

    @pytest.mark.parametrize(
        "twice",
        [
            [("x-remote-user", "zhang"), ("x-remote-user", "li")],
            [("x-remote-user", "zhang"), ("X-Remote-User", "zhang")],
            [("x-remote-user", "zhang"), ("x_remote_user", "li")],
            [("x-remote-user", "zhang"), ("authorization", "Bearer a"), ("authorization", "Bearer b")],
            [("x-remote-user", "zhang"), ("cookie", "a=1"), ("cookie", "b=2")],
            [("x-remote-user", "zhang"), ("x-forwarded-proto", "https"), ("x-forwarded-proto", "http")],
        ],
        ids=lambda twice: f"{twice[-2][0]} {twice[-1][0]}",
    )
    def test_who_asks_is_said_once_or_not_believed(self, url: str, tmp_path: Path, twice: list[tuple[str, str]]) -> None:
        answered = httpx.get(url + "/api/v1/reports", headers=twice)
        assert answered.status_code == 400
        assert "只能有一个" in answered.json()["detail"]
        line = json.loads((tmp_path / "data" / "audit" / "audit.log").read_text("utf-8").splitlines()[-1])
        assert line["do"] == "header twice"
        assert "li" not in line.values()

    def test_two_names_in_one_header_are_nobody(self, url: str) -> None:
        assert httpx.get(url + "/api/v1/reports", headers=[("x-remote-user", "zhang, li")]).status_code == 401

    def test_an_underscore_alone_names_nobody(self, url: str) -> None:
        assert httpx.get(url + "/api/v1/reports", headers=[("x_remote_user", "zhang")]).status_code == 401

    @pytest.mark.parametrize(
        ("lines", "address"),
        [
            (["203.0.113.9, 198.51.100.4"], "198.51.100.4"),
            (["203.0.113.9", "198.51.100.4"], "198.51.100.4"),
            (["198.51.100.4, 10.0.0.7"], "198.51.100.4"),
            (["203.0.113.9, 198.51.100.4, 10.0.0.7, 127.0.0.2"], "198.51.100.4"),
            (["10.0.0.7"], "10.0.0.7"),
            (["198.51.100.4, unknown"], "127.0.0.1"),
            (["<script>"], "127.0.0.1"),
            ([""], "127.0.0.1"),
            (["2001:DB8::1"], "2001:db8::1"),
        ],
    )
    def test_only_what_the_trusted_proxy_added_counts(self, url: str, tmp_path: Path, lines: list[str], address: str) -> None:
        said = [("x-remote-user", "zhang"), *(("x-forwarded-for", line) for line in lines)]
        assert httpx.post(url + "/api/v1/ask", headers=said, json={"question": "办结多少件？"}).status_code == 200
        line = json.loads((tmp_path / "data" / "audit" / "audit.log").read_text("utf-8").splitlines()[-1])
        assert (line["user"], line["from"]) == ("zhang", address)

    hops = st.lists(st.sampled_from(["203.0.113.9", "198.51.100.4", "10.0.0.7", "10.1.1.1", "nonsense", ""]), max_size=6)

    @given(hops, hops, st.sampled_from(["203.0.113.9", "198.51.100.4"]))
    def test_whatever_was_sent_along_before_changes_nothing(self, sent: list[str], other: list[str], added: str) -> None:
        def told(lines: list[str]) -> str:
            return _forwarded([*lines, f"{added}, 10.0.0.7"], PROXY, "127.0.0.1")

        assert told([", ".join(sent)] if sent else []) == told(other) == added

    def test_names_of_headers_are_counted_as_they_were_sent(self) -> None:
        assert list(Headers(raw=[(b"a", b"1"), (b"a", b"2")]).keys()) == ["a", "a"]


class TestVisitors:
    @pytest.fixture
    def hidden(self, tmp_path: Path) -> Iterator[Place]:
        data, closed = tmp_path / "data", tmp_path / "closed"
        closed.mkdir()
        with fill(data, closed=closed) as corpus:
            (data / "groups.toml").write_text(f'[groups.wanghai]\nmembers = ["inside"]\nfolders = ["{closed}"]\n', "utf-8")
            accounts = Accounts(data)
            for name in ("inside", "outside"):
                accounts.add(name, PASSWORD, "manage")
            with served(corpus, data, Policy()) as url:
                self.corpus, self.closed = corpus, closed
                yield Place(url, data, accounts)
            accounts.close()

    def told(self, place: Place, name: str) -> tuple[dict[str, object], list[str]]:
        """/healthz, and the lines of /metrics that count what is indexed."""
        bearer = {"authorization": f"Bearer {place.accounts.add_token(name)}"}
        health = httpx.get(place.url + "/healthz", headers=bearer).json()
        lines = httpx.get(place.url + "/metrics", headers=bearer).text.splitlines()
        return health, [line for line in lines if line.startswith(("youju_reports ", "youju_passages"))]

    def test_a_manager_who_is_barred_learns_nothing_of_what_is_hidden(self, hidden: Place) -> None:
        before, inside = self.told(hidden, "outside"), self.told(hidden, "inside")
        assert (before[0]["reports"], inside[0]["reports"]) == (2, 3)
        assert before[1] == ["youju_reports 2.0", "youju_passages 4.0", "youju_passages_in_context 4.0"]
        assert inside[1] == ["youju_reports 3.0", "youju_passages 7.0", "youju_passages_in_context 7.0"]
        self.corpus.add([make_report("又一份.txt", [f"{SECRET}的又一份。"], source=str(self.closed / "又一份.txt"))])
        assert self.told(hidden, "outside") == before, "nor that anything has changed"
        assert self.told(hidden, "inside") != inside
        self.corpus.add([make_report("公开的.txt", ["公开的一份。"])])
        assert self.told(hidden, "outside")[0]["generation"] != before[0]["generation"]


class TestProtocol:
    @pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
    def test_what_is_not_post_at_mcp_is_answered_and_ends(self, place: Place, method: str) -> None:
        parts = urlsplit(place.url)
        with socket.create_connection((parts.hostname, parts.port or 0), timeout=60) as wire:
            wire.sendall(f"{method} /mcp HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while piece := wire.recv(65536):
                answer += piece
        head = answer.decode().lower()
        assert head.startswith("http/1.1 405")
        assert "allow: post" in head
