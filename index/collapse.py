"""Hits that say the same made one, and a page that no single document fills."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from rapidfuzz import fuzz

from index.types import Hit

Collapse = Literal["nothing", "copies"]

_ALIKE = 92.0  # rapidfuzz ratio, 0 to 100
_SHORT = 20  # characters below which only equal texts are copies
_FIGURE = re.compile(r"[0-9０-９]+(?:[.．][0-9０-９]+)?|[〇零一二三四五六七八九十百千万亿]+")


def collapsed(hits: Iterable[Hit], k: int, *, collapse: Collapse, per_document: int | None) -> list[Hit]:
    """The first `k` hits in their order, copies of a better hit in its `copies`, no document more than so often.

    Copies hold the same figures in the same order and nearly the same words: 增长5% is no copy of 增长6%.
    """
    kept: list[Hit] = []
    copies: list[list[Hit]] = []
    figures: list[tuple[str, ...]] = []
    times: dict[str, int] = {}
    for hit in hits:
        found = tuple(_FIGURE.findall(hit.passage.text))
        if collapse == "copies":
            same = next((n for n, other in enumerate(kept) if figures[n] == found and _copies(other, hit)), None)
            if same is not None:
                copies[same].append(hit)
                continue
        if len(kept) == k or times.get(hit.passage.doc_id, 0) == per_document:
            continue
        times[hit.passage.doc_id] = times.get(hit.passage.doc_id, 0) + 1
        kept.append(hit)
        copies.append([])
        figures.append(found)
    return [replace(hit, copies=tuple(same)) if same else hit for hit, same in zip(kept, copies, strict=True)]


def _copies(one: Hit, other: Hit) -> bool:
    a, b = one.passage.text, other.passage.text
    if min(len(a), len(b)) < _SHORT:
        return a == b
    return fuzz.ratio(a, b, score_cutoff=_ALIKE) > 0
