"""A second reader for the first hits: a CrossEncoder, which reads query and passage together."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from index.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

DEPTH = 50  # hits that are read again


class Reranker(Protocol):
    """Judges how well passages answer a query."""

    def __call__(self, query: str, texts: Sequence[str]) -> list[float]:
        """A score for each text, higher is better, comparable only within one call; [] for none."""
        ...


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder with one output; longer texts are cut to what it reads."""

    def __init__(self, model: "CrossEncoder") -> None:
        self._model = model

    def __call__(self, query: str, texts: Sequence[str]) -> list[float]:
        """As in `Reranker`."""
        if not texts:
            return []
        scores = self._model.predict([(query, text) for text in texts], show_progress_bar=False)
        return [float(score) for score in scores]


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
