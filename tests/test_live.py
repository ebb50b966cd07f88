"""Readers who leave: their connection to us ends, and with it ours to the model's service."""

from collections.abc import Iterator
from threading import Thread

import httpx
import pytest
from scripted_llm import Reply, Service, scripted

from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.configured import configured
from ui.api import build_api
from ui.guard import Guard, Sessions
from ui.keys import Keys
from ui.metrics import add_metrics
from ui.openai_api import add_openai
from ui.problem import tell_problems
from ui.server import listen

TRUE = "每户补助两千元。"
DOCUMENT = f"""关于老旧小区改造的通知

一、补助标准

{TRUE}由市财政负担。

二、完成时限

2026年底前全部完工，共改造小区86个。
"""
TALK = {"model": "yinde", "messages": [{"role": "user", "content": "每户补助多少？"}]}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with scripted(Reply("")) as running:
        yield running


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, service: Service) -> Iterator[httpx.Client]:
    import uvicorn
    from fastapi import FastAPI

    folder = tmp_path_factory.mktemp("live")
    (folder / "通知.txt").write_text(DOCUMENT, encoding="utf-8")
    environ = {"YINDE_LLM_BASE_URL": service.url, "YINDE_LLM_MODEL": "m", "YINDE_LLM_API_KEY": "sk-secret-123"}
    with (
        LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as library,
        listen("127.0.0.1", 0) as listener,
    ):
        library.sync([folder / "通知.txt"])
        app = FastAPI()
        tell_problems(app)
        add_metrics(app, library)
        app.add_middleware(Guard, keys=Keys(folder), sessions=Sessions())
        pipeline = configured(library, environ)
        app.include_router(build_api(library, pipeline))
        add_openai(app, pipeline)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=30) as asking:
            yield asking
        server.should_exit = True
        thread.join(timeout=20)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/ask", {"question": "每户补助多少？", "stream": True}),
        ("/v1/chat/completions", {**TALK, "stream": True}),
    ],
)
@pytest.mark.parametrize("reply", [Reply(f"{TRUE}[1]" * 4000, gap=0.005), Reply("晚了。", hang=60)])
def test_who_leaves_a_stream_ends_the_models_work(
    client: httpx.Client, service: Service, path: str, body: dict[str, object], reply: Reply
) -> None:
    service.script(reply)
    with client.stream("POST", path, json=body) as response:
        assert response.status_code == 200
        lines = response.iter_lines()
        while not service.requests:
            next(lines)
    assert service.left.wait(8)


@pytest.mark.parametrize(
    ("path", "body"), [("/api/v1/ask", {"question": "每户补助多少？"}), ("/v1/chat/completions", TALK)]
)
def test_who_waits_for_the_whole_and_leaves_ends_it_too(
    client: httpx.Client, service: Service, path: str, body: dict[str, object]
) -> None:
    service.script(Reply("晚了。", hang=60))
    with pytest.raises(httpx.ReadTimeout):
        client.post(path, json=body, timeout=1)
    assert service.requests
    assert service.left.wait(8)


def test_a_streamed_answer_tells_each_sentence_once_and_never_the_key(client: httpx.Client, service: Service) -> None:
    service.script(Reply(f"{TRUE}[1]每户另有三万元。[1]", gap=0.01))
    text = client.post("/api/v1/ask", json={"question": "每户补助多少？", "stream": True}).text
    assert text.count("event: done") == 1
    assert '"withheld": 1' in text
    assert "三万" not in text
    assert "secret" not in text


def test_a_wrong_key_is_told_to_nobody(client: httpx.Client, service: Service) -> None:
    service.script(Reply(status=401))
    for path, body in (("/api/v1/ask", {"question": "每户补助多少？"}), ("/v1/chat/completions", TALK)):
        said = client.post(path, json=body).text
        assert "不认这个密钥（401）" in said
        assert TRUE in said
        assert "secret" not in said
