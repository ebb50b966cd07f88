import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from index.embed import HashEmbedder
from index.errors import LibraryError, NotFoundError, QueryError
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
到2026年底，改造老旧小区一百二十个，惠及居民三万户。
二、资金安排
每户补助两千元，由市财政和区财政各负担一半。
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "通知.txt").write_text(NOTICE, encoding="utf-8")
    (documents / "方案.md").write_text(PLAN, encoding="utf-8")
    return documents


@pytest.fixture
def library(tmp_path: Path) -> Iterator[LocalLibrary]:
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as opened:
        yield opened


def reopened(library: LocalLibrary, tmp_path: Path) -> LocalLibrary:
    library.close()
    return LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder())


def test_documents_go_in_and_their_passages_come_out(library: LocalLibrary, folder: Path) -> None:
    report = library.sync([folder])
    assert (len(report.added), report.failed, report.changed, report.removed) == (2, (), (), ())
    hit = library.search("每户补助多少钱", k=3)[0]
    assert hit.title == "江澜市老旧小区改造实施方案"
    assert "每户补助两千元" in hit.passage.text
    assert hit.signals.keys() == {"dense", "contrast", "lexical", "coverage", "document", "neighbours"}


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_every_hit_points_at_its_words(library: LocalLibrary, folder: Path, mode: str) -> None:
    library.sync([folder])
    hits = library.search("督查检查考核", k=10, mode=mode)
    assert hits
    for hit in hits:
        text = library.document(hit.passage.doc_id).text
        assert text[hit.passage.start : hit.passage.end] == hit.passage.text
        for start, end in [*hit.matched, *([hit.window] if hit.window else [])]:
            assert hit.passage.start <= start < end <= hit.passage.end
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_second_sync_reads_and_embeds_nothing(library: LocalLibrary, folder: Path) -> None:
    first = library.sync([folder])
    second = library.sync([folder])
    assert set(second.unchanged) == set(first.added)
    assert (second.added, second.changed, second.removed, second.embedded) == ((), (), (), 0)
    assert library.stats().generation == 1


def test_only_the_changed_paragraph_is_embedded_and_the_others_keep_their_ids(
    library: LocalLibrary, folder: Path
) -> None:
    report = library.sync([folder])
    (doc,) = [d.id for d in library.documents() if "减负" in d.title]
    before = {p.text: p.id for p in library.passages(doc)}
    (folder / "通知.txt").write_text(NOTICE.replace("不超过五项", "不超过三项"), encoding="utf-8")
    report = library.sync([folder])
    assert (report.changed, report.embedded) == ((doc,), 1)
    after = {p.text: p.id for p in library.passages(doc)}
    same = before.keys() & after.keys()
    assert len(same) == len(before) - 1
    assert all(before[text] == after[text] for text in same)
    assert "不超过三项" in library.search("督查检查考核事项", k=1)[0].passage.text


def test_an_id_that_is_gone_says_what_replaced_it(library: LocalLibrary, folder: Path) -> None:
    library.sync([folder])
    old = library.search("督查检查考核事项不超过", k=1)[0].passage
    (folder / "通知.txt").write_text(NOTICE.replace("不超过五项", "不超过三项"), encoding="utf-8")
    library.sync([folder])
    new = library.search("督查检查考核事项不超过", k=1)[0].passage
    with pytest.raises(NotFoundError, match=f"已改动，现为 {new.id}"):
        library.passage(old.id)
    (folder / "通知.txt").unlink()
    library.sync([folder])
    with pytest.raises(NotFoundError, match="已随文件删除"):
        library.passage(new.id)
    (folder / "通知.txt").write_text(NOTICE, encoding="utf-8")
    library.sync([folder])
    assert library.passage(old.id).text == old.text
    with pytest.raises(NotFoundError, match="没有段落"):
        library.passage("dnever-000")


def test_a_deleted_file_leaves_and_a_renamed_one_keeps_its_identity(library: LocalLibrary, folder: Path) -> None:
    library.sync([folder])
    (plan,) = [d.id for d in library.documents() if "小区" in d.title]
    (folder / "方案.md").rename(folder / "改名.md")
    report = library.sync([folder])
    assert (report.added, report.removed) == ((), ())
    assert library.document(plan).meta["source"].endswith("改名.md")
    (folder / "改名.md").unlink()
    assert library.sync([folder]).removed == (plan,)
    assert all(hit.passage.doc_id != plan for hit in library.search("小区改造补助", k=10))
    with pytest.raises(NotFoundError):
        library.document(plan)


def test_the_same_text_twice_is_one_document(library: LocalLibrary, folder: Path) -> None:
    (folder / "副本.txt").write_text(NOTICE, encoding="utf-8")
    assert len(library.sync([folder]).added) == 2
    (folder / "通知.txt").unlink()
    assert library.sync([folder]).removed == ()


def test_syncing_one_folder_leaves_the_others_alone(library: LocalLibrary, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "函.txt").write_text("关于商请支持的函\n\n请贵局支持防汛物资调运。\n", encoding="utf-8")
    library.sync([folder])
    assert library.sync([other]).removed == ()
    assert library.stats().documents == 3


def test_bad_inputs_are_reported_and_the_rest_goes_in(library: LocalLibrary, folder: Path) -> None:
    (folder / "空.txt").write_text("", encoding="utf-8")
    (folder / "乱.txt").write_bytes(bytes(range(256)) * 40)
    (folder / "表.xlsx").write_bytes(b"PK")
    (folder / ".隐藏.txt").write_text("不收", encoding="utf-8")
    (folder / "~$锁.txt").write_text("不收", encoding="utf-8")
    report = library.sync([folder, folder / "没有.txt"])
    assert len(report.added) == 2
    reasons = {Path(failure.path).name: failure.reason for failure in report.failed}
    assert reasons.keys() == {"空.txt", "乱.txt", "表.xlsx", "没有.txt"}
    assert reasons["表.xlsx"].startswith("内容不是 .xlsx 文件")
    assert all(reasons.values())


def test_a_name_that_is_no_text_is_reported(library: LocalLibrary, folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.txt")).write_text(NOTICE + "另发。\n", encoding="utf-8")
    report = library.sync([folder])
    assert len(report.added) == 2
    assert "文件名" in report.failed[0].reason


def test_a_file_that_turns_bad_keeps_its_last_good_version(library: LocalLibrary, folder: Path) -> None:
    library.sync([folder])
    (folder / "通知.txt").write_bytes(bytes(range(256)) * 40)
    report = library.sync([folder])
    assert len(report.failed) == 1
    assert library.stats().documents == 2


@pytest.mark.parametrize(
    ("query", "k"), [("", 5), ("  \n", 5), ("减负" * 1500, 5), ("减负\udcff", 5), ("减负", 0), ("减负", 1_000_000)]
)
def test_a_query_that_cannot_be_asked_is_refused(library: LocalLibrary, query: str, k: int) -> None:
    with pytest.raises(QueryError):
        library.search(query, k=k)


def test_an_empty_library_finds_nothing(library: LocalLibrary) -> None:
    assert library.search("减负") == []
    assert library.stats().documents == 0


def test_signs_alone_find_nothing_by_words(library: LocalLibrary, folder: Path) -> None:
    library.sync([folder])
    assert library.search("？！，", mode="lexical") == []


def test_another_model_is_refused_by_both_names(library: LocalLibrary, folder: Path, tmp_path: Path) -> None:
    library.sync([folder])
    library.close()

    class Other(HashEmbedder):
        model = "别的模型"

    with pytest.raises(LibraryError, match=f"{HashEmbedder().model}.*别的模型"):
        LocalLibrary.open(tmp_path / "library", embedder=Other())


def test_a_folder_without_a_library_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="没有文库"):
        LocalLibrary.open(tmp_path / "nowhere")


def test_a_file_that_is_no_catalog_is_refused(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"not a database, nor ever was one" * 40)
    with pytest.raises(LibraryError, match=r"catalog\.sqlite"):
        LocalLibrary.open(tmp_path)


def test_a_second_writer_is_told_to_wait(library: LocalLibrary, folder: Path, tmp_path: Path) -> None:
    with FileLock(tmp_path / "library" / "writer.lock"), pytest.raises(LibraryError, match="另一个程序正在写入"):
        library.sync([folder])


def test_an_open_reader_notices_a_new_generation(library: LocalLibrary, folder: Path, tmp_path: Path) -> None:
    library.sync([folder])
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder()) as reader:
        assert reader.search("防汛物资", k=1, mode="lexical") == []
        (folder / "函.txt").write_text("关于商请支持的函\n\n请贵局支持防汛物资调运。\n", encoding="utf-8")
        library.sync([folder])
        assert "防汛物资" in reader.search("防汛物资", k=1, mode="lexical")[0].passage.text


def test_many_small_changes_end_in_the_same_library_as_one_sync(
    library: LocalLibrary, folder: Path, tmp_path: Path
) -> None:
    for number in range(12):
        (folder / f"{number}.txt").write_text(f"第{number}号通知\n\n一、第{number}项工作按期完成。\n", encoding="utf-8")
        if number % 3 == 2:
            (folder / f"{number - 1}.txt").unlink()
        library.sync([folder])
    with LocalLibrary.open(tmp_path / "once", embedder=HashEmbedder(), create=True) as once:
        once.sync([folder])
        for query in ("第3号通知", "按期完成", "督查检查"):
            ours = {hit.passage.id: hit.score for hit in library.search(query, k=100)}
            theirs = {hit.passage.id: hit.score for hit in once.search(query, k=100)}
            assert ours.keys() == theirs.keys()
        assert library.stats().passages == once.stats().passages


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from index.embed import HashEmbedder
    from index.library import LocalLibrary
    documents, folder, stop = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    steps = 0
    def trace(frame, event, argument):
        global steps
        if "/index/" in frame.f_code.co_filename:
            steps += 1
            if steps == stop:
                os.kill(os.getpid(), signal.SIGKILL)
    library = LocalLibrary.open(folder, embedder=HashEmbedder(), create=True)
    sys.setprofile(trace)
    library.sync([documents])
    sys.setprofile(None)
    print(steps)
"""


def killed_sync(documents: Path, library: Path, stop: int) -> subprocess.CompletedProcess[str]:
    script = textwrap.dedent(KILLED)
    command = [sys.executable, "-c", script, str(documents), str(library), str(stop)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ})


def test_a_sync_killed_at_any_moment_leaves_all_or_none_of_the_change(folder: Path, tmp_path: Path) -> None:
    steps = int(killed_sync(folder, tmp_path / "whole", 0).stdout)
    for number in range(1, 13):
        place = tmp_path / f"killed-{number}"
        killed = killed_sync(folder, place, steps * number // 13)
        assert killed.returncode == -signal.SIGKILL
        with LocalLibrary.open(place, embedder=HashEmbedder(), create=True) as library:
            documents = library.stats().documents
            assert documents in (0, 2)
            assert bool(library.search("督查检查", k=5)) == (documents == 2)
            library.sync([folder])
            assert library.stats().documents == 2
            assert "不超过五项" in library.search("督查检查考核事项", k=1)[0].passage.text


def test_a_disk_that_refuses_is_told_with_its_cure_and_loses_nothing(
    library: LocalLibrary, folder: Path, tmp_path: Path
) -> None:
    library.sync([folder])
    (folder / "函.txt").write_text("关于商请支持的函\n\n请贵局支持防汛物资调运。\n", encoding="utf-8")
    # A file stands where the next generation's folder has to be made.
    (tmp_path / "library" / "gen-000002.making").write_text("", encoding="utf-8")
    with pytest.raises(LibraryError, match="磁盘空间和权限"):
        library.sync([folder])
    assert library.search("督查检查", k=1)
    (tmp_path / "library" / "gen-000002.making").unlink()
    with reopened(library, tmp_path) as again:
        assert again.stats().documents == 2
        assert len(again.sync([folder]).added) == 1
        assert "防汛物资" in again.search("防汛物资", k=1)[0].passage.text


def test_what_a_sync_made_is_open_before_anybody_asks_for_it(library: LocalLibrary, folder: Path) -> None:
    library.sync([folder])
    assert library.search("督查检查")
    (folder / "春运.txt").write_text("关于做好春运工作的通知\n\n各车站要备足运力。\n", encoding="utf-8")
    library.sync([folder])
    ready = library._ready
    assert ready is not None
    assert library.search("备足运力")[0].title == "关于做好春运工作的通知"
    assert library._generation is ready
    assert library._ready is None


def test_a_file_that_two_generations_share_takes_room_once(library: LocalLibrary, folder: Path, tmp_path: Path) -> None:
    library.sync([folder])
    (folder / "函.txt").write_text("关于商请支持的函\n\n请贵局支持防汛物资调运。\n", encoding="utf-8")
    library.sync([folder])
    shared = {path.name for path in (tmp_path / "library").glob("gen-000001-*/*.faiss")}
    again = {path.name: path.stat().st_size for path in (tmp_path / "library").glob("gen-000002-*/*.faiss")}
    named = sum(path.stat().st_size for path in (tmp_path / "library").glob("gen-*/**/*") if path.is_file())
    twice = sum(size for name, size in again.items() if name in shared)
    assert twice
    assert library.stats().bytes["generation"] <= named - twice


def test_likeness_tells_what_is_near_a_query(library: LocalLibrary) -> None:
    near, far = library.likeness("每户补助多少", ["每户补助两千元。", "严控发文数量。"])
    assert near > far
    assert library.likeness("每户补助多少", []) == []
