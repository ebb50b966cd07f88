"""`yinde bundle` and `yinde service`: to a machine without network, and started with the machine."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from index.errors import LibraryError
from ui.command import JsonOption, LibraryOption, app, chosen, print_record
from ui.terminal import progress_bars
from ui.usage import ChineseCommand

EXTRA_HELP = "连同可选组件：ocr、mcp、milvus；可写多次"


@app.command(cls=ChineseCommand, help="做一个离线包：在能上网的机器上做好，拷到不能上网的机器上安装。")
def bundle(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(metavar="DIR", help="空文件夹，或上次没有做完的")],
    with_library: Annotated[bool, typer.Option("--with-library", help="把文库也带上")] = False,
    extras: Annotated[list[str] | None, typer.Option("--extra", metavar="NAME", help=EXTRA_HELP)] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Fill a folder to carry away."""
    from index.milvus.address import is_milvus
    from ui.bundle import BundleError, make_bundle

    choices = chosen(context, library, None, as_json)
    for extra in extras or ():
        if extra not in ("ocr", "mcp", "milvus"):
            raise BundleError(f"没有叫 {extra} 的组件；有 ocr、mcp、milvus")
    if with_library and is_milvus(choices.place):
        raise LibraryError("Milvus 里的文库不能放进离线包；先用 yinde move 搬到一个文件夹")
    if with_library and not (choices.folder / "catalog.sqlite").is_file():
        raise LibraryError(f"{choices.folder} 里没有文库；用 --library 指明，或不带文库")
    with progress_bars() as progress:
        made = make_bundle(
            target.expanduser().absolute(),
            Path(__file__).resolve().parent.parent,
            extras=extras or (),
            library=choices.folder.absolute() if with_library else None,
            progress=progress,
        )
    told = f"已做好：{made.folder}，{made.packages} 个软件包，共 {made.bytes / 2**20:.0f} MB。\n"
    told += "整个文件夹拷到那台机器，运行 sh install.sh 即可；见其中的 安装说明.txt。"
    record = {**asdict(made), "folder": str(made.folder)}
    print_record(choices, record, lambda out: out.print(told, highlight=False, markup=False, soft_wrap=True))
    return 0


@app.command(cls=ChineseCommand, help="写出 systemd 单元，开机自动运行网页服务；文库和程序的位置已填好。")
def service(
    context: typer.Context,
    user: Annotated[str, typer.Option("--user", metavar="NAME", help="以哪个用户运行")] = "yinde",
    hosts: Annotated[list[str] | None, typer.Option("--allow-host", metavar="NAME", help="同 serve，可多次")] = None,
    port: Annotated[int, typer.Option("--port", metavar="PORT", min=1, max=65535, help="端口")] = 7860,
    library: LibraryOption = None,
) -> int:
    """Print the unit."""
    from ui.service import unit

    choices = chosen(context, library, None, False)
    print(unit(choices.place, user=user, hosts=hosts or (), port=port), end="")
    return 0
