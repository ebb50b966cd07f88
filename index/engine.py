"""The inference engine: any sentence-transformers model, exported once in 8 bits for OpenVINO, run without torch.

The word vectors stay outside the graph in a memory-mapped file, of which only the rows of words met are ever read:
half the vocabulary of a multilingual model is its largest part and mostly never used.
"""

import json
import logging
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.calibration import TEXTS
from index.graph import Graph, openvino
from index.quantise import quantise

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

GRAPH, WORDS, TOKENIZER, RECIPE = "model.xml", "words.npy", "tokenizer.json", "recipe.json"
AGREEMENT = 0.99  # mean cosine to the model it was made from, below which a graph is not used

Vectors = NDArray[np.float32]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a prepared model is run. `source` is what SentenceTransformer loads, for models that have no graph."""

    model: str
    dimension: int
    tokens: int
    query: str
    passage: str
    source: str
    exported: bool = False

    def write(self, folder: Path) -> None:
        """Keep it beside what it runs."""
        (folder / RECIPE).write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), "utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Recipe":
        """The recipe kept in `folder`."""
        return cls(**json.loads((folder / RECIPE).read_text("utf-8")))


class Encoder(Protocol):
    """Runs texts, prompt included, through a model."""

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (len(texts), dimension), in order; `texts` is not empty."""
        ...

    def question(self, text: str) -> Vectors:
        """The unit vector of a single text that somebody waits for, shape (dimension,)."""
        ...


class GraphEncoder:
    """Runs an exported folder with OpenVINO; safe to call from several threads."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        from tokenizers import Tokenizer

        self.tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(recipe.tokens)
        self._graph = Graph(folder / GRAPH, np.load(folder / WORDS, mmap_mode="r"))

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """As in `Encoder`."""
        return self._graph.many([encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))])

    def question(self, text: str) -> Vectors:
        """As in `Encoder`."""
        return self._graph.question(self.tokenizer.encode(text).ids)


class TorchEncoder:
    """Runs any model through sentence-transformers, one call at a time."""

    def __init__(self, source: str) -> None:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(source, device="cpu")
        self._turn = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """As in `Encoder`."""
        with self._turn:
            return encoded_by(self._model, texts)

    def question(self, text: str) -> Vectors:
        """As in `Encoder`."""
        vector: Vectors = self([text])[0]
        return vector


def open_encoder(folder: Path, recipe: Recipe) -> Encoder:
    """The encoder that `recipe` asks for."""
    return GraphEncoder(folder, recipe) if recipe.exported else TorchEncoder(recipe.source)


def encoded_by(model: "SentenceTransformer", texts: Sequence[str]) -> Vectors:
    """Unit vectors of `texts` as sentence-transformers itself computes them, no prompt added."""
    vectors = model.encode(list(texts), prompt="", normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(vectors, np.float32)


def export(model: "SentenceTransformer", recipe: Recipe, folder: Path, *, sample: Sequence[str]) -> Recipe:
    """Write `model` as a graph into `folder`, if it can be; the recipe says whether it was. `model` is used up.

    Models with other parts than a transformer, mean or first-token pooling and a norm keep running in torch, and so
    do those whose exported vectors of `sample` differ from the model's own (mean cosine below 0.99).
    """
    if not _exportable(model):
        return recipe
    exported = replace(recipe, exported=True)
    wanted = encoded_by(model, sample)
    try:
        _write_graph(model, recipe, folder)
        vectors = GraphEncoder(folder, exported)(sample)
    except (RuntimeError, ValueError, TypeError, KeyError, AttributeError, NotImplementedError) as error:
        log.warning("%s 不能导出，改用 torch 运行（较慢）：%s", recipe.model, error)
        return recipe
    agreement = float((vectors * wanted).sum(axis=1).mean())
    if agreement < AGREEMENT:
        log.warning("%s 导出后向量有偏差（余弦 %.3f），改用 torch 运行（较慢）。", recipe.model, agreement)
        return recipe
    return exported


def _exportable(model: "SentenceTransformer") -> bool:
    kinds = [type(module).__name__ for module in model]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return False
    pooling: Any = model[1]
    return pooling.pooling_mode in ("mean", "cls") and pooling.include_prompt and bool(model.tokenizer.is_fast)


def _write_graph(model: "SentenceTransformer", recipe: Recipe, folder: Path) -> None:
    import torch

    transformer: Any = model[0].model
    words = transformer.get_input_embeddings()
    np.save(folder / WORDS, words.weight.detach().numpy().astype(np.float16))
    model.tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))
    with torch.no_grad(), quiet():
        quantise(transformer, lambda: encoded_by(model, _calibration(recipe)))
        # The graph takes word vectors, so the table would be dead weight in it.
        transformer.set_input_embeddings(torch.nn.Embedding(1, words.embedding_dim))
        graph = _traced(transformer, words.embedding_dim, first_token=model[1].pooling_mode == "cls")
        openvino().save_model(graph, folder / GRAPH, compress_to_fp16=False)


def _calibration(recipe: Recipe) -> list[str]:
    """The texts as the model will meet them: with its prompts, short as queries, and also long."""
    long = ["".join(TEXTS[start : start + 8]) for start in range(0, len(TEXTS), 4)]
    queries = [recipe.query + text for text in TEXTS if len(text) < 30]
    return queries + [recipe.passage + text for text in (*TEXTS, *long)]


def _traced(transformer: Any, hidden: int, *, first_token: bool) -> Any:
    """Word vectors (n, t, hidden) and mask (n, t) to unit vectors (n, dimension)."""
    import torch

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, inputs_embeds: Any, attention_mask: Any) -> Any:
            states = self.transformer(inputs_embeds=inputs_embeds, attention_mask=attention_mask).last_hidden_state
            weights = attention_mask.unsqueeze(-1).to(states.dtype)  # (n, t, 1)
            pooled = states[:, 0] if first_token else (states * weights).sum(1) / weights.sum(1)
            return torch.nn.functional.normalize(pooled, dim=1)

    example = {"inputs_embeds": torch.randn(2, 7, hidden), "attention_mask": torch.ones(2, 7, dtype=torch.int64)}
    shapes = {"inputs_embeds": [-1, -1, hidden], "attention_mask": [-1, -1]}
    return openvino().convert_model(Pooled().eval(), example_input=example, input=shapes)


@contextmanager
def quiet() -> Iterator[None]:
    """The tracer warns of every constant and transformers of a missing loss; neither is the user's to act on."""
    root = logging.getLogger("transformers")
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.setLevel(level)
