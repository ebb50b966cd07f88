"""The project's own documents, made into Word files and read back, are cut into the same passages."""

import shutil
import subprocess
from collections import Counter
from html import escape
from pathlib import Path

import pytest

from index.gongwen import compose
from index.load import load
from index.load.office import soffice
from index.split import split
from index.types import Document

DOCUMENTS = sorted((Path(__file__).parents[1] / "eval" / "sets" / "jianglan" / "documents").iterdir())


def read(path: Path, name: str) -> Document:
    return compose(load(path), name=name)


def equal(original: Document, again: Document) -> tuple[int, int]:
    """How many passages of the original stand in the other with the same words, and how many it has."""
    words = [Counter("".join(p.text.split()) for p in split(document)) for document in (original, again)]
    return (words[0] & words[1]).total(), words[0].total()


def word_copy(document: Document, path: Path) -> Path:
    from docx import Document as WordDocument

    word = WordDocument()
    for line in document.text.split("\n"):
        word.add_paragraph(line)
    word.save(str(path))
    return path


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_typed_into_word_has_the_same_passages(path: Path, tmp_path: Path) -> None:
    original = read(path, path.stem)
    same, total = equal(original, read(word_copy(original, tmp_path / "a.docx"), path.stem))
    assert same >= 0.98 * total


@pytest.mark.skipif(soffice() is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("suffix", ["docx", "doc"])
def test_documents_that_libreoffice_writes_have_the_same_passages(suffix: str, tmp_path: Path) -> None:
    program = soffice()
    assert program
    chosen = DOCUMENTS[::10] if suffix == "docx" else DOCUMENTS[:1]
    originals = [read(path, path.stem) for path in chosen]
    for number, original in enumerate(originals):
        page = "".join(f"<p>{escape(line)}</p>" for line in original.text.split("\n"))
        (tmp_path / f"{number}.html").write_text(f"<meta charset=utf-8><body>{page}", encoding="utf-8")
    form = {"docx": "docx:MS Word 2007 XML", "doc": "doc:MS Word 97"}[suffix]
    pages = sorted(map(str, tmp_path.glob("*.html")))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [program, "--headless", profile, "--infilter=HTML (StarWriter)", "--convert-to", form]
    subprocess.run([*command, "--outdir", str(tmp_path), *pages], check=True, capture_output=True, timeout=120)
    shutil.rmtree(tmp_path / "profile")
    read_again = [read(tmp_path / f"{number}.{suffix}", path.stem) for number, path in enumerate(chosen)]
    pairs = [equal(original, again) for original, again in zip(originals, read_again, strict=True)]
    assert sum(same for same, _ in pairs) >= 0.98 * sum(total for _, total in pairs)
