"""Extractive answers: the sentences of the evidence that answer, word for word."""

import re
from collections.abc import Iterator, Sequence

from index.library import Library
from index.types import Hit
from rag.asked import asked
from rag.candidates import Candidate, asked_terms, candidates
from rag.generate import Draft
from rag.logistic import by_chance, fitted
from rag.points import announces, following, mark, within
from rag.question import wants_list

_FEW, _MANY = 3, 30
# Set by hand after a look at the dev half of the sample collection's questions; not searched for.
_CLOSE = 0.75  # of the best sentence's chance, to be said beside it
_COMPARED = 0.35  # the same for another document's sentence, where two are asked for
_LEAST = 0.2
_SAME = 0.8  # of a sentence's terms in another: it says nothing new
_TWO = re.compile("新老|新旧|前后|对比|相比|比较|区别|不同|一样|变化|怎么变|从多少|逐年|分别|实际")
_POINTING = re.compile("^(?:其中|该|此|这|上述|它|他|其)(?!他)")


class Extractive:
    """A generator that only quotes."""

    def __init__(self, library: Library) -> None:
        """`library` tells how rare a term is and what stands around a passage."""
        self._library = library

    def generate(self, question: str, evidence: Sequence[Hit]) -> Iterator[Draft]:
        """Yield whole sentences, verbatim: the likeliest to answer first where one thing is asked for.

        All points of an enumeration for a question that asks for several things, in order, below the sentence that
        announces them; one from each document for a question that compares; none without evidence.
        """
        found = candidates(question, evidence, self._library)
        yield from self.told(question, evidence, by_chance(found, fitted(evidence).sentence))

    def told(self, question: str, evidence: Sequence[Hit], ranked: Sequence[Candidate]) -> Iterator[Draft]:
        """The same from candidates that were ranked before."""
        if not ranked:
            return
        chosen = _chosen(question, evidence, ranked)
        said: set[tuple[int, int, int]] = set()
        for one in chosen:
            for draft, place in self._drafts(question, evidence, one):
                if place not in said:
                    said.add(place)
                    yield draft

    def _drafts(
        self, question: str, evidence: Sequence[Hit], one: Candidate
    ) -> Iterator[tuple[Draft, tuple[int, int, int]]]:
        """A sentence with the points that belong to it."""
        hit = evidence[one.source]
        listed = wants_list(question)
        points = within(hit, (one.start, one.end)) if listed or announces(one.text) else []
        if not announces(one.text) and not (listed and len(points) > 1):
            if before := _before(hit, one):
                yield before, (one.source, -1, one.start)
            yield Draft(one.text, (one.source,), one.start), (one.source, one.start, one.end)
            return
        texts = {span: hit.passage.text[slice(*span)] for span in points}
        kept = points if listed else self._asked_for(question, one, texts)
        if listed and announces(one.text):
            yield Draft(one.text, (one.source,), one.start), (one.source, one.start, one.end)
        for span in kept:
            yield Draft(texts[span], (one.source,), span[0]), (one.source, *span)
        if not points:
            yield Draft(one.text, (one.source,), one.start), (one.source, one.start, one.end)
            for passage in following(self._library.passages(hit.passage.doc_id), hit.passage):
                other = Hit(passage, hit.score, hit.title, date=hit.date)
                yield Draft(passage.text, (), 0, (other,)), (-1, passage.start, passage.end)

    def _asked_for(self, question: str, lead: Candidate, points: dict[tuple[int, int], str]) -> list[tuple[int, int]]:
        """The points that hold most of what the question asks beyond the lead; all where none does."""
        weights = {t: w for t, w in asked_terms(question, self._library).items() if t not in lead.terms}
        shares = {span: sum(w for t, w in weights.items() if t in text) for span, text in points.items()}
        best = max(shares.values(), default=0.0)
        return [span for span, share in shares.items() if share >= 0.8 * best] if best else list(points)


def compares(question: str) -> bool:
    """Whether a question asks for two things side by side: two years, two places, old and new."""
    wanted = asked(question)
    return len(wanted.years) > 1 or len(wanted.places) > 1 or _TWO.search(question) is not None


def _chosen(question: str, evidence: Sequence[Hit], ranked: Sequence[Candidate]) -> list[Candidate]:
    """The best sentence and those close to it that say something else."""
    best = ranked[0]
    chosen = [best]
    several = compares(question)
    documents = {evidence[best.source].passage.doc_id}
    listed = wants_list(question)
    for one in ranked[1:]:
        if len(chosen) == _FEW or one.signs["empty"]:
            break
        document = evidence[one.source].passage.doc_id
        needed = _COMPARED if several and document not in documents else _CLOSE
        if one.chance < max(needed * best.chance, _LEAST) or (listed and mark(best.text)):
            continue
        if all(len(one.terms & other.terms) < _SAME * len(one.terms) or several for other in chosen):
            chosen.append(one)
            documents.add(document)
    return chosen if asked(question).kind != "what" else sorted(chosen, key=lambda c: (c.source, c.start))


def _before(hit: Hit, one: Candidate) -> Draft | None:
    """The sentence before, where the sentence begins by pointing back to it."""
    if not _POINTING.match(one.text):
        return None
    text = hit.passage.text[: one.start].rstrip()
    start = max((text.rfind(stop, 0, len(text) - 1) for stop in "。！？\n"), default=-1) + 1
    words = text[start:].strip()
    return Draft(words, (one.source,), hit.passage.text.find(words)) if len(words) > 4 else None
