"""`yinde move`: a library to another engine or place."""

from pathlib import Path
from typing import Annotated

import typer

from ui.command import JsonOption, app, chosen, print_record
from ui.terminal import progress_bars
from ui.usage import ChineseCommand

PLACE_HELP = "文件夹、milvus://主机:19530/名称，或以 .db 结尾的 Milvus Lite 文件"


@app.command(cls=ChineseCommand, help="把文库搬到另一处（文件夹与 Milvus 之间也行）；不重新向量化，搬完逐条核对。")
def move(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="SRC", help=f"从哪里：{PLACE_HELP}")],
    destination: Annotated[Path, typer.Argument(metavar="DST", help="到哪里，写法相同；那里须还没有文库")],
    as_json: JsonOption = False,
) -> int:
    """Copy a library and compare both sides; the source stays as it is."""
    from index.moving import move as move_library

    choices = chosen(context, None, None, as_json)
    with progress_bars() as progress:
        moved = move_library(source, destination, progress=progress)
    record = {"documents": moved.documents, "passages": moved.passages, "windows": moved.windows}
    told = f"已搬好并逐条核对：{moved.documents} 篇，{moved.passages} 段，{moved.windows} 个向量。原处没有改动。"
    print_record(choices, record, lambda out: out.print(told, highlight=False, markup=False))
    return 0
