"""Answers in a model's words, whatever the model does: the pipeline before a real service that follows a script."""

import logging
import time
from collections.abc import Iterator

import pytest
from scripted_llm import Reply, Request, Service, numbered, scripted

from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.configured import configured
from rag.generative import Generative, parsed, whole_sentences
from rag.pipeline import Pipeline
from rag.settings import Endpoint
from rag.types import Answer

KEY = "sk-secret-123"
QUESTION = "每户补助多少？"
TRUE = "每户补助两千元。"
DOCUMENT = """关于老旧小区改造的通知

一、补助标准

每户补助两千元。由市财政负担。

二、完成时限

2026年底前全部完工，共改造小区86个。
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLibrary]:
    folder = tmp_path_factory.mktemp("generative")
    (folder / "通知.txt").write_text(DOCUMENT, encoding="utf-8")
    with LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as opened:
        opened.sync([folder / "通知.txt"])
        yield opened


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with scripted(Reply("")) as running:
        yield running


def environ(service: Service, **more: str) -> dict[str, str]:
    names = {"BASE_URL": service.url, "MODEL": "小模型", "API_KEY": KEY, **more}
    return {f"YINDE_LLM_{name}": value for name, value in names.items()}


def ask(library: LocalLibrary, service: Service, reply: Reply, **more: str) -> Answer:
    service.script(reply)
    return configured(library, environ(service, **more)).ask(QUESTION)


def marking(form: str) -> Reply:
    """A reply that names its source as `form` has it, with # for the number."""
    return Reply(lambda request: TRUE[:-1] + form.replace("#", str(numbered(request, TRUE))), piece=2)


@pytest.mark.parametrize(
    "form",
    [
        "。[#]",
        "。【#】",
        "。〔#〕",
        "。［#］",
        "[#]。",
        "。[^#]",
        "。[来源#]",
        "。 [#]",
        "。[#、99]",
        "。**[#]**",
        "。",
        "\n",
    ],
)
def test_a_source_is_named_in_many_ways_or_not_at_all(library: LocalLibrary, service: Service, form: str) -> None:
    answer = ask(library, service, marking(form))
    assert answer.text.replace("。", "") == "每户补助两千元[1]"
    (citation,) = answer.citations
    assert citation.quote.startswith("每户补助两千元")
    assert answer.writer == "小模型"


def test_a_hundred_marks_choose_nothing(library: LocalLibrary, service: Service) -> None:
    marks = "".join(f"[{number}]" for number in range(1, 101))
    answer = ask(library, service, Reply(f"{TRUE}{marks}每户补助三千元。{marks}"))
    assert (answer.text, answer.withheld) == (f"{TRUE}[1]", 1)


def test_numbers_follow_first_use(library: LocalLibrary, service: Service) -> None:
    def says(request: Request) -> str:
        late, early = numbered(request, "2026年底前"), numbered(request, TRUE)
        return f"到2026年底前全部完工。[{late}]每户的补助为两千元。[{early}]2026年底前全部完工。[{late}]"

    answer = ask(library, service, Reply(says))
    assert [statement.citations[0] for statement in answer.statements[:2]] == [1, 2]
    assert "完工" in answer.citations[0].passage.text


@pytest.mark.parametrize(
    ("reply", "note"),
    [
        (Reply(status=401), "不认这个密钥（401）"),
        (Reply(status=429, headers=(("Retry-After", "900"),)), "请求太多（429）"),
        (Reply(raw=b"<html>"), "读不懂"),
        (Reply(""), "没有给出回答"),
        (Reply(lambda request: str(request["messages"][-1]["content"]), piece=50), "只复述了所给的资料"),
        (Reply("今天天气很好。[1]市长是张三。[2]"), "没有一句在资料中得到支持"),
    ],
)
def test_what_the_model_does_not_give_is_quoted(
    library: LocalLibrary, service: Service, reply: Reply, note: str
) -> None:
    answer = ask(library, service, reply)
    assert f"{TRUE}[1]" in answer.text
    assert note in answer.note
    assert "原文摘录" in answer.note
    assert KEY not in repr(answer)


def test_rules_that_are_echoed_are_not_shown(library: LocalLibrary, service: Service) -> None:
    answer = ask(library, service, Reply(lambda request: str(request["messages"][0]["content"]), piece=50))
    assert "规则" not in answer.text
    assert f"{TRUE}[1]" in answer.text


def test_a_cut_stream_keeps_what_was_said_and_quotes_the_rest(library: LocalLibrary, service: Service) -> None:
    def says(request: Request) -> str:
        return f"每户的补助为两千元。[{numbered(request, TRUE)}]由市财"

    answer = ask(library, service, Reply(says, piece=13, cut=3))
    assert answer.text.startswith("每户的补助为两千元。[1]\n")
    assert "由市财\n" not in answer.text
    assert "中途断开" in answer.note
    assert "其余为原文摘录" in answer.note


def test_a_hanging_model_is_waited_for_no_longer_than_allowed(library: LocalLibrary, service: Service) -> None:
    service.script(Reply("晚了。", hang=60))
    hurried = Endpoint(service.url, "m", silence=0.4)
    began = time.monotonic()
    answer = Pipeline(library, generator=Generative(hurried)).ask(QUESTION)
    assert time.monotonic() - began < 10
    assert "太久没有答完" in answer.note
    assert f"{TRUE}[1]" in answer.text


def test_a_model_that_finds_nothing_is_believed(library: LocalLibrary, service: Service) -> None:
    assert ask(library, service, Reply("资料中没有找到。")).abstained


def test_a_lead_in_is_neither_shown_nor_counted(library: LocalLibrary, service: Service) -> None:
    answer = ask(library, service, Reply(f"补助的标准如下：\n1. {TRUE}[1]\n"))
    assert (answer.text, answer.withheld) == (f"{TRUE}[1]", 0)


def test_an_unsupported_sentence_may_be_shown_as_such(library: LocalLibrary, service: Service) -> None:
    answer = ask(library, service, Reply(f"{TRUE}[1]共改造小区87个。[1]"), UNSUPPORTED="mark")
    assert answer.text == f"{TRUE}[1]\n共改造小区87个。（未在资料中得到支持）"
    assert answer.statements[1].doubt


def test_leaving_closes_the_connection(library: LocalLibrary, service: Service) -> None:
    service.script(Reply(f"{TRUE}[1]" * 2000, gap=0.01))
    answers = configured(library, environ(service)).stream(QUESTION)
    while not next(answers).statements:
        pass
    answers.close()
    assert service.left.wait(5)


def test_the_key_is_in_no_log(library: LocalLibrary, service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ask(library, service, Reply(status=500))
    assert service.keys == [f"Bearer {KEY}"] * 3
    assert "secret" not in caplog.text


def test_sentences_come_whole_however_they_are_cut() -> None:
    text = "一是摸清底数。[1]二是征求意见！【2】\n三是（见附件）验收。 [3][4]四是"
    whole = ["一是摸清底数。[1]", "二是征求意见！【2】", "三是（见附件）验收。 [3][4]", "四是"]
    for length in (1, 2, 5, 100):
        pieces = (text[at : at + length] for at in range(0, len(text), length))
        assert [sentence.strip() for sentence in whole_sentences(pieces) if sentence] == whole


@pytest.mark.parametrize(
    ("written", "text", "numbers"),
    [
        ("- **补助两千元**。[1][3]", "补助两千元。", [1, 3]),
        ("依据江政发〔2024〕12号办理。【2】", "依据江政发〔2024〕12号办理。", [2]),
        ("共三项。[1-3]", "共三项。", [1, 2, 3]),
        ("共三项。[1，3；5]", "共三项。", [1, 3, 5]),
        ("共三项。[1-99]", "共三项。", []),
        ("2. 补助两千元。", "补助两千元。", []),
        ("3.5亿元。", "3.5亿元。", []),
    ],
)
def test_marks_and_markdown_are_told_from_words(written: str, text: str, numbers: list[int]) -> None:
    assert parsed(written) == (text, numbers)
