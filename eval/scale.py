"""How search and storage grow: synthetic vectors to 10^6, in a folder's index and in Milvus; `make scale`.

Vectors are random, so recall means nothing here and is not told; times and bytes are what real ones take. Texts are
passages put together from the sample set, for the rate at which words are weighed for Milvus.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.catalog import Catalog
from index.dense import DenseIndex
from index.embed import HashEmbedder
from index.library import LocalLibrary
from index.milvus.address import address
from index.milvus.server import Server
from index.milvus.tables import Tables
from index.milvus.words import counted, held

DIMENSION = 384
QUERIES = 20
LITE = 100_000  # vectors
_STEP = 50_000
_SAMPLES = Path("eval/sets/jianglan/documents")


def vectors(count: int, seed: int) -> NDArray[np.float32]:
    """Random unit vectors, shape (count, DIMENSION)."""
    found = np.random.default_rng(seed).standard_normal((count, DIMENSION), dtype=np.float32)
    unit: NDArray[np.float32] = found / np.linalg.norm(found, axis=1, keepdims=True)
    return unit


def folder_points(sizes: list[int], place: Path) -> Iterator[dict[str, Any]]:
    """A folder's vectors at each size: seconds to write, bytes, milliseconds a query (median)."""
    for size in sizes:
        home = place / f"folder-{size}"
        home.mkdir()
        began, names = time.perf_counter(), []
        for start in range(0, size, _STEP):
            names.append(f"dense-{start}.faiss")
            DenseIndex.write_segment(home / names[-1], vectors(min(_STEP, size - start), start))
        np.save(home / "owners.npy", np.arange(size, dtype=np.int64))
        written = time.perf_counter() - began
        index = DenseIndex(home, names)
        yield {
            "engine": "folder",
            "vectors": size,
            "written_per_second": round(size / written),
            "bytes": sum(file.stat().st_size for file in home.iterdir()),
            "query_ms": _median(partial(_nearest, index)),
        }


def _nearest(index: DenseIndex, query: NDArray[np.float32]) -> object:
    return index.search(query, 100)


def milvus_points(sizes: list[int], place: str) -> Iterator[dict[str, Any]]:
    """The same of the windows of a library in Milvus, which grows from size to size."""
    there = address(place)
    with closing(Server(there, timeout=600)) as server:
        tables, done = Tables(server), 0
        name = f"{there.name}_scale_1"
        tables.create_windows(name, DIMENSION)
        blank = dict.fromkeys(("title", "issuer", "number", "kind", "date", "format", "folders", "headings"), "")
        for size in sizes:
            began, before = time.perf_counter(), done
            while done < size:
                step = min(2_000, size - done)
                rows = [
                    {**blank, "key": done + i, "row": done + i, "doc": 1, "part": 0, "sample": 0, "start": 0, "stop": 1,
                     "digest": "", "vector": vector}
                    for i, vector in enumerate(vectors(step, done).tolist())
                ]  # fmt: skip
                server.upsert(name, rows)
                done += step
            server.flush(name)
            written = time.perf_counter() - began
            files = Path(there.uri).rglob("*") if there.lite else ()
            yield {
                "engine": "milvus-lite" if there.lite else there.shown,
                "vectors": size,
                "written_per_second": round((size - before) / written),
                "bytes": sum(file.stat().st_size for file in files if file.is_file()),
                "query_ms": _median(lambda query: server.search(name, "vector", query.tolist(), 100, fields=["row"])),
            }
        server.drop(name)


def words_point(place: Path) -> dict[str, Any]:
    """Passages a second whose words one core weighs, terms of a passage, and bytes of the catalog for each passage."""
    with LocalLibrary.open(place / "sample", embedder=HashEmbedder(), create=True) as library:
        library.sync([_SAMPLES])
        stats = library.stats()
    with closing(Catalog(place / "sample" / "catalog.sqlite")) as catalog:
        texts = [words for _, words, _ in catalog.passages_after(0)]
    began = time.perf_counter()
    terms = [len(held(counted(text))) for text in texts * 5]
    seconds = time.perf_counter() - began
    return {
        "engine": "words",
        "passages": len(texts),
        "passages_per_second": round(5 * len(texts) / seconds),
        "terms_per_passage": round(statistics.fmean(terms)),
        "characters_per_passage": round(statistics.fmean(map(len, texts))),
        "windows_per_passage": round(stats.windows / stats.passages, 2),
        "bytes_per_passage": {part: round(size / stats.passages) for part, size in stats.bytes.items()},
    }


def _median(search: Callable[[NDArray[np.float32]], object]) -> float:
    times = []
    for query in vectors(QUERIES, 7):
        began = time.perf_counter()
        search(query)
        times.append(1000 * (time.perf_counter() - began))
    return round(statistics.median(times), 2)


def main() -> None:
    """Print one JSON object a point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=1_000_000, help="vectors at most")
    parser.add_argument("--milvus", default="", help="a Milvus address; a Lite file of the moment unless given")
    options = parser.parse_args()
    sizes = [size for size in (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000) if size <= options.most]
    with tempfile.TemporaryDirectory(prefix="yinde-scale-") as moment:
        place = Path(moment)
        print(json.dumps(words_point(place), ensure_ascii=False), flush=True)
        for point in folder_points(sizes, place):
            print(json.dumps(point), flush=True)
        # Lite compares a query with every vector in Python.
        few = sizes if options.milvus else [size for size in sizes if size <= LITE]
        for point in milvus_points(few, options.milvus or str(place / "scale.db")):
            print(json.dumps(point), flush=True)


if __name__ == "__main__":
    main()
