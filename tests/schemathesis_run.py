"""Schemathesis against our own OpenAPI over a real port, for as long as one likes: the API refuses, it never breaks.

.venv/bin/python tests/schemathesis_run.py --minutes 5 [--seed N] [further options of `st run`]
"""

import argparse
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from fastapi import FastAPI

from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.api import build_api
from ui.keep import Keeper
from ui.openai_api import add_openai
from ui.openapi import describe
from ui.problem import tell_problems
from ui.server import listen

NOTICE = "关于精简会议的通知\n\n一、目标\n\n全市性会议数量减少三分之一。\n\n江澜市人民政府\n2026年3月1日\n"
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,allow_header_conformance"
)


@contextmanager
def examined(folder: Path) -> Iterator[FastAPI]:
    """The API over a small library, without the guard: its limits of rate are another test's."""
    (folder / "通知.txt").write_text(NOTICE, encoding="utf-8")
    with LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as library:
        library.sync([folder / "通知.txt"])
        keeper = Keeper(library, folder / "library" / "uploads")
        app = FastAPI()
        tell_problems(app)
        describe(app)
        app.include_router(build_api(library, Pipeline(library), keeper))
        add_openai(app, Pipeline(library))
        yield app
        keeper.close()


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The app on a port of this machine: its address."""
    with listen("127.0.0.1", 0) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def main() -> int:
    """Run; the status of `st`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int)
    options, further = parser.parse_known_args()
    with TemporaryDirectory() as folder, examined(Path(folder)) as app, served(app) as address:
        seed = ["--seed", str(options.seed)] if options.seed is not None else []
        limits = ["--max-time", str(max(1, round(options.minutes * 60))), "--checks", CHECKS, "--request-timeout", "70"]
        command = ["st", "run", f"{address}/openapi.json", *limits, *seed, *further]
        # It keeps notes where it runs.
        return subprocess.run([str(Path(sys.executable).with_name(command[0])), *command[1:]], cwd=folder).returncode


if __name__ == "__main__":
    sys.exit(main())
