"""Titles, document numbers and dates that a draft mentions, held against the library's own."""

import re
from collections.abc import Iterator

from index.key import key
from index.types import Document, Span
from rag.claims import NUMBER, when
from rag.draft import Manuscript
from rag.findings import Finding
from rag.reference import book_title, chinese_date
from rag.shelf import Shelf, agrees, bracketed, closest

_SHORT = 6  # 《办法》 and 《实施方案》 stand for a title that the draft has given in full before
_LEADING = re.compile("^.*(?:根据|按照|依据|依照|落实|执行|参照|废止|文件|印发|以及|[和与及见据将])")


class Titles:
    """The 《titles》 of a draft, and which documents each means at its place."""

    def __init__(self, draft: Manuscript, shelf: Shelf) -> None:
        self._shelf = shelf
        self.spans = bracketed(draft.text)
        self._written = [(start, draft.text[start + 1 : end - 1]) for start, end in self.spans]

    def meant(self, title: str, at: int, *, date: str = "") -> list[Document]:
        """The documents a title means that stands at `at`: a short one, those of all full titles before that end so."""
        full = self.full(title, at)
        found = [document for name in full for document in self._shelf.titled(name, date=date)]
        return list({document.id: document for document in found}.values()) or self._shelf.titled(title, date=date)

    def full(self, title: str, at: int) -> list[str]:
        """The full titles before `at` that a short one may stand for, the last first; [] when it is a full one."""
        short = key(title)
        if len(short) > _SHORT:
            return []
        return [full for start, full in reversed(self._written) if start < at and _ends(key(full), short)]


def _ends(full: str, short: str) -> bool:
    return len(full) > max(len(short), _SHORT) and full.removesuffix("试行").endswith(short)


def references(draft: Manuscript, shelf: Shelf, titles: Titles, quoted: list[Span]) -> Iterator[Finding]:
    """What is wrong or unknown about the titles, numbers and dates outside quotations, and what is right."""
    seen: set[str] = set()
    beside: set[int] = set()
    for span in titles.spans:
        if any(start <= span[0] and span[1] <= end for start, end in quoted):
            continue
        title = draft.text[span[0] + 1 : span[1] - 1].strip()
        documents = titles.meant(title, span[0])
        note = re.match(r"\s*（([^（）《》\n]{2,80})）", draft.text[span[1] :])
        if note:
            at = span[1] + note.start(1)
            beside.update(range(at, at + len(note[1])))
            yield from _note(note[1], at, title, documents, shelf)
        if key(title) not in seen and not titles.full(title, span[0]):
            seen.add(key(title))
            yield _title(span, title, documents, shelf)
    for match in NUMBER.finditer(draft.text):
        if match.start() not in beside and not any(a <= match.start() and match.end() <= b for a, b in quoted):
            yield _number(match[0], match.end(), shelf)


def _title(span: Span, title: str, documents: list[Document], shelf: Shelf) -> Finding:
    if documents:
        return Finding("title", "fine", *span, title, "库中有这份文件。", documents=tuple(documents))
    near = shelf.nearest(title)
    if near is None:
        return Finding("title", "unchecked", *span, title, "本文库里没有这份文件，未能核对；不等于写错。")
    remark = f"库中没有这个标题；最接近的是{_marked(near)}。"
    return Finding("title", "notice", *span, title, remark, documents=(near,))


def _number(written: str, end: int, shelf: Shelf) -> Finding:
    documents = shelf.numbered(written)
    number = _own_part(written, documents)
    span = end - len(number), end
    if documents:
        remark = f"是{_marked(documents[0])}的文号。"
        return Finding("number", "fine", *span, number, remark, documents=tuple(documents))
    return Finding("number", "unchecked", *span, number, "本文库里没有这个文号，未能核对；不等于写错。")


def _own_part(written: str, documents: list[Document]) -> str:
    """The number without the words before it that the pattern could not tell from it: 根据江政发〔2026〕1号."""
    known = {key(document.meta["number"]) for document in documents}
    for start in range(len(written)):
        if key(written[start:]) in known:
            return written[start:]
    return (
        re.sub("^.*(?:根据|按照|依据|依照|落实|执行|参照|废止|文件|印发|以及|[和与及见据将])", "", written) or written
    )


def _note(note: str, at: int, title: str, documents: list[Document], shelf: Shelf) -> Iterator[Finding]:
    """The 文号 and the date in brackets behind a title."""
    for match in NUMBER.finditer(note):
        yield _beside(_number(match[0], at + match.end(), shelf), title, documents)
    bare = NUMBER.sub(lambda match: " " * len(match[0]), note)
    date = when(bare)
    dated = [document for document in documents if document.meta.get("date")]
    if not date or not dated or not re.fullmatch(r"[\s，,、；;]*[0-9〇○零一二三四五六七八九十]+年[^\n]{0,30}", bare):
        return
    start = at + len(bare) - len(bare.lstrip(" ，,、；;"))
    span = start, at + len(bare.rstrip())
    agreeing = [document for document in dated if agrees(document, date)]
    if agreeing:
        yield Finding("date", "fine", *span, bare.strip(), "日期与库中文件一致。", documents=tuple(agreeing))
        return
    document = closest(dated, title) or dated[0]
    remark = f"日期不符：库中这份文件的日期是{chinese_date(document.meta['date'])}。"
    yield Finding("date", "wrong", *span, bare.strip(" ，,、；;"), remark, documents=(document,))


def _beside(found: Finding, title: str, documents: list[Document]) -> Finding:
    """A number's finding, wrong when the number is not that of the title it stands beside."""
    own = [document for document in documents if document.meta.get("number")]
    same = {document.id for document in found.documents} & {document.id for document in documents}
    if same or (not own and not found.documents):
        return found
    if own:
        document = closest(own, title) or own[0]
        also = f"（{found.words}是{_marked(found.documents[0])}）" if found.documents else ""
        remark = f"文号不符：这份文件的文号是{document.meta['number']}{also}。"
        return Finding("number", "wrong", found.start, found.end, found.words, remark, documents=(document,))
    if documents:
        return found
    remark = f"这个文号是{_marked(found.documents[0])}的，与所写标题不同。"
    return Finding("number", "wrong", found.start, found.end, found.words, remark, documents=found.documents)


def _marked(document: Document) -> str:
    return f"《{book_title(document.title)}》"
