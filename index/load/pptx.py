"""Slides: titles as headings, words in reading order, tables, groups, notes; the page of each is its slide's number."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import LoadError
from index.load.package import Package, Related, opened
from index.load.table import Cell, rows, spread
from index.load.text import tidy
from index.types import Block, Loaded

if TYPE_CHECKING:
    from lxml.etree import _Element

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_SHAPES = frozenset({P + "sp", P + "cxnSp", P + "pic", P + "graphicFrame", P + "grpSp"})
_TITLES = ("title", "ctrTitle")
_FURNITURE = ("dt", "ftr", "sldNum", "hdr")
_ROW = 300_000  # English metric units (0.8 cm) by which shapes of one row may differ in height
_FAR = 1 << 40
_MOST_SLIDES = 2000
_DEEPEST = 30  # groups within groups


@dataclass(frozen=True, slots=True)
class _Shape:
    element: "_Element"
    role: str  # the kind of its placeholder, "" when it is none
    top: int
    left: int


def load_pptx(path: Path) -> Loaded:
    """Blocks of a presentation in slide order, without hidden slides, dates, footers and slide numbers.

    A slide's title is a heading of level 2, the first slide's of level 1; notes follow the slide as 备注：….

    Raises:
        LoadError: encrypted, damaged, no presentation, unreasonably large, or without text.
    """
    with opened(path) as package:
        main = next((target for kind, target in package.related("").values() if kind == "officeDocument"), "")
        root = package.xml(main) if main else None
        if root is None or root.tag != P + "presentation":
            raise LoadError("不是演示文稿，或文件已损坏；请用 PowerPoint 或 WPS 打开后另存为 .pptx")
        related = package.related(main)
        names = [related.get(slide.get(R + "id", "")) for slide in root.iterfind(f"{P}sldIdLst/{P}sldId")]
        blocks: list[Block] = []
        hidden: list[str] = []
        pictures = False
        for number, named in enumerate(names[:_MOST_SLIDES], 1):
            slide = package.xml(named.target) if named else None
            if slide is None or named is None:
                continue
            pictures = pictures or next(slide.iter(A + "blip"), None) is not None
            if slide.get("show") in ("0", "false"):
                hidden.append(str(number))
            else:
                blocks += _slide(package, named.target, slide, number)
    if not blocks:
        reason = "只有图片，没有文字；请先做文字识别（OCR）" if pictures else "没有文字"
        raise LoadError(f"演示文稿里{reason}")
    left_out = [f"隐藏的幻灯片：第 {'、'.join(hidden)} 页"] if hidden else []
    if len(names) > _MOST_SLIDES:
        left_out.append(f"第 {_MOST_SLIDES + 1} 页以后的幻灯片")
    return Loaded(tuple(blocks), {"left_out": "；".join(left_out)} if left_out else {})


def _slide(package: Package, name: str, slide: "_Element", number: int) -> Iterator[Block]:
    related = package.related(name)
    tree = slide.find(f"{P}cSld/{P}spTree")
    if tree is None:
        return
    shapes = _in_order(_shapes(tree, _places(package, related), 0))
    titled = [shape for shape in shapes if shape.role in _TITLES]
    for shape in titled:
        title = re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])", "", " ".join(_paragraphs(shape.element)))
        if title:
            yield Block(title, 1 if number == 1 else 2, number)
    for shape in shapes:
        if shape not in titled:
            yield from (Block(text, 0, number) for text in _words(shape.element))
    for note in _notes(package, related):
        yield Block(f"备注：{note}", 0, number)


def _shapes(tree: "_Element", places: dict[str, tuple[int, int]], depth: int) -> list[_Shape]:
    """The shapes of a slide or group that may hold words; a group stands where it stands, with its own in order."""
    found: list[_Shape] = []
    for element in tree:
        if element.tag.endswith("}AlternateContent") and len(element):
            found += _shapes(element[0], places, depth)
        if element.tag not in _SHAPES:
            continue
        properties = element.find(f"./*/{P}cNvPr")
        if properties is not None and properties.get("hidden") in ("1", "true"):
            continue
        holder = element.find(f"./*/{P}nvPr/{P}ph")
        role = "" if holder is None else holder.get("type", "body")
        if role in _FURNITURE:
            continue
        # p:spPr/a:xfrm, p:grpSpPr/a:xfrm; a table has p:xfrm.
        offset = next(
            (
                found
                for child in element
                for found in (child.find(f"{A}xfrm/{A}off"), child.find(A + "off"))
                if found is not None
            ),
            None,
        )
        place = (_FAR, _FAR)
        if offset is not None:
            place = (_integer(offset.get("y")), _integer(offset.get("x")))
        elif holder is not None:
            place = places.get(holder.get("idx", "0"), places.get(role, place))
        if element.tag == P + "grpSp" and depth < _DEEPEST:
            inside = _in_order(_shapes(element, places, depth + 1))
            found += [_Shape(shape.element, shape.role, *place) for shape in inside]
        else:
            found.append(_Shape(element, role, *place))
    return found


def _places(package: Package, related: dict[str, Related]) -> dict[str, tuple[int, int]]:
    """Where the slide's layout puts its placeholders, by index and by kind: slides seldom say it themselves."""
    layout = next((target for kind, target in related.values() if kind == "slideLayout"), "")
    root = package.xml(layout) if layout else None
    places: dict[str, tuple[int, int]] = {}
    for shape in root.iter(P + "sp") if root is not None else ():
        holder, offset = shape.find(f"./*/{P}nvPr/{P}ph"), shape.find(f"{P}spPr/{A}xfrm/{A}off")
        if holder is not None and offset is not None:
            place = (_integer(offset.get("y")), _integer(offset.get("x")))
            places[holder.get("idx", "0")] = place
            places.setdefault(holder.get("type", "body"), place)
    return places


def _in_order(shapes: list[_Shape]) -> list[_Shape]:
    """Row by row from the top, each from the left; shapes of one place keep their order."""
    ordered = sorted(shapes, key=lambda shape: shape.top)
    rows_: list[list[_Shape]] = []
    for shape in ordered:
        if rows_ and shape.top - rows_[-1][0].top <= _ROW:
            rows_[-1].append(shape)
        else:
            rows_.append([shape])
    return [shape for row in rows_ for shape in sorted(row, key=lambda shape: shape.left)]


def _words(shape: "_Element") -> list[str]:
    table = next(shape.iter(A + "tbl"), None)
    if table is None:
        return list(_paragraphs(shape))
    return rows(spread(_cells(row) for row in table.iterfind(A + "tr")))


def _cells(row: "_Element") -> Iterator[Cell]:
    for cell in row.iterfind(A + "tc"):
        # A cell that another covers stands in the file as an empty one.
        if cell.get("hMerge") not in ("1", "true") and cell.get("vMerge") not in ("1", "true"):
            across, down = _integer(cell.get("gridSpan"), 1), _integer(cell.get("rowSpan"), 1)
            yield Cell("\n".join(_paragraphs(cell)), across, down)


def _paragraphs(element: "_Element") -> Iterator[str]:
    for paragraph in element.iter(A + "p"):
        pieces = paragraph.iter(A + "t", A + "br")
        text = "".join("\n" if piece.tag == A + "br" else piece.text or "" for piece in pieces)
        yield from (line.strip() for line in tidy(text).split("\n") if line.strip())


def _notes(package: Package, related: dict[str, Related]) -> Iterator[str]:
    target = next((target for kind, target in related.values() if kind == "notesSlide"), "")
    root = package.xml(target) if target else None
    for shape in root.iter(P + "sp") if root is not None else ():
        holder = shape.find(f"./*/{P}nvPr/{P}ph")
        if holder is not None and holder.get("type") == "body":
            yield from _paragraphs(shape)


def _integer(text: str | None, otherwise: int = 0) -> int:
    try:
        return int(text or "")
    except ValueError:
        return otherwise
