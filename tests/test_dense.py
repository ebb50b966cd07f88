from pathlib import Path

import numpy as np
import pytest

from index.dense import DenseIndex, live_owners


def unit(rows: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((rows, 16)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def vectors() -> np.ndarray:
    return unit(12, seed=1)


def written(folder: Path, vectors: np.ndarray, owners: list[int]) -> DenseIndex:
    DenseIndex.write_segment(folder / "a", vectors[:7])
    DenseIndex.write_segment(folder / "b", vectors[7:])
    np.save(folder / "owners.npy", np.asarray(owners, dtype=np.int64))
    return DenseIndex(folder, ["a", "b"])


OWNERS = [10, 10, 11, 12, 12, 12, 13, 20, 20, 21, 22, 22]


def brute(vectors: np.ndarray, owners: list[int], query: np.ndarray) -> list[tuple[int, float, int]]:
    best: dict[int, tuple[float, int]] = {}
    for position, owner in enumerate(owners):
        score = float(vectors[position] @ query)
        if owner >= 0 and score > best.get(owner, (-2.0, 0))[0]:
            best[owner] = (score, position - owners.index(owner))
    return sorted(((row, score, number) for row, (score, number) in best.items()), key=lambda found: -found[1])


def test_a_passage_scores_as_its_best_window_over_all_segments(tmp_path: Path, vectors: np.ndarray) -> None:
    index, query = written(tmp_path, vectors, OWNERS), unit(1, seed=2)[0]
    found, expected = index.search(query, 4), brute(vectors, OWNERS, query)[:4]
    assert [(row, number) for row, _, number in found] == [(row, number) for row, _, number in expected]
    assert [score for _, score, _ in found] == pytest.approx([score for _, score, _ in expected], abs=2e-3)


def test_asking_for_more_than_there_is_gives_all(tmp_path: Path, vectors: np.ndarray) -> None:
    assert len(written(tmp_path, vectors, OWNERS).search(unit(1, seed=3)[0], 50)) == 7


def test_windows_of_removed_passages_are_never_found(tmp_path: Path, vectors: np.ndarray) -> None:
    owners = live_owners(np.asarray(OWNERS), [12, 21]).tolist()
    index, query = written(tmp_path, vectors, owners), unit(1, seed=4)[0]
    assert {row for row, _, _ in index.search(query, 50)} == {10, 11, 13, 20, 22}
    assert index.scores(query, [12]) == {}


def test_scores_of_chosen_rows_equal_those_of_the_search(tmp_path: Path, vectors: np.ndarray) -> None:
    index, query = written(tmp_path, vectors, OWNERS), unit(1, seed=5)[0]
    found = {row: (score, number) for row, score, number in index.search(query, 50)}
    chosen = index.scores(query, [22, 10, 99])
    assert set(chosen) == {22, 10}
    for row, (score, number) in chosen.items():
        assert score == pytest.approx(found[row][0], abs=1e-5)
        assert number == found[row][1]


def test_an_index_without_vectors_finds_nothing(tmp_path: Path) -> None:
    np.save(tmp_path / "owners.npy", np.zeros(0, dtype=np.int64))
    index = DenseIndex(tmp_path, [])
    assert len(index) == 0
    assert index.search(unit(1, seed=6)[0], 5) == []
    assert index.scores(unit(1, seed=6)[0], [1]) == {}


def test_owners_that_do_not_fit_the_vectors_are_refused(tmp_path: Path, vectors: np.ndarray) -> None:
    with pytest.raises(ValueError, match="owners"):
        written(tmp_path, vectors, OWNERS[:-1])


def test_the_background_is_the_querys_cosine_over_all_live_windows(tmp_path: Path, vectors: np.ndarray) -> None:
    index, query = written(tmp_path, vectors, live_owners(np.asarray(OWNERS), [22]).tolist()), unit(1, seed=7)[0]
    cosines = vectors[:10] @ query
    assert index.background(query) == pytest.approx((cosines.mean(), cosines.std()), abs=2e-3)


def test_an_empty_index_has_a_neutral_background(tmp_path: Path) -> None:
    np.save(tmp_path / "owners.npy", np.zeros(0, dtype=np.int64))
    assert DenseIndex(tmp_path, []).background(unit(1, seed=8)[0]) == (0.0, 1.0)
