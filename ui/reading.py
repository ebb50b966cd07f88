"""Summaries and contrasts as JSON objects and on a terminal."""

from typing import TYPE_CHECKING

from rich.text import Text

from rag.reference import place_name
from rag.types import Citation
from ui.prose import Prose, printable
from ui.records import Record, citation_record, statement_record

if TYPE_CHECKING:
    from rag.contrast import Contrast
    from rag.summary import Summary
    from ui.terminal import Screen


def summary_record(found: "Summary") -> Record:
    """A summary: statement n rests on citation n, in reading order."""
    return {
        "doc_id": found.document.id,
        "title": found.document.title,
        "section": found.section,
        "statements": [statement_record(one) for one in found.statements],
        "citations": [citation_record(one) for one in found.citations],
    }


def contrast_record(found: "Contrast") -> Record:
    """A contrast: rows with a citation of either document, null where it says nothing of the kind."""
    return {
        "topic": found.topic,
        "first": {"doc_id": found.first.id, "title": found.first.title},
        "second": {"doc_id": found.second.id, "title": found.second.title},
        "rows": [
            {
                "heading": row.heading,
                "first": citation_record(row.first) if row.first else None,
                "second": citation_record(row.second) if row.second else None,
            }
            for row in found.rows
        ],
    }


def show_summary(out: "Screen", found: "Summary") -> None:
    """The sentences with their places."""
    out.print(Prose(Text(printable(found.document.title), "bold")))
    if not found.citations:
        out.print(Text("没有可以摘出的句子。", "yellow"))
    for one in found.citations:
        out.print()
        _show(out, one)


def show_contrast(out: "Screen", found: "Contrast") -> None:
    """Each thing spoken of, with what either document says of it below one another."""
    for name, document in (("甲", found.first), ("乙", found.second)):
        out.print(Prose(Text(printable(f"{name}　{document.title}"), "bold")))
    if not found.rows:
        out.print(Text(printable(f"两篇都没有说到“{found.topic}”。"), "yellow"))
    for row in found.rows:
        out.print()
        if row.heading:
            out.print(Text(printable(row.heading), "cyan"), soft_wrap=True)
        for name, one in (("甲", row.first), ("乙", row.second)):
            if one is None:
                out.print(Text(f"{name}　没有相应的话", "dim"))
            else:
                _show(out, one, name=name)


def _show(out: "Screen", one: Citation, *, name: str = "") -> None:
    mark = f"{name}　" if name else ""
    out.print(Prose(Text(printable(f"{mark}{one.quote}[{one.number}]"))))
    out.print(
        Text(printable(f"    {place_name(one.passage.address, one.page)}  {one.passage.id}"), "dim"), soft_wrap=True
    )
