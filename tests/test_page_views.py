"""The page's facets, suggestions and other views in a real Chromium, at the width of a desk and of a telephone."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.server import create_app, listen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.browser,
    # Gradio counts its requests with pandas, by options that pandas is giving up.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

RAIN = "各级各部门要加强汛期值班值守，遇有险情立即报告，并于一小时内报送书面材料。"
DUTIES = "防汛工作实行属地管理，主要负责人是第一责任人，层层签订责任书，逐库逐堤明确责任人并向社会公布。"
FILES = {
    "甲.txt": f"江澜市人民政府关于做好2025年防汛工作的通知\n\n江政发〔2025〕3号\n\n一、落实责任\n\n{DUTIES}\n\n"
    f"二、值班值守\n\n{RAIN}\n\n江澜市人民政府\n2025年4月2日\n",
    "乙.txt": f"南塘区人民政府关于转发防汛工作要求的通知\n\n南政发〔2026〕5号\n\n一、物资储备\n\n{DUTIES[::-1]}\n\n"
    f"二、值班值守\n\n{RAIN}\n\n南塘区人民政府\n2026年4月9日\n",
    "丙.txt": "江澜市水务局关于汛期检查情况的<b>通报</b>\n\n江水〔2026〕8号\n\n一、检查情况\n\n"
    "汛期检查中发现水库夜间无人在岗，防汛物资储备不足。\n\n江澜市水务局\n2026年6月1日\n",
}
DRAFT = "《江澜市人民政府关于做好2025年防汛工作的通知》要求：“遇有险情立即报告，并于两小时内报送书面材料。”"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import uvicorn

    folder = tmp_path_factory.mktemp("views")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    with (
        LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as library,
        listen("127.0.0.1", 0) as listener,
    ):
        library.sync([folder / name for name in FILES])
        config = uvicorn.Config(
            create_app(library, Pipeline(library)), log_level="warning", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture(params=[1280, 360])
def page(request: pytest.FixtureRequest, browser: "Browser", address: str) -> Iterator["Page"]:
    """A page that fails its test when it asks anything of another host, its script fails, or it is wider than seen."""
    context = browser.new_context(
        base_url=address, viewport={"width": request.param, "height": 900}, locale="zh-CN", accept_downloads=True
    )
    context.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    page = context.new_page()
    outside: list[str] = []
    failures: list[str] = []
    page.on("request", lambda request: None if request.url.startswith(address) else outside.append(request.url))
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []
    assert failures == []


def open_question(page: "Page", question: str) -> None:
    page.goto(f"/?q={question}")
    expect(page.locator(".finds .hit").first).to_be_visible()
    expect(page.locator(".answer.found .remark, .answer.none")).to_be_visible()


def fold_open(page: "Page") -> None:
    """Open the facets where they stand folded."""
    if page.viewport_size and page.viewport_size["width"] < 860:
        expect(page.locator(".facets[data-met]")).to_have_count(1)
        page.locator(".facets > summary").click()


def test_a_facet_narrows_the_question_and_its_condition_is_taken_away_again(page: "Page") -> None:
    open_question(page, "汛期")
    fold_open(page)
    page.get_by_role("button", name="只看机关：江澜市水务局，1 篇").click()
    box = page.locator("#question textarea, #question input")
    expect(box).to_have_value("汛期 机关:江澜市水务局")
    expect(page.locator(".hit h3").filter(has_not_text="通报")).to_have_count(0)
    expect(page.locator(".hit h3").first).to_contain_text("通报")
    expect(page).to_have_url(re.compile("q=.*%E6%9C%BA%E5%85%B3"))
    page.get_by_role("button", name="取消条件 机关:江澜市水务局").click()
    expect(box).to_have_value("汛期")
    expect(page.locator(".hit h3").filter(has_not_text="通报").first).to_be_visible()


def test_the_latest_come_first_on_request(page: "Page") -> None:
    open_question(page, "汛期")
    page.get_by_role("button", name="新的在前").click()
    expect(page.get_by_role("button", name="新的在前")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".hit").first).to_contain_text("2026年6月1日")


def test_the_same_words_elsewhere_are_folded_into_one_card(page: "Page") -> None:
    open_question(page, "遇有险情立即报告")
    card = page.locator(".hit", has=page.locator(".copies")).first
    card.locator(".copies summary").click()
    expect(card.locator(".copies li")).to_have_count(1)
    card.locator(".copies a").click()
    expect(page.locator("#source mark.cited", has_text="遇有险情立即报告")).to_be_visible()


def test_similar_passages_open_below_a_card_and_fold_again(page: "Page") -> None:
    open_question(page, "遇有险情立即报告")
    button = page.locator(".hit [data-similar]").first
    button.click()
    expect(page.locator(".hit .alike .compact li").first).to_be_visible()
    button.click()
    expect(page.locator(".hit .alike")).to_have_count(0)


def test_similar_passages_stay_open_when_the_cards_are_drawn_anew(page: "Page") -> None:
    open_question(page, "遇有险情立即报告")
    page.locator(".hit [data-similar]").first.click()
    shown = page.locator(".hit .alike .compact li").first
    expect(shown).to_be_visible()
    page.evaluate("""() => {
        const finds = document.querySelector("#hits .finds");
        const anew = finds.cloneNode(true);
        anew.querySelectorAll(".alike").forEach((one) => one.remove());
        anew.querySelectorAll("[data-similar]").forEach((one) => one.setAttribute("aria-expanded", "false"));
        finds.replaceWith(anew);
    }""")
    expect(shown).to_be_visible()
    button = page.locator(".hit [data-similar]").first
    expect(button).to_have_attribute("aria-expanded", "true")
    button.click()
    expect(page.locator(".hit .alike")).to_have_count(0)


def test_a_suggestion_is_chosen_from_the_keyboard(page: "Page") -> None:
    page.goto("/")
    expect(page.locator("#start .shelf")).to_be_visible()
    box = page.locator("#question textarea, #question input")
    box.click()
    page.keyboard.type("江澜市水务")
    expect(page.locator("#suggestions li").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#suggestions [aria-selected=true]")
    expect(chosen).to_contain_text("江澜市水务局")
    expect(box).to_have_attribute("aria-activedescendant", "suggestion-0")
    page.keyboard.press("Enter")
    expect(box).to_have_value(re.compile("^江澜市水务局"))
    expect(page.locator(".finds .hit").first).to_be_visible()
    expect(page.locator("#suggestions")).to_be_hidden()


def test_half_a_syllable_of_pinyin_asks_for_no_suggestion(page: "Page") -> None:
    page.goto("/")
    expect(page.locator("#start .shelf")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/suggest" in request.url else None)
    page.locator("#question textarea, #question input").click()
    typing = page.context.new_cdp_session(page)
    for sofar in ("j", "ji", "jiang", "jiang lan"):
        typing.send(
            "Input.imeSetComposition", {"text": sofar, "selectionStart": len(sofar), "selectionEnd": len(sofar)}
        )
    with page.expect_request("**/suggest?*"):
        typing.send("Input.insertText", {"text": "江澜"})
    expect(page.locator("#suggestions li").first).to_be_visible()
    assert len(asked) == 1
    assert asked[0].endswith("q=%E6%B1%9F%E6%BE%9C")


def test_facets_stand_open_at_a_desk_and_folded_on_a_telephone(page: "Page") -> None:
    open_question(page, "汛期")
    folded = page.viewport_size and page.viewport_size["width"] < 860
    expect(page.locator(".facets[open]")).to_have_count(0 if folded else 1)
    if folded:
        page.locator(".facets summary").first.click()
        expect(page.locator(".facets[open]")).to_have_count(1)


def test_arrows_lead_from_one_passage_to_the_next_in_the_source(page: "Page") -> None:
    open_question(page, "汛期")
    page.locator(".hit h3 a").first.click()
    expect(page.locator("#source .steps")).to_contain_text(re.compile("^‹1 / "))
    expect(page.get_by_role("button", name="上一处")).to_be_disabled()
    page.get_by_role("button", name="下一处").click()
    expect(page.locator("#source .steps")).to_contain_text(re.compile("^‹2 / "))
    expect(page.locator("#source")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#source .steps")).to_contain_text(re.compile("^‹1 / "))


def test_escape_closes_the_suggestions_and_keeps_what_was_typed(page: "Page") -> None:
    page.goto("/")
    expect(page.locator("#start .shelf")).to_be_visible()
    box = page.locator("#question textarea, #question input")
    box.click()
    page.keyboard.type("防汛")
    expect(page.locator("#suggestions li").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#suggestions")).to_be_hidden()
    expect(box).to_have_value("防汛")


def test_a_pasted_draft_is_reported_beside_the_originals(page: "Page") -> None:
    page.goto("/?view=check")
    page.get_by_label("稿件内容").fill(DRAFT)
    page.get_by_role("button", name="核查").click()
    report = page.frame_locator(".report iframe")
    expect(report.locator(".card.wrong").first).to_contain_text("两小时")
    expect(report.locator(".draft mark.wrong").first).to_be_visible()


def test_a_pasted_markdown_draft_is_read_as_one(page: "Page") -> None:
    page.goto("/?view=check")
    page.get_by_label("稿件内容").fill(f"## 汇报\n\n- **要求**：{DRAFT}")
    page.get_by_role("button", name="核查").click()
    expect(page.locator(".report h2")).to_have_text("《粘贴的稿件.md》的核查报告")
    report = page.frame_locator(".report iframe")
    expect(report.locator(".card.wrong").first).to_contain_text("两小时")
    expect(report.locator(".draft").get_by_role("heading", name="汇报", exact=True)).to_be_visible()


def test_an_uploaded_draft_comes_back_as_html_and_word(page: "Page", tmp_path: Path) -> None:
    from docx import Document

    file = tmp_path / "汇报 & <b>.txt"
    file.write_text(DRAFT, encoding="utf-8")
    page.goto("/?view=check")
    page.get_by_label("或选择文件").set_input_files(file)
    page.get_by_role("button", name="核查").click()
    expect(page.locator(".report h2")).to_have_text("《汇报 & <b>.txt》的核查报告")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载网页报告").click()
    assert download.value.suggested_filename.endswith(".html")
    assert "两小时" in Path(download.value.path()).read_text(encoding="utf-8")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载带批注的 Word").click()
    word = Document(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert [comment.author for comment in word.comments][:1] == ["引得核查"]


def test_nothing_to_check_and_a_format_that_cannot_be_read_are_told_with_the_cure(page: "Page", tmp_path: Path) -> None:
    page.goto("/?view=check")
    page.get_by_role("button", name="核查").click()
    expect(page.locator("#check-result [role=alert]")).to_contain_text("请先粘贴稿件内容")
    old = tmp_path / "旧稿.doc"
    old.write_bytes(b"\xd0\xcf\x11\xe0")
    page.get_by_label("或选择文件").set_input_files(old)
    page.get_by_role("button", name="核查").click()
    expect(page.locator("#check-result [role=alert]")).to_contain_text("旧稿.doc 是旧版文档")


def test_a_formulation_is_traced_and_its_uses_open_the_source(page: "Page") -> None:
    page.goto("/?view=trace")
    page.get_by_label("提法").fill("险情立即报告")
    page.keyboard.press("Enter")
    expect(page.locator("#trace-result .lead")).to_contain_text("“险情立即报告”见于 2 篇文件，共 2 处")
    expect(page.locator("#trace-result svg rect")).to_have_count(2)
    expect(page).to_have_url(re.compile("view=trace&phrase="))
    page.locator(".uses a").first.click()
    expect(page.locator("#source mark.cited").first).to_have_text("险情立即报告")
    page.reload()
    expect(page.locator("#trace-result .lead")).to_contain_text("险情立即报告")


def test_the_library_lists_its_documents_and_what_each_is_made_of(page: "Page") -> None:
    page.goto("/?view=shelf")
    expect(page.locator(".documents > li")).to_have_count(3)
    page.get_by_label("按标题、机关、文号、文种、年份查找").fill("水务局 2026")
    page.keyboard.press("Enter")
    expect(page.locator(".documents > li")).to_have_count(1)
    expect(page.locator(".documents a").first).to_contain_text("<b>通报</b>")
    page.locator(".about summary").click()
    expect(page.locator(".about .tree")).to_contain_text("一、检查情况")
    page.locator(".documents a").first.click()
    expect(page.locator("#source .document")).to_contain_text("防汛物资储备不足")


def test_views_are_reached_by_keyboard_and_left_by_the_back_button(page: "Page") -> None:
    page.goto("/")
    expect(page.locator("#start .shelf")).to_be_visible()
    page.locator("#tabs a", has_text="演变").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#view-trace")).to_be_visible()
    expect(page.locator("#ask")).to_be_hidden()
    expect(page.locator("#tabs [aria-current]")).to_have_text("演变")
    expect(page.get_by_label("提法")).to_be_focused()
    page.go_back()
    expect(page.locator("#ask")).to_be_visible()
    expect(page.locator("#view-trace")).to_be_hidden()
