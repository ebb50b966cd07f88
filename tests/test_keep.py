"""Documents taken in, read again and deleted: nothing half done, nothing lost."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from index.embed import HashEmbedder
from index.errors import LoadError, NotFoundError
from index.library import LocalLibrary
from index.types import Failure, SyncReport
from ui.jobs import Job
from ui.keep import ConflictError, Keeper

FIRST = "关于精简会议的通知\n\n全市性会议数量减少三分之一。\n"
SECOND = "关于精简会议的通知\n\n全市性会议数量减少四分之一。\n"
OTHER = "关于护林防火的通告\n\n清明期间一律不得野外用火。\n"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[LocalLibrary]:
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as opened:
        yield opened


@pytest.fixture
def keeper(library: LocalLibrary, tmp_path: Path) -> Iterator[Keeper]:
    kept = Keeper(library, tmp_path / "library" / "uploads")
    yield kept
    kept.close()


def file(tmp_path: Path, text: str | bytes, name: str = "原件.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def ended(keeper: Keeper, job: Job) -> Job:
    return list(keeper.jobs.follow(job.id))[-1]


def done(keeper: Keeper, job: Job) -> SyncReport:
    last = ended(keeper, job)
    assert (last.state, last.error) == ("done", "")
    assert last.report
    return last.report


def texts(library: LocalLibrary) -> list[str]:
    return sorted(library.document(document.id).text for document in library.documents())


def files(keeper: Keeper) -> list[str]:
    return sorted(path.name for path in keeper.uploads.folder.rglob("*") if path.is_file())


def test_an_uploaded_document_is_found_with_what_was_said_of_it(
    library: LocalLibrary, keeper: Keeper, tmp_path: Path
) -> None:
    report = done(keeper, keeper.add([("通知.txt", file(tmp_path, FIRST))], meta={"number": "江政发〔2026〕5号"}))
    (id,) = report.added
    assert library.document(id).meta["number"] == "江政发〔2026〕5号"
    assert library.search("会议数量")[0].passage.doc_id == id
    assert files(keeper) == ["通知.txt", "通知.txt.meta.json"]


def test_what_cannot_be_read_is_told_by_name_and_leaves_no_file(
    library: LocalLibrary, keeper: Keeper, tmp_path: Path
) -> None:
    broken = file(tmp_path, b"%PDF-1.4 nonsense", "x.pdf")
    report = done(keeper, keeper.add([("坏.pdf", broken), ("通知.txt", file(tmp_path, FIRST))]))
    assert [failure.path for failure in report.failed] == ["坏.pdf"]
    assert str(tmp_path) not in report.failed[0].reason
    assert len(report.added) == 1
    assert files(keeper) == ["通知.txt"]
    with pytest.raises(LoadError, match="暂不支持"):
        keeper.add([("坏.exe", broken)])


def test_the_same_file_twice_is_kept_once(library: LocalLibrary, keeper: Keeper, tmp_path: Path) -> None:
    (id,) = done(keeper, keeper.add([("通知.txt", file(tmp_path, FIRST))])).added
    again = done(keeper, keeper.add([("另名.txt", file(tmp_path, FIRST))]))
    assert (again.added, again.unchanged) == ((), (id,))
    assert files(keeper) == ["通知.txt"]


def test_another_text_under_the_same_name_is_another_document(
    library: LocalLibrary, keeper: Keeper, tmp_path: Path
) -> None:
    done(keeper, keeper.add([("通知.txt", file(tmp_path, FIRST))]))
    done(keeper, keeper.add([("通知.txt", file(tmp_path, OTHER))]))
    assert len(texts(library)) == 2
    assert files(keeper) == ["通知.txt", "通知.txt"]


def test_a_replacement_keeps_the_documents_id(library: LocalLibrary, keeper: Keeper, tmp_path: Path) -> None:
    (id,) = done(keeper, keeper.add([("通知.txt", file(tmp_path, FIRST))])).added
    report = done(keeper, keeper.add([("通知.txt", file(tmp_path, SECOND))], replace=True))
    assert report.changed == (id,)
    assert "四分之一" in library.document(id).text
    assert files(keeper) == ["通知.txt"]


def test_a_replacement_that_cannot_be_read_leaves_the_old_one(
    library: LocalLibrary, keeper: Keeper, tmp_path: Path
) -> None:
    said = {"issuer": "江澜市人民政府"}
    (id,) = done(keeper, keeper.add([("通知.txt", file(tmp_path, FIRST))], meta=said)).added
    report = done(keeper, keeper.add([("通知.txt", file(tmp_path, "\n\n"))], meta={"issuer": "乙"}, replace=True))
    assert [failure.path for failure in report.failed] == ["通知.txt"]
    assert "三分之一" in library.document(id).text
    again = done(keeper, keeper.reindex([id]))
    assert again.unchanged == (id,)
    assert library.document(id).meta["issuer"] == "江澜市人民政府"
    assert files(keeper) == ["通知.txt", "通知.txt.meta.json"]


def test_a_deleted_document_leaves_with_its_file_and_its_passages_tell(
    library: LocalLibrary, keeper: Keeper, tmp_path: Path
) -> None:
    (id,) = done(keeper, keeper.add([("通知.txt", file(tmp_path, FIRST))], meta={"kind": "通知"})).added
    passage = library.passages(id)[0]
    assert done(keeper, keeper.delete([id])).removed == (id,)
    assert (texts(library), files(keeper)) == ([], [])
    assert list(keeper.uploads.folder.iterdir()) == []
    assert library.history(passage.id).fate == "removed"
    with pytest.raises(NotFoundError):
        keeper.delete([id])


def test_only_what_was_uploaded_can_be_deleted(library: LocalLibrary, keeper: Keeper, tmp_path: Path) -> None:
    library.sync([file(tmp_path, FIRST)])
    with pytest.raises(ConflictError, match=r"原件\.txt 不是上传的") as refused:
        keeper.delete([library.documents()[0].id])
    assert str(tmp_path) not in str(refused.value)
    assert (tmp_path / "原件.txt").exists()


def test_a_document_in_an_archive_leaves_with_the_others_only_when_that_is_said(
    library: LocalLibrary, keeper: Keeper, tmp_path: Path
) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "包.zip", "w") as archive:
        archive.writestr("甲.txt", FIRST)
        archive.writestr("乙.txt", OTHER)
    ids = done(keeper, keeper.add([("包.zip", tmp_path / "包.zip")])).added
    with pytest.raises(ConflictError, match=r"在 包\.zip 里，同一文件还含另外 1 篇"):
        keeper.delete(ids[:1])
    assert set(done(keeper, keeper.delete(ids[:1], container=True)).removed) == set(ids)
    assert files(keeper) == []


def test_reading_again_takes_in_what_has_changed(library: LocalLibrary, keeper: Keeper, tmp_path: Path) -> None:
    elsewhere = file(tmp_path, FIRST)
    library.sync([elsewhere])
    (uploaded,) = done(keeper, keeper.add([("通告.txt", file(tmp_path, OTHER, "b.txt"))])).added
    id = next(one.id for one in library.documents() if one.id != uploaded)
    elsewhere.write_text(SECOND, encoding="utf-8")
    report = done(keeper, keeper.reindex())
    assert (report.changed, report.unchanged) == ((id,), (uploaded,))
    elsewhere.unlink()
    gone = done(keeper, keeper.reindex([id]))
    assert [failure.path for failure in gone.failed] == ["原件.txt"]
    assert "四分之一" in library.document(id).text


def test_two_people_uploading_at_once_both_find_their_documents(
    library: LocalLibrary, keeper: Keeper, tmp_path: Path
) -> None:
    jobs: list[Job] = []

    def upload(number: int) -> None:
        text = f"第{number}号通知\n\n第{number}项工作由第{number}处负责。\n"
        jobs.append(keeper.add([("通知.txt", file(tmp_path, text, f"{number}.txt"))]))

    people = [Thread(target=upload, args=(number,)) for number in range(8)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    added = [done(keeper, job).added for job in jobs]
    assert all(len(ids) == 1 for ids in added)
    assert len({ids[0] for ids in added}) == len(library.documents()) == 8


def test_a_cancelled_upload_leaves_nothing(library: LocalLibrary, keeper: Keeper, tmp_path: Path) -> None:
    done(keeper, keeper.add([("通知.txt", file(tmp_path, FIRST))]))
    with library._writing():  # another writer holds it up until it is cancelled
        job = keeper.add([("通知.txt", file(tmp_path, SECOND))], replace=True)
        while not keeper.jobs.get(job.id).stage.startswith("等待"):
            keeper.jobs.wait(job.id, version=keeper.jobs.get(job.id).version)
        keeper.jobs.cancel(job.id)
        assert ended(keeper, job).state == "cancelled"
    assert files(keeper) == ["通知.txt"]
    assert texts(library) == [FIRST.replace("\n\n", "\n").strip()]
    assert done(keeper, keeper.reindex()).changed == ()


def test_what_was_received_before_a_crash_is_taken_in_by_the_next_start(library: LocalLibrary, tmp_path: Path) -> None:
    folder = tmp_path / "library" / "uploads"
    first = Keeper(library, folder)
    with library._writing():
        job = first.add([("通知.txt", file(tmp_path, FIRST))])
        first.close()
    assert first.jobs.get(job.id).state == "queued"
    second = Keeper(library, folder)
    (resumed,) = second.jobs.all()
    assert len(done(second, resumed).added) == 1
    assert second.uploads.pending() == []
    second.close()


def test_a_replacement_killed_in_its_middle_is_finished_by_the_next_start(
    library: LocalLibrary, tmp_path: Path
) -> None:
    folder = tmp_path / "library" / "uploads"
    first = Keeper(library, folder)
    (id,) = done(first, first.add([("通知.txt", file(tmp_path, FIRST))])).added
    with first.uploads.receive() as incoming:
        incoming.begin("通知.txt")
        incoming.write(SECOND.encode())
        incoming.end()
        first._replace(incoming.finish(replace=True))  # and there it ends
    assert files(first) == [".upload.json", "通知.txt", "通知.txt"]
    first.close()
    second = Keeper(library, folder)
    (resumed,) = second.jobs.all()
    assert done(second, resumed).changed == (id,)
    assert files(second) == ["通知.txt"]
    second.close()


def test_a_library_inside_an_indexed_folder_keeps_its_uploads(
    library: LocalLibrary, keeper: Keeper, tmp_path: Path
) -> None:
    (id,) = done(keeper, keeper.add([("通知.txt", file(tmp_path, FIRST))])).added
    (tmp_path / "原件.txt").write_text(OTHER, encoding="utf-8")
    report = library.sync([tmp_path])
    assert report.removed == ()
    assert library.document(id).text
    assert report.failed == ()


def test_a_failure_is_told_without_the_servers_folders(library: LocalLibrary, keeper: Keeper, tmp_path: Path) -> None:
    library.sync([file(tmp_path, FIRST, "机密名.txt")])
    (tmp_path / "机密名.txt").unlink()
    report = done(keeper, keeper.reindex())
    assert report.failed == (
        Failure("机密名.txt", "没有这个文件或文件夹；文库里它的 1 个文件保留，确已删除时请收入它的上级文件夹"),
    )
