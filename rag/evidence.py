"""Is there enough evidence to answer from? If not, what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp

from index.fold import fold, tokens
from index.library import Library
from index.types import Hit
from rag.question import topic, years

_LOOKED_AT = 3  # hits that may bear an answer alone or together
_FUNCTION_WORDS = frozenset("的了在和与及对是于之其把被从到就也都而或中为")

# A logistic regression on the dev half of the sample collection's questions, follow-ups left out: 130 answerable, 44
# not. Below the threshold lies a tenth of the answerable ones.
_CHARACTERS, _CONTRAST, _LEAD, _MISSING, _INTERCEPT = 1.265, 0.1363, 1.750, -2.246, -1.827
_ENOUGH = 0.35


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether to answer; `confidence` in [0, 1]; `missing` names the years that were asked for but stand nowhere."""

    enough: bool
    confidence: float
    missing: tuple[str, ...]


def judge(question: str, hits: Sequence[Hit], library: Library) -> Judgement:
    """Judge by four signs over the first three hits. No hits, or none with a word of the question: not enough.

    The signs: the share of the question's characters, by rarity, that stand in one hit with its headings, title and
    date (a year is often named only there); how far the nearest in meaning stands out of the library; the first hit's
    lead over the fifth; whether a year that the question names is missing.
    """
    if not hits:
        return Judgement(enough=False, confidence=0.0, missing=())
    places = [_surroundings(hit, library) for hit in hits[:_LOOKED_AT]]
    terms = [{token.term for token in tokens(place)} for place in places]
    rarity = library.rarity(" ".join(t.term for t in tokens(topic(question)) if len(t.term) == 1 or t.term.isascii()))
    total = sum(rarity.values()) or 1.0
    held = max(sum(rarity[c] for c in rarity.keys() & found) for found in terms)
    touched = any(asked_terms(question, library).keys() & found for found in terms)
    contrast = max(hit.signals.get("contrast", 0.0) for hit in hits[:_LOOKED_AT])
    lead = hits[0].score - hits[min(4, len(hits) - 1)].score
    missing = tuple(f"{year}年" for year in sorted(years(fold(question)) - years(fold("\n".join(places)))))
    logit = _INTERCEPT + _CHARACTERS * held / total + _CONTRAST * contrast + _LEAD * lead + _MISSING * bool(missing)
    confidence = 1 / (1 + exp(-logit))
    return Judgement(touched and confidence >= _ENOUGH, confidence, missing)


def asked_terms(question: str, library: Library) -> Mapping[str, float]:
    """The terms a question asks about with their rarity; pairs that hold a function word (去年的) say nothing."""
    rarity = library.rarity(topic(question))
    return {term: weight for term, weight in rarity.items() if not _FUNCTION_WORDS & set(term)}


def _surroundings(hit: Hit, library: Library) -> str:
    date = library.document(hit.passage.doc_id).meta.get("date", "")
    year = f"{date[:4]}年" if date else ""
    return "\n".join([hit.title, year, *hit.passage.path, hit.passage.text])
