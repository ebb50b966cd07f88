"""Office documents as zip archives of XML: opened safely, whatever is inside."""

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from index.errors import LoadError

if TYPE_CHECKING:
    from lxml.etree import _Element

LARGEST = 64 << 20  # bytes of XML in one part: some ten million characters
_LARGEST_FILE = 1 << 30
_MEMBERS = 20_000
_UNFOLDED = 4 << 30  # bytes in all, as declared: pictures are never unfolded
_RATIO = 300  # XML of long tables packs 100 to one
_HONEST = 32 << 20  # below this a high ratio does no harm
_DAMAGED = "文件损坏或不完整，打不开；请用 Word、WPS 等原来的软件打开后另存一份，或重新下载"
_BOMB = "解开后异常庞大，可能是压缩炸弹；没有读取"
_ENTITIES = "文件里定义了 XML 实体，可能是恶意文件；没有读取"
# ISO 29500 strict names → the transitional ones that everybody writes.
_STRICT = (
    (b"http://purl.oclc.org/ooxml/officeDocument/relationships", b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"),
    (b"http://purl.oclc.org/ooxml/officeDocument/math", b"http://schemas.openxmlformats.org/officeDocument/2006/math"),
    (b"http://purl.oclc.org/ooxml/wordprocessingml/main", b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"),
    (b"http://purl.oclc.org/ooxml/spreadsheetml/main", b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"),
    (b"http://purl.oclc.org/ooxml/presentationml/main", b"http://schemas.openxmlformats.org/presentationml/2006/main"),
    (b"http://purl.oclc.org/ooxml/drawingml/", b"http://schemas.openxmlformats.org/drawingml/2006/"),
)  # fmt: skip


class Related(NamedTuple):
    """A relationship of a part: the last word of its type (footnotes, image), and the part or address it names."""

    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class Package:
    """An open archive. Part names have no leading slash; a part that is absent reads as None."""

    archive: zipfile.ZipFile

    def raw(self, name: str) -> bytes | None:
        """The bytes of a part; LoadError when it is damaged or larger than an honest part is."""
        try:
            info = self.archive.getinfo(name)
        except KeyError:
            return None
        if info.flag_bits & 1:
            raise LoadError("文件已加密；请去掉密码后重试")
        try:
            with self.archive.open(info) as file:
                # The declared size may lie; what really comes out is counted.
                content = file.read(LARGEST + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
            raise LoadError(_DAMAGED) from error
        if len(content) > _HONEST and len(content) > _RATIO * max(1, info.compress_size):
            raise LoadError(_BOMB)
        if len(content) > LARGEST:
            raise LoadError(f"内容过大（一个部分超过 {LARGEST >> 20} MB）；请拆成几个文件后重试")
        return content

    def xml(self, name: str) -> "_Element | None":
        """The root of an XML part in transitional names; LoadError when it is no XML or defines entities."""
        content = self.raw(name)
        if content is None:
            return None
        for strict, transitional in _STRICT:
            content = content.replace(strict, transitional)
        return parsed(content)

    def check(self) -> None:
        """Refuse, before a library reads all of it, a package whose XML is too large or defines entities."""
        parts = [info for info in self.archive.infolist() if info.filename.lower().endswith((".xml", ".rels", ".vml"))]
        for info in parts:
            if info.file_size > _HONEST and info.file_size > _RATIO * max(1, info.compress_size):
                raise LoadError(_BOMB)
            if info.file_size > LARGEST:
                raise LoadError(f"内容过大（一个部分超过 {LARGEST >> 20} MB）；请拆成几个文件后重试")
            with self.archive.open(info) as file:
                if b"<!DOCTYPE" in file.read(1 << 16):
                    raise LoadError(_ENTITIES)
        if sum(info.file_size for info in parts) > 4 * LARGEST:
            raise LoadError(f"内容过大（超过 {4 * LARGEST >> 20} MB）；请拆成几个文件后重试")

    def related(self, name: str) -> dict[str, Related]:
        """The relationships of a part by id, targets as part names; of the package itself for ""."""
        folder, base = posixpath.split(name)
        root = self.xml(posixpath.join(folder, "_rels", base + ".rels"))
        found: dict[str, Related] = {}
        for element in root if root is not None else ():
            target = element.get("Target", "")
            if element.get("TargetMode") != "External":
                target = unquote(target)
                target = (
                    target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                )
            found[element.get("Id", "")] = Related(element.get("Type", "").rpartition("/")[2], target)
        return found


def parsed(content: bytes) -> "_Element":
    """The root of an XML text, without comments; LoadError when it is no XML, defines entities or nests too deep."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise LoadError(_DAMAGED) from error
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and next(dtd.iterentities(), None) is not None:
        raise LoadError(_ENTITIES)
    return root


@contextmanager
def opened(path: Path) -> Iterator[Package]:
    """The package in a file; what is wrong with the file, here or while it is read, is a LoadError."""
    try:
        with path.open("rb") as file:
            head = file.read(1 << 16)
            size = file.seek(0, 2)
    except OSError as error:
        raise LoadError(
            "没有读取权限；请检查文件权限" if isinstance(error, PermissionError) else f"读取失败：{error.strerror}"
        ) from None
    if not head:
        raise LoadError("文件为空")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise LoadError(
            "文件已加密，或其实是旧版 Office 文档；请用 Word 或 WPS 打开，去掉密码后另存为新格式（.docx、.xlsx、.pptx）"
        )
    if size > _LARGEST_FILE:
        raise LoadError(f"文件过大（{size >> 20} MB，上限 {_LARGEST_FILE >> 20} MB）；请拆分或压缩图片后重试")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > _MEMBERS or sum(member.file_size for member in members) > _UNFOLDED:
                raise LoadError(_BOMB)
            # A reader would set memory aside for what a member says of itself.
            if any(member.compress_size > size or member.header_offset > size for member in members):
                raise LoadError(_DAMAGED)
            yield Package(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, UnicodeDecodeError) as error:
        raise LoadError(_DAMAGED) from error
    except RecursionError:
        raise LoadError("结构嵌套过深，读不了；请用原来的软件另存一份再试") from None
