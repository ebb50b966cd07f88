import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from fastapi.testclient import TestClient

from index.embed import HashEmbedder
from index.errors import YindeError
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.server import create_app, listen

NOTICE = """关于做好基层减负工作的通知

一、精简会议

全市性会议数量比上年减少三分之一。<script>alert(1)</script>

江澜市人民政府办公室
2026年3月1日
"""
SERVE = """
import sys
from pathlib import Path
from index.embed import HashEmbedder
from index.errors import YindeError
from index.library import LocalLibrary
from ui.server import serve
with LocalLibrary.open(Path(sys.argv[1]), embedder=HashEmbedder(), create=True) as library:
    try:
        serve(library, port=int(sys.argv[2]))
    except YindeError as error:
        print(error, "gradio" in sys.modules)
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLibrary]:
    folder = tmp_path_factory.mktemp("server")
    (folder / "通知.txt").write_text(NOTICE, encoding="utf-8")
    with LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as opened:
        opened.sync([folder / "通知.txt"])
        yield opened


@pytest.fixture(scope="module")
def client(library: LocalLibrary) -> TestClient:
    return TestClient(create_app(library, Pipeline(library)))


def test_the_server_says_that_it_is_well(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_requests_are_counted_by_route_and_the_library_is_measured(client: TestClient) -> None:
    client.get("/api/v1/search", params={"q": "会议"})
    client.get("/api/v1/passages/none")
    told = client.get("/metrics").text
    assert 'yinde_requests_total{method="GET",route="/api/v1/search",status="200"} 1.0' in told
    assert 'route="/api/v1/passages/{id}",status="404"' in told
    assert "yinde_documents 1.0" in told
    assert client.get("/readyz").json() == {"status": "ready"}


def test_the_api_stands_beside_the_page(client: TestClient, library: LocalLibrary) -> None:
    passage = library.search("全市性会议数量", mode="lexical")[0].passage
    assert client.get(f"/api/v1/passages/{passage.id}").json()["text"] == passage.text
    assert all(path.startswith(("/api/v1/", "/v1/")) for path in client.get("/openapi.json").json()["paths"])
    assert client.get("/api/v1/nothing").json()["detail"] == "没有这个地址"


def test_the_page_and_what_it_loads_are_served(client: TestClient) -> None:
    assert "引得" in client.get("/").text
    for part in ("page.css", "page.js", "favicon.svg"):
        assert client.get(f"/page/{part}").status_code == 200


def test_a_passage_opens_in_its_document_with_the_span_marked(client: TestClient, library: LocalLibrary) -> None:
    passage = library.search("全市性会议数量", mode="lexical")[0].passage
    start = passage.start + passage.text.index("全市性")
    answer = client.get("/page/source", params={"id": passage.id, "start": start, "end": start + 5})
    assert answer.headers["content-type"].startswith("text/html")
    assert '<mark class="cited">全市性会议</mark>数量' in answer.text
    assert "<script" not in answer.text


def test_a_document_opens_without_a_passage(client: TestClient, library: LocalLibrary) -> None:
    answer = client.get("/page/source", params={"doc": library.documents()[0].id})
    assert answer.status_code == 200
    assert "减少三分之一" in answer.text


@pytest.mark.parametrize(
    ("query", "status"), [({"id": "nichts<b>"}, 404), ({"doc": "nichts<b>"}, 404), ({}, 400), ({"start": "x"}, 422)]
)
def test_what_cannot_be_opened_is_said_and_escaped(client: TestClient, query: dict[str, str], status: int) -> None:
    answer = client.get("/page/source", params=query)
    assert answer.status_code == status
    assert "<b>" not in answer.text


def test_nothing_outside_the_assets_is_served(client: TestClient) -> None:
    for path in ("/page/../server.py", "/page/%2e%2e/server.py", "/page/..%2fserver.py", "/page//etc/passwd"):
        assert "create_app" not in client.get(path).text
        assert "root:" not in client.get(path).text


def test_a_taken_port_is_told_with_another_to_try() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(YindeError, match=f"端口 {port} 已被占用.*--port {port + 1}"):
            listen("127.0.0.1", port)


def test_a_port_is_free_again_once_let_go() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
    listen("127.0.0.1", port).close()


@pytest.mark.parametrize("host", ["192.0.2.1", "没有.这台.invalid"])
def test_a_host_that_is_not_this_machine_is_told(host: str) -> None:
    with pytest.raises(YindeError, match="本机没有"):
        listen(host, 0)


def test_serving_prints_the_address_when_it_answers_and_ends_when_asked(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(tmp_path), "0"], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as server:
        assert server.stdout
        line = server.stdout.readline()
        assert "引得已就绪：http://127.0.0.1:" in line
        with urlopen(line.split("：")[1].split()[0] + "/healthz", timeout=10) as answer:
            assert answer.status == 200
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=20) == 0


def test_a_taken_port_is_found_out_before_anything_heavy_is_loaded(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = subprocess.run(
            [sys.executable, "-c", SERVE, str(tmp_path), str(port)], capture_output=True, text=True, encoding="utf-8"
        )
    assert said.stderr == ""
    assert f"端口 {port} 已被占用" in said.stdout
    assert said.stdout.strip().endswith("False")
