"""文库 in a real Chromium: upload with progress, two people at once, delete, read again, and what is refused."""

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from hostile import Hostile, hostile, with_macros
from playwright.sync_api import expect

from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.keep import Keeper
from ui.server import Access, create_app, listen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Locator, Page

pytestmark = [
    pytest.mark.browser,
    # Gradio counts its requests with pandas, by options that pandas is giving up.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def payload(name: str, content: bytes) -> "FilePayload":
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def notice(subject: str) -> "FilePayload":
    text = f"江澜市水务局关于{subject}的通知\n\n一、工作要求\n\n各单位要切实做好{subject}，落实责任。\n\n2026年6月1日\n"
    return {"name": f"{subject}.txt", "mimeType": "text/plain", "buffer": text.encode()}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import uvicorn

    folder = tmp_path_factory.mktemp("keep")
    with (
        LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as library,
        listen("127.0.0.1", 0) as listener,
    ):
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
def people(browser: "Browser", address: str) -> Iterator[list["Page"]]:
    """Two readers, one at a desk and one on a telephone."""
    contexts = [
        browser.new_context(base_url=address, viewport={"width": width, "height": 900}, locale="zh-CN")
        for width in (1280, 360)
    ]
    expect.set_options(timeout=20_000)
    failures: list[str] = []
    pages = []
    for context in contexts:
        page = context.new_page()
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto("/?view=shelf")
        expect(page.locator("#shelf-result[aria-busy]")).to_have_count(0)
        pages.append(page)
    yield pages
    for page in pages:
        page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    for context in contexts:
        context.close()
    assert failures == []


def document(page: "Page", subject: str) -> "Locator":
    return page.locator(".documents > li", has_text=subject)


def upload(page: "Page", *files: "FilePayload") -> None:
    page.get_by_label("上传文件").set_input_files(list(files))


def test_two_people_upload_at_once_and_each_sees_what_became_of_their_files(people: list["Page"]) -> None:
    desk, telephone = people
    desk.get_by_label("上传文件").set_input_files([notice("防汛值守"), notice("水库巡查")])
    telephone.get_by_label("上传文件").set_input_files([notice("节约用水")])
    expect(desk.locator(".job.done", has_text="防汛值守.txt")).to_contain_text("新收录 2 篇")
    expect(telephone.locator(".job.done", has_text="节约用水.txt")).to_contain_text("新收录 1 篇")
    expect(document(desk, "水库巡查")).to_be_visible()
    expect(document(telephone, "节约用水")).to_be_visible()


def test_a_document_is_deleted_only_after_asking(people: list["Page"]) -> None:
    page = people[0]
    upload(page, notice("<b>取水许可</b>"))
    expect(page.locator(".job.done")).to_contain_text("新收录 1 篇")
    one = document(page, "取水许可")
    one.locator("summary").click()
    one.get_by_role("button", name="删除").click()
    expect(page.locator("#sure")).to_contain_text("删除《江澜市水务局关于<b>取水许可</b>的通知》？")
    page.keyboard.press("Escape")
    expect(page.locator("#sure")).to_be_hidden()
    expect(one).to_be_visible()
    one.get_by_role("button", name="删除").click()
    page.locator("#sure").get_by_role("button", name="删除").click()
    expect(page.locator(".job.done").first).to_contain_text("删除 1 篇")
    expect(document(page, "取水许可")).to_have_count(0)


def test_a_document_is_read_again(people: list["Page"]) -> None:
    page = people[1]
    upload(page, notice("河道清淤"))
    expect(page.locator(".job.done")).to_contain_text("新收录 1 篇")
    one = document(page, "河道清淤")
    one.locator("summary").click()
    expect(one.locator(".tree")).to_contain_text("一、工作要求")
    one.get_by_role("button", name="重新收录").click()
    expect(page.locator(".job").first).to_contain_text("没有变化 1 篇")


def test_what_cannot_be_read_is_told_with_the_reason(people: list["Page"]) -> None:
    page = people[0]
    upload(page, {"name": "坏.docx", "mimeType": "application/octet-stream", "buffer": b"PK\x03\x04broken"})
    expect(page.locator(".job.failed")).to_contain_text("坏.docx")
    upload(page, {"name": "程序.exe", "mimeType": "application/octet-stream", "buffer": b"MZ\x00"})
    expect(page.locator(".job.failed")).to_have_count(2)
    page.locator(".job").first.get_by_role("button", name="不再显示这一条").click()
    expect(page.locator(".job.failed")).to_have_count(1)


@pytest.mark.timeout(180)
def test_hostile_files_are_refused_one_by_one_and_the_good_one_beside_them_comes_in(people: list["Page"]) -> None:
    page, _ = people
    bad = [*hostile(), Hostile("长" * 300 + ".exe", b"MZ", "暂不支持")]
    upload(page, *(payload(name, content) for name, content, _ in bad), notice("闸门检修"))
    card = page.locator(".job.failed").first
    expect(card).to_contain_text("新收录 1 篇", timeout=90_000)
    told = card.locator(".outcome p").all_inner_texts()
    for name, _, reason in bad:
        (line,) = [line for line in told if line.startswith(name[:40])]
        why = line.partition("：")[2]
        assert reason in why
        assert re.search("[\u4e00-\u9fff]{4}", why)
    assert len(told) == len(bad)
    assert not [line for line in told if "root:" in line or "/tmp" in line or "Traceback" in line]
    expect(document(page, "闸门检修")).to_be_visible()
    page.goto("/?q=闸门检修")
    expect(page.locator(".hit").first).to_contain_text("闸门检修")


def test_a_strange_name_is_made_harmless_and_macros_are_left_behind(people: list["Page"], tmp_path: Path) -> None:
    page = people[1]
    subjects = {"../../越界.txt": "渠道疏浚", "长" * 150 + ".txt": "堤防加固", "con.txt": "泵站检修"}
    strange = [notice(subject) | {"name": name} for name, subject in subjects.items()]
    lines = "江澜市水务局关于水价调整的通知", "一、工作要求", "各单位要切实做好水价调整，落实责任。"
    upload(page, *strange, payload("宏.docm", with_macros(tmp_path, *lines)))
    expect(page.locator(".job.done")).to_contain_text("新收录 4 篇")
    for subject in (*subjects.values(), "水价调整"):
        expect(document(page, subject)).to_be_visible()


def test_doubtful_text_is_warned_of(people: list["Page"]) -> None:
    page = people[0]
    text = "江澜市水务局关于供水的通知\n\n" + "锟斤拷锟斤拷供水保障锟斤拷烫烫烫锟斤拷\n" * 30
    upload(page, {"name": "乱码.txt", "mimeType": "text/plain", "buffer": text.encode()})
    expect(page.locator(".job.done, .job.failed")).to_have_count(1)
    expect(document(page, "供水").locator(".warned")).to_have_text("文字可能有问题")
