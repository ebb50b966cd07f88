"""The terminal's `yinde keys`: who may use a library that is served to others."""

from typing import Annotated

import typer
from rich.table import Table

from index.errors import NotFoundError
from index.milvus.address import is_milvus
from ui.command import Choices, JsonOption, LibraryOption, app, chosen, print_record
from ui.keys import Keys, Scope
from ui.usage import ChineseCommand, ChineseGroup

keys_app = typer.Typer(
    cls=ChineseGroup,
    help="管理访问密钥：有了密钥，网页要登录，程序要带密钥。",
    rich_markup_mode=None,
)
app.add_typer(keys_app, name="keys")


@keys_app.callback(invoke_without_command=True)
def choose(context: typer.Context) -> None:
    """Print the help where no command is named."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


NAMES = {"read": "查阅", "write": "查阅、收录", "admin": "全部"}
SCOPE_HELP = "read 查阅，write 还可收录和删除，admin 全部"


@keys_app.command(cls=ChineseCommand, help="发放一个密钥，只显示这一次。")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="名称：发给谁，作何用途")],
    scope: Annotated[Scope, typer.Option("--scope", help=SCOPE_HELP)] = "read",
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Make a key and print it."""
    choices = chosen(context, library, None, as_json)
    key = _keys(choices).add(name, scope)
    record = {"name": name, "scope": scope, "key": key}
    told = f"{key}\n请现在记下：密钥不保存原文，不能再次显示。"
    print_record(choices, record, lambda out: out.print(told, highlight=False, markup=False, soft_wrap=True))
    return 0


@keys_app.command("list", cls=ChineseCommand, help="列出已发放的密钥（不含密钥本身）。")
def list_keys(context: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> int:
    """Print the keys' names, scopes and days."""
    choices = chosen(context, library, None, as_json)
    found = _keys(choices).all()
    record = {"keys": [{"id": key.id, "name": key.name, "scope": key.scope, "made": key.made} for key in found]}
    table = Table("名称", "权限", "发放时间", "编号", box=None, padding=(0, 2))
    for key in found:
        table.add_row(key.name, NAMES[key.scope], key.made[:16].replace("T", " "), key.id)
    print_record(choices, record, lambda out: out.print(table if found else "还没有密钥；发放：yinde keys add 名称"))
    return 0


@keys_app.command(cls=ChineseCommand, help="撤销一个密钥，立即生效。")
def remove(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="名称或编号")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Take a key back."""
    choices = chosen(context, library, None, as_json)
    _keys(choices).remove(name)
    print_record(choices, {"removed": name}, lambda out: out.print(f"已撤销：{name}", highlight=False, markup=False))
    return 0


def _keys(choices: Choices) -> Keys:
    if not is_milvus(choices.place) and not (choices.folder / "catalog.sqlite").is_file():
        raise NotFoundError(f"{choices.folder} 还没有文库；先收录：yinde index 文件夹")
    return Keys(choices.folder)
