"""`yinde search` and `yinde similar`: passages for a query, and passages like a passage."""

import time
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from index.errors import ModelError
from index.filters import Condition, Field, Filter, condition
from ui.command import (
    JsonOption,
    LibraryOption,
    ModelOption,
    ModeOption,
    app,
    chosen,
    open_library,
    print_record,
    typed,
)
from ui.records import hit_records, search_record
from ui.terminal import Screen, show_corrected, show_hits
from ui.usage import ChineseCommand

if TYPE_CHECKING:
    from index.library import LocalLibrary
    from index.milvus.library import MilvusLibrary
    from index.rerank import Reranker

QUERY_HELP = (
    '要查的话：一个问题，或几个词。可写 "精确短语"、-排除，以及 标题: 机关: 文号: 文种: 年份:2020..2024 日期: 格式: '
    "目录: 章节: 正文:（整句用单引号括起）"
)
Names = list[str] | None
TitleOption = Annotated[Names, typer.Option("--title", metavar="WORDS", help="标题里有这些字；可写多次，有一个即可")]
IssuerOption = Annotated[Names, typer.Option("--issuer", metavar="NAME", help="发文机关；可写多次，有一个即可")]
NumberOption = Annotated[Names, typer.Option("--number", metavar="NUMBER", help="发文字号，可只写一部分")]
KindOption = Annotated[Names, typer.Option("--kind", metavar="KIND", help="文种，如 通知；可写多次")]
DateOption = Annotated[Names, typer.Option("--date", metavar="DATE", help="成文日期，如 2024、2024-03、2020..2024")]
FormatOption = Annotated[Names, typer.Option("--format", metavar="SUFFIX", help="文件格式，如 pdf")]
FolderOption = Annotated[Names, typer.Option("--folder", metavar="DIR", help="所在文件夹的名称或路径")]
HeadingOption = Annotated[Names, typer.Option("--heading", metavar="WORDS", help="所在章节的标题里有这些字")]
WithoutOption = Annotated[Names, typer.Option("--without", metavar="WORDS", help="正文里没有这些字")]
SortOption = Annotated[
    Literal["relevance", "date"], typer.Option("--sort", help="次序：relevance 按相关程度，date 新的在前")
]
CollapseOption = Annotated[
    Literal["nothing", "copies"], typer.Option("--collapse", help="copies：内容相同的段落并为一条，注明见于几篇")
]
PerDocumentOption = Annotated[
    int | None, typer.Option("--per-document", metavar="N", min=1, help="同一篇文件最多列几段")
]
RerankerOption = Annotated[
    str | None,
    typer.Option(
        "--reranker",
        metavar="NAME",
        help="把前几段再读一遍重排：bundled 用自带的模型，或写 CrossEncoder 的名称、文件夹",
    ),
]


@app.command(cls=ChineseCommand, help="查找与问题相符的段落。")
def search(
    context: typer.Context,
    query: Annotated[list[str], typer.Argument(metavar="QUERY", help=QUERY_HELP)],
    k: Annotated[int, typer.Option("--k", "-k", metavar="N", help="最多几段，1 至 1000")] = 10,
    mode: ModeOption = "hybrid",
    title: TitleOption = None,
    issuer: IssuerOption = None,
    number: NumberOption = None,
    kind: KindOption = None,
    date: DateOption = None,
    suffix: FormatOption = None,
    folder: FolderOption = None,
    heading: HeadingOption = None,
    without: WithoutOption = None,
    sort: SortOption = "relevance",
    collapse: CollapseOption = "nothing",
    per_document: PerDocumentOption = None,
    reranker: RerankerOption = None,
    library: LibraryOption = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> int:
    """Print the passages that fit, best first. Several words count as one query, so quotes may be forgotten."""
    choices = chosen(context, library, model, as_json)
    words = typed(query)
    demands: dict[Field, Names] = {
        "title": title,
        "issuer": issuer,
        "number": number,
        "kind": kind,
        "date": date,
        "format": suffix,
        "folder": folder,
        "heading": heading,
    }
    filters = Filter((*_conditions(demands), *_conditions({"text": without}, negated=True)))
    with open_library(choices, model=choices.model) as (opened, _):
        if mode != "lexical":
            opened.embedder  # noqa: B018 - loads the model now, so that took_ms is the search's own
        if reranker is not None:
            opened.reranker = _reranker(reranker, opened)
        began = time.perf_counter()
        hits = opened.search(
            words, k=k, mode=mode, filters=filters, sort=sort, collapse=collapse, per_document=per_document
        )
        took_ms = (time.perf_counter() - began) * 1000
        corrected = opened.corrected(words) or ""
    record = search_record(words, hits, took_ms=took_ms, corrected=corrected)

    def show(out: Screen) -> None:
        show_corrected(out, corrected)
        show_hits(out, words, hits, took_ms=took_ms)

    print_record(choices, record, show)
    return 0


def _reranker(name: str, library: "LocalLibrary | MilvusLibrary") -> "Reranker":
    from index.rerank import open_reranker

    own = library.embedder.reranker if name == "bundled" else None
    if name == "bundled" and own is None:
        raise ModelError(
            f"{library.embedder.model} 没有自带的重排模型；请写 CrossEncoder 的名称或文件夹，或去掉 --reranker"
        )
    return own or open_reranker(name)


@app.command(cls=ChineseCommand, help="查找与某一段落相近的段落。")
def similar(
    context: typer.Context,
    passage_id: Annotated[str, typer.Argument(metavar="PASSAGE_ID", help="段落编号，检索结果里有")],
    k: Annotated[int, typer.Option("--k", "-k", metavar="N", help="最多几段，1 至 1000")] = 10,
    library: LibraryOption = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> int:
    """Print the passages nearest to one in words and meaning, nearest first."""
    choices = chosen(context, library, model, as_json)
    with open_library(choices, model=choices.model) as (opened, _):
        passage = opened.passage(passage_id)
        began = time.perf_counter()
        hits = opened.similar(passage_id, k=k)
        took_ms = (time.perf_counter() - began) * 1000
    record = {"id": passage.id, "took_ms": round(took_ms, 1), "hits": hit_records(hits)}
    print_record(choices, record, lambda out: show_hits(out, passage.text[:20], hits, took_ms=took_ms))
    return 0


def _conditions(demands: dict[Field, Names], *, negated: bool = False) -> list[Condition]:
    return [
        condition(field, typed([value]), negated=negated) for field, values in demands.items() for value in values or ()
    ]
