"""A checked draft as one HTML file: the draft on one side, marked, and what the library has on the other."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from index.quotes import QuoteMatch
from rag.changes import readable
from rag.findings import DraftReport, Finding
from ui.check_lines import shown_lines
from ui.check_report import LEVELS, NOTHING, document_name, label, shown_matches, source_name

if TYPE_CHECKING:
    from jinja2 import Template

_AROUND = 90  # characters of the passage on each side of the words


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the draft, its finding (0 for none) and level, and (number, level) of those that end with it."""

    text: str
    number: int
    level: str
    ends: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line of the draft; `kind` is title, heading, quote or body."""

    kind: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the library beside a finding: the words with what differs, amid their passage."""

    name: str
    before: str
    steps: tuple[tuple[str, str, str], ...]
    after: str


@dataclass(frozen=True, slots=True)
class Card:
    """A finding as the page shows it."""

    number: int
    level: str
    level_name: str
    label: str
    words: str
    remark: str
    places: tuple[Place, ...]
    documents: tuple[str, ...]


def render_check(report: DraftReport) -> str:
    """The whole page; it loads nothing from anywhere."""
    cards = [_card(report, finding, number) for number, finding in enumerate(report.findings, start=1)]
    counts = [(level, name, report.counts[level]) for level, name in LEVELS.items()]
    return _template().render(
        name=report.draft.name, paragraphs=_paragraphs(report), cards=cards, counts=counts, nothing=NOTHING
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    source = (Path(__file__).parent / "assets" / "check.html").read_text(encoding="utf-8")
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.from_string(source)


def _paragraphs(report: DraftReport) -> list[Paragraph]:
    return [Paragraph(kind, _pieces(report, start, end)) for kind, start, end in shown_lines(report.draft)]


def _pieces(report: DraftReport, start: int, end: int) -> tuple[Piece, ...]:
    """A line cut at every finding's border; where findings overlap the shortest has the words."""
    here = [(n, f) for n, f in enumerate(report.findings, start=1) if f.start < end and start < f.end]
    borders = {start, end} | {b for _, f in here for b in (f.start, f.end) if start < b < end}
    pieces = []
    for a, b in pairwise(sorted(borders)):
        over = [(f.end - f.start, n, f) for n, f in here if f.start <= a and b <= f.end]
        _, number, level = min((length, n, f.level) for length, n, f in over) if over else (0, 0, "")
        ends = tuple((n, f.level) for n, f in here if f.end == b)
        pieces.append(Piece(report.draft.text[a:b], number, level, ends))
    return tuple(pieces)


def _card(report: DraftReport, finding: Finding, number: int) -> Card:
    marks = finding.verdict == "typographic" and finding.level == "notice"
    return Card(
        number,
        finding.level,
        LEVELS[finding.level],
        label(finding),
        finding.words,
        finding.remark,
        tuple(_place(report, match, marks=marks) for match in shown_matches(finding)),
        tuple(document_name(document) for document in finding.documents[:1]),
    )


def _place(report: DraftReport, match: QuoteMatch, *, marks: bool) -> Place:
    """`marks` shows what differs in punctuation too, where that is what the finding is about."""
    passage = match.passage
    first, last = match.start - passage.start, match.end - passage.start
    before = passage.text[max(first - _AROUND, 0) : first]
    after = passage.text[last : last + _AROUND]
    return Place(
        source_name(report, match),
        ("……" if first > _AROUND else "") + before,
        tuple(match.diff if marks else readable(match.diff)),
        after + ("……" if last + _AROUND < len(passage.text) else ""),
    )
