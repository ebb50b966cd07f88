"""From a question to a verified, cited answer. Start reading the project here.

question → search → enough evidence? → generate → verify every sentence → cite
"""

from collections.abc import Iterator
from dataclasses import replace

from index.library import Library
from index.types import Mode
from rag.evidence import Judgement, judge
from rag.extract import Extractive
from rag.generate import Generator
from rag.types import Answer
from rag.verify import Verifier

_EVIDENCE = 10


class Pipeline:
    """Answers questions from one library. Terminal, page and evaluation share it."""

    def __init__(self, library: Library, *, generator: Generator | None = None) -> None:
        """Answer extractively unless another generator is given."""
        self._library = library
        self._generator = generator or Extractive(library)

    def ask(self, question: str, *, mode: Mode = "hybrid") -> Answer:
        """The whole answer. QueryError for a question that cannot be searched."""
        *_, answer = self.stream(question, mode=mode)
        return answer

    def stream(self, question: str, *, mode: Mode = "hybrid") -> Iterator[Answer]:
        """Yield growing, always-whole answers: the evidence at once, then each verified sentence; the last is complete.

        A sentence that its source does not bear is withheld.
        """
        hits = tuple(self._library.search(question, k=_EVIDENCE, mode=mode))
        answer = Answer(question, (), (), hits, abstained=False, complete=False)
        yield answer
        judgement = judge(question, hits, self._library)
        if not judgement.enough:
            yield _silence(answer, judgement)
            return
        verifier = Verifier(hits)
        for draft in self._generator.generate(question, hits):
            statement = verifier.verify(draft)
            if statement.support == "unsupported":
                continue
            answer = replace(answer, statements=(*answer.statements, statement), citations=tuple(verifier.citations))
            yield answer
        yield replace(answer, complete=True) if answer.statements else _silence(answer, judgement)


def _silence(answer: Answer, judgement: Judgement) -> Answer:
    """The answer that says nothing was found, and what is missing where that is known."""
    note = "资料中没有找到。"
    if judgement.missing:
        note = f"资料中没有找到：没有关于{'、'.join(judgement.missing)}的内容。"
    elif answer.evidence:
        note = "资料中没有找到。下面是最接近的段落，供参考。"
    return replace(answer, abstained=True, complete=True, note=note)
