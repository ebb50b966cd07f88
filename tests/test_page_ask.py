"""问答 in a real Chromium: streamed and verified answers, follow-ups, failures, verdicts and what was asked."""

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from scripted_llm import Reply, Service, numbered, scripted

from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.configured import configured
from rag.pipeline import Pipeline
from ui.server import Access, create_app, listen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.browser,
    # Gradio counts its requests with pandas, by options that pandas is giving up.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

TEXT = """江澜市老旧小区改造实施方案

一、工作目标

2024年改造老旧小区八十个。2025年改造老旧小区一百二十个，惠及居民三万户。

二、资金安排

加装电梯的，每部补助二十万元，由市财政和区财政各负担一半。

江澜市人民政府办公室
2025年3月12日
"""
QUESTION = "加装电梯每部补助多少？"
BORNE = "加装电梯的，每部补助二十万元，由市财政和区财政各负担一半。"


@dataclass
class Site:
    """A served page, its library's folder, and the language model behind it."""

    url: str
    folder: Path
    model: Service


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    import uvicorn

    folder = tmp_path_factory.mktemp("talk")
    (folder / "方案.txt").write_text(TEXT, encoding="utf-8")
    with (
        scripted(Reply()) as model,
        LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as library,
        listen("127.0.0.1", 0) as listener,
    ):
        library.sync([folder / "方案.txt"])
        pipeline: Pipeline = configured(library, {"YINDE_LLM_BASE_URL": model.url, "YINDE_LLM_MODEL": "试验模型"})
        app = create_app(library, pipeline, Access(keys=folder / "library"))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}", folder / "library", model)
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture
def page(browser: "Browser", site: Site) -> Iterator["Page"]:
    context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 900}, locale="zh-CN")
    context.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    context.close()
    assert failures == []


class Heard(logging.Handler):
    """What the server's logs say from warnings on."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(self.format(record))


def says(*sentences: str) -> Reply:
    """A model that writes these sentences, each behind the number of the passage on the lift."""
    return Reply(lambda request: "".join(f"{one}[{numbered(request, '加装电梯的')}]" for one in sentences))


def ask(page: "Page", question: str) -> None:
    box = page.get_by_role("textbox", name="问题", exact=True)
    box.fill(question)
    box.press("Enter")


def test_a_sentence_that_no_source_bears_is_withheld_and_the_reader_is_told(page: "Page", site: Site) -> None:
    site.model.script(says(BORNE, "每部另由省财政补助五十万元。"))
    page.goto("/?view=ask")
    ask(page, QUESTION)
    turn = page.locator(".turn")
    expect(turn.locator(".asked")).to_have_text(QUESTION)
    expect(turn.locator(".statement")).to_have_count(1)
    expect(turn.locator(".support")).to_have_text("逐字")
    expect(turn.locator(".verified")).to_contain_text("由大模型 试验模型 行文")
    expect(turn.locator(".verified")).to_contain_text("另有 1 句在资料中没有得到支持，已略去")
    expect(turn).not_to_contain_text("五十万元")
    expect(turn.locator(".sure")).to_have_text(re.compile("^依据"))


def test_sentences_stand_before_the_answer_is_whole_and_the_reader_may_stop_it(page: "Page", site: Site) -> None:
    site.model.script(Reply(lambda r: f"{BORNE}[{numbered(r, '加装电梯的')}]" + "资金由两级财政负担。" * 40, gap=0.25))
    page.goto("/?view=ask")
    ask(page, QUESTION)
    expect(page.locator(".turn .statement").first).to_contain_text("二十万元")
    expect(page.locator(".turn .said")).to_have_attribute("aria-busy", "true")
    page.get_by_role("button", name="停止").click()
    expect(page.locator(".turn .stopped")).to_have_text("已停止。")
    expect(page.get_by_role("button", name="提问", exact=True)).to_be_visible()
    assert site.model.left.wait(20)  # the service is no longer listened to


def test_a_browser_that_goes_away_in_the_middle_ends_the_work_and_disturbs_nobody(
    page: "Page", browser: "Browser", site: Site
) -> None:
    heard = Heard()
    logging.getLogger().addHandler(heard)
    logging.getLogger("uvicorn").addHandler(heard)
    try:
        site.model.script(Reply(lambda r: f"{BORNE}[{numbered(r, '加装电梯的')}]" + "资金由财政负担。" * 90, gap=0.2))
        context = browser.new_context(base_url=site.url, locale="zh-CN")
        gone = context.new_page()
        gone.goto("/?view=ask")
        ask(gone, QUESTION)
        expect(gone.locator(".turn .statement").first).to_contain_text("二十万元")
        context.close()
        assert site.model.left.wait(20)  # nothing goes on for a reader who has left
        site.model.script(says(BORNE))
        page.goto("/?view=ask")
        ask(page, QUESTION)
        expect(page.locator(".turn [data-answer]")).to_have_count(1)
    finally:
        logging.getLogger().removeHandler(heard)
        logging.getLogger("uvicorn").removeHandler(heard)
    assert heard.told == []


def test_the_source_opens_beside_the_answer_and_leaves_the_box_its_focus(page: "Page", site: Site) -> None:
    site.model.script(says(BORNE))
    page.goto("/?view=ask")
    ask(page, QUESTION)
    expect(page.locator("#source mark.cited").first).to_contain_text("每部补助二十万元")
    expect(page.get_by_role("textbox", name="问题", exact=True)).to_be_focused()


def test_a_follow_up_shows_what_it_was_taken_for_and_can_be_mended(page: "Page", site: Site) -> None:
    site.model.script(Reply(status=500))
    page.goto("/?view=ask")
    ask(page, "2024年改造老旧小区多少个？")
    expect(page.locator(".turn [data-answer]")).to_have_count(1)
    ask(page, "那2025年呢？")
    expect(page.locator(".turn [data-answer]")).to_have_count(2)
    meant = page.locator(".turn").nth(1).get_by_role("textbox", name="理解为")
    expect(meant).to_have_value("2025年改造老旧小区多少个？")
    meant.fill("加装电梯每部补助多少？")
    page.get_by_role("button", name="按此重问").click()
    expect(page.locator(".turn").nth(1).locator(".asked")).to_have_text("加装电梯每部补助多少？")
    expect(page.locator(".turn").nth(1).locator(".statement").first).to_contain_text("二十万元")


def test_a_model_that_fails_is_told_and_the_answer_quotes(page: "Page", site: Site) -> None:
    site.model.script(Reply(status=401))
    page.goto("/?view=ask")
    ask(page, QUESTION)
    expect(page.locator(".turn .note")).to_contain_text("以下为原文摘录")
    expect(page.locator(".turn .statement").first).to_contain_text("每部补助二十万元")
    expect(page.locator(".turn")).not_to_contain_text("sk-secret")


def test_what_is_not_in_the_library_is_said_with_what_is_missing_and_the_nearest_passages(
    page: "Page", site: Site
) -> None:
    site.model.script(says(BORNE))
    page.goto("/?view=ask&q=" + "月球基地何时建成？")
    expect(page.locator(".turn .answer.none")).to_contain_text("资料中没有找到")
    expect(page.locator(".turn .cite")).to_have_count(0)


def test_an_answer_of_the_search_is_carried_on_as_a_conversation(page: "Page", site: Site) -> None:
    site.model.script(Reply(status=500))
    page.goto("/?q=2024年改造老旧小区多少个？")
    page.locator("#answer").get_by_role("button", name="接着问").click()
    expect(page.locator(".turn .asked")).to_have_text("2024年改造老旧小区多少个？")
    ask(page, "那2025年呢？")
    expect(page.get_by_role("textbox", name="理解为")).to_have_value("2025年改造老旧小区多少个？")


def test_a_verdict_is_written_down_with_what_was_answered(page: "Page", site: Site) -> None:
    site.model.script(says(BORNE))
    page.goto("/?view=ask")
    ask(page, QUESTION)
    page.get_by_role("button", name="有误").click()
    expect(page.locator(".told")).to_have_text("已记下，供评测改进。")
    page.get_by_role("textbox", name="哪里有误").fill("漏了<区级>标准")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="哪里有误")).to_have_count(0)
    expect(page.get_by_role("button", name="有误")).to_have_attribute("aria-pressed", "true")
    lines = (site.folder / "feedback.jsonl").read_text(encoding="utf-8").splitlines()
    last = json.loads(lines[-1])
    assert (last["verdict"], last["comment"], last["question"]) == ("down", "漏了<区级>标准", QUESTION)
    assert last["statements"][0]["text"] == BORNE
    assert last["statements"][0]["support"] == "verbatim"


def test_what_was_asked_is_listed_asked_again_cleared_and_switched_off(page: "Page", site: Site) -> None:
    site.model.script(says(BORNE))
    page.goto("/?view=ask")
    ask(page, "<b>电梯</b>补助多少？")
    expect(page.locator(".turn [data-answer], .turn .answer.none")).not_to_have_count(0)
    page.get_by_role("button", name="提问记录").click()
    expect(page.locator("#history li a").first).to_have_text("<b>电梯</b>补助多少？")
    page.get_by_role("button", name="不再记录").click()
    expect(page.locator("#history li")).to_have_count(0)
    expect(page.locator("#history")).to_contain_text("记录已关闭")
    page.keyboard.press("Escape")
    ask(page, "秘密的问题？")
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".turn").nth(1).locator(".answer:not(.waiting)")).to_be_visible()
    page.get_by_role("button", name="提问记录").click()
    page.get_by_role("button", name="恢复记录").click()
    expect(page.locator("#history")).to_contain_text("还没有记录")
    assert "秘密" not in (site.folder / "history.json").read_text(encoding="utf-8")


def test_the_enter_that_ends_a_composition_does_not_ask(page: "Page") -> None:
    page.goto("/?view=ask")
    box = page.get_by_role("textbox", name="问题", exact=True)
    box.fill("bu zhu")
    event = "it => it.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, bubbles: true}))"
    box.evaluate(event)
    expect(box).to_have_value("bu zhu")
    expect(page.locator(".turn")).to_have_count(0)
    box.press("Shift+Enter")
    expect(box).to_have_value("bu zhu\n")


@pytest.mark.parametrize(("width", "dark"), [(360, True), (360, False), (2560, False)])
def test_a_conversation_fits_every_width(page: "Page", site: Site, width: int, dark: bool) -> None:
    site.model.script(says(BORNE))
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/?view=ask")
    ask(page, QUESTION)
    expect(page.locator(".turn [data-answer]")).to_have_count(1)
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".turn .cite").first.click()
    expect(page.locator("#source mark.cited").first).to_be_in_viewport()
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
