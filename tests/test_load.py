import re
from pathlib import Path

import pytest

from index.errors import LoadError
from index.load import SUFFIXES, load
from index.load.decode import decode
from index.load.text import tidy
from index.types import Block

SIMPLIFIED = """清河市人民政府办公室关于印发《清河市老旧小区改造实施方案》的通知。
各县（市、区）人民政府，市政府各部门：
为贯彻落实全国会议精神，进一步改善居民居住条件，结合我市实际，制定本方案。
同志们，今天会议的主要任务是总结去年工作，部署今年任务。
一、总体要求。（一）指导思想。坚持以人民为中心的发展思想。
到２０２６年底，完成改造一百二十个小区，惠及居民3.5万户。
污水处理厂扩容。清淤疏浚河道。镉超标耕地排查。柑橘种植保险。渎职失职严肃追责。
防汛抗旱。联通公司。瞄准堵点。抄送：市委办。特此公告。谦虚谨慎，一、总则
第一条 为了规范会议纪要的印发，根据有关规定，制定本办法。
第二条 会议纪要由综合科起草，经秘书长审核后印发。
二〇二四年三月五日"""

TRADITIONAL = """主管機關應於收受申請後三十日內作成處分。
第一條　為保障勞工權益，加強勞雇關係，特制定本條例。
第二條　本條例所稱主管機關，在中央為勞動部，在地方為縣（市）政府。
違反前項規定者，處新臺幣二萬元以上十萬元以下罰鍰。
請查照並轉知所屬。環境影響評估報告書，應送交審查委員會。
各位代表：現在，我代表市政府向大會報告工作，請予審議。
漁業資源保育。廢棄物清理計畫。戶籍謄本。風災搶救。預算編列與執行。
中華民國一百零五年六月一日"""


def sentences(text: str) -> list[str]:
    return [s for s in re.split("(?<=[。：])|\n", text) if len(s) >= 4]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_short_simplified_sentence_is_decoded_in_every_encoding(encoding: str) -> None:
    for sentence in [*sentences(SIMPLIFIED), SIMPLIFIED]:
        assert decode(sentence.encode(encoding)) == sentence


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "big5", "cp950", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_every_short_traditional_sentence_is_decoded_in_every_encoding(encoding: str) -> None:
    for sentence in [*sentences(TRADITIONAL), TRADITIONAL]:
        assert decode(sentence.encode(encoding)) == sentence


def test_one_bad_byte_does_not_make_a_long_file_unreadable() -> None:
    raw = bytearray((SIMPLIFIED * 20).encode("gb18030"))
    raw[5001] = 0xFF
    assert decode(bytes(raw)).count("\ufffd") <= 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "文件为空"),
        (b" \n\xe3\x80\x80\n", "没有文字"),
        (b"%PDF-1.7 \xe4\xb8\xad", "PDF 文件"),
        (b"PK\x03\x04\x14\x00", "Office 文档"),
        (bytes(range(256)) * 40, "不是文本"),
        (b"\x00\x01\x02\x03" * 100, "不是文本"),
        ("数据".encode() + b"\x00" * 9, "不是文本"),
    ],
)
def test_what_is_no_text_is_refused_with_its_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(LoadError, match=reason):
        load(path)


def test_unknown_suffix_names_what_is_supported(tmp_path: Path) -> None:
    path = tmp_path / "a.xyz"
    path.write_text("通知", encoding="utf-8")
    with pytest.raises(LoadError, match=r"暂不支持 \.xyz 文件；支持：\.txt"):
        load(path)
    assert ".md" in SUFFIXES


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="不存在"):
        load(tmp_path / "a.txt")
    (tmp_path / "b.txt").mkdir()
    with pytest.raises(LoadError, match="不是普通文件"):
        load(tmp_path / "b.txt")


def test_tidy_keeps_full_width_characters_and_drops_invisible_ones() -> None:
    assert tidy("\ufeff第\u200b一\u00ad条\r\n（一）２０２４年\r\u2028x\u00a0y\x01") == "第一条\n（一）２０２４年\n\nx y"
    assert tidy("e\u0301") == "é"


def test_text_keeps_indents_and_blank_lines_as_signs_of_layout(tmp_path: Path) -> None:
    path = tmp_path / "a.TXT"
    path.write_text("标题\n\n　　正文。  \n", encoding="gb18030")
    loaded = load(path)
    assert loaded.blocks == (Block("标题"), Block(""), Block("　　正文。"), Block(""))
    assert loaded.wrapped
    assert loaded.meta["format"] == "txt"


MARKDOWN = """---
发文机关: 清河市人民政府
date: 2024-03-05
作者: 不收
---
# 关于**加强**管理的意见

<!-- INFO END -->

第一段的一行
接着的一行。English
words.

## 一、总体要求

- 第一点
- 第二点

3. 第三
4. 第四

| 项目 | 数量 |
|---|---|
| 学校 | 3 |
"""


def test_markdown_becomes_blocks_without_marks(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(MARKDOWN, encoding="utf-8")
    loaded = load(path)
    assert loaded.meta == {"format": "md", "issuer": "清河市人民政府", "date": "2024-03-05"}
    assert loaded.blocks == (
        Block("关于加强管理的意见", heading=1),
        Block("第一段的一行接着的一行。English words."),
        Block("一、总体要求", heading=2),
        Block("第一点"),
        Block("第二点"),
        Block("3.第三"),
        Block("4.第四"),
        Block("项目：学校；数量：3。"),
    )
    assert not loaded.wrapped


def test_markdown_indents_and_lone_dashes_are_text(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\n正文第一段没有前言。\n\n　　缩进的一段。\n\n    四个空格也是正文。\n", encoding="utf-8")
    assert [b.text.strip() for b in load(path).blocks] == ["正文第一段没有前言。", "缩进的一段。", "四个空格也是正文。"]
