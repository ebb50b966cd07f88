"""A served library that keeps no questions: `yinde serve --no-history`, over HTTP and on the page."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import uvicorn
from fastapi.testclient import TestClient
from playwright.sync_api import expect

from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.cli import run
from ui.history import Questions
from ui.server import Access, create_app, listen

if TYPE_CHECKING:
    from fastapi import FastAPI
    from playwright.sync_api import Browser

NOTICE = "关于做好防汛工作的通知\n\n遇有险情立即报告，并于一小时内报送书面材料。\n"
ASKED = {"question": "以后的秘密？", "view": "search"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library's folder in which a question was kept before."""
    folder = tmp_path_factory.mktemp("nohistory")
    (folder / "通知.txt").write_text(NOTICE, encoding="utf-8")
    Questions(folder).add("", "从前的问题？", "ask")
    return folder


@pytest.fixture(scope="module")
def library(home: Path) -> Iterator[LocalLibrary]:
    with LocalLibrary.open(home, embedder=HashEmbedder(), create=True) as opened:
        opened.sync([home / "通知.txt"])
        yield opened


@pytest.fixture(scope="module")
def app(library: LocalLibrary, home: Path) -> "FastAPI":
    return create_app(library, Pipeline(library), Access(keys=home, history=False))


def test_nothing_asked_is_kept_shown_or_switched_on(app: "FastAPI", home: Path) -> None:
    before = (home / "history.json").read_bytes()
    client = TestClient(app)
    assert client.post("/page/history", json=ASKED).status_code == 204
    assert client.post("/page/ask", json={"question": "险情何时报告？", "turns": []}).status_code == 200
    assert client.post("/page/history/on").text == client.get("/page/history").text
    assert "这个服务不保存提问" in client.get("/page/history").text
    assert (home / "history.json").read_bytes() == before


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pandas, through Gradio
def test_the_page_says_that_nothing_is_kept_and_has_no_switch(browser: "Browser", app: "FastAPI", home: Path) -> None:
    with listen("127.0.0.1", 0) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        page = browser.new_page(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", locale="zh-CN")
        page.goto("/?q=险情何时报告")
        expect(page.locator(".finds .hit").first).to_be_visible(timeout=20_000)
        page.get_by_role("button", name="提问记录").click()
        expect(page.locator("#history-list")).to_have_text("这个服务不保存提问。")
        expect(page.locator("#history-list button")).to_have_count(0)
        page.close()
        server.should_exit = True
        thread.join(timeout=20)
    assert "险情" not in (home / "history.json").read_text(encoding="utf-8")


def test_the_variable_is_a_yes_or_a_no(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("YINDE_HISTORY", "也许")
    assert run(["serve", "--library", "none"]) == 2
    assert "--history 的值不对" in capsys.readouterr().err
    monkeypatch.setenv("YINDE_HISTORY", "0")
    assert run(["serve", "--library", "none"]) == 2
    assert "none" in capsys.readouterr().err
