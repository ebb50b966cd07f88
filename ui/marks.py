"""Escaped text with stretches of it marked. Offsets are the document's code points throughout."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

from index.types import Span

Layers = Mapping[str, Sequence[Span]]

# 他说：“好。” keeps its closing quote.
_SENTENCE_END = re.compile(r"[。！？；!?;]+[”’）」』]*")


def marked(text: str, layers: Layers, *, offset: int = 0) -> str:
    """Escape `text`, which stands at `offset`, and wrap what each layer covers in <mark class="layer …">.

    Layers may overlap and reach beyond the text: it is cut at every border, so tags never cross.
    """
    end = offset + len(text)
    inside = {name: [(max(a, offset), min(b, end)) for a, b in spans] for name, spans in layers.items()}
    borders = {offset, end} | {border for spans in inside.values() for a, b in spans if a < b for border in (a, b)}
    pieces = []
    for a, b in pairwise(sorted(borders)):
        names = [name for name, spans in inside.items() if any(x <= a and b <= y for x, y in spans)]
        words = escape(text[a - offset : b - offset])
        pieces.append(f'<mark class="{" ".join(names)}">{words}</mark>' if names else words)
    return "".join(pieces)


def excerpt(text: str, focus: Span, *, limit: int) -> Span:
    """The stretch of `text` to show when about `limit` characters fit: whole sentences, the one holding `focus` first.

    The whole text when it fits. Where the text ends before `limit` is used up, sentences before `focus` fill the room.
    """
    if len(text) <= limit:
        return 0, len(text)
    starts = [0, *(match.end() for match in _SENTENCE_END.finditer(text))]
    before = [at for at in starts if at <= focus[0]]
    end = min(before[-1] + limit, len(text))
    start = min((at for at in before if end - at <= limit), default=before[-1])
    if end < len(text):
        end = max((at for at in starts if focus[1] <= at <= end and at > start), default=end)
    return start, end
