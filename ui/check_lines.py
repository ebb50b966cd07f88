"""The lines of a draft as they are shown: what each is, without Markdown's marks at its start."""

import re
from typing import Literal, NamedTuple

from rag.draft import Manuscript

_HEADING = re.compile("#{1,6} +")
_QUOTED = re.compile(" {0,3}> ?")
_LONGEST_TITLE = 60


class Line(NamedTuple):
    """A line's kind, and where its words stand in the draft's text."""

    kind: Literal["title", "heading", "quote", "body"]
    start: int
    end: int


def shown_lines(draft: Manuscript) -> list[Line]:
    """All lines with words, in order, without white space and Markdown's # and > in front."""
    marked = draft.format in ("md", "markdown")
    lines: list[Line] = []
    for start, end in draft.paragraphs:
        words = draft.text[start:end]
        heading, quoted = (_HEADING.match(words), _QUOTED.match(words)) if marked else (None, None)
        mark = heading or quoted
        first = start + (mark.end() if mark else len(words) - len(words.lstrip()))
        if not draft.text[first:end].strip():
            continue
        kind: Literal["title", "heading", "quote", "body"] = "heading" if heading else "quote" if quoted else "body"
        if any(a <= start and end <= b for a, b in draft.blocks):
            kind = "quote"
        elif not lines and end - first <= _LONGEST_TITLE and not re.search("[。；：]$", words):
            kind = "title"
        lines.append(Line(kind, first, end))
    return lines
