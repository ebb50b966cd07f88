"""What happens to files from outside before they are read: names, sizes, kinds, all or nothing."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import LoadError
from index.listing import left_aside
from ui.upload import Batch, DiskFullError, TooLargeError, UploadLimits, Uploads, safe_name


def received(uploads: Uploads, *files: tuple[str, bytes], **options: object) -> Batch:
    with uploads.receive() as incoming:
        for name, content in files:
            incoming.begin(name)
            incoming.write(content)
            incoming.end()
        return incoming.finish(**options)  # type: ignore[arg-type]


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("关于〔2024〕5号.docx", "关于〔2024〕5号.docx"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\资料\\通知.docx", "通知.docx"),
        ("通知\x00\u202etxt.docx", "通知txt.docx"),
        ("a[1]*?#x.txt", "a［1］＊？＃x.txt"),
        ("  .隐藏.txt ", "隐藏.txt"),
        ("", "未命名"),
        ("///", "未命名"),
        ("CON.txt", "_CON.txt"),
        ("desktop.ini", "_desktop.ini"),
        ("没有扩展名", "没有扩展名"),
        ("名单.docx.meta.json", "名单.docx.meta.json"),
    ],
)
def test_a_name_is_kept_without_what_could_do_harm(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=400))
def test_every_name_is_one_file_in_its_folder(name: str) -> None:
    safe = safe_name(name)
    assert safe == Path(safe).name == safe_name(safe)
    assert 0 < len(safe.encode()) <= 200
    assert not set(safe) & set('/\\\0:*?"<>|[]#')
    assert not left_aside(safe) or safe.startswith("_")


def test_files_arrive_under_their_names_with_what_is_said_of_them(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    batch = received(
        uploads,
        ("通知.txt", b"a"),
        ("通知.txt.meta.json", '{"kind": "通知", "issuer": "甲"}'.encode()),
        meta={"issuer": "乙", "date": "2026-03-05"},
    )
    assert (batch.names, batch.refused) == (("通知.txt",), ())
    said = json.loads((batch.folder / "通知.txt.meta.json").read_text(encoding="utf-8"))
    assert said == {"issuer": "甲", "date": "2026-03-05", "kind": "通知"}
    assert uploads.pending() == [batch]
    uploads.settle(batch)
    assert uploads.pending() == []


def test_equal_names_in_one_upload_are_told_apart(tmp_path: Path) -> None:
    batch = received(Uploads(tmp_path), ("甲/函.txt", b"1"), ("乙/函.txt", b"2"), ("函.TXT", b"3"))
    assert batch.names == ("函.txt", "函〔2〕.txt", "函〔3〕.TXT")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.exe", b"MZ", "暂不支持 .exe"),
        ("a.docx", b"MZ\x90\x00", "可执行程序"),
        ("a", b"x", "没有扩展名"),
        ("a.txt", b"", "文件为空"),
        ("a.txt", b"7z\xbc\xaf\x27\x1c", "内容其实是 .7z"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "已加密"),
        ("b.txt.meta.json", b"{}", "没有对应的文件"),
    ],
)
def test_what_is_no_document_is_refused_and_the_rest_goes_on(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    uploads = Uploads(tmp_path)
    batch = received(uploads, (name, content), ("通知.txt", b"good"))
    assert batch.names == ("通知.txt",)
    assert [failure.path for failure in batch.refused] == [name]
    assert reason in batch.refused[0].reason
    assert left(batch.folder) == [".upload.json", "通知.txt"]
    with pytest.raises(LoadError, match=reason):
        received(uploads, (name, content))


@pytest.mark.parametrize("meta", [{"colour": "红"}, {"date": "三月五日"}, {"title": 5}])
def test_what_is_said_of_files_must_make_sense(tmp_path: Path, meta: dict[str, object]) -> None:
    with pytest.raises(LoadError, match="旁注"):
        received(Uploads(tmp_path), ("通知.txt", b"good"), meta=meta)
    assert left(tmp_path) == []


def test_too_much_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, UploadLimits(file=10, total=15, files=2, spare=0))
    for files in ([("a.txt", b"x" * 11)], [("a.txt", b"x" * 8), ("b.txt", b"x" * 8)], [("a.txt", b"x")] * 3):
        with pytest.raises(TooLargeError):
            received(uploads, *files)
    with pytest.raises(TooLargeError, match="一次上传最多 0 MB"):
        uploads.receive(expected=1 << 30)
    assert left(tmp_path) == []


def test_a_full_disk_is_told_before_anything_is_received(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError, match="磁盘空间不足"):
        Uploads(tmp_path, UploadLimits(spare=1 << 60)).receive()


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    with uploads.receive() as incoming:
        incoming.begin("通知.txt")
        incoming.write(b"half")
    assert list(tmp_path.iterdir()) == []
    assert uploads.pending() == []


def test_readers_see_no_folder_of_the_server(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    batch = received(uploads, ("包.zip", b"PK\x03\x04"))
    assert uploads.shown(f"{batch.folder}/包.zip/内/文.docx") == "包.zip/内/文.docx"
    assert uploads.shown("/srv/机密/通知.docx") == "通知.docx"
