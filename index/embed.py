"""Embedders: texts in, unit vectors out. `open_embedder` gives the one for a name."""

import errno
import hashlib
import logging
import re
import zlib
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from index.bundled import IMAGE_SHA256, NAME, ON_HUB, bundled_folder, image_path
from index.bundled_reranker import BundledReranker, prepared_reranker
from index.engine import WORDS, Encoder, GraphEncoder, Recipe, export, open_encoder
from index.errors import ModelError
from index.prepared import Progress, models_folder, prepared, silent
from index.rerank import Reranker

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

HASH = "hash"
FORMAT = 1  # of prepared engines; another number prepares them again
_QUERIES = 500  # vectors of the last questions that are kept
CHUNK = 512  # texts tokenised at once and sorted by length among themselves

Vectors = NDArray[np.float32]
Counted = Callable[[int, int], None]  # texts done, texts in all
log = logging.getLogger(__name__)

# Plain sentences on which an exported model has to agree with the model itself.
SAMPLE = (
    "为什么要健全考核机制？",
    "关于印发2024年重点工作任务分工的通知",
    "各县（区）人民政府，市直各有关单位：现将有关事项通知如下，请认真贯彻执行。",
    "一是坚持问题导向，整治形式主义，切实为基层减负；二是完善容错纠错机制，鼓励干部担当作为。",
    "全年引进高层次人才120名，新建专家工作站8个，兑现补贴资金3600万元，同比增长12.5%。",
    "會議強調，要加強生態環境保護，推進垃圾分類，改善農村人居環境。",
    "本办法自2025年1月1日起施行，有效期5年，由市财政局会同市审计局负责解释。",
    "The committee approved the budget for the new library and two schools.",
)


def uncounted(done: int, total: int) -> None:
    """Count texts for nobody."""


class Embedder(Protocol):
    """Turns texts into vectors whose dot product is their likeness.

    `model` is recorded in a library, which is then only used with an embedder of the same name.
    """

    @property
    def model(self) -> str:
        """The identity of the vectors, for people and for comparison."""
        ...

    @property
    def dimension(self) -> int:
        """The length of every vector."""
        ...

    def passages(self, texts: Sequence[str], *, progress: Counted = uncounted) -> Vectors:
        """Unit vectors, shape (len(texts), dimension), in the order of `texts`; (0, dimension) for none."""
        ...

    def query(self, text: str) -> Vectors:
        """A unit vector, shape (dimension,)."""
        ...

    @property
    def reranker(self) -> Reranker | None:
        """The reranker that was taught on top of this model, opened at first use; None where there is none."""
        ...


class HashEmbedder:
    """Characters and their bigrams, hashed: no weights, likeness of wording only, the same vectors everywhere."""

    model = HASH
    dimension = 512
    reranker: Reranker | None = None

    def passages(self, texts: Sequence[str], *, progress: Counted = uncounted) -> Vectors:
        """As in `Embedder`."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for i, text in enumerate(texts):
            vectors[i] = self.query(text)
            progress(i + 1, len(texts))
        return vectors

    def query(self, text: str) -> Vectors:
        """As in `Embedder`."""
        vector = np.zeros(self.dimension, np.float32)
        characters = _encodable("".join(text.split()))
        for i in range(len(characters)):
            for gram in {characters[i], characters[i : i + 2]}:
                code = zlib.crc32(gram.encode())
                vector[code % self.dimension] += 1 if code >> 31 else -1
        if not vector.any():  # no characters, or grams that cancel out
            vector[0] = 1
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


class ModelEmbedder:
    """A sentence-transformers model with its own prompts, run by the engine it was prepared for."""

    def __init__(self, recipe: Recipe, encoder: Encoder, reranker: Callable[[], Reranker] | None = None) -> None:
        """`reranker` opens the one that was taught on top of this model, where there is one."""
        self.model = recipe.model
        self._open_reranker = reranker
        self.dimension = recipe.dimension
        self._recipe = recipe
        self._encoder = encoder
        # One question is searched, counted and answered: embedded once.
        self._queries = lru_cache(_QUERIES)(self._encoded)

    def passages(self, texts: Sequence[str], *, progress: Counted = uncounted) -> Vectors:
        """As in `Embedder`."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for start in range(0, len(texts), CHUNK):
            chunk = [self._recipe.passage + _encodable(text) for text in texts[start : start + CHUNK]]
            vectors[start : start + CHUNK] = self._encoder(chunk)
            progress(start + len(chunk), len(texts))
        return vectors

    def query(self, text: str) -> Vectors:
        """As in `Embedder`."""
        return self._queries(text)

    @cached_property
    def reranker(self) -> Reranker | None:
        """As in `Embedder`."""
        return self._open_reranker() if self._open_reranker else None

    def _encoded(self, text: str) -> Vectors:
        vector: Vectors = self._encoder.question(self._recipe.query + _encodable(text))
        vector.flags.writeable = False  # shared by all who ask
        return vector


def open_embedder(name: str | None = None, *, progress: Progress | None = None) -> Embedder:
    """The embedder called `name`: None the bundled model, "hash" the weightless one, else a folder or a hub name.

    A model is prepared for the engine on first use and kept in the user's cache folder; `progress` counts the steps.
    Raises ModelError: no such folder or model, no network, not a model for sentences, no space on the disk.
    """
    if name == HASH:
        return HashEmbedder()
    if name in (None, NAME) and image_path() is None:
        log.warning("本机没有随包模型，改用 %s，首次使用需联网下载。", ON_HUB)
        name = ON_HUB
    if name == NAME:
        name = None
    folder = models_folder() / f"openvino-{FORMAT}" / _key(name)
    prepared(folder, partial(_write_engine, name, progress or silent))
    recipe = Recipe.read(folder)
    encoder = open_encoder(folder, recipe)
    if name is not None or not isinstance(encoder, GraphEncoder):
        return ModelEmbedder(recipe, encoder)
    taught = prepared_reranker(folder / WORDS, progress=progress or silent)
    return ModelEmbedder(recipe, encoder, partial(BundledReranker, taught, encoder.tokenizer))


def _write_engine(name: str | None, progress: Progress, folder: Path) -> None:
    source = name or str(bundled_folder(progress=progress))
    progress("准备推理引擎", 0, 2)
    model = _loaded(source)
    progress("准备推理引擎", 1, 2)
    export(model, _recipe(model, name, source), folder, sample=SAMPLE).write(folder)
    progress("准备推理引擎", 2, 2)


def _key(name: str | None) -> str:
    """The folder under which a model's engine is kept; another model, or the same folder changed, gives another."""
    if name is None:
        return f"{NAME}-{IMAGE_SHA256[:12]}"
    folder = Path(name).expanduser()
    if folder.is_dir():
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        facts = [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
        return f"{folder.resolve().name}-{hashlib.sha256(repr(facts).encode()).hexdigest()[:12]}"
    # owner/model is a hub name; anything else with a separator can only be meant as a folder.
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?", name, re.ASCII):
        raise ModelError(f"没有这个模型文件夹：{name}。请检查路径，或写模型名，如 {ON_HUB}。")
    return name.replace("/", "--")


def _loaded(source: str) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = SentenceTransformer(source, device="cpu")
        model.encode("试", show_progress_bar=False)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise ModelError(_unreachable(source)) from error
    except (ValueError, RuntimeError, TypeError, KeyError, AttributeError, ImportError) as error:
        raise ModelError(f"{source} 不能用作句向量模型：{error}。请换一个，或省略 --model 使用随包模型。") from error
    return model


def _unreachable(source: str) -> str:
    if Path(source).is_dir():
        return f"文件夹 {source} 里没有完整的 sentence-transformers 模型。请重新下载，或省略 --model 使用随包模型。"
    return (
        f"无法取得模型 {source}：没有这个名字，或连不上 Hugging Face。请检查名字和网络；"
        "可用环境变量 HF_ENDPOINT 指定镜像，或用 --model 指定已下载的文件夹。"
    )


def _recipe(model: "SentenceTransformer", name: str | None, source: str) -> Recipe:
    prompts = {key: text for key, text in model.prompts.items() if text}
    # e5 models are trained with these two, and not all of their folders say so; e5-*-instruct has others.
    usual = re.search(r"(?:^|[-_/])e5(?:$|[-_])(?!.*instruct)", (name or NAME).lower()) and not prompts
    return Recipe(
        model=_identity(name),
        dimension=int(model.get_embedding_dimension() or 0),
        tokens=int(model.max_seq_length or 512),
        query=prompts.get("query", "query: " if usual else ""),
        passage=prompts.get("passage", prompts.get("document", "passage: " if usual else "")),
        source=str(Path(source).expanduser().resolve()) if Path(source).expanduser().is_dir() else source,
    )


def _identity(name: str | None) -> str:
    """The bundled model's or hub name; for a folder its own name and the start of its weights' digest."""
    if name is None:
        return NAME
    folder = Path(name).expanduser()
    if not folder.is_dir():
        return name
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".safetensors", ".bin"):
            digest.update(path.read_bytes())
    return f"{folder.resolve().name}@{digest.hexdigest()[:8]}"


def _encodable(text: str) -> str:
    """Lone surrogates, as undecodable bytes on a command line become, are no text to a tokenizer."""
    return text.encode("utf-8", "replace").decode()
