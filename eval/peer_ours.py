"""Our program measured as a peer is, in a process of its own: `python -m eval.peer_ours ours job.json result.json`."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from eval.cases import load_set
from eval.peer import Search, measure
from eval.places import unit_ranking
from eval.system import build


def main() -> None:
    """Index and ask with nothing kept from earlier runs."""
    _, job_file, result = sys.argv[1:]
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    case_set = load_set(Path(job["set"]))
    with TemporaryDirectory() as cache:

        def make(_texts: Mapping[str, str], _model: str) -> Search:
            built = build(case_set, cache=Path(cache))

            # as deep as the peers' pools: several passages may belong to one text
            def search(question: str, k: int) -> list[str]:
                hits = built.library.search(question, k=2 * k)
                return unit_ranking(hits, built.placed.units, k=k)

            return search

        found = measure(job, make)
    Path(result).write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
