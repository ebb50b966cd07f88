"""The system that is measured: the product's library and pipeline, over a set's documents."""

import hashlib
import inspect
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from platformdirs import user_cache_path

from eval.baselines import baselines
from eval.cases import CaseSet, Source
from eval.errors import EvalError
from eval.places import Placed, place
from eval.records import Engine
from eval.vectors import remember
from index.embed import Embedder, open_embedder
from index.gongwen import compose
from index.library import Library, LocalLibrary
from index.load import load
from index.opening import open_library
from index.types import Document, Hit, Mode
from rag.evidence import judge
from rag.followup import Turn
from rag.pipeline import READ_AGAIN, Pipeline
from rag.types import Answer

if TYPE_CHECKING:
    from index.milvus.library import MilvusLibrary

Progress = Callable[[str, int, int], None]


def quiet(*_: object) -> None:
    """Show no progress."""


def no_baselines(*_: object) -> Mapping[str, Answer]:
    """Answer in no plainer way."""
    return {}


@dataclass(frozen=True, slots=True)
class System:
    """What answers the questions of a set. `ask` is None when only search is measured.

    `confidence` tells how surely a question can be answered from its hits, `baselines` are plainer answers to it by
    name; `facts` go into the summary as they are.
    """

    search: Callable[[str], list[Hit]]
    ask: Callable[[str, Sequence[Turn]], Answer] | None
    confidence: Callable[[str, Sequence[Hit]], float]
    placed: Placed
    facts: Mapping[str, Any]
    baselines: Callable[[str, Sequence[Hit]], Mapping[str, Answer]] = no_baselines


@dataclass(frozen=True, slots=True)
class Built:
    """A library over a set's documents, and what it took: seconds, texts that went through the model, disk bytes."""

    library: "LocalLibrary | MilvusLibrary"
    placed: Placed
    facts: Mapping[str, Any]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.library.close()


def prune(cache: Path, *, keep: int = 8) -> None:
    """Delete all but the libraries used last; their vectors stay."""
    libraries = sorted((cache / "libraries").glob("*"), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in libraries[keep:]:
        shutil.rmtree(folder, ignore_errors=True)


def default_cache() -> Path:
    """Where libraries and vectors are kept between runs."""
    return user_cache_path("yinde") / "eval"


def build(
    case_set: CaseSet,
    *,
    cache: Path,
    model: str | None = None,
    embedder: Embedder | None = None,
    engine: Engine = "folder",
    progress: Progress = quiet,
) -> Built:
    """The set's documents in a library of their own, made by the product's own code.

    It is made anew when a document, the model or the code of `index` has changed; vectors are kept by text. EvalError
    when a document cannot be taken in.
    """
    remembering = remember(embedder or open_embedder(model), cache)
    home = cache / "libraries" / f"{case_set.name}-{_digest(case_set, remembering.model)}"
    files = write_sources(case_set, home / "documents")
    began = time.perf_counter()
    prune(cache)
    name = "library" if engine == "folder" else "library.db"
    library = open_library(home / name, embedder=remembering, create=True)
    report = library.sync(list(files.values()), progress=progress)
    seconds = time.perf_counter() - began
    if report.failed:
        library.close()
        first = report.failed[0]
        raise EvalError(f"有 {len(report.failed)} 个文件不能收入，例如 {first.path}：{first.reason}")
    placed = place(case_set, _documents(files, library))
    stats = library.stats()
    facts = {
        "model": stats.model,
        "documents": stats.documents,
        "passages": stats.passages,
        "windows": stats.windows,
        "bytes": dict(stats.bytes),
        "index_seconds": round(seconds, 3),
        "embedded": remembering.embedded,
        "lost": sorted(placed.lost),
    }
    return Built(library, placed, facts)


def system(built: Built, *, mode: Mode = "hybrid", k: int = 100, answers: bool = True, reread: bool = False) -> System:
    """The product over a built library: search to depth `k`, and the answer pipeline when `answers`.

    `reread`: the first hits of a search are read again by the model's own reranker, as an answer's always are.
    """
    library = built.library

    def search(query: str) -> list[Hit]:
        hits = library.search(query, k=k, mode=mode)
        return library.reread(query, hits) if reread else hits

    pipeline = Pipeline(library)
    return System(
        search=search,
        ask=(lambda question, history: pipeline.ask(question, mode=mode, history=history)) if answers else None,
        confidence=lambda question, hits: confidence(question, hits, library),
        placed=built.placed,
        baselines=(lambda question, hits: baselines(question, hits, library)) if answers else no_baselines,
        facts={
            **built.facts,
            "mode": mode,
            "k": k,
            "answers": answers,
            "reread": reread,
            "code": code_digest(LocalLibrary, Pipeline),
        },
    )


def confidence(question: str, hits: Sequence[Hit], library: Library) -> float:
    """How surely the hits answer the question, by the pipeline's own judgement, in [0, 1]."""
    return judge(question, library.reread(question, hits[:10], depth=READ_AGAIN), library).confidence


def write_sources(case_set: CaseSet, folder: Path) -> dict[str, Path]:
    """Each source's file. Those of our own sets are where they are; a BEIR document becomes a text file in `folder`.

    Its title is the file's name, its paragraphs are set apart by blank lines.
    """
    files = {name: source.path for name, source in case_set.sources.items() if source.path is not None}
    for number, (name, source) in enumerate(case_set.sources.items()):
        if source.path is None:
            file = folder / f"{number:06d}" / f"{_file_name(source)}.txt"
            if not file.is_file():
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(source.text, encoding="utf-8")
            files[name] = file
    return files


def _documents(files: Mapping[str, Path], library: Library) -> dict[str, Document]:
    """Source name → the library's document. Files are read again: the library keeps texts, not which file bore them."""
    by_text = {document.text: document for document in (library.document(d.id) for d in library.documents())}
    read = {name: compose(load(file), name=file.stem).text for name, file in files.items()}
    return {name: by_text[text] for name, text in read.items() if text in by_text}


def _file_name(source: Source) -> str:
    # a name must fit into 255 bytes of UTF-8
    return re.sub(r'[\x00-\x1f/\\:*?"<>|]', "_", source.title or source.name).strip(" .")[:60] or "无题"


def _digest(case_set: CaseSet, model: str) -> str:
    """Stands for the documents, the model and the code that makes a library of them."""
    digest = hashlib.sha256(model.encode() + code_digest(LocalLibrary).encode())
    for name, source in sorted(case_set.sources.items()):
        digest.update(f"\0{name}\0{source.title}\0{source.text}".encode())
    return digest.hexdigest()[:16]


def code_digest(*rooms: type) -> str:
    """Stands for all code in the packages that these classes live in."""
    digest = hashlib.sha256()
    for room in rooms:
        for file in sorted(Path(inspect.getfile(room)).parent.rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
