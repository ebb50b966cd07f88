"""Filters inside both searches, held against a brute search over the same passages."""

from collections.abc import Iterator
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.embed import HashEmbedder
from index.filters import Field, Filter, condition
from index.fold import fold
from index.library import LocalLibrary
from index.register import inside
from index.types import Document, Passage

KINDS = ("通知", "意见", "办法")
ORGANS = ("江澜市人民政府", "江澜市教育局", "望山县人民政府办公室")
TOPICS = ("老旧小区改造", "高层次人才引进", "加装电梯补助", "基层减负", "防汛抗旱")


def text_of(number: int) -> str:
    topic, kind, organ = TOPICS[number % 5], KINDS[number % 3], ORGANS[number % 7 % 3]
    year, month = 2020 + number // 10, 1 + number % 12
    return f"""{organ}关于{topic}工作的{kind}

各有关单位：
现就{topic}有关事项明确如下。
一、工作目标
到{year}年底完成{topic}任务{number + 3}项。
二、资金保障
市财政对{TOPICS[(number + 2) % 5]}安排专项资金{number * 10 + 5}万元。

{organ}
{year}年{month}月{1 + number % 28}日
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLibrary]:
    home = tmp_path_factory.mktemp("filters")
    for number in range(60):
        file = home / "公文" / f"第{number % 4}批" / f"{number}.{'md' if number % 9 == 0 else 'txt'}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text_of(number), encoding="utf-8")
    with LocalLibrary.open(home / "library", embedder=HashEmbedder(), create=True) as opened:
        opened.sync([home / "公文"])
        yield opened


def passes(field: Field, value: str, document: Document, passage: Passage) -> bool:
    """What a demand means, said over again without masks and indexes."""
    meta = document.meta
    if field == "date":
        return meta["date"][:4] in value
    if field == "folder":
        return value in document.meta["source"]
    if field == "heading":
        return any(value in heading for heading in passage.path)
    if field == "text":
        return value in passage.text
    if field == "title":
        return value in document.title
    return value in meta[field] if field == "issuer" else value == meta[field]


VALUES: dict[Field, list[str]] = {
    "title": ["人才", "电梯", "没有"],
    "issuer": ["人民政府", "教育局", "江澜市"],
    "kind": list(KINDS),
    "date": ["2021", "2025"],
    "format": ["md", "txt"],
    "folder": ["第0批", "第3批"],
    "heading": ["资金保障", "工作目标"],
    "text": ["专项资金", "到2023年底", "有关事项明确"],
}
demands = st.lists(
    st.sampled_from(list(VALUES)).flatmap(
        lambda field: st.tuples(st.just(field), st.sampled_from(VALUES[field]), st.booleans())
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda demand: demand[0],
)


@settings(max_examples=40)
@given(demands, st.sampled_from(["hybrid", "dense", "lexical"]))
def test_a_filtered_search_finds_what_a_search_through_everything_finds(
    library: LocalLibrary, wanted: list[tuple[Field, str, bool]], mode: Literal["hybrid", "dense", "lexical"]
) -> None:
    documents = {document.id: library.document(document.id) for document in library.documents()}
    every = library.search("人才引进 专项资金", k=1000, mode=mode)
    expected = [
        hit
        for hit in every
        if all(
            passes(field, value, documents[hit.passage.doc_id], hit.passage) is not negated
            for field, value, negated in wanted
        )
    ]
    filters = Filter(tuple(condition(field, value, negated=negated) for field, value, negated in wanted))
    found = library.search("人才引进 专项资金", k=1000, mode=mode, filters=filters)
    assert {hit.passage.id for hit in found} == {hit.passage.id for hit in expected}
    if mode == "hybrid":  # BM25 counts relative to the best that is left, so only sets compare
        return
    assert [round(hit.score, 5) for hit in found] == [round(hit.score, 5) for hit in expected]
    few = library.search("人才引进 专项资金", k=4, mode=mode, filters=filters)
    assert [round(hit.score, 5) for hit in few] == [round(hit.score, 5) for hit in expected[:4]]


def test_typed_demands_and_given_ones_are_the_same(library: LocalLibrary) -> None:
    given_ = Filter((condition("kind", "通知"), condition("date", "2021..2022")))
    typed = library.search("专项资金 文种:通知 年份:2021..2022", k=50)
    assert [hit.passage.id for hit in typed] == [h.passage.id for h in library.search("专项资金", k=50, filters=given_)]
    assert typed
    assert {hit.date[:4] for hit in typed} <= {"2021", "2022"}


def test_several_values_of_a_field_are_alternatives_and_an_excluded_one_excludes(library: LocalLibrary) -> None:
    hits = library.search("资金 文种:通知 文种:意见 -标题:人才", k=500)
    titles = {hit.title for hit in hits}
    assert {title[-2:] for title in titles} == {"通知", "意见"}
    assert not any("人才" in title for title in titles)


def test_demands_alone_list_the_newest_documents_first(library: LocalLibrary) -> None:
    hits = library.search("机关:教育局", k=1000)
    assert len({hit.passage.doc_id for hit in hits}) == len(hits)
    assert [hit.date for hit in hits] == sorted((hit.date for hit in hits), reverse=True)
    assert all("教育局" in hit.title for hit in hits)


def test_a_filter_that_keeps_one_document_in_sixty_still_gives_all_of_it(library: LocalLibrary) -> None:
    (document,) = [d for d in library.documents() if "2023年12月8日" in library.document(d.id).text]
    hits = library.search("专项资金 日期:2023-12-08", k=10)
    assert {hit.passage.id for hit in hits} == {passage.id for passage in library.passages(document.id)}


def test_what_nothing_passes_finds_nothing(library: LocalLibrary) -> None:
    assert library.search("资金 标题:没有这个标题", k=5) == []
    assert library.search("机关:没有这个机关", k=5) == []


def test_a_phrase_stands_sign_by_sign(library: LocalLibrary) -> None:
    assert all("专项资金15万元" in fold(hit.passage.text) for hit in library.search('"专项资金１５万元"', k=50))
    assert len(library.search('"专项资金１５万元"', k=50)) == 1
    assert library.search('"项目资金安排"', k=50) == []
    # A number is found whole: 5万元 is not the end of 15万元.
    assert library.search('"5万元"', k=50, mode="lexical")[0].passage.text.endswith("专项资金5万元。")


def test_facets_count_documents_of_what_matches(library: LocalLibrary) -> None:
    facets = library.facets()
    assert (facets.documents, facets.passages) == (60, library.stats().passages)
    assert facets.kind == (("办法", 20), ("意见", 20), ("通知", 20))
    assert facets.format == (("txt", 53), ("md", 7))
    assert facets.year == tuple((str(year), 10) for year in range(2025, 2019, -1))
    narrowed = library.facets("加装电梯补助 文种:通知")
    assert dict(narrowed.kind) == {"通知": narrowed.documents}
    assert 0 < narrowed.documents < 20
    assert library.facets("资金 标题:没有").documents == 0


def test_a_folder_is_given_by_its_name_or_by_the_end_of_its_path() -> None:
    assert inside("/公文/2024/通知/a.txt", "2024/通知")
    assert inside("C:\\公文\\2024\\a.txt", "公文/2024")
    assert inside("/公文/a.txt", "公文")
    assert not inside("/公文/2024版/a.txt", "2024")
    assert not inside("/公文/a.txt", "a.txt")
