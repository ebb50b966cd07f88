"""The chat client against a real service that misbehaves by script."""

import logging
import time
from collections.abc import Iterator

import pytest
from scripted_llm import Reply, Service, scripted

from index.errors import EndpointError
from rag.llm import chat
from rag.settings import Endpoint

KEY = "sk-secret-123"
ASKED = [{"role": "user", "content": "每户补助多少？"}]


@pytest.fixture(scope="module")
def running() -> Iterator[Service]:
    with scripted(Reply("好。")) as service:
        yield service


def endpoint(service: Service, *, silence: float = 5, whole: float = 10) -> Endpoint:
    return Endpoint(service.url, "m", KEY, connect=1, silence=silence, whole=whole)


def said(service: Service, **limits: float) -> str:
    return "".join(chat(endpoint(service, **limits), ASKED))


def failure(service: Service, **limits: float) -> str:
    with pytest.raises(EndpointError) as caught:
        said(service, **limits)
    assert "secret" not in str(caught.value)
    return str(caught.value)


def test_words_arrive_in_their_order_with_the_key_in_its_header(running: Service) -> None:
    running.script(Reply("每户补助两千元。[1]", piece=2))
    assert said(running) == "每户补助两千元。[1]"
    assert running.keys == [f"Bearer {KEY}"]
    assert (running.requests[0]["model"], running.requests[0]["stream"]) == ("m", True)


@pytest.mark.parametrize("piece", [1, 3, 7, 100])
def test_thoughts_are_left_out_however_their_tags_are_cut(running: Service, piece: int) -> None:
    running.script(Reply("<think>先看第1段。\n五万？</think>\n\n两千元。", piece=piece, thoughts="想一想五万"))
    assert said(running) == "两千元。"


def test_a_tag_that_is_none_is_kept(running: Service) -> None:
    running.script(Reply("<thin", piece=2))
    assert said(running) == "<thin"


@pytest.mark.parametrize("says", ["<think>想啊想", "", " ", "<think>想</think>\n"])
def test_thoughts_and_blanks_alone_are_no_answer(running: Service, says: str) -> None:
    running.script(Reply(says, piece=3))
    assert "没有给出回答" in failure(running)


def test_a_service_that_does_not_stream_is_understood(running: Service) -> None:
    body = '{"choices": [{"index": 0, "message": {"content": "两千元。"}, "finish_reason": "stop"}]}'
    running.script(Reply(raw=body.encode(), headers=(("Content-Type", "application/json"),)))
    assert said(running) == "两千元。"


def test_a_wrong_key_is_told_once_and_not_tried_again(running: Service) -> None:
    running.script(Reply(status=401))
    assert failure(running) == "大模型服务（127.0.0.1）不认这个密钥（401）；请检查 YINDE_LLM_API_KEY"
    assert len(running.requests) == 1


def test_a_request_that_is_not_taken_is_made_plainer_once(running: Service) -> None:
    running.script(Reply(status=400), Reply("两千元。"))
    messages = [{"role": "system", "content": "规则"}, *ASKED]
    assert "".join(chat(endpoint(running), messages)) == "两千元。"
    assert running.requests[1]["messages"] == [{"role": "user", "content": "规则\n\n每户补助多少？"}]
    assert "temperature" in running.requests[0]
    assert "temperature" not in running.requests[1]


def test_a_request_that_is_never_taken_is_told(running: Service) -> None:
    running.script(Reply(status=400))
    assert "不接受这个请求（400）" in failure(running)
    assert len(running.requests) == 2


@pytest.mark.parametrize(("status", "words"), [(403, "不允许使用"), (404, "没有这个模型或地址"), (302, "没有照常回答")])
def test_what_cannot_pass_is_not_tried_again(running: Service, status: int, words: str) -> None:
    running.script(Reply(status=status))
    assert words in failure(running)
    assert len(running.requests) == 1


def test_too_many_requests_are_tried_again_after_the_time_that_was_asked_for(running: Service) -> None:
    running.script(Reply(status=429, headers=(("Retry-After", "1"),)), Reply("两千元。"))
    began = time.monotonic()
    assert said(running) == "两千元。"
    assert time.monotonic() - began >= 1
    assert len(running.requests) == 2


def test_a_wait_of_an_hour_is_not_waited_for(running: Service) -> None:
    running.script(Reply(status=429, headers=(("Retry-After", "3600"),)))
    assert "请求太多（429）" in failure(running)
    assert len(running.requests) == 1


def test_a_broken_service_is_tried_three_times(running: Service) -> None:
    running.script(Reply(status=500))
    assert "出错（500）" in failure(running)
    assert len(running.requests) == 3


def test_a_service_that_is_not_there_is_named(running: Service) -> None:
    nowhere = Endpoint("http://127.0.0.1:9/v1", "m", KEY, connect=1)
    with pytest.raises(EndpointError, match=r"连不上大模型服务（127\.0\.0\.1）"):
        list(chat(nowhere, ASKED))


def test_a_service_that_hangs_is_left(running: Service) -> None:
    running.script(Reply("晚了。", hang=20))
    began = time.monotonic()
    assert "太久没有答完" in failure(running, silence=0.3)
    assert time.monotonic() - began < 5


def test_a_service_that_drips_is_left_after_the_whole_time(running: Service) -> None:
    running.script(Reply("慢" * 200, piece=1, gap=0.05))
    began = time.monotonic()
    assert "太久没有答完" in failure(running, whole=0.6)
    assert time.monotonic() - began < 5


def test_a_stream_that_is_cut_keeps_what_came_and_tells(running: Service) -> None:
    running.script(Reply("每户补助两千元。由市", piece=4, cut=3))
    words = chat(endpoint(running), ASKED)
    heard = ""
    while heard != "每户补助两千元。":
        heard += next(words)
    with pytest.raises(EndpointError, match="中途断开"):
        list(words)
    assert len(running.requests) == 1


def test_a_stream_that_ends_early_in_good_order_counts_as_cut(running: Service) -> None:
    running.script(Reply(raw='data: {"choices": [{"delta": {"content": "每户"}}]}\n\n'.encode()))
    assert "中途断开" in failure(running)


@pytest.mark.parametrize(
    "raw",
    [
        b"<html><body>login</body></html>",
        b"data: {oops\n" * 30,
        b"\xff\xfe\x00" * 100,
        b'data: [1, 2]\n\ndata: "x"\n\n' * 20,
        b"x" * (3 << 20),
        b"[" * 100_000,
    ],
)
def test_garbage_is_told(running: Service, raw: bytes) -> None:
    running.script(Reply(raw=raw))
    assert "读不懂" in failure(running)


def test_a_garbage_line_among_good_ones_is_passed_over(running: Service) -> None:
    good = 'data: {"choices": [{"delta": {"content": "两千元。"}, "finish_reason": "stop"}]}\n\n'
    running.script(Reply(raw=f": ping\n\ndata: {{oops\n\n{good}data: [DONE]\n\n".encode()))
    assert said(running) == "两千元。"


def test_an_error_inside_a_stream_is_told_without_its_words(running: Service) -> None:
    running.script(Reply(raw=b'data: {"error": {"message": "bad sk-secret-123"}}\n\n'))
    assert "报告了错误" in failure(running)


def test_an_endless_answer_ends(running: Service) -> None:
    running.script(Reply("长" * 60_000, piece=1000))
    assert 20_000 <= len(said(running)) <= 22_000


def test_a_reader_who_leaves_closes_the_connection(running: Service) -> None:
    running.script(Reply("走" * 4000, piece=1, gap=0.005))
    words = chat(endpoint(running), ASKED)
    assert "走" in (next(words), next(words), next(words))
    words.close()
    assert running.left.wait(5)


def test_a_reader_may_leave_while_the_service_is_still_thinking(running: Service) -> None:
    running.script(Reply("晚了。", hang=20))
    words = chat(endpoint(running, silence=30, whole=30), ASKED)
    assert [next(words), next(words)] == ["", ""]
    began = time.monotonic()
    words.close()
    assert running.left.wait(5)
    assert time.monotonic() - began < 5


def test_the_key_is_in_no_log_and_no_picture_of_the_endpoint(
    running: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    running.script(Reply(status=401))
    failure(running)
    assert "secret" not in caplog.text + repr(endpoint(running))
