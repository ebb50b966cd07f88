"""A document as HTML: its own paragraphs and headings, an outline to jump by, the cited words marked."""

from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

from index.types import Document, Heading, Passage, Span, page_at
from rag.cite import plain
from rag.reference import facts, place_name
from ui.marks import Layers, marked
from ui.original import render_original, render_recognised
from ui.words import CLOSE, CLOSE_HINT, COPY, COPY_LINK, OUTLINE, SOURCE, WHERE, WHERE_UNKNOWN

_HEAD = 12  # lines in which the title is looked for


def render_source(document: Document, *, passage: Passage | None = None, span: Span | None = None) -> str:
    """The whole document; `passage` is tinted, `span` (default: the passage) marked, each where given.

    A span that is empty or leaves the document is taken for none. Time and size grow with the text alone.
    """
    own = (passage.start, passage.end) if passage else None
    if span is None or not 0 <= span[0] < span[1] <= len(document.text):
        span = own
    original = render_original(document, passage.page_at(span[0]) if passage and span else page_at(document.pages, 0))
    layers = {"cited": [span] if span else []}
    return (
        f'<article class="document">{_bar(document.title, _tools(document, passage, span))}'
        f"{render_facts(document.meta)}{render_recognised(document)}{original}"
        f'<div class="text">{_paragraphs(document, layers, own)}</div></article>'
    )


def render_source_error(message: str) -> str:
    """A message in the viewer's place, with the button that closes it."""
    return (
        f'<article class="document">{_bar(SOURCE, "")}'
        f'<div class="notice" role="alert">{escape(message)}</div></article>'
    )


def render_facts(meta: Mapping[str, str]) -> str:
    """发文机关 · 发文字号 · 成文日期 · 文种 as one line, as far as known; "" when nothing is."""
    known = " · ".join(f"<span>{escape(fact)}</span>" for fact in facts(meta))
    return f'<p class="particulars">{known}</p>' if known else ""


def _bar(title: str, tools: str) -> str:
    """What stays in sight while the text scrolls."""
    return (
        f'<header class="bar"><h2>{escape(title)}</h2>'
        f'<button type="button" class="close" data-close aria-label="{CLOSE}" title="{CLOSE_HINT}">×'
        f"</button>{tools}</header>"
    )


def _tools(document: Document, passage: Passage | None, span: Span | None) -> str:
    where = ""
    if passage and span:
        address = place_name(passage.address, passage.page_at(span[0]))
        said = WHERE.format(address=address) if address else WHERE_UNKNOWN
        pasted = plain(document.text[span[0] : span[1]], document.title, document.meta, address)
        link = "?" + urlencode({"id": passage.id, "start": span[0], "end": span[1]})
        where = (
            f'<span class="where">{escape(said)}</span>'
            f'<button type="button" data-copy="{escape(pasted)}">{COPY}</button>'
            f'<button type="button" data-copy-link="{escape(link)}">{COPY_LINK}</button>'
        )
    outline = _outline(document)
    return f'<div class="tools">{where}{outline}</div>' if where or outline else ""


def _outline(document: Document) -> str:
    if not document.outline:
        return ""
    items = "".join(
        f'<li class="level-{min(heading.level, 4)}"><a href="#at-{heading.start}" data-jump="at-{heading.start}">'
        f"{escape(document.text[heading.start : heading.end])}</a></li>"
        for heading in document.outline
    )
    count = OUTLINE.format(n=len(document.outline))
    return f'<details class="outline"><summary>{count}</summary><ol>{items}</ol></details>'


def _paragraphs(document: Document, layers: Layers, own: Span | None) -> str:
    headings = {heading.start: heading for heading in document.outline}
    title = _title_lines(document)
    pieces, start = [], 0
    for line in document.text.split("\n"):
        if start in title:
            pieces.append(f'<h3 class="title">{marked(line, layers, offset=start)}</h3>')
        elif line.strip():
            pieces.append(_paragraph(line, start, headings.get(start), layers, own))
        start += len(line) + 1
    return "".join(pieces)


def _title_lines(document: Document) -> set[int]:
    """Where the lines start that make up the title; it often takes two: 江澜市人民政府 / 关于……的通知."""
    whole = rest = "".join(document.title.split())
    found, start = set(), 0
    for line in document.text.split("\n", _HEAD)[:_HEAD]:
        words = "".join(line.split())
        if words and (words == whole or rest.startswith(words)):
            found.add(start)
            rest = "" if words == whole else rest[len(words) :]
        start += len(line) + 1
    return found


def _paragraph(line: str, start: int, heading: Heading | None, layers: Layers, own: Span | None) -> str:
    end = start + len(line)
    holds = ' class="holds"' if own and own[0] < end and start < own[1] else ""
    if heading and heading.end >= end:
        return f'<h{_tag(heading)} id="at-{start}"{holds}>{marked(line, layers, offset=start)}</h{_tag(heading)}>'
    if heading:
        # （一）加强领导。要……  a heading that runs into its paragraph.
        cut = heading.end - start
        head = f'<strong id="at-{start}">{marked(line[:cut], layers, offset=start)}</strong>'
        return f"<p{holds}>{head}{marked(line[cut:], layers, offset=heading.end)}</p>"
    return f"<p{holds}>{marked(line, layers, offset=start)}</p>"


def _tag(heading: Heading) -> int:
    return min(heading.level + 3, 6)
