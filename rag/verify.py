"""Every sentence is held against its source before it is shown."""

from collections.abc import Sequence

from index.types import Hit
from rag.candidates import surroundings
from rag.generate import Draft
from rag.prompt import told
from rag.support import support
from rag.types import Citation, Statement


class Verifier:
    """Verifies the drafts of one answer and numbers its citations by first use, from 1."""

    def __init__(self, evidence: Sequence[Hit]) -> None:
        """`evidence` is what drafts refer to by position."""
        self._evidence = evidence
        self.citations: list[Citation] = []

    def verify(self, draft: Draft) -> Statement:
        """The draft as a statement: `verbatim` where it stands word for word in a source it claims.

        `supported` where the sources it claims bear all it says (`rag.support`), else `unsupported`. What a source says
        to language models bears nothing.

        An unsupported statement carries no citation, and a source that does not exist counts for nothing.
        """
        numbers = []
        for source in draft.sources:
            if not 0 <= source < len(self._evidence):
                continue
            numbers += self._found(self._evidence[source], draft)
        for hit in draft.beyond:
            numbers += self._found(hit, draft)
        if numbers:
            return Statement(draft.text, tuple(numbers), "verbatim")
        hits = [self._evidence[s] for s in dict.fromkeys(draft.sources) if 0 <= s < len(self._evidence)]
        found = support(draft.text, [told(surroundings(hit)) for hit in hits])
        if not found.borne:
            return Statement(draft.text, (), "unsupported", doubt=found.what)
        return Statement(draft.text, tuple(self._whole(hit) for hit in hits), "supported")

    def _whole(self, hit: Hit) -> int:
        return self._number(hit, hit.passage.start, hit.passage.end)

    def _found(self, hit: Hit, draft: Draft) -> list[int]:
        text = hit.passage.text
        at = draft.at if draft.at >= 0 and text.startswith(draft.text, draft.at) else text.find(draft.text)
        if not draft.text or at < 0:
            return []
        start = hit.passage.start + at
        return [self._number(hit, start, start + len(draft.text))]

    def _number(self, hit: Hit, start: int, end: int) -> int:
        for citation in self.citations:
            if (citation.passage.id, citation.start, citation.end) == (hit.passage.id, start, end):
                return citation.number
        self.citations.append(Citation(len(self.citations) + 1, hit.passage, hit.title, start, end))
        return len(self.citations)
