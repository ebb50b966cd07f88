"""The search box for other sites, and the browser's own search field: files and the rules by which others may ask."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import QueryError

if TYPE_CHECKING:
    from fastapi import FastAPI

_FILES = {
    "yinde-search.js": "text/javascript",
    "yinde-search.d.ts": "text/plain",
    "search-box.css": "text/css",
    "login.css": "text/css",
}
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'"
)
_OPENSEARCH = """<?xml version="1.0" encoding="UTF-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
  <ShortName>引得</ShortName>
  <Description>公文检索与引证</Description>
  <InputEncoding>UTF-8</InputEncoding>
  <Image width="16" height="16" type="image/svg+xml">{base}page/favicon.svg</Image>
  <Url type="text/html" template="{base}?q={{searchTerms}}"/>
  <Url type="application/json" template="{base}api/v1/search?q={{searchTerms}}"/>
</OpenSearchDescription>
"""


def add_widget(app: "FastAPI", assets: Path) -> None:
    """Serve the search box under /widget, with its demonstration at /widget/, and /opensearch.xml."""
    from fastapi import HTTPException, Request
    from fastapi.responses import FileResponse, Response

    @app.get("/widget/{name:path}", include_in_schema=False)
    def widget(name: str) -> Response:
        if name in ("", "index.html"):
            return FileResponse(assets / "search-box.html", headers={"Content-Security-Policy": _CSP})
        if name not in _FILES:
            raise HTTPException(404)
        # The file says nothing about the library, so any site may load it.
        shared = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
        return FileResponse(assets / name, media_type=_FILES[name], headers={**shared, "Cache-Control": "max-age=3600"})

    @app.get("/opensearch.xml", include_in_schema=False)
    def opensearch(request: Request) -> Response:
        from xml.sax.saxutils import escape

        text = _OPENSEARCH.format(base=escape(str(request.base_url), {'"': "&quot;"}))
        return Response(text, media_type="application/opensearchdescription+xml")


def allow_origins(app: "FastAPI", origins: Sequence[str]) -> None:
    """Let pages of these origins ask the API; "*" for all, "null" for pages opened from a file.

    QueryError for what is no origin. Nothing is allowed unless told: a page of another site could read the library
    through its reader's browser.
    """
    from fastapi.middleware.cors import CORSMiddleware

    if not origins:
        return
    for origin in origins:
        if origin not in ("*", "null") and not _is_origin(origin):
            raise QueryError(f"{origin} 不是网站的来源；请写成 https://www.example.org 的样子，不带路径")
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Content-Type", "Authorization", "If-None-Match"],
        expose_headers=["ETag", "Retry-After", "X-Request-ID"],
        max_age=3600,
    )


def _is_origin(origin: str) -> bool:
    from urllib.parse import urlsplit

    parts = urlsplit(origin)
    return (
        parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.path or parts.query or parts.fragment)
    )
