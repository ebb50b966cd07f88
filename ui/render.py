"""Hits and the shelf as HTML for the page. Everything that comes from a document or a user is escaped here."""

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import urlencode

from index.types import Document, Hit, Passage, Span
from rag.cite import plain
from rag.reference import place_name
from rag.types import Answer
from ui.marks import excerpt, marked
from ui.viewer import render_facts
from ui.words import (
    COPIES,
    COPY,
    COVERAGE,
    COVERAGE_TIP,
    HITS,
    HITS_COUNT,
    LETTERS,
    LETTERS_TIP,
    MATCHED,
    MEANING,
    MEANING_TIP,
    NEAREST,
    NO_HITS,
    OPEN,
    QUOTED,
    SHELF,
    SHELF_EMPTY,
    SHELF_REST,
    SIMILAR,
)

_SHOWN = 360  # characters of a passage on its card; the rest is a click away
_SHORT = 120  # and of one in a list of similar ones
_TERMS = 6


def render_error(message: str) -> str:
    """A message for the user where the answer would stand."""
    return f'<div class="notice" role="alert">{escape(message)}</div>'


def render_hits(answer: Answer, documents: Mapping[str, Document]) -> str:
    """The answer's evidence, one card a hit, best first; a sentence saying so when there is none.

    `documents` gives each hit's document by id; one that has gone since is shown without its particulars.
    """
    hits = answer.evidence
    if not hits:
        return f'<p class="nothing">{NO_HITS}</p>'
    title = NEAREST if answer.abstained else HITS
    count = HITS_COUNT.format(n=len(hits))
    cards = "".join(
        _card(
            rank,
            hit,
            documents[hit.passage.doc_id].meta if hit.passage.doc_id in documents else {},
            [(source.start, source.end) for source in answer.citations if source.passage.id == hit.passage.id],
        )
        for rank, hit in enumerate(hits, start=1)
    )
    return f'<h2 class="section">{title}<small>{count}</small></h2><div class="hits">{cards}</div>'


def render_shelf(documents: Sequence[Document], *, limit: int = 12) -> str:
    """The library's documents, newest first, each opening its text; at most `limit` of them."""
    if not documents:
        return f'<p class="nothing">{SHELF_EMPTY}</p>'
    newest = sorted(documents, key=lambda document: document.meta.get("date", ""), reverse=True)
    items = "".join(
        f'<li><a href="{_link(doc=document.id)}" data-open="{_link(doc=document.id)}">{escape(document.title)}</a>'
        f"{render_facts(document.meta)}</li>"
        for document in newest[:limit]
    )
    rest = len(documents) - limit
    tail = f'<p class="remark">{SHELF_REST.format(n=rest)}</p>' if rest > 0 else ""
    return f'<h2 class="section">{SHELF}</h2><ul class="shelf">{items}</ul>{tail}'


def _card(rank: int, hit: Hit, meta: Mapping[str, str], cited: Sequence[Span]) -> str:
    passage = hit.passage
    crumbs = "".join(f"<li>{escape(heading)}</li>" for heading in passage.path)
    place = place_name(passage.address, passage.page)
    address = f'<li class="address">{escape(place)}</li>' if place else ""
    evidence = cited or _evidence(hit)
    link = opens(passage, evidence[0] if evidence else (passage.start, passage.end))
    pasted = escape(plain(passage.text, hit.title, meta, place))
    return (
        f'<article class="hit"><header><span class="rank">{rank}</span>'
        f"<h3><a {link}>{escape(hit.title)}</a></h3>"
        f"{render_facts(meta)}</header>"
        f'<ol class="crumbs">{crumbs}{address}</ol>'
        f'<p class="passage">{_passage(hit, evidence)}</p>'
        f"{_copies(hit)}"
        f'<footer><ul class="why">{_why(hit)}</ul><span class="actions">'
        f'<button type="button" data-similar="{escape(passage.id)}" aria-expanded="false">{SIMILAR}</button>'
        f'<button type="button" data-copy="{pasted}">{COPY}</button>'
        f'<a class="button" {link}>{OPEN}</a></span></footer></article>'
    )


def _evidence(hit: Hit) -> list[Span]:
    """The sentences that hold the query's words, else the stretch nearest in meaning; [] when that is all of it."""
    passage = hit.passage
    spans = list(hit.evidence) or ([hit.window] if hit.window else [])
    return [span for span in spans if not (span[0] <= passage.start and passage.end <= span[1])]


def _copies(hit: Hit) -> str:
    """Where else the same words stand, folded away; "" when nowhere."""
    if not hit.copies:
        return ""
    items = "".join(
        f"<li><a {opens(copy.passage, (copy.passage.start, copy.passage.end))}>{escape(copy.title)}</a>"
        f'<span class="address">{escape(place_name(copy.passage.address, copy.passage.page))}</span>'
        f"<time>{escape(copy.date)}</time></li>"
        for copy in hit.copies
    )
    return f'<details class="copies"><summary>{COPIES.format(n=len(hit.copies))}</summary><ul>{items}</ul></details>'


def _passage(hit: Hit, evidence: Sequence[Span]) -> str:
    """The passage's words as far as the card holds them, the evidence and the query's terms marked."""
    passage = hit.passage
    first = next(iter([*evidence, *hit.matched]), (passage.start, passage.start))
    focus = max(first[0] - passage.start, 0), min(first[1], passage.end) - passage.start
    start, end = excerpt(passage.text, focus, limit=_SHOWN)
    layers = {"window": evidence, "term": hit.matched}
    shown = marked(passage.text[start:end], layers, offset=passage.start + start)
    return ("……" if start else "") + shown + ("……" if end < len(passage.text) else "")


def _why(hit: Hit) -> str:
    """Why it was found, as list items: nearness in meaning, sameness of words, and the words themselves."""
    reasons = []
    if "dense" in hit.signals:
        reasons.append(_reason(MEANING, f"{hit.signals['dense']:.2f}", MEANING_TIP))
    if hit.signals.get("lexical", 0) > 0:
        reasons.append(_reason(LETTERS, f"{hit.signals['lexical']:.1f}", LETTERS_TIP))
    if hit.signals.get("coverage", 0) > 0:
        reasons.append(_reason(COVERAGE, f"{hit.signals['coverage']:.0%}", COVERAGE_TIP))
    terms = "".join(QUOTED.format(term=escape(term)) for term in _terms(hit))
    if terms:
        reasons.append(f"<li>{MATCHED}{terms}</li>")
    return "".join(reasons)


def _reason(name: str, value: str, tip: str) -> str:
    return f'<li title="{tip}">{name}<b>{value}</b></li>'


def _terms(hit: Hit) -> list[str]:
    """The query's words as they stand in the passage, the longest first, none inside another."""
    start = hit.passage.start
    found = sorted({hit.passage.text[a - start : b - start] for a, b in hit.matched}, key=lambda t: (-len(t), t))
    kept: list[str] = []
    for term in found:
        if not any(term in longer for longer in kept):
            kept.append(term)
    return kept[:_TERMS]


def opens(passage: Passage, span: Span) -> str:
    """Attributes of a link that opens the passage's document at `span`; it works without JavaScript's help too."""
    address = _link(id=passage.id, start=span[0], end=span[1])
    return f'href="{address}" data-open="{address}"'


def _link(**query: str | int) -> str:
    return escape("?" + urlencode(query))


def render_compact(hits: Sequence[Hit]) -> str:
    """Hits as a short list: title, place, and the words."""
    items = "".join(
        f"<li><a {opens(hit.passage, (hit.passage.start, hit.passage.end))}>{escape(hit.title)}</a>"
        f'<span class="address">{escape(place_name(hit.passage.address, hit.passage.page))}</span>'
        f'<p class="passage">{_clipped(hit.passage.text)}</p></li>'
        for hit in hits
    )
    return f'<ul class="compact">{items}</ul>'


def _clipped(text: str) -> str:
    return escape(text if len(text) <= _SHORT else text[:_SHORT] + "……")
