"""`yinde reembed`: another model for a library, tried out before it is switched to."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index.errors import LibraryError
from ui.command import Choices, JsonOption, LibraryOption, app, chosen, open_library, print_record
from ui.records import Record
from ui.terminal import Screen, progress_bars
from ui.usage import ChineseCommand

if TYPE_CHECKING:
    from index.embed import Embedder
    from index.shadow import Difference
    from index.staging import Progress
    from index.types import Hit

QUERIES_HELP = "拿来比较的问题，一行一个；不写时用页面上问过的，没有时用各篇的标题和小标题"
REPORT_HELP = "把每个问题的比较写进这个文件（Markdown）"
_SHOWN = 10
_LONGEST = 24  # characters of a question or a title in the table


@app.command(cls=ChineseCommand, help="给文库换向量模型：先算好、比较两边找到的，满意后再切换；检索一直可用。")
def reembed(
    context: typer.Context,
    model: Annotated[str, typer.Argument(metavar="[MODEL]", help="新模型的名称或文件夹；换回时不写")] = "",
    switch: Annotated[bool, typer.Option("--switch", help="切换到新模型；不写时只算好并比较")] = False,
    back: Annotated[bool, typer.Option("--back", help="换回先前的模型")] = False,
    queries: Annotated[Path | None, typer.Option("--queries", metavar="FILE", help=QUERIES_HELP)] = None,
    report: Annotated[Path | None, typer.Option("--report", metavar="FILE", help=REPORT_HELP)] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Make the other model's vectors; compare, switch, or go back."""
    from index.embed import open_embedder
    from index.milvus.address import is_milvus
    from index.reembed import former, prepare
    from index.reembed import switch as switch_model

    choices = chosen(context, library, None, as_json)
    if bool(model) == back:
        raise LibraryError("请写新模型的名称或文件夹：yinde reembed 模型；换回先前的模型：yinde reembed --back")
    if is_milvus(choices.place):
        return _in_milvus(choices, model, switch)
    name = former(choices.place)[1] if back else model
    with progress_bars() as progress:
        embedder = open_embedder(name or None, progress=progress)
        if switch or back:
            switch_model(choices.place, embedder, name, progress)
            return _switched(choices, embedder.model)
        made = prepare(choices.place, embedder, progress)
        found = _compared(choices, embedder, queries, progress)
    if report:
        _write(report, f"{choices.place.name}：换成 {embedder.model}", found)
    record = {"model": embedder.model, "embedded": made, **_summary(found), "differences": [*map(_record, found)]}
    print_record(choices, record, lambda out: _show(out, model, found))
    return 0


def _in_milvus(choices: Choices, model: str, switch: bool) -> int:
    from index.embed import open_embedder
    from index.milvus.library import MilvusLibrary

    if not switch or not model:
        raise LibraryError("Milvus 里的文库不能先比较：yinde reembed 模型 --switch；换回时写先前模型的名称")
    with open_library(choices) as (library, progress):
        if not isinstance(library, MilvusLibrary):
            raise LibraryError(f"{choices.place} 不是 Milvus 里的文库")
        embedder = open_embedder(model, progress=progress)
        library.reembed(embedder, name=model, progress=progress)
    return _switched(choices, embedder.model)


def _switched(choices: Choices, model: str) -> int:
    told = f"文库现在用模型 {model}；正在运行的服务下次检索时就用它。换回：yinde reembed --back"
    print_record(
        choices,
        {"model": model, "switched": True},
        lambda out: out.print(told, highlight=False, markup=False, soft_wrap=True),
    )
    return 0


def _compared(choices: Choices, embedder: "Embedder", queries: Path | None, progress: "Progress") -> "list[Difference]":
    from index.library import LocalLibrary
    from index.reembed import trial
    from index.shadow import compare, questions

    with LocalLibrary.open(choices.place) as before:
        asked = _lines(queries) if queries else _from_history(choices.place) or questions(before)
        if not asked:
            raise LibraryError("没有可比较的问题：文库是空的，或文件里一行也没有；请用 --queries 给出")
        with trial(choices.place, embedder, progress) as after:
            return compare(before, after, asked, progress=progress)


def _lines(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LibraryError(f"读不了 {file}（{error}）；请用 UTF-8 的文本文件，一行一个问题") from error
    return [line.strip() for line in lines if line.strip()]


def _from_history(folder: Path) -> list[str]:
    """What readers asked on the page, once each."""
    from ui.history import Questions

    return Questions(folder).all()


def _summary(found: "Sequence[Difference]") -> dict[str, float]:
    took = [sorted(one.took[side] for one in found)[len(found) // 2] for side in (0, 1)]
    return {
        "queries": len(found),
        "overlap": sum(one.overlap for one in found) / len(found),
        "same_first": sum(one.same_first for one in found) / len(found),
        "moved": sum(one.moved for one in found) / len(found),
        "before_ms": took[0],
        "after_ms": took[1],
    }


def _record(one: "Difference") -> Record:
    firsts = {
        side: {"id": hit.passage.id, "title": hit.title, "address": hit.passage.address} if hit else None
        for side, hit in (("before", one.before), ("after", one.after))
    }
    told = {"query": one.query, "overlap": one.overlap, "same_first": one.same_first, "moved": one.moved}
    return {**told, **firsts, "took_ms": one.took}


def _show(out: Screen, model: str, found: "Sequence[Difference]") -> None:
    from rich.table import Table

    out.print(_told(found), highlight=False)
    changed = [one for one in found if one.overlap < 1 or not one.same_first][:_SHOWN]
    if changed:
        table = Table(box=None, pad_edge=False)
        for heading in ("问题", "相同", "现在的首条", "换后的首条"):
            table.add_column(heading, overflow="fold")
        for one in changed:
            table.add_row(_short(one.query), f"{one.overlap:.0%}", _first(one.before), _first(one.after))
        out.print(table)
    out.print(f"切换：yinde reembed {model} --switch", highlight=False, markup=False, soft_wrap=True)


def _told(found: "Sequence[Difference]") -> str:
    told = _summary(found)
    return (
        f"{len(found)} 个问题：前十条有 {told['overlap']:.0%} 相同，相同的平均移动 {told['moved']:.1f} 位；"
        f"首条相同的占 {told['same_first']:.0%}；每问 {told['before_ms']:.0f} → {told['after_ms']:.0f} 毫秒。"
    )


def _write(file: Path, title: str, found: "Sequence[Difference]") -> None:
    """Every question in a table, those that differ most first."""
    rows = [
        (one.query, f"{one.overlap:.0%}", f"{one.moved:.1f}", _first(one.before), _first(one.after),
         "{:.0f} → {:.0f}".format(*one.took))
        for one in found
    ]  # fmt: skip
    heads = ("问题", "相同", "移动", "现在的首条", "换后的首条", "毫秒")
    cells = [
        [" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in (heads, ["---"] * len(heads), *rows)
    ]
    lines = [f"# {title}", "", _told(found), "", *(f"| {' | '.join(row)} |" for row in cells)]
    try:
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise LibraryError(f"写不了 {file}（{error.strerror}）；请换一个 --report 文件") from error


def _first(hit: "Hit | None") -> str:
    return f"《{_short(hit.title)}》{hit.passage.address}" if hit else "—"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
