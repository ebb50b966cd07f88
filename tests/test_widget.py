"""The search box on a page of another origin, in a real Chromium."""

import gzip
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import expect

from index.embed import HashEmbedder
from index.errors import QueryError
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.server import ASSETS, Access, create_app, listen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

NOTICE = """关于老旧小区改造的通知

一、补助标准

𠮷祥小区每户补助两千元。<img src=x onerror="window.stolen=1">由市财政负担。

二、完成时限

2026年底前全部完工。
"""
HOST = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {api}; connect-src {api}">
<title>别的网站</title><input id="other"><script src="{api}/widget/yinde-search.js" defer></script>
<yinde-search endpoint="{api}"></yinde-search></html>"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLibrary]:
    folder = tmp_path_factory.mktemp("widget")
    (folder / "通知.txt").write_text(NOTICE, encoding="utf-8")
    with LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as opened:
        opened.sync([folder / "通知.txt"])
        yield opened


@pytest.fixture(scope="module")
def other_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("site")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def api(library: LocalLibrary, other_site: tuple[Path, str]) -> Iterator[str]:
    import uvicorn

    with listen("127.0.0.1", 0) as listener:
        app = create_app(library, Pipeline(library), Access(origins=[other_site[1]]))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture
def page(browser: "Browser", api: str, other_site: tuple[Path, str]) -> Iterator["Page"]:
    """The box on another site's page under a strict policy; a script that fails fails its test."""
    folder, address = other_site
    (folder / "index.html").write_text(HOST.format(api=api), encoding="utf-8")
    context = browser.new_context(base_url=address, locale="zh-CN")
    context.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto("/")
    yield page
    context.close()
    assert failures == []


def test_enter_shows_passages_with_their_place_and_the_words_that_matched(page: "Page", api: str) -> None:
    page.get_by_role("combobox").fill("每户补助多少")
    page.keyboard.press("Enter")
    hit = page.locator("yinde-search .hit").first
    expect(hit).to_contain_text("每户补助两千元")
    expect(hit.locator(".where")).to_contain_text("补助标准")
    expect(hit.locator("a")).to_have_attribute("href", f"{api}/?id={hit_id(page)}")
    expect(page.get_by_role("status")).to_contain_text("找到")


def hit_id(page: "Page") -> str:
    found: str = page.evaluate("document.querySelector('yinde-search').search('每户补助多少').then(h => h[0].id)")
    return found


def test_markup_in_a_document_is_shown_and_never_run(page: "Page") -> None:
    page.get_by_role("combobox").fill("每户补助")
    page.keyboard.press("Enter")
    expect(page.locator("yinde-search .hit").first).to_contain_text("<img src=x")
    expect(page.locator("yinde-search img")).to_have_count(0)
    assert page.evaluate("window.stolen") is None


def test_marks_count_characters_beyond_the_basic_plane_as_one(page: "Page") -> None:
    hit = {
        "id": "p1", "title": "通知", "path": [], "address": "", "start": 10, "end": 16, "text": "𠮷祥每户补助",
        "evidence": [[12, 14]], "rank": 1, "score": 1, "doc_id": "d", "signals": {},
    }  # fmt: skip
    page.route("**/api/v1/search*", lambda route: route.fulfill(json={"query": "", "took_ms": 1, "hits": [hit]}))
    page.get_by_role("combobox").fill("每户")
    page.keyboard.press("Enter")
    expect(page.locator("yinde-search mark")).to_have_text("每户")


def test_slash_jumps_into_the_box_and_escape_empties_it(page: "Page") -> None:
    box = page.get_by_role("combobox")
    page.locator("body").press("/")
    expect(box).to_be_focused()
    box.fill("完成时限")
    page.keyboard.press("Enter")
    expect(page.locator("yinde-search .hit").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(box).to_have_value("")
    expect(page.locator("yinde-search .hit")).to_have_count(0)
    page.locator("#other").focus()
    page.keyboard.type("/")
    expect(page.locator("#other")).to_have_value("/")


def test_nothing_is_asked_in_the_middle_of_a_pinyin_composition(page: "Page") -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    box = page.get_by_role("combobox")
    box.focus()
    cdp = page.context.new_cdp_session(page)
    cdp.send("Input.imeSetComposition", {"text": "bu'zhu", "selectionStart": 6, "selectionEnd": 6})
    expect(box).to_have_value("bu'zhu")
    box.evaluate(
        "it => it.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    page.wait_for_timeout(400)  # longer than the pause after which suggestions are asked for
    assert asked == []
    with page.expect_request(lambda request: "/api/v1/suggest" in request.url):
        cdp.send("Input.insertText", {"text": "补助"})
    expect(box).to_have_value("补助")


def test_an_answer_that_cannot_be_had_is_told_in_words(page: "Page") -> None:
    page.route("**/api/v1/search*", lambda route: route.abort())
    page.get_by_role("combobox").fill("补助")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("连不上检索服务，请稍后再试。")


def test_a_refusal_is_told_with_its_cure(page: "Page") -> None:
    refusal = {"type": "about:blank", "title": "请求不能执行", "status": 400, "detail": "请缩短到 2000 字以内"}
    page.route("**/api/v1/search*", lambda route: route.fulfill(status=400, json=refusal))
    page.get_by_role("combobox").fill("补助")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("请缩短到 2000 字以内")


@pytest.mark.parametrize("dark", [False, True])
def test_no_width_needs_scrolling_sideways(page: "Page", dark: bool) -> None:
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.set_viewport_size({"width": 360, "height": 700})
    page.get_by_role("combobox").fill("每户补助")
    page.keyboard.press("Enter")
    expect(page.locator("yinde-search .hit").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_its_words_follow_the_pages_language(page: "Page") -> None:
    page.evaluate("document.body.innerHTML = '<yinde-search lang=en></yinde-search>'")
    expect(page.get_by_role("button")).to_have_text("Search")


def test_the_file_is_small() -> None:
    assert len(gzip.compress((ASSETS / "yinde-search.js").read_bytes())) < 8_000


def test_the_demonstration_and_the_browsers_search_field_are_served(library: LocalLibrary) -> None:
    client = TestClient(create_app(library, Pipeline(library)), base_url="http://yinde.local:7860")
    assert "default-src 'none'" in client.get("/widget/").headers["content-security-policy"]
    assert client.get("/widget/yinde-search.js").headers["access-control-allow-origin"] == "*"
    assert client.get("/widget/../server.py").status_code == 404
    assert 'template="http://yinde.local:7860/?q={searchTerms}"' in client.get("/opensearch.xml").text


def test_another_site_may_ask_only_when_it_was_allowed(library: LocalLibrary) -> None:
    app = create_app(library, Pipeline(library), Access(origins=["https://www.example.org"]))
    client = TestClient(app)
    for origin, allowed in (("https://www.example.org", "https://www.example.org"), ("https://evil.example", None)):
        answer = client.get("/api/v1/stats", headers={"Origin": origin})
        assert answer.headers.get("access-control-allow-origin") == allowed
    assert (
        "access-control-allow-origin"
        not in TestClient(create_app(library, Pipeline(library)))
        .get("/api/v1/stats", headers={"Origin": "https://www.example.org"})
        .headers
    )


@pytest.mark.parametrize("origin", ["www.example.org", "https://www.example.org/path", "ftp://example.org", ""])
def test_what_is_no_origin_is_refused_with_an_example(library: LocalLibrary, origin: str) -> None:
    with pytest.raises(QueryError, match=r"https://www\.example\.org"):
        create_app(library, Pipeline(library), Access(origins=[origin]))
