"""What counts when a quotation is held against a text: its key, with the way back to true offsets.

A key holds hanzi, letters, digits and the signs that carry a value (% ‰ ° + = ≥ ￥), folded like the search index
(width, 繁简, case, variants). White space, punctuation and where a Markdown link leads are left out, so two texts with
equal keys differ at most in typography. Between digits a mark is part of the number and stays: 3.5 is not 35, 5-10 not
510, but 1,000 is 1000.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from index.fold import fold

# Stand-ins for marks that count, one character for one, so that offsets stay. Unicode never assigns these.
_POINT, _COLON, _RANGE, _SLASH, _MARK, _MINUS = "\ufdd0\ufdd1\ufdd2\ufdd3\ufdd4\ufdd5"
_STANDING = {_POINT: ".", _COLON: ":", _RANGE: "~", _SLASH: "/", _MARK: "|", _MINUS: "-"}
_BETWEEN = {
    **dict.fromkeys(".．·•・", _POINT),
    **dict.fromkeys(":：∶", _COLON),
    **dict.fromkeys("-−－–—―~～〜", _RANGE),
    **dict.fromkeys("/／", _SLASH),
}
_DIGIT = "0-9０-９"
_COUNTING = re.compile(
    rf"(?<=[{_DIGIT}%％‰])(?P<wrap>\n?)(?P<between>[-−－–—―~～〜:：∶/／.．·•・,，、;；。()（）〔〕［］【】\[\]]+)(?=\s*[{_DIGIT}])"
    rf"|(?<![{_DIGIT}A-Za-z—–―\-−－])(?P<minus>[-−－])(?=[{_DIGIT}])"
)
# Where a Markdown link leads: [查看原文](https://…) says 查看原文.
_TARGET = re.compile(r"(?<=\])\((?:https?://|mailto:|[./#])[^\s()]*\)")
# 批覆, 函覆: 覆 as Taiwan and Hong Kong write 复 where it means a reply; 覆盖 keeps its own.
_REPLY = re.compile("(?<=[批函答回])覆(?!盖|蓋)|覆(?=[函核议議信])")
_THOUSANDS = re.compile(rf"[,，](?=\s*[{_DIGIT}]{{3}}(?![{_DIGIT}]))")
_ELLIPSIS = re.compile(r"…+|⋯+|\.{3,}|。{3,}|．{3,}")
_VALUES = frozenset("%‰&@#")
_SHAPES = frozenset("~|<>^`")  # among the mathematical signs, but written as dashes, brackets and ornaments


class _Table(dict[int, str]):
    """Code point → what of it enters the key, filled as characters are met."""

    def __missing__(self, point: int) -> str:
        char = chr(point)
        folded = _STANDING.get(char) or fold(char)
        if char not in _STANDING:
            if unicodedata.category(char) == "No" and any(c.isascii() and c.isdigit() for c in folded):
                folded = char  # 10² is not 102, ①20 not 120
            folded = "".join(c for c in folded if _counts(c))
        self[point] = folded
        return folded


_TABLE = _Table()


def key(text: str) -> str:
    """The key of `text` alone; "" when nothing in it counts."""
    return _guarded(text).translate(_TABLE)


@dataclass(frozen=True)
class Keyed:
    """A text with its key. `base` is where the text stands in its document."""

    text: str
    base: int = 0

    @cached_property
    def key(self) -> str:
        """The text's key."""
        return key(self.text)

    @cached_property
    def at(self) -> list[int]:
        """For each character of the key its offset in the text, and the text's length at the end."""
        guarded, table = _guarded(self.text), _TABLE
        return [at for at, char in enumerate(guarded) for _ in table[ord(char)]] + [len(guarded)]

    @cached_property
    def ellipses(self) -> frozenset[int]:
        """The places i of the key where …, ⋯ or ... stands between its characters i-1 and i."""
        starts = [match.start() for match in _ELLIPSIS.finditer(self.text)]
        if not starts:
            return frozenset()
        return frozenset(i for i in range(len(self.key) + 1) if any(self._gap(i, start) for start in starts))

    def _gap(self, i: int, at: int) -> bool:
        return (self.at[i - 1] if i else -1) < at < self.at[i]

    def broken(self, i: int) -> bool:
        """Whether a mark or a line's end stands right before the key's character i; so at both ends of the text."""
        if not 0 < i < len(self.key):
            return True
        between = self.text[self.at[i - 1] + 1 : self.at[i]]
        return bool(between) and ("\n" in between or not between.isspace())

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The offsets in the text of the key's characters first to last (exclusive), without marks around them."""
        return self.at[first], self.at[last - 1] + 1


def _guarded(text: str) -> str:
    if "](" in text:
        text = _TARGET.sub(lambda match: " " * len(match[0]), text)
    return _COUNTING.sub(_stand_in, _REPLY.sub("复", text) if "覆" in text else text)


def _stand_in(match: re.Match[str]) -> str:
    if match["minus"]:
        return _MINUS
    marks, text = match["between"], match.string
    if len(marks) == 1 and _THOUSANDS.match(text, match.start("between")):
        return match.group()
    return match["wrap"] + _BETWEEN.get(marks[0], _MARK) + marks[1:]


def _counts(char: str) -> bool:
    category = unicodedata.category(char)
    if category[0] in "LN" or category in ("Sc", "Sm", "Co"):
        return char not in _SHAPES
    if category == "Mn":
        return not ("\ufe00" <= char <= "\ufe0f" or char >= "\U000e0100")  # variation selectors
    return char in _VALUES or char == "°"
