"""Figures that a draft reports of a document, in its own words, held against the document."""

import re
from collections.abc import Iterator

from rapidfuzz import fuzz

from index.fold import fold
from index.key import key
from index.sentences import sentences
from index.types import Document, Span

_UNIT = (
    "%|％|‰|个百分点|万|亿|元|个|户|人|套|项|台|家|所|张|条|件|次|公里|米|亩|吨|微克|平方|立方|倍|岁|周岁|名|床|天|小时|工作日"
    "|以上|左右"
)
_FIGURE = re.compile(rf"[0-9０-９]+(?:[,，][0-9]{{3}})*(?:[.．][0-9０-９]+)?(?:{_UNIT})*")
_NOT_FIGURES = re.compile(r"(?:19|20)[0-9]{2}(?:年|[〕\]）)])?|[0-9０-９]{1,2}[月日号](?!线)|第[0-9]+")


def figures(text: str) -> Iterator[Span]:
    """Spans of the figures in a text that a document must have: numbers with a unit, or of two digits and more.

    Years, days and ordinals are none.
    """
    left_out = [match.span() for match in _NOT_FIGURES.finditer(text)]
    for match in _FIGURE.finditer(text):
        start, end = match.span()
        if any(a < end and start < b for a, b in left_out) or (end - start == 1):
            continue
        yield start, end


def has_figure(document: Document, figure: str) -> bool:
    """Whether a number stands in a document as a whole number: 5% is not in 15%, 3.5 not in 13.5."""
    number = re.match(r"[0-9.]+", fold(figure).replace(",", ""))
    if number is None:
        return False
    text = re.sub(r"(?<=[0-9]),(?=[0-9]{3})", "", fold(document.text))
    rest = fold(figure).replace(",", "")[number.end() :]
    for unit in dict.fromkeys((rest, rest[:1])):
        if re.search(rf"(?<![0-9.]){re.escape(number[0] + unit)}", text) and (unit or rest == ""):
            return True
    return False


def nearest_sentence(document: Document, words: str) -> Span:
    """The sentence of a document most like `words`; (0, 0) for a document without any."""
    wanted = key(words)
    spans = sentences(document.text)
    return max(spans, key=lambda span: fuzz.token_ratio(*_pairs(wanted, document.text[slice(*span)])), default=(0, 0))


def _pairs(wanted: str, sentence: str) -> tuple[str, str]:
    """Both as words of two characters, which is how Chinese compares by words."""
    return _spaced(wanted), _spaced(key(sentence))


def _spaced(text: str) -> str:
    return " ".join(text[at : at + 2] for at in range(len(text) - 1))
