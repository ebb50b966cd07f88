import json
import os
import socket
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.embed import HashEmbedder
from index.errors import NotFoundError
from index.library import LocalLibrary
from index.sync import Limits
from index.types import SyncReport

NOTICE = """关于做好防汛工作的通知

各县区要落实防汛责任，重要堤段每十公里配备一名巡查人员，巡查记录逐日上报。

应急物资按照每万人三百件的标准储备，汛前完成清点。
"""
LETTER = "关于商请支持的函\n\n请贵局支持防汛物资调运，有关车辆凭证免费通行。\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "公文"
    folder.mkdir()
    (folder / "通知.txt").write_text(NOTICE, encoding="utf-8")
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Iterator[LocalLibrary]:
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as opened:
        yield opened


def reasons(report: SyncReport) -> dict[str, str]:
    return {Path(failure.path).name: failure.reason for failure in report.failed}


def docx(path: Path, text: str) -> Path:
    from docx import Document

    document = Document()
    for line in text.split("\n"):
        document.add_paragraph(line)
    document.save(str(path))
    return path


def test_whatever_lies_in_a_folder_is_told_and_the_documents_go_in(
    library: LocalLibrary, folder: Path, tmp_path: Path
) -> None:
    (folder / "空.txt").touch()
    (folder / "乱.txt").write_bytes(bytes(range(256)) * 40)
    (folder / "断.zip").write_bytes(docx(tmp_path / "full.docx", NOTICE).read_bytes()[:-2000])
    (folder / "假.pdf").write_text(NOTICE, encoding="utf-8")
    (folder / "锁.docx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    (folder / "嵌套.json").write_text("[" * 100_000, encoding="utf-8")
    (folder / "深.md").write_text(">" * 3000 + "深", encoding="utf-8")
    (folder / "😀 表情\n换行.txt").write_text(LETTER, encoding="utf-8")
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / "~$通知.docx").write_bytes(b"x")
    (folder / ".~lock.通知.docx#").write_bytes(b"x")
    (folder / "自指").symlink_to(folder / "自指")
    (folder / "断链.txt").symlink_to(folder / "没有")
    (folder / "上级").symlink_to(folder)
    os.mkfifo(folder / "管道.txt")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "套接字.txt"))
        report = library.sync([folder])
    assert {document.title for document in library.documents()} >= {"关于做好防汛工作的通知", "关于商请支持的函"}
    told = reasons(report)
    assert told.pop("深.md", "嵌套") is not None  # markdown may read it or refuse it
    names = "空.txt 乱.txt 断.zip 假.pdf 锁.docx 嵌套.json 自指 断链.txt 上级 管道.txt 套接字.txt"
    assert told.keys() == set(names.split())
    assert told["空.txt"] == "文件为空"
    assert "损坏" in told["断.zip"]
    assert "内容不是" in told["假.pdf"]
    assert "加密" in told["锁.docx"] or "暂不支持" in told["锁.docx"]
    assert "嵌套过深" in told["嵌套.json"]
    assert told["自指"] == told["断链.txt"] == "链接失效或循环"
    assert "指向文件夹的链接" in told["上级"]
    assert told["管道.txt"] == told["套接字.txt"] == "不是普通文件（管道、设备或套接字）"


def test_a_docx_named_txt_is_read_as_what_it_is(library: LocalLibrary, folder: Path, tmp_path: Path) -> None:
    from index.load import LOADERS

    docx(tmp_path / "函.docx", LETTER).rename(folder / "函.txt")
    report = library.sync([folder])
    if ".docx" in LOADERS:
        assert not report.failed
        assert any("防汛物资调运" in library.document(i).text for i in report.added)
    else:
        assert reasons(report) == {"函.txt": "扩展名是 .txt，内容其实是 .docx 文件，暂不支持"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_folder_is_told_and_what_was_in_it_stays(library: LocalLibrary, folder: Path) -> None:
    inner = folder / "内部"
    inner.mkdir()
    (inner / "函.txt").write_text(LETTER, encoding="utf-8")
    library.sync([folder])
    inner.chmod(0)
    try:
        report = library.sync([folder])
    finally:
        inner.chmod(0o700)
    assert "文件夹读不了" in reasons(report)["内部"]
    assert (report.removed, library.stats().documents) == ((), 2)


def test_one_line_of_many_megabytes_has_an_end(library: LocalLibrary, folder: Path) -> None:
    (folder / "长.txt").write_text("每户补助两千元，由市财政负担。" * 120_000, encoding="utf-8")
    report = library.sync([folder], limits=Limits(seconds=0.5, seconds_per_megabyte=0))
    assert "还没读完，已停止" in reasons(report)["长.txt"]
    assert library.stats().documents == 1


def test_a_file_over_the_size_of_texts_is_refused_at_once(library: LocalLibrary, folder: Path) -> None:
    with (folder / "大.txt").open("wb") as file:
        file.truncate(200 << 20)
    assert "过大" in reasons(library.sync([folder]))["大.txt"]


def test_a_folder_that_is_missing_keeps_what_the_library_has_of_it(library: LocalLibrary, folder: Path) -> None:
    library.sync([folder])
    folder.rename(folder.with_name("移走"))
    report = library.sync([folder])
    assert report.removed == ()
    assert reasons(report)["公文"] == "没有这个文件或文件夹；文库里它的 1 个文件保留，确已删除时请收入它的上级文件夹"
    assert library.stats().documents == 1
    folder.with_name("移走").rename(folder)
    assert library.sync([folder]).failed == ()


def test_what_is_gone_leaves_when_the_folder_above_is_synced(library: LocalLibrary, folder: Path) -> None:
    inner = folder / "内部"
    inner.mkdir()
    (inner / "函.txt").write_text(LETTER, encoding="utf-8")
    library.sync([folder])
    (inner / "函.txt").unlink()
    inner.rmdir()
    assert len(library.sync([folder]).removed) == 1


def test_a_pattern_means_the_files_it_fits_and_speaks_for_no_others(library: LocalLibrary, folder: Path) -> None:
    inner = folder / "二〇二四" / "内部"
    inner.mkdir(parents=True)
    (inner / "函.txt").write_text(LETTER, encoding="utf-8")
    (inner / "要点.md").write_text("# 工作要点\n\n抓好春耕备耕，落实粮食安全责任。\n", encoding="utf-8")
    assert len(library.sync([folder / "**/*.txt"]).added) == 2
    assert len(library.sync([folder / "二〇??" / "*" / "*.[mM]d"]).added) == 1
    (inner / "函.txt").unlink()
    (inner / "要点.md").unlink()
    assert len(library.sync([folder / "**/*.txt"]).removed) == 1
    report = library.sync([folder / "*.docx"])
    assert "没有文件符合" in report.failed[0].reason
    assert library.stats().documents == 2


def test_the_librarys_own_folder_is_no_document(folder: Path) -> None:
    with LocalLibrary.open(folder / "文库", embedder=HashEmbedder(), create=True) as library:
        report = library.sync([folder])
        assert (len(report.added), report.failed) == (1, ())


def test_a_preview_tells_what_a_sync_would_do_and_writes_nothing(library: LocalLibrary, folder: Path) -> None:
    library.sync([folder])
    (folder / "通知.txt").write_text(NOTICE.replace("三百件", "五百件"), encoding="utf-8")
    (folder / "函.txt").write_text(LETTER, encoding="utf-8")
    (folder / "空.txt").touch()
    before = (library.stats().generation, library.stats().passages)
    expected = library.preview([folder])
    assert (library.stats().generation, library.stats().passages) == before
    happened = library.sync([folder])
    assert (len(expected.added), expected.changed, expected.removed) == (1, happened.changed, ())
    assert (expected.added, expected.failed, expected.passages) == (
        happened.added,
        happened.failed,
        happened.passages,
    )


def test_a_file_copied_away_and_then_edited_leaves_its_document_to_the_copy(
    library: LocalLibrary, folder: Path
) -> None:
    (old,) = library.sync([folder]).added
    (folder / "备份.txt").write_text(NOTICE, encoding="utf-8")
    (folder / "通知.txt").write_text(NOTICE.replace("三百件", "五百件"), encoding="utf-8")
    report = library.sync([folder])
    assert "三百件" in library.document(old).text
    assert library.document(old).meta["source"].endswith("备份.txt")
    (new,) = report.added
    assert "五百件" in library.document(new).text


def test_two_files_that_swap_their_texts_swap_their_documents(library: LocalLibrary, folder: Path) -> None:
    (folder / "函.txt").write_text(LETTER, encoding="utf-8")
    library.sync([folder])
    before = {document.id: library.document(document.id).text for document in library.documents()}
    (folder / "函.txt").rename(folder / "暂.txt")
    (folder / "通知.txt").rename(folder / "函.txt")
    (folder / "暂.txt").rename(folder / "通知.txt")
    report = library.sync([folder])
    assert (report.added, report.changed, report.removed) == ((), (), ())
    assert {document.id: library.document(document.id).text for document in library.documents()} == before


def test_a_failed_file_is_not_tried_again_until_it_changes(library: LocalLibrary, folder: Path) -> None:
    bad = folder / "长.txt"
    bad.write_text("每户补助两千元，由市财政负担。" * 120_000, encoding="utf-8")
    limits = Limits(seconds=0.5, seconds_per_megabyte=0)
    first = library.sync([folder], limits=limits)
    began = time.perf_counter()
    assert library.sync([folder], limits=limits).failed == first.failed
    assert time.perf_counter() - began < 0.4
    bad.write_text(LETTER, encoding="utf-8")
    assert len(library.sync([folder]).added) == 1


def sidecar(folder: Path, **values: object) -> None:
    (folder / "通知.txt.meta.json").write_text(json.dumps(values, ensure_ascii=False, indent=1), encoding="utf-8")


def test_a_sidecar_stands_above_what_was_read_and_its_change_counts(library: LocalLibrary, folder: Path) -> None:
    library.sync([folder])
    (doc,) = library.documents()
    sidecar(folder, title="防汛通知", issuer="江澜市防汛办", date="2024-06-01", url="https://example.org/1")
    report = library.sync([folder])
    assert (report.changed, report.failed) == ((doc.id,), ())
    document = library.document(doc.id)
    assert (document.title, document.meta["issuer"], document.meta["date"]) == (
        "防汛通知",
        "江澜市防汛办",
        "2024-06-01",
    )
    assert document.meta["url"] == "https://example.org/1"
    assert library.sync([folder]).changed == ()
    (folder / "通知.txt.meta.json").unlink()
    assert library.sync([folder]).changed == (doc.id,)
    assert library.document(doc.id).title == "关于做好防汛工作的通知"


def test_a_bad_sidecar_is_told_with_its_line(library: LocalLibrary, folder: Path) -> None:
    (folder / "通知.txt.meta.json").write_text('{\n "title": "甲"\n "date": 1\n}', encoding="utf-8")
    (folder / "没有.docx.meta.json").write_text("{}", encoding="utf-8")
    told = reasons(library.sync([folder]))
    assert told["通知.txt"] == "旁注 通知.txt.meta.json 第 3 行不是合法的 JSON；请改正或删去它"
    assert "没有对应的文件" in told["没有.docx.meta.json"]
    sidecar(folder, title="甲", author="乙")
    assert "第 3 行的 author 不认识" in reasons(library.sync([folder]))["通知.txt"]
    sidecar(folder, date="2024年5月")
    assert "第 2 行的日期“2024年5月”应写成" in reasons(library.sync([folder]))["通知.txt"]


def archive(path: Path, **members: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


def test_an_archives_documents_come_and_go_with_it(library: LocalLibrary, folder: Path) -> None:
    box = archive(folder / "汇编.zip", **{"甲/函.txt": LETTER, "表.xyz": "x", "__MACOSX/._函.txt": "x", ".隐.txt": "x"})
    report = library.sync([folder])
    assert len(report.added) == 2
    assert reasons(report)["表.xyz"].startswith("暂不支持 .xyz 文件")
    letter = next(d.id for d in library.documents() if "函" in d.title)
    assert library.document(letter).meta["source"] == f"{box}/甲/函.txt"
    archive(box, **{"乙/函.txt": LETTER, "乙/要点.txt": "工作要点\n\n抓好春耕备耕，落实粮食安全责任。\n"})
    report = library.sync([folder])
    assert (len(report.added), report.removed, report.failed) == (1, (), ())
    assert library.document(letter).meta["source"] == f"{box}/乙/函.txt"
    archive(box, **{"乙/要点.txt": "工作要点\n\n抓好春耕备耕，落实粮食安全责任。\n"})
    assert library.sync([folder]).removed == (letter,)
    box.unlink()
    assert len(library.sync([folder]).removed) == 1
    with pytest.raises(NotFoundError):
        library.document(letter)


def test_a_damaged_archive_keeps_the_documents_it_had(library: LocalLibrary, folder: Path) -> None:
    box = archive(folder / "汇编.zip", **{"函.txt": LETTER})
    library.sync([folder])
    box.write_bytes(box.read_bytes()[:-40])
    report = library.sync([folder])
    assert "损坏" in reasons(report)["汇编.zip"]
    assert (report.removed, library.stats().documents) == ((), 2)


def test_records_are_documents_of_their_own(library: LocalLibrary, folder: Path) -> None:
    rows = [
        {"标题": "关于商请支持的函", "正文": LETTER, "发布日期": "2024/5/1 08:00", "发文机关": "江澜市应急局"},
        {"标题": "空的", "正文": ""},
        {"标题": "工作要点", "正文": "抓好春耕备耕，落实粮食安全责任。\n稳住粮食播种面积。"},
    ]
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "公告.jsonl").write_text(lines, encoding="utf-8")
    report = library.sync([folder])
    assert (len(report.added), report.failed) == (3, ())
    found = {document.title: library.document(document.id) for document in library.documents()}
    letter = found["关于商请支持的函"]
    assert (letter.meta["date"], letter.meta["issuer"]) == ("2024-05-01", "江澜市应急局")
    assert letter.meta["source"].endswith("公告.jsonl#1")
    assert found["工作要点"].meta["source"].endswith("公告.jsonl#3")
    assert found["工作要点"].text.startswith("工作要点\n抓好春耕")
    (folder / "公告.jsonl").write_text(lines.split("\n")[2], encoding="utf-8")
    assert len(library.sync([folder]).removed) == 1
    assert library.document(found["工作要点"].id).meta["source"].endswith("公告.jsonl#1")


def test_many_tiny_files_go_in_one_by_one(library: LocalLibrary, folder: Path) -> None:
    for number in range(300):
        text = f"第{number}号通知\n\n请于{number}日前报送材料，逾期不候。\n"
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    report = library.sync([folder])
    assert (len(report.added), report.failed) == (301, ())
