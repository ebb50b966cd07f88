"""Measure how many planted hallucinations are caught, and how many faithful sentences are flagged."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from eval.planted import Planted, plant
from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.generate import Draft
from rag.support import support
from rag.verify import Verifier

SAMPLES = Path(__file__).parent / "sets" / "jianglan" / "documents"
CAUGHT, FLAGGED = 0.95, 0.03  # of the hallucinations at least, of the faithful sentences at most


@dataclass(frozen=True, slots=True)
class Verdict:
    """A planted sentence, and whether the verifier called it unsupported."""

    planted: Planted
    flagged: bool

    @property
    def right(self) -> bool:
        """Whether a false sentence was flagged or a true one was not."""
        return self.flagged != self.planted.true


@dataclass(frozen=True, slots=True)
class Tally:
    """Of the sentences of a kind, how many were flagged."""

    kind: str
    true: bool
    flagged: int
    of: int


def hallucinations(folders: Sequence[Path] = (), *, seed: int, count: int = 50) -> list[Verdict]:
    """Verify sentences planted in the documents of some folders, those of the sample collection without any.

    `count` of each kind at most; the same for the same seed and documents. LoadError and the like as for indexing.
    """
    with (
        TemporaryDirectory() as home,
        LocalLibrary.open(Path(home) / "library", embedder=HashEmbedder(), create=True) as library,
    ):
        library.sync(list(folders) or [SAMPLES])
        return [verified(one) for one in plant(library, count=count, seed=seed)]


def verified(planted: Planted) -> Verdict:
    """What the product's own verifier says of a sentence that claims its sources."""
    statement = Verifier(planted.evidence).verify(Draft(planted.text, planted.sources))
    return Verdict(planted, statement.support == "unsupported")


def tally(verdicts: Iterable[Verdict]) -> list[Tally]:
    """One row a kind, false ones first."""
    of: Counter[tuple[bool, str]] = Counter()
    flagged: Counter[tuple[bool, str]] = Counter()
    for one in verdicts:
        key = one.planted.true, one.planted.kind
        of[key] += 1
        flagged[key] += one.flagged
    return [Tally(kind, true, flagged[true, kind], of[true, kind]) for true, kind in sorted(of)]


def shares(rows: Sequence[Tally]) -> tuple[float, float]:
    """The share of false sentences caught and of true ones flagged; 1 and 0 where there are none."""
    false, true = [row for row in rows if not row.true], [row for row in rows if row.true]
    caught = sum(row.flagged for row in false) / (sum(row.of for row in false) or 1) if false else 1.0
    return caught, sum(row.flagged for row in true) / (sum(row.of for row in true) or 1)


def markdown(rows: Sequence[Tally]) -> str:
    """The rows as a table, each total below its rows."""
    lines = ["| | sentences | flagged |", "|---|---|---|"]
    for true, title in ((False, "**false**"), (True, "**faithful**")):
        own = [row for row in rows if row.true == true]
        lines += [f"| {row.kind} | {row.of} | {row.flagged} |" for row in own]
        of, flagged = sum(row.of for row in own), sum(row.flagged for row in own)
        lines.append(f"| {title} | {of} | {flagged} ({flagged / (of or 1):.1%}) |")
    return "\n".join(lines)


def reason(verdict: Verdict) -> str:
    """What the check finds missing in the whole texts claimed; "" where it finds nothing."""
    texts = [verdict.planted.evidence[source].passage.text for source in verdict.planted.sources]
    return support(verdict.planted.text, texts).what
