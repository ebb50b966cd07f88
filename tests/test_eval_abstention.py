from itertools import permutations

import pytest

from eval.abstention import calibration_error, rejection, risk_coverage, separation


def test_rejection_at_a_false_refusal_worked_by_hand() -> None:
    judged = [(0.9, True), (0.8, True), (0.7, True), (0.2, True), (0.75, False), (0.5, False), (0.1, False)]
    assert rejection(judged, false_refusal=0.25) == pytest.approx(2 / 3)  # below 0.7, only 0.2 is refused wrongly
    assert rejection(judged, false_refusal=0.0) == pytest.approx(1 / 3)  # below 0.2
    assert rejection(judged, false_refusal=1.0) == pytest.approx(2 / 3 + 1 / 3)


def test_equal_confidences_cannot_be_told_apart() -> None:
    assert rejection([(0.5, True), (0.5, False)], false_refusal=0.1) == 0


def test_separation_is_the_share_of_pairs_in_the_right_order() -> None:
    # Of six pairs, 0.9 and 0.5 stand above 0.2 and 0.4, 0.4 above 0.2 and beside 0.4: 5.5 are right.
    judged = [(0.9, True), (0.5, True), (0.4, True), (0.4, False), (0.2, False)]
    assert separation(judged) == pytest.approx(5.5 / 6)
    assert separation([(0.9, True)]) is None
    assert separation([]) is None


def test_rejection_needs_both_sorts_of_questions() -> None:
    assert rejection([(0.5, True)], false_refusal=0.1) is None
    assert rejection([(0.5, False)], false_refusal=0.1) is None


def test_exact_shares_are_not_lost_to_rounding() -> None:
    judged = [(float(i), True) for i in range(100)] + [(28.5, False)]
    assert rejection(judged, false_refusal=0.29) == 1  # 29 may be refused, so the threshold is 29


def test_risk_and_coverage_worked_by_hand() -> None:
    curve = risk_coverage([(0.2, False), (0.9, True), (0.5, False), (0.7, True)])
    assert curve.coverage == (0.25, 0.5, 0.75, 1.0)
    assert curve.risk == pytest.approx((0, 0, 1 / 3, 1 / 2))
    assert curve.area == pytest.approx((1 / 3 + 1 / 2) / 4)


def test_the_order_of_equal_confidences_does_not_matter() -> None:
    curves = {risk_coverage(list(order)) for order in permutations([(0.5, True), (0.5, False), (0.9, True)])}
    assert len(curves) == 1
    assert curves.pop().risk == pytest.approx((0, 0.25, 1 / 3))


def test_no_questions_have_an_empty_curve() -> None:
    assert risk_coverage([]).area == 0


def test_the_calibration_error_worked_by_hand() -> None:
    judged = [(0.95, True), (0.95, True), (0.95, False), (0.15, False), (0.12, True)]
    # ninth bin: 3/5 |2/3 - .95|, second: 2/5 |1/2 - .135|
    assert calibration_error(judged) == pytest.approx(3 / 5 * (0.95 - 2 / 3) + 2 / 5 * (0.5 - 0.135))
    assert calibration_error([(1.0, True), (0.0, False)]) == 0
    assert calibration_error([]) == 0
