"""The library as tools of a chat assistant, asked by the SDK's own client over both transports."""

import json
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult

from index.errors import QueryError
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.keys import Keys
from ui.mcp_tools import tools
from ui.schema import AnswerModel, QuoteModel, SearchModel
from ui.server import LOOPBACK, Access, create_app, listen

NOTICE = """江澜市人民政府办公室关于做好老旧小区改造工作的通知

江政办发〔2026〕3号

一、补助标准

加装电梯每部补助二十万元，由市财政负担。

二、完成时限

2026年底前全部完工。
"""
Talk = Callable[[Client], Coroutine[Any, Any, Any]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mcp")
    (folder / "通知.txt").write_text(NOTICE, encoding="utf-8")
    with LocalLibrary.open(folder / "library", model="hash", create=True) as library:
        library.sync([folder / "通知.txt"])
    return folder / "library"


@pytest.fixture(scope="module")
def library(folder: Path) -> Iterator[LocalLibrary]:
    with LocalLibrary.open(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def served(library: LocalLibrary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Keys]]:
    """A running server's address, and its keys: none yet."""
    import uvicorn

    folder = tmp_path_factory.mktemp("keys")
    with listen("127.0.0.1", 0) as listener:
        app = create_app(library, Pipeline(library), Access(keys=folder, hosts=LOOPBACK))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp", Keys(folder)
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture(params=["stdio", "http", "http, the older handshake"])
def client(request: pytest.FixtureRequest, folder: Path, served: tuple[str, Keys]) -> Client:
    if request.param == "stdio":
        arguments = ["-c", "from ui.cli import main; main()", "mcp", "--library", str(folder), "--model", "hash"]
        return Client(StdioServerParameters(command=sys.executable, args=arguments))
    return Client(served[0], mode="legacy" if "older" in request.param else "auto")


def talk(client: Client, say: Talk) -> Any:
    async def conversation() -> Any:
        with anyio.fail_after(60):
            async with client:
                return await say(client)

    return anyio.run(conversation)


def test_an_assistant_finds_quotes_and_cites(client: Client) -> None:
    async def say(client: Client) -> list[CallToolResult]:
        found = await client.call_tool("search", {"query": "加装电梯补助", "k": 1})
        id = found.structured_content["hits"][0]["id"]
        return [
            found,
            await client.call_tool("get_passage", {"id": id}),
            await client.call_tool("check_quotation", {"quote": "加装电梯每部补助三十万元"}),
            await client.call_tool("cite_as", {"id": id, "style": "gbt7714"}),
            await client.call_tool("list_documents", {"title": "老舊小区"}),
            await client.call_tool("ask", {"question": "加装电梯每部补助多少？"}),
            await client.call_tool("check_draft", {"text": "通知要求“加装电梯每部补助三十万元”。"}),
        ]

    results = talk(client, say)
    assert [result.is_error for result in results] == [False] * 7
    found, passage, quoted, cited, listed, answer, checked = (result.structured_content for result in results)
    assert "每部补助二十万元" in SearchModel.model_validate(found).hits[0].text
    assert passage["text"] == found["hits"][0]["text"]
    assert "完工" in passage["after"]
    assert QuoteModel.model_validate(quoted).verdict == "altered"
    assert ["replace", "三", "二"] in quoted["matches"][0]["diff"]
    assert "江政办发〔2026〕3号" in cited["citations"]["gbt7714"]
    assert (listed["total"], listed["documents"][0]["id"]) == (1, found["hits"][0]["doc_id"])
    assert AnswerModel.model_validate(answer).question == "加装电梯每部补助多少？"
    assert checked["counts"]
    assert [json.loads(result.content[0].text) for result in results] == [one.structured_content for one in results]


def test_what_is_wrong_is_told_with_its_cure_and_the_conversation_goes_on(client: Client) -> None:
    async def say(client: Client) -> list[CallToolResult]:
        wrong = [
            ("search", {"query": ""}),
            ("search", {"query": "补助", "k": 5000}),
            ("search", {"query": "补助", "top": 3}),
            ("search", {"query": "年份:去年"}),
            ("get_passage", {"id": "没有这个"}),
            ("check_quotation", {"quote": "补" * 20_001}),
        ]
        told = [await client.call_tool(name, arguments) for name, arguments in wrong]
        with pytest.raises(MCPError, match="没有名为 delete 的工具；现有：search"):
            await client.call_tool("delete", {})
        return [*told, await client.call_tool("search", {"query": "补助"})]

    *told, fine = talk(client, say)
    assert all(result.is_error for result in told)
    words = [result.content[0].text for result in told]
    assert words[:3] == [
        "参数 query 不能为空；请照 search 的说明改正后重试",
        "参数 k 太大，至多 50；请照 search 的说明改正后重试",
        "参数 top 不认识这一项；请照 search 的说明改正后重试",
    ]
    assert "去年" in words[3]
    assert "没有这个" in words[4]
    assert "quote 太长" in words[5]
    assert not fine.is_error


def test_every_tool_says_in_chinese_what_it_does_and_promises_to_read_only(served: tuple[str, Keys]) -> None:
    async def say(client: Client) -> Any:
        return await client.list_tools(), client.instructions

    listed, instructions = talk(Client(served[0]), say)
    assert [tool.name for tool in listed.tools] == [
        "search", "ask", "get_passage", "list_documents", "check_quotation", "check_draft", "cite_as",
    ]  # fmt: skip
    for tool in listed.tools:
        assert tool.annotations.read_only_hint
        assert "。" in tool.description
        assert tool.output_schema["type"] == "object"
        assert all(one.get("description") for one in tool.input_schema["properties"].values())
    assert "先 search" in instructions


def test_results_are_bounded_whatever_is_asked(library: LocalLibrary) -> None:
    known = {tool.name: tool for tool in tools(library, Pipeline(library))}
    for name, arguments in (
        ("search", {"query": "补助", "filters": ["文种:通知"] * 21}),
        ("list_documents", {"limit": 201}),
        ("get_passage", {"id": "x", "around": 11}),
        ("check_draft", {"text": "字" * 50_001}),
        ("ask", {"question": "问" * 2001}),
    ):
        with pytest.raises(QueryError, match="太"):
            known[name].call(arguments)


def test_keys_guard_the_network_address_and_reading_is_enough(served: tuple[str, Keys]) -> None:
    address, keys = served
    key = keys.add("助手", "read")
    try:
        refused = httpx.post(address, json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")

        async def say() -> bool:
            import httpx2

            async with (
                httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as http,
                Client(streamable_http_client(address, http_client=http)) as client,
            ):
                return (await client.call_tool("search", {"query": "补助"})).is_error

        assert anyio.run(say) is False
    finally:
        keys.remove("助手")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example:7860", "Origin": "http://evil.example:7860"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Content-Type": "text/plain"}, 400),
    ],
)
def test_pages_of_other_sites_cannot_speak_to_it(
    served: tuple[str, Keys], headers: dict[str, str], status: int
) -> None:
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    accept = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    assert httpx.post(served[0], content=message, headers={**accept, **headers}).status_code == status


def test_no_connection_is_held_open_and_no_message_grows_without_end(served: tuple[str, Keys]) -> None:
    assert httpx.get(served[0], headers={"Accept": "text/event-stream"}).status_code == 405
    large = httpx.post(served[0], content=b"[" + b" " * 2**21, headers={"Content-Type": "application/json"})
    assert large.status_code == 413
