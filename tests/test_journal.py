"""Request ids, the log of requests, and what of the server readers are not shown."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from index.embed import HashEmbedder
from index.errors import YindeError
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.journal import LOG, write_requests, write_to
from ui.keys import Keys
from ui.server import Access, create_app
from ui.veil import bare

SEARCH = "/api/v1/search?q=机密词"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("journal")


@pytest.fixture(scope="module")
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture(scope="module")
def tracing(spans: InMemorySpanExporter) -> TracerProvider:
    made = TracerProvider()
    made.add_span_processor(SimpleSpanProcessor(spans))
    return made


@pytest.fixture(scope="module")
def asked(folder: Path, tracing: TracerProvider) -> Iterator[TestClient]:
    (folder / "通知.txt").write_text("关于减负的通知\n\n会议数量减少三分之一。\n", encoding="utf-8")
    with LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as library:
        library.sync([folder / "通知.txt"])
        access = Access(keys=folder, origins=("https://www.example.org",), tracing=tracing)
        yield TestClient(create_app(library, Pipeline(library), access))


@pytest.fixture
def lines() -> Iterator[list[dict[str, object]]]:
    told: list[dict[str, object]] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(json.loads(self.format(record)))

    handler = Kept()
    write_requests(handler)
    yield told
    logging.getLogger(LOG).removeHandler(handler)
    logging.getLogger(LOG).setLevel(logging.NOTSET)


def test_every_answer_carries_an_id_refusals_included(asked: TestClient) -> None:
    first, second = (asked.get(SEARCH).headers["x-request-id"] for _ in range(2))
    assert first != second
    assert asked.get(SEARCH, headers={"X-Request-ID": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert asked.get(SEARCH, headers={"X-Request-ID": "a b\tc"}).headers["x-request-id"] != "a b\tc"
    assert "x-request-id" in asked.get("/api/v1/nothing").headers
    assert "x-request-id" in asked.post("/api/v1/quote", headers={"Origin": "https://evil.example"}).headers


def test_the_log_tells_who_asked_and_neither_queries_nor_keys(
    asked: TestClient, folder: Path, lines: list[dict[str, object]]
) -> None:
    key = Keys(folder).add("张三", "read")
    try:
        answer = asked.get(SEARCH, headers={"Authorization": f"Bearer {key}"})
    finally:
        Keys(folder).remove("张三")
    assert {name: lines[0][name] for name in ("method", "path", "status", "key")} == {
        "method": "GET",
        "path": "/api/v1/search",
        "status": 200,
        "key": "张三",
    }
    assert lines[0]["id"] == answer.headers["x-request-id"]
    assert "机密词" not in json.dumps(lines, ensure_ascii=False)
    assert key not in json.dumps(lines)


def test_a_span_has_the_number_of_its_request_a_refused_one_too(asked: TestClient, spans: InMemorySpanExporter) -> None:
    spans.clear()
    given = [asked.get(path).headers["x-request-id"] for path in (SEARCH, "/api/v1/documents/none")]
    told = [(span.attributes or {}) for span in spans.get_finished_spans()]
    assert [one["yinde.request_id"] for one in told] == given
    assert [one["http.response.status_code"] for one in told] == [200, 404]
    assert told[1]["http.route"] == "/api/v1/documents/{id}"


def test_the_log_is_written_to_a_file(asked: TestClient, tmp_path: Path) -> None:
    write_to(str(tmp_path / "requests.log"))
    try:
        asked.get("/healthz")
    finally:
        for handler in list(logging.getLogger(LOG).handlers):
            handler.close()
            logging.getLogger(LOG).removeHandler(handler)
    (line,) = (tmp_path / "requests.log").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["path"] == "/healthz"
    with pytest.raises(YindeError, match="写不了：没有这个文件夹"):
        write_to(str(tmp_path / "none" / "requests.log"))


def test_an_allowed_site_may_ask_and_read_the_id_and_another_may_not(asked: TestClient) -> None:
    allowed = asked.get(SEARCH, headers={"Origin": "https://www.example.org"})
    assert allowed.headers["access-control-allow-origin"] in ("https://www.example.org", "*")
    assert "access-control-allow-origin" not in asked.get(SEARCH, headers={"Origin": "https://evil.example"}).headers
    before = {"Origin": "https://www.example.org", "Access-Control-Request-Method": "POST"}
    assert asked.options("/api/v1/quote", headers=before).status_code == 200


def test_folders_of_the_server_are_told_only_while_there_are_no_keys(asked: TestClient, folder: Path) -> None:
    id = asked.get("/api/v1/documents").json()["documents"][0]["id"]
    passage = asked.get(SEARCH.replace("机密词", "会议")).json()["hits"][0]["id"]
    open_ = asked.get(f"/api/v1/documents/{id}")
    assert open_.json()["meta"]["source"] == str(folder / "通知.txt")
    key = Keys(folder).add("李四", "read")
    try:
        for path in (f"/api/v1/documents/{id}", f"/api/v1/passages/{passage}", f"/page/about?doc={id}"):
            answer = asked.get(path, headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == 200
            assert str(folder) not in answer.text
            assert "通知.txt" in answer.text
        etag = {"Authorization": f"Bearer {key}", "If-None-Match": open_.headers["etag"]}
        assert asked.get(f"/api/v1/documents/{id}", headers=etag).status_code == 200
    finally:
        Keys(folder).remove("李四")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("/srv/机密/library/catalog.sqlite 打不开（x）", "catalog.sqlite 打不开（x）"),
        ("另一个程序正在写入 /srv/机密/library；请等它", "另一个程序正在写入 library；请等它"),
        (r"C:\资料\机密\a.docx 读不了", "a.docx 读不了"),
        ("应写成 2024/05 或 1/3", "应写成 2024/05 或 1/3"),
        ("先建立：yinde index 文件夹", "先建立：yinde index 文件夹"),
    ],
)
def test_a_message_keeps_names_and_loses_folders(words: str, told: str) -> None:
    assert bare(words) == told
