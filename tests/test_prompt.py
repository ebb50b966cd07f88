"""What a model is told: numbered passages within its context, and where it is served."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import EndpointError
from index.types import Hit, Passage
from rag.prompt import prompt, tokens_of
from rag.settings import endpoint, unsupported

SENTENCE = "各部门每月发文不超过五件，能不发的一律不发。"


def hits(*texts: str) -> list[Hit]:
    return [Hit(Passage(f"p{i}", "d", 0, len(t), t, ("二、严格发文",)), 1.0, "通知") for i, t in enumerate(texts)]


def test_passages_are_numbered_from_one_below_their_titles() -> None:
    made = prompt("每月几件？", hits("甲。", "乙。"))
    assert made.shown == 2
    assert "[1]《通知》二、严格发文\n甲。\n\n[2]《通知》二、严格发文\n乙。" in made.user
    assert made.user.endswith("问题：每月几件？")
    assert [message["role"] for message in made.messages] == ["system", "user"]


@given(st.integers(1, 40), st.integers(0, 10), st.integers(2048, 16_000))
def test_a_prompt_leaves_room_for_the_answer(length: int, count: int, context: int) -> None:
    made = prompt("每月几件？", hits(*[SENTENCE * length] * count), context=context)
    assert tokens_of(made.system) + tokens_of(made.user) + 800 <= context
    assert made.shown == count or made.shown < count


def test_what_does_not_fit_is_cut_at_a_sentences_end() -> None:
    made = prompt("每月几件？", hits(SENTENCE * 400), context=2048)
    assert made.shown == 1
    assert f"{SENTENCE}\n{made.fence}" in made.user


def test_a_han_character_counts_as_a_token_and_two_letters_as_one() -> None:
    assert (tokens_of("每月五件"), tokens_of("2026"), tokens_of("")) == (4, 2, 0)


NAMED = {"YINDE_LLM_BASE_URL": "http://127.0.0.1:11434/v1/", "YINDE_LLM_MODEL": "qwen3:8b"}


def test_nothing_set_means_no_model() -> None:
    assert endpoint({}) is None
    assert unsupported({}) == "withhold"


def test_an_address_is_read_as_people_copy_it() -> None:
    for tail in ("", "/", "/chat/completions"):
        one = endpoint(NAMED | {"YINDE_LLM_BASE_URL": f"https://open.bigmodel.cn/api/paas/v4{tail}"})
        assert one is not None
        assert (one.base_url, one.elsewhere) == ("https://open.bigmodel.cn/api/paas/v4", True)
    local = endpoint(NAMED)
    assert local is not None
    assert not local.elsewhere


@pytest.mark.parametrize(
    ("more", "cure"),
    [
        ({"YINDE_LLM_MODEL": ""}, "要一起设置"),
        ({"YINDE_LLM_BASE_URL": "127.0.0.1:11434"}, "不是网址"),
        ({"YINDE_LLM_BASE_URL": "file:///etc/passwd"}, "不是网址"),
        ({"YINDE_LLM_BASE_URL": "http://me:sk-secret-123@host/v1"}, "不要写密码"),
        ({"YINDE_LLM_API_KEY": "sk-secret-123 "}, ""),
        ({"YINDE_LLM_API_KEY": "sk-secret-123，"}, "重新复制密钥"),
        ({"YINDE_LLM_API_KEY": "sk-secret\n123"}, "重新复制密钥"),
        ({"YINDE_LLM_CONTEXT": "100"}, "2048 到"),
        ({"YINDE_LLM_TIMEOUT": "永远"}, "5 到"),
    ],
)
def test_what_cannot_be_meant_is_told_without_the_key(more: dict[str, str], cure: str) -> None:
    if not cure:
        assert endpoint(NAMED | more) is not None
        return
    with pytest.raises(EndpointError, match=cure) as caught:
        endpoint(NAMED | more)
    assert "secret" not in str(caught.value)


def test_only_two_things_become_of_what_is_not_supported() -> None:
    with pytest.raises(EndpointError, match="withhold"):
        unsupported({"YINDE_LLM_UNSUPPORTED": "show"})
