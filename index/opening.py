"""One way to open a library, whichever engine holds it."""

from pathlib import Path
from typing import TYPE_CHECKING

from index.embed import Embedder
from index.library import LocalLibrary
from index.milvus.address import address, is_milvus
from index.sync import Progress, silent

if TYPE_CHECKING:
    from index.milvus.library import MilvusLibrary


def open_library(
    place: Path | str,
    *,
    model: str | None = None,
    embedder: Embedder | None = None,
    create: bool = False,
    model_progress: Progress = silent,
) -> "LocalLibrary | MilvusLibrary":
    """The library at a folder or at a Milvus address (`index.milvus.address`); see their `open`."""
    if is_milvus(place):
        from index.milvus.library import MilvusLibrary

        return MilvusLibrary.open(place, model=model, embedder=embedder, create=create, model_progress=model_progress)
    return LocalLibrary.open(Path(place), model=model, embedder=embedder, create=create, model_progress=model_progress)


def home(place: Path | str) -> Path:
    """The folder on this machine where a library's keys, uploads and dictionary are."""
    return address(place).workspace if is_milvus(place) else Path(place)
