"""What a check of a draft finds."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal, get_args

from index.quotes import QuoteMatch
from index.types import Document
from index.verdict import Verdict
from rag.claims import NOBODY, Attribution
from rag.draft import Manuscript

FindingKind = Literal["quotation", "formulation", "saying", "copy", "figure", "title", "number", "date"]
Level = Literal["fine", "unchecked", "notice", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing in a draft that was held against the library: `draft.text[start:end]`.

    Of what is `unchecked` nothing can be said, since the library does not hold it. `words` are what was looked for.
    `verdict` is that of a quotation, formulation, saying or copy, "" of a reference.
    `remark` tells the author in Chinese what it is about. `matches` are the places in the library, those in the
    document the draft names first; `documents` the library's documents that a reference means or should mean.
    """

    kind: FindingKind
    level: Level
    start: int
    end: int
    words: str
    remark: str
    verdict: Verdict | Literal[""] = ""
    attribution: Attribution = NOBODY
    matches: tuple[QuoteMatch, ...] = ()
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftReport:
    """All findings of a draft in its order. `sources` are the documents that its findings point to, by id."""

    draft: Manuscript
    findings: tuple[Finding, ...]
    sources: dict[str, Document]

    @property
    def counts(self) -> dict[Level, int]:
        """How many findings of each level, 0 included."""
        found = Counter(finding.level for finding in self.findings)
        return {level: found[level] for level in get_args(Level)}

    @property
    def verdicts(self) -> dict[str, int]:
        """How many findings of each verdict that occurs."""
        return dict(Counter(finding.verdict for finding in self.findings if finding.verdict))
