"""The cookbook in docs/api.md, run as it stands against a served library of the sample collection."""

import io
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from conftest import ROOT
from docx import Document
from fastapi import FastAPI
from markdown_it import MarkdownIt
from schemathesis_run import served

from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.api import build_api
from ui.keep import Keeper
from ui.openai_api import add_openai
from ui.problem import tell_problems

DOCS = "http://127.0.0.1:7860"


def blocks(language: str, *, of: str = "") -> list[str]:
    """The examples in one language, in order, that hold `of`."""
    tokens = MarkdownIt().parse((ROOT / "docs" / "api.md").read_text(encoding="utf-8"))
    return [t.content for t in tokens if t.type == "fence" and t.info == language and of in t.content]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the examples name."""
    made = tmp_path_factory.mktemp("cookbook")
    for name, text in {
        "讲话稿.docx": "会议强调，“涉企行政检查频次下降35.4%”。",
        "通知.docx": "关于供水保障的通知",
    }.items():
        word = Document()
        word.add_paragraph(text)
        word.save(str(made / name))
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("附件一.txt", "附件一\n\n供水单位名单由市水务局公布。\n")
    (made / "附件.zip").write_bytes(kept.getvalue())
    (made / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n")
    return made


@pytest.fixture(scope="module")
def address(folder: Path, samples: Path) -> Iterator[str]:
    with LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as library:
        library.sync([samples])
        keeper = Keeper(library, folder / "library" / "uploads")
        app = FastAPI()
        tell_problems(app)
        app.include_router(build_api(library, Pipeline(library), keeper))
        add_openai(app, Pipeline(library))
        with served(app) as address:
            yield address
        keeper.close()


def run(command: Sequence[str], script: str, folder: Path, address: str) -> str:
    """What a program prints that reads the examples, with the address of the day and a key of ASCII."""
    text = script.replace(DOCS, address).replace("yd_…", "yd_x")
    environment = {**os.environ, "CURL_HOME": str(folder), "PYTHONUTF8": "1", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        command, input=text, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=60
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_examples_with_curl_run(folder: Path, address: str) -> None:
    told = run(["bash", "-euo", "pipefail"], "".join(blocks("sh", of="curl")), folder, address)
    for words in ("duffh4d2msj-im5dea7x", "event: done", "etag: ", '"altered"', "江政办发〔2026〕9号", '"added"'):
        assert words in told, words


def test_the_examples_in_python_run(folder: Path, address: str) -> None:
    script = "\n".join(["from index.embed import HashEmbedder", *blocks("python")])
    # The library of this test is of another model than one that `make run` fills.
    script = script.replace('open(Path("library"))', 'open(Path("library"), embedder=HashEmbedder())')
    told = run([sys.executable, "-"], script, folder, address)
    assert "404 文库里没有文件 d0" in told
    assert "altered" in told
    assert "“35.4%”原文作“34.5%”" in told
    assert "done" in told


def test_the_examples_in_javascript_run(folder: Path, address: str) -> None:
    import playwright

    own = Path(playwright.__file__).parent / "driver" / ("node.exe" if os.name == "nt" else "node")
    node = str(own) if own.exists() else shutil.which("node")
    if node is None:
        pytest.skip("neither Playwright's node nor another is installed")
    told = run([node, "--input-type=module", "-"], "\n".join(blocks("js")), folder, address)
    assert "true" in told.splitlines()  # the passage is where its document says
    assert "altered" in told
    assert "done done" in told
