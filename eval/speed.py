"""How fast, and how it grows: engines side by side, queries by several clients, one library a size.

Ratios are to be trusted before times: whatever is compared is measured in turns within one run.
"""

import gzip
import json
import multiprocessing
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from eval.errors import EvalError, at
from eval.run import git_state, machine
from eval.system import quiet
from index.bundled import bundled_folder
from index.embed import Counted, Embedder, Vectors, open_embedder, uncounted
from index.library import LocalLibrary
from rag.pipeline import Pipeline

Progress = Callable[[str, int, int], None]

SIZES = (1_000, 10_000, 100_000)
CLIENTS = (1, 4, 8)
QUERY_CHARACTERS = 20
_ROUNDS = 4
_BATCH = 64
_QUERIES = 200
_ANSWERS = 50
_FILE = 50  # paragraphs a document


class Scattered:
    """An embedder whose passages cost nothing: unit vectors by chance, of the model's dimension.

    For libraries of a size that would take hours to embed; embedding is measured apart and grows in proportion.
    Questions go through the model.
    """

    def __init__(self, embedder: Embedder) -> None:
        """Stand in for this embedder."""
        self.model = f"{embedder.model}+scattered"
        self.dimension = embedder.dimension
        self.reranker = embedder.reranker
        self._embedder = embedder
        self._chance = np.random.default_rng(0)

    def passages(self, texts: Sequence[str], *, progress: Counted = uncounted) -> Vectors:
        """Random unit vectors, shape (n, dimension)."""
        vectors = self._chance.normal(size=(len(texts), self.dimension)).astype(np.float32)
        progress(len(texts), len(texts))
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)

    def query(self, text: str) -> Vectors:
        """The model's own vector."""
        return self._embedder.query(text)


def speed(texts: Sequence[str], *, model: str | None = None, progress: Progress = quiet) -> dict[str, Any]:
    """Everything that is measured, as the report shows it; see the functions below for each part.

    Libraries of 1,000, 10,000 and 100,000 paragraphs as far as there are texts. EvalError for fewer than 1,000.
    """
    if len(texts) < SIZES[0]:
        raise EvalError(f"只有 {len(texts)} 段文字，测速至少要 {SIZES[0]} 段；请用 --texts 给出更多")
    progress("向量化引擎", 0, _ROUNDS)
    engines = compare_engines(texts, model=model, progress=progress)
    sizes = sorted({size for size in SIZES if size <= len(texts)} | {min(len(texts), SIZES[-1])})
    growth = []
    for done, size in enumerate(sizes):
        progress("逐级扩大文库", done, len(sizes))
        growth.append(in_child(measure_size, texts[:size], model))
    progress("逐级扩大文库", len(sizes), len(sizes))
    served = in_child(measure_clients, texts[: SIZES[1]], model)
    return {
        "machine": machine(),
        "git": git_state(),
        "engines": engines,
        "growth": growth,
        **served,
    }


def compare_engines(
    texts: Sequence[str], *, model: str | None = None, progress: Progress = quiet
) -> list[dict[str, Any]]:
    """Passages a second of our engine and of sentence-transformers (torch, fp32) with the same model and texts.

    Taken in turns, four rounds of 64 texts each; the ratio is the median of the rounds'. The second row is
    the baseline.
    """
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    ours = open_embedder(model)
    torch = SentenceTransformer(model or str(bundled_folder()), device="cpu")
    prefix = "" if model else "passage: "

    def by_torch(batch: Sequence[str]) -> None:
        torch.encode([prefix + text for text in batch], batch_size=32, show_progress_bar=False)

    rates: dict[str, list[float]] = {"ours": [], "torch": []}
    engines: dict[str, Callable[[Sequence[str]], Any]] = {"ours": ours.passages, "torch": by_torch}
    for run in engines.values():
        run(list(texts[:8]))  # the first call pays for allocation
    for turn, batch in enumerate(islice(_batches(texts, _BATCH), _ROUNDS)):
        progress("向量化引擎", turn, _ROUNDS)
        for name, run in engines.items():
            began = time.perf_counter()
            run(batch)
            rates[name].append(len(batch) / (time.perf_counter() - began))
    progress("向量化引擎", _ROUNDS, _ROUNDS)
    ratio = float(np.median(np.array(rates["ours"]) / np.array(rates["torch"])))
    return [
        {"name": "引得默认引擎", "passages_per_second": float(np.median(rates["ours"])), "ratio": ratio},
        {
            "name": "sentence-transformers（torch，fp32）",
            "passages_per_second": float(np.median(rates["torch"])),
            "ratio": 1.0,
        },
    ]


def measure_size(texts: Sequence[str], model: str | None) -> dict[str, Any]:
    """A library of these paragraphs: seconds to make and to open it, query times, memory and disk. Run it in a child.

    Making it leaves embedding out (`Scattered`); queries are embedded and searched to ten passages. `answer_` times are
    what answering the same questions takes beyond searching for them.
    """
    embedder = Scattered(open_embedder(model))
    with TemporaryDirectory() as folder:
        files = _write(texts, Path(folder) / "documents")
        began = time.perf_counter()
        with LocalLibrary.open(Path(folder) / "library", embedder=embedder, create=True) as library:
            library.sync([files])
            made = time.perf_counter() - began
        began = time.perf_counter()
        with LocalLibrary.open(Path(folder) / "library", embedder=embedder) as library:
            library.search(questions(texts, 1)[0])
            opened = time.perf_counter() - began
            times = [_timed(library, question) for question in questions(texts, _QUERIES)]
            searched = _peak_mb()
            beyond = _beyond(library, questions(texts, _ANSWERS))
            stats = library.stats()
    disk = sum(stats.bytes.values())
    return {
        "passages": stats.passages,
        "index_seconds": made,
        "open_seconds": opened,
        **_percentiles(times, "query_"),
        **_percentiles(beyond, "answer_"),
        "rss_mb": searched,
        "answer_rss_mb": _peak_mb(),
        "disk_mb": disk / 2**20,
        "bytes_per_passage": disk / max(1, stats.passages),
    }


def measure_clients(texts: Sequence[str], model: str | None) -> dict[str, Any]:
    """Queries a second and their times with 1, 4 and 8 clients on one library, and a cold search from the terminal.

    The cold search is a new process that loads model and library for one question. Run it in a child.
    """
    embedder = Scattered(open_embedder(model))
    with TemporaryDirectory() as folder:
        files = _write(texts, Path(folder) / "documents")
        rows = []
        with LocalLibrary.open(Path(folder) / "library", embedder=embedder, create=True) as library:
            library.sync([files])
            asked = questions(texts, _QUERIES)
            for clients in CLIENTS:
                began = time.perf_counter()
                with ThreadPoolExecutor(clients) as pool:
                    times = list(pool.map(lambda question: _timed(library, question), asked))
                wall = time.perf_counter() - began
                rows.append({"clients": clients, "qps": len(asked) / wall, **_percentiles(times)})
        return {"clients": rows, "cold_cli_seconds": _cold_cli(Path(folder), texts[:100], model)}


def questions(texts: Sequence[str], n: int) -> list[str]:
    """`n` queries: stretches of 20 characters out of the texts, spread evenly over them."""
    picked = [texts[i * len(texts) // n] for i in range(n)]
    return [text[len(text) // 3 :][:QUERY_CHARACTERS].strip() or text[:QUERY_CHARACTERS] for text in picked]


def read_texts(file: Path, n: int) -> list[str]:
    """The first `n` texts of a JSON Lines file with a "text" field each, gzipped or not. EvalError names a bad line."""
    texts: list[str] = []
    if not file.is_file():
        raise EvalError(f"没有文件 {file}；请检查路径")
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
        for number, line in enumerate(islice(lines, n), start=1):
            try:
                texts.append(str(json.loads(line)["text"]).replace("\n", " "))
            except (json.JSONDecodeError, KeyError, TypeError):
                raise at(file, number, '应当是带 "text" 字段的 JSON 对象') from None
    return texts


def made_up_texts(paragraphs: Sequence[str], n: int) -> list[str]:
    """`n` different texts out of a few: the paragraphs themselves, then two halves of different ones joined.

    EvalError unless two paragraphs have forty characters.
    """
    long = [text for text in paragraphs if len(text) >= 40]
    if len(long) < 2:
        raise EvalError("测速的文字太少，至少要有两段四十字以上的；请用 --texts 给出")
    texts = list(long[:n])
    shift = 1
    while len(texts) < n:
        joined = (a[: len(a) // 2] + b[len(b) // 2 :] for a, b in zip(long, long[shift:] + long[:shift], strict=True))
        texts += [f"第{len(texts) + i}项，{text}" for i, text in enumerate(islice(joined, n - len(texts)))]
        shift = shift % (len(long) - 1) + 1
    return texts


def in_child(measure: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """What a measurement gives in a process of its own, whose memory is then its own too."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, arguments)


def _batches(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (texts[start : start + size] for start in range(0, len(texts), size))


def _write(texts: Sequence[str], folder: Path) -> Path:
    for number, paragraphs in enumerate(_batches(texts, _FILE)):
        file = folder / f"{number // 1000:03d}" / f"文件{number:06d}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"文件{number:06d}\n\n" + "\n\n".join(paragraphs) + "\n", encoding="utf-8")
    return folder


def _timed(library: LocalLibrary, question: str) -> float:
    began = time.perf_counter()
    library.search(question, k=10)
    return (time.perf_counter() - began) * 1000


def _beyond(library: LocalLibrary, asked: Sequence[str]) -> list[float]:
    """Milliseconds that each question's answer takes beyond its search; the first, which opens models, left out."""
    pipeline = Pipeline(library)
    times = []
    for question in [asked[0], *asked]:
        searched = _timed(library, question)
        began = time.perf_counter()
        pipeline.ask(question)
        times.append(max(0.0, (time.perf_counter() - began) * 1000 - searched))
    return times[1:]


def _percentiles(times: Sequence[float], prefix: str = "") -> dict[str, float]:
    return {f"{prefix}p{p}_ms": float(np.percentile(times, p)) for p in (50, 95, 99)}


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # where getrusage counts what this process was before it became this program
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def _cold_cli(folder: Path, texts: Sequence[str], model: str | None) -> float:
    """Seconds of `yinde search` in a new process, the median of three."""
    files = _write(texts, folder / "few")
    with LocalLibrary.open(folder / "cold", model=model, create=True) as library:
        library.sync([files])
    command = [str(Path(sys.executable).with_name("yinde")), "search", questions(texts, 1)[0], "--json"]
    command += ["--library", str(folder / "cold")]
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds))
