"""Exact against coded search over a million windows: what is found again, and how long each takes.

The vectors are those of a library and mixtures of neighbouring ones with noise, so that they cluster as texts do.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from eval.cases import load_set
from eval.errors import EvalError
from eval.quotes import SAMPLES
from index.dense import CODES, SEGMENT, DenseIndex, Vectors
from index.generation import current, open_generation
from index.library import LocalLibrary

_NOISE = 0.25  # length of what is added to a mixture
_TIMES = 100  # questions of the sample collection
_LEAST = 1000


def grown(vectors: Vectors, wanted: int, chance: np.random.Generator) -> Vectors:
    """These unit vectors and mixtures of each other's neighbours, `wanted` in all, shape (wanted, dimension)."""
    count, dimension = vectors.shape
    found = np.empty((wanted, dimension), np.float32)
    found[:count] = vectors[:wanted]
    for start in range(count, wanted, SEGMENT):
        size = min(SEGMENT, wanted - start)
        one = chance.integers(0, count - 3, size)
        share = chance.uniform(0.3, 0.7, (size, 1)).astype(np.float32)
        noise = chance.normal(0, _NOISE / np.sqrt(dimension), (size, dimension)).astype(np.float32)
        mixed = share * vectors[one] + (1 - share) * vectors[one + chance.integers(1, 3, size)] + noise
        found[start : start + size] = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return found


def timed(
    search: Callable[[Vectors, int], list[tuple[int, float, int]]], queries: Vectors
) -> tuple[list[float], list[list[int]]]:
    """Milliseconds and found rows of a search for 100 windows, a query each."""
    times, found = [], []
    for query in queries:
        began = time.perf_counter()
        rows = [row for row, _, _ in search(query, 100)]
        times.append((time.perf_counter() - began) * 1000)
        found.append(rows)
    return times, found


def scan(library: Path, *, windows: int, seed: int) -> list[str]:
    """A line of figures for each way of searching; EvalError when the library has too few windows to start from."""
    with LocalLibrary.open(library) as opened:
        name = current(library)
        vectors = open_generation(library / name).dense.sample(SEGMENT) if name else np.zeros((0, 1), np.float32)
        if len(vectors) < _LEAST:
            raise EvalError(f"{library} 只有 {len(vectors)} 个片段，至少要 {_LEAST} 个；请先用 yinde index 收入文件")
        questions = [case.question for case in load_set(SAMPLES.parent).cases[:_TIMES]]
        queries = np.stack([opened.embedder.query(question) for question in questions])
    all_vectors = grown(vectors, windows, np.random.default_rng(seed))
    lines = []
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        names = []
        for number, start in enumerate(range(0, windows, SEGMENT)):
            names.append(f"{number}.faiss")
            DenseIndex.write_segment(folder / names[-1], all_vectors[start : start + SEGMENT])
        np.save(folder / "owners.npy", np.arange(windows))
        exact = DenseIndex(folder, names)
        DenseIndex.write_codes(folder, names)
        coded = DenseIndex(folder, names)
        ways = {"exact": timed(exact.search, queries), "coded": timed(coded.search, queries)}
        for way, (times, found) in ways.items():
            spent = f"{way:6} p50 {np.median(times):.1f} ms, p95 {np.percentile(times, 95):.1f} ms"
            lines.append(spent + _recall(found, ways["exact"][1]))
        lines.append(f"codes  {(folder / CODES).stat().st_size / windows:.0f} bytes a window")
    return lines


def _recall(found: Sequence[Sequence[int]], exact: Sequence[Sequence[int]]) -> str:
    shares = [np.mean([len(set(a[:k]) & set(b[:k])) / k for a, b in zip(found, exact, strict=True)]) for k in (10, 100)]
    return f", recall@10 {shares[0]:.4f}, recall@100 {shares[1]:.4f}"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="大文库里逐一比较与按编码筛选：查全与耗时")
    parser.add_argument("library", type=Path, help="取向量的文库")
    parser.add_argument("--windows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    for line in scan(given.library, windows=given.windows, seed=given.seed):
        print(line)


if __name__ == "__main__":
    main()
