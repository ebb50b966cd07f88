"""What a document or one of its sections says above all, in its own sentences."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.errors import NotFoundError
from index.fold import fold
from index.library import Library
from index.split import sentences
from index.types import Document, Passage
from rag.lexrank import Sentences
from rag.points import announces, mark
from rag.types import Citation, Statement

MOST = 30  # sentences of a summary
_SHORT, _LONG = 12, 260  # characters of a sentence that is worth telling
_HEAVY = 140  # a longer one is mostly an enumeration
_OPENING = 0.12  # of a text, where it says what it is about
_SHOWN = 6
_SAYS_NOTHING = re.compile(
    "^(?:同志们|各位|朋友们|谢谢|现将|附件|抄送|联系人|特此|此复|根据.{0,60}(?:通知|公告|批复|决定)如下|.{0,20}(?:印发|发布)给你们)"
    "|(?:如下|以上报告|请予审议|请审议|收悉)[。：:]?$|[：:]$|我代表.{0,20}报告"
)
_LABEL = re.compile(r"^(?:[（(]?[一二三四五六七八九十0-9]{1,3}[)）、.．]\s*)?")


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence of a document: the passage it stands in and its place there; `lead` announces it: …下列标准："""

    passage: Passage
    start: int
    end: int
    first: bool
    lead: str = ""

    @property
    def text(self) -> str:
        """Its words, a substring of the passage."""
        return self.passage.text[self.start : self.end]

    def citation(self, number: int, title: str) -> Citation:
        """Its place as a numbered source."""
        return Citation(number, self.passage, title, self.passage.start + self.start, self.passage.start + self.end)


@dataclass(frozen=True, slots=True)
class Summary:
    """Sentences of a document, verbatim, in reading order, statement n resting on citation n.

    `section` is the heading or address it was asked for by, "" for the whole document. Without a sentence where the
    text has none that says something by itself.
    """

    document: Document
    section: str
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]


def summarise(library: Library, document_id: str, *, section: str = "", sentences: int = 5) -> Summary:
    """The sentences that a document, or one section of it, turns about: central by LexRank, with a preference for
    openings and for the title's words, and unlike each other (`rag.lexrank`).

    `section` is words of a heading (重点任务) or an address as citations have it: 二(一). At most 30 sentences.
    NotFoundError for an unknown document or section.
    """
    document = library.document(document_id)
    passages = _section(document, library.passages(document_id), section)
    told = said(passages)
    if not told:
        return Summary(document, section, (), ())
    texts = [one.text for one in told]
    beside = Sentences([*texts, document.title + "\n" + section], rarity(library, [*texts, document.title, section]))
    prior = np.array([_prior(one, at, len(told)) for at, one in enumerate(told)])
    prior = prior * (1 + beside.likeness(len(told))[:-1])
    scores = beside.central(np.append(prior, 1e-9))
    scores[-1] = 0.0
    groups = [*(one.passage.path[0] if one.passage.path and not section else "" for one in told), ""]
    best = beside.chosen(scores, max(1, min(sentences, MOST, len(told))), groups=groups)
    rows = sorted(row for row in best if row < len(told))
    citations = tuple(told[row].citation(n, document.title) for n, row in enumerate(rows, start=1))
    return Summary(
        document, section, tuple(Statement(one.quote, (one.number,), "verbatim") for one in citations), citations
    )


def said(passages: Sequence[Passage], *, least: int = _SHORT) -> list[Told]:
    """The sentences of `least` characters and more that say something by themselves, in order: no headings, greetings,
    signatures or lead-ins."""
    found: list[Told] = []
    lead = ""
    for passage in passages:
        lead = lead if mark(passage.text) else ""
        spans = [(start, end) for start, end in sentences(passage.text)]
        for at, (start, end) in enumerate(spans):
            words = passage.text[start:end]
            bare = _LABEL.sub("", words)
            if announces(words):
                lead = words
            heading = not re.search("[。；！？;!?]”?$", words) or words.rstrip("。") in passage.path
            if heading or not least <= len(bare) <= _LONG or _SAYS_NOTHING.search(bare):
                continue
            found.append(Told(passage, start, end, first=at == 0, lead=lead))
    return found


def rarity(library: Library, texts: Sequence[str]) -> dict[str, float]:
    """The terms of texts with their inverse document frequency in the library."""
    found: dict[str, float] = {}
    for text in texts:
        found |= library.rarity(text) if text.strip() else {}
    return found


def _prior(one: Told, at: int, of: int) -> float:
    opening = (1.5 if one.first else 1.0) * (1.5 if at < _OPENING * of else 1.0)
    return opening * (0.6 if len(one.text) > _HEAVY else 1.0)


def _section(document: Document, passages: Sequence[Passage], section: str) -> list[Passage]:
    """The passages under a heading that holds the words, or at an address and below it; all for ""."""
    wanted = fold(section).strip()
    if not wanted:
        return list(passages)
    found = [one for one in passages if any(wanted in fold(head) for head in one.path)]
    found = found or [one for one in passages if fold(one.address).startswith(wanted)]
    if not found:
        heads = list(dict.fromkeys(head for one in passages for head in one.path[:1]))
        known = f"；有：{'、'.join(head[:20] for head in heads[:_SHOWN])}" if heads else "；它没有分节"
        raise NotFoundError(f"《{document.title}》里没有“{section}”这一节{known}")
    return found
