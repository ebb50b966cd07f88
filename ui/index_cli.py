"""`yinde index`: documents into the library, once or for as long as their folders change."""

import sys
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from index.milvus.address import is_milvus
from index.types import Document, SyncReport
from ui.command import Choices, JsonOption, LibraryOption, ModelOption, app, chosen, open_library, print_record
from ui.index_screen import show_sync
from ui.records import sync_record
from ui.terminal import screen
from ui.usage import ChineseCommand

if TYPE_CHECKING:
    from index.library import LocalLibrary
    from index.milvus.library import MilvusLibrary
    from index.sync import Progress

PATH_HELP = '文件或文件夹，可写多个；也可用带引号的通配符，如 "资料/**/*.docx"'
DRY_HELP = "试运行：只报告会有什么变化，什么也不写"
RAY_HELP = "由 Ray 集群读取并向量化：集群地址，auto 为本机所在的集群，local 为本机；各机须能打开同样的路径"
WORKERS_HELP = "用 --ray 时几个进程同时做"
WATCH_HELP = "一直监视这些路径，有变化就更新，按 Ctrl-C 结束"


@app.command("index", cls=ChineseCommand, help="把文件或文件夹收入文库；再次运行只处理有变化的文件。")
def index_command(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help=PATH_HELP)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help=DRY_HELP)] = False,
    watch: Annotated[bool, typer.Option("--watch", help=WATCH_HELP)] = False,
    ray: Annotated[str | None, typer.Option("--ray", metavar="ADDRESS", help=RAY_HELP)] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help=WORKERS_HELP)] = 2,
    library: LibraryOption = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> int:
    """Sync the paths into the library; exit 1 when some could not be taken in."""
    choices = chosen(context, library, model, as_json)
    if dry_run:
        return _preview(choices, paths)
    output = sys.stdout
    with open_library(choices, model=choices.model, create=True) as (opened, progress):
        if watch:
            return _watch(choices, opened, paths, progress, output)
        if ray is not None:
            from index.ray_embed import RayReader

            name, folder = choices.model or opened.model_name, choices.folder.expanduser().absolute()
            opened.reader = RayReader(ray, folder, model_name=name, workers=workers)
        report = opened.sync(paths, progress=progress)
        documents = _by_id(opened.documents())
    print_record(choices, sync_record(report), lambda out: show_sync(out, report, documents))
    return 1 if report.failed else 0


def _preview(choices: Choices, paths: Sequence[Path]) -> int:
    """Report what a sync would do; against an empty library of a moment where there is none yet."""
    with tempfile.TemporaryDirectory(prefix="yinde-") as empty:
        exists = is_milvus(choices.place) or (choices.folder / "catalog.sqlite").exists()
        here = choices if exists else replace(choices, library=Path(empty))
        with open_library(here, create=not exists) as (opened, progress):
            report = opened.preview(paths, progress=progress)
            documents = _by_id(opened.documents())
    print_record(choices, sync_record(report), lambda out: show_sync(out, report, documents, dry_run=True))
    return 1 if report.failed else 0


def _watch(
    choices: Choices,
    opened: "LocalLibrary | MilvusLibrary",
    paths: Sequence[Path],
    progress: "Progress",
    output: TextIO,
) -> int:
    """Sync whenever something changes, until interrupted; with --json one object a line for each report."""
    from index.watch import watch

    def tell(report: SyncReport) -> None:
        documents = _by_id(opened.documents())
        with redirect_stdout(output):  # while the library is open, --json keeps standard output clear
            print_record(choices, sync_record(report), lambda out: show_sync(out, report, documents))

    def note(words: str) -> None:
        screen(stderr=True).print(words)

    note(f"正在监视 {len(paths)} 个路径，按 Ctrl-C 结束。")
    try:
        watch(
            paths,
            apart=choices.folder.expanduser().absolute(),
            sync=lambda here: opened.sync(here, progress=progress),
            tell=tell,
            note=note,
            stop=Event(),
        )
    except KeyboardInterrupt:
        note("已停止监视，文库完好。")
    return 0


def _by_id(documents: Sequence[Document]) -> dict[str, Document]:
    return {document.id: document for document in documents}
