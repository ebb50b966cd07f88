"""Files that hold several documents: zip archives, and csv, json or jsonl records.

Nothing is extracted under a name that an archive gives: a member is written as one temporary file and read from there.
"""

import csv
import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from index.errors import LoadError
from index.listing import left_aside, unique
from index.load.table import rows
from index.load.text import read, tidy
from index.sidecar import SIDECAR
from index.types import Block, Loaded

DEEPEST = 3  # archives within archives
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
_CHUNK = 1 << 20
_RATIO = 200  # text packs 10 to 50 to one
_SMALL = 16 << 20  # below this a high ratio does no harm
_COLUMNS = {
    "title": ("title", "标题", "题名", "名称", "文件标题", "文件名称"),
    "text": ("text", "正文", "内容", "全文", "content", "body", "文本"),
    "date": ("date", "成文日期", "日期", "发布日期", "印发日期", "发文日期"),
    "issuer": ("issuer", "发文机关", "发文单位", "发布机构", "印发机关"),
    "number": ("number", "文号", "发文字号"),
    "kind": ("kind", "文种", "公文种类"),
    "url": ("url", "链接", "网址", "来源网址"),
}


@dataclass(slots=True)
class Budget:
    """What may still be taken out of one file on disk, archives within archives included."""

    members: int = 50_000
    bytes: int = 4 << 30


@dataclass(frozen=True, slots=True)
class Member:
    """A document in an archive: its name as shown, and where it and its sidecar are found."""

    name: str
    info: zipfile.ZipInfo
    sidecar: zipfile.ZipInfo | None


def members(archive: zipfile.ZipFile, budget: Budget) -> list[Member]:
    """The documents of an archive in order, hidden and temporary files left out; names are unique.

    Raises:
        LoadError: more members than the budget has left.
    """
    infos = [(info, _name(info)) for info in archive.infolist() if not info.is_dir()]
    budget.members -= len(infos)
    if budget.members < 0:
        raise LoadError("压缩包里的文件太多（上限 50,000 个）；请解压后用文件夹收入")
    known = {name: info for info, name in infos}
    shown = [(info, name) for info, name in infos if not any(left_aside(part) for part in name.split("/"))]
    shown = [(info, name) for info, name in shown if name and not name.endswith(SIDECAR)]
    names = unique(name for _, name in shown)
    return [Member(name, info, known.get(plain + SIDECAR)) for (info, plain), name in zip(shown, names, strict=True)]


def extract(archive: zipfile.ZipFile, member: Member, folder: Path, *, budget: Budget) -> Path:
    """Write a member, and its sidecar, into `folder` as member.docx; the path.

    Raises:
        LoadError: encrypted, damaged, or larger than an honest file is.
    """
    target = folder / _plain(member.name)
    _write(archive, member.info, target, budget)
    if member.sidecar:
        _write(archive, member.sidecar, folder / (target.name + SIDECAR), budget)
    return target


def put(name: str, content: bytes, folder: Path, *, budget: Budget) -> Path:
    """Write a file of this name and content into `folder` as member.docx; LoadError when the budget is used up."""
    budget.members -= 1
    budget.bytes -= len(content)
    if min(budget.members, budget.bytes) < 0:
        raise LoadError("附件太多或太大；请另存后收入")
    target = folder / _plain(name)
    target.write_bytes(content)
    return target


def _plain(name: str) -> str:
    """A name that is safe anywhere and keeps the suffix: member.docx."""
    suffix = Path(name).suffix.lower()
    return f"member{suffix}" if suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= 10 else "member"


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, budget: Budget) -> None:
    if info.flag_bits & 1:
        raise LoadError("已加密；请解密或去掉压缩包的密码后重试")
    written = 0
    try:
        with archive.open(info) as packed, target.open("wb") as file:
            while chunk := packed.read(_CHUNK):
                written += len(chunk)
                budget.bytes -= len(chunk)
                if written > _SMALL and written > _RATIO * max(1, info.compress_size):
                    raise LoadError(f"压缩比超过 {_RATIO} 倍，可能是压缩炸弹；没有读取")
                if budget.bytes < 0:
                    raise LoadError("压缩包解开后超过 4 GB；请解压后用文件夹收入")
                file.write(chunk)
    except _BROKEN as error:
        raise LoadError(f"压缩包里的这个文件已损坏，解不开（{error}）") from None


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name as its maker meant it, without . and .. and a leading /.

    Windows writes GBK names without saying so, and `zipfile` then reads them as code page 437.
    """
    name = info.filename
    if not info.flag_bits & 0x800:
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    parts = name.replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".", ".."))


def records(path: Path) -> list[tuple[int, Loaded]] | None:
    """(number, document) of each record of a csv, tsv, json or jsonl file; None when its records have no text column.

    The number is the line in jsonl, else the record's place, from 1. A record without a text is left out.

    Raises:
        LoadError: unreadable, not in the format, or nothing but empty records.
    """
    suffix = path.suffix.lower()
    text = read(path)
    found = _lines(text) if suffix == ".jsonl" else _objects(text) if suffix == ".json" else _table(text)
    columns = _columns({str(name) for _, row in found for name in row})
    if "text" not in columns:
        return None
    documents = [(number, loaded) for number, row in found if (loaded := _record(row, columns))]
    if not documents:
        raise LoadError("各条记录的正文都是空的")
    return documents


def table(path: Path) -> Loaded:
    """The rows of a csv or tsv file as one document, each carrying its header; LoadError for other formats."""
    if path.suffix.lower() not in (".csv", ".tsv"):
        raise LoadError("记录里没有正文一栏；正文的栏名应是 text、正文、内容、全文、content 之一")
    lines = rows(_cells(read(path)))
    if not lines:
        raise LoadError("表里没有内容")
    return Loaded(tuple(Block(line) for line in lines))


def _columns(names: set[str]) -> dict[str, str]:
    """Our key → the column that holds it, whatever its case and white space."""
    plain = {"".join(name.split()).lower(): name for name in sorted(names)}
    found = ((key, next((plain[name] for name in known if name in plain), None)) for key, known in _COLUMNS.items())
    return {key: name for key, name in found if name is not None}


def _record(row: Mapping[str, Any], columns: Mapping[str, str]) -> Loaded | None:
    values = {key: row.get(name) for key, name in columns.items()}
    texts = values.pop("text")
    text = "\n".join(map(str, texts)) if isinstance(texts, list) else str(texts or "")
    if not text.strip():
        return None
    meta = {
        key: plain
        for key, value in values.items()
        if isinstance(value, str | int) and (plain := tidy(str(value)).strip())
    }
    if date := _date(meta.pop("date", "")):
        meta["date"] = date
    lines = [line.rstrip() for line in tidy(text).split("\n")]
    if meta.get("title") and "".join(lines[0].split()) != "".join(meta["title"].split()):
        lines.insert(0, meta["title"])
    return Loaded(tuple(Block(line) for line in lines if line.strip()), meta)


def _date(text: str) -> str:
    """2024-05-01 from 2024-05-01T08:00, 2024/5/1, 2024年5月1日; "" for anything else."""
    found = re.match(r"([12][0-9]{3})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})", text)
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else ""


def _lines(text: str) -> list[tuple[int, dict[str, Any]]]:
    lines = ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
    return [(number, _object(_parsed(line, number), number)) for number, line in lines]


def _objects(text: str) -> list[tuple[int, dict[str, Any]]]:
    stored = _parsed(text, 1)
    if isinstance(stored, dict):
        # {"data": [...]}: the one list of objects in it.
        lists = [value for value in stored.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
        stored = lists[0] if len(lists) == 1 else [stored]
    if not isinstance(stored, list):
        raise LoadError("JSON 里没有记录；应是对象的列表")
    return [(number, _object(row, number)) for number, row in enumerate(stored, 1)]


def _object(value: object, number: int) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise LoadError(f"第 {number} 条记录不是 JSON 对象")
    return value


def _parsed(text: str, line: int) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise LoadError(f"第 {line + error.lineno - 1} 行不是合法的 JSON；请检查") from None
    except RecursionError:
        raise LoadError("JSON 嵌套过深") from None


def _table(text: str) -> list[tuple[int, dict[str, Any]]]:
    cells = _cells(text)
    names = cells[0] if cells else []
    return [(number, dict(zip(names, row, strict=False))) for number, row in enumerate(cells[1:], 1) if any(row)]


def _cells(text: str) -> list[list[str]]:
    csv.field_size_limit(len(text) + 1)
    header = text.partition("\n")[0]
    delimiter = max(",\t;，", key=header.count)
    try:
        return list(csv.reader(StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise LoadError(f"不是合法的 CSV（{error}）；请检查引号") from None
