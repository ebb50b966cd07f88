"""What an answer is made of. An answer's every marker [n] has its citation."""

from dataclasses import dataclass
from typing import Literal

from index.types import Hit, Passage, Span

Support = Literal["verbatim", "supported", "unsupported"]
UNSUPPORTED = "未在资料中得到支持"


@dataclass(frozen=True, slots=True)
class Citation:
    """A span of a passage's document, down to the sentence: `document.text[start:end] == quote`."""

    number: int
    passage: Passage
    title: str
    start: int
    end: int

    @property
    def quote(self) -> str:
        """The cited words, a substring of the passage."""
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]

    @property
    def page(self) -> int:
        """The page of the quote's first character, 0 when the document has no pages."""
        return self.passage.page_at(self.start)


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer without its markers, the citations it rests on, and how they bear it.

    `focus` spans the words of `text` that answer who, when, how many by themselves; None where nothing stands out.
    `doubt` names what the sources of an unsupported one do not bear, such as 数字“87个”; "" on any other.
    """

    text: str
    citations: tuple[int, ...]
    support: Support
    focus: Span | None = None
    doubt: str = ""

    @property
    def marked(self) -> str:
        """Its words with their markers [n]; those that no source bears with words that say so."""
        doubt = f"（{UNSUPPORTED}）" if self.support == "unsupported" else ""
        return self.text + "".join(f"[{n}]" for n in self.citations) + doubt


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer at some moment: while it streams, a growing prefix of the final one.

    `statements` are in reading order; `citations` are numbered from 1 by first use; `evidence` is what was searched
    through, best first. `abstained` answers carry no statement and no citation; `note` tells the reader why, or
    anything else about how the answer came to be. `complete` is False on every streamed answer but the last.
    `confidence` in [0, 1] is the chance that the evidence holds an answer; `asked` is the question in full where it was
    a follow-up, else "". `writer` is the language model that put it into words, "" where the answer only quotes;
    `withheld` counts the sentences of its that no source bears and that are not shown.
    """

    question: str
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    evidence: tuple[Hit, ...]
    abstained: bool
    note: str = ""
    complete: bool = True
    confidence: float = 0.0
    asked: str = ""
    writer: str = ""
    withheld: int = 0

    @property
    def text(self) -> str:
        """The answer with its markers, one statement a line; the note when abstained."""
        if self.abstained:
            return self.note
        return "\n".join(statement.marked for statement in self.statements)
