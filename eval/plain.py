"""Plain rankings with the bundled parts and none of the product's own sums: what every gain is measured from.

Over the paragraphs of a BEIR set, each by itself, without title, headings or document:

paragraphs  cosine of the whole paragraph's vector
bigrams     BM25 (k1 1.2, b 0.75) over single characters and bigrams
windows     cosine of the paragraph's best window
sum         0.4 of windows + 0.6 of bigrams, over the best 100 of each, scaled to [0, 1] among these
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.cases import CaseSet
from eval.errors import EvalError
from eval.measures import mean, ranking, retrieval
from eval.system import quiet
from index.embed import Embedder
from index.fold import query_tokens, tokens
from index.split import windows

Scores = NDArray[np.float64]

_DENSE = 0.4
_DEPTH = 100
_K1, _B = 1.2, 0.75


class Bm25:
    """BM25 as Robertson & Zaragoza (2009) give it, with Lucene's idf ln(1 + (N - n + 0.5) / (n + 0.5))."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Count the terms of these texts."""
        counts = [Counter(token.term for token in tokens(text)) for text in texts]
        self._lengths = np.array([count.total() for count in counts], np.float64)
        postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for row, count in enumerate(counts):
            for term, times in count.items():
                postings[term].append((row, times))
        self._postings = {term: np.array(pairs, np.int64).T for term, pairs in postings.items()}

    def scores(self, query: str) -> Scores:
        """A score for each text, shape (n,); 0 where no term of the query stands."""
        n = len(self._lengths)
        found = np.zeros(n)
        relative = self._lengths / max(self._lengths.mean(), 1e-9) if n else self._lengths
        for term in {token.term for token in query_tokens(query)} & self._postings.keys():
            rows, times = self._postings[term]
            idf = log(1 + (n - len(rows) + 0.5) / (len(rows) + 0.5))
            found[rows] += idf * times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * relative[rows]))
        return found


def compare_plain(
    case_set: CaseSet, embedder: Embedder, *, progress: Callable[[str, int, int], None] = quiet
) -> dict[str, Any]:
    """{"set", "digest", "cases", "rows": [{"name", measure: mean}]} of the four rankings, in the module's order.

    EvalError for a set that has no paragraphs of its own (our layout, where gold is found by span).
    """
    texts = {
        unit.id: source.text[unit.start : unit.end] for source in case_set.sources.values() for unit in source.units
    }
    if not texts:
        raise EvalError(f"{case_set.folder} 不是 BEIR 问题集；朴素排序按段落编号比较，请换 BEIR 问题集")
    cases = [case for case in case_set.cases if case.evidence]
    gold = {case.id: {piece.unit: piece.grade for piece in case.evidence} for case in cases}
    rank = _rankers(list(texts.values()), embedder, progress)
    ranked: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for done, case in enumerate(cases):
        progress("提问", done, len(cases))
        for name, scores in rank(case.question).items():
            ranked[name][case.id] = ranking(dict(zip(texts, scores.tolist(), strict=True)))[:_DEPTH]
    progress("提问", len(cases), len(cases))
    measured = {name: retrieval(lists, gold) for name, lists in ranked.items()}
    rows = [
        {"name": name, **{measure: mean(values.values()) for measure, values in found.items()}}
        for name, found in measured.items()
    ]
    return {"set": case_set.name, "digest": case_set.digest, "cases": len(cases), "rows": rows}


def _rankers(
    texts: Sequence[str], embedder: Embedder, progress: Callable[[str, int, int], None]
) -> Callable[[str], dict[str, Scores]]:
    def embed(stage: str, parts: Sequence[str]) -> NDArray[np.float32]:
        return embedder.passages(parts, progress=lambda done, total: progress(stage, done, total))

    spans = [windows(text) or [(0, len(text))] for text in texts]
    first = np.cumsum([0, *map(len, spans)])[:-1]
    whole = embed("整段向量", texts)
    parts = embed("分窗向量", [text[a:b] for text, found in zip(texts, spans, strict=True) for a, b in found])
    words = Bm25(texts)

    def rank(question: str) -> dict[str, Scores]:
        vector = embedder.query(question)
        best = np.maximum.reduceat(parts @ vector, first).astype(np.float64)
        bm25 = words.scores(question)
        return {
            "paragraphs": (whole @ vector).astype(np.float64),
            "bigrams": bm25,
            "windows": best,
            "sum": convex(best, bm25),
        }

    return rank


def convex(dense: Scores, lexical: Scores) -> Scores:
    """0.4 of dense + 0.6 of lexical for the union of the best 100 of each, scaled among these; -1 for all others."""
    candidates = np.union1d(_best(dense), _best(lexical))
    total = np.full(len(dense), -1.0)
    total[candidates] = _DENSE * _scaled(dense[candidates]) + (1 - _DENSE) * _scaled(lexical[candidates])
    return total


def _best(scores: Scores) -> NDArray[np.intp]:
    order = np.argsort(-scores, kind="stable")[:_DEPTH]
    return np.asarray(order[scores[order] != 0])


def _scaled(scores: Scores) -> Scores:
    low, high = float(scores.min()), float(scores.max())
    return (scores - low) / (high - low) if high > low else np.zeros_like(scores)
