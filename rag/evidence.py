"""Is there enough evidence to answer from? If not, what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.fold import fold, query_tokens
from index.library import Library
from index.types import Hit
from rag.question import topic, years

_LOOKED_AT = 3  # hits that may bear an answer alone
_ENOUGH = 0.5
_FUNCTION_WORDS = frozenset("的了在和与及对是于之其把被从到就也都而或中为")


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether to answer; `coverage` in [0, 1]; `missing` names what was asked for but stands nowhere."""

    enough: bool
    coverage: float
    missing: tuple[str, ...]


def judge(question: str, hits: Sequence[Hit], library: Library) -> Judgement:
    """Judge by the share of the question's terms, weighted by rarity, that stand in one of the best hits.

    A passage counts with its headings, its document's title and date: the year is often named only there. A year that
    the question names must stand there too. No hits: not enough, coverage 0.
    """
    weights = asked_terms(question, library)
    best = max((coverage(weights, hit, library) for hit in hits[:_LOOKED_AT]), default=0.0)
    asked = years(fold(question))
    known = frozenset[str]().union(*(years(fold(_surroundings(hit, library))) for hit in hits[:_LOOKED_AT]))
    missing = tuple(sorted(asked - known))
    return Judgement(best >= _ENOUGH and not missing, best, tuple(f"{year}年" for year in missing))


def asked_terms(question: str, library: Library) -> Mapping[str, float]:
    """The terms a question asks about with their rarity; pairs that hold a function word (去年的) say nothing."""
    rarity = library.rarity(topic(question))
    return {term: weight for term, weight in rarity.items() if not _FUNCTION_WORDS & set(term)}


def coverage(weights: Mapping[str, float], hit: Hit, library: Library) -> float:
    """The share of `weights` whose terms stand in a passage or what surrounds it, in [0, 1]; 0 without weights."""
    present = {token.term for token in query_tokens(_surroundings(hit, library))}
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in present) / total if total else 0.0


def _surroundings(hit: Hit, library: Library) -> str:
    date = library.document(hit.passage.doc_id).meta.get("date", "")
    year = f"{date[:4]}年" if date else ""
    return "\n".join([hit.title, year, *hit.passage.path, hit.passage.text])
