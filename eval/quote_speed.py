"""How long a quotation and a whole draft take on a large library.

`python -m eval.quote_speed LIBRARY`: a library that is there (`yinde index --model hash` makes one of any size in
minutes; the model has no part in this). Quotations are made from its own documents by `eval.quote_cases`, the draft
of some of these amid sentences of the sample collection.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter

import numpy as np
from rich.console import Console

from eval.errors import EvalError
from eval.quote_cases import SENTENCE, QuoteCase, make_cases
from eval.quotes import SAMPLES
from index.library import LocalLibrary
from index.load.decode import decode
from rag.check import check
from rag.draft import from_text

SEED, EACH, DOCUMENTS, ROUNDS = 7, 12, 1500, 3
CHARACTERS, QUOTATIONS = 10_000, 60
QUOTE_MS, DRAFT_SECONDS = 50, 2.0


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds of each quotation by kind, and seconds and findings of the draft in each round."""

    passages: int
    quotes: dict[str, list[float]]
    draft: list[float]
    findings: int

    @property
    def p95(self) -> float:
        """Milliseconds within which 95 of 100 quotations were answered."""
        return float(np.percentile([ms for times in self.quotes.values() for ms in times], 95))


def measure(library: LocalLibrary, *, seed: int = SEED, each: int = EACH) -> Speed:
    """Ask for `each` quotations of every kind and check a draft. EvalError for a library of fewer than 20 documents."""
    documents = library.documents()
    if len(documents) < 20:
        raise EvalError("文库太小，测速至少要 20 篇文件")
    rng = Random(seed)
    texts = {d.id: library.document(d.id).text for d in rng.sample(documents, min(DOCUMENTS, len(documents)))}
    foreign = [decode(path.read_bytes()) for path in sorted(SAMPLES.glob("*.txt"))]
    cases = make_cases({i: text for i, text in texts.items() if len(text) > 200}, foreign, each=each, seed=seed)
    library.find_quote(cases[0].quote)  # opens what is opened once
    quotes: dict[str, list[float]] = {}
    for case in rng.sample(cases, len(cases)):
        began = perf_counter()
        library.find_quote(case.quote)
        quotes.setdefault(case.kind, []).append((perf_counter() - began) * 1000)
    draft, seconds = make_draft(cases, foreign, rng), []
    for _ in range(ROUNDS):
        began = perf_counter()
        found = check(from_text(draft), library)
        seconds.append(perf_counter() - began)
    return Speed(library.stats().passages, quotes, seconds, len(found.findings))


def make_draft(cases: Sequence[QuoteCase], foreign: Sequence[str], rng: Random) -> str:
    """A draft of `CHARACTERS` with `QUOTATIONS` quotations of all kinds, at most 150 characters each."""
    short = [case.quote.replace("\n", "") for case in cases if len(case.quote) <= 150 and "”" not in case.quote]
    quoted = rng.sample([quote for quote in short if "“" not in quote], QUOTATIONS)
    sentences = [s.strip() for text in foreign for s in SENTENCE.findall(text) if "“" not in s and len(s) > 8]
    room = (CHARACTERS - sum(map(len, quoted))) // QUOTATIONS
    paragraphs = []
    for quote in quoted:
        words = ""
        while len(words) < room:
            words += rng.choice(sentences)
        paragraphs.append(f"{words[: room - 7]}。有关文件指出：“{quote}”")
    return "\n".join(paragraphs)


def show(speed: Speed, out: Console) -> None:
    """Percentiles over all quotations, the slowest kinds, and the draft."""
    times = np.array([ms for kind in speed.quotes.values() for ms in kind])
    p50, p95, p99 = np.percentile(times, [50, 95, 99])
    out.print(f"{speed.passages:,} passages", style="bold")
    out.print(
        f"one quotation ({len(times)}): p50 {p50:.1f} ms · p95 {p95:.1f} ms (aim {QUOTE_MS}) · p99 {p99:.1f} ms · "
        f"max {times.max():.0f} ms",
        soft_wrap=True,
    )
    slowest = sorted(speed.quotes, key=lambda kind: -float(np.percentile(speed.quotes[kind], 95)))[:6]
    for kind in slowest:
        out.print(f"  {kind}: p50 {np.median(speed.quotes[kind]):.1f} ms, max {max(speed.quotes[kind]):.0f} ms")
    out.print(
        f"draft of {CHARACTERS:,} characters with {QUOTATIONS} quotations: {np.median(speed.draft):.2f} s, "
        f"first {speed.draft[0]:.2f} s (aim {DRAFT_SECONDS:.0f}), {speed.findings} findings",
        soft_wrap=True,
    )


def main(arguments: Sequence[str]) -> int:
    """Measure the libraries in the folders named; 1 when an aim is missed."""
    out, missed = Console(width=150), False
    for folder in arguments:
        with LocalLibrary.open(Path(folder)) as library:
            speed = measure(library)
        show(speed, out)
        missed |= speed.p95 > QUOTE_MS or float(np.median(speed.draft)) > DRAFT_SECONDS
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
