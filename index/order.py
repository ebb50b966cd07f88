"""Which document a passage belongs to and which passages stand beside it, as one table in memory."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.catalog import Catalog

Around = tuple[int, int | None, int | None]  # the document's row, the rows of the passages before and after


class Order:
    """The passages of a generation in reading order; 12 bytes a passage in memory."""

    def __init__(self, path: Path) -> None:
        """Read what `write` wrote."""
        table = np.load(path)
        self._rows: NDArray[np.int32] = table[:, 0]
        self._owners: NDArray[np.int32] = table[:, 1]
        self._places = np.full(int(self._rows.max(initial=-1)) + 1, -1, dtype=np.int32)
        self._places[self._rows] = np.arange(len(self._rows), dtype=np.int32)

    @staticmethod
    def write(path: Path, catalog: Catalog) -> None:
        """Write the catalog's passages, document by document, as (passage row, document row), shape (n, 2)."""
        np.save(path, np.array(catalog.order(), dtype=np.int32).reshape(-1, 2))

    def around(self, rows: Sequence[int]) -> dict[int, Around]:
        """Passage row → its document and the passages right before and after it there; unknown rows are absent."""
        wanted = np.asarray(rows, dtype=np.int64)
        wanted = wanted[(wanted >= 0) & (wanted < len(self._places))]
        places = self._places[wanted]
        wanted, places = wanted[places >= 0], places[places >= 0]
        owners = self._owners[places]
        before, after = (self._beside(places, owners, step) for step in (-1, 1))
        found = zip(wanted.tolist(), owners.tolist(), before, after, strict=True)
        return {row: (owner, one, other) for row, owner, one, other in found}

    def _beside(self, places: NDArray[np.int32], owners: NDArray[np.int32], step: int) -> list[int | None]:
        beside = places + step
        inside = (beside >= 0) & (beside < len(self._rows))
        beside = np.where(inside, beside, 0)
        same = inside & (self._owners[beside] == owners)
        return [row if there else None for row, there in zip(self._rows[beside].tolist(), same.tolist(), strict=True)]
