"""The OpenAI-compatible face, asked by OpenAI's own client over a real port."""

from collections.abc import Iterator
from threading import Thread

import openai
import pytest

from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from rag.types import Answer, Citation, Statement
from ui.openai_api import annotations
from ui.server import create_app, listen

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

NOTICE = """关于老旧小区改造的通知

一、补助标准

每户补助两千元。由市财政负担。

二、完成时限

2026年底前全部完工。
"""
QUESTION = "每户补助多少？"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLibrary]:
    folder = tmp_path_factory.mktemp("openai")
    (folder / "通知.txt").write_text(NOTICE, encoding="utf-8")
    with LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as opened:
        opened.sync([folder / "通知.txt"])
        yield opened


@pytest.fixture(scope="module")
def client(library: LocalLibrary) -> Iterator[openai.OpenAI]:
    import uvicorn

    with listen("127.0.0.1", 0) as listener:
        app = create_app(library, Pipeline(library))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        with openai.OpenAI(base_url=address, api_key="none", max_retries=2, timeout=20) as asked:
            yield asked
        server.should_exit = True
        thread.join(timeout=20)


def test_an_answer_cites_the_passages_that_its_marks_name(client: openai.OpenAI, library: LocalLibrary) -> None:
    done = client.chat.completions.create(model="yinde", messages=[{"role": "user", "content": QUESTION}])
    message = done.choices[0].message
    assert message.content is not None
    assert message.content.startswith("每户补助两千元。")
    assert message.annotations
    cited = message.annotations[0].url_citation
    assert message.content[cited.start_index : cited.end_index] == "[1]"
    assert "每户补助两千元" in library.passage(cited.url.partition("?id=")[2]).text


def test_a_stream_says_the_same_as_the_whole(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="yinde", messages=[{"role": "user", "content": QUESTION}])
    chunks = list(
        client.chat.completions.create(model="x", messages=[{"role": "user", "content": QUESTION}], stream=True)
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole.choices[0].message.content
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_what_is_not_in_the_library_is_not_answered(client: openai.OpenAI) -> None:
    done = client.chat.completions.create(model="yinde", messages=[{"role": "user", "content": "月球基地何时建成？"}])
    assert "资料中没有找到" in (done.choices[0].message.content or "")
    assert done.choices[0].message.annotations == []


def test_a_conversation_without_a_question_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="没有 user 的问题"):
        client.chat.completions.create(model="yinde", messages=[{"role": "system", "content": "你好"}])


def test_a_conversation_is_followed(client: openai.OpenAI) -> None:
    done = client.chat.completions.create(
        model="yinde",
        messages=[
            {"role": "user", "content": "说说每户补助"},
            {"role": "assistant", "content": "一、补助标准。[1]"},
            {"role": "user", "content": "它是多少？"},
        ],
    )
    assert "每户补助两千元。[1]" in (done.choices[0].message.content or "")


def test_the_models_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["yinde"]


def test_brackets_in_the_documents_own_words_are_no_marks(library: LocalLibrary) -> None:
    passage = library.search("补助标准", mode="lexical")[0].passage
    citation = Citation(1, passage, "通知", passage.start, passage.end)
    answer = Answer("问", (Statement("依据文献[7]办理。", (1,), "verbatim"),), (citation,), (), abstained=False)
    assert [answer.text[a["url_citation"]["start_index"] :] for a in annotations(answer, "/")] == ["[1]"]
