"""What eval refuses. The one base for a face to catch stays `index.errors.YindeError`."""

from pathlib import Path

from index.errors import YindeError


class EvalError(YindeError):
    """A question set, a run or a setting that cannot be measured; the message names the file and the line."""


def at(path: Path, line: int, problem: str) -> EvalError:
    """An error that says where: `…/cases.jsonl 第 3 行：…`."""
    return EvalError(f"{path} 第 {line} 行：{problem}")
