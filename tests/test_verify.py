from index.types import Hit, Passage
from rag.generate import Draft
from rag.verify import Verifier

FIRST = Passage("d1-a", "d1", 10, 30, "每户补助两千元。由市、区各负担一半。资金另行下达。"[:20])
SECOND = Passage("d2-b", "d2", 5, 15, "补助标准不变。每年十月。"[:10])
HITS = [Hit(FIRST, 2.0, "方案"), Hit(SECOND, 1.0, "通知")]


def test_a_sentence_that_stands_in_its_source_is_verbatim_and_cited_at_its_place() -> None:
    verifier = Verifier(HITS)
    statement = verifier.verify(Draft("由市、区各负担一半。", (0,)))
    assert (statement.support, statement.citations) == ("verbatim", (1,))
    (citation,) = verifier.citations
    assert (citation.start, citation.end, citation.quote) == (18, 28, "由市、区各负担一半。")


def test_a_changed_word_is_not_supported() -> None:
    verifier = Verifier(HITS)
    assert verifier.verify(Draft("每户补助三千元。", (0, 1))).support == "unsupported"
    assert verifier.citations == []


def test_the_right_words_in_the_wrong_source_are_not_supported() -> None:
    assert Verifier(HITS).verify(Draft("每户补助两千元。", (1,))).support == "unsupported"


def test_sources_that_do_not_exist_and_empty_sentences_count_for_nothing() -> None:
    verifier = Verifier(HITS)
    assert verifier.verify(Draft("每户补助两千元。", (7, -1))).support == "unsupported"
    assert verifier.verify(Draft("", (0,))).support == "unsupported"


def test_citations_are_numbered_by_first_use_and_once_each() -> None:
    verifier = Verifier(HITS)
    assert verifier.verify(Draft("补助标准不变。", (1,))).citations == (1,)
    assert verifier.verify(Draft("每户补助两千元。", (0,))).citations == (2,)
    assert verifier.verify(Draft("补助标准不变。", (1,))).citations == (1,)
    assert [c.number for c in verifier.citations] == [1, 2]
