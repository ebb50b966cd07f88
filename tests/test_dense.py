import shutil
from pathlib import Path

import faiss
import numpy as np
import pytest

from index.dense import CODES, SEGMENT, DenseIndex, live_owners


def unit(rows: int, seed: int, numbers: int = 16) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((rows, numbers)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


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


NAMES = ["0.faiss", "1.faiss", "2.faiss"]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """Two full segments and a small one, coded, and what is in them: clusters of two hundred."""
    folder = tmp_path_factory.mktemp("many")
    around: np.ndarray = np.repeat(unit(502, seed=8, numbers=256), 200, axis=0)
    spread = around + 0.8 * unit(len(around), seed=9, numbers=256)
    vectors = np.asarray(spread / np.linalg.norm(spread, axis=1, keepdims=True), np.float32)
    for number, name in enumerate(NAMES):
        DenseIndex.write_segment(folder / name, vectors[number * SEGMENT : (number + 1) * SEGMENT])
    np.save(folder / "owners.npy", np.arange(len(vectors)))
    DenseIndex.write_codes(folder, NAMES)
    return folder, vectors


def test_many_windows_are_chosen_by_their_codes_and_compared_exactly(many: tuple[Path, np.ndarray]) -> None:
    folder, vectors = many
    index = DenseIndex(folder, NAMES)
    assert (folder / CODES).exists()
    shares = []
    for query in vectors[::5000]:
        found = index.search(query, 10)
        exact = vectors @ query
        assert all(score == pytest.approx(float(exact[row]), abs=2e-3) for row, score, _ in found)
        shares.append(len({row for row, _, _ in found} & set(np.argsort(-exact)[:10].tolist())) / 10)
    assert np.mean(shares) >= 0.99


def test_a_restricted_search_among_many_is_exact(many: tuple[Path, np.ndarray]) -> None:
    folder, vectors = many
    only = np.zeros(len(vectors), dtype=np.bool_)
    only[[5, 60_000, 99_999, len(vectors) - 1]] = True
    found = DenseIndex(folder, NAMES).search(vectors[7], 10, only=only)
    assert {row for row, _, _ in found} == set(np.flatnonzero(only).tolist())


def test_codes_grow_with_full_segments_and_keep_what_they_have(many: tuple[Path, np.ndarray], tmp_path: Path) -> None:
    folder, vectors = many
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    DenseIndex.write_segment(tmp_path / NAMES[2], vectors[:SEGMENT])
    DenseIndex.write_codes(tmp_path, NAMES)
    found = faiss.read_index(str(tmp_path / CODES)).search(vectors[3][None, :], 5)[1][0]
    assert {3, 2 * SEGMENT + 3} <= set(found.tolist())  # the first segment stands there twice
    DenseIndex.write_codes(tmp_path, NAMES[:1])
    assert not (tmp_path / CODES).exists()


def test_small_segments_become_one_without_what_is_gone(tmp_path: Path, vectors: np.ndarray) -> None:
    written(tmp_path, vectors, [10, 10, -1, 12, 12, 12, 13, 20, 20, -1, 22, 22])
    assert DenseIndex.merge(tmp_path, ["a", "b"], first=1, name="c") == ["a", "c-0.faiss"]
    assert not (tmp_path / "b").exists()
    index, query = DenseIndex(tmp_path, ["a", "c-0.faiss"]), unit(1, seed=13)[0]
    assert np.load(tmp_path / "owners.npy").tolist() == [10, 10, -1, 12, 12, 12, 13, 20, 20, 22, 22]
    expected = brute(vectors[[0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11]], [10, 10, -1, 12, 12, 12, 13, 20, 20, 22, 22], query)
    assert [(row, number) for row, _, number in index.search(query, 9)] == [(r, n) for r, _, n in expected]
    assert DenseIndex.merge(tmp_path, ["a", "c-0.faiss"], first=0, name="d") == ["d-0.faiss"]
    assert len(DenseIndex(tmp_path, ["d-0.faiss"])) == 10
