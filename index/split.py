"""From a document to its passages: paragraphs, the points of long ones, and how each is cited."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from index.attached import NOTE, is_file, is_mark
from index.gongwen import digest
from index.letterhead import is_date, is_number, is_salutation, signatures
from index.load.table import row_key
from index.numbering import Label, chinese, label_at, points
from index.sentences import balanced, sentences, windows
from index.types import Document, Heading, Passage, Span, page_at, turns_in

__all__ = ["passage_id", "sentences", "split", "windows"]

_POINTED = 350  # a longer paragraph is split into its points
_LONG = 600  # a longer stretch is split at sentence ends
_PART = 450
_POINT = 40  # points shorter than this on average stay together
_FRAGMENT = 30  # a paragraph below this joins its neighbour
_ITEM = 100  # a list item below this joins the list's lead-in
_GROUP = 400
_ARTICLE = re.compile("第.{1,9}[条條]")
_DIVISION = re.compile("第.{1,9}[编編章节節]")
_CAPTION = re.compile(r"(?:专栏|表|图)\s?[0-9０-９一二三四五六七八九十]{1,3}[：:\s].{2,40}")
_PUNCTUATION = re.compile("[，。；：！？、:;!?]")
_CLOSING = re.compile("(?:同志们|各位(?:代表|委员|同志|领导|来宾)|朋友们)[！，!,：:]")


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """A line of the document with the headings in force on it, outermost first, and its own item label."""

    start: int
    end: int
    text: str
    heads: tuple[Heading, ...]
    item: str
    bare: bool  # nothing but a heading
    place: str  # title, body, 结尾, 附件说明, 落款 or 抄送

    @property
    def names_article(self) -> bool:
        """Whether an article begins here."""
        return (
            bool(self.heads) and self.heads[-1].start >= self.start and _ARTICLE.match(self.heads[-1].label) is not None
        )

    @property
    def scope(self) -> tuple[object, ...]:
        """What its paragraphs are counted within."""
        return (*self.heads, self.place)


@dataclass(slots=True)
class _Draft:
    start: int
    end: int
    paragraph: _Paragraph
    address: str
    size: int  # without the headings and fragments joined to it
    whole: bool  # no part or point of a longer paragraph


def split(document: Document) -> list[Passage]:
    """The passages of a document in order: disjoint, stripped, together all its text but white space.

    A heading, salutation or other fragment is part of the passage it belongs to. Addresses are unique in the document;
    ids depend on the document's id and the passage's own words only. An empty document has none.
    """
    drafts = _drafts(document)
    passages: list[Passage] = []
    ordinals: Counter[str] = Counter()
    addresses: Counter[str] = Counter()
    for draft in drafts:
        text = document.text[draft.start : draft.end]
        identity = passage_id(document.id, text, 1)
        ordinals[identity] += 1
        addresses[draft.address] += 1
        repeat = addresses[draft.address]
        passages.append(
            Passage(
                id=passage_id(document.id, text, ordinals[identity]),
                doc_id=document.id,
                start=draft.start,
                end=draft.end,
                text=text,
                path=tuple(" ".join(document.text[h.start : h.end].split()) for h in draft.paragraph.heads),
                address=draft.address if repeat == 1 else f"{draft.address}〔{repeat}〕",
                page=page_at(document.pages, draft.start),
                turns=turns_in(document.pages, draft.start, draft.end),
            )
        )
    return passages


def passage_id(doc_id: str, text: str, ordinal: int) -> str:
    """The permanent name of a passage: its document, its words without white space and punctuation, which repeat it is.

    `ordinal` counts from 1 the passages of the document that have the same words.
    """
    words = "".join(c for c in text if unicodedata.category(c)[0] not in "PZSC") or "".join(text.split())
    return f"{doc_id}-{digest(words, 8)}" + (f"-{ordinal}" if ordinal > 1 else "")


def _paragraphs(document: Document) -> Iterator[_Paragraph]:
    lines = document.text.split("\n")
    signed = signatures([line.strip() for line in lines])
    stack: list[Heading] = []
    headings = iter(document.outline)
    heading = next(headings, None)
    start, reach, titled, place = 0, 0, "", "body"
    for position, line in enumerate(lines):
        end = start + len(line)
        opened: Heading | None = None
        while heading and heading.start < end:
            stack = [h for h in stack if h.level < heading.level]
            stack.append(heading)
            opened, place, reach = heading, "body", heading.end
            heading = next(headings, None)
        text = line.strip()
        if not text:
            start = end + 1
            continue
        if stack and heading is None and not opened and _CLOSING.match(text):
            stack, place = [], "结尾"
        elif position in signed:
            stack, place = [], "落款"
        elif NOTE.match(text) and not opened:
            stack, place = [h for h in stack if h.label.startswith("附")], "附件说明"
        elif re.match("抄\\s?[送报]\\s*[：:]", text):
            stack, place = [], "抄送"
        elif place in ("落款", "附件说明") and is_file(text):
            place = "附件说明"
        elif (place == "落款" and text[0] not in "（(") or (place == "附件说明" and "。" in text[:-1]):
            place = "body"
        in_title = start < 400 and document.title.startswith(titled + text)
        titled += text if in_title else ""
        label = None if opened or start < reach else label_at(text)
        at = start + line.index(text[0])
        yield _Paragraph(
            start=at,
            end=at + len(text),
            text=text,
            heads=tuple(_above(document, stack, label) if label else stack),
            item=label.text if label else "",
            bare=at < reach and not re.search(r"[^\s。！？：:；;]", document.text[reach:end]),
            place="title" if in_title else place,
        )
        start = end + 1


def _above(document: Document, stack: Sequence[Heading], label: Label) -> list[Heading]:
    """The headings that an item stands under: (三) below the heading (二) is its sibling, not its part."""
    ranks = [label_at(document.text, head.start) for head in stack]
    return [head for head, own in zip(stack, ranks, strict=True) if own is None or own.rank < label.rank]


def _drafts(document: Document) -> list[_Draft]:
    paragraphs = list(_paragraphs(document))
    opening = _opening(paragraphs)
    paragraphs[:opening] = [replace(paragraph, place="title") for paragraph in paragraphs[:opening]]
    drafts: list[_Draft] = []
    pending: int | None = None  # start of headings and fragments that wait for their passage
    names = {head: head.label or _name(document.text[head.start : head.end]) for head in document.outline}
    addresses = _addresses(paragraphs, names)
    for position, paragraph in enumerate(paragraphs):
        start = paragraph.start if pending is None else pending
        last = position == len(paragraphs) - 1
        headed = paragraph.bare and not last and _heads(paragraph, paragraphs[position + 1])
        if not last and (
            position < opening
            or headed
            or _leads(paragraphs, position, opening=not drafts or _below_title(paragraphs, position))
        ):
            pending = start
            continue
        if pending is None and drafts and _joins(drafts[-1], paragraph):
            drafts[-1].end = paragraph.end
            drafts[-1].size += len(paragraph.text)
            continue
        parts = list(_parts(paragraph, addresses[position]))
        for number, (span, address) in enumerate(parts):
            begin = start if number == 0 else span[0]
            drafts.append(_Draft(begin, span[1], paragraph, address, span[1] - span[0], len(parts) == 1))
        pending = None
    return drafts


def _heads(paragraph: _Paragraph, below: _Paragraph) -> bool:
    """Whether a bare heading stands above text of its own: 7.删除第三条。 right above 8. is a point, and complete."""
    if below.place in ("落款", "附件说明"):
        return False
    if not paragraph.heads:  # a date under a signature that the file's format calls a heading
        return True
    sibling = (
        below.heads and below.heads[-1].start >= below.start and below.heads[-1].level <= paragraph.heads[-1].level
    )
    return not (sibling and paragraph.text[-1] in "。！？")


def _opening(paragraphs: Sequence[_Paragraph]) -> int:
    """How many lines at the head are a title, a number, a date: short and without a sentence."""
    count = 0
    for paragraph in paragraphs[:8]:
        plain = len(paragraph.text) <= 100 and not re.search("[。；]", paragraph.text) and not paragraph.heads
        if not plain or paragraph.item:
            break
        count += 1
    return count


def _below_title(paragraphs: Sequence[_Paragraph], position: int) -> bool:
    """Whether a line stands right below the title of an attached text, its number apart."""
    above = position - 1
    while above > 0 and is_number(paragraphs[above].text):
        above -= 1
    heads = paragraphs[above].heads
    return above > 0 and paragraphs[above].bare and bool(heads) and heads[-1].label.startswith("附")


def _leads(paragraphs: Sequence[_Paragraph], position: int, *, opening: bool) -> bool:
    """Whether a short line belongs to what follows: 同志们： 各市人民政府： 要求如下： 附件2"""
    paragraph, text = paragraphs[position], paragraphs[position].text
    if paragraph.place in ("落款", "附件说明", "抄送"):
        return False
    if is_salutation(text) or is_mark(text) or is_number(text) or _CAPTION.fullmatch(text):
        return True
    below = paragraphs[position + 1]
    if paragraph.item or paragraph.names_article:
        # （二）权利质押, 第十条 复核鉴定: a name with its text below it.
        named = len(text) <= _FRAGMENT and not _PUNCTUATION.search(text)
        return named and below.place == "body" and (paragraph.names_article or not below.item)
    if opening:
        return text[-1] in "：:" and len(text) <= 300 and not re.search("如下|以下|[。；]|现[就将]", text)
    return text[-1] in "：:" and len(text) <= _FRAGMENT and below.heads == paragraph.heads and not below.item


def _joins(draft: _Draft, paragraph: _Paragraph) -> bool:
    """Whether a paragraph belongs to the passage above it: an item to its list, a date to its signature, a scrap."""
    above = draft.paragraph
    if paragraph.place == "落款" != above.place and is_date(paragraph.text):
        return True  # a date without a name
    same = above.heads == paragraph.heads and above.place == paragraph.place
    if not same or not draft.whole or draft.size + len(paragraph.text) > _GROUP:
        return False
    if paragraph.place in ("落款", "附件说明", "抄送"):
        return True
    if key := row_key(paragraph.text):
        return key == row_key(above.text)
    if paragraph.item:
        return bool(above.item or above.text[-1] in "：:；;") and len(paragraph.text) <= _ITEM
    return len(paragraph.text) <= _FRAGMENT


def _parts(paragraph: _Paragraph, address: str) -> Iterator[tuple[Span, str]]:
    """A paragraph as it is cited: whole, by its points, or in parts of whole sentences."""
    text, offset = paragraph.text, paragraph.start
    stretches: list[tuple[int, int, str]] = [(0, len(text), address)]
    if len(text) > _POINTED and not row_key(text):
        marks = points(text)
        if marks and (len(text) - marks[0][0]) >= _POINT * len(marks):
            stretches = []
            if marks[0][0] >= _POINT:
                stretches.append((0, marks[0][0], address))
            else:
                marks[0] = (0, marks[0][1])
            ends = [start for start, _ in marks[1:]] + [len(text)]
            for (start, name), end in zip(marks, ends, strict=True):
                stretches.append((start, end, f"{address}·{name}" if address else name))
    for start, end, name in stretches:
        words = text[start:end]
        spans = balanced(words, -(-len(words) // _PART) if len(words) > _LONG else 1)
        for number, (a, b) in enumerate(spans, 1):
            part = f"{name}之{number}" if len(spans) > 1 else name
            yield (offset + start + a, offset + start + b), part


def _addresses(paragraphs: Sequence[_Paragraph], names: Mapping[Heading, str]) -> list[str]:
    """Where each paragraph stands: 二(一), 二(一)·第2段, 第五条·第二款(三), 第1段, 落款."""
    totals: Counter[tuple[object, ...]] = Counter()
    counted: list[bool] = []
    begun = False
    for position in range(len(paragraphs)):
        counted.append(_counts(paragraphs, position, opening=not begun or _below_title(paragraphs, position)))
        begun = begun or counted[-1]
    for paragraph, counts in zip(paragraphs, counted, strict=True):
        totals[paragraph.scope] += counts
    seen: Counter[tuple[object, ...]] = Counter()
    addresses: list[str] = []
    for paragraph, counts in zip(paragraphs, counted, strict=True):
        heads, scope = paragraph.heads, paragraph.scope
        seen[scope] += counts
        base = _base(heads, names)
        if paragraph.place in ("结尾", "附件说明", "落款", "抄送"):
            base = _joined(base, paragraph.place)
        law = bool(heads and _ARTICLE.match(heads[-1].label))
        number = max(seen[scope], 1)
        place = f"第{chinese(number)}款" if law else f"第{number}段"
        several = totals[scope] > 1
        if paragraph.item:
            apart = (law and several) or not (base or paragraph.item[0] in "一二三四五六七八九十百")
            if heads and heads[-1].label.startswith("附"):
                addresses.append(_joined(base, paragraph.item))  # 附件2·1
            else:
                addresses.append((_joined(base, place) if apart else base) + paragraph.item)
        elif several or not base:
            addresses.append(_joined(base, place))
        else:
            addresses.append(base)
    return addresses


def _counts(paragraphs: Sequence[_Paragraph], position: int, *, opening: bool) -> bool:
    """Whether a paragraph has a number of its own under its heading."""
    paragraph, last = paragraphs[position], position == len(paragraphs) - 1
    if paragraph.bare or paragraph.item or paragraph.place in ("title", "附件说明", "落款", "抄送"):
        return False
    return last or not _leads(paragraphs, position, opening=opening)


def _base(heads: Sequence[Heading], names: Mapping[Heading, str]) -> str:
    """The address of the innermost heading: an article stands for itself, whatever chapter it is in."""
    first = next((i for i, head in enumerate(heads) if _ARTICLE.match(head.label)), 0)
    attached = heads[:1] if first and heads[0].label.startswith("附") else ()
    address, apart = "", True
    for head in [*attached, *heads[first:]]:
        # 附件1·二(一), 第二章·第一节, 工作回顾·一, but 二(一)1(2).
        word = not head.label or head.label.startswith("附") or _DIVISION.match(head.label) is not None
        address = _joined(address, names[head]) if apart or word else address + names[head]
        apart = word
    return address


def _name(text: str) -> str:
    """What an unnumbered heading is called in an address: its first words."""
    return text if len(text) <= 12 else text[:12] + "…"


def _joined(base: str, place: str) -> str:
    return f"{base}·{place}" if base else place
