"""A served library for tests in a browser: its documents, a scripted language model, uploads, questions kept."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from scripted_llm import Reply, Service, scripted

from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.configured import configured
from ui.keep import Keeper
from ui.server import Access, create_app, listen


@dataclass(frozen=True)
class Site:
    """A page that is served: its address, its library and that one's folder, and the language model behind it."""

    url: str
    folder: Path
    library: LocalLibrary
    model: Service


@contextmanager
def serving(folder: Path, documents: Mapping[str, str | bytes]) -> Iterator[Site]:
    """Serve documents, by file name, until left; the model fails until it is given a script."""
    import uvicorn

    for name, content in documents.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    home = folder / "library"
    with (
        scripted(Reply(status=500)) as model,
        LocalLibrary.open(home, embedder=HashEmbedder(), create=True) as library,
        listen("127.0.0.1", 0) as listener,
    ):
        library.sync([folder / name for name in documents])
        pipeline = configured(library, {"YINDE_LLM_BASE_URL": model.url, "YINDE_LLM_MODEL": "试验模型"})
        keeper = Keeper(library, home / "uploads")
        app = create_app(library, pipeline, Access(keys=home, keeper=keeper))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}", home, library, model)
        server.should_exit = True
        thread.join(timeout=20)
        keeper.close()
