from pathlib import Path

import pytest

from eval.errors import EvalError
from eval.quote_cases import make_cases
from eval.quote_drafts import make_drafts
from eval.quotes import f1, macro, measure, pairs_shared
from index.key import key
from index.types import Document

TEXTS = {
    "a": "各级水库严格执行汛限水位，不得擅自超蓄，确保安全度汛。2026年改造老旧小区120个，惠及居民3万户。\n" * 3,
    "b": "养老机构应当建立健全消防安全制度，定期开展检查。鼓励社会力量参与养老服务，完善补贴办法。\n" * 3,
}


def test_f1_is_over_verdicts_and_zero_where_never_right() -> None:
    scores = f1([("verbatim", "verbatim"), ("altered", "verbatim"), ("altered", "altered")])
    # verbatim: 1 right of 1 true and 2 said; altered: 1 right of 2 true and 1 said
    assert scores["verbatim"] == pytest.approx(2 / 3)
    assert scores["altered"] == pytest.approx(2 / 3)
    assert scores["spliced"] == 0
    assert macro({"a": 1.0, "b": 0.5}) == 0.75


def test_pairs_shared_is_the_share_of_character_pairs() -> None:
    assert pairs_shared("不得擅自", "不得擅权") == pytest.approx(2 / 3)
    assert pairs_shared("。", "不得") == 0


def test_cases_are_the_same_for_a_seed_and_tell_where_they_come_from() -> None:
    cases = make_cases(TEXTS, ["全新的一句话，与文库毫不相干，也没有任何相同之处。"], each=2, seed=3)
    assert cases == make_cases(TEXTS, ["全新的一句话，与文库毫不相干，也没有任何相同之处。"], each=2, seed=3)
    for case in cases:
        words = [TEXTS[doc_id][start:end] for doc_id, start, end in case.places]
        if case.verdict == "verbatim":
            assert ["".join(case.quote.split())] == ["".join(part.split()) for part in words]
        if case.verdict in ("altered", "elided", "spliced"):
            assert not any(key(case.quote) in key(text) for text in TEXTS.values())


def test_drafts_give_true_words_to_those_who_have_them_or_to_others() -> None:
    rules = Document("a", "养老机构消防安全管理办法", TEXTS["b"], {"number": "江政发〔2026〕3号", "date": "2026-02-01"})
    flood = Document("b", "关于做好防汛工作的通知", TEXTS["a"], {"number": "江汛〔2025〕8号", "date": "2025-05-06"})
    cases = make_drafts([rules, flood], each=4, seed=3)
    assert cases == make_drafts([rules, flood], each=4, seed=3)
    assert {case.kind for case in cases} >= {"given to its year", "given to another number"}
    for case in cases:
        ((doc_id, start, end),) = case.places
        own, other = (rules, flood) if doc_id == "a" else (flood, rules)
        assert own.text[start:end] == case.quote
        assert case.quote in case.draft
        if case.kind == "given to its document":
            assert own.title in case.draft
            assert case.verdict == "verbatim"
        if case.kind == "given to another document":
            assert other.title in case.draft
            assert case.verdict == "misattributed"


def test_a_small_suite_over_the_samples_forgives_nothing(samples: Path) -> None:
    outcomes = measure(samples, documents=None, seed=1, each=3)
    assert not any(outcome.unforgivable for outcome in outcomes)
    assert macro(f1([(outcome.case.verdict, outcome.verdict) for outcome in outcomes])) > 0.93


def test_a_folder_with_too_few_documents_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="太少"):
        measure(tmp_path, documents=None, seed=1, each=1)
