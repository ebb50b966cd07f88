"""`yinde summary` and `yinde contrast`: what a document says above all, and what two say of a topic."""

from typing import Annotated

import typer

from ui.command import JsonOption, LibraryOption, app, chosen, open_library, print_record, typed
from ui.reading import contrast_record, show_contrast, show_summary, summary_record
from ui.usage import ChineseCommand

COUNT_HELP = "最多几句"
SECTION_HELP = "只要这一节：标题里的几个字，或地址，如 二(一)"


@app.command(cls=ChineseCommand, help="用原文的句子概括一篇文件或其中一节，句句注明出处。")
def summary(
    context: typer.Context,
    document_id: Annotated[str, typer.Argument(metavar="DOC_ID", help="文件编号，检索结果里有")],
    section: Annotated[str, typer.Option("--section", metavar="TEXT", help=SECTION_HELP)] = "",
    count: Annotated[int, typer.Option("-n", "--sentences", min=1, max=30, help=COUNT_HELP)] = 5,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Print the central sentences of a document in reading order."""
    from rag.summary import summarise

    choices = chosen(context, library, None, as_json)
    with open_library(choices) as (opened, _):
        found = summarise(opened, document_id, section=typed([section]), sentences=count)
    print_record(choices, summary_record(found), lambda out: show_summary(out, found))
    return 0


@app.command(cls=ChineseCommand, help="把两篇文件对同一主题的说法并排列出，句句注明出处。")
def contrast(
    context: typer.Context,
    first: Annotated[str, typer.Argument(metavar="DOC_ID", help="一篇文件的编号")],
    second: Annotated[str, typer.Argument(metavar="DOC_ID", help="另一篇文件的编号")],
    topic: Annotated[list[str], typer.Argument(metavar="TOPIC", help="主题，如 补助标准")],
    count: Annotated[int, typer.Option("-n", "--sentences", min=1, max=12, help="每篇" + COUNT_HELP)] = 8,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Print what both say of a topic, paired by what they speak of."""
    from rag.contrast import contrast as set_beside

    choices = chosen(context, library, None, as_json)
    with open_library(choices) as (opened, _):
        found = set_beside(opened, first, second, typed(topic), sentences=count)
    print_record(choices, contrast_record(found), lambda out: show_contrast(out, found))
    return 0
