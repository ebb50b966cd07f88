"""Meaning search: window vectors in FAISS, inner product over half-precision numbers, memory-mapped.

A generation holds one or more immutable segment files and `owners.npy`, which tells for every vector, over all segments
in order, the passage row it belongs to, -1 once that passage is gone. A passage's score is its best window's.

Every vector is compared until there are 100,000 of them. Beyond that, `codes.faiss` holds one bit a number (RaBitQ,
Gao and Long 2024, doi:10.1145/3654970) for the full segments: all codes are scanned, and ten times as many windows as
are wanted are compared exactly. What came since, and a search that is restricted, is compared exactly throughout.
"""

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]

SEGMENT = 50_000  # windows; a segment of so many is full
CODES = "codes.faiss"

_GONE = -1
_SAMPLE = 2000
_CODED = 100_000  # windows in full segments from which on codes are made
_LEAST_NUMBERS = 128  # a vector, below which one bit each says too little
_WIDER = 10  # times as many windows as are wanted are chosen by their codes


class DenseIndex:
    """Opened vector segments. Searching is thread-safe: nothing is written while a query runs."""

    def __init__(self, folder: Path, segments: Sequence[str]) -> None:
        """Map the segment files of `folder`, in order, and read their owners."""
        self._owners: Rows = np.load(folder / "owners.npy")
        self._segments = [_map(folder / name) for name in segments]
        self._starts = np.cumsum([0, *(segment.ntotal for segment in self._segments)])
        if self._starts[-1] != len(self._owners):
            raise ValueError(f"{folder}: {self._starts[-1]} vectors but {len(self._owners)} owners")
        codes = folder / CODES
        self._codes: faiss.IndexRaBitQFastScan = faiss.read_index(str(codes)) if codes.exists() else None
        self._live = self._owners != _GONE
        self._parameters = self._restricted(self._live)
        self._sample = self.sample(_SAMPLE)
        self._order = np.argsort(self._owners, kind="stable")  # positions by passage row
        self._sorted = self._owners[self._order]

    @staticmethod
    def write_segment(path: Path, vectors: Vectors) -> None:
        """Write unit vectors of shape (n, dimension) as one segment, half precision; OSError when the disk refuses."""
        segment = faiss.IndexScalarQuantizer(
            vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        segment.add(vectors)
        _write(segment, path)

    @staticmethod
    def write_codes(folder: Path, segments: Sequence[str]) -> None:
        """Bring the codes in `folder` up to its full segments, which are never changed; none for a small library."""
        path = folder / CODES
        full = [_map(folder / name) for name in segments[: full_segments(folder, segments)]]
        if sum(segment.ntotal for segment in full) < _CODED or full[0].d < _LEAST_NUMBERS:
            path.unlink(missing_ok=True)
            return
        codes = faiss.read_index(str(path)) if path.exists() else None
        if codes is None:
            codes = faiss.IndexRaBitQFastScan(full[0].d, faiss.METRIC_INNER_PRODUCT)
            codes.train(full[0].reconstruct_n(0, SEGMENT))
        done = 0
        for segment in full:
            if done >= codes.ntotal:
                codes.add(segment.reconstruct_n(0, segment.ntotal))
            done += segment.ntotal
        making = path.with_suffix(".making")
        _write(codes, making)
        making.replace(path)  # a new file: the old one is also another generation's

    @staticmethod
    def merge(folder: Path, segments: Sequence[str], *, first: int, name: str) -> list[str]:
        """Write the segments from number `first` on anew without windows that are gone; the names of all afterwards.

        New names begin with `name`. `owners.npy` is written anew, the old files are removed from `folder`.
        """
        index = DenseIndex(folder, segments)
        at = int(index._starts[first])
        kept = at + np.flatnonzero(index._live[at:])
        names = [*segments[:first]]
        for number, start in enumerate(range(0, len(kept), SEGMENT)):
            names.append(f"{name}-{number}.faiss")
            DenseIndex.write_segment(folder / names[-1], index._vectors(kept[start : start + SEGMENT]))
        np.save(folder / "owners.npy", np.concatenate([index._owners[:at], index._owners[kept]]))
        for gone in segments[first:]:
            (folder / gone).unlink()
        if first == 0:
            (folder / CODES).unlink(missing_ok=True)
        return names

    def __len__(self) -> int:
        return int(self._live.sum())

    def search(self, query: Vectors, k: int, *, only: NDArray[np.bool_] | None = None) -> list[tuple[int, float, int]]:
        """The best `k` passages for a unit vector of shape (dimension,): (row, cosine, number of its best window).

        Best first, ties by row; `only` tells by row which may be found, those beyond its end may not. More windows
        than passages are fetched until `k` passages are met or none is left.
        """
        wanted = 2 * k
        parameters = self._parameters if only is None else self._restricted(self._live & self._allowed(only))
        while True:
            positions, cosines = self._nearest(query, wanted, parameters)
            rows, first = np.unique(self._owners[positions], return_index=True)  # the first is a row's best
            if len(rows) >= k or len(positions) < wanted:
                break
            wanted *= 4
        best = np.lexsort((rows, -cosines[first]))[:k]
        rows, first = rows[best], first[best]
        windows = positions[first] - self._order[np.searchsorted(self._sorted, rows)]
        return list(zip(rows.tolist(), cosines[first].tolist(), windows.tolist(), strict=True))

    def scores(self, query: Vectors, rows: Sequence[int]) -> dict[int, tuple[float, int]]:
        """Row → (cosine of its best window, that window's number), for those of `rows` that have windows."""
        wanted = np.unique(np.asarray(rows, dtype=np.int64))
        first, last = np.searchsorted(self._sorted, wanted), np.searchsorted(self._sorted, wanted, side="right")
        held = last > first
        wanted, first, counts = wanted[held], first[held], (last - first)[held]
        if not len(wanted):
            return {}
        starts = np.cumsum(counts) - counts
        positions = self._order[np.arange(counts.sum()) + np.repeat(first - starts, counts)]
        cosines = _cosines(self._vectors(positions), query)  # of the windows of all wanted rows
        highest = np.maximum.reduceat(cosines, starts)
        is_best = np.flatnonzero(cosines == np.repeat(highest, counts))
        best = is_best[np.searchsorted(is_best, starts)] - starts
        found = zip(wanted.tolist(), highest.tolist(), best.tolist(), strict=True)
        return {row: (high, window) for row, high, window in found}

    def background(self, query: Vectors) -> tuple[float, float]:
        """Mean and standard deviation of the query's cosine with the library's windows (2,000 spread evenly at most).

        What a cosine means depends on the model and the query; against this background it means the same everywhere.
        An index without vectors gives (0, 1).
        """
        if len(self._sample) < 2:
            return 0.0, 1.0
        cosines = _cosines(self._sample, query)
        return float(cosines.mean()), max(float(cosines.std()), 1e-6)

    def sample(self, most: int) -> Vectors:
        """Up to `most` vectors spread evenly over the library, in its order; shape (0, 1) for an empty one."""
        live = np.flatnonzero(self._live)
        chosen = live[np.linspace(0, len(live) - 1, min(len(live), most)).astype(np.int64)] if len(live) else live
        return self._vectors(chosen) if len(chosen) else np.zeros((0, 1), np.float32)

    def _vectors(self, positions: Rows) -> Vectors:
        """The vectors at these positions, shape (len(positions), dimension)."""
        vectors = np.empty((len(positions), self._segments[0].d), np.float32)
        owners = np.searchsorted(self._starts, positions, side="right") - 1
        for number in np.unique(owners).tolist():
            inside = owners == number
            vectors[inside] = self._segments[number].reconstruct_batch(positions[inside] - self._starts[number])
        return vectors

    def _allowed(self, only: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The mask over rows as one over positions."""
        padded = np.zeros(int(self._owners.max(initial=0)) + 2, dtype=np.bool_)  # the last stands for _GONE
        known = min(len(only), len(padded) - 1)
        padded[:known] = only[:known]
        allowed: NDArray[np.bool_] = padded[self._owners]
        return allowed

    def _restricted(self, live: NDArray[np.bool_]) -> "list[faiss.SearchParameters | None]":
        """Search parameters for each segment that leave out the positions which are not live."""
        return [
            _only(live[start : start + segment.ntotal])
            for segment, start in zip(self._segments, self._starts, strict=False)
        ]

    def _nearest(
        self, query: Vectors, k: int, parameters: "Sequence[faiss.SearchParameters | None]"
    ) -> tuple[Rows, Vectors]:
        """Positions and cosines of the best `k` live windows over all segments, best first, ties by position."""
        # One query is too little work to share out: starting threads for it costs more than it saves.
        faiss.omp_set_num_threads(1)  # of the calling thread's searches
        coded = self._codes.ntotal if self._codes is not None and parameters is self._parameters else 0
        found = [self._chosen_by_code(query, k)] if coded else []
        for segment, start, only in zip(self._segments, self._starts, parameters, strict=False):
            if start < coded:
                continue
            cosines, ids = segment.search(query[None, :], min(k, segment.ntotal), params=only)
            held = ids[0] >= 0  # FAISS pads a short result with id -1
            found.append((ids[0][held] + start, cosines[0][held]))
        if not found:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        positions, scores = (np.concatenate(parts) for parts in zip(*found, strict=True))
        best = np.lexsort((positions, -scores))[:k]
        return positions[best], scores[best]

    def _chosen_by_code(self, query: Vectors, k: int) -> tuple[Rows, Vectors]:
        """Positions and cosines of the live windows whose codes are nearest."""
        wanted = min(_WIDER * k, self._codes.ntotal)
        positions = self._codes.search(query[None, :], wanted)[1][0]
        positions = np.sort(positions[positions >= 0])  # read from the disk in order
        positions = positions[self._live[positions]]
        return positions, _cosines(self._vectors(positions), query)


def _write(index: "faiss.Index", path: Path) -> None:
    """Write an index to a file; OSError when the disk refuses, for which FAISS has a word of its own."""
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        raise OSError(f"{path}: {error}") from error


def _map(path: Path) -> "faiss.IndexScalarQuantizer":
    return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)


def _cosines(vectors: Vectors, query: Vectors) -> Vectors:
    """Inner products, shape (len(vectors),), without BLAS, whose threads would wait for each other here."""
    return np.asarray(np.einsum("ij,j->i", vectors, query), np.float32)


def _only(live: NDArray[np.bool_]) -> "faiss.SearchParameters | None":
    """Restrict a search to live vectors; None where all are."""
    if live.all():
        return None
    return faiss.SearchParameters(sel=faiss.IDSelectorBitmap(np.packbits(live, bitorder="little")))


def full_segments(folder: Path, segments: Sequence[str]) -> int:
    """How many of the segments, from the first on, are full and will not be merged."""
    return sum(1 for _ in takewhile(lambda name: _map(folder / name).ntotal >= SEGMENT, segments))


def live_owners(owners: Rows, removed: Sequence[int]) -> Rows:
    """`owners` with the windows of removed passage rows marked gone."""
    return np.where(np.isin(owners, np.asarray(removed, dtype=np.int64)), _GONE, owners)
