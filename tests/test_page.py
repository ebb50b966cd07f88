"""The page in a real Chromium, over a real library."""

import re
from collections.abc import Iterator
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.server import create_app, listen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [
    pytest.mark.browser,
    # Gradio counts its requests with pandas, by options that pandas is giving up.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

FILLER = "".join(f"（{n}）其他事项第{n}件按照有关规定办理，不再一一列举。\n" for n in "一二三四五六七八九十" * 6)
HOSTILE = f"""关于防范<script>window.stolen=1</script>事件的通知

一、工作目标

到2026年底，改造老旧小区一百二十个，惠及居民三万户。

二、其他事项

{FILLER}
三、资金安排

每户补助两千元。由市财政和区财政各负担一半。<img src=x onerror="window.stolen=1">

江澜市人民政府办公室
2026年3月12日
"""
QUESTION = "每户补助多少？"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLibrary]:
    folder = tmp_path_factory.mktemp("page")
    (folder / "通知.txt").write_text(HOSTILE, encoding="utf-8")
    with LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as opened:
        opened.sync([folder / "通知.txt"])
        yield opened


@pytest.fixture(scope="module")
def address(library: LocalLibrary) -> Iterator[str]:
    import uvicorn

    with listen("127.0.0.1", 0) as listener:
        app = create_app(library, Pipeline(library))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture
def page(browser: "Browser", address: str) -> Iterator["Page"]:
    """A page that fails its test when it asks anything of another host or its script fails."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900}, locale="zh-CN")
    context.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    page = context.new_page()
    outside: list[str] = []
    failures: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if _outside(request.url, address) else None)
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    context.close()
    assert outside == []
    assert failures == []


def _outside(url: str, address: str) -> bool:
    return not url.startswith((address, "data:", "blob:"))


def question_box(page: "Page") -> "Locator":
    return page.locator("#question textarea, #question input")


def ask(page: "Page", question: str = QUESTION) -> None:
    page.goto("/")
    page.locator("#start .shelf").wait_for()
    question_box(page).fill(question)
    page.keyboard.press("Enter")
    page.locator(".answer:not(.waiting)").wait_for()
    page.locator(".hit").first.wait_for()


def wait_in_view(page: "Page", selector: str) -> None:
    """Until the element stands inside the source's visible part."""
    page.wait_for_function(
        """selector => {
            const [room, it] = ["#source", selector].map((s) => document.querySelector(s).getBoundingClientRect());
            return it.top >= room.top && it.bottom <= Math.min(room.bottom, innerHeight);
        }""",
        arg=selector,
    )


def test_enter_answers_with_marks_above_the_passages_found(page: "Page") -> None:
    ask(page)
    expect(page.locator(".answer .statement").first).to_contain_text("每户补助两千元。")
    expect(page.locator(".answer .cite").first).to_have_text("1")
    expect(page.locator(".hit").first).to_contain_text("每户补助两千元")
    expect(page.locator(".hit .why").first).to_contain_text("命中")
    expect(page.locator("#start")).to_be_hidden()


def test_a_mark_opens_the_source_scrolled_to_the_cited_words(page: "Page") -> None:
    ask(page)
    page.locator(".answer .cite").first.click()
    page.locator("#source mark.cited").first.wait_for()
    expect(page.locator("#source mark.cited").first).to_have_text("每户补助两千元。")
    page.wait_for_function("document.querySelector('#source').scrollTop > 500")
    wait_in_view(page, "#source mark.cited")


def test_a_card_opens_its_passage(page: "Page") -> None:
    ask(page)
    page.locator(".hit").first.get_by_text("看原文").click()
    page.locator("#source mark.cited").first.wait_for()
    wait_in_view(page, "#source mark.cited")


def test_the_outline_jumps_to_a_heading(page: "Page") -> None:
    ask(page)
    page.locator(".answer .cite").first.click()
    page.locator("#source .outline summary").click()
    page.locator("#source .outline a", has_text="工作目标").click()
    heading = page.locator("#source h4", has_text="工作目标")
    wait_in_view(page, f"#{heading.get_attribute('id')}")
    expect(page.locator("#source .outline ol")).to_be_hidden()


def test_what_a_document_or_a_question_says_is_never_run(page: "Page") -> None:
    ask(page, "<script>window.stolen=1</script><img src=x onerror='window.stolen=1'>补助")
    page.locator(".hit a").first.click()
    page.locator("#source .document .text").wait_for()
    expect(page.locator("#source .bar h2")).to_contain_text("<script>window.stolen=1</script>")
    assert page.evaluate("window.stolen") is None
    expect(page.locator("#hits img, #source img, #answer img")).to_have_count(0)


def test_nothing_found_is_said_plainly(page: "Page") -> None:
    ask(page, "月球基地何时建成？")
    expect(page.locator(".answer")).to_contain_text("资料中没有找到")
    expect(page.locator(".answer .cite")).to_have_count(0)


def test_a_question_that_is_too_long_is_told_how_to_mend(page: "Page") -> None:
    page.goto("/")
    page.locator("#start .shelf").wait_for()
    question_box(page).fill("减负" * 1500)
    page.keyboard.press("Enter")
    expect(page.locator("[role=alert]")).to_contain_text("请缩短到")


def test_an_example_asks_itself(page: "Page") -> None:
    page.goto("/")
    page.locator("#examples button").first.click()
    page.locator(".answer:not(.waiting)").wait_for()
    expect(question_box(page)).not_to_have_value("")


def test_the_switch_asks_again_in_its_mode(page: "Page") -> None:
    ask(page)
    expect(page.locator(".why").first).to_contain_text("意思相近")
    page.locator("#mode").get_by_text("字面").click()
    page.wait_for_function("document.querySelector('.why')?.innerText.includes('意思相近') === false")
    expect(page).to_have_url(re.compile("mode=lexical"))


def test_a_question_has_an_address_and_back_returns(page: "Page") -> None:
    ask(page)
    expect(page).to_have_url(re.compile(r"\?q="))
    page.reload()
    page.locator(".answer .cite").first.wait_for()
    expect(question_box(page)).to_have_value(QUESTION)
    page.go_back()
    page.locator("#start .shelf").wait_for()


def test_a_permalink_opens_its_passage(page: "Page", library: LocalLibrary) -> None:
    passage = library.search(QUESTION, mode="lexical")[0].passage
    page.goto(f"/?id={passage.id}")
    page.locator("#source mark.cited").first.wait_for()
    expect(page.locator("#source")).to_contain_text("每户补助两千元")
    wait_in_view(page, "#source mark.cited")


def test_a_permalink_to_nothing_says_so(page: "Page") -> None:
    page.goto("/?id=none")
    page.locator("#source [role=alert]").wait_for()


def test_a_citation_is_copied_as_it_is_pasted_into_a_document(page: "Page") -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page)
    page.locator(".answer .cite").first.click()
    page.locator("#source").get_by_text("复制引文").click()
    page.locator("#source").get_by_text("已复制").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("“每户补助两千元。”——《关于防范")
    assert "2026年3月12日" in copied


def test_slash_and_escape_work_from_the_keyboard(page: "Page") -> None:
    ask(page)
    mark = page.locator(".answer .cite").first
    mark.focus()
    page.keyboard.press("Enter")
    page.locator("#source mark.cited").first.wait_for()
    page.keyboard.press("Escape")
    expect(page.locator("#source")).to_be_hidden()
    expect(mark).to_be_focused()
    page.keyboard.press("/")
    expect(question_box(page)).to_be_focused()
    expect(question_box(page)).to_have_value(QUESTION)


def test_the_enter_that_ends_a_pinyin_composition_does_not_ask(page: "Page") -> None:
    page.goto("/")
    page.locator("#start .shelf").wait_for()
    box = question_box(page)
    box.fill("bu zhu")
    box.evaluate(
        "it => it.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    page.wait_for_timeout(500)
    assert page.locator("#start").is_visible()
    page.keyboard.press("Enter")
    page.locator(".answer").wait_for()


@pytest.mark.parametrize(("width", "dark"), [(360, False), (360, True), (1280, True), (2560, False)])
def test_no_width_needs_scrolling_sideways(page: "Page", width: int, dark: bool) -> None:
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.set_viewport_size({"width": width, "height": 800})
    ask(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".answer .cite").first.click()
    page.locator("#source mark.cited").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    wait_in_view(page, "#source mark.cited")


def test_gradios_own_links_and_history_are_not_shown(page: "Page") -> None:
    page.goto("/")
    page.locator("#start .shelf").wait_for()
    expect(page.locator("footer:visible")).to_have_count(0)
    assert page.locator("html").get_attribute("lang") == "zh-CN"
