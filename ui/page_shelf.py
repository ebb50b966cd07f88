"""文库 in the page: what the library holds, what is wrong with it, and what a document is made of."""

from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode

from index.fold import fold
from index.library import Library, Stats
from index.types import Document
from rag.reference import chinese_date
from ui.keep import Keeper
from ui.page_keep import render_changes, render_keeping
from ui.veil import bare
from ui.viewer import render_facts
from ui.words import (
    ABOUT_LEFT_OUT,
    ABOUT_LIKENESS,
    ABOUT_NO_OUTLINE,
    ABOUT_OUTLINE,
    ABOUT_SIZE,
    ABOUT_SOURCE,
    ABOUT_VERSIONS,
    ABOUT_WARNINGS,
    LOADING,
    SEARCHING,
    SHELF_ABOUT,
    SHELF_COUNT,
    SHELF_DISK,
    SHELF_EMPTY,
    SHELF_FIND,
    SHELF_GO,
    SHELF_HINT,
    SHELF_MODEL,
    SHELF_NONE,
    SHELF_STATS,
    SHELF_WARNED,
)

_LISTED = 100
_OUTLINE = 200
_TOLD = ("issuer", "number", "date", "kind", "format", "speaker")


def render_shelf_form(keeper: Keeper | None = None) -> str:
    """The places to put files, where a keeper takes them, and to narrow the list; it is fetched when first seen."""
    keeping = render_keeping() if keeper else ""
    return (
        f'{keeping}<form class="task" action="page/shelf"'
        f' data-into="shelf-result" data-busy="{SEARCHING}" data-at-once>'
        f'<div class="line"><label class="grow"><span>{SHELF_FIND}</span>'
        f'<input type="search" name="find" maxlength="200" autocomplete="off" placeholder="{SHELF_HINT}"></label>'
        f'<button class="go">{SHELF_GO}</button></div></form>'
        '<div id="shelf-result" class="result" aria-live="polite"></div>'
    )


def render_documents(library: Library, words: str) -> str:
    """The documents whose title or particulars hold every word, newest first, and the library's figures."""
    documents = library.documents()
    wanted = [fold(word) for word in words.split()]
    found = [document for document in documents if all(word in _told(document) for word in wanted)]
    found.sort(key=lambda document: document.meta.get("date", ""), reverse=True)
    if not documents:
        return f'<p class="nothing">{SHELF_EMPTY}</p>'
    shown = found[:_LISTED]
    count = SHELF_COUNT.format(total=len(found), shown=len(shown)) if found else SHELF_NONE
    items = "".join(map(_item, shown))
    return f'{_figures(library.stats())}<p class="remark" role="status">{count}</p><ul class="documents">{items}</ul>'


def render_about(library: Library, doc_id: str, keeper: Keeper | None = None, *, keyed: bool = False) -> str:
    """What a document is made of: size, warnings, outline, what was left out, versions; NotFoundError if unknown.

    Where the file lies is shown without its folders when the library is `keyed`.
    """
    document = library.document(doc_id)
    meta = document.meta
    source = meta.get("source", "")
    if keeper and keeper.uploads.holds(source):
        source = keeper.uploads.shown(source)
    size = ABOUT_SIZE.format(characters=f"{len(document.text):,}", passages=len(library.passages(doc_id)))
    versions = "".join(
        f"<li><a {_opens(version.id)}>{escape(version.title)}</a>"
        f'<span class="address">{ABOUT_LIKENESS.format(share=f"{version.likeness:.0%}")}</span>'
        f"<time>{escape(chinese_date(version.date) if version.date else '')}</time></li>"
        for version in library.versions(doc_id)
    )
    rows = [
        (ABOUT_WARNINGS, escape(meta.get("warnings", ""))),
        (ABOUT_LEFT_OUT, escape(meta.get("left_out", ""))),
        (ABOUT_VERSIONS, f"<ul>{versions}</ul>" if versions else ""),
        (ABOUT_OUTLINE, _outline(document)),
        (ABOUT_SOURCE, f"{escape(bare(source) if keyed else source)} <span>{size}</span>"),
    ]
    told = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows if value)
    return f"<dl>{told}</dl>{render_changes(document, keeper)}"


def _figures(stats: Stats) -> str:
    disk = sum(stats.bytes.values())
    size = f"{disk / 2**20:,.1f} MB" if disk < 2**30 else f"{disk / 2**30:,.1f} GB"
    figures = [(name, f"{getattr(stats, key):,}") for name, key in SHELF_STATS]
    figures += [(SHELF_DISK, size), (SHELF_MODEL, escape(stats.model))]
    return '<dl class="figures">' + "".join(f"<div><dt>{n}</dt><dd>{v}</dd></div>" for n, v in figures) + "</dl>"


def _item(document: Document) -> str:
    about = escape("page/about?" + urlencode({"doc": document.id}))
    warned = document.meta.get("warnings", "")
    badge = f'<span class="warned" title="{escape(warned)}">{SHELF_WARNED}</span>' if warned else ""
    form = escape(document.meta.get("format", ""))
    return (
        f'<li><div class="head"><a {_opens(document.id)}>{escape(document.title)}</a>{badge}'
        f'<span class="format">{form}</span></div>{render_facts(document.meta)}'
        f'<details class="about" data-fetch="{about}" data-busy="{LOADING}"><summary>{SHELF_ABOUT}</summary>'
        "<div></div></details></li>"
    )


def _outline(document: Document) -> str:
    headings: Sequence[str] = [
        f'<li class="level-{min(heading.level, 4)}">{escape(document.text[heading.start : heading.end])}</li>'
        for heading in document.outline[:_OUTLINE]
    ]
    return f'<ol class="tree">{"".join(headings)}</ol>' if headings else ABOUT_NO_OUTLINE


def _told(document: Document) -> str:
    return fold(" ".join([document.title, *(document.meta.get(key, "") for key in _TOLD)]))


def _opens(doc_id: str) -> str:
    address = escape("?" + urlencode({"doc": doc_id}))
    return f'href="{address}" data-open="{address}"'
