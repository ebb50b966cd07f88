"""Uploads, deletions and jobs over HTTP, hostile files included."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hostile import hostile

from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.api import build_api
from ui.guard import Guard, Sessions
from ui.keep import Keeper
from ui.keys import Keys
from ui.problem import MEDIA_TYPE, tell_problems
from ui.server import listen

NOTICE = "关于精简会议的通知\n\n第{}号：全市性会议数量减少三分之一。\n"
UPLOAD = "/api/v1/documents?wait=30"


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keeper]:
    folder = tmp_path_factory.mktemp("keep") / "library"
    with LocalLibrary.open(folder, embedder=HashEmbedder(), create=True) as library:
        kept = Keeper(library, folder / "uploads")
        yield kept
        kept.close()


@pytest.fixture(scope="module")
def app(keeper: Keeper) -> FastAPI:
    library = keeper._library
    assert isinstance(library, LocalLibrary)
    made = FastAPI()
    tell_problems(made)
    made.include_router(build_api(library, Pipeline(library), keeper))
    return made


@pytest.fixture(scope="module")
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


@pytest.fixture(scope="module")
def address(app: FastAPI) -> Iterator[str]:
    """The same over a real port."""
    with listen("127.0.0.1", 0) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def part(name: str, content: str | bytes) -> tuple[str, tuple[str, bytes]]:
    return "file", (name, content if isinstance(content, bytes) else content.encode())


def test_an_upload_is_followed_to_its_document_and_deleted_again(client: TestClient) -> None:
    said = {"meta": '{"issuer": "江澜市人民政府"}'}
    begun = client.post("/api/v1/documents", files=[part("通知.txt", NOTICE.format(1))], data=said)
    assert begun.status_code in (200, 202)
    with client.stream("GET", f"{begun.headers['location']}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in stream.iter_lines() if line]
    assert lines[-2] == "event: done"
    job = json.loads(lines[-1].removeprefix("data: "))
    assert (job["state"], job["files"]) == ("done", ["通知.txt"])
    (id,) = job["report"]["added"]
    assert client.get(f"/api/v1/documents/{id}").json()["meta"]["issuer"] == "江澜市人民政府"
    assert client.get("/api/v1/jobs").json()["jobs"][0]["id"] == job["id"]
    again = client.post("/api/v1/reindex?wait=30", json={"documents": [id]}).json()
    assert again["report"]["unchanged"] == [id]
    gone = client.delete(f"/api/v1/documents/{id}", params={"wait": 30})
    assert (gone.status_code, gone.json()["report"]["removed"]) == (200, [id])
    assert client.get(f"/api/v1/documents/{id}").status_code == 404


@pytest.mark.timeout(240)
def test_hostile_files_are_refused_one_by_one_and_nothing_of_them_stays(client: TestClient, keeper: Keeper) -> None:
    before = client.get("/api/v1/stats").json()["documents"]
    files = [part(name, content) for name, content, _ in hostile()] + [part("好.txt", NOTICE.format(2))]
    job = client.post("/api/v1/documents?wait=60", files=files).json()
    assert job["state"] == "done", job
    reasons = {failure["path"].partition("/")[0]: failure["reason"] for failure in job["report"]["failed"]}
    for name, _, reason in hostile():
        assert reason in reasons[name], (name, reasons[name])
    assert "/tmp" not in json.dumps(reasons)
    assert "root:" not in json.dumps(reasons)
    assert len(job["report"]["added"]) == 1
    assert client.get("/api/v1/stats").json()["documents"] == before + 1
    left = [path.name for path in keeper.uploads.folder.rglob("*") if path.is_file()]
    assert [name for name in left if name in {name for name, _, _ in hostile()}] == []


@pytest.mark.parametrize(
    ("content", "kind", "status", "detail"),
    [
        (b"", "multipart/form-data; boundary=x", 400, "没有完成"),
        (b"--x\r\n", "multipart/form-data; boundary=x", 400, "没有完成"),
        (b"--x--\r\n", "multipart/form-data; boundary=x", 422, "没有收到文件"),
        (b"junk", "multipart/form-data; boundary=x", 400, "表单不完整"),
        (b"{}", "application/json", 400, "multipart/form-data"),
        (b"{}", "multipart/form-data", 400, "multipart/form-data"),
        (b"", "", 400, "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhalf',
            "multipart/form-data; boundary=x",
            400,
            "没有完成",
        ),
    ],
)
def test_a_form_that_is_none_is_refused(
    client: TestClient, keeper: Keeper, content: bytes, kind: str, status: int, detail: str
) -> None:
    answer = client.post(UPLOAD, content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    assert detail in answer.json()["detail"]
    assert list(keeper.uploads.folder.glob(".incoming-*")) == []


@pytest.mark.parametrize(
    ("fields", "status", "detail"),
    [
        ({"meta": "[]"}, 400, "JSON 对象"),
        ({"meta": '{"date": "昨天"}'}, 422, "日期"),
        ({"meta": "x" * 70_000}, 400, "太长"),
        ({"replace": "perhaps"}, 400, "replace"),
    ],
)
def test_fields_that_make_no_sense_are_refused(
    client: TestClient, fields: dict[str, str], status: int, detail: str
) -> None:
    answer = client.post(UPLOAD, files=[part("通知.txt", NOTICE.format(3))], data=fields)
    assert answer.status_code == status
    assert detail in answer.json()["detail"]


def test_a_name_that_climbs_out_stays_in_its_folder(client: TestClient, keeper: Keeper) -> None:
    job = client.post(UPLOAD, files=[part("../../../越界.txt", NOTICE.format(4))]).json()
    assert job["files"] == ["越界.txt"]
    assert [path.parent.parent for path in keeper.uploads.folder.rglob("越界.txt")] == [keeper.uploads.folder]


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("GET", "/api/v1/jobs/none", None, 404),
        ("GET", "/api/v1/jobs/none/events", None, 404),
        ("POST", "/api/v1/jobs/none/cancel", None, 404),
        ("DELETE", "/api/v1/documents/none", None, 404),
        ("POST", "/api/v1/reindex", {"documents": ["none"]}, 404),
        ("POST", "/api/v1/reindex", {"colour": 1}, 422),
        ("POST", "/api/v1/delete", {"documents": []}, 422),
    ],
)
def test_a_refusal_is_a_problem(client: TestClient, method: str, path: str, sent: Any, status: int) -> None:
    answer = client.request(method, path, json=sent)
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)


def test_two_people_upload_at_once(address: str) -> None:
    found: dict[int, Any] = {}

    def upload(number: int) -> None:
        with httpx.Client(base_url=address, timeout=60) as one:
            found[number] = one.post(UPLOAD, files=[part("同名.txt", NOTICE.format(number))]).json()

    people = [threading.Thread(target=upload, args=(number,)) for number in (11, 12, 13)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    added = [found[number]["report"]["added"] for number in found]
    assert len({ids[0] for ids in added}) == 3
    with httpx.Client(base_url=address) as one:
        texts = {number: one.get(f"/api/v1/documents/{found[number]['report']['added'][0]}").json() for number in found}
    assert all(f"第{number}号" in document["text"] for number, document in texts.items())


def test_a_sender_who_leaves_in_the_middle_leaves_nothing(address: str, keeper: Keeper) -> None:
    def half() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="half.txt"\r\n\r\n'
        yield b"half" * 100_000
        raise ConnectionError

    with pytest.raises(ConnectionError):
        httpx.post(address + UPLOAD, content=half(), headers={"Content-Type": "multipart/form-data; boundary=x"})
    for _ in range(200):  # until the server has noticed
        if httpx.get(f"{address}/api/v1/stats").status_code == 200 and not _incoming(keeper):
            break
    assert _incoming(keeper) == []
    assert list(keeper.uploads.folder.rglob("half.txt")) == []


def _incoming(keeper: Keeper) -> list[Path]:
    return list(keeper.uploads.folder.glob(".incoming-*"))


def test_the_work_goes_on_when_its_follower_leaves(address: str, keeper: Keeper) -> None:
    with httpx.Client(base_url=address, timeout=30) as one:
        job = one.post("/api/v1/documents", files=[part("续.txt", NOTICE.format(21))]).json()
        with one.stream("GET", f"/api/v1/jobs/{job['id']}/events") as stream:
            assert next(stream.iter_lines()).startswith("event: ")
    assert list(keeper.jobs.follow(job["id"]))[-1].state == "done"


def test_readers_may_neither_change_nor_see_what_is_changed(keeper: Keeper, app: FastAPI, tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    reader, writer = keys.add("读者", "read"), keys.add("编辑", "write")
    asked = TestClient(Guard(app, keys=keys, sessions=Sessions()))

    def status(method: str, path: str, key: str, **sent: Any) -> int:
        return asked.request(method, path, headers={"Authorization": f"Bearer {key}"}, **sent).status_code

    upload = {"files": [part("权限.txt", NOTICE.format(31))]}
    for method, path, sent in (
        ("POST", "/api/v1/documents", upload),
        ("DELETE", "/api/v1/documents/x", {}),
        ("POST", "/api/v1/delete", {"json": {"documents": ["x"]}}),
        ("POST", "/api/v1/reindex", {"json": {}}),
        ("GET", "/api/v1/jobs", {}),
    ):
        assert status(method, path, reader, **sent) == 403
        assert status(method, path, writer, **sent) != 403
    assert "编辑" in {job.by for job in keeper.jobs.all()}
