"""Signs of whether the evidence bears an answer, each a number that needs no other library to be compared with."""

from collections.abc import Mapping, Sequence

from index.fold import fold, terms, tokens
from index.library import Library
from index.types import Hit
from rag.asked import Asked, asked
from rag.candidates import Candidate, asked_terms, surroundings
from rag.coverage import coverage
from rag.question import topic

_HARDLY_KNOWN = 5.0  # inverse document frequency: one passage in 150
_KNOWN = 3.0  # standard deviations, beyond which nearer does not mean more
_SURE = 8.0  # log odds, beyond which surer does not mean more
_LOOKED_AT = 3  # hits, and sentences, that may bear an answer alone or together


def signals(question: str, hits: Sequence[Hit], ranked: Sequence[Candidate], library: Library) -> dict[str, float]:
    """Name → value; {} without hits or candidates. `ranked` holds the candidates by falling chance.

    chance: the best sentence's, in logits; gap: its lead over the second; mass: the sum over five;
    union, passage: share of the question's terms by rarity in a sentence with its headings, and in its passage too;
    characters: share of its characters in one hit; absent: the rarest term that stands in none of three hits;
    missing: share of terms that stand in none; focus, unfocused: share of the words before the asking word that stand
    in no hit, alone and times `characters`; kind: the answer's type stands in the best sentence, in one of three;
    contrast: of the nearest window, over the library's own; known: its cosine over that of questions the library has
    nothing to do with, in their standard deviations, 3 at most;
    read, reads: log odds of the reranker's surest, of three hits and of all it read, where the library's model has one;
    lead: the first hit's over the fifth; noyear, otheryear, place, code, name: what was asked for by name and is
    missing; tense, conflict: the best sentence's; foreign: share of the question's characters that the library
    hardly knows; short: few terms asked; and those of `rag.coverage`.
    """
    if not hits or not ranked:
        return {}
    wanted, weights = asked(question), asked_terms(question, library)
    first = [one.signs for one in ranked[:_LOOKED_AT]]
    places = [surroundings(hit) for hit in hits[:_LOOKED_AT]]
    held = frozenset().union(*map(terms, places))
    characters = _characters(question, places, library)
    unfocused = _unfocused(wanted, weights, held)
    highest = max(library.rarity("一").values(), default=1.0) or 1.0
    gone = [weight for term, weight in weights.items() if term not in held]
    foreign = _foreign(question, library)
    chances = [one.chance for one in ranked[:5]]
    best = first[0]
    return {
        "chance": max(-6.0, min(6.0, ranked[0].logit)),
        "gap": chances[0] - (chances[1] if len(chances) > 1 else 0.0),
        "mass": sum(chances),
        "union": max(s["words"] + s["context"] for s in first),
        "passage": min(1.0, best["words"] + best["context"] + best["passage"]),
        "characters": characters,
        "absent": max(gone, default=0.0) / max(highest, *weights.values()) if weights else 1.0,
        "missing": sum(gone) / (sum(weights.values()) or 1.0),
        "focus": unfocused,
        "unfocused": unfocused * characters,
        "kind": best["kind"],
        "kinds": max(s["kind"] for s in first),
        "typed": float(wanted.kind != "what"),
        "contrast": max(hit.signals.get("contrast", 0.0) for hit in hits[:_LOOKED_AT]),
        "known": _known(hits, library),
        "lead": hits[0].score - hits[min(4, len(hits) - 1)].score,
        "noyear": float(all(one.signs["otheryear"] for one in ranked)),
        "otheryear": min(s["otheryear"] for s in first),
        "place": min(s["place"] for s in first),
        "code": min(s["code"] for s in first),
        "name": min(s["name"] for s in first),
        "tense": best["tense"],
        "conflict": best["conflict"],
        "foreign": foreign,
        "short": float(len(weights) <= 4),
        **_read(hits),
        **coverage(question, hits, ranked, library),
    }


def missing_elements(question: str, ranked: Sequence[Candidate], hits: Sequence[Hit]) -> list[str]:
    """What the question asks for by name and the nearest passages do not hold, as a reader would say it."""
    if not hits:
        return []
    wanted = asked(question)
    text = fold("\n".join(surroundings(hit) for hit in hits[:_LOOKED_AT]))
    found = []
    if ranked and wanted.years and all(one.signs["otheryear"] for one in ranked):
        found += [f"{year}年" for year in sorted(wanted.years)]
    found += [name for name in (*wanted.places, *wanted.names) if name not in text]
    found += [code for code in wanted.codes if code not in text]
    focus = wanted.focus[-4:]
    if not found and focus and not terms(focus) & terms(text):
        found.append(focus)
    return found


def _characters(question: str, places: Sequence[str], library: Library) -> float:
    """The best share of the question's characters, by rarity, that stand in one of the places."""
    asked_for = " ".join(t.term for t in tokens(topic(question)) if len(t.term) == 1 or t.term.isascii())
    rarity = library.rarity(asked_for)
    total = sum(rarity.values()) or 1.0
    return max(sum(rarity[c] for c in rarity.keys() & terms(place)) for place in places) / total


def _known(hits: Sequence[Hit], library: Library) -> float:
    nearest = max(hit.signals.get("dense", 0.0) for hit in hits)
    if not nearest:  # found by words alone
        return _KNOWN
    mean, deviation = library.cohort()
    return min(_KNOWN, (nearest - mean) / deviation)


def _read(hits: Sequence[Hit]) -> dict[str, float]:
    judged = [max(-_SURE, min(_SURE, hit.signals["read"])) for hit in hits if "read" in hit.signals]
    return {"read": max(judged[:_LOOKED_AT]), "reads": max(judged)} if judged else {}


def _foreign(question: str, library: Library) -> float:
    rarity = library.rarity(
        " ".join(t.term for t in tokens(topic(question)) if len(t.term) == 1 and not t.term.isascii())
    )
    return sum(weight > _HARDLY_KNOWN for weight in rarity.values()) / len(rarity) if rarity else 0.0


def _unfocused(wanted: Asked, weights: Mapping[str, float], held: frozenset[str]) -> float:
    focus = {term: weight for term, weight in weights.items() if term in wanted.focus[-4:]}
    total = sum(focus.values())
    return sum(weight for term, weight in focus.items() if term not in held) / total if total else 0.0
