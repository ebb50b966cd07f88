"""演变 in the page: a formulation over the years, by issuer, in its near wordings, each use opening its source."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from index.library import Library
from rag.reference import chinese_date
from ui.trace_page import year_bars
from ui.trace_screen import UNKNOWN_ISSUER, UNKNOWN_YEAR, around, filled_years
from ui.words import (
    TRACE_COLUMNS,
    TRACE_FIRST,
    TRACE_GO,
    TRACE_HINT,
    TRACE_INCOMPLETE,
    TRACE_INTRO,
    TRACE_ISSUERS,
    TRACE_LABEL,
    TRACE_LAST,
    TRACE_LEAD,
    TRACE_MORE,
    TRACE_NONE,
    TRACE_REST,
    TRACE_UNDATED,
    TRACE_USES,
    TRACE_VARIANTS,
    TRACE_YEARS,
    TRACING,
)

if TYPE_CHECKING:
    from rag.trace import Count, Trace, Use, Variant

_USES, _ROWS = 200, 20  # documents and table rows that are listed


def render_trace_form() -> str:
    """The place to type a formulation, and that of its history."""
    return (
        f'<form class="task" action="page/trace" data-into="trace-result" data-busy="{TRACING}">'
        f'<p class="intro">{TRACE_INTRO}</p><div class="line"><label class="grow"><span>{TRACE_LABEL}</span>'
        f'<input type="search" name="phrase" maxlength="200" required autocomplete="off" placeholder="{TRACE_HINT}">'
        f'</label><button class="go">{TRACE_GO}</button></div></form>'
        '<div id="trace-result" class="result" aria-live="polite"></div>'
    )


def render_history(phrase: str, library: Library) -> str:
    """A formulation's history as a fragment of the page; QueryError for what is no phrase."""
    from rag.trace import trace

    found = trace(phrase, library)
    dated = [year for year in filled_years(found.years) if year.name]
    undated = sum(year.places for year in found.years if not year.name)
    parts = [
        _lead(found),
        "" if found.complete else f'<p class="remark">{TRACE_INCOMPLETE}</p>',
        _section(TRACE_YEARS, f'<div class="plot">{year_bars(dated)}</div>') if dated else "",
        f'<p class="remark">{TRACE_UNDATED.format(n=undated)}</p>' if undated else "",
        '<div class="pair">',
        _section(TRACE_ISSUERS, _issuers(found.issuers)) if found.issuers else "",
        _section(TRACE_VARIANTS, _variants(found.variants)) if found.variants else "",
        "</div>",
        _section(TRACE_USES, f'<ol class="uses">{"".join(map(_use, found.uses[:_USES]))}</ol>') if found.uses else "",
    ]
    rest = len(found.uses) - _USES
    return "".join(parts) + (f'<p class="remark">{TRACE_REST.format(n=rest)}</p>' if rest > 0 else "")


def _lead(found: "Trace") -> str:
    if not found.uses:
        return f'<p class="nothing">{escape(TRACE_NONE.format(phrase=found.phrase))}</p>'
    said = [TRACE_LEAD.format(phrase=found.phrase, documents=len(found.uses), places=found.count)]
    if found.first and found.last:
        said += [
            TRACE_FIRST.format(date=chinese_date(found.first.date)),
            TRACE_LAST.format(date=chinese_date(found.last.date)),
        ]
    return f'<p class="lead">{escape("，".join(said))}。</p>'


def _section(title: str, inner: str) -> str:
    return f'<section><h2 class="section">{title}</h2>{inner}</section>'


def _issuers(counts: "Sequence[Count]") -> str:
    rows = [(count.name or UNKNOWN_ISSUER, count.places, count.documents) for count in counts[:_ROWS]]
    return _table(TRACE_ISSUERS, TRACE_COLUMNS[:2], rows)


def _variants(variants: "Sequence[Variant]") -> str:
    rows: list[tuple[str | int, ...]] = []
    for variant in variants[:_ROWS]:
        dates = [use.date for use in variant.uses if use.date] or [""]
        rows.append((variant.text, variant.count, len(variant.uses), chinese_date(dates[0]), chinese_date(dates[-1])))
    return _table(TRACE_VARIANTS, TRACE_COLUMNS, rows)


def _table(first: str, columns: Sequence[str], rows: Sequence[Sequence[str | int]]) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in (first, *columns))
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="sheet"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _use(use: "Use") -> str:
    place = use.places[0]
    before, words, after = (escape(part) for part in around(place))
    link = escape("?" + urlencode({"id": place.passage.id, "start": place.start, "end": place.end}))
    more = f'<span class="remark">{TRACE_MORE.format(n=len(use.places))}</span>' if len(use.places) > 1 else ""
    return (
        f"<li><time>{escape(chinese_date(use.date)) or UNKNOWN_YEAR}</time>"
        f'<div><a href="{link}" data-open="{link}">{escape(use.document.title)}</a>{more}'
        f"<p>{before}<mark>{words}</mark>{after}</p></div></li>"
    )
