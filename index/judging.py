"""What a library's models say of texts beside a question; the same for every engine."""

from collections.abc import Sequence

from index.embed import Embedder
from index.rerank import Reranker, reread
from index.types import Hit


class Judging:
    """For a library, which has an `embedder`."""

    reranker: Reranker | None = None
    """Reads the first hits of every search again when set (`index.rerank.open_reranker`)."""

    @property
    def embedder(self) -> Embedder:
        """The library's model."""
        raise NotImplementedError

    def likeness(self, query: str, texts: Sequence[str]) -> list[float]:
        """As in `Library`."""
        vectors = self.embedder.passages(texts)  # (n, dimension)
        return [float(cosine) for cosine in vectors @ self.embedder.query(query)]

    def reread(self, question: str, hits: Sequence[Hit], *, depth: int | None = None) -> list[Hit]:
        """As in `Library`."""
        return reread(question, hits, self.embedder.reranker, depth=depth)
