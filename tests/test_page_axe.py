"""axe-core finds nothing serious in any view, light or dark; the first view is there in time; keys reach everything."""

import json
import time
from collections.abc import Callable, Iterator
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.keep import Keeper
from ui.server import Access, create_app, listen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

axe = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = [
    pytest.mark.browser,
    # Gradio counts its requests with pandas, by options that pandas is giving up.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

TEXT = """江澜市老旧小区改造实施方案

江政发〔2026〕3号

一、工作目标

到2026年底，改造老旧小区一百二十个，惠及居民三万户。

二、资金安排

加装电梯的，每部补助二十万元，由市财政和区财政各负担一半。

江澜市人民政府办公室
2026年3月12日
"""
DRAFT = "《江澜市老旧小区改造实施方案》提出：“加装电梯的，每部补助三十万元，由市财政和区财政各负担一半。”"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import uvicorn

    folder = tmp_path_factory.mktemp("axe")
    for year in (2025, 2026):
        (folder / f"方案{year}.txt").write_text(TEXT.replace("2026", str(year)), encoding="utf-8")
    run = folder / "library" / "评测" / "runs" / "20260101-000000-判定"
    run.mkdir(parents=True)
    measures = {"nDCG@10": {"mean": 0.5, "n": 2}}
    told = {"set": {"name": "判定", "cases": 2}, "started": "2026-01-01T00:00:00", "measures": measures}
    (run / "summary.json").write_text(json.dumps(told), encoding="utf-8")
    judged = run.parent.parent / "sets" / "判定"
    judged.mkdir(parents=True)
    (judged / "queries.jsonl").write_text('{"_id": "q", "text": "补助"}\n', encoding="utf-8")
    with (
        LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as library,
        listen("127.0.0.1", 0) as listener,
    ):
        library.sync(sorted(folder.glob("*.txt")))
        keeper = Keeper(library, folder / "library" / "uploads")
        app = create_app(library, Pipeline(library), Access(keys=folder / "library", keeper=keeper))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=20)
        keeper.close()


@pytest.fixture
def page(browser: "Browser", address: str) -> Iterator["Page"]:
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900}, locale="zh-CN")
    context.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    yield context.new_page()
    context.close()


def serious(page: "Page") -> list[str]:
    """What axe-core calls serious or critical: rule, and where."""
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def start(page: "Page") -> None:
    page.goto("/")
    expect(page.locator("#start .shelf")).to_be_visible()


def search(page: "Page") -> None:
    page.goto("/?q=加装电梯每部补助多少？")
    expect(page.locator(".answer [data-answer]")).to_be_visible()
    page.locator(".answer .cite").first.click()
    expect(page.locator("#source mark.cited").first).to_be_visible()


def talk(page: "Page") -> None:
    page.goto("/?view=ask&q=加装电梯每部补助多少？")
    expect(page.locator(".turn [data-answer]")).to_be_visible()
    page.get_by_role("button", name="有误").click()
    expect(page.locator(".comment")).to_be_visible()


def check(page: "Page") -> None:
    page.goto("/?view=check")
    page.get_by_label("稿件内容").fill(DRAFT)
    page.get_by_role("button", name="核查").click()
    expect(page.frame_locator(".report iframe").locator(".card").first).to_be_visible()


def trace(page: "Page") -> None:
    page.goto("/?view=trace&phrase=老旧小区")
    expect(page.locator("#trace-result .lead")).to_be_visible()


def shelf(page: "Page") -> None:
    page.goto("/?view=shelf")
    page.locator(".about summary").first.click()
    expect(page.locator(".changes").first).to_be_visible()


def measuring(page: "Page") -> None:
    page.goto("/?view=eval&judge=加装电梯")
    expect(page.locator(".pool li").first).to_be_visible()
    expect(page.locator(".runs")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("view", [start, search, talk, check, trace, shelf, measuring])
def test_axe_finds_nothing_serious(page: "Page", view: Callable[["Page"], None], dark: bool) -> None:
    page.emulate_media(color_scheme="dark" if dark else "light")
    view(page)
    for width in (1280, 360, 2560):
        page.set_viewport_size({"width": width, "height": 900})
        assert serious(page) == [], width


def test_the_list_of_questions_has_nothing_serious_either(page: "Page") -> None:
    talk(page)
    page.get_by_role("button", name="提问记录").click()
    expect(page.locator("#history li").first).to_be_visible()
    assert serious(page) == []


def test_every_view_is_reached_and_every_focus_is_seen_by_keyboard(page: "Page") -> None:
    start(page)
    page.locator("#brand a").focus()
    for name in ("检索", "问答", "引文核查", "演变", "文库", "评测", "提问记录"):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        expect(focused).to_have_text(name)
        expect(focused).to_have_css("outline-style", "solid")
    page.keyboard.press("Tab")
    expect(page.locator("#question textarea, #question input")).to_be_focused()


def test_the_first_view_does_not_wait(page: "Page") -> None:
    # 1.1 s on an idle machine with two cores; the bound here only catches what a busy one cannot explain.
    start(page)
    began = time.perf_counter()
    start(page)
    assert time.perf_counter() - began < 15
