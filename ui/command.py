"""What the terminal's commands share: the options, the opened library, one JSON object or a screen for people.

Commands stand in files of their own (`ui.cite_cli`, …) and put themselves on `app`; `ui.cli` imports them all.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from index.errors import QueryError
from ui.records import Record
from ui.terminal import Screen, leave_closed_pipe, progress_bars, screen
from ui.usage import ChineseGroup

if TYPE_CHECKING:
    from index.library import LocalLibrary
    from index.milvus.library import MilvusLibrary
    from index.sync import Progress

app = typer.Typer(
    name="yinde",
    cls=ChineseGroup,
    help="引得：在成批的公文里查找、引用、核对原文。",
    epilog="先用 yinde index 文件夹 建立文库，再用 yinde search 或 yinde ask 查询。",
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)

LIBRARY_HELP = "文库所在的文件夹，或 milvus://主机:19530/名称；不写时用 YINDE_LIBRARY，再不然用本人的数据文件夹"
MODEL_HELP = "向量模型的名称或文件夹；不写时用 YINDE_MODEL，再不然用文库自己的模型"
JSON_HELP = "只输出一个 JSON 对象"

LibraryOption = Annotated[Path | None, typer.Option("--library", metavar="DIR", help=LIBRARY_HELP)]
ModelOption = Annotated[str | None, typer.Option("--model", metavar="NAME", help=MODEL_HELP)]
JsonOption = Annotated[bool, typer.Option("--json", help=JSON_HELP)]
ModeOption = Annotated[
    Literal["hybrid", "dense", "lexical"],
    typer.Option("--mode", help="检索方式：hybrid 兼用两种，dense 按语义，lexical 按字词"),
]


@dataclass(frozen=True, slots=True)
class Choices:
    """The options that commands share."""

    library: Path | None = None
    model: str | None = None
    json: bool = False

    @property
    def folder(self) -> Path:
        """The library's folder on this machine; of one in Milvus, the folder for its keys and uploads."""
        from index.opening import home

        return home(self.place)

    @property
    def place(self) -> Path:
        """Where the library is, the user's own folder when none was named. A Milvus address is a Path like others."""
        if self.library is not None:
            return self.library.expanduser()  # zsh and dash leave LIBRARY=~/我的文库 to make as it is
        from platformdirs import user_data_path

        return user_data_path("yinde", appauthor=False) / "library"


def typed(words: Sequence[str]) -> str:
    """The words as one query, read again from their bytes where the locale is another than the terminal's.

    Under LC_ALL=C, or with GBK typed in a UTF-8 locale, Python hands over lone surrogates. QueryError for neither.
    """
    text = " ".join(words)
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeError):
            return os.fsencode(text).decode(encoding)
    raise QueryError("认不出输入的文字；请把终端的编码设为 UTF-8 再输入")


def chosen(context: typer.Context, library: Path | None, model: str | None, as_json: bool) -> Choices:
    """The options given after the command, on top of those before it and of the environment."""
    outer = context.find_object(Choices) or Choices()
    return Choices(library or outer.library, model or outer.model, as_json or outer.json)


@contextmanager
def open_library(
    choices: Choices, *, model: str | None = None, create: bool = False
) -> "Iterator[tuple[LocalLibrary | MilvusLibrary, Progress]]":
    """The library, and bars for its progress. With --json, what any library prints goes to standard error."""
    from index.opening import open_library as open_place

    with (
        redirect_stdout(sys.stderr if choices.json else sys.stdout),
        progress_bars() as progress,
        open_place(choices.place, model=model, create=create, model_progress=progress) as library,
    ):
        yield library, progress


def print_record(choices: Choices, record: Record, show: Callable[[Screen], None]) -> None:
    """The record as one JSON object with --json, else what `show` draws for people."""
    if not choices.json:
        show(screen())
        return
    if isinstance(sys.stdout, TextIOWrapper):
        # A file name that is no UTF-8 holds lone surrogates: backslashreplace writes them as JSON's own escapes.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        print(json.dumps(record, ensure_ascii=False), flush=True)
    except BrokenPipeError:
        leave_closed_pipe()
