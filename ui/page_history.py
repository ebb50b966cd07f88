"""提问记录 in the page: what this reader asked before, to ask again, clear, or switch off."""

from html import escape
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlencode

from ui.history import Asked, Questions
from ui.page_ask import reader
from ui.words import (
    CLOSE,
    HISTORY,
    HISTORY_CLEAR,
    HISTORY_NEVER,
    HISTORY_NONE,
    HISTORY_OFF,
    HISTORY_SWITCH_OFF,
    HISTORY_SWITCH_ON,
    HISTORY_WHERE,
    LOADING_LIST,
    VIEWS,
)

if TYPE_CHECKING:
    from fastapi import FastAPI

_NAMES = {view: name for name, view in VIEWS}


def render_history_button() -> str:
    """The button that opens the list, and the list's empty place."""
    return (
        f'<button type="button" id="history-open" aria-haspopup="dialog">{HISTORY}</button>'
        f'<dialog id="history" aria-label="{HISTORY}" data-busy="{LOADING_LIST}"><header><h2 class="section">{HISTORY}'
        f'</h2><button type="button" class="close" data-close-history aria-label="{CLOSE}">×</button></header>'
        '<div id="history-list"></div></dialog>'
    )


def render_asked(questions: Questions, who: str) -> str:
    """A reader's questions, the latest first, and the switches."""
    keeping, latest = questions.keeping(who), questions.latest(who)
    items = "".join(map(_item, latest))
    if questions.folder is None:
        return f'<p class="nothing">{HISTORY_NEVER}</p>'
    told = f"<ul>{items}</ul>" if items else f'<p class="nothing">{HISTORY_NONE if keeping else HISTORY_OFF}</p>'
    switch = ("off", HISTORY_SWITCH_OFF) if keeping else ("on", HISTORY_SWITCH_ON)
    buttons = [switch, *([("clear", HISTORY_CLEAR)] if latest else [])]
    actions = "".join(f'<button type="button" data-history="{what}">{name}</button>' for what, name in buttons)
    where = f'<span class="remark">{HISTORY_WHERE if keeping else ""}</span>'
    return f'{told}<p class="foot">{where}<span class="actions">{actions}</span></p>'


def add_history(app: "FastAPI", questions: Questions) -> None:
    """Serve GET /page/history, POST /page/history for a question, and POST /page/history/{off, on, clear}."""
    from fastapi import Body, Request, Response
    from fastapi.responses import HTMLResponse

    def shown(request: Request) -> HTMLResponse:
        return HTMLResponse(render_asked(questions, reader(request)), headers={"Cache-Control": "no-store"})

    @app.get("/page/history", include_in_schema=False)
    def asked(request: Request) -> HTMLResponse:
        return shown(request)

    @app.post("/page/history", include_in_schema=False)
    def keep(
        request: Request, question: Annotated[str, Body(max_length=2000)], view: Annotated[Literal["search"], Body()]
    ) -> Response:
        questions.add(reader(request), question, view)
        return Response(status_code=204)

    @app.post("/page/history/{what}", include_in_schema=False)
    def change(request: Request, what: Literal["off", "on", "clear"]) -> HTMLResponse:
        if what == "clear":
            questions.clear(reader(request))
        else:
            questions.switch(reader(request), on=what == "on")
        return shown(request)


def _item(one: Asked) -> str:
    query = {"q": one.question} if one.view == "search" else {"view": one.view, "q": one.question}
    return (
        f'<li><a href="{escape("?" + urlencode(query))}">{escape(one.question)}</a>'
        f"<span>{escape(_NAMES.get(one.view, ''))}</span>"
        f'<time datetime="{escape(one.at)}">{escape(one.at[:16].replace("T", " "))}</time></li>'
    )
