"""Take the README's pictures from the running program: a library of the sample collection, the real model, a Chromium.

Run from the project's folder: .venv/bin/python docs/screenshots.py
"""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import uvicorn
from playwright.sync_api import sync_playwright

from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.server import create_app, listen

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
QUESTION = "容错情形怎样认定？"
DRAFT = ROOT / "tests" / "draft_sample.md"


def main() -> None:
    """Write docs/images/page.png and check.png."""
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, LocalLibrary.open(Path(folder), create=True) as library:
        library.sync([ROOT / "eval" / "sets" / "jianglan" / "documents"])
        with listen("127.0.0.1", 0) as listener:
            app = create_app(library, Pipeline(library))
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
            serving = Thread(target=server.run, kwargs={"sockets": [listener]})
            serving.start()
            try:
                photograph(f"http://127.0.0.1:{listener.getsockname()[1]}")
            finally:
                server.should_exit = True
                serving.join()


def photograph(address: str) -> None:
    """An answer with its first source open beside it, and the report on a draft, 1280 pixels wide."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="zh-CN")
        page.goto(f"{address}/?q={QUESTION}")
        page.locator(".answer .remark").wait_for()
        page.locator(".answer .cite").first.click()
        page.locator("#source mark.cited").first.wait_for()
        page.screenshot(path=IMAGES / "page.png")
        page.goto(f"{address}/?view=check")
        page.locator("#view-check input[type=file]").set_input_files(DRAFT)
        page.locator("#view-check .go").click()
        page.frame_locator(".report iframe").locator(".card.wrong header").first.click()
        page.locator(".report").scroll_into_view_if_needed()
        page.locator(".report").screenshot(path=IMAGES / "check.png")
        browser.close()


if __name__ == "__main__":
    main()
