from dataclasses import replace
from pathlib import Path

import pytest

from eval.cases import load_set
from eval.errors import EvalError
from eval.gate import read_gate, shortfalls
from eval.measures import RETRIEVAL
from eval.records import Record
from eval.run import run
from eval.score import measures
from eval.system import build, system

GATE = Path(__file__).resolve().parent.parent / "eval" / "gate.toml"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("set = ", "不是正确的 TOML"),
        ("[floors]\nF1 = 0.5\n", "里要有 set"),
        ('set = "x"\n', r"\[floors\]"),
        ('set = "x"\n[floors]\nF1 = 55\n', "F1 的门槛应当是 0 到 1"),
    ],
)
def test_a_faulty_gate_file_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "gate.toml").write_text(text, encoding="utf-8")
    with pytest.raises(EvalError, match=says):
        read_gate(tmp_path / "gate.toml")
    with pytest.raises(EvalError, match="没有门槛文件"):
        read_gate(tmp_path / "none.toml")


def planted(records: tuple[Record, ...], drop: float) -> tuple[Record, ...]:
    """The records with every retrieval measure `drop` lower: so many questions that had gold first now find nothing."""
    judged = [record for record in records if record.gold]
    perfect = [record.id for record in judged if measures([record])["R@1"]["mean"] == 1]
    spoilt = set(perfect[: round(drop * len(judged))])
    return tuple(replace(record, ranking=()) if record.id in spoilt else record for record in records)


@pytest.mark.model
def test_the_gate_passes_now_and_fails_on_a_drop_of_three_points(tmp_path: Path) -> None:
    gate = read_gate(GATE)
    case_set = load_set(gate.folder)
    with build(case_set, cache=tmp_path) as built:
        records = run(case_set, system(built), tmp_path / "run").records
    assert shortfalls(records, gate.floors) == []
    failed = {short.measure for short in shortfalls(planted(records, 0.03), gate.floors)}
    assert failed & set(RETRIEVAL), "quality has risen: raise the floors in eval/gate.toml"


def test_a_measure_the_run_lacks_is_a_shortfall() -> None:
    (short,) = shortfalls([], {"nDCG@10": 0.5})
    assert (short.measure, short.value) == ("nDCG@10", None)
