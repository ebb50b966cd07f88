import pytest

from index.fuse import Signals, Weights, fuse

WEIGHTS = Weights(contrast=0.1, lexical=0.4, coverage=0.2, document=0.3, neighbours=0.2)


def test_bm25_counts_relative_to_the_best_and_the_rest_as_it_stands() -> None:
    candidates = {
        7: Signals(dense=0.9, contrast=2.0, lexical=8.0, coverage=0.5, document=3.0),
        9: Signals(dense=0.8, contrast=-1.0, lexical=2.0, coverage=0.25, document=6.0, neighbours=1.5),
    }
    # 7: 0.2 + 0.4 + 0.1 + 0.15; 9: -0.1 + 0.1 + 0.05 + 0.3 + 0.3
    assert fuse(candidates, WEIGHTS) == pytest.approx({7: 0.85, 9: 0.65})


def test_a_search_that_found_nothing_adds_nothing() -> None:
    assert fuse({1: Signals(0.9, 3.0, 0.0, 0.0, 0.0)}, WEIGHTS) == pytest.approx({1: 0.3})


def test_no_candidates_give_no_scores() -> None:
    assert fuse({}, WEIGHTS) == {}
