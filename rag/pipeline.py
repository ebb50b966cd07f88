"""From a question to a verified, cited answer. Start reading the project here.

question (in full) → search → enough evidence? → generate → verify every sentence → cite
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from index.fold import fold
from index.library import Library
from index.types import Mode
from rag.evidence import Judgement, judge
from rag.extract import Extractive
from rag.focus import focus_span
from rag.followup import Turn, in_full
from rag.generate import Generator
from rag.question import years
from rag.types import Answer, Statement
from rag.verify import Verifier

_EVIDENCE = 10
_SHOWN_YEARS = 3


class Pipeline:
    """Answers questions from one library. Terminal, page and evaluation share it."""

    def __init__(self, library: Library, *, generator: Generator | None = None) -> None:
        """Answer extractively unless another generator is given."""
        self._library = library
        self._extractive = Extractive(library)
        self._generator = generator

    def ask(self, question: str, *, mode: Mode = "hybrid", history: Sequence[Turn] = ()) -> Answer:
        """The whole answer; `history` are the earlier turns, oldest first. QueryError for what cannot be searched."""
        *_, answer = self.stream(question, mode=mode, history=history)
        return answer

    def stream(self, question: str, *, mode: Mode = "hybrid", history: Sequence[Turn] = ()) -> Iterator[Answer]:
        """Yield growing, always-whole answers: the evidence at once, then each verified sentence; the last is complete.

        A sentence that its source does not bear is withheld.
        """
        full = in_full(question, history)
        hits = tuple(self._library.search(full, k=_EVIDENCE, mode=mode))
        asked = full if full != question else ""
        answer = Answer(question, (), (), hits, abstained=False, complete=False, asked=asked)
        yield answer
        judgement = judge(full, hits, self._library)
        answer = replace(answer, confidence=judgement.confidence)
        if not judgement.enough:
            yield _silence(answer, judgement)
            return
        verifier = Verifier(hits)
        drafts = (
            self._generator.generate(full, hits)
            if self._generator
            else self._extractive.told(full, hits, judgement.ranked)
        )
        for draft in drafts:
            statement = verifier.verify(draft)
            if statement.support == "unsupported":
                continue
            if not answer.statements:
                statement = _focused(full, statement)
            answer = replace(answer, statements=(*answer.statements, statement), citations=tuple(verifier.citations))
            yield answer
        yield replace(answer, complete=True) if answer.statements else _silence(answer, judgement)


def _focused(question: str, statement: Statement) -> Statement:
    return replace(statement, focus=focus_span(question, statement.text))


def _silence(answer: Answer, judgement: Judgement) -> Answer:
    """The answer that says nothing was found, what was found nearest, and what is missing where that is known."""
    note = "资料中没有找到。"
    if judgement.missing:
        note = f"资料中没有找到：没有关于{'、'.join(judgement.missing)}的内容。{_nearest(answer, judgement)}"
    elif answer.evidence:
        note = "资料中没有找到。下面是最接近的段落，供参考。"
    return replace(answer, abstained=True, complete=True, note=note)


def _nearest(answer: Answer, judgement: Judgement) -> str:
    """What was found instead: the other years of what was asked, else the nearest document."""
    if not judgement.ranked:
        return ""
    wanted = years(fold(answer.asked or answer.question))
    texts = [fold(one.text) for one in judgement.ranked[:_SHOWN_YEARS] if one.signs["words"] > 0]
    others = sorted({year for text in texts for year in years(text)} - wanted)
    if wanted and others:
        return f"最接近的是{'、'.join(others[:_SHOWN_YEARS])}年的内容，供参考。"
    return f"最接近的是《{answer.evidence[judgement.ranked[0].source].title}》，供参考。"
