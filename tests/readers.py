"""One writer and eight readers, each a process of its own: `make readers`, ten minutes; ten seconds in the tests.

The writer changes documents whose every paragraph names their version. A reader always finds each document, sees it
whole, never an older version than one whose sync had returned before it asked, or than it saw before, nor one that was
not begun.
"""

import argparse
import random
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from index.doctor import examine  # noqa: E402
from index.embed import HashEmbedder  # noqa: E402
from index.library import LocalLibrary  # noqa: E402

DOCUMENTS = 12
Board = NDArray[np.int64]  # (2, DOCUMENTS): the version whose sync has begun, the version whose sync has returned


def together(root: Path, seconds: float, readers: int = 8) -> list[str]:
    """Have them at it in the empty folder `root`: what the writer did and what each reader saw, then what doctor found.

    A line that does not begin with 改了 or 核对 tells of something wrong.
    """
    board = _board(root, "w+")
    with LocalLibrary.open(root / "library", embedder=HashEmbedder(), create=True) as library:
        _change(library, root, board, range(DOCUMENTS))
        command = [sys.executable, str(Path(__file__)), "--reader", str(root), "--seconds", str(seconds)]
        started = [
            subprocess.Popen([*command, "--seed", str(n)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for n in range(readers)
        ]
        choose, changes = random.Random(0), 0
        while any(reader.poll() is None for reader in started):
            chosen = choose.sample(range(DOCUMENTS), 2)
            _change(library, root, board, chosen)
            changes += len(chosen)
    told = [reader.communicate()[0].strip() for reader in started]
    wrong = [f"错 {finding.what}" for finding in examine(root / "library")]
    return [f"改了 {changes} 篇次", *told, *wrong]


def _change(library: LocalLibrary, root: Path, board: Board, numbers: "range | list[int]") -> None:
    for number in numbers:
        board[0, number] += 1
        (root / f"{number}.txt").write_text(_text(number, int(board[0, number])), encoding="utf-8")
    report = library.sync([root / f"{number}.txt" for number in numbers])
    assert len(report.added) + len(report.changed) == len(numbers)
    for number in numbers:
        board[1, number] = board[0, number]


def _text(number: int, version: int) -> str:
    points = "\n\n".join(
        f"{label}、第{number}号方案第{version}稿规定，第{label}项工作由第{number}处负责，年底以前全部完成，并按月报送进展。"
        for label in "一二三四五"
    )
    return f"第{number}号方案\n\n{points}\n"


def _board(root: Path, mode: str) -> Board:
    board: Board = np.memmap(root / "board", np.int64, "w+" if mode == "w+" else "r", shape=(2, DOCUMENTS))
    return board


def read(root: Path, seconds: float, seed: int) -> str:
    """Search and read for so long; how often, and what was wrong."""
    board, choose, seen, reads, wrong = _board(root, "r"), random.Random(seed), [0] * DOCUMENTS, 0, []
    stop = time.monotonic() + seconds
    with LocalLibrary.open(root / "library", embedder=HashEmbedder()) as library:
        while time.monotonic() < stop:
            number = choose.randrange(DOCUMENTS)
            least = board[1].copy()
            hits = library.search(f"第{number}号方案规定第三项工作由谁负责", k=5)
            if number not in {of for hit in hits for of, _ in _versions(hit.passage.text)}:
                wrong.append(f"第{number}号方案查不到")
            for hit in hits:
                reads += 1
                text = library.document(hit.passage.doc_id).text
                most = board[0].copy()
                found, shown = _versions(text), _versions(hit.passage.text)
                ((of, version),) = found if len(found) == 1 else {(-1, -1)}
                if of < 0 or len(shown) != 1:
                    wrong.append(f"不是一稿：{found} {shown}")
                    continue
                ((_, then),) = shown
                if not least[of] <= then <= version <= most[of] or version < seen[of]:
                    wrong.append(f"第{of}号：查到第{then}稿，读到第{version}稿，应在 {least[of]} 到 {most[of]} 之间")
                elif then == version and text[hit.passage.start : hit.passage.end] != hit.passage.text:
                    wrong.append(f"第{of}号第{version}稿的段落不在原处")
                seen[of] = version
    return f"核对 {reads} 处" if not wrong else f"错 {len(wrong)} 处，如 {wrong[0]}"


def _versions(text: str) -> set[tuple[int, int]]:
    return {(int(a), int(b)) for a, b in re.findall(r"第(\d+)号方案第(\d+)稿", text)}


def main() -> int:
    """Both faces: the whole, and one reader of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reader", type=Path)
    options = parser.parse_args()
    if options.reader:
        print(read(options.reader, options.seconds, options.seed))
        return 0
    with TemporaryDirectory(prefix="yinde-readers-") as folder:
        told = together(Path(folder), options.seconds)
    print(*told, sep="\n")
    return 0 if all(line.startswith(("改了", "核对")) for line in told) else 1


if __name__ == "__main__":
    sys.exit(main())
