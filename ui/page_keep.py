"""The part of 文库 that changes it: files come in, leave, and are read again (`ui.keep`, followed by shelf.js)."""

import json
from html import escape

from index.types import Document
from ui.keep import Keeper
from ui.words import (
    KEEP_AGAIN,
    KEEP_AGAIN_ALL,
    KEEP_CANCEL,
    KEEP_DELETE,
    KEEP_DISMISS,
    KEEP_DROP,
    KEEP_INTRO,
    KEEP_JOBS,
    KEEP_KINDS,
    KEEP_LOST,
    KEEP_OTHERS,
    KEEP_OUTCOMES,
    KEEP_PICK,
    KEEP_REPLACE,
    KEEP_SENDING,
    KEEP_STATES,
    KEEP_SURE,
    KEEP_YES,
)


def render_keeping() -> str:
    """The place to put files, the work that goes on, and the question asked before a document is deleted."""
    words = {
        "kinds": KEEP_KINDS,
        "states": KEEP_STATES,
        "outcomes": KEEP_OUTCOMES,
        "sending": KEEP_SENDING,
        "others": KEEP_OTHERS,
        "cancel": KEEP_CANCEL,
        "dismiss": KEEP_DISMISS,
        "lost": KEEP_LOST,
        "sure": KEEP_SURE,
    }
    return (
        f'<section id="keep" data-words="{escape(json.dumps(words, ensure_ascii=False))}"><div id="keep-drop">'
        '<label class="pick"><input type="file" id="keep-files" multiple class="unseen">'
        f"<span>{KEEP_PICK}</span></label>"
        f"<span>{KEEP_DROP}</span>"
        f'<label class="tick"><input type="checkbox" name="replace">{KEEP_REPLACE}</label>'
        f'<button type="button" data-again-all>{KEEP_AGAIN_ALL}</button></div><p class="remark">{KEEP_INTRO}</p>'
        f'<ul id="jobs" aria-label="{KEEP_JOBS}" aria-live="polite"></ul>'
        f'<dialog id="sure"><form method="dialog"><p></p><span class="actions">'
        f'<button value="">{KEEP_CANCEL}</button><button value="yes" class="yes">{KEEP_YES}</button>'
        "</span></form></dialog></section>"
    )


def render_changes(document: Document, keeper: Keeper | None) -> str:
    """The buttons that read a document again and, where it was uploaded, delete it; "" where nothing may change."""
    if keeper is None:
        return ""
    title, name = escape(document.title), escape(document.id)
    again = f'<button type="button" data-again="{name}" data-title="{title}">{KEEP_AGAIN}</button>'
    uploaded = keeper.uploads.holds(document.meta.get("source", ""))
    gone = f'<button type="button" data-delete="{name}" data-title="{title}">{KEEP_DELETE}</button>' if uploaded else ""
    return f'<p class="changes">{again}{gone}</p>'
