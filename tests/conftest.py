"""What all tests share: a home of their own, steady hypothesis runs, the sample collection and a Chromium."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM_FLAGS = [
    "--no-sandbox",  # Chromium refuses to start as root with one
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]

# A busy machine must not fail a test by the clock; CI repeats the same examples every time.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(scope="session", autouse=True)
def own_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep a test that names no library away from the user's own; processes it starts inherit this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YINDE_LIBRARY", str(tmp_path_factory.mktemp("library") / "default"))
        patch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
        yield


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the sample collection's documents."""
    return ROOT / "eval" / "sets" / "jianglan" / "documents"


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A running headless Chromium, the system's or Playwright's own; `browser.new_page()` opens a page.

    It lives for one file, for as long as it runs `asyncio.run` fails in its thread.
    """
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = next((found for name in names if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()
