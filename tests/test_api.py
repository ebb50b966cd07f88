import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.api import build_api
from ui.problem import MEDIA_TYPE, tell_problems
from ui.schema import (
    AnswerModel,
    CheckModel,
    CiteModel,
    DocumentModel,
    DocumentsModel,
    FacetsModel,
    Model,
    PassageModel,
    QuoteModel,
    SearchModel,
    SimilarModel,
    StatsModel,
    SuggestModel,
    TraceModel,
)

NOTICE = """关于做好基层减负工作的通知

各县（区）人民政府：

一、精简会议

全市性会议数量比上年减少三分之一。各类会议一般不超过九十分钟。

二、严格发文

各部门发文数量只减不增，每月不超过五件。

江澜市人民政府办公室
2026年3月1日
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLibrary]:
    folder = tmp_path_factory.mktemp("api")
    (folder / "通知.txt").write_text(NOTICE, encoding="utf-8")
    with LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as opened:
        opened.sync([folder / "通知.txt"])
        yield opened


@pytest.fixture(scope="module")
def client(library: LocalLibrary) -> TestClient:
    app = FastAPI()
    tell_problems(app)
    app.include_router(build_api(library, Pipeline(library)))
    return TestClient(app)


def unknown_fields(value: object) -> list[str]:
    """Fields of a model and its parts that the schema does not tell."""
    if isinstance(value, list):
        return [name for item in value for name in unknown_fields(item)]
    if not isinstance(value, Model):
        return []
    extra = list(value.model_extra or {})
    return extra + [name for field in type(value).model_fields for name in unknown_fields(getattr(value, field))]


def told(model: type[Model], body: dict[str, Any]) -> list[str]:
    return unknown_fields(model.model_validate(body))


def test_a_search_gives_hits_whose_offsets_cut_the_document(client: TestClient) -> None:
    found = client.get("/api/v1/search", params={"q": "会议数量减少多少", "k": 2}).json()
    assert len(found["hits"]) == 2
    best = found["hits"][0]
    text = client.get(f"/api/v1/documents/{best['doc_id']}").json()["text"]
    assert text[best["start"] : best["end"]] == best["text"]
    assert "减少三分之一" in best["text"]


def test_every_field_that_is_sent_is_in_the_schema(client: TestClient) -> None:
    found = client.get("/api/v1/search", params={"q": "发文数量"}).json()
    passage, document = found["hits"][0]["id"], found["hits"][0]["doc_id"]
    asked = client.post("/api/v1/ask", json={"question": "每月发文不超过几件？"}).json()
    quoted = client.post("/api/v1/quote", json={"quote": "各部门发文数量只减不增"}).json()
    assert told(SearchModel, found) == []
    assert told(AnswerModel, asked) == []
    assert told(QuoteModel, quoted) == []
    assert told(PassageModel, client.get(f"/api/v1/passages/{passage}").json()) == []
    assert told(CiteModel, client.get(f"/api/v1/passages/{passage}/cite").json()) == []
    assert told(DocumentModel, client.get(f"/api/v1/documents/{document}").json()) == []
    assert told(DocumentsModel, client.get("/api/v1/documents").json()) == []
    assert told(TraceModel, client.get("/api/v1/trace", params={"phrase": "发文数量"}).json()) == []
    assert told(FacetsModel, client.get("/api/v1/facets").json()) == []
    assert told(SuggestModel, client.get("/api/v1/suggest", params={"q": "基层"}).json()) == []
    assert told(SimilarModel, client.get(f"/api/v1/passages/{passage}/similar").json()) == []
    assert told(StatsModel, client.get("/api/v1/stats").json()) == []


def test_filters_are_written_as_in_a_query(client: TestClient) -> None:
    def found(*filters: str) -> int:
        return len(client.get("/api/v1/search", params={"q": "发文数量", "filter": filters}).json()["hits"])

    assert found("文种:通知", "年份:2026") == found() > 0
    assert found("年份:2020..2024") == 0
    assert found("-文种:通知") == 0


def test_the_matching_documents_are_counted_by_what_they_are(client: TestClient) -> None:
    counted = client.get("/api/v1/facets", params={"q": "发文数量"}).json()
    assert counted["kind"] == [{"value": "通知", "documents": 1}]
    assert counted["year"] == [{"value": "2026", "documents": 1}]


def test_titles_are_proposed_while_one_types(client: TestClient) -> None:
    proposed = client.get("/api/v1/suggest", params={"q": "关于做好"}).json()["suggestions"]
    assert proposed[0] == {"text": "关于做好基层减负工作的通知", "source": "title"}
    assert client.get("/api/v1/suggest", params={"q": ""}).json() == {"suggestions": []}


def test_a_follow_up_leans_on_the_answer_handed_back(client: TestClient) -> None:
    first = client.post("/api/v1/ask", json={"question": "每月发文不超过几件？"}).json()
    assert first["statements"][0]["citations"] == [1]
    assert 0 < first["confidence"] <= 1
    then = client.post("/api/v1/ask", json={"question": "它的单位是谁？", "history": [first]}).json()
    assert then["question"] == "它的单位是谁？"
    assert "发文" in then["asked"]


def test_a_streamed_answer_grows_and_its_last_event_is_the_whole_one(client: TestClient) -> None:
    body = {"question": "每月发文不超过几件？", "stream": True}
    answer = client.post("/api/v1/ask", json=body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [part.split("\n") for part in answer.text.strip().split("\n\n")]
    names = [lines[0].removeprefix("event: ") for lines in events]
    texts = [json.loads(lines[1].removeprefix("data: "))["answer"] for lines in events]
    assert names == ["answer"] * (len(names) - 1) + ["done"]
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    whole = client.post("/api/v1/ask", json={"question": body["question"]}).json()
    assert json.loads(events[-1][1].removeprefix("data: ")) == whole


def test_a_quotation_is_judged(client: TestClient) -> None:
    right = client.post("/api/v1/quote", json={"quote": "全市性会议数量比上年减少三分之一"}).json()
    wrong = client.post("/api/v1/quote", json={"quote": "全市性会议数量比上年减少四分之一"}).json()
    assert (right["verdict"], wrong["verdict"]) == ("verbatim", "altered")


def test_a_draft_is_checked_as_text_and_as_a_file(client: TestClient) -> None:
    draft = "通知要求：“各部门发文数量只增不减，每月不超过五件。”"
    by_text = client.post("/api/v1/check", json={"text": draft}).json()
    by_file = client.post("/api/v1/check/file", files={"file": ("../../稿件.txt", draft.encode())}).json()
    assert by_text["counts"]["wrong"] == 1
    assert by_file["findings"] == by_text["findings"]
    assert told(CheckModel, by_text) == []


def test_a_document_that_is_known_is_not_sent_again(client: TestClient) -> None:
    id = client.get("/api/v1/documents").json()["documents"][0]["id"]
    first = client.get(f"/api/v1/documents/{id}")
    again = client.get(f"/api/v1/documents/{id}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_list_of_documents_comes_in_pages(client: TestClient) -> None:
    assert client.get("/api/v1/documents", params={"offset": 1}).json() == {"total": 1, "offset": 1, "documents": []}


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "detail"),
    [
        ("GET", "/api/v1/search", None, 422, "参数 q 缺少"),
        ("GET", "/api/v1/search?q=%E5%87%8F&k=0", None, 422, "参数 k 太小，至少 1"),
        ("GET", "/api/v1/search?q=x&offset=100", None, 422, "参数 offset 太大，要小于 100"),
        ("GET", "/api/v1/search?q=%E5%87%8F&mode=best", None, 422, "参数 mode 不在可选值之中：hybrid、dense、lexical"),
        ("GET", "/api/v1/search?q=%E5%87%8F&filter=x", None, 400, "“x”不是筛选条件"),
        ("GET", "/api/v1/search?q=%E5%87%8F&filter=%E5%B9%B4%E4%BB%BD:2024-13", None, 400, "2024-13"),
        ("GET", "/api/v1/passages/none/similar", None, 404, "none"),
        ("GET", "/api/v1/passages/none", None, 404, "none"),
        ("GET", "/api/v1/documents/none", None, 404, "none"),
        ("GET", "/api/v1/trace?phrase=x", None, 400, "至少要有两个字"),
        ("POST", "/api/v1/ask", {"question": ""}, 422, "正文 question 不能为空"),
        ("POST", "/api/v1/ask", {"question": "x", "colour": 1}, 422, "正文 colour 不认识这一项"),
        ("POST", "/api/v1/ask", {"question": "减" * 3000}, 422, "正文 question 太长，至多 2000"),
        ("POST", "/api/v1/ask", "减负", 422, "Content-Type: application/json"),
        ("DELETE", "/api/v1/stats", None, 405, "不接受"),
    ],
)
def test_a_refusal_is_a_problem_with_its_cure(
    client: TestClient, method: str, path: str, sent: object, status: int, detail: str
) -> None:
    answer = client.request(method, path, json=sent)
    assert answer.status_code == status
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["status"] == status
    assert detail in answer.json()["detail"]


def test_a_draft_that_cannot_be_read_is_named_as_it_was_sent(client: TestClient) -> None:
    answer = client.post("/api/v1/check/file", files={"file": ("讲话.docx", b"PK\x03\x04 not a word file")})
    assert answer.status_code == 422
    assert "draft.docx" not in answer.json()["detail"]


def test_the_api_describes_itself(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert "/api/v1/search" in described["paths"]
    assert described["components"]["schemas"]["HitModel"]["properties"]["start"]["description"]
