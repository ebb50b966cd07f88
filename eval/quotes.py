"""Measure the look-up of quotations on thousands of changed ones, beside two rules that others use.

`python -m eval.quotes [--seed N] [FOLDER …]`: the sample collection and then 200 documents of each folder; quotations
alone, and in short drafts that give them to somebody. The first rule accepts a quotation when the best of ten passages
reaches a partial ratio of .58, the second at 35% of its character pairs.
"""

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import get_args

import numpy as np
from rapidfuzz import fuzz
from rich.console import Console
from rich.table import Table

from eval.errors import EvalError
from eval.quote_cases import QuoteCase, make_cases
from eval.quote_drafts import make_drafts
from index.embed import HashEmbedder
from index.finder import MAX_QUERY
from index.key import key
from index.library import LocalLibrary
from index.load import SUFFIXES
from index.quotes import QuoteMatch
from index.verdict import Verdict
from rag.check import check
from rag.draft import from_text

SAMPLES = Path(__file__).parent / "sets" / "jianglan" / "documents"
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
SEED, EACH, DOCUMENTS, HELD_OUT = 7, 110, 200, 0.15
RATIO, OVERLAP = 0.58, 0.35


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case and what was said of it. `placed`: every place it was made from is among the matches."""

    case: QuoteCase
    verdict: Verdict
    placed: bool
    unforgivable: bool
    seconds: float
    ratio: float
    overlap: float


def look_up(library: LocalLibrary, cases: Iterable[QuoteCase]) -> list[Outcome]:
    """Ask for every case, timed, and judge it by both rules, untimed."""
    texts = {document.id: library.document(document.id).text for document in library.documents()}
    outcomes = []
    for case in cases:
        began = perf_counter()
        verdict, matches = judge(library, case)
        seconds = perf_counter() - began
        hits = library.search(case.quote[:MAX_QUERY], k=10, mode="lexical")
        passages = [hit.passage.text for hit in hits]
        outcomes.append(
            Outcome(
                case,
                verdict,
                placed(case, matches, texts),
                unforgivable(case, verdict, matches),
                seconds,
                max((fuzz.partial_ratio(case.quote, passage) / 100 for passage in passages), default=0.0),
                max((pairs_shared(case.quote, passage) for passage in passages), default=0.0),
            )
        )
    return outcomes


def judge(library: LocalLibrary, case: QuoteCase) -> tuple[Verdict, Sequence[QuoteMatch]]:
    """What is said of a quotation and where it stands; of one in a draft, by the check of that draft."""
    if not case.draft:
        report = library.find_quote(case.quote, limit=100)
        return report.verdict, report.matches
    said = [finding for finding in check(from_text(case.draft), library).findings if finding.words == case.quote]
    return (said[0].verdict or "not_found", said[0].matches) if said else ("not_found", ())


def placed(case: QuoteCase, matches: Sequence[QuoteMatch], texts: Mapping[str, str]) -> bool:
    """Whether every place of the case is matched to the character; so is another place with the very same words."""
    found = {(match.passage.doc_id, match.start, match.end) for match in matches}
    words = {match.text for match in matches}
    return all(place in found or texts[place[0]][place[1] : place[2]] in words for place in case.places)


def unforgivable(case: QuoteCase, verdict: Verdict, matches: Sequence[QuoteMatch]) -> bool:
    """Whether something is called verbatim that is not, white space apart, what the source says, or another's."""
    quote = "".join(case.quote.split())
    wrong = any("".join(match.text.split()) != quote for match in matches if match.verdict == "verbatim")
    return wrong or (verdict == "verbatim" and case.verdict != "verbatim")


def pairs_shared(quote: str, passage: str) -> float:
    """The share of the quotation's character pairs that the passage has; 0 for a quotation without pairs."""
    words, other = key(quote), key(passage)
    pairs = {words[i : i + 2] for i in range(len(words) - 1)}
    return sum(pair in other for pair in pairs) / len(pairs) if pairs else 0.0


def f1(pairs: Sequence[tuple[str, str]]) -> dict[str, float]:
    """F1 of every verdict over (true, said) pairs; 0 for one that is never right."""
    right = Counter(true for true, said in pairs if true == said)
    true, said = Counter(pair[0] for pair in pairs), Counter(pair[1] for pair in pairs)
    return {verdict: 2 * right[verdict] / max(true[verdict] + said[verdict], 1) for verdict in VERDICTS}


def macro(scores: Mapping[str, float]) -> float:
    """The mean over verdicts."""
    return float(np.mean(list(scores.values())))


def measure(folder: Path, *, documents: int | None, seed: int, each: int) -> list[Outcome]:
    """Index a seeded part of a folder, make cases from it and look them up. EvalError when it has too few documents."""
    rng = Random(seed)
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    rng.shuffle(files)
    files = files[: round(documents * (1 + HELD_OUT))] if documents else files
    count = round(len(files) / (1 + HELD_OUT))
    if count < 2 or count == len(files):
        raise EvalError(f"{folder} 里的文件太少，至少要 8 篇")
    with TemporaryDirectory() as place:
        with LocalLibrary.open(Path(place) / "absent", embedder=HashEmbedder(), create=True) as library:
            library.sync(files[count:])
            absent = [library.document(document.id).text for document in library.documents()]
        with LocalLibrary.open(Path(place) / "library", embedder=HashEmbedder(), create=True) as library:
            library.sync(files[:count])
            texts = {document.id: library.document(document.id).text for document in library.documents()}
            texts = {i: text for i, text in texts.items() if len(text) > 200}
            cases = make_cases(texts, absent, each=each, seed=seed)
            return look_up(library, cases + make_drafts([library.document(i) for i in texts], each=each, seed=seed))


def show(name: str, outcomes: Sequence[Outcome], out: Console) -> None:
    """Figures of one collection: verdicts, kinds that were not all right, speed, and the two rules."""
    scores = f1([(o.case.verdict, o.verdict) for o in outcomes])
    present = [o for o in outcomes if o.case.places]
    times = np.array([o.seconds for o in outcomes if not o.case.draft]) * 1000
    out.print(f"\n{name}: {len(outcomes)} quotations", style="bold")
    out.print(
        f"macro-F1 {macro(scores):.4f} · called verbatim wrongly {sum(o.unforgivable for o in outcomes)} · "
        f"offsets exact {np.mean([o.placed for o in present]):.4f} · p50 {np.percentile(times, 50):.1f} ms · "
        f"p95 {np.percentile(times, 95):.1f} ms · max {times.max():.0f} ms",
        soft_wrap=True,
    )
    table = Table("true", "cases", "F1", *VERDICTS, "ratio ≥ .58 accepts", "35% overlap accepts")
    for verdict in VERDICTS:
        mine = [o for o in outcomes if o.case.verdict == verdict]
        said = Counter(o.verdict for o in mine)
        accepts = [np.mean([o.ratio >= RATIO for o in mine]), np.mean([o.overlap >= OVERLAP for o in mine])]
        shown = [str(said[other]) for other in VERDICTS]
        table.add_row(verdict, str(len(mine)), f"{scores[verdict]:.4f}", *shown, *(f"{share:.1%}" for share in accepts))
    out.print(table)
    accepted = {
        "ratio ≥ .58": [o.ratio >= RATIO for o in outcomes],
        "35% overlap": [o.overlap >= OVERLAP for o in outcomes],
    }
    for rule, yes in accepted.items():
        pairs = [(o.case.verdict, "verbatim" if y else "not_found") for o, y in zip(outcomes, yes, strict=True)]
        wrong = sum(true in ("altered", "elided", "spliced") and said == "verbatim" for true, said in pairs)
        out.print(f"{rule}: macro-F1 {macro(f1(pairs)):.4f}, changed texts accepted {wrong}")
    for kind in dict.fromkeys(o.case.kind for o in outcomes):
        mine = [o for o in outcomes if o.case.kind == kind]
        right, at = sum(o.case.verdict == o.verdict for o in mine), sum(o.placed for o in mine)
        if right < len(mine) or at < len(mine):
            out.print(f"  {kind}: verdict {right}/{len(mine)}, offsets {at}/{len(mine)}")


def main(arguments: Sequence[str]) -> int:
    """Measure the samples and the folders named; 1 when anything not verbatim was called so."""
    parser = ArgumentParser(prog="python -m eval.quotes")
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args(arguments)
    out, wrong = Console(width=170), 0
    for folder in [SAMPLES, *options.folders]:
        documents = None if folder == SAMPLES else DOCUMENTS
        outcomes = measure(folder, documents=documents, seed=options.seed, each=EACH)
        show(folder.name if folder != SAMPLES else "jianglan", outcomes, out)
        wrong += sum(outcome.unforgivable for outcome in outcomes)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
