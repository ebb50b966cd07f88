"""评测 in the page: judge hits with one key, run a question set, see the reports."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from index.errors import YindeError
from index.library import Library
from index.types import Hit, Mode
from rag.reference import place_name
from ui.measuring import Measuring, Measurings, RunFound
from ui.render import opens, render_error
from ui.words import (
    CHECK_WHOLE,
    EVAL_ANSWERS,
    EVAL_CANCEL,
    EVAL_COLUMNS,
    EVAL_GO,
    EVAL_GRADES,
    EVAL_INTRO,
    EVAL_JUDGE,
    EVAL_JUDGE_GO,
    EVAL_JUDGE_HINT,
    EVAL_JUDGED,
    EVAL_KEYS,
    EVAL_MEASURES,
    EVAL_NO_HITS,
    EVAL_NO_SETS,
    EVAL_NONE,
    EVAL_QUESTION,
    EVAL_QUESTIONS,
    EVAL_REPORT,
    EVAL_RUN,
    EVAL_RUNNING,
    EVAL_RUNS,
    EVAL_SET,
    EVAL_STATES,
    SEARCHING,
)

if TYPE_CHECKING:
    from fastapi import FastAPI

_MODES: tuple[Mode, ...] = ("hybrid", "dense", "lexical")
_POOL = 10  # hits of each way of searching that are judged
# The report's own script may run, but not as this site.
_POLICY = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
)


def render_eval_form() -> str:
    """The places to judge and to measure; what is judged and measured already is fetched when the view is opened."""
    return (
        f'<p class="intro">{EVAL_INTRO}</p>'
        f'<section><h2 class="section">{EVAL_JUDGE}</h2><form class="task" action="page/judge" data-into="judge-result"'
        f' data-busy="{SEARCHING}"><div class="line"><label class="grow"><span>{EVAL_QUESTION}</span>'
        f'<input type="search" name="judge" maxlength="2000" required autocomplete="off"'
        f' placeholder="{EVAL_JUDGE_HINT}"></label><button class="go">{EVAL_JUDGE_GO}</button></div></form>'
        '<div id="judge-result" class="result"></div></section>'
        f'<section><h2 class="section">{EVAL_RUN}</h2><div id="measured" aria-live="polite"></div></section>'
    )


def render_pool(library: Library, measurings: Measurings, question: str) -> str:
    """What the three ways of searching find for a question, each passage once, with its grade; QueryError as search."""
    pool: dict[str, Hit] = {}
    for mode in _MODES:
        for hit in library.search(question, k=_POOL, mode=mode):
            pool.setdefault(hit.passage.id, hit)
    if not pool:
        return f'<p class="nothing">{EVAL_NO_HITS}</p>'
    grades = measurings.judgements.grades(question)
    cards = "".join(_card(hit, question, grades.get(id)) for id, hit in pool.items())
    done = sum(id in grades for id in pool)
    count = EVAL_JUDGED.format(done=f'<b class="n">{done}</b>', total=len(pool))
    return f'<p class="remark keys">{EVAL_KEYS}<span role="status">{count}</span></p><ol class="pool">{cards}</ol>'


def render_measured(measurings: Measurings) -> str:
    """What was judged, the sets to run, the run that goes on, and the runs with their measures."""
    sets = measurings.sets()
    if not sets:
        return f'<p class="nothing">{EVAL_NO_SETS}</p>'
    options = "".join(f"<option>{escape(name)}</option>" for name in sets)
    latest = measurings.latest()
    going = latest is not None and latest.state == "running"
    form = (
        f'<form id="measure" class="line"><label><span>{EVAL_SET}</span><select name="set">{options}</select></label>'
        f'<label class="tick"><input type="checkbox" name="answers" checked>{EVAL_ANSWERS}</label>'
        f'<button class="go"{" disabled" if going else ""}>{EVAL_GO}</button></form>'
    )
    return f"{form}{_going(latest)}{_runs(measurings.runs())}{_questions(measurings)}"


def add_eval(app: "FastAPI", library: Library, measurings: Measurings) -> None:
    """Serve GET and POST /page/judge, GET and POST /page/measure, POST /page/measure/cancel, and the reports."""
    from fastapi import Body, Query, Response
    from fastapi.responses import HTMLResponse

    kept = {"Cache-Control": "no-store"}

    @app.get("/page/judge", include_in_schema=False)
    def pool(judge: Annotated[str, Query(max_length=2000)] = "") -> HTMLResponse:
        try:
            return HTMLResponse(render_pool(library, measurings, judge), headers=kept)
        except YindeError as error:
            return HTMLResponse(render_error(str(error)), 422)

    @app.post("/page/judge", include_in_schema=False)
    def judged(
        question: Annotated[str, Body(min_length=1, max_length=2000)],
        passage: Annotated[str, Body(max_length=200)],
        grade: Annotated[int, Body(ge=0, le=3)],
    ) -> Response:
        try:
            measurings.judgements.add(question, library.passage(passage).id, grade)
        except YindeError as error:
            return HTMLResponse(escape(str(error)), 422)
        return Response(status_code=204)

    @app.get("/page/measure", include_in_schema=False)
    def measured() -> HTMLResponse:
        return HTMLResponse(render_measured(measurings), headers=kept)

    @app.post("/page/measure", include_in_schema=False)
    def measure(set: Annotated[str, Body(max_length=200)], answers: Annotated[bool, Body()]) -> HTMLResponse:
        try:
            measurings.start(set, answers=answers)
        except YindeError as error:
            return HTMLResponse(render_error(str(error)) + render_measured(measurings), 422)
        return HTMLResponse(render_measured(measurings))

    @app.post("/page/measure/cancel", include_in_schema=False)
    def cancel() -> HTMLResponse:
        measurings.cancel()
        return HTMLResponse(render_measured(measurings))

    @app.get("/page/report", include_in_schema=False)
    def report(run: str = "") -> Response:
        try:
            page = measurings.report(run)
        except YindeError as error:
            return HTMLResponse(render_error(str(error)), 404)
        return Response(page, media_type="text/html", headers={"Content-Security-Policy": _POLICY, **kept})


def _card(hit: Hit, question: str, grade: int | None) -> str:
    passage = hit.passage
    place = escape(place_name(passage.address, passage.page))
    buttons = "".join(
        f'<button type="button" data-grade="{n}" aria-pressed="{"true" if n == grade else "false"}">'
        f"<kbd>{n}</kbd>{name}</button>"
        for n, name in enumerate(EVAL_GRADES)
    )
    return (
        f'<li tabindex="0" data-passage="{escape(passage.id)}" data-question="{escape(question)}">'
        f"<a {opens(passage, (passage.start, passage.end))}>{escape(hit.title)}</a>"
        f'<span class="address">{place}</span><p class="passage">{escape(passage.text)}</p>'
        f'<span class="grades" role="group" aria-label="{EVAL_JUDGE}">{buttons}</span></li>'
    )


def _going(latest: Measuring | None) -> str:
    if latest is None or latest.state == "done":
        return ""
    if latest.state != "running":
        return f'<p class="remark">{EVAL_STATES[latest.state]}{escape(latest.error)}</p>'
    told = EVAL_RUNNING.format(name=escape(latest.name), done=latest.done, total=latest.total)
    return (
        f'<div class="job" data-going><div class="line"><b>{told}</b>'
        f'<button type="button" data-measure-cancel>{EVAL_CANCEL}</button></div>'
        f'<progress max="{latest.total}" value="{latest.done}" aria-label="{told}"></progress></div>'
    )


def _runs(runs: list[RunFound]) -> str:
    if not runs:
        return f'<p class="nothing">{EVAL_NONE}</p>'
    shown = [(key, name) for key, name in EVAL_MEASURES if any(key in run.measures for run in runs)]
    head = "".join(f'<th scope="col">{name}</th>' for name in (*EVAL_COLUMNS, *(name for _, name in shown)))
    rows = "".join(_row(run, [key for key, _ in shown]) for run in runs)
    return (
        f'<h3 class="section">{EVAL_RUNS}</h3><div class="sheet runs"><table><thead><tr>{head}</tr></thead>'
        f'<tbody>{rows}</tbody></table></div><div id="report" data-whole="{CHECK_WHOLE}"></div>'
    )


def _row(run: RunFound, keys: Sequence[str]) -> str:
    address = escape("page/report?" + urlencode({"run": run.name}))
    cells = "".join(f"<td>{100 * run.measures[key]:.1f}</td>" if key in run.measures else "<td>—</td>" for key in keys)
    return (
        f'<tr><td><button type="button" data-report="{address}">{EVAL_REPORT}</button>'
        f"{escape(run.started[:16].replace('T', ' '))}</td><td>{escape(run.set_name)}</td><td>{run.cases}</td>"
        f"{cells}</tr>"
    )


def _questions(measurings: Measurings) -> str:
    def item(text: str, n: int) -> str:
        address = escape("?" + urlencode({"view": "eval", "judge": text}))
        return f'<li><a href="{address}">{escape(text)}</a><span>{n}</span></li>'

    items = "".join(item(text, n) for text, n in measurings.judgements.questions())
    return f'<details class="facets"><summary>{EVAL_QUESTIONS}</summary><ul class="asked-list">{items}</ul></details>'
