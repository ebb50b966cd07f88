"""The page of the file that a passage comes from, as a picture: 看原页."""

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from index.errors import LoadError, NotFoundError
from index.library import Library
from index.types import Document
from ui.words import NO_ORIGINAL, ORIGINAL_ALT, ORIGINAL_PAGE, RECOGNISED

if TYPE_CHECKING:
    from fastapi import FastAPI

_SHOWN = 1200  # pixels across, sharp on twice as fine a screen in the viewer's column


def add_original(app: "FastAPI", library: Library) -> None:
    """Serve GET /page/original?doc=&page=&width= as PNG: only of documents in the library, only where the file is PDF.

    404 with a message where there is none, 422 where the file can no longer be read.
    """
    from fastapi import Response

    @app.get("/page/original", include_in_schema=False)
    def original(doc: str = "", page: int = 1, width: int = _SHOWN) -> Response:
        from index.load.pdf import page_image

        try:
            path = _file(library.document(doc))
            if path is None:
                raise NotFoundError(NO_ORIGINAL)
            picture = page_image(path, page, width)
        except OSError:  # moved away since it was looked for
            return Response(NO_ORIGINAL, status_code=404, media_type="text/plain; charset=utf-8")
        except NotFoundError as error:
            return Response(str(error), status_code=404, media_type="text/plain; charset=utf-8")
        except LoadError as error:
            return Response(str(error), status_code=422, media_type="text/plain; charset=utf-8")
        return Response(picture, media_type="image/png", headers={"Cache-Control": "private, max-age=600"})


def render_original(document: Document, page: int) -> str:
    """A closed fold that shows a page of the document's PDF when it is opened; "" where there is no file or page."""
    if not page or _file(document) is None:
        return ""
    address = escape("page/original?" + urlencode({"doc": document.id, "page": page, "width": _SHOWN}))
    return (
        f'<details class="original"><summary>{ORIGINAL_PAGE.format(page=page)}</summary>'
        f'<a href="{address}" target="_blank" rel="noopener"><img src="{address}" loading="lazy"'
        f' alt="{escape(ORIGINAL_ALT.format(title=document.title, page=page))}"></a></details>'
    )


def render_recognised(document: Document) -> str:
    """A remark that the words of some pages were recognised and may be misread; "" where none were."""
    pages = document.meta.get("recognised", "")
    return f'<p class="remark recognised">{RECOGNISED.format(pages=escape(pages))}</p>' if pages else ""


def _file(document: Document) -> Path | None:
    """The PDF that the document was read from, where it still is."""
    path = Path(document.meta.get("source", ""))
    try:
        return path if path.suffix.lower() == ".pdf" and path.is_file() else None
    except (OSError, ValueError):  # unreachable, or no path at all
        return None
