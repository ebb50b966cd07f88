"""评测 in a real Chromium: grades by one key become a question set that yinde-eval reads, runs and reports."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from eval.cases import load_set
from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.judge import Judgements
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

到2026年底，改造老旧小区一百二十个，惠及居民三万户。

二、资金安排

加装电梯的，每部补助二十万元，由市财政和区财政各负担一半。

江澜市人民政府办公室
2025年3月12日
"""
QUESTION = "加装电梯<b>每部</b>补助多少？"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLibrary]:
    folder = tmp_path_factory.mktemp("judged")
    (folder / "方案.txt").write_text(TEXT, encoding="utf-8")
    with LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as opened:
        opened.sync([folder / "方案.txt"])
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def address(library: LocalLibrary, folder: Path) -> Iterator[str]:
    import uvicorn

    with listen("127.0.0.1", 0) as listener:
        app = create_app(library, Pipeline(library), Access(keys=folder))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture(params=[1280, 360])
def page(request: pytest.FixtureRequest, browser: "Browser", address: str) -> Iterator["Page"]:
    context = browser.new_context(base_url=address, viewport={"width": request.param, "height": 900}, locale="zh-CN")
    expect.set_options(timeout=20_000)
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    context.close()
    assert failures == []


def test_a_hit_is_judged_with_one_key_and_the_next_one_takes_the_focus(page: "Page", folder: Path) -> None:
    page.goto("/?view=eval")
    page.get_by_label("要判定的问题").fill(QUESTION)
    page.keyboard.press("Enter")
    cards = page.locator(".pool li")
    expect(cards.first).to_be_focused()
    page.keyboard.press("3")
    expect(cards.first.get_by_role("button", name="正是")).to_have_attribute("aria-pressed", "true")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("0")
    expect(cards.nth(1).get_by_role("button", name="无关")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".keys .n")).to_have_text("2")
    page.reload()
    expect(cards.first.get_by_role("button", name="正是")).to_have_attribute("aria-pressed", "true")
    rows = (folder / "评测" / "sets" / "判定" / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "query-id\tcorpus-id\tscore"
    assert sorted(row.rsplit("\t", 1)[1] for row in rows[1:]) == ["0", "3"]


def test_what_was_judged_is_measured_and_its_report_stands_in_a_frame(page: "Page", folder: Path) -> None:
    ready = folder / "评测" / "runs" / "20260101-000000-判定"
    ready.mkdir(parents=True, exist_ok=True)
    summary = (
        '{"set": {"name": "判定"}, "started": "2026-01-01T00:00:00", "measures": {"nDCG@10": {"mean": 0.5, "n": 2}}}'
    )
    (ready / "summary.json").write_text(summary.replace('"判定"}', '"判定", "cases": 2}'), encoding="utf-8")
    (ready / "report.html").write_text("<h1>评测报告</h1>", encoding="utf-8")
    page.goto("/?view=eval")
    expect(page.locator(".runs td", has_text="50.0")).to_be_visible()
    page.get_by_role("button", name="看报告").first.click()
    expect(page.frame_locator("#report iframe").locator("h1")).to_have_text("评测报告")
    page.get_by_text("判定过的问题").click()
    page.get_by_role("link", name=QUESTION).click()
    expect(page.locator(".pool li").first).to_be_visible()


@pytest.mark.model
def test_a_run_goes_on_in_a_process_of_its_own_until_it_is_listed(page: "Page") -> None:
    if page.viewport_size and page.viewport_size["width"] < 1000:
        pytest.skip("once is enough")
    page.goto("/?view=eval")
    page.get_by_label("也评测回答").uncheck()
    page.get_by_role("button", name="开始评测").click()
    expect(page.locator("[data-going]")).to_contain_text("正在评测")
    expect(page.locator("[data-going]")).to_have_count(0, timeout=120_000)
    expect(page.locator(".runs tbody tr")).to_have_count(2)
    page.get_by_role("button", name="看报告").first.click()
    expect(page.frame_locator("#report iframe").locator("h1")).to_have_text("引得评测报告")


def test_judgements_are_a_set_that_the_evaluation_reads(tmp_path: Path, library: LocalLibrary) -> None:
    judgements = Judgements(tmp_path / "判定")
    passages = library.passages(library.documents()[0].id)
    judgements.add(" 补助\n多少 ", passages[-1].id, 2)
    judgements.add("补助 多少", passages[-1].id, 3)
    judgements.add("补助 多少", passages[0].id, 0)
    judgements.write_corpus(library)
    (case,) = load_set(tmp_path / "判定").cases
    assert case.question == "补助 多少"
    assert [(piece.unit, piece.quote, piece.grade) for piece in case.evidence] == [
        (passages[-1].id, passages[-1].text, 3)
    ]
    assert judgements.grades("补助 多少") == {passages[-1].id: 3, passages[0].id: 0}
    assert judgements.questions() == [("补助 多少", 2)]
