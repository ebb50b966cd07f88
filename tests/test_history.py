import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.embed import HashEmbedder
from index.errors import NotFoundError
from index.history import History, differences
from index.library import LocalLibrary

FIRST = "关于做好防汛工作的通知"
LINES = [
    "各县区要落实防汛责任，重要堤段每十公里配备一名巡查人员，巡查记录逐日上报市防汛办。",
    "应急物资按照每万人三百件的标准储备，汛前完成清点，缺额部分由县区财政补足到位。",
    "各水库汛期不得超汛限水位运行，确需调整的应当报市防汛抗旱指挥部批准后方可实施。",
    "对因责任不落实造成损失的单位和个人，依照有关规定严肃追究责任，并予以全市通报。",
]
WORDS = ["山洪", "预警", "转移", "值班", "堤防", "水库", "巡查", "物资", "不得", "应当", "三百", "十公里"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    return folder / "通知.txt"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[LocalLibrary]:
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as opened:
        yield opened


def write(library: LocalLibrary, file: Path, lines: list[str]) -> None:
    file.write_text("\n\n".join([FIRST, *lines]), encoding="utf-8")
    library.sync([file.parent])


def id_of(library: LocalLibrary, words: str) -> str:
    (found,) = [p.id for d in library.documents() for p in library.passages(d.id) if words in p.text]
    return found


def test_a_passage_that_is_there_is_live_and_unchanged(library: LocalLibrary, file: Path) -> None:
    write(library, file, LINES)
    past = library.history(id_of(library, "应急物资"))
    assert (past.fate, past.when, past.title) == ("live", "", FIRST)
    assert past.now == past.then
    assert past.diff == (("equal", LINES[1], LINES[1]),)


def test_a_changed_passage_shows_then_and_now_with_the_characters(library: LocalLibrary, file: Path) -> None:
    write(library, file, LINES)
    old = id_of(library, "应急物资")
    before = datetime.now(UTC).replace(microsecond=0)
    write(library, file, [LINES[0], LINES[1].replace("三百件", "五百件"), *LINES[2:]])
    past = library.history(old)
    assert past.fate == "changed"
    assert past.then.id == old
    assert past.then.text == LINES[1]
    assert past.now is not None
    assert past.now.id == id_of(library, "五百件")
    assert past.diff == (
        ("equal", "应急物资按照每万人", "应急物资按照每万人"),
        ("replace", "三", "五"),
        ("equal", LINES[1][10:], LINES[1][10:]),
    )
    assert before <= datetime.fromisoformat(past.when) <= datetime.now(UTC)


def test_two_changes_lead_to_the_wording_of_today(library: LocalLibrary, file: Path) -> None:
    write(library, file, LINES)
    first = id_of(library, "应急物资")
    for count in ("四百件", "五百件"):
        write(library, file, [LINES[0], LINES[1].replace("三百件", count), *LINES[2:]])
    past = library.history(first)
    assert past.now is not None
    assert "五百件" in past.now.text
    assert ("replace", "三", "五") in past.diff


def test_a_deleted_passage_is_removed_also_after_it_was_changed(library: LocalLibrary, file: Path) -> None:
    write(library, file, LINES)
    first = id_of(library, "应急物资")
    write(library, file, [LINES[0], LINES[1].replace("三百件", "五百件"), *LINES[2:]])
    write(library, file, [LINES[0], *LINES[2:]])
    past = library.history(first)
    assert (past.fate, past.now, past.then.text) == ("removed", None, LINES[1])
    assert past.diff == (("delete", LINES[1], ""),)
    assert past.when


def test_a_deleted_file_leaves_its_passages_removed_and_its_return_revives_them(
    library: LocalLibrary, file: Path
) -> None:
    write(library, file, LINES)
    old = id_of(library, "应急物资")
    file.unlink()
    library.sync([file.parent])
    assert (library.history(old).fate, library.history(old).title) == ("removed", FIRST)
    write(library, file, LINES)
    assert library.history(old).fate == "live"


def test_a_wording_that_returns_is_live_and_the_one_between_leads_to_it(library: LocalLibrary, file: Path) -> None:
    write(library, file, LINES)
    first = id_of(library, "应急物资")
    changed = [LINES[0], LINES[1].replace("三百件", "五百件"), *LINES[2:]]
    write(library, file, changed)
    between = id_of(library, "五百件")
    write(library, file, LINES)
    assert library.history(first).fate == "live"
    past = library.history(between)
    assert past.now is not None
    assert (past.fate, past.now.id) == ("changed", first)


def test_an_id_that_never_was_is_not_found(library: LocalLibrary) -> None:
    with pytest.raises(NotFoundError, match="没有段落 dnever-000"):
        library.history("dnever-000")


def test_differences_keep_a_rewritten_clause_whole() -> None:
    assert differences("加强组织领导，压实责任。", "加强督促检查，压实责任。") == (
        ("equal", "加强", "加强"),
        ("replace", "组织领导", "督促检查"),
        ("equal", "，压实责任。", "，压实责任。"),
    )
    assert differences("", "") == ()
    assert differences("甲", "") == (("delete", "甲", ""),)


@given(st.text(alphabet="甲乙丙丁，。", max_size=30), st.text(alphabet="甲乙丙丁，。", max_size=30))
def test_differences_hold_every_character_of_both_texts(then: str, now: str) -> None:
    steps = differences(then, now)
    assert "".join(before for _, before, _ in steps) == then
    assert "".join(after for _, _, after in steps) == now
    for op, before, after in steps:
        kind = "equal" if before == after else "replace" if before and after else "delete" if before else "insert"
        assert op == kind


paragraph = st.lists(st.sampled_from(WORDS), min_size=8, max_size=20).map(lambda words: "".join(words) + "。")
version = st.lists(st.one_of(st.sampled_from(LINES), paragraph), min_size=0, max_size=6)


def resolves(library: LocalLibrary, past: History) -> None:
    if past.now is None:
        assert past.fate == "removed"
    else:
        assert library.passage(past.now.id) == past.now
        assert (past.fate == "live") == (past.now.id == past.then.id)
    assert (past.fate == "live") == (past.when == "")
    assert "".join(before for _, before, _ in past.diff) == past.then.text
    assert "".join(after for _, _, after in past.diff) == (past.now.text if past.now else "")


@settings(max_examples=20)
@given(st.lists(st.one_of(st.none(), version), min_size=2, max_size=5))
def test_whatever_is_edited_every_id_that_ever_was_resolves(versions: list[list[str] | None]) -> None:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "documents" / "通知.txt"
        file.parent.mkdir()
        with LocalLibrary.open(Path(name) / "library", embedder=HashEmbedder(), create=True) as library:
            seen: dict[str, str] = {}
            for lines in versions:
                if lines is None:
                    file.unlink(missing_ok=True)
                    library.sync([file.parent])
                else:
                    write(library, file, lines)
                for passage_id, words in seen.items():
                    past = library.history(passage_id)
                    resolves(library, past)
                    assert past.then.id == passage_id
                    # An id stands for its words; marks may change under it.
                    assert past.then.text.strip("。，") == words.strip("。，")
                seen |= {p.id: p.text for d in library.documents() for p in library.passages(d.id)}
