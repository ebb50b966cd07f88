"""The page's other views, 引文核查, 演变 and 文库, and the addresses that give it its fragments."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from index.errors import NotFoundError, YindeError
from index.finder import Sort
from index.library import Library
from index.types import Mode
from rag.pipeline import Pipeline
from rag.types import Answer
from ui.answers import Answers
from ui.feedback import Feedback
from ui.history import Questions
from ui.keep import Keeper
from ui.measuring import Measurings
from ui.page_ask import add_ask, render_ask_form
from ui.page_check import add_check, render_check_form
from ui.page_eval import add_eval, render_eval_form
from ui.page_history import add_history, render_history_button
from ui.page_hits import find, render_found, render_similar
from ui.page_shelf import render_about, render_documents, render_shelf_form
from ui.page_trace import render_history, render_trace_form
from ui.render import render_error
from ui.words import SUGGESTIONS, VIEWS, VIEWS_LABEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI


def render_tabs(*, measuring: bool = True) -> str:
    """Links to the views; each has an address of its own, and page.js follows them without loading the page anew."""
    links = "".join(
        f'<a href="./{"" if view == "search" else f"?view={view}"}" data-view="{view}">{name}</a>'
        for name, view in VIEWS
        if measuring or view != "eval"
    )
    return f'<nav aria-label="{VIEWS_LABEL}">{links}</nav>{render_history_button()}'


def render_views(keeper: Keeper | None = None, *, measuring: bool = True) -> str:
    """The views besides 检索, hidden until they are asked for, and the list of suggestions."""
    forms = {
        "ask": render_ask_form(),
        "check": render_check_form(),
        "trace": render_trace_form(),
        "shelf": render_shelf_form(keeper),
        "eval": render_eval_form(),
    }
    sections = "".join(
        f'<section class="view" id="view-{view}" aria-label="{name}">{forms[view]}</section>'
        for name, view in VIEWS
        if view in forms and (measuring or view != "eval")
    )
    return f'{sections}<ul id="suggestions" role="listbox" aria-label="{SUGGESTIONS}" hidden></ul>'


def add_views(
    app: "FastAPI",
    library: Library,
    pipeline: Pipeline,
    answers: Answers,
    *,
    folder: Path | None = None,
    history: bool = True,
    keeper: Keeper | None = None,
) -> None:
    """Serve the fragments under /page; what cannot be given is said in one, with its status.

    `folder` is where the page writes down what its readers asked, unless `history` is off, and how they judged;
    None writes nothing.
    Without a `keeper` nothing can be changed.
    """
    from fastapi import Query, Request
    from fastapi.responses import HTMLResponse

    def fragment(make: "Callable[[], str]") -> HTMLResponse:
        try:
            return HTMLResponse(make(), headers={"Cache-Control": "no-store"})
        except YindeError as error:
            return HTMLResponse(render_error(str(error)), 404 if isinstance(error, NotFoundError) else 422)

    @app.get("/page/found", include_in_schema=False)
    def found(
        q: Annotated[str, Query(max_length=2000)] = "", mode: Mode = "hybrid", sort: Sort = "relevance"
    ) -> HTMLResponse:
        asked = Answer(q, (), (), (), abstained=False)
        return fragment(lambda: render_found(find(library, asked, mode=mode, sort=sort)))

    @app.get("/page/similar", include_in_schema=False)
    def similar(id: str = "") -> HTMLResponse:
        return fragment(lambda: render_similar(library, id))

    @app.get("/page/trace", include_in_schema=False)
    def trace(phrase: Annotated[str, Query(max_length=200)] = "") -> HTMLResponse:
        return fragment(lambda: render_history(phrase, library))

    @app.get("/page/shelf", include_in_schema=False)
    def shelf(find: Annotated[str, Query(max_length=200)] = "") -> HTMLResponse:
        return fragment(lambda: render_documents(library, find))

    @app.get("/page/about", include_in_schema=False)
    def about(request: Request, doc: str = "") -> HTMLResponse:
        keyed = getattr(request.state, "keyed", False)
        return fragment(lambda: render_about(library, doc, keeper, keyed=keyed))

    questions = Questions(folder if history else None)
    add_ask(app, pipeline, answers, questions=questions, feedback=Feedback(folder))
    add_history(app, questions)
    if folder:
        add_eval(app, library, Measurings(folder, library))
    add_check(app, library)
