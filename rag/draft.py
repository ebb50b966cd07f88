"""A draft as its author wrote it: read without repair, so that every position can be shown to him again.

A draft is one text, its paragraphs joined by line feeds. Of a Word file these are the paragraphs in reading order,
cells of tables included, and `paragraphs` tells where each stands, so that a comment can be placed. A PDF has lines
only: its paragraphs are put together as the library's own are, without running heads and page numbers.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import LoadError
from index.load.decode import decode
from index.load.pdf import read_pdf
from index.types import Span

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.text.run import Run

SUFFIXES = (".docx", ".pdf", ".md", ".markdown", ".txt", ".text")
LARGEST = 64 * 1024 * 1024
LONGEST = 200_000

_OFFICE = b"\xd0\xcf\x11\xe0"
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\x85\x0b\x0c]")
_QUOTING_STYLE = re.compile("quote|引用|引文", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Manuscript:
    """A draft. `paragraphs` are spans of `text`, in order, without their line feeds; `blocks` those set off as quotes.

    `format` is the suffix without its dot.
    """

    name: str
    format: str
    text: str
    paragraphs: tuple[Span, ...]
    blocks: tuple[Span, ...] = ()


def read_draft(path: Path) -> Manuscript:
    """The draft in a .docx, .pdf, .md or .txt file.

    Raises:
        LoadError: no such file, another format, encrypted, damaged, without text, too long; the message says the cure.
    """
    suffix = path.suffix.lower()
    if suffix == ".doc" or suffix == ".wps":
        raise LoadError(f"{path.name} 是旧版文档；请在 Word 或 WPS 里另存为 .docx 后重试")
    if suffix not in SUFFIXES:
        raise LoadError(f"{path.name} 不是能核查的格式；请存为 .docx、.pdf、.md 或 .txt")
    raw = _bytes(path)
    try:
        if suffix == ".docx":
            texts, quoting = _word(raw)
        elif suffix == ".pdf":
            # Recognition may misread, and a misread quotation is no misquotation.
            loaded = read_pdf(raw, cure="请先做文字识别，或改用 .docx 稿")
            texts, quoting = [block.text for block in loaded.blocks], set()
        else:
            texts, quoting = _LINE_ENDS.sub("\n", decode(raw).removeprefix("\ufeff")).split("\n"), set()
    except LoadError as error:
        raise LoadError(f"{path.name}：{error}") from None
    return _manuscript(path.name, suffix[1:], texts, quoting)


def from_text(text: str, *, name: str = "", format: str = "txt") -> Manuscript:
    """A draft that is at hand as text; LoadError when it is blank or too long."""
    return _manuscript(name, format, _LINE_ENDS.sub("\n", text).split("\n"), set())


def word_runs(document: "WordDocument") -> Iterator[tuple[str, "list[Run]"]]:
    """The style and the runs of each paragraph of a Word file, in the order and number of `Manuscript.paragraphs`.

    Deleted text of tracked changes is left out, inserted text and links are in. The runs' texts make the paragraph's.
    """
    from docx.text.paragraph import Paragraph
    from docx.text.run import Run

    for element in document.element.body.iter(_w("p")):
        if any(parent.tag in _ASIDE for parent in element.iterancestors()):
            continue
        paragraph = Paragraph(element, document)
        runs = [run for run in element.iter(_w("r")) if _own(run, element)]
        yield (
            paragraph.style.name if paragraph.style and paragraph.style.name else "",
            [Run(run, paragraph) for run in runs],
        )


def _w(name: str) -> str:
    return f"{{http://schemas.openxmlformats.org/wordprocessingml/2006/main}}{name}"


_ASIDE = frozenset({_w("txbxContent"), _w("del"), _w("moveFrom")})


def _own(run: Any, paragraph: Any) -> bool:
    """Whether a run belongs to the paragraph's visible text, and not to a text box anchored in it or a deletion."""
    for parent in run.iterancestors():
        if parent is paragraph:
            return True
        if parent.tag in _ASIDE:
            return False
    return False


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise LoadError(f"{path} 不是普通文件" if path.exists() else f"没有文件 {path}；请检查路径")
        if path.stat().st_size > LARGEST:
            raise LoadError(f"{path.name} 过大（上限 {LARGEST // 2**20} MB）；请去掉图片或分章核查")
        raw = path.read_bytes()
    except OSError as error:
        raise LoadError(f"{path.name} 读取失败（{error.strerror or error}）；请检查权限") from None
    if not raw:
        raise LoadError(f"{path.name} 是空文件；请检查是否保存成功")
    return raw


def _word(raw: bytes) -> tuple[list[str], set[int]]:
    """The texts of the paragraphs, and which of them are styled as quotations."""
    if raw.startswith(_OFFICE):
        raise LoadError("文件已加密，或其实是旧版 .doc；请在 Word 或 WPS 里取消密码并另存为 .docx")
    from docx import Document
    from docx.opc.exceptions import OpcError

    try:
        document = Document(io.BytesIO(raw))
        found = list(word_runs(document))
    except (OpcError, SyntaxError, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise LoadError("不是完好的 .docx；请在 Word 或 WPS 里打开后另存一份再试") from error
    texts = ["".join(run.text for run in runs) for _, runs in found]
    return texts, {number for number, (style, _) in enumerate(found) if _QUOTING_STYLE.search(style)}


def _manuscript(name: str, kind: str, texts: list[str], quoting: set[int]) -> Manuscript:
    text = "\n".join(texts)
    where = f"{name}：" if name else ""
    if not text.strip():
        raise LoadError(f"{where}稿件里没有文字；请检查文件内容")
    if len(text) > LONGEST:
        raise LoadError(f"{where}稿件太长（{len(text)} 字，上限 {LONGEST} 字）；请分章核查")
    spans: list[Span] = []
    start = 0
    for part in texts:
        spans.append((start, start + len(part)))
        start += len(part) + 1
    blocks = [spans[number] for number in sorted(quoting) if texts[number].strip()]
    if kind in ("md", "markdown"):
        blocks = _marked_blocks(texts, spans)
    return Manuscript(name, kind, text, tuple(spans), tuple(blocks))


def _marked_blocks(texts: list[str], spans: list[Span]) -> list[Span]:
    """Markdown's > blocks: neighbouring lines are one."""
    blocks: list[Span] = []
    previous = -2
    for number, line in enumerate(texts):
        if not re.match(" {0,3}>", line):
            continue
        if line.strip("> \t"):
            start = blocks.pop()[0] if number == previous + 1 and blocks else spans[number][0]
            blocks.append((start, spans[number][1]))
            previous = number
        elif number == previous + 1:
            previous = number
    return blocks
