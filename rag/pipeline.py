"""From a question to a verified, cited answer. Start reading the project here.

question (in full) → search → read again → enough evidence? → generate → verify every sentence → cite
"""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Generator as Growing
from dataclasses import replace

from index.errors import EndpointError
from index.fold import fold
from index.library import Library
from index.query import legible
from index.types import LikelySpan, Mode
from rag.evidence import Judgement, judge
from rag.extract import Extractive
from rag.focus import focus_span
from rag.followup import Turn, in_full
from rag.generate import Draft, Generator
from rag.question import years
from rag.settings import Unsupported
from rag.types import Answer
from rag.verify import Verifier

Rewriter = Callable[[str, Sequence[Turn]], str]

_EVIDENCE = 10
READ_AGAIN = 4  # hits that question and passage are read together of: what they cost, the reader waits
_SHOWN_YEARS = 3
_NONE_BORNE = "大模型写的话没有一句在资料中得到支持"
_QUOTED_INSTEAD = "以下为原文摘录。"
_QUOTED_BESIDES = "其余为原文摘录。"


class Pipeline:
    """Answers questions from one library. Terminal, page and evaluation share it."""

    def __init__(
        self,
        library: Library,
        *,
        generator: Generator | None = None,
        rewriter: Rewriter = in_full,
        unsupported: Unsupported = "withhold",
    ) -> None:
        """Answer extractively unless another generator is given.

        `rewriter` puts a follow-up in full. `unsupported`: whether a sentence that its sources do not bear is withheld,
        or said and marked as such.
        """
        self._library = library
        self._extractive = Extractive(library)
        self._generator = generator
        self._rewriter = rewriter
        self._unsupported = unsupported

    def ask(self, question: str, *, mode: Mode = "hybrid", history: Sequence[Turn] = ()) -> Answer:
        """The whole answer; `history` are the earlier turns, oldest first. QueryError for what cannot be searched."""
        *_, answer = self.stream(question, mode=mode, history=history)
        return answer

    def stream(
        self, question: str, *, mode: Mode = "hybrid", history: Sequence[Turn] = ()
    ) -> Growing[Answer, None, None]:
        """Yield growing, always-whole answers: the evidence at once, then each verified sentence; the last is complete.

        A sentence that its source does not bear is withheld or marked. When the generator fails, or nothing it says is
        borne, the answer quotes and its note tells why.
        """
        question = legible(question)
        full = self._rewriter(question, history)
        found = self._library.search(full, k=_EVIDENCE, mode=mode)
        hits = tuple(self._library.reread(full, found, depth=READ_AGAIN))
        asked = full if full != question else ""
        answer = Answer(question, (), (), hits, abstained=False, complete=False, asked=asked)
        yield answer
        judgement = judge(full, hits, self._library)
        answer = replace(answer, confidence=judgement.confidence)
        if not judgement.enough:
            yield _silence(answer, judgement)
            return
        yield from self._told(full, answer, judgement)

    def _told(self, question: str, answer: Answer, judgement: Judgement) -> Iterator[Answer]:
        """The answer as it grows. What the generator leaves unsaid by failing, the extractive one says."""
        telling = _Telling(question, answer, self._unsupported)
        if self._generator:
            drafts = self._generator.generate(question, answer.evidence)
            try:
                yield from telling.tell(drafts, writer=self._generator.name)
            except EndpointError as error:
                telling.note = f"{error}。{_QUOTED_BESIDES if telling.supported else _QUOTED_INSTEAD}"
            else:
                if telling.offered and not telling.supported:
                    telling.note = f"{_NONE_BORNE}，{_QUOTED_INSTEAD}"
        if telling.note or not self._generator:
            yield from telling.tell(self._extractive.told(question, answer.evidence, judgement.ranked))
        answer = replace(telling.answer, note=telling.note)
        yield replace(answer, complete=True) if answer.statements else _silence(answer, judgement)


class _Telling:
    """One answer as it grows, each draft verified before it is told."""

    def __init__(self, question: str, answer: Answer, unsupported: Unsupported) -> None:
        self.answer = answer
        self.note = ""
        self.offered = 0
        self.supported = 0
        self._question = question
        self._unsupported = unsupported
        self._verifier = Verifier(answer.evidence)

    def tell(self, drafts: Iterator[Draft], *, writer: str = "") -> Iterator[Answer]:
        """The answer after each draft, shown or withheld; what earlier drafts said is not said again."""
        said = {statement.text for statement in self.answer.statements}
        for draft in drafts:
            if not draft.text:
                yield self.answer
                continue
            self.offered += 1
            if draft.text in said:
                continue
            statement = self._verifier.verify(draft)
            if statement.support != "unsupported":
                self.supported += 1
                if self.supported == 1:
                    focus = focus_span(self._question, statement.text, self._read(draft))
                    statement = replace(statement, focus=focus)
            elif self._unsupported == "withhold":
                self.answer = replace(self.answer, withheld=self.answer.withheld + 1)
                yield self.answer
                continue
            self.answer = replace(
                self.answer,
                writer=writer or self.answer.writer,
                statements=(*self.answer.statements, statement),
                citations=tuple(self._verifier.citations),
            )
            yield self.answer

    def _read(self, draft: Draft) -> list[LikelySpan]:
        """What the reranker took for the answer in a sentence that is quoted, as spans of the sentence."""
        source = next(iter(draft.sources), -1)
        if draft.at < 0 or not 0 <= source < len(self.answer.evidence):
            return []
        hit = self.answer.evidence[source]
        start = hit.passage.start + draft.at
        certain = sum(chance for *_, chance in hit.answers)  # that the passage holds an answer was judged before
        return [(first - start, last - start, chance / certain) for first, last, chance in hit.answers]


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
