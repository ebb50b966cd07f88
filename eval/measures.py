"""Measures of rankings, citations and short answers, each with its formula and source.

One question, one value; a mean is taken over all questions that have gold, so one that a run did not answer counts 0.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from unicodedata import category, normalize

from eval.spans import overlaps
from index.types import Span

RETRIEVAL = ("nDCG@10", "RR@10", "R@1", "R@5", "R@10", "R@100", "Success@1", "Success@5")

Located = tuple[str, Span]  # a document's id and a span of its text


def ranking(scores: Mapping[str, float]) -> list[str]:
    """Ids best first. Equal scores stand in descending order of id, as in trec_eval."""
    return sorted(sorted(scores, reverse=True), key=lambda id: -scores[id])


def retrieval(
    ranked: Mapping[str, Sequence[str]], gold: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, float]]:
    """Measure → question → value, for the questions in `gold` (question → id → grade ≥ 1), by ir-measures.

    nDCG@10     sum of grade / log2(rank + 1) over the first ten, divided by that of the best order possible
                (Järvelin & Kekäläinen, TOIS 2002, as trec_eval computes it)
    RR@10       1 / rank of the first gold id, 0 when it is not among the first ten
    R@k         share of the gold ids among the first k
    Success@k   1 when any gold id is among the first k

    Rankings are lists, best first, so there are no ties left to break: providers break them differently (for equal
    scores pytrec_eval's nDCG@10 and ir-measures' own RR@10 disagree on which document is first).
    """
    import ir_measures

    measures = {name: ir_measures.parse_measure(name) for name in RETRIEVAL}
    values = {name: dict.fromkeys(gold, 0.0) for name in RETRIEVAL}
    if not gold:
        return values
    names = {str(measure): name for name, measure in measures.items()}
    run = [
        ir_measures.ScoredDoc(question, id, float(len(ids) - row))
        for question, ids in ranked.items()
        if question in gold
        for row, id in enumerate(ids)
    ]
    qrels = [ir_measures.Qrel(question, id, grade) for question, ids in gold.items() for id, grade in ids.items()]
    if run:
        for metric in ir_measures.iter_calc(list(measures.values()), qrels, run):
            values[names[str(metric.measure)]][metric.query_id] = float(metric.value)
    return values


def citation_precision(cited: Sequence[Located], gold: Sequence[Sequence[Located]]) -> float | None:
    """Share of cited spans that overlap gold evidence (overlap: half of the shorter). None when nothing is cited.

    With recall below the pair of Gao et al., "Enabling LLMs to generate text with citations" (EMNLP 2023), but judged
    by verbatim spans rather than by a model.
    """
    if not cited:
        return None
    places = [place for piece in gold for place in piece]
    return sum(_meets(span, places) for span in cited) / len(cited)


def citation_recall(cited: Sequence[Located], gold: Sequence[Sequence[Located]]) -> float | None:
    """Share of gold pieces that some cited span overlaps, at any of the piece's places. None when there is no gold.

    Nothing cited is 0: abstaining on an answerable question costs recall, and leaves precision undefined.
    """
    if not gold:
        return None
    return sum(any(_meets(place, cited) for place in piece) for piece in gold) / len(gold)


def supported_share(supports: Iterable[str]) -> float | None:
    """Share of an answer's sentences that are verbatim or supported. None when it has no sentence."""
    counts = Counter(supports)
    return (counts["verbatim"] + counts["supported"]) / counts.total() if counts else None


def character_f1(answer: str, golds: Collection[str]) -> float | None:
    """2pr / (p + r) over characters as a multiset, best over the gold answers; None without gold.

    The token F1 of SQuAD (Rajpurkar et al., EMNLP 2016) with characters as tokens, as DRCD (Shao et al., 2018) uses it
    for Chinese. Width and case are folded; white space, punctuation and symbols do not count.
    """
    if not golds:
        return None
    return max(_f1(Counter(_bare(answer)), Counter(_bare(gold))) for gold in golds)


def exact_match(answer: str, golds: Collection[str]) -> float | None:
    """1 when the answer is one of the gold answers, under the folding of `character_f1`; None without gold."""
    return float(_bare(answer) in {_bare(gold) for gold in golds}) if golds else None


def contains_answer(answer: str, golds: Collection[str]) -> float | None:
    """1 when a gold answer stands inside the answer, under the same folding; None without gold.

    The accuracy of RGB (Chen et al., AAAI 2024). Answers that quote whole sentences are fairly judged by this one;
    F1 and exact match ask for the bare phrase.
    """
    if not golds:
        return None
    bare = _bare(answer)
    return float(any(_bare(gold) and _bare(gold) in bare for gold in golds))


def mean(values: Iterable[float | None]) -> float | None:
    """The mean of what is defined; None when nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _meets(span: Located, places: Sequence[Located]) -> bool:
    return overlaps(span[1], [place for document, place in places if document == span[0]])


def _f1(answer: Counter[str], gold: Counter[str]) -> float:
    common = (answer & gold).total()
    return 2 * common / (answer.total() + gold.total()) if common else 0.0


def _bare(text: str) -> str:
    # ６．５ 亿元。 → 65亿元: a point inside a number goes too, on both sides alike
    return "".join(c for c in normalize("NFKC", text).lower() if category(c)[0] not in "PSZC")
