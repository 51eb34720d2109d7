"""The HTTP API and the page's own handlers, asked over loopback: a real server over a small real corpus."""

from __future__ import annotations

import gc
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import uvicorn

import app
from index.corpus import Corpus
from index.read import read
from index.types import Facts, YoujuError
from page.chat import naming, opened
from page.visitor import Visitor
from retrieval.ask import ask
from retrieval.search.search import neighbours
from server.shapes import SearchOut
from tests.conftest import BigramEncoder, make_report

CHINESE = re.compile(r"[一-鿿]")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    corpus = Corpus.open(tmp_path_factory.mktemp("served") / "data", BigramEncoder(), create=True)
    kind = "法治政府建设年度报告"
    for city, figure in (("青川市", "1,234"), ("临江市", "567")):
        facts = Facts(f"{city}司法局2023年{kind}", f"{city}司法局", city, 2023, kind, "2024-01-19")
        paragraphs = [f"全年办结行政复议案件{figure}件，纠错率为12.5%。", "组织<b>法治</b>讲座42场，覆盖乡镇干部2100人。"]
        paragraphs.append("存在的困难：一是人手少；二是经费紧。")
        corpus.add([make_report(f"{city}司法局2023年{kind}.txt", paragraphs, facts=facts, pages=True)])
    yield corpus
    corpus.close()


@pytest.fixture(scope="module")
def client(served: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    listener = app.listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app.build(served, tmp_path_factory.mktemp("uploads")), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.05)
    with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", trust_env=False) as client:
        yield client
    server.should_exit = True
    thread.join()


class TestAsk:
    def test_answers_in_the_reports_own_words(self, client: httpx.Client, served: Corpus) -> None:
        answer = client.post("/api/ask", json={"question": "青川市司法局2023年办结行政复议案件多少件？"}).json()
        assert answer["status"] == "answered"
        assert answer["short"] == "1,234件"
        (first, *_) = answer["citations"]
        assert first["report"]["unit"] == "青川市司法局"
        assert first["page"] == 1
        (ref,) = (ref for ref in served.reports() if ref.id == first["report"]["id"])
        assert served.report(ref.row).text[first["start"] : first["end"]] == first["quote"]
        assert first["quote"][slice(*first["mark"])] == "1,234件"

    def test_says_what_it_understood_and_takes_it_off(self, client: httpx.Client) -> None:
        question = "青川市2023年办结行政复议案件多少件？"
        chips = client.post("/api/ask", json={"question": question}).json()["chips"]
        keys = [f"{chip['slot']}:{chip['value']}" for chip in chips]
        assert any("青川市" in key for key in keys)
        left = client.post("/api/ask", json={"question": question, "without": keys}).json()
        assert not {f"{chip['slot']}:{chip['value']}" for chip in left["chips"]} & set(keys)

    def test_items_come_first_with_the_whole_they_stand_in_and_what_is_counted_says_so(self, client: httpx.Client) -> None:
        question = "青川市司法局2023年存在哪些困难？"
        answer = client.post("/api/ask", json={"question": question}).json()
        assert (answer["short"], answer["computed"], answer["items"]) == ("共 2 项", True, 2)
        assert [one["quote"] for one in answer["citations"][:2]] == ["一是人手少；", "二是经费紧。"]
        assert answer["whole"]["quote"] == "存在的困难：一是人手少；二是经费紧。"
        chat = client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": question}]}).json()
        said = chat["choices"][0]["message"]["content"]
        assert said.startswith("**共 2 项（系统清点）**\n\n1. 一是人手少； [1]\n2. 二是经费紧。 [2]\n\n")

    def test_yes_or_no_is_ours_beside_the_words_that_state_it(self, client: httpx.Client) -> None:
        answer = client.post("/api/ask", json={"question": "青川市司法局2023年办结行政复议案件超过1000件了吗？"}).json()
        (first, *_) = answer["citations"]
        assert (answer["short"], answer["computed"], first["quote"][slice(*first["mark"])]) == ("是", True, "1,234件")

    def test_the_servers_paths_stay_on_the_server(self, client: httpx.Client) -> None:
        assert "/reports/" not in client.post("/api/ask", json={"question": "办结多少件？"}).text

    def test_many_at_once(self, client: httpx.Client) -> None:
        def post(_: int) -> str:
            return str(client.post("/api/ask", json={"question": "临江市司法局办结行政复议案件多少件？"}).json()["short"])

        with ThreadPoolExecutor(12) as pool:
            assert set(pool.map(post, range(36))) == {"567件"}


class TestSearch:
    def test_passages_with_their_ranks(self, client: httpx.Client) -> None:
        found = client.post("/api/search", json={"question": "行政复议案件", "k": 2}).json()
        assert len(found["hits"]) == 2
        assert {hit["ranks"]["lexical"] for hit in found["hits"]} == {1, 2}
        assert "行政复议" in found["hits"][0]["text"]

    def test_brings_the_passages_beside_where_asked_to(self, served: Corpus, tmp_path: Path) -> None:
        lines = (f"第{n}项，{'办结行政复议案件' if n == 5 else '走访企业'}{n}家。" * 12 for n in range(1, 10))
        text = "\n".join(["白石县2024年工作总结", "", "一、主要工作", *lines])
        (tmp_path / "白石.txt").write_text(text, encoding="utf-8")
        with Corpus.open(tmp_path / "data", BigramEncoder(), create=True) as corpus:
            (ref,) = corpus.add([read(tmp_path / "白石.txt")])
            passages = corpus.report(ref.row).passages
            assert len(passages) >= 3, "long enough to be cut"
            answer = ask(corpus, "办结行政复议案件")
            near = [neighbours(corpus, hit) for hit in answer.hits]
            for hit, shown in zip(answer.hits, SearchOut.of(answer, near).hits, strict=True):
                at = [passage.start for passage in passages].index(hit.passage.start)
                assert shown.before == (passages[at - 1].text if at and passages[at - 1].path == hit.passage.path else None)
                assert shown.after == (passages[at + 1].text if at + 1 < len(passages) and passages[at + 1].path == hit.passage.path else None)
            assert any(shown.before for shown in SearchOut.of(answer, near).hits)
            assert not any(shown.before or shown.after for shown in SearchOut.of(answer).hits)

    def test_says_nothing_of_neighbours_where_not_asked_to(self, client: httpx.Client) -> None:
        body = {"question": "行政复议案件", "k": 2}
        assert all(hit["before"] is hit["after"] is None for hit in client.post("/api/search", json=body).json()["hits"])
        assert client.post("/api/search", json={**body, "neighbours": True}).status_code == 200
        assert client.post("/api/ask", json={**body, "neighbours": True}).status_code == 422

    def test_stays_inside_what_was_named(self, client: httpx.Client) -> None:
        found = client.post("/api/search", json={"question": "临江市司法局组织讲座多少场"}).json()
        assert {hit["report"]["region"] for hit in found["hits"]} == {"临江市"}


class TestBadInput:
    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"question": ""},
            {"question": " 　\n"},
            {"question": "问" * 501},
            {"question": 5},
            {"question": None},
            {"question": "多少件？", "k": 0},
            {"question": "多少件？", "k": 101},
            {"question": "多少件？", "k": "many"},
            {"question": "多少件？", "without": "year:2023"},
            {"question": "多少件？", "without": ["2023"]},
            {"question": "多少件？", "without": ["year:1"] * 21},
            {"question": "多少件？", "surprise": 1},
            [],
            "多少件？",
            None,
        ],
    )
    @pytest.mark.parametrize("path", ["/api/ask", "/api/search"])
    def test_is_refused_in_chinese(self, client: httpx.Client, path: str, body: object) -> None:
        self.refused(client.post(path, json=body), 422)

    @pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"question": "\\ud800"}', b"[" * 5000])
    def test_what_is_not_json_is_refused(self, client: httpx.Client, content: bytes) -> None:
        self.refused(client.post("/api/ask", content=content, headers={"content-type": "application/json"}))

    @pytest.mark.parametrize(
        ("method", "path", "status"), [("GET", "/api/ask", 405), ("DELETE", "/api/search", 405), ("GET", "/api/nope", 404)]
    )
    def test_a_wrong_door_is_told(self, client: httpx.Client, method: str, path: str, status: int) -> None:
        self.refused(client.request(method, path), status)

    def refused(self, response: httpx.Response, status: int | None = None) -> None:
        assert response.status_code == status if status else 400 <= response.status_code < 500
        assert response.headers["content-type"] == "application/problem+json"
        assert CHINESE.search(response.json()["detail"])
        assert not re.search(r"[A-Za-z]{4,} [a-z]+ [a-z]+", response.json()["detail"]), "no English sentence"

    @pytest.mark.parametrize("question", ["' OR 1=1 --", "AND OR NOT (", "标题:\"*~^", "a\0b", "😀" * 40 + "多少", "<script>", "/../../etc/passwd"])
    def test_odd_but_legal_questions_are_answered(self, client: httpx.Client, question: str) -> None:
        assert client.post("/api/ask", json={"question": question}).status_code == 200


class TestPages:
    def test_the_chat_is_chinese_and_may_call_nobody(self, client: httpx.Client) -> None:
        response = client.get("/")
        assert 'lang="zh-CN"' in response.text
        assert "default-src 'self'" in response.headers["content-security-policy"]
        assert client.get("/page/style.css").headers["content-type"].startswith("text/css")

    def test_the_api_page_brings_its_own_parts(self, client: httpx.Client) -> None:
        page = client.get("/docs").text
        for url in re.findall(r'(?:src|href)="([^"]+)"', page):
            assert url.startswith("/"), "nothing from another host"
            assert client.get(url).status_code == 200
        schema = client.get("/openapi.json").json()
        assert {"/api/v1/ask", "/api/v1/search", "/healthz"} <= schema["paths"].keys()

    def test_health(self, client: httpx.Client) -> None:
        assert client.get("/healthz").json() == {"status": "ok", "reports": 2, "encoder": "bigrams-0", "generation": 2}

    def test_files_of_the_server_are_not_served(self, client: httpx.Client) -> None:
        for path in ("/gradio_api/file=/etc/passwd", f"/gradio_api/file={app.__file__}", "/page/../app.py", "/page/chat.py"):
            assert "def main" not in client.get(path).text
            assert "root:" not in client.get(path).text


class TestSourcePanel:
    """A click's data comes from a browser: whatever it says, a panel or a message comes back."""

    def test_opens_at_the_characters(self, served: Corpus) -> None:
        (ref, *_) = served.reports()
        text = served.report(ref.row).text
        page = opened(Visitor("", False, served), {"report": str(ref.row), "start": "0", "end": "6"})
        assert f'<mark class="here">{text[:6]}' in page.replace("</mark><mark", "")

    @pytest.mark.parametrize(
        "data",
        [
            {},
            {"report": "x", "start": "0", "end": "1"},
            {"report": "99", "start": "0", "end": "1"},
            {"report": "-1", "start": "0", "end": "1"},
            {"report": "1", "start": "²", "end": "1"},
            {"report": "1", "start": "1"},
            {"report": "1", "start": "9" * 5000, "end": "1"},
        ],
    )
    def test_a_place_that_is_not_there_is_told(self, served: Corpus, data: dict[str, str]) -> None:
        assert "请重新提问" in opened(Visitor("", False, served), data)

    @pytest.mark.parametrize(("start", "end", "mark"), [("5", "2", "0,1"), ("0", "999999", "1"), ("999999", "9999999", "3,2")])
    def test_a_place_past_the_end_shows_the_report(self, served: Corpus, start: str, end: str, mark: str) -> None:
        (ref, *_) = served.reports()
        assert "报告正文" in opened(Visitor("", False, served), {"report": str(ref.row), "start": start, "end": end, "mark": mark})


class TestNaming:
    def test_a_chosen_report_is_named_in_front(self) -> None:
        assert naming(Facts(unit="青川市司法局", year=2023), "办结多少件？") == "青川市司法局2023年办结多少件？"

    def test_what_is_named_already_is_not_named_again(self) -> None:
        assert naming(Facts(unit="青川市司法局", year=2023), "2023年办结多少件？") == "青川市司法局2023年办结多少件？"


class TestServing:
    def test_a_port_in_use_is_told(self) -> None:
        with app.listen("127.0.0.1", 0) as taken:
            taken.listen()
            port = taken.getsockname()[1]
            with pytest.raises(YoujuError, match=f"{port}.*--port"):
                app.listen("127.0.0.1", port)

    @pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("no.such.host.invalid", 7860)])
    def test_an_impossible_address_is_told(self, host: str, port: int) -> None:
        with pytest.raises(YoujuError, match="--port"):
            app.listen(host, port)

    def test_a_foreign_folder_ends_with_status_2(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "照片.jpg").write_bytes(b"x")
        assert app.main(["--data", str(tmp_path), "--port", "0", "--encoder", str(tmp_path)]) == 2
        assert "错误：" in capsys.readouterr().err
        assert gc.isenabled(), "it is off while the page comes up only"
