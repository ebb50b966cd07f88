"""Who may use a served library, and what is refused before it reaches the program."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from index.embed import HashEmbedder
from index.errors import LibraryError, QueryError, YindeError
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.cli import run
from ui.guard import BURST, RATE, Rates
from ui.keys import Keys
from ui.server import Access, create_app, serve

SEARCH = "/api/v1/search?q=减负"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLibrary]:
    folder = tmp_path_factory.mktemp("guard")
    (folder / "通知.txt").write_text("关于减负的通知\n\n会议数量减少三分之一。\n", encoding="utf-8")
    with LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as opened:
        opened.sync([folder / "通知.txt"])
        yield opened


def client(library: LocalLibrary, access: Access, **options: str) -> TestClient:
    return TestClient(create_app(library, Pipeline(library), access), follow_redirects=False, **options)  # type: ignore[arg-type]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_a_key_is_kept_as_a_digest_that_only_its_owner_can_read(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    key = keys.add("张三", "read")
    kept = (tmp_path / "keys.json").read_text(encoding="utf-8")
    assert key not in kept
    assert key.split("_", 2)[2] not in kept
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    holder = keys.holder(key)
    assert holder is not None
    assert (holder.name, holder.scope) == ("张三", "read")


def test_a_key_that_was_changed_or_taken_back_is_nobodys(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    key = keys.add("张三", "read")
    assert keys.holder(key[:-1] + ("A" if key[-1] != "A" else "B")) is None
    assert keys.holder("") is None
    keys.remove("张三")
    assert keys.holder(key) is None


def test_names_of_keys_are_told_apart_and_missing_ones_are_named(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.add("张三", "read")
    with pytest.raises(QueryError, match="已有名为 张三"):
        keys.add("张三", "write")
    with pytest.raises(QueryError, match="没有名为 李四"):
        keys.remove("李四")
    with pytest.raises(QueryError, match="要有名称"):
        keys.add("  ", "read")


def test_damaged_keys_open_no_door(tmp_path: Path, library: LocalLibrary) -> None:
    (tmp_path / "keys.json").write_text("[{", encoding="utf-8")
    with pytest.raises(LibraryError, match=r"keys\.json 读不了"):
        Keys(tmp_path).all()
    assert client(library, Access(keys=tmp_path)).get(SEARCH).status_code == 503


def test_without_keys_the_library_is_open_and_with_one_it_is_not(tmp_path: Path, library: LocalLibrary) -> None:
    asked = client(library, Access(keys=tmp_path))
    assert asked.get(SEARCH).status_code == 200
    key = Keys(tmp_path).add("张三", "read")
    refused = asked.get(SEARCH)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert "yinde keys add" in refused.json()["detail"]
    assert asked.get(SEARCH, headers=bearer(key)).status_code == 200
    assert asked.post("/api/v1/quote", json={"quote": "会议数量"}, headers=bearer(key)).status_code == 200
    assert asked.get("/page/page.js").status_code == 401
    assert asked.get("/healthz").status_code == 200


def test_what_changes_the_library_needs_more_than_reading(tmp_path: Path, library: LocalLibrary) -> None:
    asked = client(library, Access(keys=tmp_path))
    reader, writer = Keys(tmp_path).add("读", "read"), Keys(tmp_path).add("写", "write")
    refused = asked.delete("/api/v1/documents/x", headers=bearer(reader))
    assert (refused.status_code, refused.json()["title"]) == (403, "密钥的权限不够")
    assert asked.delete("/api/v1/documents/x", headers=bearer(writer)).status_code != 403


def test_a_reader_logs_in_with_a_key_and_out_again(tmp_path: Path, library: LocalLibrary) -> None:
    asked = client(library, Access(keys=tmp_path), base_url="http://yinde.local")
    key = Keys(tmp_path).add("张三", "read")
    led = asked.get("/", headers={"Accept": "text/html"})
    assert (led.status_code, led.headers["location"]) == (303, "/login")
    assert "访问密钥" in asked.get("/login").text
    wrong = asked.post("/login", data={"key": "<script>"})
    assert wrong.status_code == 401
    assert "<script>" not in wrong.text
    entered = asked.post("/login", data={"key": f" {key} "})
    cookie = entered.headers["set-cookie"]
    assert entered.status_code == 303
    assert key not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert asked.get(SEARCH).status_code == 200
    asked.post("/logout")
    assert asked.get(SEARCH).status_code == 401


def test_a_session_ends_when_its_key_is_taken_back(tmp_path: Path, library: LocalLibrary) -> None:
    asked = client(library, Access(keys=tmp_path))
    keys = Keys(tmp_path)
    asked.post("/login", data={"key": keys.add("张三", "read")})
    keys.add("李四", "read")
    assert asked.get(SEARCH).status_code == 200
    keys.remove("张三")
    assert asked.get(SEARCH).status_code == 401


def test_a_name_that_was_made_to_point_here_is_not_answered(library: LocalLibrary) -> None:
    access = Access(hosts=("127.0.0.1", "localhost", "::1"))
    assert client(library, access, base_url="http://evil.example:7860").get(SEARCH).status_code == 421
    for name in ("localhost:7860", "127.0.0.1", "[::1]:7860"):
        assert client(library, access).get(SEARCH, headers={"Host": name}).status_code == 200


def test_another_sites_page_cannot_post(library: LocalLibrary) -> None:
    asked = client(library, Access(origins=("https://www.example.org",)), base_url="http://localhost:7860")
    body = {"quote": "会议数量"}
    for origin, status in (
        ("https://evil.example", 403),
        ("null", 403),
        ("https://www.example.org", 200),
        ("http://localhost:7860", 200),
    ):
        assert asked.post("/api/v1/quote", json=body, headers={"Origin": origin}).status_code == status


def test_a_body_that_is_too_large_is_refused_before_it_is_read(library: LocalLibrary) -> None:
    headers = {"Content-Length": str(10**12), "Content-Type": "application/json"}
    answer = client(library, Access()).post("/api/v1/quote", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["title"]) == (413, "内容太大")


def test_a_client_that_asks_without_pause_is_told_to_wait_and_then_served() -> None:
    rates = Rates()
    assert [rates.wait("a", now=0.0) for _ in range(int(BURST))] == [0.0] * int(BURST)
    assert rates.wait("a", now=0.0) == pytest.approx(1 / RATE)
    assert rates.wait("b", now=0.0) == 0.0
    assert rates.wait("a", now=1 / RATE) == 0.0


def test_every_answer_tells_browsers_to_take_nothing_for_what_it_is_not(library: LocalLibrary) -> None:
    asked = client(library, Access())
    for path in ("/healthz", SEARCH, "/api/v1/nothing", "/"):
        assert asked.get(path).headers["x-content-type-options"] == "nosniff"


def test_a_web_socket_is_closed_at_the_door(library: LocalLibrary) -> None:
    with pytest.raises(WebSocketDisconnect), client(library, Access()).websocket_connect("/gradio_api/queue/join"):
        pass


def test_others_cannot_reach_a_library_without_keys(library: LocalLibrary, tmp_path: Path) -> None:
    with pytest.raises(YindeError, match="须先发放密钥"):
        serve(library, host="0.0.0.0", port=0, access=Access(keys=tmp_path))


def test_keys_are_made_listed_and_taken_back_from_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YINDE_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("YINDE_MODEL", "hash")
    assert run(["keys", "add", "张三"]) == 2
    assert "先收录" in capsys.readouterr().err
    (tmp_path / "a.txt").write_text("会议数量减少三分之一。", encoding="utf-8")
    run(["index", str(tmp_path / "a.txt")])
    capsys.readouterr()
    assert run(["keys", "add", "张三", "--scope", "write", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    holder = Keys(tmp_path / "library").holder(made["key"])
    assert holder is not None
    assert holder.may("write")
    assert not holder.may("admin")
    assert run(["keys", "list"]) == 0
    listed = capsys.readouterr().out
    assert "张三" in listed
    assert made["key"] not in listed
    assert run(["keys", "remove", "张三"]) == 0
    assert run(["keys", "remove", "张三"]) == 2
