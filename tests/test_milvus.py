"""What every back-end promises: the same tests on a folder, on a Milvus Lite file and on a Milvus Lite server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from backends import BACKENDS, lite_server, new_place, opened

from index.errors import LibraryError, NotFoundError
from index.filters import Filter, condition
from index.library import LocalLibrary

NOTICE = """关于做好基层减负工作的通知

各县（市、区）人民政府，市政府各部门：
为切实减轻基层负担，现就有关事项通知如下。
一、精简文件会议
（一）严控发文数量。市级层面文件数量比上年减少百分之十。
（二）改进会议形式。能用视频会议的不开现场会。
二、规范督查检查
全年面向基层的督查检查考核事项不超过五项。
江澜市人民政府办公室
2025年3月12日
"""

PLAN = """江澜市老旧小区改造实施方案

为改善居民居住条件，制定本方案。
一、工作目标
到2026年底，改造老旧小区一百二十个，惠及居民三万户，完成率达到100%。
二、资金安排
每户补助两千元，由市财政和区财政各负担一半。
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[int]]:
    """The port of a server that is started when first asked for."""
    started: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YINDE_MILVUS_WORK", str(tmp_path_factory.mktemp("work")))
        with lite_server(tmp_path_factory.mktemp("server")) as number:
            started.append(number)
            yield started


def written(folder: Path) -> Path:
    documents = folder / "documents"
    documents.mkdir()
    (documents / "通知.txt").write_text(NOTICE, encoding="utf-8")
    (documents / "方案.md").write_text(PLAN, encoding="utf-8")
    return documents


@pytest.fixture(scope="module", params=BACKENDS)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLibrary]:
    """A library with both documents; nothing writes to it."""
    folder = tmp_path_factory.mktemp("filled")
    place = new_place(request.param, folder, lambda: request.getfixturevalue("port")[0])
    with opened(place, create=True) as library:
        assert len(library.sync([written(folder)]).added) == 2
        yield library


@pytest.fixture(params=BACKENDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a library may be made."""
    return new_place(request.param, tmp_path, lambda: request.getfixturevalue("port")[0])


def test_a_query_finds_its_passage_by_words_and_by_meaning(filled: LocalLibrary) -> None:
    for mode in ("hybrid", "dense", "lexical"):
        hit = filled.search("视频会议", k=1, mode=mode)[0]  # type: ignore[arg-type]
        assert "不开现场会" in hit.passage.text
        assert filled.document(hit.passage.doc_id).text[hit.passage.start : hit.passage.end] == hit.passage.text
        text = filled.document(hit.passage.doc_id).text
        assert [text[a:b] for a, b in hit.matched][-1] == "视频会议"
    assert filled.search("督查检查考核", k=1)[0].signals["coverage"] == pytest.approx(1.0)


def test_filters_let_pass_what_they_name(filled: LocalLibrary) -> None:
    assert {hit.title for hit in filled.search("市财政 标题:改造")} == {"江澜市老旧小区改造实施方案"}
    assert {hit.date for hit in filled.search("市 年份:2025")} == {"2025-03-12"}
    assert filled.search("市 年份:2024") == []
    assert {hit.title for hit in filled.search("市", filters=Filter((condition("format", "md"),)))} == {
        "江澜市老旧小区改造实施方案"
    }
    assert ["减少百分之十" in hit.passage.text for hit in filled.search('"减少百分之十"')] == [True]
    assert filled.search('市财政 -"各负担一半" 标题:改造 "每户补助"') == []
    assert len(filled.search('改造 "100%"')) == 1
    assert filled.search('改造 "10"') == []  # a number is found whole
    assert filled.search("市 目录:documents")
    assert filled.search("市 目录:elsewhere") == []


def test_the_newest_documents_answer_a_bare_demand(filled: LocalLibrary) -> None:
    titles = [hit.title for hit in filled.search("目录:documents")]
    assert titles == ["关于做好基层减负工作的通知", "江澜市老旧小区改造实施方案"]


def test_facets_count_documents(filled: LocalLibrary) -> None:
    whole = filled.facets()
    assert (whole.documents, dict(whole.format)) == (2, {"txt": 1, "md": 1})
    assert filled.facets("老旧小区").documents == 1
    assert filled.facets("飞碟").documents == 0


def test_a_quotation_is_found_verbatim_and_changed(filled: LocalLibrary) -> None:
    assert filled.find_quote("市级层面文件数量比上年减少百分之十").verdict == "verbatim"
    changed = filled.find_quote("市级层面文件数量比上年减少百分之二十")
    assert changed.verdict == "altered"
    assert filled.find_quote("月球上没有空气").verdict == "not_found"


def test_everything_else_that_a_library_tells(filled: LocalLibrary) -> None:
    passage = filled.search("每户补助两千元", k=1)[0].passage
    assert filled.passage(passage.id) == passage
    before, after = filled.context(passage.id)
    assert [p.text[:4] for p in (*before, passage, *after)] == [p.text[:4] for p in filled.passages(passage.doc_id)][
        -2:
    ]
    assert filled.history(passage.id).fate == "live"
    assert [copy.doc_id for copy in filled.copies(passage.text)] == [passage.doc_id]
    assert [place.text for place in filled.wordings("老旧小区").places][:1] == ["老旧小区"]
    assert [one.text for one in filled.suggest("江澜市老")] == ["江澜市老旧小区改造实施方案"]
    assert filled.similar(passage.id, k=1)[0].passage.id != passage.id
    assert filled.versions(passage.doc_id) == []
    assert sorted(Path(source.path).name for source in filled.sources()) == ["方案.md", "通知.txt"]
    rarity = filled.rarity("补助 市")
    assert rarity["补助"] > rarity["市"] > 0 or "市" not in rarity
    with pytest.raises(NotFoundError):
        filled.passage("dnothing-nothing")
    with pytest.raises(NotFoundError):
        filled.document("dnothing")


def test_a_change_replaces_a_deletion_removes_and_ids_answer_what_became_of_them(place: str, tmp_path: Path) -> None:
    documents = written(tmp_path)
    with opened(place, create=True) as library:
        library.sync([documents])
        stays = library.search("能用视频会议", k=1)[0].passage
        changes = library.search("督查检查考核事项", k=1)[0].passage
        (documents / "通知.txt").write_text(NOTICE.replace("不超过五项", "不超过三项"), encoding="utf-8")
        (documents / "方案.md").unlink()
        report = library.sync([documents])
        assert (len(report.changed), len(report.removed)) == (1, 1)
        assert library.passage(stays.id).text == stays.text
        assert library.search("老旧小区", mode="lexical") == []
        past = library.history(changes.id)
        assert past.fate == "changed"
        assert "不超过三项" in (past.now.text if past.now else "")
        with pytest.raises(NotFoundError, match="已改动"):
            library.passage(changes.id)
        assert library.stats().documents == 1
        hits = library.search("不超过三项", k=3)
        text = library.document(stays.doc_id).text
        assert all(text[hit.passage.start : hit.passage.end] == hit.passage.text for hit in hits)


def test_a_moved_file_is_found_under_its_new_folder_without_embedding(place: str, tmp_path: Path) -> None:
    documents = written(tmp_path)
    with opened(place, create=True) as library:
        library.sync([documents])
        (documents / "归档").mkdir()
        (documents / "方案.md").rename(documents / "归档" / "方案.md")
        assert library.sync([documents]).embedded == 0
        assert {hit.title for hit in library.search("市 目录:归档")} == {"江澜市老旧小区改造实施方案"}


def test_another_model_is_refused(place: str, tmp_path: Path) -> None:
    from index.opening import open_library

    with opened(place, create=True) as library:
        library.sync([written(tmp_path)])
    with pytest.raises(LibraryError, match="去掉 --model"):
        open_library(place, model="other/model")


def test_a_place_without_a_library_says_how_to_make_one(place: str) -> None:
    with pytest.raises(LibraryError, match="yinde index"):
        opened(place)
