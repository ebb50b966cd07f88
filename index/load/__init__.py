"""Loaders: one function a file format, from a path to blocks of text."""

from collections.abc import Callable
from pathlib import Path

from index.errors import LoadError
from index.load.docx import load_docx
from index.load.eml import load_eml
from index.load.epub import load_epub
from index.load.html import load_html
from index.load.markdown import load_markdown
from index.load.mhtml import load_mhtml
from index.load.ocr import load_image
from index.load.ofd import load_ofd
from index.load.office import SUFFIXES as OFFICE_SUFFIXES
from index.load.office import load_office
from index.load.pdf import load_pdf
from index.load.pptx import load_pptx
from index.load.text import load_text
from index.load.xlsx import load_xlsx
from index.types import Loaded

LOADERS: dict[str, Callable[[Path], Loaded]] = {
    ".txt": load_text,
    ".text": load_text,
    ".docx": load_docx,
    ".docm": load_docx,
    ".dotx": load_docx,
    ".dotm": load_docx,
    ".pptx": load_pptx,
    ".pptm": load_pptx,
    ".ppsx": load_pptx,
    ".xlsx": load_xlsx,
    ".xlsm": load_xlsx,
    ".epub": load_epub,
    **dict.fromkeys(OFFICE_SUFFIXES, load_office),
    ".md": load_markdown,
    ".markdown": load_markdown,
    ".pdf": load_pdf,
    ".ofd": load_ofd,
    **dict.fromkeys((".html", ".htm", ".shtml", ".xhtml"), load_html),
    **dict.fromkeys((".mhtml", ".mht"), load_mhtml),
    ".eml": load_eml,
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"), load_image),
}
SUFFIXES = tuple(LOADERS)


def loader_for(path: Path) -> Callable[[Path], Loaded]:
    """The loader of a file's suffix; LoadError when there is none. The file itself is not touched."""
    suffix = path.suffix.lower()
    loader = LOADERS.get(suffix)
    if loader is None:
        what = f" {suffix} 文件" if suffix else "没有扩展名的文件"
        raise LoadError(f"暂不支持{what}；支持：{'、'.join(SUFFIXES)}")
    return loader


def load(path: Path) -> Loaded:
    """The blocks of a file, by the loader of its suffix; `meta["format"]` is the suffix without its dot.

    Raises:
        LoadError: no loader for the suffix, or the file cannot be read; the message says why.
    """
    loaded = loader_for(path)(path)
    meta = {"format": path.suffix.lower()[1:], **loaded.meta}
    return Loaded(blocks=loaded.blocks, meta=meta, wrapped=loaded.wrapped)
