"""The particulars of a library's documents, and which passages a filter lets pass.

They live in the catalog alone, where a changed date or a moved file is seen at once; words live in the keyword index.
Both come together as one mask over passage rows, which both searches apply while they search.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from index.catalog import Catalog
from index.filters import Condition, Field, Filter, number_key, solid
from index.fold import fold
from index.lexical import LexicalIndex, Mask
from index.types import Document

Names = Callable[[str], tuple[str, ...]]

SUFFIXES = {"word": ("docx", "doc"), "html": ("html", "htm"), "markdown": ("md", "markdown"), "文本": ("txt",)}


@dataclass(frozen=True, slots=True)
class Particulars:
    """What of one document can be asked for; `words` folded, dates ISO 8601 or ""."""

    id: str
    title: str
    issuer: str
    number: str
    kind: str
    date: str
    format: str


class Register:
    """The particulars of a library's documents, and which passages belong to which; read once, at first need."""

    def __init__(self, catalog: Catalog) -> None:
        """Read the catalog."""
        self._catalog = catalog
        self.documents = tuple(_particulars(document) for document in catalog.documents())
        """The particulars of every document; a document's place in it stands for it below."""
        places = {document.id: place for place, document in enumerate(self.documents)}
        paths: dict[str, int] = {}
        owned = [
            (row, places[doc_id], paths.setdefault(path, len(paths)))
            for row, doc_id, path in catalog.owners()
            if doc_id in places
        ]
        columns = np.array(owned, dtype=np.int64).reshape(-1, 3)
        self._passages, self._owners, self._paths = columns[:, 0], columns[:, 1], columns[:, 2]
        self.paths: tuple[tuple[str, ...], ...] = tuple(tuple(json.loads(path)) for path in paths)
        """Every different path of headings, outermost first."""
        self._size = int(self._passages.max(initial=-1)) + 1

    def mask(self, wanted: Filter, lexical: LexicalIndex, names: Names) -> Mask:
        """Which passage rows pass, shape (highest row + 1,); all those of the library where nothing is demanded.

        `names` gives what a value may also be called, itself first.
        """
        mask = np.zeros(self._size, dtype=np.bool_)
        mask[self._passages] = np.isin(self._owners, self._matching(wanted, names))
        for text in (c for c in wanted.conditions if c.field == "text"):
            mask &= self.rows(lexical.with_phrase(names(text.value))) ^ text.negated
        headings = [c for c in wanted.conditions if c.field == "heading"]
        for negated in (False, True):
            called = [solid(name) for c in headings if c.negated is negated for name in names(c.value)]
            if called:
                below = [any(name in solid(part) for name in called for part in path) for path in self.paths]
                mask[self._passages] &= np.array(below, dtype=np.bool_)[self._paths] ^ negated
        return mask

    def count(self, rows: Mask) -> dict[int, int]:
        """Document → how many of its passages are among `rows`, those with none left out."""
        found, counts = np.unique(self._owners[rows[self._passages]], return_counts=True)
        return dict(zip(found.tolist(), counts.tolist(), strict=True))

    def headings(self) -> Counter[str]:
        """The innermost headings that stand above passages, with the number of documents they stand in."""
        found = np.unique(np.stack([self._paths, self._owners]), axis=1)[0]
        return Counter(self.paths[path][-1] for path in found.tolist() if self.paths[path])

    def first_passages(self, rows: Mask) -> dict[int, int]:
        """Document → its first passage among `rows`."""
        passing = rows[self._passages]
        owners, first = np.unique(self._owners[passing], return_index=True)
        return dict(zip(owners.tolist(), self._passages[passing][first].tolist(), strict=True))

    def _matching(self, wanted: Filter, names: Names) -> NDArray[np.int64]:
        kept = np.ones(len(self.documents), dtype=np.bool_)
        demands: dict[tuple[Field, bool], list[Condition]] = {}
        for one in wanted.conditions:
            if one.field not in ("text", "heading"):
                demands.setdefault((one.field, one.negated), []).append(one)
        for (_, negated), alternatives in demands.items():
            tests = [self._test(one, names) for one in alternatives]
            passed = (any(test(document) for test in tests) for document in self.documents)
            kept &= np.fromiter(passed, np.bool_, len(kept)) ^ negated
        return np.flatnonzero(kept)

    def _test(self, one: Condition, names: Names) -> Callable[[Particulars], bool]:
        value = one.value
        if one.field == "date":
            since, until = value.split("..")
            return lambda document: bool(document.date) and since <= document.date <= until
        if one.field == "folder":
            ids = {source.doc_id for source in self._catalog.sources().values() if inside(source.path, value)}
            return lambda document: document.id in ids
        if one.field == "number":
            return lambda document: value in document.number
        if one.field == "format":
            suffixes = SUFFIXES.get(value, (value,))
            return lambda document: document.format in suffixes
        called = [solid(name) for name in names(value)]
        if one.field == "kind":
            return lambda document: document.kind in called
        if one.field == "issuer":
            return lambda document: any(name in document.issuer for name in called)
        return lambda document: any(name in document.title for name in called)

    def rows(self, rows: Iterable[int]) -> Mask:
        """These rows as a mask."""
        mask = np.zeros(self._size, dtype=np.bool_)
        found = np.fromiter(rows, np.int64)
        mask[found[found < self._size]] = True
        return mask


def _particulars(document: Document) -> Particulars:
    meta = document.meta
    return Particulars(
        document.id,
        solid(document.title),
        solid(meta.get("issuer", "")),
        number_key(meta.get("number", "")),
        solid(meta.get("kind", "")),
        meta.get("date", ""),
        meta.get("format", ""),
    )


def inside(path: str, folder: str) -> bool:
    """Whether a file lies in a folder given whole, or by its name or the last parts of its path; / between parts."""
    return f"/{fold(folder)}/" in f"/{fold(PurePath(path.replace(chr(92), '/')).parent.as_posix()).strip('/')}/"
