"""Near-duplicates: reprints and versions of a document, recognised by the wording they share.

Sketches are stored at sync, links are looked up: they never go stale, whichever document changes or leaves.
"""

from dataclasses import dataclass

from index.retrieval import Texts
from index.sketch import bands, estimate, likeness

LEAST = 0.5  # likeness from which documents count as versions of one another
_SLACK = 0.15  # three times what an estimate may err


@dataclass(frozen=True, slots=True)
class Version:
    """Another document with much of the same wording; `likeness` is the share of 8-grams that both hold, 0 to 1."""

    id: str
    title: str
    date: str
    likeness: float


def find_versions(catalog: Texts, doc_id: str, *, limit: int = 20) -> list[Version]:
    """Up to `limit` documents alike by LEAST or more, likest first, ties by id; NotFoundError for an unknown id."""
    document, ours = catalog.document(doc_id), catalog.sketch(doc_id)
    near = [(estimate(ours, theirs), other) for other, theirs in catalog.near(bands(ours)) if other != doc_id]
    near = sorted((item for item in near if item[0] >= LEAST - _SLACK), key=lambda item: (-item[0], item[1]))[:limit]
    found = []
    for _, other in near:
        version = catalog.document(other)
        alike = likeness(document.text, version.text)
        if alike >= LEAST:
            found.append(Version(other, version.title, version.meta.get("date", ""), alike))
    return sorted(found, key=lambda version: (-version.likeness, version.id))
