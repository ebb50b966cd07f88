"""Take the README's pictures from the running program: a library of the sample collection, the real model, a Chromium.

What a language model writes in them is scripted. From the project's folder:

    .venv/bin/python docs/screenshots.py                the pictures, in docs/images
    .venv/bin/python docs/screenshots.py --first-view   how long the first view takes, best of five
"""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import uvicorn
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from index.library import LocalLibrary
from rag.configured import configured
from rag.pipeline import Pipeline
from ui.keep import Keeper
from ui.server import Access, create_app, listen

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from scripted_llm import Reply, Request, numbered, scripted  # noqa: E402

IMAGES = ROOT / "docs" / "images"
DOCUMENTS = ROOT / "eval" / "sets" / "jianglan" / "documents"
QUESTION = "容错情形怎样认定？"
TURNS = ("2026年地区生产总值增长目标是多少？", "那2025年呢？")
WRITTEN = "加装电梯补助标准是多少？"
UNKNOWN = "月球基地何时建成？"
DRAFT = ROOT / "tests" / "draft_sample.md"
PATIENCE = 60_000  # ms


def main() -> None:
    """Write docs/images, or print the time of the first view."""
    IMAGES.mkdir(exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    with TemporaryDirectory() as folder, LocalLibrary.open(Path(folder), create=True) as library, chromium() as browser:
        library.sync([DOCUMENTS])
        with served(library, Pipeline(library), Path(folder)) as address:
            if "--first-view" in sys.argv:
                print(f"first view: {first_view(browser, address):.2f} s, best of 5, nothing cached in the browser")
                return
            take(browser, address, PICTURES)
        with scripted(Reply(written, gap=0.2)) as model:
            environ = {"YINDE_LLM_BASE_URL": model.url, "YINDE_LLM_MODEL": "示例模型"}
            with served(library, configured(library, environ), Path(folder)) as address:
                take(browser, address, WITH_MODEL)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium, the system's or Playwright's own."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def served(library: LocalLibrary, pipeline: Pipeline, folder: Path) -> Iterator[str]:
    """The address of the program over a library and its folder."""
    keeper = Keeper(library, folder / "uploads")
    with listen("127.0.0.1", 0) as listener:
        app = create_app(library, pipeline, Access(keys=folder, keeper=keeper))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        serving = Thread(target=server.run, kwargs={"sockets": [listener]})
        serving.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            serving.join()
            keeper.close()


def take(browser: Browser, address: str, pictures: "dict[str, Picture]") -> None:
    """Write each picture, with 256 colours."""
    for name, (width, height, dark, show) in pictures.items():
        context = browser.new_context(
            base_url=address,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale="zh-CN",
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        show(page)
        file = IMAGES / f"{name}.png"
        page.screenshot(path=file)
        context.close()
        Image.open(file).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)


def first_view(browser: Browser, address: str) -> float:
    """Seconds from the address to the box and the library's documents, best of five."""
    taken = []
    for _ in range(5):
        page = browser.new_page(base_url=address, locale="zh-CN")
        began = time.perf_counter()
        page.goto("/")
        page.locator("#start .shelf").wait_for()
        page.locator("#question :is(textarea, input)").wait_for()
        taken.append(time.perf_counter() - began)
        page.close()
    return min(taken)


def written(request: Request) -> str:
    """What the model says: a sentence that its source bears, and one that none does."""
    number = numbered(request, "加装电梯补助由")
    return (
        f"加装电梯补助由每台20万元调整为每台22万元，其中市财政承担12万元、县区财政承担10万元。[{number}]"
        f"省财政另对每台补助五十万元。[{number}]"
    )


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


def streaming(page: Page) -> None:
    """An answer that is being written: what stands has been held against its source."""
    page.goto(f"/?view=ask&q={WRITTEN}")
    expect(page.locator(".turn .statement").first).to_be_visible()
    expect(page.locator(".turn .pending")).to_be_visible()


def withheld(page: Page) -> None:
    """The same when it is whole: a sentence that no source bears was left out."""
    page.goto(f"/?view=ask&q={WRITTEN}")
    expect(page.locator(".turn .verified")).to_contain_text("已略去")
    expect(page.locator("#source mark.cited").first).to_be_in_viewport()


def abstained(page: Page) -> None:
    """What the library does not say."""
    page.goto(f"/?view=ask&q={UNKNOWN}")
    expect(page.locator(".turn .answer.none")).to_be_visible()
    expect(page.locator(".turn .nearest")).to_be_visible()


Picture = tuple[int, int, bool, Callable[[Page], None]]  # width, height, dark, what is shown
PICTURES: dict[str, Picture] = {
    "page": (1280, 900, False, search),
    "talk": (1280, 900, True, beside),
    "check": (1280, 900, False, check),
    "shelf": (1280, 900, False, shelf),
    "judge": (1280, 900, False, judge),
    "phone": (360, 760, False, talk),
}
WITH_MODEL: dict[str, Picture] = {
    "streaming": (360, 760, False, streaming),
    "withheld": (1280, 720, False, withheld),
    "abstained": (1280, 720, True, abstained),
}


if __name__ == "__main__":
    main()
