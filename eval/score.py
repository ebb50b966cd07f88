"""From a run's records to its measures."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from eval.abstention import Judged, calibration_error, rejection, risk_coverage, separation
from eval.compare import bootstrap_interval
from eval.measures import (
    character_f1,
    contains_answer,
    exact_match,
    mean,
    retrieval,
    supported_share,
)
from eval.records import Record, Said

Values = dict[str, dict[str, float]]  # measure → question → value

PARTIAL = frozenset({"citation precision", "supported"})  # defined only where a run has cited or said something
FALSE_REFUSALS = (0.05, 0.1, 0.2)


def values(records: Sequence[Record]) -> Values:
    """Every measure's value for each question on which it is defined; measures without any are left out.

    Beside retrieval: citation precision and recall, supported (share of sentences), F1, exact and contains against
    short answers, rejected (1 when an unanswerable question was refused) and answered (1 when an answerable one was
    not).
    """
    judged = [record for record in records if record.gold]
    result: Values = dict(
        retrieval({r.id: r.ranking for r in judged}, {r.id: r.gold for r in judged}) if judged else {}
    )
    measures: dict[str, Callable[[Record], float | None]] = {
        "citation precision": lambda record: record.answer.precision if record.answer else None,
        "citation recall": lambda record: record.answer.recall if record.answer else None,
        "supported": _supported,
        "F1": lambda record: character_f1(_spoken(record), record.answers) if record.answer else None,
        "exact": lambda record: exact_match(_spoken(record), record.answers) if record.answer else None,
        "contains": lambda record: contains_answer(_spoken(record), record.answers) if record.answer else None,
        "rejected": lambda r: float(r.answer.abstained) if r.answer and not r.answerable else None,
        "answered": lambda r: float(not r.answer.abstained) if r.answer and r.answerable else None,
    }
    for name, measure in measures.items():
        found = {record.id: measure(record) for record in records}
        known = {id: value for id, value in found.items() if value is not None}
        if known:
            result[name] = known
    return result


def judged(records: Sequence[Record]) -> list[Judged]:
    """Confidence and answerability of each question, for `rejection`."""
    return [(record.confidence, record.answerable) for record in records]


def rights(records: Sequence[Record]) -> list[Judged]:
    """Confidence and whether an answer would be right, for `risk_coverage`.

    Right: the question is answerable, and the answer cites gold; without an answer, or when it abstained, the first hit
    is gold. Answerable questions of unknown gold are left out.
    """
    return [(record.confidence, _right(record)) for record in records if record.gold or not record.answerable]


def measures(records: Sequence[Record]) -> dict[str, dict[str, float]]:
    """Measure → mean, its 95 % bootstrap interval low..high, and n, the questions it is defined on."""
    table = {}
    for name, by_question in values(records).items():
        low, high = bootstrap_interval(np.array(list(by_question.values())))
        table[name] = {"mean": mean(by_question.values()) or 0.0, "low": low, "high": high, "n": len(by_question)}
    return table


def by_kind(records: Sequence[Record]) -> dict[str, dict[str, float]]:
    """Kind → measure → mean; one kind at least, "" for questions without."""
    kinds = sorted({record.kind for record in records})
    return {
        kind: {
            name: mean(by_question.values()) or 0.0
            for name, by_question in values([record for record in records if record.kind == kind]).items()
        }
        for kind in kinds
    }


def abstention(records: Sequence[Record]) -> dict[str, Any]:
    """Rejection at each false refusal, how far both sorts of questions are apart (`separation`), the risk-coverage
    curve (thinned to 200 points) and its area."""
    curve = risk_coverage(rights(records))
    step = max(1, len(curve.coverage) // 200)
    return {
        "rejection": {f"{share:.2f}": rejection(judged(records), false_refusal=share) for share in FALSE_REFUSALS},
        "separation": separation(judged(records)),
        "coverage": list(curve.coverage[step - 1 :: step]),
        "risk": list(curve.risk[step - 1 :: step]),
        "area": curve.area,
        "calibration error": calibration_error(held(records)),
    }


def held(records: Sequence[Record]) -> list[Judged]:
    """Confidence and whether the evidence holds an answer, which is what confidence claims, for `calibration_error`.

    It does where the question is answerable and one of the first ten hits is gold. Answerable questions of unknown gold
    are left out.
    """
    return [
        (r.confidence, r.answerable and any(hit.gold for hit in r.hits)) for r in records if r.gold or not r.answerable
    ]


def beside(records: Sequence[Record]) -> dict[str, dict[str, float | None]]:
    """Way of answering → measure → mean, over the same answerable questions: the answer, the words in it that answer
    at once (direct), and the baselines; {} without baselines.

    What was refused counts 0. `evidence hit`: share of questions of which a cited span meets the gold.
    """
    asked = [r for r in records if r.answerable and r.answer and r.baselines]
    ways = {"answer": [(r, r.answer) for r in asked if r.answer]}
    ways |= {name: [(r, r.baselines[name]) for r in asked] for name in (asked[0].baselines if asked else ())}
    table = {name: _compared(pairs) for name, pairs in ways.items() if pairs}
    if asked and any(r.answers for r in asked):
        direct = [(r, _direct(r.answer)) for r in asked if r.answer]
        table["direct"] = {
            "F1": mean(character_f1(words, r.answers) for r, words in direct),
            "contains": mean(contains_answer(words, r.answers) for r, words in direct),
        }
    return table


def latency(records: Sequence[Record]) -> dict[str, dict[str, float]]:
    """Timing → p50, p95, p99 in milliseconds."""
    names = sorted({name for record in records for name in record.timings})
    table = {}
    for name in names:
        times = np.array([record.timings[name] for record in records if name in record.timings])
        table[name] = {f"p{p}": float(np.percentile(times, p)) for p in (50, 95, 99)}
    return table


def _supported(record: Record) -> float | None:
    return supported_share(one.support for one in record.answer.statements) if record.answer else None


def _compared(pairs: Sequence[tuple[Record, Said]]) -> dict[str, float | None]:
    texts = [(r, "".join(one.text for one in said.statements)) for r, said in pairs]
    return {
        "F1": mean(character_f1(text, r.answers) for r, text in texts),
        "contains": mean(contains_answer(text, r.answers) for r, text in texts),
        "evidence hit": mean(float(any(one.gold for one in said.citations)) for r, said in pairs if r.gold),
        "citation precision": mean(said.precision for _, said in pairs),
        "citation recall": mean(said.recall for _, said in pairs),
        "characters": mean(float(len(text)) for _, text in texts),
    }


def _direct(said: Said) -> str:
    """The words that answer at once; the first statement where none stand out."""
    first = said.statements[0] if said.statements else None
    return (first.direct or first.text) if first else ""


def _right(record: Record) -> bool:
    if not record.answerable:
        return False
    if record.answer is not None and not record.answer.abstained:
        return any(cited.gold for cited in record.answer.citations)
    return bool(record.hits) and record.hits[0].gold


def _spoken(record: Record) -> str:
    return "".join(one.text for one in record.answer.statements) if record.answer else ""
