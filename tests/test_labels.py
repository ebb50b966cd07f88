"""Structure as read by hand against structure as read by the program.

`labels/structure.json` tells, by the digest of a file's bytes, where its headings stand (offsets into its text, level),
its date, and the digests of its title, number and issuer. It was written by reading the documents. The project's own
documents are always tested; YINDE_GONGWEN names a folder that holds the others. Those marked `held` were labelled last
and nothing was mended by them. `python tests/test_labels.py FOLDER` prints the figures.
"""

import hashlib
import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from index.gongwen import compose
from index.load import load
from index.load.text import read
from index.numbering import label_at
from index.split import split
from index.types import Document

LABELS: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "labels" / "structure.json").read_text())
OWN = Path(__file__).resolve().parent.parent / "eval" / "sets" / "jianglan" / "documents"
OTHERS = os.environ.get("YINDE_GONGWEN", "")
FIELDS = ("title", "number", "date", "issuer")
FLOOR = 0.97
NAMELESS = "文件名"
# ·第2段, its items, ·三是, 之2: where below its headings a passage stands.
PLACE = (
    r"(?:·?第[一二三四五六七八九十百0-9]+[段款])?(?:·?(?:\([^)]+\)|\d+|[①-⑳]|[一二三四五六七八九十]+))*"
    r"(?:·[^·]{1,8})?(?:之\d+)?(?:〔\d+〕)?"
)


def labelled(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".txt", ".md", ".html"):
            label = LABELS.get(hashlib.sha256(path.read_bytes()).hexdigest()[:16])
            if label is not None:
                yield path, label


def places(raw: str, text: str) -> dict[int, int]:
    """Where each sign of a document stands in its file; marks of Markdown and page chrome are passed over."""
    there = [i for i, c in enumerate(raw) if not c.isspace()]
    here = [i for i, c in enumerate(text) if not c.isspace()]
    signs, own = "".join(raw[i] for i in there), "".join(text[i] for i in here)
    start = max(signs.find(own[:2000]), 0)
    found: dict[int, int] = {}
    for number, position in enumerate(here):
        if signs[start : start + 1] != own[number]:
            ahead = (signs.find(own[number : number + length], start) for length in (8, 4, 1))
            start = next(place for place in ahead if place >= 0)
        found[position] = there[start]
        start += 1
    return found


def f1(right: int, found: int, meant: int) -> float:
    return 2 * right / (found + meant) if found + meant else 1.0


def digest(value: str) -> str:
    folded = unicodedata.normalize("NFKC", "".join(value.split())).replace("—", "-").replace("--", "-")
    return hashlib.sha256(folded.encode()).hexdigest()[:12] if value else ""


def outlined(document: Document, at: Mapping[int, int]) -> set[tuple[int, int]]:
    return {(at[heading.start], heading.level) for heading in document.outline}


def address(raw: str, headings: list[tuple[int, int, int]], position: int) -> str:
    """A pattern of the address of what stands at a position, by the headings labelled above it."""
    stack: list[tuple[int, int, int]] = []
    for heading in headings:
        if heading[0] <= position:
            stack = [above for above in stack if above[2] < heading[2]] + [heading]
    labels = [label_at(raw, start) for start, _, _ in stack]
    names = [re.escape(label.text) if label else "[^·]+" for label in labels]
    first = next((i for i, label in enumerate(labels) if label and re.match("第.+条", label.text)), 0)
    attached = [names[0]] if first and labels[0] is None else []
    return "·?".join([*attached, *names[first:]])


def measure(folder: Path, *, held: tuple[bool, ...] = (False, True)) -> dict[str, float]:
    counts = {name: [0, 0, 0] for name in (*FIELDS, "headings", "addresses")}
    for path, label in labelled(folder):
        if label.get("held", False) not in held:
            continue
        raw, document = read(path), compose(load(path), name=NAMELESS)
        if "title" in label:
            title = "" if document.title == NAMELESS else document.title
            facts = {"title": title, **document.meta}
            for name in FIELDS:
                got = facts.get(name, "")
                got = got if name == "date" else digest(got)
                right = int(got == label[name] != "")
                counts[name] = [a + b for a, b in zip(counts[name], (right, got != "", label[name] != ""), strict=True)]
        if "headings" not in label:
            continue
        at = places(raw, document.text)
        optional = set(label.get("optional", ()))
        meant = {(start, level) for start, _, level in label["headings"]}
        found = {pair for pair in outlined(document, at) if pair in meant or pair[0] not in optional}
        counts["headings"][0] += len(found & meant)
        counts["headings"][1] += len(found)
        counts["headings"][2] += len(meant)
        for passage in split(document):
            last = max(i for i in range(passage.start, passage.end) if i in at)
            pattern = address(raw, label["headings"], at[last])
            if not pattern or re.search("落款|附件说明|结尾|抄送", passage.address):
                continue
            right = re.fullmatch(pattern + PLACE, passage.address) is not None
            counts["addresses"] = [a + b for a, b in zip(counts["addresses"], (right, 1, 1), strict=True)]
    return {name: f1(*numbers) for name, numbers in counts.items()}


def test_the_own_documents_are_read_as_by_hand() -> None:
    assert len(list(labelled(OWN))) >= 20, "a labelled document has changed: read it again, then label it again"
    figures = measure(OWN)
    assert {name: figure for name, figure in figures.items() if figure < FLOOR} == {}


@pytest.mark.skipif(not OTHERS, reason="YINDE_GONGWEN names no folder of the labelled documents")
def test_real_documents_are_read_as_by_hand() -> None:
    figures = measure(Path(OTHERS))
    assert {name: figure for name, figure in figures.items() if figure < FLOOR} == {}


@pytest.mark.skipif(not OTHERS, reason="YINDE_GONGWEN names no folder of the labelled documents")
def test_documents_that_nothing_was_mended_by_are_read_as_by_hand() -> None:
    figures = measure(Path(OTHERS), held=(True,))
    assert {name: figure for name, figure in figures.items() if figure < FLOOR - 0.02} == {}


if __name__ == "__main__":
    for which in ((False, True), (False,), (True,)):
        chosen = [label for _, label in labelled(Path(sys.argv[1])) if label.get("held", False) in which]
        shown = {name: round(figure, 4) for name, figure in measure(Path(sys.argv[1]), held=which).items()}
        print(f"{len(chosen)} documents, {sum('headings' in label for label in chosen)} with headings:", shown)
