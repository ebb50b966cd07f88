"""The page: a question, its answer with marks, the passages found, the source beside them, and the other views."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from index.errors import YindeError
from index.library import Library
from index.types import Mode
from rag.pipeline import Pipeline
from ui.answers import Answers
from ui.keep import Keeper
from ui.page_answer import render_answer, render_pending
from ui.page_hits import find, render_found
from ui.page_views import render_tabs, render_views
from ui.render import render_error, render_shelf
from ui.viewer import render_source_error
from ui.words import (
    BRAND,
    COPIED,
    EXAMPLES,
    EXAMPLES_LABEL,
    GO,
    LOAD_FAILED,
    LOADING,
    MODE_LABEL,
    MODES,
    MOTTO,
    NEXT,
    PAGE_TITLE,
    PREVIOUS,
    QUESTION_HINT,
    QUESTION_LABEL,
    SOURCE,
    SOURCE_HINT,
    STEPS,
    STOCK,
)

if TYPE_CHECKING:
    import gradio

_STYLES = ("page", "views", "talk")
_SCRIPTS = ("page", "focus", "views", "ask", "shelf", "eval")
HEAD = (
    "".join(f'<link rel="stylesheet" href="page/{name}.css">' for name in _STYLES)
    + "".join(f'<script src="page/{name}.js"></script>' for name in _SCRIPTS)
    + '<link rel="search" type="application/opensearchdescription+xml" title="引得" href="opensearch.xml">'
)

# Asked and mode as the address bar has them; the page is made for ?q= links and for the back button.
_FROM_ADDRESS = "() => window.yinde.asked()"
_TO_ADDRESS = "(question, mode) => window.yinde.ask(question, mode)"


class Screen:
    """What the page shows for a question: pure functions of the library, apart from Gradio."""

    def __init__(self, library: Library, pipeline: Pipeline, answers: Answers) -> None:
        """`pipeline` answers; `library` tells what a hit's document is; `answers` keeps what was answered."""
        self._library = library
        self._pipeline = pipeline
        self._answers = answers

    def start(self) -> tuple[str, str]:
        """How much the library holds, and its documents, as HTML."""
        documents = self._library.documents()
        passages = self._library.stats().passages
        return STOCK.format(documents=len(documents), passages=passages), render_shelf(documents)

    def answer(self, question: str, mode: Mode) -> Iterator[tuple[str, str | None]]:
        """Yield (answer, hits) as HTML while the answer grows; hits are None when they stay as they were."""
        yield render_pending(), ""
        shown: object = None
        found = None
        try:
            for answer in self._pipeline.stream(question, mode=mode):
                found = found or find(self._library, answer, mode=mode)
                showing = answer.citations, answer.abstained
                box = render_answer(answer, self._answers.keep(answer) if answer.complete else "")
                if showing == shown:
                    yield box, None
                else:
                    current = replace(answer, evidence=found.answer.evidence)
                    yield box, render_found(replace(found, answer=current))
                shown = showing
        except YindeError as error:
            yield render_error(str(error)), ""


def build_page(
    library: Library,
    pipeline: Pipeline,
    answers: Answers | None = None,
    keeper: Keeper | None = None,
    *,
    measuring: bool = False,
) -> "gradio.Blocks":
    """The page as Gradio blocks, to be mounted by the server, which also serves what HEAD names."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio

    screen = Screen(library, pipeline, answers or Answers())
    html = partial(gradio.HTML, apply_default_css=False)
    page: gradio.Blocks
    with gradio.Blocks(title=PAGE_TITLE, analytics_enabled=False, fill_width=True) as page:
        stock = _header(gradio, html)
        html(render_tabs(measuring=measuring), elem_id="tabs")
        with gradio.Row(elem_id="ask"):
            question = gradio.Textbox(
                label=QUESTION_LABEL,
                placeholder=QUESTION_HINT,
                elem_id="question",
                container=False,
                autofocus=True,
                scale=1,
            )
            go = gradio.Button(GO, elem_id="go", variant="primary", scale=0)
        mode = gradio.Radio(
            list(MODES), value="hybrid", label=MODE_LABEL, elem_id="mode", container=False, show_label=False
        )
        with gradio.Row(elem_id="desk"):
            with gradio.Column(elem_id="found"):
                with gradio.Column(elem_id="start") as start:
                    with gradio.Row(elem_id="examples"):
                        html(f"<span>{EXAMPLES_LABEL}</span>", elem_id="examples-label")
                        examples = [gradio.Button(example, size="sm", scale=0) for example in EXAMPLES]
                    shelf = html(elem_id="shelf")
                answer = html(elem_id="answer")
                hits = html(elem_id="hits")
                html(render_views(keeper, measuring=measuring), elem_id="views")
            html(_panel(), elem_id="side")

        asking = _asking(screen, gradio)
        outputs = [question, mode, start, answer, hits]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        page.load(screen.start, None, [stock, shelf], **quiet)
        page.load(asking, [question, mode], outputs, js=_FROM_ADDRESS, **quiet)
        gradio.on(
            [question.submit, go.click, mode.input],
            asking,
            [question, mode],
            outputs,
            js=_TO_ADDRESS,
            trigger_mode="always_last",
            **quiet,
        )
        for example in examples:
            example.click(asking, [example, mode], outputs, js=_TO_ADDRESS, **quiet)
    page.queue(default_concurrency_limit=8)
    return page


def theme() -> "gradio.themes.Base":
    """Gradio's plainest theme with the system's fonts; colours are the style sheet's."""
    from gradio.themes import Base, Font

    return Base(font=[Font("system-ui"), Font("sans-serif")], font_mono=[Font("monospace")])


def _header(gradio: Any, html: Any) -> Any:
    """The name and motto; gives the line that tells how much the library holds."""
    with gradio.Row(elem_id="top"):
        html(f'<h1><a href="./">{BRAND}</a></h1><p>{MOTTO}</p>', elem_id="brand")
        return html(elem_id="stock")


def _panel() -> str:
    """The source's empty place, with the words that page.js shows there."""
    said = {"loading": LOADING, "failed": render_source_error(LOAD_FAILED), "broken": render_error(LOAD_FAILED)}
    said |= {"copied": COPIED, "steps": STEPS, "previous": PREVIOUS, "next": NEXT}
    data = " ".join(f'data-{name}="{escape(text)}"' for name, text in said.items())
    return (
        f'<aside id="source" tabindex="-1" aria-label="{SOURCE}" {data} hidden></aside>'
        f'<p id="source-hint">{SOURCE_HINT}</p>'
    )


def _asking(screen: Screen, gradio: Any) -> Callable[[str, Mode], Iterator[tuple[Any, ...]]]:
    def asking(question: str, mode: Mode) -> Iterator[tuple[Any, ...]]:
        question = question.strip()
        if not question:
            yield question, mode, gradio.update(visible=True), "", ""
            return
        first = question, mode, gradio.update(visible=False)
        for answer, hits in screen.answer(question, mode):
            yield *first, answer, gradio.skip() if hits is None else hits
            first = (gradio.skip(),) * 3  # what is typed while the answer grows stays

    return asking
