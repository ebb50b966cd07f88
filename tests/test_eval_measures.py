import random
from math import log2

import pytest

from eval.measures import (
    RETRIEVAL,
    character_f1,
    citation_precision,
    citation_recall,
    contains_answer,
    exact_match,
    mean,
    ranking,
    retrieval,
    supported_share,
)


def test_measures_of_a_ranking_worked_by_hand() -> None:
    values = retrieval({"q": ["x", "a", "y", "b"]}, {"q": {"a": 1, "b": 1, "c": 1}})
    gained, best = 1 / log2(3) + 1 / log2(5), 1 + 1 / log2(3) + 1 / log2(4)
    assert values["nDCG@10"]["q"] == pytest.approx(gained / best)
    assert values["RR@10"]["q"] == pytest.approx(1 / 2)
    assert values["R@1"]["q"] == 0
    assert values["R@5"]["q"] == pytest.approx(2 / 3)
    assert values["Success@1"]["q"] == 0
    assert values["Success@5"]["q"] == 1


def test_grades_count_in_ndcg() -> None:
    values = retrieval({"q": ["a", "b"]}, {"q": {"a": 1, "b": 2}})
    assert values["nDCG@10"]["q"] == pytest.approx((1 + 2 / log2(3)) / (2 + 1 / log2(3)))


def test_gold_behind_the_tenth_place_has_no_reciprocal_rank() -> None:
    values = retrieval({"q": [*"bcdefghijk", "a"]}, {"q": {"a": 1}})
    assert (values["RR@10"]["q"], values["R@10"]["q"], values["R@100"]["q"]) == (0, 0, 1)


def test_a_question_without_an_answer_counts_zero() -> None:
    for ranked in ({"q1": ["a"]}, {"q1": ["a"], "q2": []}):
        values = retrieval(ranked, {"q1": {"a": 1}, "q2": {"b": 1}})
        assert all(value == {"q1": 1.0, "q2": 0.0} for value in values.values())
    assert retrieval({}, {"q": {"a": 1}})["nDCG@10"] == {"q": 0.0}
    assert retrieval({"q": ["a"]}, {}) == {name: {} for name in RETRIEVAL}


def test_unjudged_questions_are_not_counted() -> None:
    assert retrieval({"q": ["a"], "more": ["a"]}, {"q": {"a": 1}})["R@1"] == {"q": 1.0}


def test_equal_scores_are_ordered_as_in_trec_eval() -> None:
    assert ranking({"a": 1.0, "c": 1.0, "b": 2.0}) == ["b", "c", "a"]


@pytest.mark.parametrize("seed", range(5))
def test_values_equal_trec_eval_on_random_runs_with_ties(seed: int) -> None:
    import pytrec_eval

    rng = random.Random(seed)
    documents = [f"d{i}" for i in range(60)]
    gold = {f"q{i}": {d: rng.randint(1, 3) for d in rng.sample(documents, rng.randint(1, 8))} for i in range(40)}
    scores = {
        question: {d: float(rng.randint(0, 12)) for d in rng.sample(documents, rng.randint(1, 60))}
        for question in gold
        if rng.random() < 0.9
    }
    ours = retrieval({question: ranking(row) for question, row in scores.items()}, gold)
    judge = pytrec_eval.RelevanceEvaluator(gold, {"ndcg_cut.10", "recall.1,5,10,100", "success.1,5", "recip_rank"})
    theirs = judge.evaluate(scores)
    names = {"nDCG@10": "ndcg_cut_10", "R@1": "recall_1", "R@5": "recall_5", "R@10": "recall_10", "R@100": "recall_100"}
    names |= {"Success@1": "success_1", "Success@5": "success_5"}
    for question in gold:
        for our_name, their_name in names.items():
            assert ours[our_name][question] == pytest.approx(theirs.get(question, {}).get(their_name, 0.0), abs=1e-6)
        reciprocal = theirs.get(question, {}).get("recip_rank", 0.0)
        assert ours["RR@10"][question] == pytest.approx(reciprocal if reciprocal >= 0.1 else 0.0, abs=1e-6)


def test_citations_are_judged_by_overlap_with_any_place_of_the_gold() -> None:
    gold = [[("方案", (0, 20)), ("方案", (50, 70))], [("通知", (5, 9))]]
    cited = [("方案", (52, 60)), ("通知", (0, 6)), ("函", (0, 20))]
    assert citation_precision(cited, gold) == pytest.approx(1 / 3)  # 通知 shares 1 of 4 characters
    assert citation_recall(cited, gold) == pytest.approx(1 / 2)


def test_an_answer_that_cites_nothing_loses_recall_and_has_no_precision() -> None:
    assert citation_precision([], [[("方案", (0, 20))]]) is None
    assert citation_recall([], [[("方案", (0, 20))]]) == 0
    assert citation_recall([("方案", (0, 5))], []) is None
    assert citation_precision([("方案", (0, 5))], []) == 0


def test_supported_sentences_are_a_share_of_all() -> None:
    assert supported_share(["verbatim", "supported", "unsupported", "verbatim"]) == 0.75
    assert supported_share([]) is None


def test_character_f1_is_the_best_over_gold_answers() -> None:
    # 增长 8 1 against 8 1: common 2 of 4 and of 2 → 2·2/6
    assert character_f1("增长８.1%", ["9%", "8.1%"]) == pytest.approx(4 / 6)
    assert character_f1("共共", ["共和"]) == pytest.approx(2 / 4)
    assert character_f1("无", ["有"]) == 0
    assert character_f1("", ["有"]) == 0
    assert character_f1("有", []) is None


def test_width_case_space_and_punctuation_do_not_count() -> None:
    assert exact_match("ＧＤＰ 增长。", ["gdp增长"]) == 1
    assert exact_match("GDP增长了", ["gdp增长"]) == 0
    assert exact_match("", []) is None


def test_a_sentence_that_holds_the_answer_contains_it() -> None:
    assert contains_answer("财政总收入增长25.89%。", ["25.89％"]) == 1
    assert contains_answer("财政总收入增长。", ["25.89％", "。"]) == 0
    assert contains_answer("财政总收入增长。", []) is None


def test_undefined_values_are_left_out_of_a_mean() -> None:
    assert mean([1.0, None, 0.0]) == 0.5
    assert mean([None]) is None
