"""Every sentence is held against its source before it is shown."""

from collections.abc import Sequence

from index.types import Hit
from rag.generate import Draft
from rag.types import Citation, Statement


class Verifier:
    """Verifies the drafts of one answer and numbers its citations by first use, from 1."""

    def __init__(self, evidence: Sequence[Hit]) -> None:
        """`evidence` is what drafts refer to by position."""
        self._evidence = evidence
        self.citations: list[Citation] = []

    def verify(self, draft: Draft) -> Statement:
        """The draft as a statement: `verbatim` where it stands word for word in a source it claims, else `unsupported`.

        An unsupported statement carries no citation, and a source that does not exist counts for nothing.
        """
        numbers = []
        for source in draft.sources:
            if not 0 <= source < len(self._evidence):
                continue
            passage = self._evidence[source].passage
            at = passage.text.find(draft.text)
            if draft.text and at >= 0:
                start = passage.start + at
                numbers.append(self._number(self._evidence[source], start, start + len(draft.text)))
        return Statement(draft.text, tuple(numbers), "verbatim" if numbers else "unsupported")

    def _number(self, hit: Hit, start: int, end: int) -> int:
        for citation in self.citations:
            if (citation.passage.id, citation.start, citation.end) == (hit.passage.id, start, end):
                return citation.number
        self.citations.append(Citation(len(self.citations) + 1, hit.passage, hit.title, start, end))
        return len(self.citations)
