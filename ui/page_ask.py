"""问答 in the page: a conversation whose answers arrive sentence by sentence, each held against its source."""

import json
from collections.abc import AsyncIterator
from html import escape
from typing import TYPE_CHECKING, Annotated, Any

from index.errors import YindeError
from index.types import Mode
from rag.pipeline import Pipeline
from rag.types import Answer
from ui.answers import Answers
from ui.feedback import Feedback, Verdict
from ui.history import Questions
from ui.live import UNKEPT, Growing, growing
from ui.page_answer import render_answer
from ui.render import render_compact, render_error
from ui.words import (
    ASK_AGAIN,
    ASK_FINDS,
    ASK_GO,
    ASK_HINT,
    ASK_INTRO,
    ASK_LABEL,
    ASK_LOST,
    ASK_MEANT,
    ASK_NEW,
    ASK_STOP,
    ASK_STOPPED,
    EXAMPLES,
    EXAMPLES_LABEL,
    FEEDBACK_GONE,
    FEEDBACK_SEND,
    FEEDBACK_THANKS,
    FEEDBACK_WHAT,
    NEAREST,
    SEARCHING,
)

if TYPE_CHECKING:
    from fastapi import FastAPI

_NEAREST = 3  # passages that stand below an abstention
_TURNS = 20  # of a conversation that count
_LONGEST = 2000  # characters of a question; the search says the same in words


def render_ask_form() -> str:
    """The place of the conversation, below it the box."""
    words = {"busy": SEARCHING, "stopped": ASK_STOPPED, "lost": ASK_LOST, "go": ASK_GO}
    words |= {"meant": ASK_MEANT, "anew": ASK_AGAIN, "what": FEEDBACK_WHAT, "send": FEEDBACK_SEND}
    data = " ".join(f'data-{name}="{escape(text)}"' for name, text in (words | {"stop": ASK_STOP}).items())
    examples = "".join(f'<button type="button" data-example>{escape(one)}</button>' for one in EXAMPLES[:4])
    return (
        f'<div id="talk" role="log" aria-label="{ASK_LABEL}"></div>'
        f'<div id="talk-start"><p class="intro">{ASK_INTRO}</p>'
        f'<p class="tries"><span>{EXAMPLES_LABEL}</span>{examples}</p></div>'
        f'<form id="talk-form" {data}><label class="grow"><span class="unseen">{ASK_LABEL}</span>'
        f'<textarea name="question" rows="1" maxlength="{_LONGEST}" placeholder="{ASK_HINT}"></textarea></label>'
        f'<button class="go">{ASK_GO}</button></form>'
        f'<p class="talk-foot"><button type="button" id="talk-new" hidden>{ASK_NEW}</button></p>'
    )


def render_turn(answer: Answer, name: str = "") -> str:
    """An answer in its conversation: below an abstention the nearest passages, below any other what was found."""
    shown = render_answer(answer, name)
    if not answer.complete or not answer.evidence:
        return shown
    if answer.abstained:
        nearest = render_compact(answer.evidence[:_NEAREST])
        return f'{shown}<section class="nearest"><h3 class="section">{NEAREST}</h3>{nearest}</section>'
    found = render_compact(answer.evidence)
    count = ASK_FINDS.format(n=len(answer.evidence))
    return f'{shown}<details class="finding"><summary>{count}</summary>{found}</details>'


def add_ask(app: "FastAPI", pipeline: Pipeline, answers: Answers, *, questions: Questions, feedback: Feedback) -> None:
    """Serve POST /page/ask, a stream of events with the whole answer each, and POST /page/feedback."""
    from fastapi import Body, Request
    from fastapi.responses import HTMLResponse, StreamingResponse

    @app.post("/page/ask", include_in_schema=False)
    def ask(
        request: Request,
        question: Annotated[str, Body(max_length=100_000)],
        turns: Annotated[list[str], Body(max_length=1000)],
        mode: Annotated[Mode, Body()] = "hybrid",
    ) -> StreamingResponse:
        questions.add(reader(request), question[:_LONGEST], "ask")
        answered = pipeline.stream(question, mode=mode, history=answers.turns(turns[-_TURNS:]))
        return StreamingResponse(_events(answers, answered), media_type="text/event-stream", headers=UNKEPT)

    @app.post("/page/feedback", include_in_schema=False)
    def judged(
        request: Request,
        answer: Annotated[str, Body(max_length=100)],
        verdict: Annotated[Verdict, Body()],
        comment: Annotated[str, Body(max_length=2000)] = "",
    ) -> HTMLResponse:
        found = answers.get(answer)
        if found is None:
            return HTMLResponse(escape(FEEDBACK_GONE), 404)
        try:
            feedback.add(found, verdict, comment=comment, reader=reader(request))
        except YindeError as error:
            return HTMLResponse(escape(str(error)), 503)
        return HTMLResponse(FEEDBACK_THANKS)


def reader(request: Any) -> str:
    """The name of the key behind a request, "" while there are no keys (`ui.guard` puts it there)."""
    return str(getattr(request.state, "holder", ""))


async def _events(answers: Answers, answered: Growing) -> AsyncIterator[str]:
    """An event for each answer that says more than the one before, and signs of life; ends with whoever reads it."""
    shown: Answer | None = None
    try:
        async for answer in growing(answered):
            if answer == shown:
                yield ": \n\n"
                continue
            shown = answer
            name = answers.keep(answer) if answer.complete else ""
            yield _event({"html": render_turn(answer, name), "asked": answer.asked, "name": name})
    except YindeError as error:
        yield _event({"html": render_error(str(error)), "asked": "", "name": ""})


def _event(told: dict[str, str]) -> str:
    return f"data: {json.dumps(told, ensure_ascii=False)}\n\n"
