"""The same text through docx, PDF, web pages and OFD: what share of its passages comes back unchanged.

python tests/round_trips.py [FOLDER --documents 40 --seed 7]: over the project's own documents, and over clean ones of a
folder; status 1 when a format keeps less than 98 %. Word and OFD files are set here as offices set them (A4, indents,
running heads, page numbers); PDFs are what LibreOffice prints of the Word files.
"""

import argparse
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import ofd_writer
from rewrapping import clean_documents
from test_html import broken_lines
from test_round_trip_pdf import passages, printed
from typesetting import typeset

from index.gongwen import compose
from index.load import load
from index.load.office import soffice
from index.types import Document

OWN = Path(__file__).resolve().parent.parent / "eval" / "sets" / "jianglan" / "documents"
FLOOR = 0.98


def as_docx(documents: Sequence[Document], folder: Path) -> list[Path]:
    """Word files with the margins, sizes and indents of GB/T 9704."""
    files = [folder / f"{number}.docx" for number in range(len(documents))]
    for document, file in zip(documents, files, strict=True):
        printed(document, file)
    return files


def as_pdf(documents: Sequence[Document], folder: Path) -> list[Path]:
    """The same, printed by LibreOffice."""
    program = soffice()
    if program is None:
        sys.exit("LibreOffice is not installed")
    files = as_docx(documents, folder)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    for first in range(0, len(files), 20):
        command = [program, profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
        subprocess.run([*command, *map(str, files[first : first + 20])], check=True, capture_output=True, timeout=600)
    return [file.with_suffix(".pdf") for file in files]


def as_html(documents: Sequence[Document], folder: Path) -> list[Path]:
    """Pages of a site, with its navigation, links and foot, all paragraphs in one element."""
    files = [folder / f"{number}.html" for number in range(len(documents))]
    for document, file in zip(documents, files, strict=True):
        file.write_text(broken_lines(document.text.split("\n")), encoding="gb18030")
    return files


def as_ofd(documents: Sequence[Document], folder: Path) -> list[Path]:
    """Lines of placed text below a running head."""
    files = [folder / f"{number}.ofd" for number in range(len(documents))]
    for document, file in zip(documents, files, strict=True):
        lines = typeset(document.text.split("\n"), head="江澜市人民政府公报")
        ofd_writer.write(file, ofd_writer.document(ofd_writer.from_lines(lines)))
    return files


FORMATS: dict[str, Callable[[Sequence[Document], Path], list[Path]]] = {
    "docx": as_docx,
    "pdf": as_pdf,
    "html": as_html,
    "ofd": as_ofd,
}


def kept(before: Document, after: Document) -> tuple[int, int]:
    """How many passages are the same before and after, and of how many; passages that came to be count as lost."""
    first, second = passages(before), passages(after)
    return (first & second).total(), max(first.total(), second.total())


def measure(documents: Sequence[Document], form: str, *, worst: int) -> tuple[int, int]:
    """Passages kept through a format, and all of them; names the documents that fare worst."""
    fared: list[tuple[float, str, Counter[str]]] = []
    same = total = 0
    with TemporaryDirectory(prefix="yinde-trips-") as folder:
        for before, file in zip(documents, FORMATS[form](documents, Path(folder)), strict=True):
            after = compose(load(file), name=before.title)
            part = kept(before, after)
            same, total = same + part[0], total + part[1]
            fared.append((part[0] / part[1], before.title, passages(after) - passages(before)))
    for share, title, changed in sorted(fared, key=lambda each: each[0])[:worst]:
        if share < 1:
            print(
                f"   {share:.3f} {title}",
                *(f"      {len(text)} {text[:40]} … {text[-40:]}" for text in changed),
                sep="\n",
            )
    return same, total


def main() -> None:
    """Print the share of equal passages, a format a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--documents", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--formats", nargs="*", default=list(FORMATS))
    parser.add_argument("--worst", type=int, default=0, help="how many documents to show with their changed passages")
    options = parser.parse_args()
    sets = {"own": [compose(load(path), name=path.stem) for path in sorted(OWN.iterdir())]}
    if options.folder:
        chosen = islice(clean_documents(options.folder, random.Random(options.seed)), options.documents)
        sets["real"] = [compose(load(path), name=path.stem) for path, _ in chosen]
    failed = False
    for name, documents in sets.items():
        for form in options.formats:
            same, total = measure(documents, form, worst=options.worst)
            failed = failed or same < FLOOR * total
            print(
                f"{name:4}  {form:4}  {len(documents):3} documents  {same:5} of {total:5} passages  {same / total:.4f}"
            )
    sys.exit(failed)


if __name__ == "__main__":
    main()
