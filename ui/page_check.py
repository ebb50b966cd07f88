"""引文核查 in the page: a draft comes in, its report stands in a frame, and can be taken away as HTML or Word."""

import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from index.errors import LoadError, YindeError
from index.library import Library
from ui.render import render_error
from ui.words import (
    CHECK_BUSY,
    CHECK_EMPTY,
    CHECK_FILE,
    CHECK_GO,
    CHECK_GONE,
    CHECK_INTRO,
    CHECK_PASTED,
    CHECK_PASTED_MARKDOWN,
    CHECK_REPORT,
    CHECK_SAVE_HTML,
    CHECK_SAVE_WORD,
    CHECK_TEXT,
    CHECK_TEXT_HINT,
    CHECK_TOO_LARGE,
    CHECK_WHOLE,
    CHECKING,
)

if TYPE_CHECKING:
    from fastapi import FastAPI

LARGEST = 32 * 1024 * 1024
_KEPT = 16  # reports, the oldest forgotten first
_KEPT_BYTES = 128 * 1024 * 1024
_AT_ONCE = 2
_PATIENCE = 60.0  # seconds that a draft waits for its turn
_ACCEPT = ".docx,.pdf,.md,.markdown,.txt,.text"
# The report's own script may run, but not as this site: it reaches neither the page around it nor the library.
_POLICY = "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
# "# 标题", "> 引文", "**重点**", "[文件](地址)", "| 表 |": what plain text does not have.
_MARKDOWN = re.compile(r"^#{1,6} \S|^> |\*\*[^*\n]+\*\*|\[[^\]\n]+\]\([^)\n]+\)|^\|.+\|$", re.MULTILINE)
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Checked:
    """A report in both its forms. `name` is the draft's as it was sent."""

    name: str
    html: bytes
    word: bytes


@dataclass(slots=True)
class Reports:
    """The latest reports under names that cannot be guessed, in memory only."""

    _kept: "OrderedDict[str, Checked]" = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def keep(self, checked: Checked) -> str:
        """The name of a report; older ones make room for it."""
        token = secrets.token_urlsafe(18)
        with self._lock:
            self._kept[token] = checked
            while len(self._kept) > 1 and (len(self._kept) > _KEPT or self._size() > _KEPT_BYTES):
                self._kept.popitem(last=False)
        return token

    def get(self, token: str) -> Checked | None:
        """A report by its name, None when it is gone."""
        with self._lock:
            return self._kept.get(token)

    def _size(self) -> int:
        return sum(len(one.html) + len(one.word) for one in self._kept.values())


def check_draft(name: str, content: bytes, library: Library) -> Checked:
    """The report on a draft that arrived as bytes; only its name's suffix reaches the disk. LoadError if unreadable."""
    from dataclasses import replace

    from rag.check import check
    from rag.draft import read_draft
    from ui.check_page import render_check
    from ui.check_word import annotated_word

    with TemporaryDirectory() as folder:
        file = Path(folder) / f"draft{Path(name).suffix.lower()[:10]}"
        file.write_bytes(content)
        try:
            draft = replace(read_draft(file), name=name)
        except LoadError as error:
            raise LoadError(str(error).replace(file.name, name)) from None
        report = check(draft, library)
        return Checked(name, render_check(report).encode("utf-8", "replace"), annotated_word(report, file))


def render_check_form() -> str:
    """The place to paste or upload a draft, and that of its report."""
    return (
        f'<form class="task" action="page/check" method="post" enctype="multipart/form-data" data-into="check-result"'
        f' data-busy="{CHECKING}"><p class="intro">{CHECK_INTRO}</p>'
        f'<label class="wide"><span>{CHECK_TEXT}</span>'
        f'<textarea name="text" rows="7" maxlength="200000" placeholder="{CHECK_TEXT_HINT}"></textarea></label>'
        f'<div class="line"><label><span>{CHECK_FILE}</span><input type="file" name="file" accept="{_ACCEPT}"></label>'
        f'<button class="go">{CHECK_GO}</button></div></form>'
        '<div id="check-result" class="result" aria-live="polite"></div>'
    )


def render_checked(token: str, name: str) -> str:
    """The report in a frame of its own, with the ways to take it along."""
    address, title = f"page/check/{token}", escape(CHECK_REPORT.format(name=name))
    return (
        f'<div class="report"><header><h2 class="section">{title}</h2><span class="actions">'
        f'<a class="button" href="{address}" target="_blank" rel="noopener">{CHECK_WHOLE}</a>'
        f'<a class="button" href="{address}/html" download>{CHECK_SAVE_HTML}</a>'
        f'<a class="button" href="{address}/docx" download>{CHECK_SAVE_WORD}</a></span></header>'
        f'<iframe src="{address}" title="{title}" sandbox="allow-scripts"></iframe></div>'
    )


def add_check(app: "FastAPI", library: Library) -> None:
    """Serve POST /page/check and what it leads to. Two drafts are checked at once, others wait a minute."""
    from fastapi import File, Form, HTTPException, Response, UploadFile
    from fastapi.responses import HTMLResponse

    reports, turns = Reports(), BoundedSemaphore(_AT_ONCE)

    @app.post("/page/check", include_in_schema=False)
    def checked(text: Annotated[str, Form()] = "", file: Annotated[UploadFile | None, File()] = None) -> HTMLResponse:
        name = CHECK_PASTED_MARKDOWN if _MARKDOWN.search(text) else CHECK_PASTED
        content = text.encode("utf-8", "replace")
        if file is not None and file.filename:
            name, content = file.filename, file.file.read(LARGEST + 1)
        if not content.strip():
            return HTMLResponse(render_error(CHECK_EMPTY), 422)
        if len(content) > LARGEST:
            return HTMLResponse(render_error(CHECK_TOO_LARGE.format(megabytes=LARGEST // 2**20)), 413)
        if not turns.acquire(timeout=_PATIENCE):
            return HTMLResponse(render_error(CHECK_BUSY), 503)
        try:
            return HTMLResponse(render_checked(reports.keep(check_draft(name, content, library)), name))
        except YindeError as error:
            return HTMLResponse(render_error(str(error)), 422)
        finally:
            turns.release()

    @app.get("/page/check/{token}", include_in_schema=False)
    def shown(token: str) -> Response:
        return Response(kept(token).html, media_type="text/html", headers=_private({}))

    @app.get("/page/check/{token}/{form}", include_in_schema=False)
    def saved(token: str, form: str) -> Response:
        report = kept(token)
        if form not in {"html", "docx"}:
            raise HTTPException(404, form)
        file = quote(f"核查_{Path(report.name).stem}.{form}", safe="", errors="replace")
        content, kind = (report.word, _WORD) if form == "docx" else (report.html, "text/html")
        headers = _private({"Content-Disposition": f"attachment; filename*=UTF-8''{file}"})
        return Response(content, media_type=kind, headers=headers)

    def kept(token: str) -> Checked:
        report = reports.get(token)
        if report is None:
            raise HTTPException(404, CHECK_GONE)
        return report


def _private(headers: dict[str, str]) -> dict[str, str]:
    return {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store", **headers}
