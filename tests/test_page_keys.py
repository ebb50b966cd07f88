"""Every task of the page by keyboard alone, in a real Chromium: the focus is always somewhere, and always seen."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from scripted_llm import Reply, numbered
from sites import Site, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [
    pytest.mark.browser,
    # Gradio counts its requests with pandas, by options that pandas is giving up.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

RAIN = "各级各部门要加强汛期值班值守，遇有险情立即报告，并于一小时内报送书面材料。"
FILES = {
    "甲.txt": "江澜市人民政府关于做好2025年防汛工作的通知\n\n江政发〔2025〕3号\n\n一、落实责任\n\n"
    "防汛工作实行属地管理，主要负责人是第一责任人，层层签订责任书。\n\n"
    f"二、值班值守\n\n{RAIN}\n\n江澜市人民政府\n2025年4月2日\n",
    "乙.txt": "南塘区人民政府关于转发防汛工作要求的通知\n\n南政发〔2026〕5号\n\n一、物资储备\n\n"
    "防汛物资由区应急局统一储备，2025年储备编织袋三万条，2026年储备编织袋五万条。\n\n南塘区人民政府\n2026年4月9日\n",
    "丙.txt": "江澜市水务局关于汛期检查情况的通报\n\n江水〔2026〕8号\n\n一、检查情况\n\n"
    "汛期检查中发现水库夜间无人在岗，防汛物资储备不足。\n\n江澜市水务局\n2026年6月1日\n",
}
QUESTION = "遇有险情多久报送书面材料？"
DRAFT = "《江澜市人民政府关于做好2025年防汛工作的通知》要求：“遇有险情立即报告，并于两小时内报送书面材料。”"

# What is wrong with the focus: "" when it is on something that lies in the window, uncovered, and shows that it has it.
FAULT = """() => {
    const it = document.activeElement;
    if (!it || it === document.body) return "nothing has the focus";
    const name = it.outerHTML.slice(0, 120);
    const shown = it.matches("#keep-files") ? it.nextElementSibling : it;
    const {x, y, width, height} = shown.getBoundingClientRect();
    const style = getComputedStyle(shown);
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    const around = shown.closest("#ask, #talk-form");
    if (!ring && !(around && getComputedStyle(around).boxShadow !== "none")) return "no sign of the focus: " + name;
    if (y + height < 0 || y > innerHeight || x + width < 0 || x > innerWidth) return "out of sight: " + name;
    const top = document.elementFromPoint(x + Math.min(width / 2, 20), Math.max(y, 0) + Math.min(height / 2, 10));
    const over = top && !shown.contains(top) && !top.contains(shown);
    if (over) return "beneath " + top.outerHTML.slice(0, 80) + ": " + name;
    return "";
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("keys"), FILES) as served:
        yield served


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


def press(page: "Page", *keys: str) -> None:
    """Press keys; the focus must be seen after each."""
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_function(f"({FAULT})() === ''")


def go_to(page: "Page", wanted: "Locator", *, key: str = "Tab") -> None:
    """Walk with Tab until an element has the focus; it must be seen at every step."""
    expect(wanted).to_be_visible()
    for _ in range(60):
        page.keyboard.press(key)
        # Past the last one Chromium's own bar has it; what loads may lie above it for a moment.
        page.wait_for_function(f"['', 'nothing has the focus'].includes(({FAULT})())")
        if wanted.evaluate("it => it === document.activeElement"):
            return
    pytest.fail(f"{wanted} is not reached by {key}")


def says(*sentences: str) -> Reply:
    return Reply(lambda request: "".join(f"{one}[{numbered(request, '一小时内')}]" for one in sentences))


def test_search_ask_read_on_and_come_back(page: "Page") -> None:
    page.goto("/")
    expect(page.locator("#start .shelf")).to_be_visible()
    box = page.locator("#question textarea, #question input")
    expect(box).to_be_focused()
    page.keyboard.type("汛期")
    press(page, "Enter")
    titles = page.locator("#hits .hit h3 a")
    expect(titles.nth(2)).to_be_visible()
    expect(page.locator(".answer .after, .answer.none")).to_be_visible()
    press(page, "ArrowDown")
    expect(titles.first).to_be_focused()
    press(page, "ArrowDown")
    expect(titles.nth(1)).to_be_focused()
    press(page, "Enter")
    source = page.locator("#source")
    expect(source).to_be_focused()
    expect(source.locator(".steps")).to_contain_text(re.compile("2 / "))
    press(page, "ArrowLeft")
    expect(source.locator(".steps")).to_contain_text(re.compile("1 / "))
    go_to(page, page.get_by_role("button", name="下一处"))
    press(page, "Enter")
    expect(source.locator(".steps")).to_contain_text(re.compile("2 / "))
    go_to(page, source.locator(".outline summary"))
    press(page, "Enter", "Tab", "Enter")
    expect(source.locator(".text :focus")).to_have_count(1)
    press(page, "Escape")
    expect(source).to_be_hidden()
    expect(titles.nth(1)).to_be_focused()
    press(page, "ArrowUp", "ArrowUp")
    expect(box).to_be_focused()


def test_the_outline_closes_before_the_source(page: "Page") -> None:
    page.goto("/?q=汛期")
    page.locator("#hits .hit h3 a").first.focus()
    page.keyboard.press("Enter")
    summary = page.locator("#source .outline summary")
    go_to(page, summary)
    press(page, "Enter", "Tab", "Escape")
    expect(page.locator("#source .outline[open]")).to_have_count(0)
    expect(summary).to_be_focused()
    press(page, "Escape")
    expect(page.locator("#source")).to_be_hidden()


def test_search_narrow_sort_and_widen_again(page: "Page") -> None:
    page.goto("/?q=汛期")
    go_to(page, page.get_by_role("button", name="新的在前"))
    press(page, "Enter")
    latest = page.get_by_role("button", name="新的在前")
    expect(latest).to_have_attribute("aria-pressed", "true")
    expect(latest).to_be_focused()
    go_to(page, page.get_by_role("button", name="只看机关：江澜市水务局，1 篇"), key="Shift+Tab")
    press(page, "Enter")
    condition = page.get_by_role("button", name="取消条件 机关:江澜市水务局")
    expect(condition).to_be_focused()
    press(page, "Enter")
    expect(condition).to_have_count(0)
    expect(page.locator(".hit h3").filter(has_not_text="通报").first).to_be_visible()
    press(page, "Tab")
    similar = page.locator(".hit [data-similar]").first
    go_to(page, similar)
    press(page, "Enter")
    expect(page.locator(".alike a").first).to_be_visible()
    go_to(page, page.locator(".alike a").first)


def test_an_example_and_the_way_of_searching(page: "Page") -> None:
    page.goto("/")
    go_to(page, page.locator("#examples button").first)
    press(page, "Enter")
    expect(page.locator("#start")).to_be_hidden()
    expect(page.locator("#question textarea, #question input")).to_be_focused()
    expect(page.locator(".hit").first).to_be_visible()
    press(page, "Tab", "Tab", "Tab")
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("mode="))
    press(page, "Tab")


def test_talk_ask_open_follow_mend_and_judge(page: "Page", site: Site) -> None:
    site.model.script(says(RAIN), Reply(status=500))
    page.goto("/")
    expect(page.locator("#start .shelf")).to_be_visible()
    go_to(page, page.locator("#tabs a", has_text="问答"), key="Shift+Tab")
    press(page, "Enter")
    box = page.get_by_role("textbox", name="问题", exact=True)
    expect(box).to_be_focused()
    page.keyboard.type(QUESTION)
    press(page, "Enter")
    expect(page.locator(".turn [data-answer]")).to_have_count(1)
    expect(box).to_be_focused()
    mark = page.locator(".turn .cite").first
    go_to(page, mark, key="Shift+Tab")
    press(page, "Enter")
    expect(page.locator("#source mark.cited").first).to_contain_text("一小时内")
    expect(page.locator("#source")).to_be_focused()
    press(page, "Escape")
    expect(mark).to_be_focused()
    go_to(page, page.get_by_role("button", name="有误"))
    press(page, "Enter")
    expect(page.locator(".comment input")).to_be_focused()
    page.keyboard.type("不全")
    press(page, "Enter")
    expect(page.get_by_role("button", name="有误")).to_be_focused()
    go_to(page, page.get_by_role("button", name="接着问"))
    press(page, "Enter")
    expect(box).to_be_focused()


def test_talk_a_rewritten_question_is_mended(page: "Page", site: Site) -> None:
    site.model.script(Reply(status=500))
    page.goto("/?view=ask&q=2025年储备编织袋多少条？")
    expect(page.locator(".turn [data-answer]")).to_have_count(1)
    box = page.get_by_role("textbox", name="问题", exact=True)
    go_to(page, box)
    page.keyboard.type("那2026年呢？")
    press(page, "Enter")
    expect(page.locator(".turn [data-answer]")).to_have_count(2)
    meant = page.get_by_role("textbox", name="理解为")
    expect(meant).to_have_value("2026年储备编织袋多少条？")
    go_to(page, meant, key="Shift+Tab")
    press(page, "ControlOrMeta+a")
    page.keyboard.type(QUESTION)
    press(page, "Enter")
    second = page.locator(".turn").nth(1)
    expect(second.locator(".asked")).to_have_text(QUESTION)
    expect(second.locator(".statement").first).to_contain_text("一小时内")
    expect(box).to_be_focused()
    go_to(page, page.get_by_role("button", name="新的对话"))
    press(page, "Enter")
    expect(box).to_be_focused()
    expect(page.locator(".turn")).to_have_count(0)


def test_a_mark_keeps_the_focus_while_the_answer_grows(page: "Page", site: Site) -> None:
    site.model.script(says(RAIN + "[1]" + "资金由两级财政负担。" * 3))
    page.goto("/?view=ask")
    go_to(page, page.get_by_role("textbox", name="问题", exact=True))
    page.evaluate(
        "window.grown = 0; new MutationObserver(() => {"
        "  const mark = document.querySelector('.turn .cite');"
        "  if (mark && !window.grown++) { mark.focus(); mark.dataset.first = ''; }"
        "}).observe(document.body, { childList: true, subtree: true })"
    )
    page.keyboard.type(QUESTION)
    press(page, "Enter")
    expect(page.locator(".turn .after")).to_be_visible()
    expect(page.locator(".turn .cite[data-first]")).to_have_count(0)
    expect(page.locator(".turn .cite").first).to_be_focused()


def test_check_a_draft_and_go_through_its_findings(page: "Page") -> None:
    page.goto("/?view=check")
    go_to(page, page.get_by_label("稿件内容"))
    page.keyboard.insert_text(DRAFT)
    go = page.locator("#view-check .go")
    go_to(page, go)
    press(page, "Enter")
    report = page.frame_locator(".report iframe")
    expect(report.locator(".card.wrong").first).to_be_visible()
    expect(go).to_be_focused()
    go_to(page, page.get_by_role("link", name="下载带批注的 Word"))
    page.keyboard.press("Tab")
    for _ in range(20):
        page.keyboard.press("Tab")
        if report.locator(".draft .no").first.evaluate("it => it === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(report.locator(".card.on")).to_be_focused()
    expect(report.locator(".card.on")).to_have_css("outline-style", "solid")
    page.keyboard.press("j")
    expect(report.locator(".card:focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(report.locator(".draft .no:focus")).to_have_count(1)


def test_trace_a_formulation_and_open_a_use(page: "Page") -> None:
    page.goto("/")
    expect(page.locator("#start .shelf")).to_be_visible()
    go_to(page, page.locator("#tabs a", has_text="演变"), key="Shift+Tab")
    press(page, "Enter")
    expect(page.get_by_label("提法")).to_be_focused()
    page.keyboard.insert_text("防汛物资")
    press(page, "Enter")
    first = page.locator(".uses a").first
    go_to(page, first)
    press(page, "Enter")
    expect(page.locator("#source mark.cited").first).to_have_text("防汛物资")
    press(page, "ArrowRight")
    expect(page.locator("#source .steps")).to_contain_text(re.compile("2 / 2"))
    press(page, "Escape")
    expect(page.locator(".uses a").nth(1)).to_be_focused()


def test_the_library_outline_and_delete_after_asking(page: "Page") -> None:
    page.goto("/?view=shelf")
    expect(page.locator(".documents > li").first).to_be_visible()
    for subject in ("值守", "巡查"):
        text = f"江澜市水务局关于{subject}的通知\n\n一、工作要求\n\n切实做好{subject}，落实责任。\n\n2026年12月1日\n"
        file = {"name": f"{subject}.txt", "mimeType": "text/plain", "buffer": text.encode()}
        page.get_by_label("上传文件").set_input_files([file])  # the picker is the browser's
        expect(page.locator(".job.done", has_text=subject)).to_be_visible()
    mine = page.locator(".documents > li", has_text="值守的通知")
    others = page.locator(".documents > li")
    expect(others).to_have_count(5)
    page.locator("#brand a").focus()
    go_to(page, page.locator("#keep-files"))
    go_to(page, mine.locator(".about > summary"))
    press(page, "Enter")
    expect(mine.locator(".tree")).to_contain_text("一、工作要求")
    remove = mine.get_by_role("button", name="删除")
    go_to(page, remove)
    press(page, "Enter")
    expect(page.locator("#sure")).to_be_visible()
    press(page, "Escape")
    expect(page.locator("#sure")).to_be_hidden()
    expect(remove).to_be_focused()
    press(page, "Enter")
    go_to(page, page.locator("#sure .yes"))
    press(page, "Enter")
    expect(mine).to_have_count(0)
    expect(others).to_have_count(4)
    expect(page.locator(".documents a:focus")).to_have_count(1)
    dismiss = page.get_by_role("button", name="不再显示这一条").last
    go_to(page, dismiss, key="Shift+Tab")
    press(page, "Enter")
    expect(page.locator("#jobs :focus")).to_have_count(1)


def test_judge_by_one_key_each(page: "Page") -> None:
    page.goto("/")
    expect(page.locator("#start .shelf")).to_be_visible()
    go_to(page, page.locator("#tabs a", has_text="评测"), key="Shift+Tab")
    press(page, "Enter")
    expect(page.get_by_label("要判定的问题")).to_be_focused()
    page.keyboard.insert_text("防汛物资储备")
    press(page, "Enter")
    cards = page.locator(".pool li")
    expect(cards.first).to_be_focused()
    press(page, "3", "1", "ArrowUp", "2")
    expect(cards.first.get_by_role("button", name="正是")).to_have_attribute("aria-pressed", "true")
    expect(cards.nth(1).get_by_role("button", name="相关")).to_have_attribute("aria-pressed", "true")
    expect(cards.nth(2)).to_be_focused()


def test_what_was_asked_is_asked_again_or_forgotten(page: "Page") -> None:
    page.goto("/?q=汛期检查")
    expect(page.locator(".hit").first).to_be_visible()
    opener = page.get_by_role("button", name="提问记录")
    for _ in range(2):
        page.locator("#tabs a", has_text="评测").focus()
        press(page, "Tab", "Enter")
        expect(page.locator("#history")).to_be_visible()
        press(page, "Escape")
        expect(page.locator("#history")).to_be_hidden()
        expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    go_to(page, page.get_by_role("button", name="不再记录"))
    press(page, "Enter")
    on = page.get_by_role("button", name="恢复记录")
    expect(on).to_be_focused()
    press(page, "Enter")
    expect(page.get_by_role("button", name="不再记录")).to_be_focused()
    press(page, "Escape")
    expect(opener).to_be_focused()


def test_on_a_narrow_page_the_focus_never_lies_beneath_the_sheet(page: "Page") -> None:
    page.set_viewport_size({"width": 360, "height": 640})  # also a desk at four times its size
    page.goto("/?q=汛期")
    expect(page.locator(".hit").first).to_be_visible()
    page.locator("#hits .hit h3 a").first.focus()
    press(page, "Enter")
    expect(page.locator("#source .text")).to_be_visible()
    press(page, "Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab")
    press(page, "Escape")
    expect(page.locator("#source")).to_be_hidden()
