"""The search box where sites really put it: from a file, behind a key, in the dark, in English, twice on a page."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.keys import Keys
from ui.server import ASSETS, Access, create_app, listen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

NOTICE = """关于老旧小区改造的通知

一、补助标准

每户补助两千元，由市财政负担。

二、补助发放

各区要在每月底前发放补助。
"""
Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Keys]]:
    """A running server that pages opened from files may ask, and its keys: none yet."""
    import uvicorn

    folder = tmp_path_factory.mktemp("places")
    (folder / "通知.txt").write_text(NOTICE, encoding="utf-8")
    with LocalLibrary.open(folder / "library", model="hash", create=True) as library:
        library.sync([folder / "通知.txt"])
        with listen("127.0.0.1", 0) as listener:
            app = create_app(library, Pipeline(library), Access(keys=folder, origins=["null"]))
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
            thread = Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", Keys(folder)
            server.should_exit = True
            thread.join(timeout=20)


@pytest.fixture
def opened(browser: "Browser", served: tuple[str, Keys], tmp_path: Path) -> Iterator[Open]:
    """Open a page from a file, with the box's own file beside it; a script that fails fails its test."""
    context = browser.new_context(locale="zh-CN")
    context.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    failures: list[str] = []

    def open_page(box: str = "", head: str = "", language: str = "zh-CN") -> "Page":
        box = box or f'<yinde-search endpoint="{served[0]}"></yinde-search>'
        (tmp_path / "yinde-search.js").write_bytes((ASSETS / "yinde-search.js").read_bytes())
        page = context.new_page()
        page.on("pageerror", lambda error: failures.append(str(error)))
        file = tmp_path / "页.html"
        file.write_text(
            f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>页</title>{head}'
            f'<script src="yinde-search.js" defer></script><main><h1>页</h1>{box}</main></html>',
            encoding="utf-8",
        )
        page.goto(file.as_uri())
        return page

    yield open_page
    context.close()
    assert failures == []


def ask(page: "Page", words: str = "每户补助") -> None:
    page.get_by_role("combobox").first.fill(words)
    page.keyboard.press("Enter")
    expect(page.locator("yinde-search .hit").first).to_be_visible()


def test_a_page_opened_from_a_file_finds_passages(opened: Open) -> None:
    page = opened()
    ask(page)
    expect(page.locator("yinde-search .hit").first).to_contain_text("两千元")


def test_arrows_choose_a_suggestion_and_enter_asks_it(opened: Open) -> None:
    page = opened()
    box = page.get_by_role("combobox")
    box.press_sequentially("老旧小区")
    first = page.get_by_role("option").first
    expect(first).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(first).to_be_hidden()
    expect(box).to_have_value("老旧小区")
    page.keyboard.press("ArrowDown")  # brings the suggestions back
    expect(first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", "option-0")
    page.keyboard.press("ArrowUp")
    expect(first).to_have_attribute("aria-selected", "false")
    page.keyboard.press("ArrowDown")
    words = first.inner_text()
    page.keyboard.press("Enter")
    expect(box).to_have_value(words)
    expect(page.get_by_role("option")).to_have_count(0)
    expect(page.locator("yinde-search .hit").first).to_be_visible()


def test_typing_on_lets_go_of_the_suggestion_that_was_chosen(opened: Open) -> None:
    page = opened()
    box = page.get_by_role("combobox")
    box.press_sequentially("老旧小区")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    box.press_sequentially("补助")
    page.keyboard.press("Enter")
    expect(page.locator("yinde-search .hit").first).to_be_visible()
    expect(box).to_have_value("老旧小区补助")


def test_a_composition_that_begins_at_once_holds_back_what_was_about_to_be_asked(opened: Open) -> None:
    page = opened()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    page.get_by_role("combobox").evaluate(
        """box => { box.value = '补'; box.dispatchEvent(new InputEvent('input', {bubbles: true}));
                    box.dispatchEvent(new CompositionEvent('compositionstart', {bubbles: true})); }"""
    )
    page.wait_for_timeout(400)  # longer than the pause after which suggestions are asked for
    assert asked == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_complain_of(opened: Open, scheme: str) -> None:
    page = opened(head="<style>html { color-scheme: light dark; background: Canvas }</style>")
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 360, "height": 800})
    ask(page, "老旧小区")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option").first).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_it_is_dark_only_where_the_page_is(opened: Open) -> None:
    read = "box => getComputedStyle(box.shadowRoot.querySelector('input')).color"
    page = opened()
    page.emulate_media(color_scheme="dark")
    box = page.locator("yinde-search")
    assert box.evaluate(read) == "rgb(31, 35, 40)"  # a page of light paper stays one
    box.evaluate("box => box.setAttribute('theme', 'dark')")
    assert box.evaluate(read) == "rgb(230, 237, 243)"
    box.evaluate("box => box.style.setProperty('--yinde-text', 'rgb(1, 2, 3)')")
    assert box.evaluate(read) == "rgb(1, 2, 3)"


def test_in_english_every_word_of_its_own_is_english(opened: Open) -> None:
    page = opened(language="en")
    ask(page)
    expect(page.get_by_role("status")).to_have_text("2 passages")
    expect(page.get_by_role("combobox")).to_have_attribute("placeholder", "A question, keywords or a quotation")
    expect(page.get_by_role("button", name="Copy citation").first).to_be_visible()
    page.locator("yinde-search").evaluate("box => box.setAttribute('lang', 'zh')")
    expect(page.get_by_role("button", name="检索")).to_be_visible()


def test_the_first_of_two_boxes_takes_the_key(opened: Open, served: tuple[str, Keys]) -> None:
    page = opened(f'<yinde-search endpoint="{served[0]}"></yinde-search>' * 2)
    page.keyboard.press("/")
    expect(page.get_by_role("combobox").first).to_be_focused()
    expect(page.get_by_role("combobox").first).to_have_value("")


def test_what_matched_deep_in_a_passage_is_shown_from_there(opened: Open) -> None:
    page = opened()
    text = "前" * 300 + "每户补助两千元。" + "后" * 50
    hit = {
        "id": "p1", "title": "通知", "path": ["一、补助标准"], "address": "一", "page": 3, "date": "2026-03-05",
        "start": 10, "end": 10 + len(text), "text": text, "evidence": [[310, 318]], "rank": 1, "score": 1,
        "doc_id": "d", "signals": {},
    }  # fmt: skip
    page.route("**/api/v1/search*", lambda route: route.fulfill(json={"query": "", "took_ms": 1, "hits": [hit]}))
    ask(page)
    expect(page.locator("yinde-search mark")).to_have_text("每户补助两千元。")
    expect(page.locator("yinde-search .text")).to_have_text("……" + "前" * 24 + "每户补助两千元。" + "后" * 50)
    expect(page.locator("yinde-search .where")).to_have_text("2026-03-05 · 一、补助标准 › 一 · 第 3 页")


def test_a_citation_is_copied_or_shown_to_be_copied_by_hand(opened: Open) -> None:
    page = opened()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, "每月底前发放补助")
    page.get_by_role("button", name="复制引文").first.click()
    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    assert "关于老旧小区改造的通知" in page.evaluate("navigator.clipboard.readText()")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")  # a page without https
    page.get_by_role("button", name="复制引文").first.click()
    expect(page.get_by_role("status")).to_contain_text("请手工选取：“")


def test_a_served_library_that_asks_for_keys_answers_the_boxs_own(opened: Open, served: tuple[str, Keys]) -> None:
    address, keys = served
    key = keys.add("门户网站", "read")
    try:
        page = opened()
        page.get_by_role("combobox").fill("补助")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text("检索服务要求密钥，请与本站管理员联系。")
        ask(opened(f'<yinde-search endpoint="{address}" key="{key}"></yinde-search>'))
    finally:
        keys.remove("门户网站")


def test_the_types_name_every_field_of_a_hit() -> None:
    from ui.schema import HitModel

    told = (ASSETS / "yinde-search.d.ts").read_text(encoding="utf-8").split("interface YindeHit {")[1].split("\n}")[0]
    fields = {line.strip().split(":")[0] for line in told.splitlines() if line.strip() and "/**" not in line}
    assert fields == set(HitModel.model_json_schema()["properties"])
