"""How often a library stays silent when asked what it has nothing to do with: the questions of other sets."""

from collections.abc import Callable, Sequence

from eval.cases import CaseSet
from index.library import Library
from rag.pipeline import Pipeline


def refused(
    library: Library, others: Sequence[CaseSet], *, progress: Callable[[str, int, int], None]
) -> dict[str, dict[str, float]]:
    """Set → `questions` that were asked, the share of them `refused`, in order; a set without questions is left out."""
    pipeline = Pipeline(library)
    table = {}
    for one in others:
        silent = 0
        for done, case in enumerate(one.cases, start=1):
            silent += pipeline.ask(case.question).abstained
            progress(f"提问 {one.name}", done, len(one.cases))
        if one.cases:
            table[one.name] = {"questions": len(one.cases), "refused": silent / len(one.cases)}
    return table
