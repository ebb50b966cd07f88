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
    bodies: list[str] = []
    copies: list[list[Hit]] = []
    times: dict[str, int] = {}
    for hit in hits:
        if len(kept) == k and collapse == "nothing":
            break
        body = _body(hit)
        if collapse == "copies":
            same = next((number for number, other in enumerate(bodies) if _copies(other, body)), None)
            if same is not None:
                copies[same].append(hit)
                continue
        if len(kept) == k or times.get(hit.passage.doc_id, 0) == per_document:
            continue
        times[hit.passage.doc_id] = times.get(hit.passage.doc_id, 0) + 1
        kept.append(hit)
        bodies.append(body)
        copies.append([])
    return [replace(hit, copies=tuple(same)) if same else hit for hit, same in zip(kept, copies, strict=True)]


def _body(hit: Hit) -> str:
    """The passage without the title and the headings that stand above it in its text."""
    above = {hit.title, *hit.passage.path}
    return "\n".join(line for line in hit.passage.text.split("\n") if line not in above) or hit.passage.text


def _copies(one: str, other: str) -> bool:
    if min(len(one), len(other)) < _SHORT:
        return one == other
    return fuzz.ratio(one, other, score_cutoff=_ALIKE) > 0 and _FIGURE.findall(one) == _FIGURE.findall(other)
