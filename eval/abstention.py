"""How well confidence tells questions that were answered rightly from those that should have been refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

Judged = tuple[float, bool]  # confidence, and whether the question is answerable / its answer right


@dataclass(frozen=True, slots=True)
class Curve:
    """Risk at each coverage, by falling confidence; `area` under it, 0 best.

    `coverage[i]` = (i + 1) / n of the questions are answered, and `risk[i]` is the share of wrong ones among them.
    """

    coverage: tuple[float, ...]
    risk: tuple[float, ...]
    area: float


def rejection(judged: Sequence[Judged], *, false_refusal: float) -> float | None:
    """Share of unanswerable questions refused by the strictest threshold that refuses at most `false_refusal` of the
    answerable ones. None unless there are both.

    A question is refused when its confidence is below the threshold. This is 1 - FPR at TPR = 1 - false_refusal of the
    ROC curve (Fawcett, 2006).
    """
    answerable = sorted(confidence for confidence, is_answerable in judged if is_answerable)
    others = [confidence for confidence, is_answerable in judged if not is_answerable]
    if not answerable or not others:
        return None
    # 1e-9, because 0.29 * 100 is 28.999999999999996
    threshold = answerable[min(int(false_refusal * len(answerable) + 1e-9), len(answerable) - 1)]
    return sum(confidence < threshold for confidence in others) / len(others)


def separation(judged: Sequence[Judged]) -> float | None:
    """The area under the ROC curve: the chance that an answerable question has more confidence than an unanswerable
    one, equal confidence counting half. None unless there are both."""
    from sklearn.metrics import roc_auc_score

    labels = [is_answerable for _, is_answerable in judged]
    if len(set(labels)) < 2:
        return None
    return float(roc_auc_score(labels, [confidence for confidence, _ in judged]))


def calibration_error(judged: Sequence[Judged], *, bins: int = 10) -> float:
    """Expected calibration error: sum over bins of |B| / n times |share of true in B - mean confidence in B|, with bins
    of equal width over [0, 1], a confidence on an edge in the upper one (Naeini et al., AAAI 2015; Guo et al., ICML
    2017). 0 for no questions."""
    binned: dict[int, list[Judged]] = {}
    for one in judged:
        binned.setdefault(min(int(one[0] * bins), bins - 1), []).append(one)
    gaps = (
        abs(sum(true for _, true in group) - sum(confidence for confidence, _ in group)) for group in binned.values()
    )
    return sum(gaps) / len(judged) if judged else 0.0


def risk_coverage(judged: Sequence[Judged]) -> Curve:
    """The risk-coverage curve and its area (El-Yaniv & Wiener, JMLR 2010; AURC of Geifman et al., ICLR 2019).

    The area is the mean of the risk over coverages 1/n … 1. Questions of equal confidence are answered in a random
    order: the risk among them is its expectation, so their order in `judged` does not matter. Empty input has an empty
    curve of area 0.
    """
    coverage: list[float] = []
    risk: list[float] = []
    answered, wrong = 0, 0.0
    for _, group in groupby(sorted(judged, key=lambda pair: -pair[0]), key=lambda pair: pair[0]):
        rights = [right for _, right in group]
        share = rights.count(False) / len(rights)
        for _ in rights:
            answered, wrong = answered + 1, wrong + share
            coverage.append(answered / len(judged))
            risk.append(wrong / answered)
    return Curve(tuple(coverage), tuple(risk), sum(risk) / len(risk) if risk else 0.0)
