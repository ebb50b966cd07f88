"""An answer as HTML: its sentences with marks and verdicts, how sure it is, its sources, and what to do with it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from rag.reference import book_title, place_name
from rag.types import Answer, Citation, Statement
from ui.marks import marked
from ui.render import opens
from ui.words import (
    ABSTAINED,
    ALL_VERBATIM,
    ANSWER,
    COPY_ANSWER,
    DOUBT_TIP,
    FEEDBACK,
    FEEDBACK_DOWN,
    FEEDBACK_UP,
    FOLLOW,
    MARK_LABEL,
    MORE_TO_COME,
    SEARCHING,
    SOURCES,
    SUPPORT,
    SUPPORT_TIP,
    SURE,
    SURE_TIP,
    VERIFIED,
    VERIFIED_COUNT,
    WITHHELD,
    WRITTEN_BY,
)


def render_answer(answer: Answer, name: str = "") -> str:
    """The answer's sentences with their marks and verdicts and the list of sources; plain words when it abstained.

    `name` is that of the answer where it was kept (`ui.answers`): then it can be judged and followed up.
    """
    tools = _tools(answer, name) if name and answer.complete else ""
    if answer.abstained:
        note = answer.note if answer.note.strip() else ABSTAINED
        return _answer_box(f'<p class="abstained">{escape(note)}</p>{tools}', kind="none")
    if not answer.statements:
        return render_pending() if not answer.complete else ""
    cited = {source.number: source for source in answer.citations}
    said = f'<p class="remark note">{escape(answer.note)}</p>' if answer.note else ""  # 以下为…
    said += "".join(_statement(statement, cited) for statement in answer.statements)
    said += _verified(answer) if answer.complete else f'<p class="pending">{MORE_TO_COME}</p>'
    return _answer_box(said + _sources(answer.citations) + tools, kind="found", beside=_sure(answer))


def render_pending() -> str:
    """What stands in the answer's place while the first search runs."""
    return _answer_box(f'<p class="pending">{SEARCHING}</p>', kind="waiting")


def _answer_box(inner: str, *, kind: str, beside: str = "") -> str:
    head = f'<h2 class="section">{ANSWER}{beside}</h2>'
    return f'<section class="answer {kind}" aria-live="polite">{head}{inner}</section>'


def _sure(answer: Answer) -> str:
    """How much the evidence bears, in plain words."""
    if not answer.complete:
        return ""
    words = next(words for least, words in SURE if answer.confidence >= least)
    tip = escape(SURE_TIP.format(share=f"{answer.confidence:.0%}"))
    return f'<small class="sure" title="{tip}">{words}</small>'


def _statement(statement: Statement, cited: Mapping[int, Citation]) -> str:
    marks = "".join(_mark(cited[number]) for number in statement.citations if number in cited)
    tip = SUPPORT_TIP[statement.support]
    if statement.doubt:
        tip = DOUBT_TIP.format(doubt=statement.doubt)
    badge = f'<span class="support {statement.support}" title="{escape(tip)}">{SUPPORT[statement.support]}</span>'
    text = marked(statement.text, {"focus": [statement.focus] if statement.focus else []})
    return f'<p class="statement {statement.support}">{text}{marks}{badge}</p>'


def _verified(answer: Answer) -> str:
    """What the check of every sentence came to, who put it into words, and how much was left out."""
    tally = Counter(statement.support for statement in answer.statements)
    if set(tally) == {"verbatim"} and not answer.withheld:
        told = ALL_VERBATIM
    else:
        counts = "、".join(
            VERIFIED_COUNT.format(name=SUPPORT[one], n=n) for one, n in sorted(tally.items(), reverse=True)
        )
        told = VERIFIED.format(counts=counts)
    if answer.withheld:
        told += WITHHELD.format(n=answer.withheld)
    if answer.writer:
        told = WRITTEN_BY.format(writer=answer.writer) + told
    return f'<p class="remark verified">{escape(told)}</p>'


def _tools(answer: Answer, name: str) -> str:
    """Below an answer: whether it helped, its words to take along, and the way to go on asking."""
    pasted = "" if answer.abstained else escape(pasted_answer(answer))
    copy = f'<button type="button" data-copy="{pasted}">{COPY_ANSWER}</button>' if pasted else ""
    verdicts = "".join(
        f'<button type="button" data-verdict="{verdict}" aria-pressed="false">{_thumb(verdict)}{word}</button>'
        for verdict, word in (("up", FEEDBACK_UP), ("down", FEEDBACK_DOWN))
    )
    return (
        f'<footer class="after" data-answer="{escape(name)}"><span class="actions" role="group"'
        f' aria-label="{FEEDBACK}">{verdicts}</span><span class="told" role="status"></span>'
        f'<span class="actions">{copy}'
        f'<button type="button" data-follow>{FOLLOW}</button></span></footer>'
    )


def _thumb(verdict: str) -> str:
    turned = ' class="down"' if verdict == "down" else ""
    return (
        f'<svg{turned} viewBox="0 0 24 24" width="15" height="15" aria-hidden="true">'
        '<path d="M2 10h4v11H2zM8 21V10l4-8c2 0 3 1.5 2.5 3.5L14 9h6a2 2 0 0 1 2 2.4l-1.6 8A2 2 0 0 1 18.4 21z"/></svg>'
    )


def pasted_answer(answer: Answer) -> str:
    """An answer as it is pasted into a document: its sentences with their numbers, then the sources by number."""
    sources = [
        f"[{one.number}] 《{book_title(one.title)}》{place_name(one.passage.address, one.page)}"
        for one in answer.citations
    ]
    return "\n".join([answer.text, "", *sources])


def _mark(source: Citation) -> str:
    label = escape(
        MARK_LABEL.format(
            number=source.number,
            title=book_title(source.title),
            address=place_name(source.passage.address, source.page),
        )
    )
    span = source.start, source.end
    return f'<a class="cite" {opens(source.passage, span)} aria-label="{label}" title="{label}">{source.number}</a>'


def _sources(citations: Sequence[Citation]) -> str:
    """The cited passages by first use, each once with all its numbers."""
    by_passage: dict[str, list[Citation]] = {}
    for source in citations:
        by_passage.setdefault(source.passage.id, []).append(source)
    items = "".join(
        f"<li>{''.join(map(_mark, same))}"
        f"<a {opens(same[0].passage, (same[0].start, same[0].end))}>《{escape(book_title(same[0].title))}》</a>"
        f'<span class="address">{escape(place_name(same[0].passage.address, same[0].page))}</span></li>'
        for same in by_passage.values()
    )
    return f'<ul class="sources" aria-label="{SOURCES}">{items}</ul>'
