"""A checked draft as a Word file with a comment at each place that must be changed or looked at."""

import io
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

from index.types import Span
from rag.draft import Manuscript, word_runs
from rag.findings import DraftReport, Finding
from rag.reference import nested
from ui.check_lines import shown_lines
from ui.check_report import LEVELS, document_name, label, shown_matches, source_name

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.text.run import Run

Paragraph = tuple[Span, "list[Run]"]  # where it stands in the draft, and what holds its words

_AUTHOR, _INITIALS = "引得核查", "引得"
_CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF], " ")


def annotated_word(report: DraftReport, original: Path) -> bytes:
    """The draft as .docx with comments: `original` itself where it is one, else its text in a new file.

    The words and their looks stay as they are; a run is cut where a comment begins or ends inside it.
    """
    from docx import Document

    document = Document(str(original)) if report.draft.format == "docx" else Document()
    if report.draft.format == "docx":
        paragraphs = list(zip(report.draft.paragraphs, (runs for _, runs in word_runs(document)), strict=True))
    else:
        paragraphs = _write_lines(document, report.draft)
    for finding in report.findings:
        runs = _marked_runs(paragraphs, (finding.start, finding.end)) if finding.level in ("wrong", "notice") else []
        if runs:
            text = _comment(report, finding).translate(_CONTROLS)
            document.add_comment(runs, text=text, author=_AUTHOR, initials=_INITIALS)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _comment(report: DraftReport, finding: Finding) -> str:
    lines = [f"【{LEVELS[finding.level]}】{label(finding)}", finding.remark]
    for match in shown_matches(finding):
        source = nested(match.text.replace("\n", ""), "“”", "‘’")
        lines.append(f"{source_name(report, match)}：“{source}”")
    lines += [document_name(document) for document in finding.documents[:1]]
    return "\n".join(lines)


def _marked_runs(paragraphs: "Sequence[Paragraph]", span: Span) -> "list[Run]":
    """The runs that hold a span of the draft and no more, as far as runs can be cut; [] when none does."""
    found: list[Run] = []
    for (start, end), runs in paragraphs:
        if span[0] < end and start < span[1]:
            found += _cut(runs, max(span[0] - start, 0), min(span[1], end) - start)
    return found


def _cut(runs: "list[Run]", start: int, end: int) -> "list[Run]":
    """Runs of a paragraph between two offsets; those that reach beyond are cut in `runs` too."""
    kept: list[Run] = []
    at = position = 0
    while position < len(runs):
        run = runs[position]
        length = len(run.text)
        if at < end and start < at + length:
            if at < start and _can_be_cut(run):
                runs.insert(position + 1, _split(run, start - at))
                at, position = start, position + 1
                continue
            if end < at + length and _can_be_cut(run):
                runs.insert(position + 1, _split(run, end - at))
                length = end - at
            kept.append(run)
        at += length
        position += 1
    return kept


def _can_be_cut(run: "Run") -> bool:
    """Whether a run holds nothing but its looks and text: no tab, break, picture or field."""
    return all(child.tag.rpartition("}")[2] in ("rPr", "t") for child in run._r)


def _split(run: "Run", at: int) -> "Run":
    """Leave the first `at` characters in the run; the rest, looking the same, right behind it."""
    from docx.text.run import Run

    text = run.text
    rest = Run(deepcopy(run._r), run._parent)
    run.text, rest.text = text[:at], text[at:]
    run._r.addnext(rest._r)
    return rest


def _write_lines(document: "WordDocument", draft: Manuscript) -> "list[Paragraph]":
    """Write the draft's lines into an empty Word file as 公文 are set: 仿宋 三号, first lines indented."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Pt

    style = document.styles["Normal"]
    style.font.size, style.font.name = Pt(16), "Times New Roman"
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "仿宋")
    written: list[Paragraph] = []
    for kind, start, end in shown_lines(draft):
        paragraph = document.add_paragraph()
        run = paragraph.add_run(draft.text[start:end].translate(_CONTROLS))
        run.bold = kind in ("title", "heading")
        if kind == "title":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        else:
            paragraph.paragraph_format.first_line_indent = Pt(32)
            paragraph.paragraph_format.left_indent = Pt(32 if kind == "quote" else 0)
        written.append(((start, end), [run]))
    return written
