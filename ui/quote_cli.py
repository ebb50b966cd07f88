"""The terminal's `yinde quote`: where a sentence stands, and whether it is quoted right."""

import sys
from typing import Annotated

import typer

from ui.command import JsonOption, LibraryOption, app, chosen, open_library, print_record, typed
from ui.quote_screen import quote_record, show_quote
from ui.usage import ChineseCommand


@app.command(cls=ChineseCommand, help="核对一句引文：出自哪里，与原文是否一致。")
def quote(
    context: typer.Context,
    text: Annotated[list[str], typer.Argument(metavar="TEXT", help="引文，2 至 20000 字；写 - 则从标准输入读取")],
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="最多列出几处")] = 20,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Print where a quotation stands and what differs. No place is an answer too: exit 0."""
    choices = chosen(context, library, None, as_json)
    words = sys.stdin.read() if text == ["-"] else typed(text)
    with open_library(choices) as (opened, _):
        report = opened.find_quote(words, limit=limit)
    print_record(choices, quote_record(report), lambda out: show_quote(out, report))
    return 0
