"""A library of documents: sync puts documents in, search gets passages out, and every id stays valid."""

import logging
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from types import TracebackType
from typing import Self, TypeVar

from index.catalog import Catalog, Source
from index.collapse import Collapse
from index.contract import Library, Stats
from index.copies import Copy, find_copies
from index.embed import Embedder, open_embedder
from index.errors import LibraryError
from index.filters import Filter
from index.finder import MAX_QUERY, Facets, Finder, Sort, checked
from index.generation import FORMAT, Generation, advance, current, derive, open_generation, read_manifest, rebuild, use
from index.history import History, history
from index.judging import Judging
from index.quotes import QuoteFinder, QuoteReport
from index.quotes import checked as checked_quote
from index.suggest import Suggestion
from index.sync import Limits, Progress, Reader, Setbacks, preview, silent, sync
from index.types import Document, Hit, Mode, Passage, SyncReport
from index.versions import Version, find_versions
from index.wordings import Wordings, find_wordings
from index.writer import writing

__all__ = ["Library", "LocalLibrary", "Stats"]

LIMITS = Limits()
ALL = Filter()
log = logging.getLogger(__name__)

Found = TypeVar("Found")

_TRIES = 3  # of a question, while a writer goes on changing the library
_SETTLING = 0.5  # seconds that a question waits for a committed change to be searchable; it takes a rename
_PAUSE = 0.002


class LocalLibrary(Judging):
    """A library in one folder: catalog.sqlite is the truth, generations are what is searched.

    One process writes at a time, any number read; readers notice a new generation at their next search.
    """

    def __init__(self, folder: Path, catalog: Catalog, open_model: Callable[[], Embedder]) -> None:
        """Use `open`, which checks what is on disk."""
        self._folder = folder
        self._catalog = catalog
        self._open_model = open_model
        self._embedder: Embedder | None = None
        self._lock = Lock()
        self._generation: Generation | None = None
        self._generation_name: str | None = None
        self._ready: Generation | None = None  # opened by a sync before it comes into use
        self._finder: Finder | None = None
        self._quote_finder: QuoteFinder | None = None
        self._setbacks: Setbacks = {}
        self._unfollowed = -1  # a generation of the catalog that nothing searchable came of in time
        self.reader = Reader()
        """What reads the files of a sync; another may be put in its place (`index.ray_embed.RayReader`)."""

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        model: str | None = None,
        embedder: Embedder | None = None,
        create: bool = False,
        model_progress: Progress = silent,
    ) -> Self:
        """Open the library in `folder`, or make one there when `create`.

        The model is the one the library was built with, loaded when first needed; a new library takes `embedder` or
        `model` (a name for `open_embedder`). LibraryError when another model is asked for than it was built with.
        """
        folder = folder.expanduser().absolute()
        if create:
            _make_folder(folder)
        catalog = Catalog(folder / "catalog.sqlite", create=create)
        built, name = catalog.setting("model"), catalog.setting("model_name")

        def load() -> Embedder:
            built, name = catalog.setting("model"), catalog.setting("model_name")
            opened = embedder or open_embedder(model if not built else name or None, progress=model_progress)
            if built and opened.model != built:
                raise _other_model(folder, built, opened.model)
            return opened

        library = cls(folder, catalog, load)
        asked = embedder.model if embedder else model
        if built and asked is not None and asked not in (built, name):
            library.close()
            raise _other_model(folder, built, asked)
        if not built and model:
            catalog.set("model_name", model)
        library._catch_up()
        return library

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of files; the library is not used afterwards."""
        self.reader.close()
        self._catalog.close()

    @property
    def model_name(self) -> str | None:
        """What `open_embedder` knows the library's model by, None for the bundled one."""
        return self._catalog.setting("model_name") or None

    @property
    def embedder(self) -> Embedder:
        """The model, loaded at first use; another one after the library was switched to it (`index.reembed`)."""
        built = self._catalog.setting("model")
        with self._lock:
            if self._embedder is None or self._embedder.model != (built or self._embedder.model):
                self._embedder = self._open_model()
            return self._embedder

    def sync(
        self,
        paths: Sequence[Path],
        *,
        progress: Progress = silent,
        limits: Limits = LIMITS,
        afresh: Collection[str] = (),
    ) -> SyncReport:
        """Make the library hold the files under `paths` as they are now; files elsewhere stay as they were.

        A path may be a pattern: docs/**/*.docx. A file that failed is not tried again while this object is open and
        the file stays as it is. The files `afresh`, absolute paths, are read again in any case.
        """
        made: list[str | None] = []

        def write() -> None:
            progress("写入", 0, 1)
            made.append(name := derive(self._folder, self._catalog))
            if name and self._generation:  # so that no search waits for it
                self._ready = open_generation(self._folder / name)

        with self._writing():
            if not self._catalog.setting("model"):
                self._catalog.set("model", self.embedder.model)
                self._catalog.set("dimension", str(self.embedder.dimension))
            report = sync(
                self._catalog,
                lambda: self.embedder,
                paths,
                model=self._catalog.setting("model"),
                progress=progress,
                setbacks=self._setbacks,
                reader=self.reader,
                limits=limits,
                derive=write,
                afresh=afresh,
            )
            for name in filter(None, made):
                use(self._folder, name)
            progress("写入", 1, 1)
        return report

    def interrupt(self) -> None:
        """Have a sync in another thread give up the file it is reading, which is refused; else nothing happens."""
        self.reader.kill()

    def preview(self, paths: Sequence[Path], *, progress: Progress = silent) -> SyncReport:
        """What `sync` would report for these paths; nothing is written, `embedded` is 0."""
        return preview(self._catalog, paths, progress=progress, reader=self.reader, limits=LIMITS)

    def sources(self) -> list[Source]:
        """What each document came from, by path; a document may have several."""
        return list(self._catalog.sources().values())

    def versions(self, doc_id: str) -> list[Version]:
        """As in `Library`."""
        return find_versions(self._catalog, doc_id)

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

        def find(finder: Finder) -> list[Hit]:
            return finder.search(
                query, k=k, mode=mode, filters=filters, sort=sort, collapse=collapse, per_document=per_document
            )

        return self._settled(find) or []

    def similar(self, passage_id: str, *, k: int = 10, filters: Filter = ALL) -> list[Hit]:
        """As in `Library`."""
        passage = self.passage(passage_id)
        checked(passage.id, k)
        return self._settled(lambda finder: finder.similar(passage, k=k, filters=filters)) or []

    def facets(self, query: str = "", *, filters: Filter = ALL) -> Facets:
        """As in `Library`."""
        checked(query or "全部", 1)
        return self._settled(lambda finder: finder.facets(query, filters=filters)) or Facets()

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
        """Each search term of `text` with its inverse document frequency in this library; empty while it is empty."""
        generation = self._current()
        return generation.lexical.rarity(text) if generation else {}

    def cohort(self) -> tuple[float, float]:
        """As in `Library` (`index.cohort`), counted once for what stands in the library now."""
        return self._settled(lambda finder: finder.cohort()) or (0.0, 1.0)

    def find_quote(self, quote: str, *, limit: int = 20) -> QuoteReport:
        """Where a quotation stands, exact or not (`index.quotes`); not found in an empty library."""
        checked_quote(quote)
        return self._settled(lambda finder: self._quotes(finder.generation).find(quote, limit=limit)) or QuoteReport(
            quote, "not_found", ()
        )

    def passage(self, passage_id: str) -> Passage:
        """A passage by id; NotFoundError says what became of one that is gone."""
        return self._catalog.passage(passage_id)

    def history(self, passage_id: str) -> History:
        """What became of a passage id, then and now; NotFoundError only for one that never was."""
        return history(self._catalog, passage_id)

    def copies(self, text: str, *, least: int = 20) -> list[Copy]:
        """Stretches of `text` of at least `least` ≥ 20 characters that stand word for word in the library."""
        return self._settled(lambda finder: find_copies(finder.generation, self._catalog, text, least=least)) or []

    def wordings(self, phrase: str) -> Wordings:
        """Every place of a phrase and of wordings near it. QueryError for one too short or too long."""
        found = self._settled(lambda finder: find_wordings(finder.generation, self._catalog, phrase))
        return found or find_wordings(None, self._catalog, phrase)

    def passages(self, doc_id: str) -> list[Passage]:
        """A document's passages in order; NotFoundError when the id is unknown."""
        return self._catalog.passages(self.document(doc_id).id)

    def document(self, doc_id: str) -> Document:
        """A whole document; NotFoundError when the id is unknown."""
        return self._catalog.document(doc_id)

    def documents(self) -> list[Document]:
        """All documents by title, without text and outline."""
        return self._catalog.documents()

    def context(self, passage_id: str, *, before: int = 1, after: int = 1) -> tuple[list[Passage], list[Passage]]:
        """The passages right before and right after one, each in document order; fewer at a document's ends."""
        return self._catalog.neighbours(self.passage(passage_id), before=before, after=after)

    def stats(self) -> Stats:
        """Counts, model and sizes on disk in bytes."""
        documents, passages, windows = self._catalog.counts()
        sizes = {
            "catalog": sum(file.stat().st_size for file in self._folder.glob("catalog.sqlite*")),
            # Generations share files.
            "generation": sum({f.st_ino: f.st_size for f in _files(self._folder)}.values()),
        }
        model, dimension = self._catalog.setting("model"), int(self._catalog.setting("dimension") or 0)
        return Stats(documents, passages, windows, model, dimension, self._catalog.generation, sizes)

    def _writing(self) -> AbstractContextManager[None]:
        return writing(self._folder)

    def _catch_up(self) -> None:
        """Finish what a killed writer left undone: the catalog has a change that cannot be searched yet.

        A derived part that is not whole is made anew, with a warning; what is whole of an older change stays in use
        when nothing can be written.
        """
        name, usable = current(self._folder), False
        try:
            made = read_manifest(self._folder / name) if name else None
            state = (made.generation, made.format) if made else (0, FORMAT)
            if state == (self._catalog.generation, FORMAT):
                return
            usable = made is not None and made.format == FORMAT
        except LibraryError as error:
            log.warning("%s\n正在由原文重新生成……", error)
            with self._writing():
                rebuild(self._folder, self._catalog)
            return
        try:
            with self._writing():
                advance(self._folder, self._catalog)
        except LibraryError:
            if not usable:
                raise

    def _settled(self, find: Callable[[Finder], Found]) -> Found | None:
        """What `find` finds, asked again when a writer changed the library meanwhile; None in an empty library."""
        found: Found | None = None
        for _ in range(_TRIES):
            finder = self._find()
            if finder is None:
                return None
            found = find(finder)
            if not self._overtaken(finder.generation):
                break
        return found

    def _overtaken(self, generation: Generation) -> bool:
        """Whether the catalog has gone past a generation and another one is in use, which is waited for."""
        at = self._catalog.generation
        if at in (generation.manifest.generation, self._unfollowed):
            return False
        stop = monotonic() + _SETTLING
        while self._current() is generation:
            if monotonic() > stop:  # a writer was killed before its last rename
                self._unfollowed = at
                return False
            sleep(_PAUSE)
        return True

    def _quotes(self, generation: Generation) -> QuoteFinder:
        """The finder of quotations in this generation."""
        finder = self._quote_finder
        if finder is None or finder.generation is not generation:
            finder = self._quote_finder = QuoteFinder(generation, self._catalog)
        return finder

    def _find(self) -> Finder | None:
        """The finder of the generation in use, None while the library is empty."""
        generation, finder = self._current(), self._finder
        if generation is not None and (finder is None or finder.generation is not generation):
            finder = self._finder = Finder(generation, self._catalog, self._folder, self)
        return finder

    def _current(self) -> Generation | None:
        """The generation in use, reopened when a writer has switched it; None while the library is empty."""
        name = current(self._folder)
        if name != self._generation_name:
            with self._lock:
                if name is not None and name != self._generation_name:
                    ready, self._ready, folder = self._ready, None, self._folder / name
                    as_made = ready is not None and ready.manifest == read_manifest(folder)
                    self._generation = ready if as_made else open_generation(folder)
                    self._generation_name = name
        return self._generation


def _files(library: Path) -> Iterator[os.stat_result]:
    """What the system says of each file of the library's generations; one that a writer drops meanwhile is left out."""
    for path in library.glob("gen-*/**/*"):
        with suppress(FileNotFoundError):
            if path.is_file():
                yield path.stat()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryError(f"建不了文件夹 {folder}（{error.strerror}）；请换一个 --library 文件夹") from error


def _other_model(folder: Path, built: str, asked: str) -> LibraryError:
    return LibraryError(
        f"{folder} 是用模型 {built} 建的，现在要用 {asked}；"
        f"请去掉 --model（或变量 YINDE_MODEL），或另建文库：yinde index --library 新文件夹 --model {asked} 文件夹"
    )
