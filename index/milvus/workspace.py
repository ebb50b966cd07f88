"""The writer's folder on its own machine: the catalog, what of it is published, and the locks while writing."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from index.catalog import Catalog
from index.embed import Embedder
from index.errors import LibraryError
from index.milvus.drafts import Drafts
from index.milvus.lease import Lease
from index.milvus.ledger import Ledger
from index.milvus.publish import Publication
from index.milvus.restore import restore, restore_ledger
from index.milvus.tables import State, Tables
from index.reembed import embed_all, rekey
from index.staging import Progress


class Workspace:
    """The folder; its catalog is there inside `opened` and `writing` only."""

    def __init__(self, folder: Path) -> None:
        """Nothing is made before it is needed."""
        self.folder = folder
        self.catalog: Catalog

    @contextmanager
    def opened(self, tables: Tables, state: State | None, progress: Progress) -> Iterator[Ledger]:
        """The catalog as it is published, fetched from Milvus where it is missing or behind; under the lock."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / "writer.lock", timeout=0):
                self._fetch(tables, state, progress)
                with (
                    closing(Catalog(self.folder / "catalog.sqlite", create=True)) as catalog,
                    closing(Ledger(self.folder)) as ledger,
                ):
                    self.catalog = catalog
                    yield ledger
        except Timeout:
            raise LibraryError(f"另一个程序正在写入 {tables.server.address.shown}；请等它结束后再试") from None
        except (OSError, sqlite3.OperationalError) as error:
            raise LibraryError(
                f"{self.folder} 写不进去（{error}）；请检查磁盘空间和权限后重新运行，已有的内容不受影响"
            ) from error

    @contextmanager
    def writing(self, tables: Tables, state: State | None, progress: Progress) -> Iterator[None]:
        """Hold lock and lease; a change that was not published is published before, and what the block does after."""
        with self.opened(tables, state, progress) as ledger:
            catalog = self.catalog
            library = catalog.setting("library") or uuid4().hex
            tables.create()
            lease = Lease(tables)
            lease.take()
            try:
                catalog.set("library", library)

                def publish() -> None:
                    if catalog.setting("model"):
                        Publication(tables, catalog, ledger, progress=progress, renew=lease.renew).run(library)

                publish()
                yield
                publish()
            finally:
                lease.release()

    def reembed(self, embedder: Embedder, *, name: str, progress: Progress) -> None:
        """Key and embed every window for another model; the catalog's model is that one when all is done."""
        embed_all(self.catalog, embedder, progress)
        with self.catalog.transaction() as db:
            rekey(db, self.catalog, embedder, name)

    def _fetch(self, tables: Tables, state: State | None, progress: Progress) -> None:
        """Make the catalog what Milvus holds, unless it is that or ahead of it."""
        path = self.folder / "catalog.sqlite"
        if state is None:
            return
        if path.exists():
            with closing(Catalog(path)) as catalog:
                library, generation = catalog.setting("library"), catalog.generation
            if library and library != state.library:
                raise LibraryError(
                    f"{self.folder} 是另一个文库的工作文件夹；请把它移走后再运行，"
                    f"内容会从 {tables.server.address.shown} 取回"
                )
            if library and generation >= state.generation:
                return
            for old in (*self.folder.glob("catalog.sqlite*"), *self.folder.glob("published.sqlite*")):
                old.unlink()
        restore(tables, state, path, progress=progress)
        with closing(Ledger(self.folder)) as ledger, closing(Drafts(path, document_length=1.0)) as drafts:
            restore_ledger(tables, state, ledger, drafts)
