"""Files that must not come into a library, and one that may although it carries macros."""

import io
import zipfile
from pathlib import Path
from typing import NamedTuple

from word_files import paragraph, word_file


class Hostile(NamedTuple):
    """A file by its name and content, and words of the reason it is refused for."""

    name: str
    content: bytes
    reason: str


def packed(*files: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, inside in files:
            archive.writestr(name, inside)
    return content.getvalue()


def hostile() -> list[Hostile]:
    """Each refused, for itself and within bounds of time and memory."""
    part = b'<Relationships><Relationship Id="r" Type="x/officeDocument" Target="word/document.xml"/></Relationships>'
    bomb = packed(("_rels/.rels", part), ("word/document.xml", b"<a>" + b" " * (64 << 20)))
    entity = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
    return [
        Hostile("空.docx", b"", "空"),
        Hostile("程序.docx", b"MZ\x90\x00" + b"\0" * 100, "可执行程序"),
        Hostile("程序.exe", b"MZ", "暂不支持"),
        Hostile("加密.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "加密"),
        Hostile("截断.zip", packed(("甲.txt", b"x" * 99))[:60], "损坏"),
        Hostile("截断.pdf", b"%PDF-1.7\n1 0 obj\n<<", "PDF"),
        Hostile("炸弹.docx", bomb, "炸弹"),
        Hostile("炸弹.zip", packed(("弹.txt", b"0" * (40 << 20))), "炸弹"),
        Hostile("套包.zip", nested("关于商请支持的函\n\n请予支持。\n".encode(), deep=5), "层"),
        Hostile("上锁.zip", locked(), "密"),
        Hostile("空包.zip", packed(), "没有可以收录"),
        Hostile("改名.docx", packed(("甲.bin", b"x")), "缺少"),
        Hostile("实体.docx", packed(("word/document.xml", entity)), ""),
        Hostile("乱码.json", b"{" * 100_000, ""),
        Hostile("深套.json", b"[" * 200_000 + b"]" * 200_000, ""),
        Hostile("图.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 64, ""),
        Hostile("空白.txt", b"\r\n \r\n", "没有"),
        Hostile("网页.html", b"<html><script>alert(1)</script></html>", ""),
    ]


def locked() -> bytes:
    """A zip whose file asks for a password."""
    content = bytearray(packed(("密.txt", b"secret"), compression=zipfile.ZIP_STORED))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    return bytes(content)


def nested(content: bytes, *, deep: int) -> bytes:
    """A text in so many zips."""
    inner = packed(("文.txt", content))
    for _ in range(deep - 1):
        inner = packed(("包.zip", inner))
    return inner


def with_macros(folder: Path, *paragraphs: str) -> bytes:
    """A Word document of these paragraphs that carries macros."""
    body = "".join(map(paragraph, paragraphs))
    return word_file(folder / "宏.docm", body, raw={"word/vbaProject.bin": "Sub AutoOpen()"}).read_bytes()
