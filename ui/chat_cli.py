"""`yinde ask` and `yinde chat`: one question, and a conversation in which one thing leads to another."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import takewhile
from typing import Annotated

import typer

from index.errors import YindeError
from index.types import Mode
from rag.followup import Turn
from rag.settings import endpoint
from rag.types import Answer
from ui.command import (
    Choices,
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
from ui.prose import printable
from ui.records import answer_record
from ui.terminal import Screen, progress_bars, screen, show_abstained, show_asked, show_sources, show_statement
from ui.usage import ChineseCommand
from ui.words import SENT_AWAY

AFTER_HELP = "此前的问题，追问（那2025年呢？）据此补全；可写多次，早的在前"
COMMANDS = "/改 问题 换个问法重答上一问，/新 另起话题，/退出"
PROMPT = "问：" if sys.stdout.encoding and sys.stdout.encoding.lower().startswith("utf") else "> "


@app.command(cls=ChineseCommand, help="依据文库里的原文回答问题，逐句注明出处；没有依据时如实说没有。")
def ask(
    context: typer.Context,
    question: Annotated[list[str], typer.Argument(metavar="QUESTION", help="要问的问题")],
    after: Annotated[list[str] | None, typer.Option("--after", metavar="QUESTION", help=AFTER_HELP)] = None,
    mode: ModeOption = "hybrid",
    library: LibraryOption = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> int:
    """Print an answer as it grows, and its sources."""
    choices = chosen(context, library, model, as_json)
    history = [Turn(typed([earlier])) for earlier in after or ()]
    with open_library(choices, model=choices.model) as (opened, _):
        from rag.configured import configured

        pipeline = configured(opened)
        if not choices.json:
            tell(screen(), pipeline.stream(typed(question), mode=mode, history=history))
            return 0
        answer = pipeline.ask(typed(question), mode=mode, history=history)
    print_record(choices, answer_record(answer), lambda _: None)
    return 0


@app.command(cls=ChineseCommand, help="接连提问：可以追问，如“那2025年呢？”“展开第二点”。")
def chat(
    context: typer.Context,
    mode: ModeOption = "hybrid",
    library: LibraryOption = None,
    model: ModelOption = None,
) -> int:
    """Answer line after line until the input ends."""
    choices = chosen(context, library, model, False)
    with ExitStack() as stack:
        talk = Talk(stack, choices, mode)
        out = screen()
        if sys.stdin.isatty():
            out.print(f"直接提问，可以接着追问。{COMMANDS}")
            if (service := endpoint()) and service.elsewhere:
                out.print(SENT_AWAY.format(host=service.host))
            with suppress(ImportError):
                import readline  # noqa: F401 - gives the line its arrow keys
        for line in takewhile(lambda line: line not in ("/退出", "/q"), _lines()):
            talk.hear(out, line)
    return 0


class Talk:
    """A conversation with a library: what was asked and answered so far."""

    def __init__(self, stack: ExitStack, choices: Choices, mode: Mode) -> None:
        """Open the library until `stack` is left, with its model, so that no bar is drawn among the questions."""
        from index.opening import open_library
        from rag.configured import configured

        with progress_bars() as progress:
            library = open_library(choices.place, model=choices.model, model_progress=progress)
            stack.enter_context(library)
            if mode != "lexical":
                library.embedder  # noqa: B018
        self._pipeline = configured(library)
        self._mode: Mode = mode
        self.history: list[Turn] = []

    def hear(self, out: Screen, line: str) -> None:
        """Do what one line wants: a question is answered, /改 … puts another in place of the last, /新 forgets all."""
        command, _, rest = line.partition(" ")
        if command == "/新":
            self.history.clear()
        elif command == "/改":
            self._answer_again(out, rest.strip())
        elif line.startswith("/"):
            out.print(f"没有 {printable(command)} 这个命令；{COMMANDS}")
        elif line:
            self._answer(out, line)

    def _answer_again(self, out: Screen, question: str) -> None:
        if not question:
            out.print("/改 后面写上问题，如：/改 2025年的补助标准是多少")
            return
        del self.history[-1:]
        self._answer(out, question, alone=True)

    def _answer(self, out: Screen, question: str, *, alone: bool = False) -> None:
        history = [] if alone else self.history
        try:
            answer = tell(out, self._pipeline.stream(question, mode=self._mode, history=history))
        except YindeError as error:
            out.print(f"错误：{printable(str(error))}")
        except KeyboardInterrupt:
            out.print("已停止。")
        else:
            self.history.append(Turn(question, answer))
        out.print()


def tell(out: Screen, answers: Iterator[Answer]) -> Answer:
    """Print an answer as it grows, then its sources; gives the whole one."""
    told = 0
    asked = ""
    for answer in answers:
        if answer.asked != asked:
            asked = answer.asked
            show_asked(out, asked)
        for statement in answer.statements[told:]:
            show_statement(out, statement)
        told = len(answer.statements)
    if answer.abstained:
        show_abstained(out, answer)
    else:
        show_sources(out, answer)
    return answer


def _lines() -> Iterator[str]:
    """What is typed, line by line, until the input ends."""
    while True:
        try:
            yield typed([input(PROMPT if sys.stdin.isatty() else "")]).strip()
        except EOFError:
            return
        except UnicodeDecodeError:
            yield ""
