"""Paragraphs of clean documents, wrapped anew at random widths and rejoined: how many boundaries come back.

python tests/rewrapping.py FOLDER [--documents 200] [--seed 7]; status 1 when F1 is below 0.99. A clean document has at
least eight paragraphs of which most running ones end a sentence; each is wrapped once with indents and once without, in
one of three ways: cut at a width, as a page with hanging punctuation, as a page that pushes it to the next line.
"""

import argparse
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path

from index.errors import LoadError
from index.load import load
from index.repair import repair
from index.rewrap import rejoin

FLOOR = 0.99
CLOSERS = "，。、；：？！”’）》〉」』〕】…—％%,;:?!)]"
OPENERS = "（《〈“‘「『〔【(["
SUFFIXES = (".txt", ".md", ".html")
_FULL = re.compile(r"[。！？；：…!?;:][”’）》」』)]*$")


def cut(text: str, width: int) -> list[str]:
    """Lines of `width` characters."""
    return [text[i : i + width] for i in range(0, len(text), width)]


def hanging(text: str, width: int) -> list[str]:
    """Lines of `width` full-width cells, with one closing mark beyond the edge."""
    return _page(text, width, room=1)


def pushing(text: str, width: int) -> list[str]:
    """Lines of `width` full-width cells; no closing mark begins one: the sign before it goes along."""
    return _page(text, width, room=0)


def _page(text: str, width: int, *, room: int) -> list[str]:
    lines, line, used = [], "", 0
    for sign in text:
        cells = _cells(sign)
        if used + cells > 2 * width + (2 * room if sign in CLOSERS else 0):
            moved = ""
            if sign in CLOSERS:
                while line and (not moved or moved[0] in CLOSERS):
                    line, moved = line[:-1], line[-1] + moved
            while line and line[-1] in OPENERS:
                line, moved = line[:-1], line[-1] + moved
            lines.append(line)
            line, used = moved, sum(map(_cells, moved))
        line += sign
        used += cells
    return [part for part in [*lines, line] if part]


def _cells(sign: str) -> int:
    return 1 if sign.isascii() else 2


WRAPS: dict[str, Callable[[str, int], list[str]]] = {"cut": cut, "hanging": hanging, "pushing": pushing}


def is_clean(paragraphs: Sequence[str]) -> bool:
    """Whether the breaks of a document are its author's: several, none lost, and none in the midst of a sentence."""
    running = [text for text in paragraphs if len(text) >= 60]
    whole = sum(1 for text in running if _FULL.search(text))
    return len(paragraphs) >= 8 and max(map(len, paragraphs)) <= 1500 and whole >= 0.95 * len(running) > 0


def clean_documents(folder: Path, chance: random.Random) -> Iterator[tuple[Path, list[str]]]:
    """The clean documents of a folder with their paragraphs, in random order."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)
    for path in chance.sample(files, len(files)):
        try:
            paragraphs = [block.text for block in repair(load(path)).blocks]
        except LoadError:
            continue
        if is_clean(paragraphs):
            yield path, paragraphs


def boundaries(paragraphs: Sequence[str]) -> set[int]:
    """Where paragraphs end, counted in signs that are no white space."""
    return set(accumulate(len("".join(text.split())) for text in paragraphs))


def main() -> None:
    """Print the F1 of boundaries by way of wrapping, and over all; the documents that fare worst with `--worst`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--worst", type=int, default=0, help="how many documents to name, the worst first")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    counts: dict[str, Counter[str]] = {}
    fared: list[tuple[float, str, int, Path]] = []
    documents = 0
    for path, paragraphs in clean_documents(options.folder, chance):
        for indent in ("　　", ""):
            name, width = chance.choice(sorted(WRAPS)), chance.randint(20, 60)
            lines = [line for text in paragraphs for line in WRAPS[name](indent + text, width)]
            meant, found = boundaries(paragraphs), boundaries(rejoin(lines))
            kind = f"{name}, {'indented' if indent else 'flush'}"
            part = Counter(right=len(meant & found), meant=len(meant), found=len(found), texts=1)
            counts.setdefault(kind, Counter()).update(part)
            fared.append((_f1(part), kind, width, path))
        documents += 1
        if documents == options.documents:
            break
    whole = sum(counts.values(), Counter())
    for kind, part in [*sorted(counts.items()), ("all", whole)]:
        print(
            f"{kind:18} texts {part['texts']:4}  boundaries {part['meant']:6}"
            f"  precision {part['right'] / part['found']:.4f}"
            f"  recall {part['right'] / part['meant']:.4f}  F1 {_f1(part):.4f}"
        )
    for figure, kind, width, path in sorted(fared)[: options.worst]:
        print(f"{figure:.3f}  {kind}, {width}  {path.name}")
    print(f"{documents} documents, seed {options.seed}")
    sys.exit(documents < options.documents or _f1(whole) < FLOOR)


def _f1(part: Counter[str]) -> float:
    return 2 * part["right"] / max(part["found"] + part["meant"], 1)


if __name__ == "__main__":
    main()
