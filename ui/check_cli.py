"""The terminal's `yinde check`: the quotations and references of a whole draft against the library."""

from pathlib import Path
from typing import Annotated

import typer

from index.errors import QueryError
from ui.command import JsonOption, LibraryOption, app, chosen, open_library, print_record
from ui.usage import ChineseCommand


@app.command(cls=ChineseCommand, help="核查一篇稿件的引文、转述、数字、文件名和文号。")
def check(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="稿件：docx、pdf、md 或 txt")],
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="另存一份网页报告，左稿右原文")] = None,
    docx: Annotated[Path | None, typer.Option("--docx", metavar="FILE", help="另存一份带批注的 Word 文件")] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Print what is wrong with a draft's quotations; exit 1 when something is."""
    from rag.check import check as check_draft
    from rag.draft import read_draft
    from ui.check_report import check_record, show_check

    choices = chosen(context, library, None, as_json)
    for target in (html, docx):
        _refuse_target(target, file)
    draft = read_draft(file)
    with open_library(choices) as (opened, progress):
        report = check_draft(draft, opened, progress=progress)
    if html:
        from ui.check_page import render_check

        _write(html, render_check(report).encode("utf-8", "replace"))
    if docx:
        from ui.check_word import annotated_word

        _write(docx, annotated_word(report, file))
    print_record(choices, check_record(report), lambda out: show_check(out, report))
    return 1 if report.counts["wrong"] else 0


def _refuse_target(target: Path | None, draft: Path) -> None:
    """QueryError for a file that cannot be written, before any work is done."""
    if target is None:
        return
    if target.absolute() == draft.absolute() or (target.exists() and draft.exists() and target.samefile(draft)):
        raise QueryError(f"{target} 就是稿件本身，不能覆盖；请换一个文件名")
    if target.is_dir():
        raise QueryError(f"{target} 是文件夹；请写出文件名")
    if not target.parent.is_dir():
        raise QueryError(f"没有文件夹 {target.parent}；请先建立")


def _write(target: Path, content: bytes) -> None:
    try:
        target.write_bytes(content)
    except OSError as error:
        raise QueryError(f"{target} 写不进去（{error.strerror or error}）；请检查权限，或换一个位置") from error
