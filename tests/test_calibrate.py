import pytest

from eval.calibrate import platt, rescaled
from rag.logistic import Logistic


def test_log_odds_become_those_of_what_is_answerable() -> None:
    # of twelve questions at +2 nine are answerable, of twelve at -2 three: log odds ln 3 and -ln 3
    logits = [2.0] * 12 + [-2.0] * 12
    answerable = [True] * 9 + [False] * 3 + [True] * 3 + [False] * 9
    slope, offset = platt(logits, answerable)
    assert slope == pytest.approx(1.0986 / 2, abs=1e-3)
    assert offset == pytest.approx(0.0, abs=1e-3)


def test_a_rescaled_model_keeps_its_order_and_moves_its_odds() -> None:
    model = Logistic(0.5, {"gap": (0.2, 0.1, -1.0)})
    moved = rescaled(model, 0.5, 0.25)
    for gap in (0.0, 0.2, 0.9):
        assert moved.logit({"gap": gap}) == pytest.approx(0.5 * model.logit({"gap": gap}) + 0.25)
