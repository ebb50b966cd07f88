from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from index.embed import HashEmbedder
from index.library import LocalLibrary
from index.rerank import Reading
from index.types import Hit
from rag.generate import Draft
from rag.pipeline import Pipeline

DOCUMENT = """江澜市老旧小区改造实施方案

为改善居民居住条件，制定本方案。
一、工作目标
到2026年底，改造老旧小区一百二十个，惠及居民三万户。
二、资金安排
每户补助两千元。由市财政和区财政各负担一半。资金于每年三月底前下达。
三、工作措施
一是摸清底数，逐栋登记。二是征求意见，三分之二以上居民同意方可开工。三是严格验收，不合格的限期整改。
江澜市人民政府办公室
2025年3月12日
"""


class Sees:
    """A reranker that takes these words for the answer wherever they stand."""

    depth = 4
    weight: float | None = 0.1

    def __init__(self, words: str) -> None:
        self.words = words

    def __call__(self, query: str, hits: Sequence[Hit]) -> list[Reading]:
        return [self._read(hit) for hit in hits]

    def _read(self, hit: Hit) -> Reading:
        at = hit.passage.text.find(self.words)
        if at < 0:
            return Reading(-6.0)
        start = hit.passage.start + at
        return Reading(6.0, ((start, start + len(self.words), 0.9),))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[LocalLibrary]:
    (tmp_path / "方案.txt").write_text(DOCUMENT, encoding="utf-8")
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as opened:
        opened.sync([tmp_path / "方案.txt"])
        yield opened


def test_an_answer_quotes_and_every_marker_has_its_citation(library: LocalLibrary) -> None:
    answer = Pipeline(library).ask("每户补助多少？")
    assert not answer.abstained
    assert "每户补助两千元。[1]" in answer.text
    numbers = {number for statement in answer.statements for number in statement.citations}
    assert numbers == {citation.number for citation in answer.citations}
    for citation in answer.citations:
        text = library.document(citation.passage.doc_id).text
        assert text[citation.start : citation.end] == citation.quote


def test_the_sentence_that_was_read_as_the_answer_is_said_and_its_words_are_marked(library: LocalLibrary) -> None:
    library.embedder.reranker = Sees("三分之二以上居民同意")  # type: ignore[misc]
    answer = Pipeline(library).ask("征求意见时什么情况方可开工？")
    said = next(one for one in answer.statements if one.focus)
    assert said.text[slice(*said.focus)] == "三分之二以上居民同意"
    assert said.support == "verbatim"


def test_every_statement_is_a_substring_of_its_document(library: LocalLibrary) -> None:
    for question in ("工作措施有哪些？", "改造多少个小区？", "资金什么时候下达？"):
        for statement in Pipeline(library).ask(question).statements:
            assert statement.support == "verbatim"
            assert statement.text in library.documents()[0].text or statement.text in DOCUMENT.replace("\n\n", "\n")


@pytest.mark.parametrize(
    "question", ["今年的高考分数线是多少？", "全市去年的生产总值是多少", "怎样做红烧肉？", "2019年每户补助多少？"]
)
def test_what_the_library_does_not_hold_is_not_answered(library: LocalLibrary, question: str) -> None:
    answer = Pipeline(library).ask(question)
    assert answer.abstained
    assert (answer.statements, answer.citations) == ((), ())
    assert answer.text.startswith("资料中没有找到")


def test_signs_without_width_that_were_copied_along_change_nothing(library: LocalLibrary) -> None:
    plain, copied = (
        Pipeline(library).ask(question) for question in ("每户补助多少？", "\ufeff每户补\u200b助多\u2060少？\u202c")
    )
    assert not plain.abstained
    assert copied == plain


def test_a_missing_year_is_named(library: LocalLibrary) -> None:
    assert "2019年" in Pipeline(library).ask("2019年每户补助多少？").note


def test_a_year_that_only_the_date_names_counts(library: LocalLibrary) -> None:
    assert not Pipeline(library).ask("2025年每户补助多少？").abstained


def test_streamed_answers_grow_and_the_last_is_complete(library: LocalLibrary) -> None:
    answers = list(Pipeline(library).stream("工作措施有哪些？"))
    assert answers[0].evidence
    assert answers[0].statements == ()
    assert [a.complete for a in answers] == [False] * (len(answers) - 1) + [True]
    for earlier, later in pairwise(answers):
        assert later.statements[: len(earlier.statements)] == earlier.statements
    assert answers[-1] == Pipeline(library).ask("工作措施有哪些？")


class Careless:
    """A generator that invents a sentence among true ones."""

    name = "careless"

    def generate(self, question: str, evidence: Sequence[Hit]) -> Iterator[Draft]:
        yield Draft("每户补助两万元。", (0,))
        source = next(i for i, hit in enumerate(evidence) if "每户补助两千元。" in hit.passage.text)
        yield Draft("每户补助两千元。", (source,))


def test_an_invented_sentence_is_withheld(library: LocalLibrary) -> None:
    answer = Pipeline(library, generator=Careless()).ask("每户补助多少？")
    assert [statement.text for statement in answer.statements] == ["每户补助两千元。"]
    assert (answer.withheld, answer.writer) == (1, "careless")


class Inventing:
    """A generator that only invents."""

    name = "inventing"

    def generate(self, question: str, evidence: Sequence[Hit]) -> Iterator[Draft]:
        yield Draft("每户补助两万元。", (0,))


def test_an_answer_without_a_single_verified_sentence_quotes_and_says_so(library: LocalLibrary) -> None:
    answer = Pipeline(library, generator=Inventing()).ask("每户补助多少？")
    assert "每户补助两千元。[1]" in answer.text
    assert "两万" not in answer.text
    assert (answer.withheld, answer.writer) == (1, "")
    assert answer.note == "大模型写的话没有一句在资料中得到支持，以下为原文摘录。"


def test_an_invented_sentence_is_marked_where_that_is_asked_for(library: LocalLibrary) -> None:
    answer = Pipeline(library, generator=Careless(), unsupported="mark").ask("每户补助多少？")
    assert [(s.text, s.support) for s in answer.statements] == [
        ("每户补助两万元。", "unsupported"),
        ("每户补助两千元。", "verbatim"),
    ]
    assert answer.statements[0].doubt == "数字“20000元”"
    assert answer.text == "每户补助两万元。（未在资料中得到支持）\n每户补助两千元。[1]"


def test_an_empty_library_abstains(tmp_path: Path) -> None:
    with LocalLibrary.open(tmp_path / "empty", embedder=HashEmbedder(), create=True) as library:
        assert Pipeline(library).ask("每户补助多少？").text == "资料中没有找到。"
