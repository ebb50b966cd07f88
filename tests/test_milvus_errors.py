"""A Milvus that is down, slow, old, strange or shut: an error with its cure, and nothing written."""

import importlib.util
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from backends import lite_server, opened
from hypothesis import given
from hypothesis import strategies as st
from test_milvus import written

from index.embed import HashEmbedder
from index.errors import LibraryError, QueryError
from index.filters import condition
from index.fold import signs, tokens
from index.milvus.address import address, is_milvus
from index.milvus.demands import written as as_stored
from index.milvus.words import counted, frequencies

pymilvus = pytest.importorskip("pymilvus", reason="pip install 'yinde[milvus]'")


def test_addresses_are_read() -> None:
    plain = address(Path("milvus://host:19530/yinde"), {})  # as a Path: one slash
    assert (plain.uri, plain.name, plain.token) == ("http://host:19530", "yinde", "")
    tls = address("milvuss://root:a%40b@[::1]/books", {})
    assert (tls.uri, tls.token, tls.shown) == ("https://[::1]:19530", "root:a@b", "milvus://::1:19530/books")
    assert address("milvus://host/x?tls=1", {"MILVUS_TOKEN": "k"}).token == "k"
    assert address("资料.db", {}).lite
    assert [is_milvus(p) for p in (Path("a/b"), Path("a.db"), Path("milvus://h/c"))] == [False, True, True]
    for bad in ("milvus://", "milvus://host:99999/x", "milvus://host/甲", "milvus://root:secret@host:1/a-b"):
        with pytest.raises(LibraryError, match="milvus://主机") as failed:
            address(bad, {})
        assert "secret" not in str(failed.value)


def test_a_server_that_is_down_is_named() -> None:
    with pytest.raises(LibraryError, match=r"连不上 milvus://127\.0\.0\.1:1/x"):
        opened("milvus://127.0.0.1:1/x")


@pytest.mark.parametrize(
    ("said", "cure"),
    [
        ("auth check failure, please check username and password are correct", "MILVUS_TOKEN"),
        ("<_InactiveRpcError: StatusCode.UNAUTHENTICATED>", "MILVUS_TOKEN"),
        ("SSL_ERROR_SSL: certificate verify failed", "MILVUS_CERTIFICATE"),
        ("vector dimension mismatch, expected vector size(byte) 1536", "维数不同"),
        ("Deadline Exceeded", "60 秒"),
        ("request is rejected by grpc RateLimiter: rate limit exceeded", "收不下"),
        ("quota exceeded[reason=memory quota exceeded]", "收不下"),
        ("something new", "日志"),
    ],
)
def test_what_milvus_says_is_told_with_its_cure(said: str, cure: str) -> None:
    from index.milvus.server import told

    error = pymilvus.MilvusException(message=said)
    assert cure in str(told(error, address("milvus://host/x", {}), 60.0))


@pytest.mark.parametrize(
    ("code", "said", "cure"),
    [
        ("UNAUTHENTICATED", "auth check failure, please check api key is correct", "MILVUS_TOKEN"),
        ("PERMISSION_DENIED", "permission deny", "MILVUS_TOKEN"),
        ("UNIMPLEMENTED", "unknown service milvus.proto.milvus.MilvusService", "版本"),
    ],
)
def test_a_server_that_refuses_is_told_with_its_cure(code: str, said: str, cure: str) -> None:
    import grpc

    class Refusing(grpc.GenericRpcHandler):
        def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
            def refuse(request: bytes, context: grpc.ServicerContext) -> bytes:
                context.abort(grpc.StatusCode[code], said)

            return grpc.unary_unary_rpc_method_handler(refuse)

    server = grpc.server(ThreadPoolExecutor(2), handlers=[Refusing()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with pytest.raises(LibraryError, match=cure) as failed:
            opened(f"milvus://root:secret@127.0.0.1:{port}/x")
        assert "secret" not in str(failed.value)
    finally:
        server.stop(grace=None)


def test_another_model_than_the_librarys_is_refused(place: str) -> None:
    from index.milvus.library import MilvusLibrary

    class Narrow(HashEmbedder):
        model = "narrow"
        dimension = 64

    with pytest.raises(LibraryError, match="hash"):
        MilvusLibrary.open(place, embedder=Narrow())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A library on a server."""
    with pytest.MonkeyPatch.context() as patch, lite_server(tmp_path_factory.mktemp("server")) as port:
        patch.setenv("YINDE_MILVUS_WORK", str(tmp_path_factory.mktemp("work")))
        place = f"milvus://127.0.0.1:{port}/errors"
        with opened(place, create=True) as library:
            library.sync([written(tmp_path_factory.mktemp("documents"))])
        yield place


def test_a_machine_without_the_catalog_fetches_it_and_goes_on(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YINDE_MILVUS_WORK", str(tmp_path / "another machine"))
    (tmp_path / "新.txt").write_text("关于新设窗口的通知\n\n新设一个窗口。\n", encoding="utf-8")
    with opened(place) as reader, opened(place) as library:
        known = {document.id for document in reader.documents()}
        report = library.sync([tmp_path / "新.txt"])
        assert (len(report.added), report.embedded <= 2) == (1, True)
        assert {document.id for document in library.documents()} == known | set(report.added)
        assert library.search("新设窗口", k=1)[0].title == "关于新设窗口的通知"


def test_a_second_writer_is_refused_while_the_first_writes(place: str, tmp_path: Path) -> None:
    from index.milvus.lease import Lease
    from index.milvus.library import MilvusLibrary

    with MilvusLibrary.open(place, embedder=HashEmbedder()) as library:
        lease = Lease(library._tables)
        lease.take()
        try:
            with pytest.raises(LibraryError, match="另一台机器正在写入"):
                library.sync([tmp_path])
        finally:
            lease.release()
        library.sync([tmp_path])


def test_a_library_of_a_newer_format_is_left_alone(place: str, tmp_path: Path) -> None:
    from dataclasses import replace

    from index.milvus.library import MilvusLibrary

    with MilvusLibrary.open(place, embedder=HashEmbedder()) as library:
        tables, state = library._tables, library._tables.state("Strong")
        assert state is not None
        tables.write_state(replace(state, format=99))
        with pytest.raises(LibraryError, match="升级引得"):
            opened(place)
        tables.write_state(state)


def test_another_model_replaces_the_first_while_readers_go_on(place: str) -> None:
    from index.milvus.library import MilvusLibrary

    class Backwards(HashEmbedder):
        model = "backwards"
        dimension = 256

    with opened(place) as reader, MilvusLibrary.open(place, embedder=HashEmbedder()) as library:
        before = [hit.passage.id for hit in reader.search("视频会议", mode="lexical")]
        library.reembed(Backwards())
        assert library.stats().model == "backwards"
        assert library.search("视频会议", k=1, mode="dense")
        server = library._server
        aliases = server._client.list_aliases()["aliases"]
        assert "errors_windows" in aliases
        assert [name for name in server.names() if name.startswith("errors_windows_")] == ["errors_windows_2"]
        assert [hit.passage.id for hit in library.search("视频会议", mode="lexical")] == before
        library.reembed(HashEmbedder())


def test_phrases_are_found_sign_by_sign() -> None:
    stored = as_stored("完成率达到100%，“甲_乙”。")
    assert as_stored("100%").strip("\x1f") in stored
    assert as_stored("10") not in stored
    with pytest.raises(QueryError):
        condition("text", "，")
    assert signs("5 不") == ["5", "不"]


@given(st.text(alphabet="哈政府市a1. 。\n五", max_size=40))
def test_terms_are_counted_as_the_index_counts_them(text: str) -> None:
    terms = {token.term for token in tokens(text)} | {"政府", "哈哈", "a1"}
    assert frequencies(text, terms) == {term: n for term, n in counted(text).items() if term in terms}


@pytest.mark.skipif(importlib.util.find_spec("milvus") is None, reason="pip install milvus==2.3.5 (a real server)")
def test_a_real_server_that_is_too_old_is_refused_and_left_empty(tmp_path: Path) -> None:
    from milvus import MilvusServer

    server = MilvusServer()
    server.set_base_dir(str(tmp_path / "milvus"))
    with server:  # starts it
        place = f"milvus://127.0.0.1:{server.listen_port}/old"
        with pytest.raises(LibraryError, match=r"2\.3.*太旧.*2\.5"):
            opened(place, create=True)
        client = pymilvus.MilvusClient(f"http://127.0.0.1:{server.listen_port}")
        assert client.list_collections() == []
        client.close()
