"""Writes a SentencePiece character map: the form in which a tokenizer file keeps its normaliser."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

PAGE = 256
VALUE = 1 << 31  # no byte label has this bit, so a value is never taken for a step
HAS_VALUE = 1 << 8


@dataclass(slots=True)
class _Node:
    """A place in the trie of UTF-8 bytes. `value` is an offset into the strings, None where no source ends."""

    children: dict[int, "_Node"] = field(default_factory=dict)
    value: int | None = None
    page: int = 0


def precompiled_charsmap(table: Mapping[str, str]) -> bytes:
    """The map for `table`, one character → characters: a Darts double array, then NUL-ended strings.

    Every inner node owns a page of 256 units, so children never collide; values stand after the pages.
    Raises ValueError when the array outgrows the format's 22-bit offsets.
    """
    root, strings = _trie(table)
    pages = _paged(root)
    units = [0] * (PAGE * len(pages))
    values: list[int] = []
    for node in pages:
        for byte, child in node.children.items():
            position = PAGE * node.page + byte
            if child.children:
                target = PAGE * child.page
            else:
                target = PAGE * len(pages) + len(values)
                values.append(VALUE | (child.value or 0))
            units[position] = byte | (position ^ target) << 10 | (0 if child.value is None else HAS_VALUE)
            if child.children and child.value is not None:
                units[target] = VALUE | child.value
    units += values
    if len(units) >= 1 << 22:
        raise ValueError(f"{len(table)} rules do not fit a double array")
    array = np.array(units, "<u4").tobytes()
    return struct.pack("<I", len(array)) + array + strings


def _trie(table: Mapping[str, str]) -> tuple[_Node, bytes]:
    root, strings, offsets = _Node(), bytearray(), {}
    for source, target in table.items():
        if target not in offsets:
            offsets[target] = len(strings)
            strings += target.encode() + b"\0"
        node = root
        for byte in source.encode():
            node = node.children.setdefault(byte, _Node())
        node.value = offsets[target]
    return root, bytes(strings)


def _paged(root: _Node) -> list[_Node]:
    """The nodes with children, breadth first from the root, which keeps page 0; each knows its page."""
    pages = [root]
    for node in pages:  # grows while it runs
        for child in node.children.values():
            if child.children:
                child.page = len(pages)
                pages.append(child)
    return pages
