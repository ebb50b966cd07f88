import numpy as np
import pytest

from eval.compare import bootstrap_interval, compare, holm, most_moved, randomisation_test
from eval.errors import EvalError


def scores(rng: np.random.Generator, n: int = 200) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return rng.choice([0.0, 0.39, 0.5, 0.63, 1.0], size=n)


def test_the_p_of_three_equal_signs_is_a_quarter() -> None:
    # of the eight sign patterns, +++ and --- reach the sum
    assert randomisation_test(np.array([1.0, 1.0, 1.0]), draws=20_000) == pytest.approx(0.25, abs=0.01)


def test_systems_that_never_differ_have_p_one() -> None:
    assert randomisation_test(np.zeros(50)) == 1.0
    assert randomisation_test(np.zeros(0)) == 1.0


def test_a_planted_difference_is_found() -> None:
    for seed in range(20):
        rng = np.random.default_rng(500 + seed)
        a = scores(rng)
        b = np.clip(a + rng.normal(0.1, 0.2, size=len(a)), 0, 1)
        assert randomisation_test(b - a, draws=2000, seed=seed) < 0.05


def test_equal_systems_are_told_apart_no_more_often_than_the_nominal_rate() -> None:
    found = 0
    for seed in range(20):
        rng = np.random.default_rng(1000 + seed)
        found += randomisation_test(scores(rng) - scores(rng), draws=2000, seed=seed) < 0.05
    assert found <= 3  # 20 draws at 5%: more than 3 happens once in sixty times


def test_p_values_of_equal_systems_are_even() -> None:
    ps = []
    for seed in range(300):
        rng = np.random.default_rng(500 + seed)
        ps.append(randomisation_test(scores(rng, 60) - scores(rng, 60), draws=500, seed=9000 + seed))
    assert np.mean(np.array(ps) < 0.05) == pytest.approx(0.05, abs=0.03)
    assert np.mean(ps) == pytest.approx(0.5, abs=0.06)


def test_the_same_seed_gives_the_same_figures() -> None:
    differences = np.random.default_rng(3).normal(size=40)
    assert randomisation_test(differences, seed=5) == randomisation_test(differences, seed=5)
    assert bootstrap_interval(differences, seed=5) == bootstrap_interval(differences, seed=5)


def test_the_interval_of_a_mean_is_two_standard_errors_wide() -> None:
    values = np.random.default_rng(0).normal(1.0, 2.0, size=400)
    low, high = bootstrap_interval(values)
    error = values.std() / 20
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.02)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.02)
    assert bootstrap_interval(np.zeros(0)) == (0.0, 0.0)


def test_holm_worked_by_hand() -> None:
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])  # 3·.01, 2·.03, max(.06, .04)
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_a_comparison_counts_wins_losses_and_ties() -> None:
    a = {"R@1": {"q1": 0.0, "q2": 1.0, "q3": 1.0, "q4": 0.0}, "only a": {"q1": 1.0}}
    b = {"R@1": {"q1": 1.0, "q2": 1.0, "q3": 0.0, "q4": 1.0}}
    (row,) = compare(a, b)
    assert (row.measure, row.a, row.b, row.delta) == ("R@1", 0.5, 0.75, 0.25)
    assert (row.wins, row.losses, row.ties) == (2, 1, 1)
    assert row.low <= row.delta <= row.high
    assert row.p == pytest.approx(1.0, abs=0.001)  # |sum| of three ones is always at least 1


def test_runs_over_different_questions_are_not_compared() -> None:
    with pytest.raises(EvalError, match="两次评测的问题不同"):
        compare({"R@1": {"q1": 0.0}}, {"R@1": {"q2": 0.0}})


def test_a_partial_measure_is_compared_where_both_runs_define_it() -> None:
    a = {"citation precision": {"q1": 0.0, "q2": 1.0, "q3": 0.0}}
    b = {"citation precision": {"q1": 1.0, "q2": 1.0, "q4": 0.0}}
    (row,) = compare(a, b, partial={"citation precision"})
    assert (row.a, row.b, row.wins, row.ties) == (0.5, 1.0, 1, 1)


def test_the_most_moved_questions_come_first() -> None:
    a = {"q1": 0.0, "q2": 1.0, "q3": 0.5, "q4": 0.2, "gone": 1.0}
    b = {"q1": 0.3, "q2": 0.0, "q3": 0.5, "q4": 0.5}
    assert most_moved(a, b) == ["q2", "q1", "q4"]
    assert most_moved(a, b, k=1) == ["q2"]
