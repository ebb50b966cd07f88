"""What a question finds, around its cards: the spelling meant, the facets that narrow it, its order, and the like."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import urlencode

from index.errors import NotFoundError
from index.finder import Counts, Facets, Sort
from index.library import Library
from index.types import Document, Hit, Mode
from rag.types import Answer
from ui.render import render_compact, render_hits
from ui.words import (
    CORRECTED,
    FACET_ADD,
    FACET_DROP,
    FACET_MORE,
    FACET_NAMES,
    FACETS,
    SIMILAR_NONE,
    SORT_LABEL,
    SORTS,
)

_K = 10
_SHOWN = 6  # values of a facet in sight, the rest folded away
_MOST = 60
_FIELDS = tuple(f"{sign}{name}" for sign in ("", "-") for name in ("机关:", "文种:", "年份:", "日期:", "格式:"))


@dataclass(frozen=True, slots=True)
class Found:
    """What one question finds, read from the library once; `answer` holds the hits as its evidence."""

    answer: Answer
    mode: Mode
    sort: Sort
    facets: Facets
    corrected: str
    documents: dict[str, Document]


def find(library: Library, answer: Answer, *, mode: Mode, sort: Sort = "relevance") -> Found:
    """Search for an answer's question, copies put together; QueryError for what cannot be searched."""
    question = answer.asked or answer.question
    hits = library.search(question, k=_K, mode=mode, sort=sort, collapse="copies")
    return Found(
        replace(answer, evidence=tuple(hits)),
        mode,
        sort,
        library.facets(question),
        library.corrected(question) or "",
        _documents(library, hits),
    )


def render_found(found: Found) -> str:
    """The spelling meant, the facets, and the cards."""
    question = found.answer.question
    meant = (
        f'<p class="meant">{CORRECTED}{_asks(found.corrected, escape(found.corrected))}</p>' if found.corrected else ""
    )
    bar = f'<div class="narrow">{_chosen(question)}{_facets(question, found.facets)}{_order(found)}</div>'
    cards = render_hits(found.answer, found.documents)
    return f'<div class="finds">{meant}{bar if found.answer.evidence or _parts(question) else ""}{cards}</div>'


def render_similar(library: Library, passage_id: str, *, k: int = 5) -> str:
    """The passages nearest in meaning to one, short; NotFoundError when it is gone."""
    hits = library.similar(passage_id, k=k)
    return render_compact(hits) if hits else f'<p class="nothing">{SIMILAR_NONE}</p>'


def _documents(library: Library, hits: Sequence[Hit]) -> dict[str, Document]:
    documents: dict[str, Document] = {}
    for doc_id in {hit.passage.doc_id for hit in hits}:
        with suppress(NotFoundError):  # removed since the search
            documents[doc_id] = library.document(doc_id)
    return documents


def _parts(question: str) -> list[str]:
    """The conditions that stand in a question by themselves, as a facet writes them."""
    return [part for part in question.split() if part.startswith(_FIELDS)]


def _chosen(question: str) -> str:
    """The question's conditions, each a button that takes it away."""
    words = question.split()
    buttons = []
    for part in _parts(question):
        rest = " ".join(word for word in words if word != part)
        label = escape(FACET_DROP.format(part=part))
        buttons.append(_asks(rest, f"{escape(part)}<b>×</b>", f'class="chosen" aria-label="{label}"'))
    return f'<p class="conditions">{"".join(buttons)}</p>' if buttons else ""


def _facets(question: str, facets: Facets) -> str:
    counts: dict[str, Counts] = {
        "issuer": facets.issuer,
        "kind": facets.kind,
        "year": facets.year,
        "format": facets.format,
    }
    taken = _parts(question)
    rows = "".join(
        _facet(question, name, counts[key])
        for name, key in FACET_NAMES
        if len(counts[key]) > 1 and not any(part.startswith(f"{name}:") for part in taken)
    )
    return f'<details class="facets" open><summary>{FACETS}</summary><dl>{rows}</dl></details>' if rows else ""


def _facet(question: str, name: str, counts: Counts) -> str:
    buttons = []
    for value, n in counts[:_MOST]:
        part = f"{name}:{value}"
        label = escape(FACET_ADD.format(name=name, value=value, n=n))
        buttons.append(_asks(f"{question} {part}", f"{escape(value)}<b>{n}</b>", f'aria-label="{label}"'))
    shown, rest = "".join(buttons[:_SHOWN]), buttons[_SHOWN:]
    more = f"<details><summary>{FACET_MORE.format(n=len(rest))}</summary>{''.join(rest)}</details>" if rest else ""
    return f"<div><dt>{name}</dt><dd>{shown}{more}</dd></div>"


def _order(found: Found) -> str:
    buttons = []
    for name, sort in SORTS:
        query = urlencode({"q": found.answer.question, "mode": found.mode, "sort": sort})
        pressed = "true" if sort == found.sort else "false"
        buttons.append(
            f'<button type="button" data-load="{escape("page/found?" + query)}"'
            f' aria-pressed="{pressed}">{name}</button>'
        )
    return f'<p class="order" role="group" aria-label="{SORT_LABEL}">{"".join(buttons)}</p>'


def _asks(question: str, inner: str, attributes: str = "") -> str:
    return f'<button type="button" data-ask="{escape(question)}" {attributes}>{inner}</button>'
