"""Fit what the program judges evidence by, and write it as the data it ships: rag/evidence.json."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from eval.cases import Case, CaseSet
from eval.spans import overlaps
from eval.system import Built
from index.library import Library
from index.types import Hit
from rag.candidates import READ, Candidate, candidates
from rag.followup import Turn, in_full
from rag.logistic import Logistic, by_chance
from rag.pipeline import READ_AGAIN
from rag.signals import signals

Vector = np.ndarray[tuple[int], np.dtype[np.float64]]
Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]

FALSE_REFUSALS = 0.07  # of the answerable questions lie below the threshold
_SENTENCE_RIDGE, _EVIDENCE_RIDGE = 2.0, 8.0


@dataclass(frozen=True, slots=True)
class Example:
    """A question with its hits and their sentences; `labels` tell which of those belong to the answer."""

    question: str
    hits: tuple[Hit, ...]
    found: tuple[Candidate, ...]
    labels: tuple[bool, ...]
    answerable: bool
    library: Library
    weight: float = 1.0


def examples(cases: Sequence[Case], built: Built, *, weight: float = 1.0) -> list[Example]:
    """The examples of a set's questions; those without a hit are left out."""
    return [one for case in cases if (one := _example(case, built, weight)) is not None]


def without_answer(example: Example) -> list[Example]:
    """The same question where nothing answers: its passages left out, and only the sentences that bear the answer."""
    if not any(example.labels):
        return []
    bearing = {one.source for one, bears in zip(example.found, example.labels, strict=True) if bears}
    others = tuple(hit for at, hit in enumerate(example.hits) if at not in bearing)
    cut = list(example.hits)
    for one, bears in zip(example.found, example.labels, strict=True):
        if bears:
            passage = cut[one.source].passage
            cut[one.source] = replace(
                cut[one.source], passage=replace(passage, text=passage.text.replace(one.text, "")), window=None
            )
    kept = tuple(hit for hit in cut if hit.passage.text.strip())
    return [_refused(example, hits) for hits in (others, kept) if hits]


def fit(own: Sequence[Example], near: Sequence[Example]) -> dict[str, Any]:
    """Both models and the threshold, as evidence.json holds them. The threshold is chosen by cross-validation."""
    sentence = fit_sentences(own)
    everything = [*own, *near]
    evidence = _fit_evidence(everything, sentence)
    logits = crossed(own, near)
    slope, offset = platt(logits, [e.answerable for e in own])
    chances = [1 / (1 + float(np.exp(-slope * logit - offset))) for logit in logits]
    threshold = float(np.quantile([c for c, e in zip(chances, own, strict=True) if e.answerable], FALSE_REFUSALS))
    return {
        "sentence": written(sentence),
        "evidence": written(rescaled(evidence, slope, offset)),
        "enough": round(threshold, 4),
    }


def crossed(own: Sequence[Example], near: Sequence[Example], *, folds: int = 5) -> list[float]:
    """The log odds of each own example by models that were fitted without it."""
    logits = [0.0] * len(own)
    for fold in range(folds):
        train = [one for at, one in enumerate(own) if at % folds != fold]
        sentence = fit_sentences(train)
        model = _fit_evidence([*train, *near], sentence)
        for at, one in enumerate(own):
            if at % folds == fold:
                logits[at] = model.logit(_signals(one, sentence))
    return logits


def unread(example: Example) -> Example:
    """The same as it is for a model without a reranker."""
    hits = tuple(
        replace(hit, signals={k: v for k, v in hit.signals.items() if k != "read"}, answers=()) for hit in example.hits
    )
    found = tuple(replace(one, signs={k: v for k, v in one.signs.items() if k not in READ}) for one in example.found)
    return replace(example, hits=hits, found=found)


def platt(logits: Sequence[float], answerable: Sequence[bool]) -> tuple[float, float]:
    """Slope and offset by which log odds become those of the share that is answerable (Platt, 1999), so that
    confidence means what it says on questions as they are asked, not as the examples were weighted."""
    design = np.column_stack([np.ones(len(logits)), np.array(logits)])
    offset, slope = irls(design, np.array(answerable, dtype=np.float64), np.ones(len(logits)), ridge=1e-3)
    return float(slope), float(offset)


def rescaled(model: Logistic, slope: float, offset: float) -> Logistic:
    """The model whose log odds are slope times its own plus offset."""
    terms = {name: (mean, scale, weight * slope) for name, (mean, scale, weight) in model.terms.items()}
    return Logistic(model.intercept * slope + offset, terms)


def fit_sentences(train: Sequence[Example]) -> Logistic:
    """The model of which sentence belongs to an answer, from the examples that have one."""
    used = [e for e in train if any(e.labels)]
    rows = [one.signs for e in used for one in e.found]
    labels = np.array([label for e in used for label in e.labels])
    weights = np.array([e.weight for e in used for _ in e.found])
    return fit_logistic(rows, labels, weights, ridge=_SENTENCE_RIDGE)


def fit_logistic(
    rows: Sequence[dict[str, float]] | Sequence[Any], labels: Vector | Any, weights: Vector | Any, *, ridge: float
) -> Logistic:
    """A ridge-penalised logistic regression by iteratively reweighted least squares, so that chances keep the
    labels' share."""
    names = list(rows[0])
    x = np.array([[row.get(name, 0.0) for name in names] for row in rows], dtype=np.float64)
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-6
    design = np.column_stack([np.ones(len(x)), (x - mean) / scale])
    b = irls(design, np.asarray(labels, dtype=np.float64), np.asarray(weights, dtype=np.float64), ridge=ridge)
    terms = {name: (float(m), float(s), float(w)) for name, m, s, w in zip(names, mean, scale, b[1:], strict=True)}
    return Logistic(float(b[0]), terms)


def irls(design: Matrix, labels: Vector, weights: Vector, *, ridge: float, rounds: int = 40) -> Vector:
    """Coefficients, the first an intercept that is not penalised (McCullagh & Nelder, 1989)."""
    b: Vector = np.zeros(design.shape[1])
    penalty = np.full(design.shape[1], ridge)
    penalty[0] = 1e-6
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-design @ b))
        gradient = design.T @ (weights * (labels - p)) - penalty * b
        hessian = (design.T * (weights * p * (1 - p))) @ design + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        b = b + step
        if np.abs(step).max() < 1e-8:
            break
    return b


def written(model: Logistic) -> dict[str, Any]:
    """A model as it stands in the file."""
    return {
        "intercept": round(model.intercept, 5),
        "terms": {name: [round(v, 5) for v in values] for name, values in model.terms.items()},
    }


def _fit_evidence(everything: Sequence[Example], sentence: Logistic) -> Logistic:
    return fit_logistic(
        [_signals(one, sentence) for one in everything],
        np.array([one.answerable for one in everything]),
        np.array([one.weight for one in everything]),
        ridge=_EVIDENCE_RIDGE,
    )


def _signals(one: Example, sentence: Logistic) -> dict[str, float]:
    return signals(one.question, one.hits, by_chance(one.found, sentence), one.library)


def _example(case: Case, built: Built, weight: float) -> Example | None:
    question = in_full(case.question, [Turn(earlier) for earlier in case.history])
    hits = tuple(built.library.reread(question, built.library.search(question, k=10), depth=READ_AGAIN))
    found = tuple(candidates(question, hits, built.library))
    if not found:
        return None
    places: dict[str, list[tuple[int, int]]] = {}
    for located in built.placed.gold(case).values():
        for document, span in located:
            places.setdefault(document, []).append(span)
    short = bool(case.answers) and bool(built.placed.units)
    labels = tuple(_bears(one, hits[one.source], places, case.answers if short else ()) for one in found)
    return Example(question, hits, found, labels, case.answerable, built.library, weight)


def _bears(one: Candidate, hit: Hit, places: dict[str, list[tuple[int, int]]], answers: Sequence[str]) -> bool:
    """Whether a sentence belongs to the answer: it meets the gold, and of a gold paragraph holds the short answer."""
    span = (hit.passage.start + one.start, hit.passage.start + one.end)
    if not overlaps(span, places.get(hit.passage.doc_id, [])):
        return False
    return not answers or any(answer.rstrip("。") in one.text for answer in answers)


def _refused(example: Example, left: tuple[Hit, ...]) -> Example:
    unread = [replace(hit, signals={k: v for k, v in hit.signals.items() if k != "read"}) for hit in left]
    hits = tuple(example.library.reread(example.question, unread, depth=READ_AGAIN))
    found = tuple(candidates(example.question, hits, example.library))
    return replace(
        example, hits=hits, found=found, labels=(False,) * len(found), answerable=False, weight=example.weight / 2
    )


_SWAPS = (
    (re.compile("20[0-9]{2}年"), "2019年"),
    (re.compile("[12]号线"), "6号线"),
    (re.compile("第七届"), "第十二届"),
    (re.compile("云溪县|望山县|临湖区|南塘区|河口新区|全市"), "松原县"),
)


def exchanged(cases: Sequence[Case]) -> list[Case]:
    """Answerable questions turned unanswerable: the year, the place or the number asked for is another."""
    return [
        Case(question=pattern.sub(new, case.question), evidence=(), id=f"{case.id}-{new}", answerable=False)
        for case in cases
        if case.answerable and not case.history
        for pattern, new in _SWAPS
        if pattern.search(case.question)
    ]


def foreign(questions: Sequence[str]) -> list[Case]:
    """Questions of another set, which this library does not answer."""
    return [Case(question=one, evidence=(), id=f"foreign-{at}", answerable=False) for at, one in enumerate(questions)]


def calibrate(own: CaseSet, built: Built, questions: Sequence[str]) -> dict[str, Any]:
    """The content of evidence.json from the dev half of a set of our own and questions that have nothing to do with it.

    Beside the set's own unanswerable questions: answerable ones whose answer was taken out of the evidence, ones with
    another year, place or number, and the foreign ones. Fitted twice: for hits that were read, and for those that were
    not.
    """
    dev = own.select(split="dev").cases
    mine = examples(dev, built)
    near = [replace(one, weight=0.25) for example in mine for one in without_answer(example)]
    near += examples(exchanged(dev), built, weight=0.2)
    near += examples(foreign(questions), built, weight=1.0)
    return {
        "read": fit(mine, near),
        "unread": fit([*map(unread, mine)], [*map(unread, near)]),
        "provenance": {
            "date": date.today().isoformat(),
            "set": f"{own.name} dev {own.digest}",
            "answerable": sum(one.answerable for one in mine),
            "unanswerable": sum(not one.answerable for one in mine),
            "made unanswerable": len(near),
        },
    }
