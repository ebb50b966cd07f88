"""What readers with a key are not shown: where on the server a file lies."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, cast

from index.library import Library
from index.types import Document
from ui.keys import Keys

_PATH = re.compile(r"(?:[A-Za-z]:)?(?:[/\\][^\s/\\，。；：（）“”《》]+){2,}[/\\]?")


def bare(words: str) -> str:
    """A message without the folders of the paths in it: 打不开 /srv/机密/catalog.sqlite → 打不开 catalog.sqlite."""
    return _PATH.sub(lambda found: _name(found[0]), words)


def veiled(library: Library, keys: Keys) -> Library:
    """The same library; while there are keys, its documents' `meta["source"]` is a name without folders."""
    return cast(Library, _Veiled(library, lambda: bool(keys.all())))


class _Veiled:
    def __init__(self, library: Library, veiling: Callable[[], bool]) -> None:
        self._library = library
        self._veiling = veiling

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)

    def document(self, doc_id: str) -> Document:
        """As in `Library`."""
        document = self._library.document(doc_id)
        source = document.meta.get("source", "")
        if not source or not self._veiling():
            return document
        return replace(document, meta={**document.meta, "source": _name(source)})


def _name(path: str) -> str:
    """The last part of a path, of a web address nothing but its end either."""
    return PurePosixPath(path.replace("\\", "/")).name
