"""The comparison of exact and coded search."""

from pathlib import Path

import numpy as np
import pytest

from eval.errors import EvalError
from eval.scan import grown, scan, timed
from index.embed import HashEmbedder
from index.library import LocalLibrary


def test_grown_vectors_begin_with_the_given_ones_and_lie_between_neighbours() -> None:
    chance = np.random.default_rng(1)
    vectors = chance.standard_normal((1000, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = grown(vectors, 3000, np.random.default_rng(2))
    assert found.shape == (3000, 64)
    assert np.array_equal(found[:1000], vectors)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)
    nearest = (found[1000:] @ vectors.T).max(axis=1)
    assert 0.5 < float(np.median(nearest)) < 0.95


def test_each_query_is_timed_and_its_rows_kept() -> None:
    times, rows = timed(lambda query, k: [(int(query[0]), 1.0, 0), (k, 0.5, 0)], np.array([[3.0], [4.0]], np.float32))
    assert rows == [[3, 100], [4, 100]]
    assert len(times) == 2


def test_a_small_library_is_refused(tmp_path: Path) -> None:
    (tmp_path / "甲.txt").write_text("只有一段话。", "utf-8")
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as library:
        library.sync([tmp_path / "甲.txt"])
    with pytest.raises(EvalError, match="只有 1 个片段，至少要 1000 个"):
        scan(tmp_path / "library", windows=2000, seed=0)
