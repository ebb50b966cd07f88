"""The library's documents as a draft names them: by title, short title, number and date."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from index.key import Keyed, key
from index.types import Document, Span

_ISSUED = re.compile("(?:印发|批转|转发|公布|发布|调整|修订|修改|废止)(.+?)(?:部分内容)?的(?:通知|函|公告|决定|令)$")
_ISSUER_BEFORE = re.compile("^.{2,40}?(?=关于|印发|批转|转发)")
_REGION_BEFORE = re.compile("^(?:全?[省市县区]|[\u4e00-\u9fff]{2,4}[省市县区])(?:人民政府)?")
_YEAR = re.compile("((?:19|20)[0-9]{2})年?")
_SHORTEST = 5
_ALIKE = 85.0


@dataclass(frozen=True, slots=True)
class Mention:
    """A document named in a text without 《》: 全市组织部长会议上的讲话."""

    start: int
    end: int
    documents: tuple[Document, ...]


class Shelf:
    """Looks documents up by what drafts call them. Names are compared by their keys, so typography does not count."""

    def __init__(self, documents: Iterable[Document]) -> None:
        """`documents` as `Library.documents` gives them."""
        self._named: dict[str, list[Document]] = {}
        self._numbered: dict[str, list[Document]] = {}
        self._ending: dict[str, set[str]] = {}
        self.documents: dict[str, Document] = {}
        for document in documents:
            self.documents[document.id] = document
            for name in names(document):
                self._named.setdefault(name, []).append(document)
            if document.meta.get("number"):
                self._numbered.setdefault(key(document.meta["number"]), []).append(document)
        for name in self._named:
            self._ending.setdefault(name[-4:], set()).add(name)
        self._opening: dict[str, list[str]] = {}
        for name in sorted(self._named, key=len, reverse=True):
            if len(name) >= _SHORTEST:
                self._opening.setdefault(name[:4], []).append(name)

    def titled(self, title: str, *, date: str = "") -> list[Document]:
        """The documents that a title, as written in a draft, means; those of `date` (or its year) where any agree.

        The draft may leave out or add the issuer, the place or the year:
        2026年市政府工作报告 is the 政府工作报告 of 2026.
        """
        wanted = key(title)
        found = self._named.get(wanted) or self._loosely(wanted)
        year = _YEAR.search(wanted)
        when = date or (year[1] if year and wanted not in self._named else "")
        return [document for document in found if agrees(document, when)] or (found if date else [])

    def numbered(self, number: str) -> list[Document]:
        """The documents whose 文号 ends the written one, which may have words of the sentence before it."""
        wanted = key(number)
        for start in range(len(wanted) - 5):
            if wanted[start:] in self._numbered:
                return self._numbered[wanted[start:]]
        return []

    def nearest(self, title: str) -> Document | None:
        """The document whose name is most like a title that none has; None when none is much like it."""
        found = process.extractOne(key(title), self._named.keys(), scorer=fuzz.ratio, score_cutoff=_ALIKE)
        return self._named[found[0]][0] if found else None

    def mentions(self, text: str) -> list[Mention]:
        """The documents named in `text` with or without 《》, longest names first at each place, disjoint, in order."""
        keyed = Keyed(text)
        found: list[Mention] = []
        at = 0
        while at < len(keyed.key) - 3:
            names_here = self._opening.get(keyed.key[at : at + 4], ())
            name = next((name for name in names_here if keyed.key.startswith(name, at)), None)
            if name is None:
                at += 1
                continue
            start, end = keyed.span(at, at + len(name))
            found.append(Mention(start, end, tuple(self._named[name])))
            at += len(name)
        return found

    def _loosely(self, wanted: str) -> list[Document]:
        found: dict[str, Document] = {}
        bare = _without_year(_REGION_BEFORE.sub("", wanted))
        for name in self._ending.get(wanted[-4:], ()):
            short, long = sorted((name, wanted), key=len)
            rest = long[: len(long) - len(short)]
            same = len(short) >= _SHORTEST and long.endswith(short) and _is_front(rest)
            if same or (len(bare) >= _SHORTEST and bare == _without_year(_REGION_BEFORE.sub("", name))):
                for document in self._named[name]:
                    found[document.id] = document
        return list(found.values())


def names(document: Document) -> set[str]:
    """The keys of what a document is called: its title, without issuer or subtitle, and the text it issues."""
    title = document.title
    written = {title, re.split("——|--", title)[0]}
    written |= {_ISSUER_BEFORE.sub("", name) for name in list(written)}
    written |= {title[start + 1 : end - 1] for start, end in bracketed(title)}
    issued = _ISSUED.search(title)
    if issued and not bracketed(title):
        written.add(issued[1])
    return {name for name in map(key, written) if len(name) >= 2}


def bracketed(text: str) -> list[Span]:
    """Spans of outermost 《…》, marks included, those inside one another balanced: 《关于印发《办法》的通知》."""
    spans: list[Span] = []
    depth = start = 0
    for at, char in enumerate(text):
        if char == "《":
            if depth == 0:
                start = at
            depth += 1
        elif char == "》" and depth:
            depth -= 1
            if depth == 0:
                spans.append((start, at + 1))
        elif char == "\n" and depth and at - start > 200:
            depth = 0
    return spans


def agrees(document: Document, date: str) -> bool:
    """Whether a document may be of `date` (2026, 2026-03 or 2026-03-05): by its date, its number's or title's year."""
    if not date:
        return True
    known = document.meta.get("date", "")
    if known.startswith(date):
        return True
    said = f"{document.title}{document.meta.get('number', '')}"
    return not known and len(date) == 4 and date in said


def closest(documents: Sequence[Document], title: str) -> Document | None:
    """Of several documents the one named most like `title`; None for none."""
    return max(documents, key=lambda document: fuzz.ratio(key(document.title), key(title)), default=None)


def _without_year(name: str) -> str:
    return _YEAR.sub("", name, count=1)


def _is_front(rest: str) -> bool:
    """Whether what one name has before the other is an issuer, a place or a year, and not part of the name's sense."""
    bare = _without_year(rest)
    return (
        not bare
        or re.fullmatch(
            ".{0,40}(?:政府|委员会|办公厅|办公室|国务院|局|委|部|厅|院|省|市|县|区|国|指挥部|领导小组|机制办公室|关于印发|印发|转发|全市|全省|全国)",
            bare,
        )
        is not None
    )
