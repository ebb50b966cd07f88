"""The project's own documents, printed as offices print them by LibreOffice and read back."""

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt

from index.gongwen import compose
from index.load import load
from index.split import split
from index.types import Document, page_at

NAMES = (
    "市政府第47次常务会议纪要.txt",
    "江澜市2026年政府工作报告.txt",
    "江澜市人才引进补贴管理办法.txt",
    "江澜市深入打好污染防治攻坚战2025年行动方案.md",
    "关于推进养老服务高质量发展的实施意见.txt",
    "关于商请解决临湖区中小学学位建设用地的函.txt",
)


def printed(document: Document, path: Path) -> None:
    """A Word file on A4 with the margins, sizes and indents of GB/T 9704, title centred, page numbers at the foot."""
    made = docx.Document()
    made.styles["Normal"].font.size = Pt(16)
    section = made.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = Cm(2.8), Cm(2.6)
    section.top_margin, section.bottom_margin = Cm(3.7), Cm(3.5)
    section.header.paragraphs[0].text = "江澜市人民政府公报"
    titled = "".join(document.title.split())
    for line in document.text.split("\n"):
        paragraph = made.add_paragraph()
        run = paragraph.add_run(line)
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.paragraph_format.line_spacing = Pt(28)
        if "".join(line.split()) in titled:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            run.font.size = Pt(22)
        else:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
            paragraph.paragraph_format.first_line_indent = Pt(32)
    made.save(str(path))


def passages(document: Document) -> Counter[str]:
    return Counter("".join(passage.text.split()) for passage in split(document))


@pytest.fixture(scope="module")
def pairs(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Document, Document]]:
    """Each document as it is, and after it went through a PDF."""
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed")
    folder = tmp_path_factory.mktemp("printed")
    originals = [compose(load(samples / name), name=name) for name in NAMES]
    files = [folder / f"{number}.docx" for number in range(len(NAMES))]
    for document, file in zip(originals, files, strict=True):
        printed(document, file)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), *map(str, files)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    read = [compose(load(file.with_suffix(".pdf")), name=file.stem) for file in files]
    return list(zip(originals, read, strict=True))


def test_nearly_every_passage_is_the_same_after_printing(pairs: list[tuple[Document, Document]]) -> None:
    same = sum((passages(a) & passages(b)).total() for a, b in pairs)
    total = sum(passages(a).total() for a, _ in pairs)
    assert same / total >= 0.98, [(a.title, passages(a) - passages(b)) for a, b in pairs]


def test_titles_and_outlines_are_the_same_after_printing(pairs: list[tuple[Document, Document]]) -> None:
    for before, after in pairs:
        assert "".join(after.title.split()) == "".join(before.title.split())
        assert [heading.label for heading in after.outline] == [heading.label for heading in before.outline]


def test_running_heads_are_left_out_and_pages_counted(pairs: list[tuple[Document, Document]]) -> None:
    for _, after in pairs:
        assert "江澜市人民政府公报" not in after.text
        assert [page for _, page in after.pages] == list(range(1, len(after.pages) + 1))
        assert len(after.pages) > 1
        assert all(passage.page == page_at(after.pages, passage.start) for passage in split(after))
