"""What is wrong with a library's folder, and mending what the catalog can mend.

The catalog is the truth: SQLite checks its structure, digests its texts; passages are held against their documents.
The derived part is held against the digests of its manifest and made again from the catalog when it fails.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.catalog import FORMAT as CATALOG_FORMAT
from index.catalog import Catalog
from index.connect import located
from index.errors import LibraryError
from index.generation import FORMAT, current, open_generation, prune, read_manifest, rebuild
from index.gongwen import document_id
from index.intact import spoiled
from index.writer import writing

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: what, in Chinese with its cure; `mendable` by `mend` without any loss."""

    what: str
    mendable: bool


def examine(folder: Path) -> list[Finding]:
    """Everything that is wrong with the library in `folder`, the catalog's faults first; [] when it is sound.

    Nothing is written. NotFound and foreign folders raise LibraryError. Reads every byte the library holds.
    """
    path = folder / "catalog.sqlite"
    if not path.is_file():
        raise LibraryError(
            f"{folder} 里没有文库；先建立：yinde index 文件夹，或由备份恢复：yinde restore 备份 --to {folder}"
        )
    try:
        with closing(sqlite3.connect(located(path, reading=True), uri=True, timeout=30)) as db:
            db.execute("BEGIN")  # one moment of the catalog, whoever writes meanwhile
            found = [Finding(what, False) for what in _catalog_faults(db)]
            whole = not found
            if whole:
                found += [Finding(what, True) for what in _derived_faults(folder, db)]
    except sqlite3.OperationalError as error:
        raise LibraryError(f"{path} 打不开（{error}）；请检查权限，或等正在写入的程序结束") from error
    except sqlite3.DatabaseError as error:
        return [Finding(f"catalog.sqlite 已损坏（{error}）；请由备份恢复：yinde restore 备份 --overwrite", False)]
    return found + [Finding(f"有没写完的残留：{one.name}", True) for one in leftovers(folder)]


def mend(folder: Path) -> list[Finding]:
    """Mend what can be mended without loss, and what is still wrong then.

    BusyError while another process writes, LibraryError when the disk refuses. A sound library is left as it is.
    """
    found = examine(folder)
    if not any(finding.mendable for finding in found):
        return found
    with writing(folder), closing(Catalog(folder / "catalog.sqlite")) as catalog:
        for leftover in leftovers(folder):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        if any("检索部分" in finding.what for finding in found):
            rebuild(folder, catalog)
            prune(folder, keep={current(folder)})
    return examine(folder)


def leftovers(folder: Path) -> list[Path]:
    """What a killed writer left half-made; what a living one is making is among them."""
    names = ("gen-*.making", "*.restoring", "CURRENT.making", "reembed.making")
    return sorted(path for name in names for path in folder.glob(name))


def _catalog_faults(db: sqlite3.Connection) -> Iterator[str]:
    cure = "请由备份恢复：yinde restore 备份 --overwrite，或重新收录原件：yinde index"
    faults = [str(row[0]) for row in db.execute(f"PRAGMA integrity_check({_SHOWN})")]
    if faults != ["ok"]:
        yield f"catalog.sqlite 已损坏（{'；'.join(faults)}）；{cure}"
        return
    version = db.execute("SELECT value FROM settings WHERE name = 'format'").fetchone()
    if version is None or version[0] != str(CATALOG_FORMAT):
        yield f"文库的格式版本是 {version and version[0]}，本程序用 {CATALOG_FORMAT}；旧的打开一次即升级：yinde stats"
        return
    for doc_id, digest, text in db.execute("SELECT id, digest, text FROM documents"):
        if document_id(text) != digest:
            yield f"文件 {doc_id} 的文字与收录时不同，多半是磁盘出错；{cure}"
        for i, start, end, passage in db.execute(
            "SELECT id, start, end, text FROM passages WHERE doc_id = ?", (doc_id,)
        ):
            if text[start:end] != passage:
                yield f"段落 {i} 与它的文件对不上；{cure}"
    for what, query in _BROKEN_LINKS.items():
        count = db.execute(query).fetchone()[0]
        if count:
            yield f"{what}（{count} 处）；{cure}"
    length = 2 * int((db.execute("SELECT value FROM settings WHERE name = 'dimension'").fetchone() or [0])[0])
    for key, stored in db.execute("SELECT key, vector FROM vectors WHERE key IN (SELECT key FROM windows)"):
        norm = (
            float(np.linalg.norm(np.frombuffer(stored, np.float16).astype(np.float64))) if len(stored) % 2 == 0 else 0
        )
        if (length and len(stored) != length) or not 0.98 < norm < 1.02:
            yield f"向量 {bytes(key).hex()} 已损坏；{cure}"


_BROKEN_LINKS = {
    "有段落不属于任何文件": "SELECT count(*) FROM passages WHERE doc_id NOT IN (SELECT id FROM documents)",
    "有来源指向不存在的文件": "SELECT count(*) FROM sources WHERE doc_id NOT IN (SELECT id FROM documents)",
    "有文件没有来源": "SELECT count(*) FROM documents WHERE id NOT IN (SELECT doc_id FROM sources)",
    "有窗口不属于任何段落": "SELECT count(*) FROM windows WHERE row NOT IN (SELECT row FROM passages)",
    "有窗口没有向量": "SELECT count(*) FROM windows WHERE key NOT IN (SELECT key FROM vectors)",
    "有段落没有窗口": "SELECT count(*) FROM passages WHERE row NOT IN (SELECT row FROM windows)",
}


def _derived_faults(folder: Path, db: sqlite3.Connection) -> Iterator[str]:
    """What is wrong with the derived part, which the catalog can make again."""
    number = int(db.execute("SELECT value FROM settings WHERE name = 'generation'").fetchone()[0])
    name = current(folder)
    if name is None:
        if number:
            yield "检索部分不见了"
        return
    try:
        manifest = read_manifest(folder / name)
        if (manifest.generation, manifest.format) != (number, FORMAT):
            yield f"检索部分落后于原文（第 {manifest.generation} 版，原文第 {number} 版）"
            return
        if not manifest.files:
            yield f"检索部分 {name} 是旧版程序做的，没有校验值"
        wrong = spoiled(folder / name, manifest.files)
        if wrong:
            yield f"检索部分 {name} 已损坏：{'、'.join(wrong[:_SHOWN])}"
            return
        generation = open_generation(folder / name)
    except LibraryError as error:
        yield f"检索部分打不开：{error}"
        return
    counts = len(generation.dense), len(generation.lexical), len(generation.documents)
    wanted = tuple(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in _COUNTED)
    if counts != wanted:
        yield f"检索部分 {name} 与原文的数目不符：{counts}，应为 {wanted}"


_COUNTED = ("windows", "passages", "documents")
