"""One process that serves the page, the source viewer and what watches over it, on one port."""

import errno
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import NotFoundError, YindeError
from index.library import Library
from rag.configured import configured
from rag.pipeline import Pipeline
from rag.settings import endpoint
from ui.keep import Keeper
from ui.keys import Keys
from ui.original import add_original
from ui.viewer import render_source, render_source_error
from ui.words import HOST_UNKNOWN, NO_PASSAGE_GIVEN, PORT_FORBIDDEN, PORT_TAKEN, PUBLIC_WITHOUT_KEYS, READY, SENT_AWAY

if TYPE_CHECKING:
    from fastapi import FastAPI

ASSETS = Path(__file__).parent / "assets"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_WARM_UP = "引得"
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a served library.

    keys     the folder that holds the keys (`ui.keys`); while there is none, everybody who reaches the port
    origins  other sites whose pages may ask the API through their readers' browsers (`ui.widget.allow_origins`)
    hosts    the names the program answers to; empty for any
    keeper   takes in, deletes and reads documents again; None where a face may change nothing
    history  whether what is asked on the page is kept for the reader who asked (`ui.history`)
    tracing  where spans go, a `TracerProvider` of OpenTelemetry's (`ui.tracing`); None for nowhere
    """

    keys: Path | None = None
    origins: Sequence[str] = ()
    hosts: Sequence[str] = ()
    keeper: Keeper | None = None
    history: bool = True
    tracing: Any = None


def create_app(library: Library, pipeline: Pipeline, access: Access = Access()) -> "FastAPI":
    """The program as an ASGI application: the page at /, the API under /api/v1, the search box under /widget."""
    from fastapi import FastAPI, HTTPException, Request
    from fastapi.responses import HTMLResponse
    from fastapi.staticfiles import StaticFiles
    from gradio import mount_gradio_app

    from ui.answers import Answers
    from ui.api import build_api
    from ui.guard import Guard, Sessions
    from ui.journal import Journal
    from ui.login import add_login
    from ui.mcp_server import add_mcp
    from ui.metrics import add_metrics
    from ui.openai_api import add_openai
    from ui.openapi import allowed, describe
    from ui.page import HEAD, build_page, theme
    from ui.page_views import add_views
    from ui.problem import tell_problems
    from ui.veil import veiled
    from ui.widget import add_widget, allow_origins

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        yield
        if access.keeper:
            access.keeper.close()

    app = FastAPI(title="引得 Yinde", version=version("yinde"), docs_url=None, redoc_url=None, lifespan=living)
    tell_problems(app)
    describe(app)
    keys, sessions = Keys(access.keys or Path(os.devnull)), Sessions()
    add_metrics(app, library)
    app.add_middleware(Guard, keys=keys, sessions=sessions, hosts=access.hosts, origins=access.origins)
    allow_origins(app, access.origins)  # outermost: an allowed site is told why it was refused
    if access.tracing:
        from ui.tracing import Traced

        app.add_middleware(Traced, provider=access.tracing)
    app.add_middleware(Journal)
    shown = veiled(library, keys)
    app.include_router(build_api(shown, pipeline, access.keeper))
    add_openai(app, pipeline)
    add_mcp(app, shown, pipeline)
    add_widget(app, ASSETS)
    add_login(app, keys, sessions)

    @app.api_route("/api/{rest:path}", methods=_METHODS, include_in_schema=False)
    def unknown(request: Request) -> None:
        # The page answers every other address, by whatever method.
        raise HTTPException(405 if allowed(app, request.url.path) else 404)

    @app.get("/page/source", include_in_schema=False)
    def source(id: str = "", doc: str = "", start: int = -1, end: int = -1) -> HTMLResponse:
        status, fragment = _source(library, id, doc, (start, end))
        return HTMLResponse(fragment, status_code=status)

    add_original(app, library)
    answers = Answers()
    add_views(app, library, pipeline, answers, folder=access.keys, history=access.history, keeper=access.keeper)
    app.mount("/page", StaticFiles(directory=ASSETS))
    mount_gradio_app(
        app,
        build_page(library, pipeline, answers, access.keeper, measuring=access.keys is not None),
        path="/",
        head=HEAD,
        theme=theme(),
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        show_error=False,
        favicon_path=str(ASSETS / "favicon.svg"),
    )
    return app


def listen(host: str, port: int) -> socket.socket:
    """A socket already listening on `host:port`, so that nobody can take the port while the rest is loaded.

    YindeError with the cure when the port is taken or forbidden, or the host is not this machine's. Port 0 takes any.
    """
    other = port + 1 if 1024 <= port < 65535 else 7860
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError) as error:  # a..b is no name at all
        raise YindeError(HOST_UNKNOWN.format(host=host)) from error
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere this lets two programs share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        message = {
            errno.EADDRINUSE: PORT_TAKEN,
            errno.EACCES: PORT_FORBIDDEN,
            errno.EADDRNOTAVAIL: HOST_UNKNOWN,
        }.get(error.errno or 0)
        if message is None:
            raise
        raise YindeError(message.format(host=host, port=port, other=other)) from error
    return listener


def serve(library: Library, *, host: str = "127.0.0.1", port: int = 7860, access: Access = Access()) -> None:
    """Serve the page until Ctrl+C; prints the address once a question would be answered.

    YindeError when others could reach the port and there are no keys, when the port cannot be had (both found out
    before anything heavy is loaded), when the model cannot, or when a language model is set up wrongly.
    """
    if host not in LOOPBACK and not (access.keys and Keys(access.keys).all()):
        raise YindeError(PUBLIC_WITHOUT_KEYS.format(host=host))
    if host in LOOPBACK:
        access = replace(access, hosts=(*LOOPBACK, *access.hosts))
    with listen(host, port) as listener:
        import uvicorn

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                print(READY.format(url=_url(listener)), flush=True)

        app = create_app(library, configured(library), access)
        if (service := endpoint()) and service.elsewhere:
            print(SENT_AWAY.format(host=service.host), flush=True)
        hits = library.search(_WARM_UP, k=1)  # loads the models now rather than under the first question
        library.reread(_WARM_UP, hits)
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
        with suppress(KeyboardInterrupt):
            Server(config).run(sockets=[listener])


def _source(library: Library, passage_id: str, doc_id: str, span: tuple[int, int]) -> tuple[int, str]:
    """(HTTP status, HTML) of what the viewer shows."""
    if not passage_id and not doc_id:
        return 400, render_source_error(NO_PASSAGE_GIVEN)
    try:
        if not passage_id:
            return 200, render_source(library.document(doc_id))
        passage = library.passage(passage_id)
        return 200, render_source(library.document(passage.doc_id), passage=passage, span=span)
    except NotFoundError as error:
        return 404, render_source_error(str(error))


def _url(listener: socket.socket) -> str:
    """What to type into a browser on this machine; every-address hosts are reached as localhost."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
