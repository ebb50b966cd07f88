import json
import pickle
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import pytest

from index.arrival import Arrival
from index.containers import Budget, extract, members, records
from index.errors import LoadError
from index.reading import Began, Done, Refused, Taken, Task, read_file

LETTER = "关于商请支持的函\n\n请贵局支持防汛物资调运，有关车辆凭证免费通行。\n"
POINTS = "工作要点\n\n抓好春耕备耕，落实粮食安全责任。\n"


def packed(*files: tuple[str | zipfile.ZipInfo, str | bytes]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., tuple[dict[str, str], dict[str, str]]]:
    """Texts by path and reasons by path of a file with this name and content, paths below its folder."""

    def call(name: str, content: bytes, **options: frozenset[str]) -> tuple[dict[str, str], dict[str, str]]:
        file = tmp_path / name
        file.write_bytes(content)
        texts: dict[str, str] = {}
        reasons: dict[str, str] = {}
        messages = list(read_file(Task(str(file), **options), model="m"))
        for message in messages:
            if isinstance(message, Taken):
                arrival: Arrival = pickle.loads(message.packed)
                texts[str(Path(message.path).relative_to(tmp_path))] = arrival.document.text
            elif isinstance(message, Refused):
                reasons[str(Path(message.path).relative_to(tmp_path))] = message.reason
        assert isinstance(messages[-1], Done)
        assert all(isinstance(message, Began | Taken | Refused) for message in messages[:-1])
        return texts, reasons

    return call


Read = Callable[..., tuple[dict[str, str], dict[str, str]]]


def test_members_are_named_below_their_archive(read: Read) -> None:
    texts, reasons = read("汇编.zip", packed(("甲/函.txt", LETTER), ("要点.md", POINTS), ("甲/~$函.docx", b"x")))
    assert list(texts) == ["汇编.zip/甲/函.txt", "汇编.zip/要点.md"]
    assert (texts["汇编.zip/甲/函.txt"].split("\n")[0], reasons) == ("关于商请支持的函", {})


def test_archives_in_archives_are_opened_three_deep(read: Read) -> None:
    inner = packed(("四.zip", packed(("函.txt", LETTER))))
    texts, reasons = read("一.zip", packed(("二.zip", packed(("三.zip", inner), ("要点.txt", POINTS)))))
    assert list(texts) == ["一.zip/二.zip/要点.txt"]
    assert reasons == {"一.zip/二.zip/三.zip/四.zip": "套了超过 3 层；请解压后收入"}


def test_what_was_read_before_is_skipped(read: Read, tmp_path: Path) -> None:
    content = packed(("函.txt", LETTER), ("要点.txt", POINTS))
    texts, _ = read("汇编.zip", content, skip=frozenset({f"{tmp_path}/汇编.zip/函.txt"}))
    assert list(texts) == ["汇编.zip/要点.txt"]


def test_names_in_gbk_are_read_as_they_were_meant(read: Read) -> None:
    raw = packed(("AAAAAA.txt", LETTER)).replace(b"AAAAAA.txt", "通知函".encode("gbk") + b".txt")
    texts, _ = read("汇编.zip", raw)
    assert list(texts) == ["汇编.zip/通知函.txt"]


def test_a_name_that_climbs_out_is_only_a_name(read: Read, tmp_path: Path) -> None:
    texts, _ = read(
        "汇编.zip", packed(("../../外.txt", LETTER), ("/etc/外.txt", POINTS), ("a\\b\\..\\函.txt", "甲乙丙。\n丁"))
    )
    assert list(texts) == ["汇编.zip/外.txt", "汇编.zip/etc/外.txt", "汇编.zip/a/b/函.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["汇编.zip"]


def test_the_same_name_twice_is_told_apart(read: Read) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = packed(("函.txt", LETTER), ("函.txt", POINTS))
    texts, _ = read("汇编.zip", content)
    assert list(texts) == ["汇编.zip/函.txt", "汇编.zip/函〔2〕.txt"]


def test_a_bomb_is_refused_and_its_neighbours_are_read(read: Read) -> None:
    texts, reasons = read("汇编.zip", packed(("弹.txt", b"0" * (40 << 20)), ("函.txt", LETTER)))
    assert list(texts) == ["汇编.zip/函.txt"]
    assert reasons == {"汇编.zip/弹.txt": "压缩比超过 200 倍，可能是压缩炸弹；没有读取"}


def test_an_archive_may_not_unfold_beyond_its_budget(tmp_path: Path) -> None:
    with zipfile.ZipFile(BytesIO(packed(*((f"{n}.txt", LETTER * 9) for n in range(3))))) as archive:
        budget = Budget(members=3, bytes=len((LETTER * 9).encode()) * 2)
        first, second, third = members(archive, budget)
        for member in (first, second):
            assert extract(archive, member, tmp_path, budget=budget).read_text(encoding="utf-8") == LETTER * 9
        with pytest.raises(LoadError, match="解开后超过 4 GB"):
            extract(archive, third, tmp_path, budget=budget)
        with pytest.raises(LoadError, match="文件太多"):
            members(archive, Budget(members=2))


def test_an_encrypted_or_damaged_member_is_refused_alone(read: Read) -> None:
    raw = bytearray(packed(("密.txt", LETTER), ("坏.txt", POINTS * 50), ("函.txt", LETTER + "另发。")))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(signature) + flags] |= 1
    damaged = raw.index("坏.txt".encode()) + len("坏.txt".encode())
    raw[damaged + 5 : damaged + 15] = b"\xff" * 10
    texts, reasons = read("汇编.zip", bytes(raw))
    assert list(texts) == ["汇编.zip/函.txt"]
    assert "已加密" in reasons["汇编.zip/密.txt"]
    assert "已损坏" in reasons["汇编.zip/坏.txt"]


def test_a_member_that_is_something_else_than_its_name_is_read_as_what_it_is(read: Read) -> None:
    texts, _ = read("汇编.zip", packed(("函.doc", "<html><body><p>" + LETTER + "</p></body></html>")))
    assert "防汛物资调运" in texts["汇编.zip/函.doc"]
    assert "<p>" not in texts["汇编.zip/函.doc"]


def test_a_members_sidecar_counts(read: Read, tmp_path: Path) -> None:
    content = packed(("函.txt", LETTER), ("函.txt.meta.json", '{"title": "另名"}'))
    (tmp_path / "汇编.zip").write_bytes(content)
    taken = [m for m in read_file(Task(str(tmp_path / "汇编.zip")), model="m") if isinstance(m, Taken)]
    arrival: Arrival = pickle.loads(taken[0].packed)
    assert (len(taken), arrival.document.title) == (1, "另名")


def test_a_letters_attachments_are_documents_beside_it(read: Read) -> None:
    letter = EmailMessage()
    letter["Subject"] = "报送工作要点"
    letter.set_content("现报送本单位工作要点，请审阅。\n")
    letter.add_attachment(POINTS.encode(), maintype="text", subtype="plain", filename="要点.txt")
    letter.add_attachment(b"x", maintype="application", subtype="x", filename="表.xyz")
    texts, reasons = read("来信.eml", letter.as_bytes())
    assert list(texts) == ["来信.eml", "来信.eml/要点.txt"]
    assert "春耕备耕" in texts["来信.eml/要点.txt"]
    assert list(reasons) == ["来信.eml/表.xyz"]


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_csv_rows_with_a_text_are_documents(tmp_path: Path) -> None:
    text = "标题,文号,正文,成文日期\n甲,江政〔2024〕5号,抓好春耕备耕。,2024年5月1日\n空,,,\n乙,,稳住粮食面积。,近日\n"
    found = records(written(tmp_path / "表.csv", text))
    assert found is not None
    assert [number for number, _ in found] == [1, 3]
    first, second = (loaded for _, loaded in found)
    assert [block.text for block in first.blocks] == ["甲", "抓好春耕备耕。"]
    assert first.meta == {"title": "甲", "number": "江政〔2024〕5号", "date": "2024-05-01"}
    assert second.meta == {"title": "乙"}


def test_a_table_without_texts_is_one_document_of_rows(read: Read) -> None:
    texts, _ = read("项目.csv", "项目,投资额\n道路改造,3.5亿元\n水库加固,8000万元\n".encode("gb18030"))
    assert texts["项目.csv"].split("\n") == ["项目：道路改造；投资额：3.5亿元。", "项目：水库加固；投资额：8000万元。"]


def test_half_a_sign_that_json_wrote_is_left_out(tmp_path: Path) -> None:
    found = records(written(tmp_path / "a.json", r'[{"title": "\udf09甲", "content": "抓好\udf09春耕。"}]'))
    assert found is not None
    assert [block.text for block in found[0][1].blocks] == ["甲", "抓好春耕。"]
    assert found[0][1].meta == {"title": "甲"}


def test_json_lists_and_the_list_in_an_object_are_records(tmp_path: Path) -> None:
    rows = [{"title": "甲", "content": ["抓好春耕。", "稳住面积。"]}, {"title": "乙", "content": "备足物资。"}]
    for number, stored in enumerate((rows, {"code": 0, "data": rows})):
        found = records(written(tmp_path / f"{number}.json", json.dumps(stored, ensure_ascii=False)))
        assert found is not None
        assert [[block.text for block in loaded.blocks] for _, loaded in found] == [
            ["甲", "抓好春耕。", "稳住面积。"],
            ["乙", "备足物资。"],
        ]
    assert records(written(tmp_path / "无.json", '[{"a": 1}]')) is None


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.jsonl", '{"text": "甲"}\n\n{"text": \n', "第 3 行不是合法的 JSON"),
        ("a.jsonl", '{"text": "甲"}\n[1]\n', "第 2 条记录不是 JSON 对象"),
        ("a.json", "3", "没有记录"),
        ("a.json", '{"text": ""}', "正文都是空的"),
    ],
)
def test_bad_records_are_told_with_their_line(tmp_path: Path, name: str, text: str, reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        records(written(tmp_path / name, text))
