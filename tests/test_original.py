"""看原页: the page of a PDF beside its text."""

import io
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from index.embed import HashEmbedder
from index.library import LocalLibrary
from index.types import Document, Passage
from ui.original import add_original, render_original
from ui.viewer import render_source


@pytest.fixture
def library(tmp_path: Path) -> Iterator[LocalLibrary]:
    folder = tmp_path / "资料"
    folder.mkdir()
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(folder / "减负通知.pdf"), pagesize=(595, 842))
    for lines in (
        ("关于基层减负的通知", "一、精简文件会议，能用视频会议的不开现场会。"),
        ("二、规范督查检查，不得重复布置任务。",),
    ):
        canvas.setFont("STSong-Light", 16)
        for number, line in enumerate(lines):
            canvas.drawString(73 + 32 * (number > 0 or len(lines) == 1), 700 - 40 * number, line)
        canvas.showPage()
    canvas.save()
    (folder / "说明.txt").write_text("关于减负的说明\n\n每年的督查检查不超过五项。", encoding="utf-8")
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as opened:
        opened.sync([folder])
        yield opened


@pytest.fixture
def client(library: LocalLibrary) -> TestClient:
    app = FastAPI()
    add_original(app, library)
    return TestClient(app)


def document_of(library: LocalLibrary, suffix: str) -> Document:
    found = next(document for document in library.documents() if document.meta["format"] == suffix)
    return library.document(found.id)


def test_the_viewer_offers_the_page_of_the_cited_words(library: LocalLibrary, client: TestClient) -> None:
    document = document_of(library, "pdf")
    last = library.passages(document.id)[-1]
    start = document.text.index("二、规范")
    html = render_source(document, passage=last, span=(start, start + 4))
    assert "看原页（第2页）" in html
    address = unescape(html.split('<img src="')[1].split('"')[0])
    answer = client.get("/" + address)
    assert answer.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(answer.content)).width == 1200


def test_a_picture_is_never_wider_than_the_bound(library: LocalLibrary, client: TestClient) -> None:
    query = {"doc": document_of(library, "pdf").id, "page": 1, "width": 10**9}
    assert Image.open(io.BytesIO(client.get("/page/original", params=query).content)).width == 2400


@pytest.mark.parametrize("query", [{"doc": "d0"}, {"doc": "../../etc/passwd"}, {"doc": ""}, {"doc": "pdf", "page": 3}])
def test_what_is_no_page_of_a_document_is_not_found(
    library: LocalLibrary, client: TestClient, query: dict[str, str]
) -> None:
    if query["doc"] == "pdf":
        query = {**query, "doc": document_of(library, "pdf").id}
    assert client.get("/page/original", params=query).status_code == 404


def test_text_has_no_original_page(library: LocalLibrary, client: TestClient) -> None:
    document = document_of(library, "txt")
    assert client.get("/page/original", params={"doc": document.id}).status_code == 404
    assert "看原页" not in render_source(document)


def test_a_file_that_has_gone_or_broken_says_so(library: LocalLibrary, client: TestClient) -> None:
    document = document_of(library, "pdf")
    path = Path(document.meta["source"])
    path.write_bytes(b"%PDF-1.7 broken")
    answer = client.get("/page/original", params={"doc": document.id})
    assert (answer.status_code, answer.text) == (422, "不是完好的 PDF；请重新导出后再试")
    path.unlink()
    assert client.get("/page/original", params={"doc": document.id}).status_code == 404
    assert render_original(document, 1) == ""


def test_recognised_pages_are_named_above_the_text() -> None:
    document = Document("d", "扫描件", "认出的文字", {"recognised": "1-3,7"}, pages=((0, 1),))
    html = render_source(document, passage=Passage("p", "d", 0, 5, "认出的文字", page=1))
    assert "第1-3,7页的文字由扫描件识别而来" in html
