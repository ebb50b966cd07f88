import pytest

from index.fuse import convex


def test_each_signal_is_scaled_within_the_query_and_weighted() -> None:
    # dense → 0, 0.5, 1; lexical → 1, 0, 0.25
    assert convex([0.8, 0.85, 0.9], [8.0, 0.0, 2.0], weight=0.4).tolist() == pytest.approx([0.6, 0.2, 0.55])


def test_a_signal_that_tells_nothing_apart_counts_for_nothing() -> None:
    assert convex([0.9, 0.9], [1.0, 3.0], weight=0.4).tolist() == pytest.approx([0.0, 0.6])


def test_no_candidates_give_no_scores() -> None:
    assert convex([], [], weight=0.4).tolist() == []
