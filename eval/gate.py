"""The gate: measures must not fall below their floors."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.errors import EvalError
from eval.records import Record
from eval.score import FALSE_REFUSALS, abstention, measures


@dataclass(frozen=True, slots=True)
class Gate:
    """What must hold for a set: measure → floor. `folder` is the set's, `mode` how it is searched."""

    folder: Path
    mode: str
    floors: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A measure under its floor; `value` is None when the run does not have it."""

    measure: str
    floor: float
    value: float | None


def read_gate(file: Path) -> Gate:
    """A gate's TOML file: set (a folder, relative to the file), mode, a table of floors. EvalError names a fault."""
    try:
        stored = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EvalError(f"没有门槛文件 {file}；请检查路径") from None
    except tomllib.TOMLDecodeError as problem:
        raise EvalError(f"{file} 不是正确的 TOML：{problem}") from None
    floors: Any = stored.get("floors")
    if not isinstance(stored.get("set"), str) or not isinstance(floors, dict) or not floors:
        raise EvalError(f'{file} 里要有 set = "问题集文件夹" 和 [floors] 表')
    for name, floor in floors.items():
        if isinstance(floor, bool) or not isinstance(floor, int | float) or not 0 <= floor <= 1:
            raise EvalError(f"{file}：{name} 的门槛应当是 0 到 1 之间的数，现在是 {floor!r}")
    return Gate(file.parent / stored["set"], str(stored.get("mode", "hybrid")), floors)


def shortfalls(records: Sequence[Record], floors: Mapping[str, float]) -> list[Shortfall]:
    """The measures under their floors, in the order of `floors`. A measure the run lacks is one of them.

    Beside the means of `eval.score.measures`, "rejection@0.10" is the rejection at a tenth of false refusals.
    """
    means = {name: row["mean"] for name, row in measures(records).items()}
    rejected = abstention(records)["rejection"]
    means |= {f"rejection@{share:.2f}": rejected[f"{share:.2f}"] for share in FALSE_REFUSALS}
    return [
        Shortfall(name, floor, means.get(name))
        for name, floor in floors.items()
        if (value := means.get(name)) is None or value < floor
    ]
