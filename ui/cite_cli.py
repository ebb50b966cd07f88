"""`yinde cite` and `yinde trace`: a source ready to paste, and a formulation over time."""

from pathlib import Path
from typing import Annotated

import typer

from index.errors import YindeError
from rag.cite import STYLES, Style
from rag.cite import cite as cited_as
from rag.reference import PAGE, source
from ui.command import JsonOption, LibraryOption, app, chosen, open_library, print_record, typed
from ui.records import cite_record, trace_record
from ui.trace_screen import show_citations, show_trace
from ui.usage import ChineseCommand

PAGE_HELP = f"引得网页的地址，链接指向它；不写时为 {PAGE}"
STYLE_HELP = "只要一种格式；gongwen 是公文内引用，footnote 是脚注，plain 连同原话"


@app.command(cls=ChineseCommand, help="把一个段落写成可以粘贴的引文：国标、公文内引用、脚注、文献管理软件等。")
def cite(
    context: typer.Context,
    passage_id: Annotated[str, typer.Argument(metavar="PASSAGE_ID", help="段落编号，检索结果里有")],
    style: Annotated[Style | None, typer.Option("--style", help=STYLE_HELP)] = None,
    whole: Annotated[bool, typer.Option("--whole", help="引用整篇文件，不指明段落")] = False,
    page: Annotated[str, typer.Option("--page", metavar="URL", help=PAGE_HELP, show_default=False)] = PAGE,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Print a passage's citation in one style, or in all of them by name."""
    choices = chosen(context, library, None, as_json)
    with open_library(choices) as (opened, _):
        passage = opened.passage(passage_id)
        document = opened.document(passage.doc_id)
    place = None if whole else passage
    styles = [style] if style else list(STYLES)
    citations: dict[str, str] = {name: cited_as(document, place, name, page=page) for name in styles}
    missing = source(document, place).missing
    record = cite_record(passage, document, citations, missing)
    print_record(choices, record, lambda out: show_citations(out, citations, missing))
    return 0


@app.command(cls=ChineseCommand, help="查一个提法的演变：哪些文件用过、何时首见、逐年次数、相近的说法。")
def trace(
    context: typer.Context,
    phrase: Annotated[list[str], typer.Argument(metavar="PHRASE", help="提法，如 新质生产力")],
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="另存为一个可直接打开的网页")] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Print how a formulation is used over time; `html` also writes it as a page of its own."""
    from rag.trace import trace as trace_phrase

    choices = chosen(context, library, None, as_json)
    with open_library(choices) as (opened, _):
        found = trace_phrase(typed(phrase), opened)
    if html is not None:
        from ui.trace_page import render_trace

        try:
            html.write_text(render_trace(found), encoding="utf-8", errors="replace")
        except OSError as error:
            raise YindeError(f"写不了 {html}（{error.strerror or error}）；请换一个 --html 文件") from error
    print_record(choices, trace_record(found), lambda out: show_trace(out, found))
    return 0
