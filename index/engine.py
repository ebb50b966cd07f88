"""The inference engine: any sentence-transformers model, exported once to int8 ONNX, run without torch.

The word vectors stay outside the graph in a memory-mapped file, of which only the rows of words met are ever read:
half the vocabulary of a multilingual model is its largest part and mostly never used.
"""

import json
import logging
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

GRAPH, WORDS, TOKENIZER, RECIPE = "model.onnx", "words.npy", "tokenizer.json", "recipe.json"
BATCH_TOKENS = 2048  # padding included
AGREEMENT = 0.99  # mean cosine to the model it was made from, below which a graph is not used

Vectors = NDArray[np.float32]


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


class OnnxEncoder:
    """Runs an exported folder with ONNX Runtime; safe to call from several threads."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(recipe.tokens)
        self._words = np.load(folder / WORDS, mmap_mode="r")
        self._dimension = recipe.dimension
        self._session = onnxruntime.InferenceSession(str(folder / GRAPH), providers=["CPUExecutionProvider"])

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """As in `Encoder`."""
        rows = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        vectors = np.empty((len(rows), self._dimension), np.float32)
        for batch in batches([len(row) for row in rows], BATCH_TOKENS):
            vectors[batch] = self._run([rows[i] for i in batch])
        return vectors

    def _run(self, rows: Sequence[Sequence[int]]) -> Vectors:
        width = max(map(len, rows))
        words = np.zeros((len(rows), width, self._words.shape[1]), np.float32)  # (texts, tokens, hidden)
        mask = np.zeros((len(rows), width), np.int64)
        for i, row in enumerate(rows):
            words[i, : len(row)] = self._words[row]
            mask[i, : len(row)] = 1
        vectors: Vectors = self._session.run(None, {"inputs_embeds": words, "attention_mask": mask})[0]
        return vectors


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


def open_encoder(folder: Path, recipe: Recipe) -> Encoder:
    """The encoder that `recipe` asks for."""
    return OnnxEncoder(folder, recipe) if recipe.exported else TorchEncoder(recipe.source)


def encoded_by(model: "SentenceTransformer", texts: Sequence[str]) -> Vectors:
    """Unit vectors of `texts` as sentence-transformers itself computes them, no prompt added."""
    vectors = model.encode(list(texts), prompt="", normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(vectors, np.float32)


def batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Positions grouped shortest first, so that a group padded to its longest holds at most `budget` tokens.

    Every position is in exactly one group; one longer than the budget is a group of its own.
    """
    groups: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if groups and (len(groups[-1]) + 1) * lengths[i] <= budget:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def export(model: "SentenceTransformer", recipe: Recipe, folder: Path, *, sample: Sequence[str]) -> Recipe:
    """Write `model` as a graph into `folder`, if it can be; the recipe says whether it was.

    Models with other parts than a transformer, mean or first-token pooling and a norm keep running in torch, and so
    do those whose exported vectors of `sample` differ from the model's own (mean cosine below 0.99).
    """
    if not _exportable(model):
        return recipe
    exported = Recipe(**{**asdict(recipe), "exported": True})
    try:
        _write_graph(model, folder)
        vectors = OnnxEncoder(folder, exported)(sample)
    except (RuntimeError, ValueError, TypeError, KeyError, AttributeError, NotImplementedError) as error:
        logging.getLogger(__name__).warning("%s 不能导出为 ONNX，改用 torch 运行：%s", recipe.model, error)
        return recipe
    agreement = float((vectors * encoded_by(model, sample)).sum(axis=1).mean())
    return exported if agreement >= AGREEMENT else recipe


def _exportable(model: "SentenceTransformer") -> bool:
    kinds = [type(module).__name__ for module in model]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return False
    pooling: Any = model[1]
    return pooling.pooling_mode in ("mean", "cls") and pooling.include_prompt and bool(model.tokenizer.is_fast)


def _write_graph(model: "SentenceTransformer", folder: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    transformer: Any = model[0].model
    words = transformer.get_input_embeddings().weight.detach().numpy()
    np.save(folder / WORDS, words.astype(np.float16))
    model.tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))
    plain = folder / "plain.onnx"
    with _quiet():
        _trace(transformer, model[1].pooling_mode == "cls", words.shape[1], plain)
        # Per channel: one scale a tensor costs 0.009 of cosine.
        quantize_dynamic(plain, folder / GRAPH, per_channel=True, weight_type=QuantType.QInt8)
    plain.unlink()


def _trace(transformer: Any, first_token: bool, hidden: int, path: Path) -> None:
    import torch

    class Pooled(torch.nn.Module):
        def forward(self, inputs_embeds: Any, attention_mask: Any) -> Any:
            states = transformer(inputs_embeds=inputs_embeds, attention_mask=attention_mask).last_hidden_state
            weights = attention_mask.unsqueeze(-1).to(states.dtype)  # (texts, tokens, 1)
            pooled = states[:, 0] if first_token else (states * weights).sum(1) / weights.sum(1)
            return torch.nn.functional.normalize(pooled, dim=1)

    pooled = Pooled()
    pooled.transformer = transformer  # its weights belong to the graph
    torch.onnx.export(
        pooled.eval(),
        (torch.randn(2, 7, hidden), torch.ones(2, 7, dtype=torch.int64)),
        path,
        dynamo=False,
        input_names=["inputs_embeds", "attention_mask"],
        output_names=["vectors"],
        dynamic_axes={"inputs_embeds": {0: "n", 1: "t"}, "attention_mask": {0: "n", 1: "t"}, "vectors": {0: "n"}},
        opset_version=17,
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """The tracer warns of every constant and the quantiser of a missing step; neither is the user's to act on."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.setLevel(level)
