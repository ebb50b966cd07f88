"""`Library` on Milvus: everything a reader needs is there; the writer keeps its catalog in a workspace of its own.

Readers on any number of machines ask Milvus alone. A writer syncs its catalog exactly as a folder's library does, and
publishes the change. A machine without a workspace that writes fetches the catalog from Milvus first.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from index.catalog import Source
from index.collapse import Collapse
from index.copies import Copy, find_copies
from index.embed import Embedder, open_embedder
from index.errors import LibraryError
from index.filters import Filter
from index.finder import MAX_QUERY, Facets, Sort, checked
from index.history import History, history
from index.judging import Judging
from index.library import ALL, LIMITS, Stats
from index.milvus.address import Address, address
from index.milvus.finder import MilvusFinder
from index.milvus.server import TIMEOUT, Consistency, Server
from index.milvus.shelf import Shelf
from index.milvus.tables import State, Tables
from index.milvus.workspace import Workspace
from index.quotes import QuoteFinder, QuoteReport
from index.quotes import checked as checked_quote
from index.suggest import Suggestion
from index.sync import Limits, Progress, Reader, Setbacks, preview, silent, sync
from index.types import Document, Hit, Mode, Passage, SyncReport
from index.versions import Version, find_versions
from index.wordings import Wordings, find_wordings

_FRESH = 1.0  # seconds for which a state that was read is taken to hold


class MilvusLibrary(Judging):
    """A library in Milvus. One process writes at a time over all machines, any number read.

    Readers notice a published change within a second; a process that has written sees what it wrote.
    """

    def __init__(self, place: Address, server: Server, embedder: Embedder | None, model: str | None) -> None:
        """Use `open`, which checks what is there."""
        self.workspace = Workspace(place.workspace)
        self._server = server
        self._tables = Tables(server)
        self._given = embedder
        self._asked = model
        self._embedder: Embedder | None = None
        self._model_progress: Progress = silent
        self._consistency: Consistency = "Bounded"
        self._lock = Lock()
        self._finder: MilvusFinder | None = None
        self._quote_finder: QuoteFinder | None = None
        self._looked = 0.0
        self._state: State | None = None
        self._setbacks: Setbacks = {}
        self.reader = Reader()
        """What reads the files of a sync; another may be put in its place (`index.ray_embed.RayReader`)."""

    @classmethod
    def open(
        cls,
        place: Path | str,
        *,
        model: str | None = None,
        embedder: Embedder | None = None,
        create: bool = False,
        model_progress: Progress = silent,
        timeout: float = TIMEOUT,
    ) -> Self:
        """Open the library at an address (`index.milvus.address`), or one to be made there when `create`.

        Nothing is written before the first sync. LibraryError when the server is down, too old or refuses the token,
        when there is no library, or another model is asked for than it was built with.
        """
        there = address(place)
        if there.lite and not create and not Path(there.uri).exists():
            raise _none_yet(there.shown)
        library = cls(there, Server(there, timeout=timeout), embedder, model)
        library._model_progress = model_progress
        try:
            state = library._current()
            if state is None and not create:
                raise _none_yet(there.shown)
            asked = embedder.model if embedder else model
            if state is not None and asked is not None and asked not in (state.model, state.model_name):
                raise _other_model(there.shown, state.model, asked)
        except LibraryError:
            library.close()
            raise
        return library

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection; the library is not used afterwards."""
        self.reader.close()
        self._server.close()

    @property
    def folder(self) -> Path:
        """The folder on this machine that may hold keys, a dictionary, and the writer's catalog."""
        return self.workspace.folder

    @property
    def model_name(self) -> str | None:
        """What `open_embedder` knows the library's model by, None for the bundled one."""
        return (self._state.model_name if self._state else self._asked) or None

    @property
    def embedder(self) -> Embedder:
        """The model, loaded at first use, and again when the library was embedded anew with another."""
        state = self._state
        with self._lock:
            if self._embedder is None or (state and self._given is None and self._embedder.model != state.model):
                name = state.model_name or None if state else self._asked
                self._embedder = self._given or open_embedder(name, progress=self._model_progress)
            if state is not None and self._embedder.model != state.model:
                raise _other_model(self._tables.server.address.shown, state.model, self._embedder.model)
            return self._embedder

    # writing

    def sync(
        self,
        paths: Sequence[Path],
        *,
        progress: Progress = silent,
        limits: Limits = LIMITS,
        afresh: Collection[str] = (),
    ) -> SyncReport:
        """As `LocalLibrary.sync`; published to Milvus when it returns."""
        with self._writing(progress):
            catalog = self.workspace.catalog
            if not catalog.setting("model"):
                catalog.set("model", self.embedder.model)
                catalog.set("dimension", str(self.embedder.dimension))
                catalog.set("model_name", self._asked or "")
            return sync(
                catalog,
                lambda: self.embedder,
                paths,
                model=catalog.setting("model"),
                progress=progress,
                setbacks=self._setbacks,
                reader=self.reader,
                limits=limits,
                derive=lambda: None,  # what is searched is in Milvus, published at the end of `_writing`
                afresh=afresh,
            )

    def publish(self, *, progress: Progress = silent) -> None:
        """Bring Milvus up to the workspace's catalog, whatever wrote it."""
        with self._writing(progress):
            pass

    def reembed(self, embedder: Embedder, *, name: str = "", progress: Progress = silent) -> None:
        """Embed the whole library with another model while readers go on with the old one, then switch.

        `name` is what `open_embedder` knows the model by. Interrupted, it resumes where it was.
        """
        with self._writing(progress):
            self.workspace.reembed(embedder, name=name, progress=progress)
            self._given = embedder if self._given else None
            self._embedder = embedder

    def interrupt(self) -> None:
        """Have a sync in another thread give up the file it is reading, which is refused; else nothing happens."""
        self.reader.kill()

    def preview(self, paths: Sequence[Path], *, progress: Progress = silent) -> SyncReport:
        """What `sync` would report for these paths; nothing is published, `embedded` is 0."""
        with self.workspace.opened(self._tables, self._current("Strong"), progress):
            return preview(self.workspace.catalog, paths, progress=progress, reader=self.reader, limits=LIMITS)

    @contextmanager
    def _writing(self, progress: Progress) -> Iterator[None]:
        """Hold the lock and the lease, with the catalog up to date before, and Milvus up to the catalog after."""
        try:
            with self.workspace.writing(self._tables, self._current("Strong"), progress):
                yield
        finally:
            self._consistency = "Strong"
            self._current()

    # finding

    def search(
        self,
        query: str,
        *,
        k: int = 10,
        mode: Mode = "hybrid",
        filters: Filter = ALL,
        sort: Sort = "relevance",
        collapse: Collapse = "nothing",
        per_document: int | None = None,
    ) -> list[Hit]:
        """As in `Library`; ties by age in the library."""
        checked(query, k)
        finder = self._find()
        if finder is None:
            return []
        return finder.search(
            query, k=k, mode=mode, filters=filters, sort=sort, collapse=collapse, per_document=per_document
        )

    def similar(self, passage_id: str, *, k: int = 10, filters: Filter = ALL) -> list[Hit]:
        """As in `Library`."""
        passage = self.passage(passage_id)
        checked(passage.id, k)
        finder = self._find()
        return finder.similar(passage, k=k, filters=filters) if finder else []

    def facets(self, query: str = "", *, filters: Filter = ALL) -> Facets:
        """As in `Library`; of more than 16,384 matching passages so many count."""
        checked(query or "全部", 1)
        finder = self._find()
        return finder.facets(query, filters=filters) if finder else Facets()

    def suggest(self, typed: str, *, k: int = 8) -> list[Suggestion]:
        """As in `Library`."""
        finder = self._find()
        return finder.suggest(typed[:MAX_QUERY], k=k) if finder else []

    def corrected(self, query: str) -> str | None:
        """As in `Library`."""
        checked(query, 1)
        finder = self._find()
        return finder.corrected(query) if finder else None

    def rarity(self, text: str) -> dict[str, float]:
        """As in `Library`; empty while it is empty."""
        finder = self._find()
        return finder.generation.lexical.rarity(text) if finder else {}

    def cohort(self) -> tuple[float, float]:
        """As in `Library`."""
        finder = self._find()
        return finder.cohort() if finder else (0.0, 1.0)

    def find_quote(self, quote: str, *, limit: int = 20) -> QuoteReport:
        """As in `Library`; not found in an empty library."""
        checked_quote(quote)
        finder = self._find()
        if finder is None:
            return QuoteReport(quote, "not_found", ())
        quotes = self._quote_finder
        if quotes is None or quotes.generation is not finder.generation:
            quotes = self._quote_finder = QuoteFinder(finder.generation, finder.shelf)
        return quotes.find(quote, limit=limit)

    def copies(self, text: str, *, least: int = 20) -> list[Copy]:
        """As in `Library`."""
        finder = self._find()
        return find_copies(finder.generation, finder.shelf, text, least=least) if finder else []

    def wordings(self, phrase: str) -> Wordings:
        """As in `Library`."""
        finder = self._find()
        return find_wordings(finder.generation if finder else None, self._shelf(), phrase)

    # looking up

    def passage(self, passage_id: str) -> Passage:
        """As in `Library`."""
        return self._shelf().passage(passage_id)

    def history(self, passage_id: str) -> History:
        """As in `Library`."""
        return history(self._shelf(), passage_id)

    def passages(self, doc_id: str) -> list[Passage]:
        """As in `Library`."""
        return self._shelf().passages(self.document(doc_id).id)

    def document(self, doc_id: str) -> Document:
        """As in `Library`."""
        return self._shelf().document(doc_id)

    def documents(self) -> list[Document]:
        """As in `Library`."""
        return self._shelf().documents()

    def versions(self, doc_id: str) -> list[Version]:
        """As in `Library`."""
        return find_versions(self._shelf(), doc_id)

    def sources(self) -> list[Source]:
        """As in `Library`."""
        return self._shelf().sources()

    def context(self, passage_id: str, *, before: int = 1, after: int = 1) -> tuple[list[Passage], list[Passage]]:
        """As in `Library`; fewer at a document's ends."""
        shelf = self._shelf()
        return shelf.neighbours(shelf.passage(passage_id), before=before, after=after)

    def stats(self) -> Stats:
        """Counts and model; of sizes only the workspace's, for Milvus tells none."""
        state = self._current()
        sizes = {"catalog": sum(file.stat().st_size for file in self.workspace.folder.glob("*.sqlite*"))}
        if state is None:
            return Stats(0, 0, 0, "", 0, 0, sizes)
        return Stats(
            state.documents, state.passages, state.window_count, state.model, state.dimension, state.generation, sizes
        )

    def _shelf(self) -> Shelf:
        finder = self._find()
        return finder.shelf if finder else Shelf(self._tables, NOTHING, self._consistency)

    def _find(self) -> MilvusFinder | None:
        """The finder of the state in use, None while the library is empty."""
        state, finder = self._current() if time.monotonic() > self._looked + _FRESH else self._state, self._finder
        if state is None or not state.last_document:
            return None
        if finder is None or finder.shelf.state != state:
            shelf = Shelf(self._tables, state, self._consistency)
            finder = self._finder = MilvusFinder(shelf, self.workspace.folder, self)
        return finder

    def _current(self, consistency: Consistency | None = None) -> State | None:
        """The state as Milvus has it now."""
        with self._lock:
            chosen = consistency or self._consistency
            state = self._tables.read_state(chosen) if self._state else self._tables.state(chosen)
            if state != self._state:
                self._finder = None
            self._state, self._looked = state, time.monotonic()
            return state


NOTHING = State(0, "", "", "", 0, "", 0, 0, 0, 0, 0, 1.0, 1.0)


def _none_yet(shown: str) -> LibraryError:
    return LibraryError(f"{shown} 里没有文库；先建立：yinde index --library {shown} 文件夹")


def _other_model(shown: str, built: str, asked: str) -> LibraryError:
    return LibraryError(
        f"{shown} 是用模型 {built} 建的，现在要用 {asked}；"
        f"请去掉 --model（或变量 YINDE_MODEL），或另建文库：yinde index --library 新地址 --model {asked} 文件夹"
    )
