import sqlite3
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from index.arrival import arrival, embedded_windows
from index.catalog import Catalog
from index.change import Change, apply
from index.embed import HashEmbedder
from index.gongwen import compose
from index.library import LocalLibrary
from index.pages import page_starts
from index.split import split
from index.types import Block, Loaded, Passage, page_at, turns_in

# The tables of a library of format 1, as the release that wrote it made them.
FORMAT_1 = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, digest TEXT NOT NULL,
                        title TEXT NOT NULL, text TEXT NOT NULL, meta TEXT NOT NULL, outline TEXT NOT NULL,
                        born INTEGER NOT NULL);
CREATE INDEX documents_by_digest ON documents (digest);
CREATE TABLE sources (path TEXT PRIMARY KEY, doc_id TEXT NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL,
                      digest BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX sources_by_document ON sources (doc_id);
CREATE TABLE passages (row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc_id TEXT NOT NULL,
                       start INTEGER NOT NULL, end INTEGER NOT NULL, text TEXT NOT NULL, path TEXT NOT NULL,
                       address TEXT NOT NULL, born INTEGER NOT NULL);
CREATE INDEX passages_in_order ON passages (doc_id, start);
CREATE INDEX passages_by_birth ON passages (born);
CREATE TABLE windows (row INTEGER NOT NULL, number INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
                      key BLOB NOT NULL, PRIMARY KEY (row, number)) WITHOUT ROWID;
CREATE TABLE vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE graves (kind TEXT NOT NULL, row INTEGER NOT NULL, generation INTEGER NOT NULL, PRIMARY KEY (kind, row))
                    WITHOUT ROWID;
CREATE TABLE retired (id TEXT PRIMARY KEY, doc_id TEXT NOT NULL, title TEXT NOT NULL, start INTEGER NOT NULL,
                      end INTEGER NOT NULL, text TEXT NOT NULL, path TEXT NOT NULL, address TEXT NOT NULL,
                      successor TEXT NOT NULL, retired_at TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO settings VALUES ('format', '1'), ('generation', '2'), ('model', 'hash-64'), ('dimension', '64');
INSERT INTO documents VALUES (7, 'dold', 'x', '旧通知', '旧通知' || char(10) || '每户补助两千元。', '{}', '[]', 2);
INSERT INTO sources VALUES ('/资料/旧通知.txt', 'dold', 5, 6, x'00');
INSERT INTO passages VALUES (9, 'dold-a', 'dold', 0, 12, '旧通知' || char(10) || '每户补助两千元。', '[]', '第1段', 2);
INSERT INTO retired VALUES
  ('dold-z', 'dold', '旧通知', 4, 12, '每户补助一千元。', '[]', '第1段', 'dold-a', '2026-01-01');
INSERT INTO graves VALUES ('passage', 8, 2);
"""


def pages_of(*blocks: Block) -> list[tuple[int, str]]:
    """What compose makes of blocks: each page with the words that begin it."""
    document = compose(Loaded(blocks), name="文")
    return [(page, document.text[offset : offset + 4]) for offset, page in document.pages]


def test_a_format_without_pages_has_none() -> None:
    document = compose(Loaded((Block("关于减负的通知"), Block("每户补助两千元。"))), name="文")
    assert document.pages == ()
    assert {passage.page for passage in split(document)} == {0}


def test_pages_begin_where_their_first_paragraph_does() -> None:
    assert pages_of(
        Block("关于减负的通知", page=1), Block("各县市人民政府：", page=1), Block("每户补助两千元。", page=3)
    ) == [(1, "关于减负"), (3, "每户补助")]


def test_a_paragraph_over_two_pages_turns_inside() -> None:
    block = Block(" 为切实减轻基层负担， 现就有关事项通知如下。", page=1, turns=((12, 2),))
    assert pages_of(block) == [(1, "为切实减"), (2, "现就有关")]


def test_page_chrome_that_is_left_out_shifts_nothing() -> None:
    blocks = (
        Block("首页 > 政务公开 > 通知", page=1),
        Block("关于减负的通知", page=2),
        Block("每户补助两千元。", page=3),
        Block("【打印本页】", page=4),
    )
    assert pages_of(*blocks) == [(2, "关于减负"), (3, "每户补助")]


def test_a_paragraph_written_anew_stands_where_the_one_before_it_ended() -> None:
    blocks = [Block("甲甲甲", page=1), Block("乙乙乙", page=2), Block("丙丙丙", page=3)]
    assert page_starts(blocks, ["甲甲甲", "全新的话", "丙丙丙"]) == ((0, 1), (4, 2), (9, 3))


def test_letters_that_compose_do_not_move_a_page() -> None:
    # e and its accent are two signs in the file and one in the document.
    block = Block("cafe\u0301 cafe\u0301 第二页", page=1, turns=((12, 2),))
    assert pages_of(block) == [(1, "café"), (2, "第二页")]


def test_page_at_and_turns_in_by_hand() -> None:
    pages = ((0, 1), (10, 2), (20, 4))
    assert [page_at(pages, offset) for offset in (0, 9, 10, 19, 20, 99)] == [1, 1, 2, 2, 4, 4]
    assert page_at((), 5) == 0
    assert turns_in(pages, 0, 20) == ((10, 2),)
    assert turns_in(pages, 10, 21) == ((20, 4),)
    passage = Passage("p", "d", 5, 30, "", page=1, turns=turns_in(pages, 5, 30))
    assert [passage.page_at(offset) for offset in (5, 10, 29)] == [1, 2, 4]


words = st.text(alphabet="甲乙丙丁，。 a\u0301e\u3000", max_size=12)


@given(st.lists(st.tuples(words, st.integers(1, 4)), max_size=8))
def test_every_sign_of_a_document_stands_on_its_page(parts: list[tuple[str, int]]) -> None:
    """Blocks of several pages each, joined as they are: each visible sign is on the page that its part was on."""
    blocks, page, expected = [], 1, []
    for text, step in parts:
        # A mark that stands alone would join the sign before it.
        text = text.lstrip("\u0301 \u3000")
        page += step
        expected += [(sign, page) for sign in text if not sign.isspace()]
        blocks.append(Block(text, page=page))
    joined, turns = "", []
    for block in blocks:
        turns.append((len(joined), block.page))
        joined += block.text
    whole = [Block(joined, page=turns[0][1], turns=tuple(turns[1:]))] if blocks else []
    for given_blocks, text in ((blocks, "\n".join(b.text for b in blocks)), (whole, joined)):
        paragraphs = [b.text for b in given_blocks]
        pages = page_starts(given_blocks, paragraphs)
        found = [(sign, page_at(pages, at)) for at, sign in enumerate(text) if not sign.isspace()]
        assert found == expected


def test_pages_are_kept_in_the_catalog_and_follow_a_changed_document(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.sqlite", create=True)

    def store(*blocks: Block) -> None:
        document = compose(Loaded(blocks), name="文")
        arriving = arrival(document, model="m")
        catalog.remember({window.key: np.zeros(4, np.float32) for window in arriving.windows()})
        apply(catalog, Change((arriving,), 1, (), (), ()), lambda: None)

    text = "为切实减轻基层负担，现就有关事项通知如下，请各地各部门结合实际认真贯彻执行到位。"
    store(Block("关于减负的通知", page=1), Block(text, page=1, turns=((10, 2),)))
    (doc_id,) = (document.id for document in catalog.documents())
    assert catalog.document(doc_id).pages == ((0, 1), (18, 2))
    (before,) = catalog.passages(doc_id)
    assert (before.page, before.turns) == (1, ((18, 2),))
    store(Block("关于减负的通知", page=1), Block(text, page=2, turns=((10, 3),)))
    (after,) = catalog.passages(doc_id)
    assert after.id == before.id
    assert (after.page, after.turns) == (1, ((8, 2), (18, 3)))
    catalog.close()


def test_a_library_of_the_first_format_opens_and_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    embedder = HashEmbedder()
    with sqlite3.connect(folder / "catalog.sqlite") as db:
        db.executescript(FORMAT_1)
        db.execute("UPDATE settings SET value = ? WHERE name = 'model'", (embedder.model,))
        db.execute("UPDATE settings SET value = ? WHERE name = 'dimension'", (str(embedder.dimension),))
        passage = Passage("dold-a", "dold", 0, 12, "旧通知\n每户补助两千元。")
        (window,) = embedded_windows(passage, "旧通知", embedder.model)
        db.execute("INSERT INTO windows VALUES (9, 0, ?, ?, ?)", (*window.span, window.key))
        vector = embedder.passages([window.text])[0].astype(np.float16).tobytes()
        db.execute("INSERT INTO vectors VALUES (?, ?)", (window.key, vector))
    db.close()

    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "新通知.txt").write_text("新通知\n每户补助三千元，由市财政负担一半。", encoding="utf-8")
    for _ in range(2):  # migrated, and opened again
        with LocalLibrary.open(folder, embedder=embedder) as library:
            assert library.passage("dold-a") == passage_of_old(page=0)
            assert library.history("dold-z").fate == "changed"
            assert library.search("每户补助两千元")[0].passage.id == "dold-a"
            assert library.document("dold").pages == ()
            library.sync([documents])
            assert library.stats().documents == 2
    Catalog(tmp_path / "fresh.sqlite", create=True).close()
    assert columns(folder / "catalog.sqlite") == columns(tmp_path / "fresh.sqlite")


def columns(path: Path) -> set[tuple[str, ...]]:
    """The columns of all tables, whatever their order: (table, name, type, not null, default, key)."""
    db = sqlite3.connect(path)
    found = db.execute(
        "SELECT t.name, c.name, c.type, c.'notnull', c.dflt_value, c.pk "
        "FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'"
    ).fetchall()
    db.close()
    return set(found)


def passage_of_old(*, page: int) -> Passage:
    return Passage("dold-a", "dold", 0, 12, "旧通知\n每户补助两千元。", (), "第1段", page)
