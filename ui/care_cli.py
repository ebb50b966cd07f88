"""`yinde doctor`, `backup`, `restore`, `compact`, `export`, `import`: keeping a library sound."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from index.errors import LibraryError
from ui.command import Choices, JsonOption, LibraryOption, app, chosen, print_record
from ui.usage import ChineseCommand

PLACE_HELP = "放备份的文件夹；同一个文件夹可备份多次，没变的部分不再重写"


@app.command(cls=ChineseCommand, help="检查文库是否完好；--mend 由原文重新生成损坏的检索部分，清掉残留。")
def doctor(
    context: typer.Context,
    mend: Annotated[bool, typer.Option("--mend", help="修好能修的，原文不动")] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Tell what is wrong; exit 1 when something still is."""
    from index.doctor import examine
    from index.doctor import mend as mend_library

    choices = chosen(context, library, None, as_json)
    folder = _own_folder(choices, "用 yinde move 搬到一个文件夹，搬时逐条核对")
    before = examine(folder)
    left = mend_library(folder) if mend else before
    mended = [finding.what for finding in before if finding not in left]
    record = {
        "sound": not left,
        "mended": mended,
        "findings": [{"what": finding.what, "mendable": finding.mendable} for finding in left],
    }
    lines = [f"已修好：{what}" for what in mended]
    lines += [finding.what + ("（可修：yinde doctor --mend）" if finding.mendable else "") for finding in left]
    told = "\n".join([*lines, *([] if left else ["文库完好。"])])
    print_record(choices, record, lambda out: out.print(told, highlight=False, markup=False, soft_wrap=True))
    return 1 if left else 0


@app.command(cls=ChineseCommand, help="备份文库；服务正在运行也可以，没变的部分不再重写。")
def backup(
    context: typer.Context,
    place: Annotated[Path, typer.Argument(metavar="DEST", help=PLACE_HELP)],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Keep the library as it is now."""
    from index.backup import back_up

    choices = chosen(context, library, None, as_json)
    kept = back_up(choices.folder, place)
    record = {"name": kept.name, "written": kept.written, "bytes": kept.total}
    told = f"已备份：{kept.name}，共 {_size(kept.total)}，其中新写入 {_size(kept.written)}。"
    print_record(choices, record, lambda out: out.print(told, highlight=False, markup=False))
    return 0


@app.command(cls=ChineseCommand, help="由备份恢复文库：逐块核对，要么全部恢复，要么不动。")
def restore(
    context: typer.Context,
    place: Annotated[Path, typer.Argument(metavar="BACKUP", help="放备份的文件夹")],
    to: Annotated[Path | None, typer.Option("--to", metavar="DIR", help="恢复到这个文件夹；不写时恢复到文库")] = None,
    at: Annotated[str, typer.Option("--at", metavar="NAME", help="哪一次备份；不写时为最近一次")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="文件夹里已有文库时，用备份取代它")] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Put a library back as it was."""
    from index.backup import backups
    from index.backup import restore as restore_library

    choices = chosen(context, library, None, as_json)
    folder = (to or _own_folder(choices, "先用 --to 恢复到一个文件夹，再用 yinde move 搬过去")).expanduser().absolute()
    backups(place)  # a mistyped place is told before anything is asked of the library's folder
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        raise LibraryError(f"{folder} 不是空文件夹；要用备份取代其中的文库，请加 --overwrite，或用 --to 换一个文件夹")
    kept = restore_library(place, folder, at=at)
    told = f"已恢复到 {folder}：{kept.name}。"
    print_record(choices, {"name": kept.name, "library": str(folder)}, lambda out: out.print(told, markup=False))
    return 0


@app.command(cls=ChineseCommand, help="整理文库，收回不再使用的空间；内容和编号不变，服务正在运行也可以。")
def compact(context: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> int:
    """Give back the room that is no longer used."""
    from index.compact import compact as compact_library

    choices = chosen(context, library, None, as_json)
    done = compact_library(_own_folder(choices, "由 Milvus 自己整理"))
    record = {"before": done.before, "after": done.after, "vectors": done.vectors}
    told = f"已整理：{_size(done.before)} → {_size(done.after)}，去掉不再使用的向量 {done.vectors} 个。"
    print_record(choices, record, lambda out: out.print(told, highlight=False, markup=False))
    return 0


@app.command(cls=ChineseCommand, help="把文库导出为 JSONL 和 Parquet，供别的程序读，或导入另一个文库。")
def export(
    context: typer.Context,
    to: Annotated[Path, typer.Argument(metavar="DIR", help="空文件夹")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Write the library as files that any program reads."""
    from index.exchange import export as export_library

    choices = chosen(context, library, None, as_json)
    done = export_library(choices.folder, to)
    told = (
        f"已导出到 {to}：{done.documents} 篇，{done.passages} 段，已删改的 {done.retired} 段，向量 {done.vectors} 个。"
    )
    if not done.vectors and done.passages:
        told += "没有装 pyarrow，向量没有导出，导入时重新计算。"
    print_record(choices, asdict(done), lambda out: out.print(told, highlight=False, markup=False, soft_wrap=True))
    return 0


@app.command("import", cls=ChineseCommand, help="由导出的文件建立文库：编号不变，有向量的不重算，逐条核对。")
def import_command(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="DIR", help="yinde export 导出的文件夹")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Make a library from an export."""
    from index.embed import open_embedder
    from index.exchange import take_over

    choices = chosen(context, library, None, as_json)
    folder = _own_folder(choices, "先导入一个文件夹，再用 yinde move 搬过去")
    done = take_over(source, folder, open_embedder)
    told = f"已导入并核对：{done.documents} 篇，{done.passages} 段，新算向量 {done.embedded} 个。"
    print_record(choices, asdict(done), lambda out: out.print(told, highlight=False, markup=False))
    return 0


def _own_folder(choices: Choices, instead: str) -> Path:
    """The library's folder; LibraryError for one in Milvus, whose folder here is only what its writer works in."""
    from index.milvus.address import is_milvus

    if is_milvus(choices.place):
        raise LibraryError(f"这个命令只用于文件夹里的文库；Milvus 里的文库，{instead}")
    return choices.folder


def _size(count: int) -> str:
    return f"{count / 2**20:.1f} MB"
