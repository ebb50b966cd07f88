"""The terminal: `yinde index`, `search`, `ask`, `chat`, `quote`, `check`, `show`, `document`, `cite`, `trace` …

`--json` prints exactly one JSON object in UTF-8 on standard output; everything else goes to standard error.
Exit status: 0 done; 1 inputs not taken in or a draft misquotes; 2 the user must change something, which one line on
standard error tells, with standard output left empty; 130 interrupted; 141 the reader of the output left.
"""

import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from index.errors import YindeError
from ui.bundle_cli import bundle, service
from ui.care_cli import backup, compact, doctor, export, import_command, restore
from ui.chat_cli import ask, chat
from ui.check_cli import check
from ui.cite_cli import cite, trace
from ui.command import (
    LIBRARY_HELP,
    MODEL_HELP,
    Choices,
    JsonOption,
    LibraryOption,
    ModelOption,
    app,
    chosen,
    open_library,
    print_record,
    typed,
)
from ui.index_cli import index_command
from ui.keys_cli import keys_app
from ui.mcp_cli import mcp
from ui.move_cli import move
from ui.prose import printable
from ui.quote_cli import quote
from ui.reading_cli import contrast, summary
from ui.records import (
    document_record,
    history_record,
    passage_record,
    stats_record,
    version_records,
)
from ui.reembed_cli import reembed
from ui.search_cli import search, similar
from ui.terminal import show_document, show_passage, show_stats
from ui.trace_screen import show_history
from ui.usage import ChineseCommand, usage_message

LISTEN_HELP = "监听地址；0.0.0.0 供局域网访问，须先有密钥（yinde keys add）"
ORIGIN_HELP = "允许这个网站的检索框查询，如 https://www.example.org；可写多次，* 为全部，null 为本机打开的网页"
LOG_HELP = "请求日志：每个请求一行 JSON，不含查询内容；- 为标准错误"
HISTORY_HELP = (
    "在文库文件夹里保存网页上的提问，供提问的人再看；--no-history 一律不存。不写时看 YINDE_HISTORY（0 为不存）"
)
HOST_HELP = "在反向代理后面使用时，本服务对外的主机名；可写多次"

__all__ = [
    "app",
    "ask",
    "backup",
    "bundle",
    "chat",
    "check",
    "cite",
    "compact",
    "contrast",
    "doctor",
    "export",
    "import_command",
    "index_command",
    "keys_app",
    "main",
    "mcp",
    "move",
    "quote",
    "reembed",
    "restore",
    "run",
    "search",
    "service",
    "similar",
    "summary",
    "trace",
    "typed",
]


@app.callback(invoke_without_command=True)
def choose(
    context: typer.Context,
    library: Annotated[
        Path | None,
        typer.Option("--library", metavar="DIR", envvar="YINDE_LIBRARY", show_envvar=False, help=LIBRARY_HELP),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", envvar="YINDE_MODEL", show_envvar=False, help=MODEL_HELP)
    ] = None,
    as_json: JsonOption = False,
    version: Annotated[bool, typer.Option("--version", help="显示版本")] = False,
) -> None:
    """Take the options that may stand before any command."""
    if version:
        from importlib.metadata import version as installed_version

        typer.echo(f"yinde {installed_version('yinde')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit
    context.obj = Choices(library, model, as_json)


@app.command(cls=ChineseCommand, help="按编号显示一个段落和它的上下文。")
def show(
    context: typer.Context,
    passage_id: Annotated[str, typer.Argument(metavar="PASSAGE_ID", help="段落编号，检索结果里有")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Print a passage between its neighbours; one that is gone, as it was, with what became of it."""
    choices = chosen(context, library, None, as_json)
    with open_library(choices) as (opened, _):
        past = opened.history(passage_id)
        if past.fate == "live":
            passage = past.then
            whole = opened.document(passage.doc_id)
            before, after = opened.context(passage_id)
    if past.fate != "live":
        print_record(choices, history_record(past), lambda out: show_history(out, past))
        return 0
    record = passage_record(passage, whole, before=before, after=after)
    print_record(choices, record, lambda out: show_passage(out, passage, whole, before=before, after=after))
    return 0


@app.command(cls=ChineseCommand, help="按编号显示一篇文件的全文和各段位置。")
def document(
    context: typer.Context,
    doc_id: Annotated[str, typer.Argument(metavar="DOC_ID", help="文件编号，检索结果里有")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Print a whole document, passage by passage."""
    choices = chosen(context, library, None, as_json)
    with open_library(choices) as (opened, _):
        whole = opened.document(doc_id)
        passages = opened.passages(doc_id)
        versions = opened.versions(doc_id)
    record = {**document_record(whole, passages), "versions": version_records(versions)}
    print_record(choices, record, lambda out: show_document(out, whole, passages, versions))
    return 0


@app.command(cls=ChineseCommand, help="显示文库的规模、模型和占用空间。")
def stats(context: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> int:
    """Print how much the library holds."""
    choices = chosen(context, library, None, as_json)
    with open_library(choices) as (opened, _):
        counts = opened.stats()
    record = stats_record(counts)
    print_record(choices, record, lambda out: show_stats(out, counts, folder=str(choices.place)))
    return 0


@app.command(cls=ChineseCommand, help="在浏览器里使用：启动网页服务。")
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option("--host", metavar="HOST", help=LISTEN_HELP)] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="端口，0 为任选")] = 7860,
    origins: Annotated[list[str] | None, typer.Option("--allow-origin", metavar="ORIGIN", help=ORIGIN_HELP)] = None,
    hosts: Annotated[list[str] | None, typer.Option("--allow-host", metavar="NAME", help=HOST_HELP)] = None,
    log: Annotated[str, typer.Option("--log", metavar="FILE", help=LOG_HELP)] = "",
    history: Annotated[
        bool, typer.Option("--history/--no-history", envvar="YINDE_HISTORY", show_envvar=False, help=HISTORY_HELP)
    ] = True,
    library: LibraryOption = None,
    model: ModelOption = None,
) -> int:
    """Serve the page until interrupted."""
    choices = chosen(context, library, model, False)
    with open_library(choices, model=choices.model) as (opened, _):
        from ui.journal import write_to
        from ui.keep import Keeper
        from ui.server import Access
        from ui.server import serve as serve_page
        from ui.tracing import provider

        if log:
            write_to(log)
        keeper = Keeper(opened, choices.folder.expanduser() / "uploads")
        access = Access(
            keys=choices.folder,
            origins=origins or (),
            hosts=hosts or (),
            keeper=keeper,
            history=history,
            tracing=provider(),
        )
        serve_page(opened, host=host, port=port, access=access)
    return 0


def main() -> None:
    """The `yinde` command: run what the arguments ask for and exit with its status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a GBK or ASCII terminal shows ? and does not crash
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line; its exit status. What the user must change is told in one line on standard error."""
    try:
        status = app(list(arguments), prog_name="yinde", standalone_mode=False)
    except typer.TyperException as error:
        return _refuse(usage_message(error))
    except YindeError as error:
        return _refuse(str(error))
    except (KeyboardInterrupt, typer.Abort):
        status = 130
    if status == 130:
        print("已中断。", file=sys.stderr)
    return status or 0


def _refuse(message: str) -> int:
    line = printable(" ".join(message.split()))
    print(f"错误：{line}", file=sys.stderr)
    return 2


_ORDER = (
    *("index", "search", "similar", "ask", "chat", "quote", "check", "show", "document", "summary", "contrast"),
    *(
        "cite",
        "trace",
        "stats",
        "doctor",
        "backup",
        "restore",
        "compact",
        "export",
        "import",
        "move",
        "reembed",
        "bundle",
        "serve",
        "service",
        "mcp",
    ),
)
app.registered_commands.sort(key=lambda info: _ORDER.index(info.name or str(getattr(info.callback, "__name__", ""))))
