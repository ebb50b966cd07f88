"""Take the README's pictures from the running program: a library of the sample collection, the real model, a Chromium.

Run from the project's folder: .venv/bin/python docs/screenshots.py
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import uvicorn
from playwright.sync_api import Page, expect, sync_playwright

from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.keep import Keeper
from ui.server import Access, create_app, listen

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
DOCUMENTS = ROOT / "eval" / "sets" / "jianglan" / "documents"
QUESTION = "容错情形怎样认定？"
TURNS = ("2026年地区生产总值增长目标是多少？", "那2025年呢？")
DRAFT = ROOT / "tests" / "draft_sample.md"
PATIENCE = 60_000  # ms


def main() -> None:
    """Write docs/images: page, talk, check, shelf, judge and phone."""
    IMAGES.mkdir(exist_ok=True)
    with served() as address, sync_playwright() as playwright:
        chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        expect.set_options(timeout=PATIENCE)
        for name, (width, height, dark, show) in PICTURES.items():
            context = browser.new_context(
                base_url=address,
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                locale="zh-CN",
            )
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            show(page)
            page.screenshot(path=IMAGES / f"{name}.png")
            context.close()
        browser.close()


@contextmanager
def served() -> Iterator[str]:
    """The address of the program over the sample collection."""
    with TemporaryDirectory() as folder, LocalLibrary.open(Path(folder), create=True) as library:
        library.sync([DOCUMENTS])
        keeper = Keeper(library, Path(folder) / "uploads")
        with listen("127.0.0.1", 0) as listener:
            app = create_app(library, Pipeline(library), Access(keys=Path(folder), keeper=keeper))
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
            serving = Thread(target=server.run, kwargs={"sockets": [listener]})
            serving.start()
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True
                serving.join()
                keeper.close()


def search(page: Page) -> None:
    """An answer with its first source open beside it."""
    page.goto(f"/?q={QUESTION}")
    expect(page.locator(".answer [data-answer]")).to_be_visible()
    page.locator(".answer .cite").first.click()
    expect(page.locator("#source mark.cited").first).to_be_visible()


def talk(page: Page) -> None:
    """A follow-up with what it was taken for."""
    page.goto("/?view=ask")
    for n, question in enumerate(TURNS, start=1):
        page.get_by_role("textbox", name="问题", exact=True).fill(question)
        page.keyboard.press("Enter")
        expect(page.locator(".turn [data-answer]")).to_have_count(n)


def beside(page: Page) -> None:
    """The same, with the source that opens beside it where there is room."""
    talk(page)
    expect(page.locator("#source mark.cited").first).to_be_in_viewport()


def check(page: Page) -> None:
    """The report on a draft, its first mistake unfolded."""
    page.goto("/?view=check")
    page.locator("#view-check input[type=file]").set_input_files(DRAFT)
    page.get_by_role("button", name="核查").click()
    page.frame_locator(".report iframe").locator(".card.wrong header").first.click()
    page.locator(".report").scroll_into_view_if_needed()


def shelf(page: Page) -> None:
    """Two files taken in, and what a document is made of."""
    page.goto("/?view=shelf")
    text = (
        "江澜市水务局关于做好供水保障工作的通知\n\n一、工作要求\n\n各供水单位要加强巡查，落实责任。\n\n2026年9月1日\n"
    )
    notice = {"name": "关于做好供水保障工作的通知.txt", "mimeType": "text/plain", "buffer": text.encode()}
    page.get_by_label("上传文件").set_input_files([notice])
    expect(page.locator(".job.done")).to_be_visible()
    expect(page.locator(".documents > li", has_text="供水保障")).to_be_visible()
    page.locator(".about summary").first.click()
    expect(page.locator(".about .tree").first).to_be_visible()


def judge(page: Page) -> None:
    """Hits judged by one key each."""
    page.goto("/?view=eval&judge=加装电梯补助标准是多少？")
    for n, grade in enumerate("321"):
        expect(page.locator(".pool li").nth(n)).to_be_focused()
        page.keyboard.press(grade)
    expect(page.locator(".pool li").nth(3)).to_be_focused()


Picture = tuple[int, int, bool, Callable[[Page], None]]  # width, height, dark, what is shown
PICTURES: dict[str, Picture] = {
    "page": (1280, 900, False, search),
    "talk": (1280, 900, True, beside),
    "check": (1280, 900, False, check),
    "shelf": (1280, 900, False, shelf),
    "judge": (1280, 900, False, judge),
    "phone": (360, 760, False, talk),
}


if __name__ == "__main__":
    main()
