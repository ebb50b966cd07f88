"""The typed client against a served library over a real port."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.api import build_api
from ui.client import ApiError, Yinde
from ui.guard import Guard, Sessions
from ui.keep import Keeper
from ui.keys import Keys
from ui.openapi import describe
from ui.problem import tell_problems
from ui.server import listen

NOTICE = """关于做好基层减负工作的通知

一、精简会议

全市性会议数量比上年减少三分之一。各类会议一般不超过九十分钟。

二、严格发文

各部门发文数量只减不增，每月不超过五件。

江澜市人民政府办公室
2026年3月1日
"""


SENT: set[tuple[str, str]] = set()  # (method, path) of what the client asked for


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("client") / "library"
    with LocalLibrary.open(folder, embedder=HashEmbedder(), create=True) as library:
        keeper = Keeper(library, folder / "uploads")
        app = FastAPI()
        tell_problems(app)
        describe(app)
        app.include_router(build_api(library, Pipeline(library), keeper))
        guard = Guard(app, keys=Keys(folder), sessions=Sessions())
        with listen("127.0.0.1", 0) as listener:
            server = uvicorn.Server(uvicorn.Config(guard, log_level="error", timeout_graceful_shutdown=2))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            server.should_exit = True
            thread.join()
        keeper.close()


@pytest.fixture(scope="module")
def yinde(address: str) -> Iterator[Yinde]:
    with Yinde(address, event_hooks={"request": [lambda sent: SENT.add((sent.method, sent.url.path))]}) as opened:
        job = opened.upload([("通知.txt", NOTICE.encode())], meta={"number": "江政办发〔2026〕3号"})
        assert opened.wait(job.id).state == "done"
        yield opened


def test_a_hit_leads_to_its_document_its_neighbours_and_its_citation(yinde: Yinde) -> None:
    found = yinde.search("会议数量减少多少", k=2, filters=["文种:通知"], per_document=2)
    best = found.hits[0]
    assert yinde.document(best.doc_id).text[best.start : best.end] == best.text
    assert yinde.passage(best.id).meta["number"] == "江政办发〔2026〕3号"
    assert "江政办发〔2026〕3号" in yinde.cite(best.id).citations["gongwen"]
    assert list(yinde.cite(best.id, style="gbt7714").citations) == ["gbt7714"]
    assert best.id not in [hit.id for hit in yinde.similar(best.id, k=3).hits]


def test_the_rest_of_the_api_is_at_hand(yinde: Yinde) -> None:
    assert yinde.facets("会议").kind[0].value == "通知"
    assert yinde.suggest("关于做好").suggestions[0].text == "关于做好基层减负工作的通知"
    assert yinde.documents(limit=1).total == yinde.stats().documents == 1
    assert yinde.trace("发文数量").count == 1
    assert yinde.quote("各部门发文数量只减不增").verdict == "verbatim"
    assert yinde.check("通知要求：“各部门发文数量只增不减，每月不超过五件。”").counts["wrong"] == 1


def test_pages_of_a_search_follow_one_another(yinde: Yinde) -> None:
    whole = yinde.search("会议和发文", k=100).hits
    assert len(whole) > 2
    pages = [yinde.search("会议和发文", k=1, offset=offset) for offset in range(len(whole))]
    assert [page.hits[0].id for page in pages] == [hit.id for hit in whole]
    assert [(page.offset, page.total, page.hits[0].rank) for page in pages[1:2]] == [(1, len(whole), 2)]
    assert yinde.search("会议和发文", k=1, offset=99).hits == []


def test_reading_aids_are_at_hand(yinde: Yinde) -> None:
    id = yinde.documents().documents[0].id
    (said,) = yinde.summary(id, section="二", sentences=1).statements
    assert said.text == "各部门发文数量只减不增，每月不超过五件。"
    assert yinde.contrast(id, id, "会议数量", sentences=1).topic == "会议数量"


def test_a_streamed_answer_ends_as_the_whole_one(yinde: Yinde) -> None:
    *_, last = yinde.stream("每月发文不超过几件？")
    assert last == yinde.ask("每月发文不超过几件？")
    assert last.citations[0].title == "关于做好基层减负工作的通知"
    assert yinde.ask("会议呢？", history=[last]).question == "会议呢？"


def test_files_are_checked_uploaded_replaced_and_deleted(yinde: Yinde, tmp_path: Path) -> None:
    draft = tmp_path / "稿件.txt"
    draft.write_text("“全市性会议数量比上年减少四分之一”", encoding="utf-8")
    assert yinde.check_file(draft).file == "稿件.txt"
    job = yinde.wait(yinde.upload([draft]).id)
    assert job.report
    (id,) = job.report.added
    assert yinde.wait(yinde.reindex([id]).id).state == "done"
    states = [one.state for one in yinde.follow(yinde.delete([id]).id)]
    assert states[-1] == "done"
    assert yinde.jobs()[0].kind == "delete"
    assert yinde.cancel(job.id).state == yinde.job(job.id).state == "done"


def test_a_refusal_is_raised_with_its_status_and_cure(yinde: Yinde) -> None:
    with pytest.raises(ApiError, match="至少要有两个字") as refused:
        yinde.trace("字")
    assert refused.value.status == 400
    with pytest.raises(ApiError, match="没有文件 none") as refused:
        yinde.document("none")
    assert refused.value.status == 404
    with pytest.raises(ApiError), Yinde("http://127.0.0.1:9") as nobody:
        nobody.stats()
    with pytest.raises(ApiError, match="整个复制"):
        Yinde(key="yd_…")


def test_a_stream_that_is_refused_is_raised_too(yinde: Yinde) -> None:
    with pytest.raises(ApiError, match="没有编号") as refused:
        list(yinde.follow("none"))
    assert refused.value.status == 404


def test_the_client_asks_for_all_that_the_api_has(yinde: Yinde, address: str) -> None:
    described = httpx.get(f"{address}/openapi.json").json()["paths"]
    # DELETE of one document is the client's `delete` of a list of one.
    all_of_it = {(method.upper(), path) for path, item in described.items() for method in item} - {
        ("DELETE", "/api/v1/documents/{id}")
    }
    unasked = {
        (method, path)
        for method, path in all_of_it
        if not any(m == method and re.fullmatch(re.sub(r"{id}", "[^/]+", path), sent) for m, sent in SENT)
    }
    assert unasked == set()
