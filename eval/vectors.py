"""Vectors kept between runs."""

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.embed import Counted, Embedder, Vectors, uncounted
from index.rerank import Reranker

# Embedded anew whenever a file is opened: when these come out otherwise than before, the engine is another one.
PROBES = (
    "各县（区）人民政府，市直各有关单位：现将有关事项通知如下，请认真贯彻执行。",
    "全年引进高层次人才120名，新建专家工作站8个，兑现补贴资金3600万元，同比增长12.5%。",
    "會議強調，要加強生態環境保護，推進垃圾分類，改善農村人居環境。",
)
_SAME = 0.9999  # cosine


class RememberingEmbedder:
    """An embedder that keeps every passage's vector in a file, so that a later run need not embed it again.

    Questions are always embedded, or their latency would be a fiction. Vectors of another engine are forgotten.
    """

    def __init__(self, embedder: Embedder, file: Path) -> None:
        """Keep the vectors of this embedder in `file`, made when absent; one file a model."""
        self._embedder = embedder
        self.model = embedder.model
        self.dimension = embedder.dimension
        self.embedded = 0
        file.parent.mkdir(parents=True, exist_ok=True)
        self._store = sqlite3.connect(file, check_same_thread=False)
        self._store.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
        self._forget_other_engines()

    @property
    def reranker(self) -> Reranker | None:
        """As in `Embedder`."""
        return self._embedder.reranker

    def passages(self, texts: Sequence[str], *, progress: Counted = uncounted) -> Vectors:
        """Vectors of shape (n, dimension), from the file where they are known."""
        keys = [hashlib.sha256(text.encode()).digest() for text in texts]
        known = {key: self._known(key) for key in keys}
        new = list({key: text for key, text in zip(keys, texts, strict=True) if known[key] is None}.items())
        if new:
            vectors = self._embedder.passages([text for _, text in new], progress=progress)
            self.embedded += len(new)
            with self._store:
                rows = [
                    (key, vector.astype(np.float32).tobytes()) for (key, _), vector in zip(new, vectors, strict=True)
                ]
                self._store.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            known |= {key: vector for (key, _), vector in zip(new, vectors, strict=True)}
        found = [vector for key in keys if (vector := known[key]) is not None]
        return np.stack(found) if found else np.zeros((0, self.dimension), dtype=np.float32)

    def query(self, text: str) -> Vectors:
        """The vector of a question, of shape (dimension,), embedded anew each time."""
        return self._embedder.query(text)

    def _forget_other_engines(self) -> None:
        now = self._embedder.passages(PROBES)
        keys = [b"probe" + text.encode() for text in PROBES]
        known = [vector for key in keys if (vector := self._known(key)) is not None]
        if len(known) == len(keys) and (np.einsum("ij,ij->i", np.stack(known), now) >= _SAME).all():
            return
        with self._store:
            self._store.execute("DELETE FROM vectors")
            self._store.executemany(
                "INSERT INTO vectors VALUES (?, ?)",
                [(key, vector.astype(np.float32).tobytes()) for key, vector in zip(keys, now, strict=True)],
            )

    def _known(self, key: bytes) -> Vectors | None:
        row: tuple[bytes] | None = self._store.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone()
        return np.frombuffer(row[0], dtype=np.float32) if row else None

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()


def remember(embedder: Embedder, cache: Path) -> RememberingEmbedder:
    """The embedder with its model's vectors kept under `cache`."""
    name = hashlib.sha256(embedder.model.encode()).hexdigest()[:16]
    return RememberingEmbedder(embedder, cache / "vectors" / f"{name}.sqlite")
