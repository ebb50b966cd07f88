"""Where a quotation stands in a text, whatever white space either carries."""

from collections.abc import Iterable
from unicodedata import normalize

from index.types import Span


class Haystack:
    """A text in which quotations are found without regard to white space; every other character counts.

    Offsets are code points of the text as it was given. Composed and decomposed characters are the same (NFC), so
    the text must be NFC already, as documents are.
    """

    def __init__(self, text: str) -> None:
        """Read the text once; each search is then one pass over it."""
        self.text = text
        self._offsets = [i for i, c in enumerate(text) if not c.isspace()]
        self._solid = "".join(text[i] for i in self._offsets)

    def find(self, quote: str, after: int = 0) -> Span | None:
        """The first place of the quotation at or behind `after`; None where there is none or it is blank."""
        return next((span for span in self.find_all(quote) if span[0] >= after), None)

    def find_all(self, quote: str) -> list[Span]:
        """Every place of the quotation, in order, apart from each other; empty for a blank one."""
        needle = "".join(normalize("NFC", quote).split())
        spans: list[Span] = []
        row = self._solid.find(needle) if needle else -1
        while row >= 0:
            spans.append((self._offsets[row], self._offsets[row + len(needle) - 1] + 1))
            row = self._solid.find(needle, row + len(needle))
        return spans


def shared(a: Span, b: Span) -> int:
    """How many characters two spans share, 0 when they are apart."""
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))


def overlaps(a: Span, spans: Iterable[Span]) -> bool:
    """Whether one of `spans` shares at least half of the shorter of the two with `a`.

    Half, so that a quotation which reaches one word into the next paragraph does not make that paragraph gold.
    """
    return any(2 * shared(a, b) >= max(1, min(a[1] - a[0], b[1] - b[0])) for b in spans)
