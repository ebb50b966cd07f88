"""The nouns of the program. All offsets are Unicode code points, half-open, into `Document.text`.

The invariant everything leans on: `document.text[x.start:x.end] == x.text` for passages and citations.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Span = tuple[int, int]
PageStart = tuple[int, int]  # (offset, page): from that offset on the text stands on that page, counted from 1
LikelySpan = tuple[int, int, float]  # a span, and the chance that it is what was asked for
Mode = Literal["hybrid", "dense", "lexical"]


def page_at(pages: Sequence[PageStart], offset: int) -> int:
    """The page an offset stands on; 0 before the first start, and where the format has no pages."""
    position = bisect_right(pages, offset, key=lambda start: start[0])
    return pages[position - 1][1] if position else 0


def turns_in(pages: Sequence[PageStart], start: int, end: int) -> tuple[PageStart, ...]:
    """The pages that begin after `start` and before `end`, in order."""
    first, last = bisect_right(pages, start, key=lambda at: at[0]), bisect_left(pages, end, key=lambda at: at[0])
    return tuple(pages[first:last])


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of text as a file delivers it: a line of .txt, a paragraph of Markdown or Word.

    `heading` is the level the *format* gives it (Markdown #, Word style), 1 outermost; 0 when it says nothing.
    `page` is the page it begins on, counted from 1, 0 when the format has no pages; `turns` tell where in `text`
    further pages begin, for a paragraph that runs over the page's end.
    """

    text: str
    heading: int = 0
    page: int = 0
    turns: tuple[PageStart, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a loader returns: blocks in reading order, and what the format itself says about the document.

    `wrapped` tells that a line's end may be layout rather than the end of a paragraph (plain text).
    """

    blocks: tuple[Block, ...]
    meta: Mapping[str, str] = field(default_factory=dict)
    wrapped: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """One line of a document's outline. `label` is its numbering as it is cited: 二, (三), 1, 第五条, or "".

    `start:end` spans the heading's own words in the document, label included; for a heading that runs
    into its paragraph （一）加强领导。要……  it ends with the heading sentence.
    """

    start: int
    end: int
    level: int
    label: str


@dataclass(frozen=True, slots=True)
class Document:
    """A text as loaded: NFC, LF line ends, one paragraph a line, structure repaired once, never edited after.

    `meta` keys, each present only when known: issuer 发文机关 (joint ones joined by 、), number 发文字号, date 成文日期
    (ISO 8601; of a law its last adoption or amendment), kind 文种, secrecy 密级, urgency 紧急程度, signatory 签发人 (of
    an order who signed it), to 主送机关, cc 抄送, attachments (titles joined by ；), printed_by 印发机关, printed
    印发日期 (ISO 8601), speaker (who gives a speech),
    source (path or URL of the file), url (where it was published on the web), published (when it was put there or sent,
    ISO 8601), format (suffix without dot), left_out (page chrome that was not taken in),
    recognised (pages read by optical recognition, 1-3,7).
    `pages` tells in order where each page's text begins, the first at 0; () when the format has no pages.
    """

    id: str
    title: str
    text: str
    meta: Mapping[str, str] = field(default_factory=dict)
    outline: tuple[Heading, ...] = ()
    pages: tuple[PageStart, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit of search, of citation and of gold evidence: a paragraph, or one point (一是…) of a long one.

    `path` holds its headings, outermost first; `address` says where it stands, e.g. 二(一)·二是.
    `page` is the page of its first character, 0 when the format has none; `turns` tell where, as offsets into the
    document's text, further pages begin inside it.
    """

    id: str
    doc_id: str
    start: int
    end: int
    text: str
    path: tuple[str, ...] = ()
    address: str = ""
    page: int = 0
    turns: tuple[PageStart, ...] = ()

    def page_at(self, offset: int) -> int:
        """The page of an offset into the document's text that lies in this passage."""
        return page_at(self.turns, offset) or self.page


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found. `score`: higher is better, comparable only inside one list.

    `signals` says what found it (names → raw values): `dense` cosine, `contrast` the cosine in standard deviations
    above the library's mean for this query, `lexical` BM25, `coverage` share in [0, 1] of the query's terms by rarity.
    `window` is the stretch of the document nearest in meaning, `matched` the stretches that hold the query's terms,
    `terms` those of the terms that stand there, rarest first, folded; `evidence` the one or two sentences that hold
    most of them. `answers` are the stretches that a reranker takes for the answer itself, likeliest first. `date`
    is the document's, "" when unknown; `copies` say the same and were left out of the list.
    """

    passage: Passage
    score: float
    title: str
    signals: Mapping[str, float] = field(default_factory=dict)
    window: Span | None = None
    matched: tuple[Span, ...] = ()
    terms: tuple[str, ...] = ()
    evidence: tuple[Span, ...] = ()
    answers: tuple[LikelySpan, ...] = ()
    date: str = ""
    copies: tuple["Hit", ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that was not taken in, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did: document ids by outcome, inputs that failed, passages now in the library.

    `embedded` counts the windows that really went through the model; 0 when nothing new was met.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    failed: tuple[Failure, ...]
    passages: int
    embedded: int
