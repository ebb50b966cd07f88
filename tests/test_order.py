"""Which document a passage belongs to and what stands beside it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.embed import HashEmbedder
from index.library import LocalLibrary
from index.order import Order


def test_a_passage_knows_its_document_and_those_beside_it(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "甲.txt").write_text(
        "一、防汛\n全面压实防汛责任。\n二、抗旱\n及时组织抗旱灌溉。\n三、救灾\n妥善安置受灾群众。\n", "utf-8"
    )
    (documents / "乙.txt").write_text("只有一段话的文件。\n", "utf-8")
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as library:
        library.sync([documents])
        hits = library.search("防汛抗旱救灾只有一段话的文件", k=10)
        assert all({"neighbours", "document"} <= hit.signals.keys() for hit in hits)
    table = next((tmp_path / "library").glob("gen-*")) / "order.npy"
    around = Order(table).around(range(10))
    by_document: dict[int, list[int]] = {}
    for row, (owner, before, after) in around.items():
        assert before is None or around[before][2] == row
        assert after is None or around[after][1] == row
        by_document.setdefault(owner, []).append(row)
    assert sorted(map(len, by_document.values())) == [1, 3]
    alone = next(rows[0] for rows in by_document.values() if len(rows) == 1)
    assert around[alone][1:] == (None, None)


@given(rows=st.lists(st.integers(-5, 40)))
def test_rows_of_no_passage_are_left_out(tmp_path_factory: pytest.TempPathFactory, rows: list[int]) -> None:
    path = tmp_path_factory.getbasetemp() / "order.npy"
    np.save(path, np.array([(7, 1), (3, 1), (20, 2)], dtype=np.int32))
    expected = {7: (1, None, 3), 3: (1, 7, None), 20: (2, None, None)}
    assert Order(path).around(rows) == {row: expected[row] for row in rows if row in expected}
