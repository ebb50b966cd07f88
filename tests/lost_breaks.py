"""What restoring lost paragraph breaks does to the documents of a folder: lengths before and after.

python tests/lost_breaks.py FOLDER [--show 20 --seed 5]; takes the documents that have a paragraph of more than 500
characters, shows some of them with their passages' borders for reading.
"""

import argparse
import random
from pathlib import Path
from statistics import mean, median

from index.errors import LoadError
from index.gongwen import compose
from index.load import load
from index.rewrap import rejoin
from index.split import split

LONG = 500


def main() -> None:
    """Print median and mean lengths of paragraphs and passages, and how many paragraphs are long, before and after."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", type=int, default=0, help="documents to print, a passage a line")
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    before: list[int] = []
    after: list[int] = []
    passages: list[int] = []
    documents = []
    for path in sorted(options.folder.rglob("*.txt")):
        try:
            loaded = load(path)
        except LoadError:
            continue
        lines = [len(line) for line in rejoin([block.text for block in loaded.blocks])]
        if not lines or max(lines) <= LONG:
            continue
        document = compose(loaded, name=path.stem)
        parts = split(document)
        before += lines
        after += [len(line) for line in document.text.split("\n")]
        passages += [len(part.text) for part in parts]
        documents.append((path, parts))
    print(f"{len(documents)} documents with a paragraph of more than {LONG} characters")
    for name, found in (("as loaded", before), ("restored", after), ("passages", passages)):
        long = sum(length > LONG for length in found)
        print(
            f"{name:10} {len(found):6}  median {median(found):5.0f}  mean {mean(found):6.0f}"
            f"  longest {max(found):6}  over {LONG}: {long}"
        )
    for path, parts in random.Random(options.seed).sample(documents, min(options.show, len(documents))):
        print(f"\n=== {path.name}")
        for part in parts:
            print(f"[{part.address}] {part.text!r}")


if __name__ == "__main__":
    main()
