"""PDF files: paragraphs out of the words' places, scanned pages by optical recognition, and a page as a picture."""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from index.errors import LoadError, NotFoundError
from index.load.glyphs import unreadable
from index.load.layout import left_out_note, paragraphs
from index.load.lines import Run
from index.load.ocr import LONGEST_SIDE, OCR_HINT, Recognise, page_ranges, recogniser
from index.load.pace import page_begins
from index.load.pdf_page import HYPHEN, page_words
from index.types import Block, Loaded

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage  # type: ignore[import-untyped]

LARGEST = 512 * 1024 * 1024
MOST_PAGES = 5_000
MOST_SIGNS = 20_000_000
WIDEST = 2400  # pixels of a page's picture

_FEW = 30  # signs below which a page may be a scan with a stamp of the scanner's maker on it
_GARBLED = 0.3  # share of signs without meaning from which a page is read as a picture
_PICTURE = 0.3  # share of a page that pictures must cover to make a scan
_OUTLINES = 60  # shapes on a page without words: its glyphs were drawn as outlines
_DPI = 200

# PDFium must not be used by two threads at once, whatever the files.
_PDFIUM = Lock()


@dataclass(slots=True)
class _Pages:
    """What was read, page after page."""

    runs: list[Run] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    recognised: list[int] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    signs: int = 0


def load_pdf(path: Path) -> Loaded:
    """The paragraphs of a PDF, each with its pages; scanned pages are recognised where the extra `ocr` is installed.

    `meta` tells under `recognised` which pages were read by recognition, under `left_out` running heads, page numbers,
    words in the margin and pages that could not be read.

    Raises:
        LoadError: encrypted, damaged, without pages or words, too large; the message says the cure.
    """
    return read_pdf(path, recognise=recogniser())


def read_pdf(file: Path | bytes, *, recognise: Recognise | None = None, cure: str = OCR_HINT) -> Loaded:
    """What `load_pdf` gives, of a file or its bytes; without `recognise` scanned pages are only named, with a cure."""
    pages = _Pages()
    with _opened(file) as pdf:
        count = len(pdf)
        if count == 0:
            raise LoadError("PDF 里没有一页；请重新导出后再试")
        if count > MOST_PAGES:
            raise LoadError(f"PDF 有 {count} 页，上限 {MOST_PAGES} 页；请拆分后再试")
        for number in range(1, count + 1):
            page_begins(number, count)
            _read_page(pdf, number, pages, recognise)
    laid = paragraphs(pages.runs)
    if not laid.blocks:
        raise LoadError(_nothing(pages, recognise, cure))
    notes = [left_out_note(laid), _aside_note(pages.aside), _unread_note(pages.unread, cure)]
    meta = {
        "left_out": "；".join(note for note in notes if note),
        "recognised": page_ranges(pages.recognised),
    }
    blocks = tuple(_whole_words(block) for block in laid.blocks)
    return Loaded(blocks, {name: value for name, value in meta.items() if value})


def page_image(path: Path, page: int, width: int) -> bytes:
    """A page of a PDF as a PNG, at most `width` pixels wide (WIDEST at most) and twice as high; pages count from 1.

    Raises:
        NotFoundError: no such page.
        LoadError: the file cannot be opened.
    """
    with _opened(path) as pdf:
        if not 1 <= page <= len(pdf):
            raise NotFoundError(f"{path.name} 没有第 {page} 页；共 {len(pdf)} 页")
        with _page(pdf, page) as opened:
            across, high = opened.get_size()
            width = max(1, min(width, WIDEST))
            picture = opened.render(scale=min(width / max(across, 1), 2 * width / max(high, 1))).to_pil()
    stored = io.BytesIO()
    picture.convert("RGB").save(stored, "PNG", optimize=False)
    return stored.getvalue()


@contextmanager
def _opened(file: Path | bytes) -> "Iterator[PdfDocument]":
    import pypdfium2

    size = len(file) if isinstance(file, bytes) else file.stat().st_size
    if size > LARGEST:
        raise LoadError(f"PDF 过大（{size / 2**20:.0f} MB，上限 {LARGEST // 2**20} MB）；请拆分后再试")
    if size == 0:
        raise LoadError("文件为空")
    try:
        with _PDFIUM:
            pdf = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == 4 or "password" in str(error).lower():
            raise LoadError("PDF 已加密，要密码才能打开；请取消密码后再试") from error
        raise LoadError("不是完好的 PDF；请重新导出后再试") from error
    try:
        yield pdf
    except pypdfium2.PdfiumError as error:
        raise LoadError("PDF 有损坏的页面；请重新导出后再试") from error
    finally:
        with _PDFIUM:
            pdf.close()


@contextmanager
def _page(pdf: "PdfDocument", number: int) -> "Iterator[PdfPage]":
    with _PDFIUM:
        page = pdf[number - 1]
        try:
            yield page
        finally:
            page.close()


def _read_page(pdf: "PdfDocument", number: int, pages: _Pages, recognise: Recognise | None) -> None:
    with _page(pdf, number) as page:
        words = page.get_textpage()
        try:
            pages.signs += words.count_chars()
            if pages.signs > MOST_SIGNS:
                raise LoadError(f"PDF 的文字超过 {MOST_SIGNS // 10_000} 万字；请拆分后再试")
            found = page_words(words, number, page.get_cropbox())
            hidden = _is_hidden(words)
        finally:
            words.close()
        text = "".join(run.text for run in found.runs)
        garbled = unreadable(text) > _GARBLED
        scanned = (len(text) < _FEW and _is_picture(page, words=bool(text))) or garbled
        scale = min(_DPI / 72, LONGEST_SIDE / max(*page.get_size(), 1))
        picture = _picture(page, scale) if scanned and recognise else None
    if picture is not None and recognise is not None:
        pages.runs += _scaled(recognise(picture, number), 1 / scale)
        pages.recognised.append(number)
        return
    if scanned:
        pages.unread.append(number)
    if not garbled:
        pages.runs += found.runs
        pages.aside += found.aside
        pages.recognised += [number] * hidden


def _is_hidden(words: Any) -> bool:
    """Whether the words are an unseen layer over a picture: somebody else's recognition."""
    import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

    count = words.count_chars()
    modes = []
    for index in range(0, count, count // 20 + 1):
        piece = pdfium.FPDFText_GetTextObject(words.raw, index)
        if piece:
            modes.append(pdfium.FPDFTextObj_GetTextRenderMode(piece))
    return bool(modes) and sum(mode == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE for mode in modes) > len(modes) / 2


def _is_picture(page: "PdfPage", *, words: bool) -> bool:
    """Whether a page with few or no words shows a picture, or glyphs drawn as outlines."""
    import pypdfium2.raw as pdfium

    covered, shapes = 0.0, 0
    for thing in islice(page.get_objects(max_depth=3), 2000):
        if thing.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = thing.get_bounds()
            covered += max(right - left, 0) * max(top - bottom, 0)
        shapes += thing.type in (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_SHADING)
    across, high = page.get_size()
    return covered >= _PICTURE * across * high or (shapes >= _OUTLINES and not words)


def _picture(page: "PdfPage", scale: float) -> Any:
    """The page as a PIL picture; PDFium's own is freed."""
    bitmap = page.render(scale=scale)
    try:
        return bitmap.to_pil().convert("RGB")
    finally:
        bitmap.close()


def _scaled(runs: Sequence[Run], scale: float) -> list[Run]:
    return [
        Run(run.page, run.x0 * scale, run.y0 * scale, run.x1 * scale, run.y1 * scale, run.size * scale, run.text)
        for run in runs
    ]


def _whole_words(block: Block) -> Block:
    """The block with words whole that were divided at a line's end; LH-D02 and state-of-the-art keep their hyphens."""
    text, turns = block.text, list(block.turns)
    while (at := text.find(HYPHEN)) >= 0:
        compound = re.search("[A-Za-z]-[A-Za-z]+$", text[:at]) is not None
        divided = re.match("[a-z]\u00ad[a-z]", text[max(at - 1, 0) : at + 2]) is not None and not compound
        text = text[:at] + "-" * (not divided) + text[at + 1 :]
        turns = [(start - (divided and start > at), page) for start, page in turns]
    return Block(text, block.heading, block.page, tuple(turns))


def _nothing(pages: _Pages, recognise: Recognise | None, cure: str) -> str:
    if not pages.unread and not pages.recognised:
        return "PDF 里没有文字；请检查是不是空白页"
    if recognise is None:
        return f"PDF 没有可读的文字（是扫描件，或字体没有编码）；{cure}"
    return "PDF 是扫描件，没有认出文字；请换清晰些的扫描件"


def _aside_note(aside: Sequence[str]) -> str:
    if not aside:
        return ""
    kinds = list(dict.fromkeys(aside))
    return (
        f"侧边文字和水印 {len(kinds)} 种：{'、'.join(kind[:20] for kind in kinds[:2])}{'…' if len(kinds) > 2 else ''}"
    )


def _unread_note(unread: Sequence[int], cure: str) -> str:
    return f"没有读出的扫描页 {len(unread)} 页：第{page_ranges(unread)}页（{cure}）" if unread else ""
