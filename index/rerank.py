"""A second reader for the first hits: a model which reads query and passage together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, log1p
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from index.errors import ModelError
from index.types import Hit, LikelySpan

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading one passage: `score`, higher is better, and which stretches of its document may be the
    answer itself, likeliest first; () where the reranker does not look for them."""

    score: float
    answers: tuple[LikelySpan, ...] = ()


class Reranker(Protocol):
    """Judges how well passages answer a query."""

    depth: int
    """How many of the first hits it reads."""
    weight: float | None
    """What its judgement, as log probability, adds to a hit's score; None: its order alone counts."""

    def __call__(self, query: str, hits: Sequence[Hit]) -> list[Reading]:
        """A reading of each hit, in order; its score in log odds where `weight` is given. [] for none."""
        ...


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder with one output; longer texts are cut to what it reads."""

    depth = 50
    weight: float | None = None

    def __init__(self, model: "CrossEncoder") -> None:
        self._model = model

    def __call__(self, query: str, hits: Sequence[Hit]) -> list[Reading]:
        """As in `Reranker`; a passage is read with its title and headings."""
        if not hits:
            return []
        texts = ["\n".join([hit.title, *hit.passage.path, hit.passage.text]) for hit in hits]
        scores = self._model.predict([(query, text) for text in texts], show_progress_bar=False)
        return [Reading(float(score)) for score in scores]


def reread(query: str, hits: Sequence[Hit], reranker: Reranker | None, *, depth: int | None = None) -> list[Hit]:
    """The hits with the first `depth` (the reranker's) read again and put in order, its judgement as signal `read`.

    What it takes for the answer stands in `Hit.answers`. The others stay behind them in their order, and scores stay
    descending. As they are without a reranker, or once they were read.
    """
    if reranker is None or not hits or "read" in hits[0].signals:
        return list(hits)
    depth = depth or reranker.depth
    first, others = hits[:depth], hits[depth:]
    read = reranker(query, first)
    weight = reranker.weight
    if weight is None:
        ranks = sorted(range(len(first)), key=lambda i: -read[i].score)
        top = max((hit.score for hit in others), default=0.0)
        scores = {i: top + len(first) - rank for rank, i in enumerate(ranks)}
    else:
        scores = {i: hit.score - weight * log1p(exp(-max(-30.0, read[i].score))) for i, hit in enumerate(first)}
    judged = [
        replace(hit, score=scores[i], signals={**hit.signals, "read": one.score}, answers=one.answers)
        for i, (hit, one) in enumerate(zip(first, read, strict=True))
    ]
    judged.sort(key=lambda hit: -hit.score)
    least = judged[-1].score
    return [*judged, *(replace(hit, score=min(hit.score, least)) for hit in others)]


def open_reranker(name: str) -> Reranker:
    """The CrossEncoder of a folder or hub name; ModelError when it cannot be loaded or gives no single score."""
    from sentence_transformers import CrossEncoder
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    folder = Path(name).expanduser()
    try:
        model = CrossEncoder(str(folder) if folder.is_dir() else name, device="cpu")
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"重排模型 {name} 打不开（{first}）；请检查名称或文件夹，或去掉 --reranker") from error
    if model.num_labels != 1:
        raise ModelError(
            f"重排模型 {name} 有 {model.num_labels} 个输出，只能用一个输出的；请另选一个，或去掉 --reranker"
        )
    return CrossEncoderReranker(model)
