"""The parts of an OFD package (GB/T 33190: XML in a zip archive), read within bounds."""

import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import LoadError
from index.load.text import LARGEST, read_bytes

if TYPE_CHECKING:
    from lxml.etree import _Element

_LARGEST_PART = 64 * 2**20
_LARGEST_TOTAL = 512 * 2**20
_MOST_PARTS = 100_000
_BROKEN = "OFD 文件已损坏；请重新下载，或用 OFD 阅读器打开后另存"


class Package:
    """An open OFD file. Names are paths from its root without a leading slash; letter case is forgiven."""

    def __init__(self, path: Path) -> None:
        if not read_bytes(path, largest=4 * LARGEST)[:4].startswith(b"PK"):
            raise LoadError("内容不是 OFD 文件；请检查扩展名，或重新下载")
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
            raise LoadError(_BROKEN) from None
        found = self._archive.infolist()
        if len(found) > _MOST_PARTS:
            self.close()
            raise LoadError(f"OFD 文件的部件过多（{len(found)} 个）；请用 OFD 阅读器拆分后重试")
        self._entries = {_normal(entry.filename): entry for entry in found}
        self._left = _LARGEST_TOTAL

    def __enter__(self) -> "Package":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._archive.close()

    def __contains__(self, name: str) -> bool:
        return _normal(name) in self._entries

    def xml(self, name: str) -> "_Element":
        """The root element of a part.

        Raises:
            LoadError: missing, encrypted, broken, too large, or with a document type (entities are not expanded).
        """
        from lxml import etree

        raw = self._read(name)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
        try:
            root = etree.fromstring(raw, parser)
        except (etree.LxmlError, ValueError):
            if self.is_encrypted():
                raise LoadError("OFD 文件已加密；请用 OFD 阅读器解密后另存") from None
            raise LoadError(f"{_BROKEN}（{name}）") from None
        if root.getroottree().docinfo.doctype:
            raise LoadError(f"OFD 文件含有不安全的文档类型声明（{name}），不予读取")
        return root

    def is_encrypted(self) -> bool:
        """Whether the package says that its parts are encrypted."""
        return any(name.rpartition("/")[2].startswith("encrypt") for name in self._entries)

    def _read(self, name: str) -> bytes:
        entry = self._entries.get(_normal(name))
        if entry is None:
            if self.is_encrypted():
                raise LoadError("OFD 文件已加密；请用 OFD 阅读器解密后另存")
            raise LoadError(f"{_BROKEN}（缺少 {name}）")
        if entry.flag_bits & 1:
            raise LoadError("OFD 文件已加密；请用 OFD 阅读器解密后另存")
        limit = min(_LARGEST_PART, self._left)
        try:
            with self._archive.open(entry) as part:
                raw = part.read(limit + 1)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
            raise LoadError(f"{_BROKEN}（{name}）") from None
        if len(raw) > limit:
            raise LoadError(f"OFD 文件解压后过大（{name}），可能是压缩炸弹，不予读取")
        self._left -= len(raw)
        return raw


def located(name: str, base: str) -> str:
    """The name of a part that `base` refers to as `name`: from the root when it begins with a slash, else beside it."""
    name = name.strip().replace("\\", "/")
    steps = [] if name.startswith("/") else base.split("/")[:-1]
    for step in name.split("/"):
        if step == ".." and steps:
            steps.pop()
        elif step not in ("", ".", ".."):
            steps.append(step)
    return "/".join(steps)


def _normal(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def children(element: "_Element", name: str) -> "list[_Element]":
    """The child elements of a local name, whatever their namespace."""
    return [child for child in element if isinstance(child.tag, str) and child.tag.rpartition("}")[2] == name]


def words(element: "_Element", *names: str) -> str:
    """The text of the first element at a path of local names; "" when there is none."""
    for name in names:
        found = children(element, name)
        if not found:
            return ""
        element = found[0]
    return " ".join("".join(element.itertext()).split())
