"""OFD files (GB/T 33190-2016), the national format of fixed-layout documents."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import LoadError
from index.letterhead import DATE, iso
from index.load.html_table import FIELDS
from index.load.layout import Laid, left_out_note, paragraphs
from index.load.lines import Run
from index.load.ofd_package import Package, children, located, words
from index.load.ofd_page import Words, upright, words_of
from index.load.text import tidy
from index.types import Block, Loaded

if TYPE_CHECKING:
    from lxml.etree import _Element

_MOST_PAGES = 20_000
# What GB/T 33476 and office systems tag in a document, besides the names that pages of government sites use.
_TAGS = {
    **FIELDS,
    "公文标题": "title",
    "发文机关署名": "issuer",
    "发文机关名称": "issuer",
    "文件题名": "title",
    "题名": "title",
}


@dataclass(slots=True)
class _Read:
    """What was read of a file so far."""

    runs: list[Run] = field(default_factory=list)
    pages: int = 0
    aside: list[str] = field(default_factory=list)  # words of templates, watermarks and backgrounds
    stamps: int = 0  # annotations and seals
    images: int = 0
    by_id: dict[str, str] = field(default_factory=dict)  # the words of each text object
    meta: dict[str, str] = field(default_factory=dict)


def load_ofd(path: Path) -> Loaded:
    """The paragraphs of an OFD file with their pages, counted on over all documents in it.

    Left out, and told of in `meta["left_out"]`: templates that several pages share, running heads, page numbers,
    slanted watermarks, annotations and seals. `meta` takes title, issuer, number and date from custom data and tags.

    Raises:
        LoadError: no OFD, encrypted, broken, too large, or without text.
    """
    read = _Read()
    with Package(path) as package:
        root = package.xml("OFD.xml")
        for body in children(root, "DocBody"):
            _document(package, body, read)
    laid = paragraphs(read.runs)
    blocks = tuple(Block(tidy(b.text).replace("\n", " "), page=b.page, turns=b.turns) for b in laid.blocks)
    if not blocks:
        what = "只有图像，可能是扫描件；请先识别成文字（OCR）再加入" if read.images else "没有文字"
        raise LoadError(f"OFD 文件{what}")
    note = _note(laid, read)
    return Loaded(blocks, {**_sane(read.meta, blocks), **({"left_out": note} if note else {})})


def _document(package: Package, body: "_Element", read: _Read) -> None:
    place = located(words(body, "DocRoot"), "")
    if not place:
        raise LoadError("OFD 文件已损坏：没有指明正文；请重新下载")
    document = package.xml(place)
    pages = [page for group in children(document, "Pages") for page in children(group, "Page")]
    if read.pages + len(pages) > _MOST_PAGES:
        raise LoadError(f"OFD 文件页数过多（上限 {_MOST_PAGES}）；请用 OFD 阅读器拆分后重试")
    roots = [(located(page.get("BaseLoc", ""), place), page) for page in pages]
    contents = [package.xml(name) for name, _ in roots]
    templates = _templates(package, document, place, contents)
    for content in contents:
        read.pages += 1
        found = words_of(content, read.pages)
        for template in children(content, "Template"):
            for shared, root in templates.get(template.get("TemplateID", ""), []):
                laid = words_of(root, read.pages)
                read.aside += [item.run.text for item in laid] if shared else []
                found = found if shared else laid + found
        read.images += sum(1 for _ in content.iter("{*}ImageObject"))
        _take(found, read)
    _info(package, body, document, place, read)


def _templates(
    package: Package, document: "_Element", place: str, contents: "list[_Element]"
) -> "dict[str, list[tuple[bool, _Element]]]":
    """The document's templates by their id, each with whether several pages share it."""
    uses = Counter(item.get("TemplateID", "") for content in contents for item in children(content, "Template"))
    found: dict[str, list[tuple[bool, _Element]]] = {}
    for common in children(document, "CommonData"):
        for template in children(common, "TemplatePage"):
            name = template.get("ID", "")
            if uses[name]:
                root = package.xml(located(template.get("BaseLoc", ""), place))
                found.setdefault(name, []).append((uses[name] > 1, root))
    return found


def _take(found: list[Words], read: _Read) -> None:
    """Add the words of a page; those of a background layer only when there are no others."""
    front = [item for item in found if not item.background]
    if front and len(front) < len(found):
        read.aside += [item.run.text for item in found if item.background]
        found = front
    runs, slanted = upright(found)
    read.runs += runs
    read.aside += slanted
    for item in found:
        if item.id:
            read.by_id[item.id] = read.by_id.get(item.id, "") + item.run.text


def _info(package: Package, body: "_Element", document: "_Element", place: str, read: _Read) -> None:
    """Take what the document says of itself, the first to say it counting, and count its stamps."""
    for info in children(body, "DocInfo"):
        for group in children(info, "CustomDatas"):
            for custom in children(group, "CustomData"):
                _put(read, custom.get("Name", ""), words(custom))
        read.meta.setdefault("shown", words(info, "Title"))
    for tags in children(document, "CustomTags"):
        _tags(package, located(words(tags), place), read)
    for annotations in children(document, "Annotations"):
        name = located(words(annotations), place)
        if name in package:
            for page in children(package.xml(name), "Page"):
                file = located(words(page, "FileLoc"), name)
                read.stamps += sum(1 for _ in package.xml(file).iter("{*}Annot")) if file in package else 0
    for signatures in children(body, "Signatures"):
        name = located(words(signatures), "")
        if name in package:
            read.stamps += len(children(package.xml(name), "Signature"))


def _tags(package: Package, name: str, read: _Read) -> None:
    """Take the elements of a document that it tags itself: 公文标题, 发文字号, by the text objects they refer to."""
    if name not in package:
        return
    for tag in children(package.xml(name), "CustomTag"):
        file = located(words(tag, "FileLoc"), name)
        if file not in package:
            continue
        for element in package.xml(file).iter():
            label = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
            if label in _TAGS:
                refs = [ref.text or "" for ref in element.iter("{*}ObjectRef")]
                _put(read, label, "".join(read.by_id.get(ref.strip(), "") for ref in refs[:200]))


def _put(read: _Read, name: str, value: str) -> None:
    key, value = _TAGS.get("".join(name.split()), ""), " ".join(tidy(value).split())
    if key == "date" or key == "published":
        match = DATE.search(value)
        value = iso(match) if match else ""
    if key and 0 < len(value) <= 300:
        read.meta.setdefault(key, value)


def _sane(meta: dict[str, str], blocks: tuple[Block, ...]) -> dict[str, str]:
    """The meta without the file's own title, unless the document shows it: most are names of files."""
    found = {key: value for key, value in meta.items() if key != "shown"}
    shown = "".join(meta.get("shown", "").split())
    if "title" not in found and len(shown) >= 5 and shown in "".join("".join(b.text.split()) for b in blocks[:8]):
        found["title"] = meta["shown"]
    return found


def _note(laid: Laid, read: _Read) -> str:
    notes = [left_out_note(laid)]
    if read.aside:
        kinds = list(dict.fromkeys(read.aside))
        shown = "、".join(kind[:20] for kind in kinds[:2])
        notes.append(f"页面模板、水印和背景文字 {len(kinds)} 种：{shown}{'…' if len(kinds) > 2 else ''}")
    if read.stamps:
        notes.append(f"印章和批注 {read.stamps} 处")
    return "；".join(note for note in notes if note)
