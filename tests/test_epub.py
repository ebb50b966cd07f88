# ruff: noqa: E501 - XML is clearer unbroken
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from index.errors import LoadError
from index.load import load
from index.types import Block


def book(path: Path, chapters: Mapping[str, str], spine: str, *, more: Mapping[str, str] | None = None) -> Path:
    items = "".join(
        f'<item id="{name}" href="text/{name}.xhtml" media-type="application/xhtml+xml"{" properties=" + chr(34) + "nav" + chr(34) if name == "nav" else ""}/>'
        for name in chapters
    )
    order = "".join(f'<itemref idref="{name}"/>' for name in spine.split())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
        )
        archive.writestr(
            "OEBPS/book.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>地方志</dc:title>'
            f"</metadata><manifest>{items}</manifest><spine>{order}</spine></package>",
        )
        for name, body in chapters.items():
            page = f'<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>页题</title></head><body>{body}</body></html>'
            archive.writestr(f"OEBPS/text/{name}.xhtml", page)
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return path


def test_chapters_follow_the_spine_with_headings_tables_and_notes(tmp_path: Path) -> None:
    chapters = {
        "two": "<h2>第二章 大事记</h2><table><tr><th>年份</th><th>事件</th></tr><tr><td>1949年</td><td>建县</td></tr></table>",
        "one": '<h1>第一章 沿革</h1><p>本县<a epub:type="noteref" href="#n">1</a>设于汉。<br/></p><aside epub:type="footnote" id="n"><p>指清河县。</p></aside>',
        "nav": '<nav epub:type="toc"><ol><li>第一章</li></ol></nav>',
        "loose": "<p>不在书脊上</p>",
    }
    loaded = load(book(tmp_path / "a.epub", chapters, "nav one two missing"))
    assert list(loaded.blocks) == [
        Block("第一章 沿革", heading=2),
        Block("本县设于汉。"),
        Block("注：指清河县。"),
        Block("第二章 大事记", heading=3),
        Block("年份：1949年；事件：建县。"),
    ]
    assert loaded.meta == {"format": "epub", "title": "地方志"}


def test_books_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    path = tmp_path / "a.epub"
    drm = {"META-INF/encryption.xml": "<e/>", "META-INF/rights.xml": "<r/>"}
    for make, reason in (
        (lambda: book(path, {"one": "<p>正文</p>"}, "one", more=drm), "DRM"),
        (lambda: book(path, {"one": '<img src="a.jpg"/>'}, "one"), "没有文字"),
        (lambda: path.write_bytes(b"PK\x05\x06" + b"\0" * 18), "不是 EPUB"),
        (lambda: path.write_bytes(b"PK"), "损坏"),
    ):
        make()
        with pytest.raises(LoadError, match=reason):
            load(path)
