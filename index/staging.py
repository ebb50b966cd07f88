"""What a sync has taken in and not yet written: documents on disk, not in memory; vectors kept as they are made."""

import pickle
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from index.arrival import Arrival, Window
from index.catalog import Catalog
from index.dense import Vectors
from index.embed import Embedder

Progress = Callable[[str, int, int], None]

_TOGETHER = 2048  # windows sorted by length among themselves: batches of like lengths waste no padding
_AT_ONCE = 128


class Staging:
    """Arrivals of one sync, spooled to a nameless file beside the catalog; a context that lets go of it.

    Iterating gives them back in order, one in memory at a time.
    """

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by __exit__
        self._ids: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, doc_id: str, packed: bytes) -> None:
        """Keep a pickled arrival that comes in under this id."""
        self._file.write(packed)
        self._ids.append(doc_id)

    def __iter__(self) -> Iterator[Arrival]:
        self._file.seek(0)
        for doc_id in self._ids:
            arrival: Arrival = pickle.load(self._file)
            yield arrival.named(doc_id)


class Embedding:
    """Embeds windows as they come, some thousands together, and has the catalog remember them at once.

    So an interrupted sync resumes where it was, and reading goes on in its process meanwhile.
    """

    def __init__(self, catalog: Catalog, open_embedder: Callable[[], Embedder], progress: Progress) -> None:
        """The embedder is opened when the first new window comes."""
        self._catalog = catalog
        self._open = open_embedder
        self._progress = progress
        self._waiting: dict[bytes, Window] = {}
        self._expected = 0
        self.embedded = 0

    def add(self, arrival: Arrival, *, share: float) -> None:
        """Take in a document's windows; `share` of all files have been read, which tells how many are still to come."""
        windows = {window.key: window for window in arrival.windows() if window.key not in self._waiting}
        self._waiting.update((key, windows[key]) for key in self._catalog.unknown(windows))
        self._expected = round((self.embedded + len(self._waiting)) / max(share, 0.001))
        while len(self._waiting) >= _TOGETHER:
            self._embed()

    def finish(self) -> None:
        """Embed what still waits."""
        self._expected = self.embedded + len(self._waiting)
        while self._waiting:
            self._embed()
        self._progress("向量化", self.embedded, self.embedded)

    def _embed(self) -> None:
        """Embed the windows that wait, up to _TOGETHER of them."""
        keys = list(self._waiting)[:_TOGETHER]
        windows = {key: self._waiting.pop(key) for key in keys}
        # Longest first, so that the remaining time is never underestimated.
        keys.sort(key=lambda key: -len(windows[key].text))
        for done in range(0, len(keys), _AT_ONCE):
            self._progress("向量化", self.embedded, max(self._expected, self.embedded + len(keys) - done))
            batch = keys[done : done + _AT_ONCE]
            vectors = window_vectors(self._open(), [windows[key] for key in batch])
            self._catalog.remember(dict(zip(batch, vectors, strict=True)))
            self.embedded += len(batch)


def window_vectors(embedder: Embedder, windows: Sequence[Window]) -> Vectors:
    """Unit vectors, shape (len(windows), dimension): the middle between a window by itself and below its headings.

    Either alone ranks worse: by itself it lacks what only the headings name, below them it drowns among its siblings.
    """
    alone = embedder.passages([window.text for window in windows])
    placed = embedder.passages([f"{window.context}\n{window.text}" for window in windows])
    middle = alone + placed
    vectors: Vectors = middle / np.maximum(np.linalg.norm(middle, axis=1, keepdims=True), 1e-9)
    return vectors
