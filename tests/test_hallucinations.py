import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.hallucinations import CAUGHT, FLAGGED, Tally, hallucinations, markdown, shares, tally


@pytest.mark.parametrize("seed", [8, 9])
def test_planted_hallucinations_are_caught_and_faithful_sentences_are_not(seed: int) -> None:
    rows = tally(hallucinations(seed=seed))
    false, true = (sum(row.of for row in rows if row.true == wanted) for wanted in (False, True))
    caught, flagged = shares(rows)

    assert false >= 300
    assert true >= 100
    assert caught >= CAUGHT
    assert flagged <= FLAGGED
    assert {row.kind for row in rows if not row.true} == {
        "number", "year", "name", "negation", "merged", "exchanged", "citation", "quotation",
    }  # fmt: skip


def test_the_same_seed_plants_the_same_sentences() -> None:
    first, second = (hallucinations(seed=5, count=3) for _ in range(2))
    assert [one.planted.text for one in first] == [one.planted.text for one in second]


def test_shares_are_over_all_kinds_together() -> None:
    rows = [Tally("year", False, 9, 10), Tally("name", False, 30, 30), Tally("reworded", True, 1, 50)]
    assert shares(rows) == (39 / 40, 1 / 50)
    assert "| **false** | 40 | 39 (97.5%) |" in markdown(rows)


def test_the_command_prints_the_table() -> None:
    done = CliRunner().invoke(app, ["hallucinations", "--seed", "8", "--count", "5"])
    assert "| citation | 5 | 5 |" in done.output
