"""Another model for a library: its vectors are made beside those in use, tried out, and switched to in one step.

Vectors are kept in the catalog by model and text, so making them disturbs nobody, an interrupted run goes on where it
was, and going back is a switch like any other, as long as `index.compact` has not dropped what no window uses.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from index.arrival import Arrival, embedded_windows
from index.catalog import Catalog
from index.embed import Embedder
from index.errors import LibraryError, NotFoundError
from index.generation import advance, rebuild, remade, use
from index.library import LocalLibrary
from index.staging import Embedding, Progress
from index.writer import writing

_TRIAL = "reembed.making"


def embed_all(catalog: Catalog, embedder: Embedder, progress: Progress) -> int:
    """Keep the vector of every window by another model; how many were not there yet."""
    documents = [document.id for document in catalog.documents()]
    embedding = Embedding(catalog, lambda: embedder, progress)
    for done, doc_id in enumerate(documents):
        try:
            document, passages = catalog.document(doc_id), tuple(catalog.passages(doc_id))
        except NotFoundError:  # deleted meanwhile
            continue
        keys = tuple(
            tuple((window.span, window.key) for window in embedded_windows(passage, document.title, embedder.model))
            for passage in passages
        )
        embedding.add(Arrival(document, "", passages, keys, b""), share=(done + 1) / len(documents))
    embedding.finish()
    return embedding.embedded


def rekey(db: sqlite3.Connection, catalog: Catalog, embedder: Embedder, name: str) -> None:
    """Within a transaction, have every window and the settings point to a model whose vectors are all there.

    A change like any other: the generation is the next one. What `open_embedder` knew the former model by is kept.
    """
    for document in catalog.documents():
        for passage in catalog.passages(document.id):
            (row,) = db.execute("SELECT row FROM passages WHERE id = ?", (passage.id,)).fetchone()
            found = embedded_windows(passage, document.title, embedder.model)
            keyed = [(window.key, row, number) for number, window in enumerate(found)]
            db.executemany("UPDATE windows SET key = ? WHERE row = ? AND number = ?", keyed)
    settings = {
        "former_model": catalog.setting("model"), "former_name": catalog.setting("model_name"),
        "model": embedder.model, "model_name": name, "dimension": str(embedder.dimension),
        "generation": str(catalog.generation + 1),
    }  # fmt: skip
    db.executemany("INSERT OR REPLACE INTO settings VALUES (?, ?)", list(settings.items()))


def prepare(folder: Path, embedder: Embedder, progress: Progress) -> int:
    """Make the vectors of another model for the library in `folder`, which others use and change meanwhile.

    How many were made: 0 when all were there. LibraryError when there is no library or the disk refuses.
    """
    try:
        with closing(Catalog(folder / "catalog.sqlite")) as catalog:
            return embed_all(catalog, embedder, progress)
    except (OSError, sqlite3.OperationalError) as error:
        raise LibraryError(f"{folder} 写不进去（{error}）；请检查磁盘空间后重新运行，已算好的不会重算") from error


@contextmanager
def trial(folder: Path, embedder: Embedder, progress: Progress) -> Iterator[LocalLibrary]:
    """The library as it would be after the switch, as a copy inside `folder` that is gone afterwards."""
    place = folder / _TRIAL
    shutil.rmtree(place, ignore_errors=True)
    try:
        place.mkdir()
        path = place / "catalog.sqlite"
        with closing(sqlite3.connect(folder / "catalog.sqlite")) as one, closing(sqlite3.connect(path)) as other:
            one.backup(other)
        with writing(place), closing(Catalog(path)) as catalog:
            embed_all(catalog, embedder, progress)  # of what came in since
            with catalog.transaction() as db:
                rekey(db, catalog, embedder, "")
            rebuild(place, catalog)
        with LocalLibrary.open(place, embedder=embedder) as library:
            yield library
    except (OSError, sqlite3.OperationalError) as error:
        raise LibraryError(f"{folder} 写不进去（{error}）；比较时要放一份副本，请腾出空间后重新运行") from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def switch(folder: Path, embedder: Embedder, name: str, progress: Progress) -> None:
    """Have the library in `folder` search by another model, which `open_embedder` knows by `name`, "" the bundled one.

    What has no vector yet is embedded before. Readers go on with the old model until the new one's generation is
    there. Killed anywhere, the library has either model; nothing changes when it has that one. BusyError while another
    process writes.
    """
    with writing(folder), closing(Catalog(folder / "catalog.sqlite")) as catalog:
        if catalog.setting("model") == embedder.model:
            advance(folder, catalog)
            return
        embed_all(catalog, embedder, progress)
        progress("切换", 0, 1)
        with catalog.transaction() as db:
            rekey(db, catalog, embedder, name)
            made = remade(folder, catalog)
        use(folder, made)
        progress("切换", 1, 1)


def former(folder: Path) -> tuple[str, str]:
    """The model before the last switch, and what `open_embedder` knows it by; LibraryError when there was no switch."""
    with closing(Catalog(folder / "catalog.sqlite")) as catalog:
        model = catalog.setting("former_model")
        if not model:
            raise LibraryError(f"{folder} 没有换过模型，无从换回")
        return model, catalog.setting("former_name")
