"""What a search tells besides its hits: copies, why it matched, what may have been meant, what is alike."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.collapse import collapsed
from index.embed import HashEmbedder
from index.errors import LoadError, QueryError
from index.fold import fold, tokens
from index.library import LocalLibrary
from index.pinyin import alike
from index.terms import TermsFile, parse
from index.types import Hit, Passage


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("finder")


@pytest.fixture(scope="module")
def library(home: Path, samples: Path) -> Iterator[LocalLibrary]:
    with LocalLibrary.open(home, embedder=HashEmbedder(), create=True) as opened:
        opened.sync([samples])
        yield opened


def hit(doc_id: str, text: str, date: str = "") -> Hit:
    return Hit(Passage(f"{doc_id}:{len(text)}", doc_id, 0, len(text), text), 1.0, doc_id, date=date)


BODY = "各级各部门要切实提高思想认识，把这项工作摆上重要议事日程，确保完成任务{}项。"


def test_the_same_words_in_three_documents_are_one_hit() -> None:
    hits = [
        hit("甲", BODY.format(5)),
        hit("乙", BODY.format(5)),
        hit("丙", "别的内容"),
        hit("丁", BODY.format(5) + "附"),
    ]
    found = collapsed(hits, 10, collapse="copies", per_document=None)
    assert [(h.title, [copy.title for copy in h.copies]) for h in found] == [("甲", ["乙", "丁"]), ("丙", [])]


def test_other_figures_are_another_statement() -> None:
    hits = [hit("甲", BODY.format(5)), hit("乙", BODY.format(6)), hit("丙", BODY.format("五"))]
    assert len(collapsed(hits, 10, collapse="copies", per_document=None)) == 3


def test_copies_are_gathered_beyond_the_last_hit_shown() -> None:
    hits = [hit("甲", BODY.format(5)), hit("乙", "别的内容"), hit("丙", BODY.format(5))]
    (found,) = collapsed(hits, 1, collapse="copies", per_document=None)
    assert [copy.title for copy in found.copies] == ["丙"]


def test_no_document_fills_the_page() -> None:
    hits = [hit("甲", "一"), hit("甲", "二二"), hit("甲", "三三三"), hit("乙", "四")]
    found = collapsed(hits, 3, collapse="nothing", per_document=2)
    assert [h.passage.text for h in found] == ["一", "二二", "四"]


def test_the_best_hits_can_stand_newest_first(library: LocalLibrary) -> None:
    best = library.search("人才引进补贴", k=8)
    dated = library.search("人才引进补贴", k=8, sort="date")
    assert {h.passage.id for h in dated} == {h.passage.id for h in best}
    assert [h.date for h in dated] == sorted((h.date for h in best), reverse=True)


def test_evidence_is_the_sentence_that_holds_the_words(library: LocalLibrary) -> None:
    best = library.search("加装电梯每台补助多少万元", k=1)[0]
    text = library.document(best.passage.doc_id).text
    assert best.evidence
    assert any("万元" in text[start:end] and "电梯" in text[start:end] for start, end in best.evidence)
    assert all(best.passage.start <= start < end <= best.passage.end for start, end in best.evidence)
    assert "电梯" in best.terms
    assert all(term in fold(best.passage.text) for term in best.terms)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("抓首", "抓手"), ("人才引近", "人才引进"), ("加装电剃补助", "加装电梯补助"), ("工做報告", "工作報告")],
)
def test_a_word_typed_wrong_is_put_right_by_sound_or_shape(library: LocalLibrary, typed: str, meant: str) -> None:
    assert library.corrected(typed) == meant


@pytest.mark.parametrize("typed", ["加装电梯", "江澜市老旧小区改造", "abc 2024", "？", "魑魅魍魉"])
def test_what_the_library_writes_or_nobody_writes_is_left_alone(library: LocalLibrary, typed: str) -> None:
    assert library.corrected(typed) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("加装电剃补助 年份:2026", "加装电梯补助 年份:2026"),
        ("增长目标 年份:2026", None),
        ('"加装电剃"', None),
        ("-电剃 补助", None),
    ],
)
def test_what_an_operator_demands_is_never_taken_for_a_mistake(
    library: LocalLibrary, typed: str, meant: str | None
) -> None:
    assert library.corrected(typed) == meant


def test_a_search_is_never_changed_silently(library: LocalLibrary) -> None:
    assert not any("抓手" in h.terms for h in library.search("抓首", k=10))


def test_characters_alike_share_a_sound_or_a_shape() -> None:
    assert {"提", "替"} <= set(alike("题"))
    assert "末" in alike("未")
    assert "题" not in alike("题")
    assert alike("a") == ""


def test_typing_offers_terms_titles_and_issuers_at_once(library: LocalLibrary) -> None:
    library.suggest("江")  # reads the catalog once
    began = time.perf_counter()
    found = library.suggest("江澜市教育")
    assert time.perf_counter() - began < 0.2
    assert found[0].text.startswith("江澜市教育局")
    assert {suggestion.source for suggestion in found} == {"title", "issuer"}
    assert library.suggest("电梯 不存在") == library.suggest("  ") == []


def test_similar_passages_leave_out_the_passage_itself(library: LocalLibrary) -> None:
    one = library.search("人才引进补贴管理办法 试行", k=1)[0].passage
    found = library.similar(one.id, k=5)
    assert len(found) == 5
    assert one.id not in [h.passage.id for h in found]
    assert "人才" in found[0].title


def test_a_whole_paragraph_finds_itself(library: LocalLibrary) -> None:
    document = next(d for d in library.documents() if "养老服务" in d.title)
    longest = max(library.passages(document.id), key=lambda passage: len(passage.text))
    assert len(longest.text) > 150
    assert library.search(longest.text, k=1)[0].passage.id == longest.id


def test_a_synonym_of_the_dictionary_finds_and_is_read_again_when_changed(library: LocalLibrary, home: Path) -> None:
    file = home / "词典.txt"
    assert library.search("安家钱", k=1, mode="lexical")[0].terms != ("安家补贴",)
    file.write_text("# 常用简称\n安家钱 = 安家补贴\n", encoding="utf-8")
    try:
        best = library.search("安家钱", k=1)[0]
        assert "安家补贴" in best.passage.text
        assert library.suggest("安家")[0].text in ("安家钱", "安家补贴")
        assert library.corrected("安家钱") is None
        file.write_bytes(b"\x89PNG not a text")
        with pytest.raises(LoadError):
            library.search("安家钱", k=1)
    finally:
        file.unlink()
    assert library.search("补贴", k=1)


def test_terms_are_read_as_people_write_lists() -> None:
    terms = parse(["人社部 ＝ 人力资源和社会保障部", "", "# 说明", "新质生产力 # 常用", "= ="])
    assert terms.groups == (("人社部", "人力资源和社会保障部"), ("新质生产力",))
    assert terms.names("人社部") == ("人社部", "人力资源和社会保障部")
    assert terms.names("别的") == ("别的",)
    assert terms.variants("人社部的职责") == ("人社部的职责", "人力资源和社会保障部的职责")
    assert parse(["GDP = 地区生产总值"]).variants("GDPR") == ("GDPR",)


def test_a_dictionary_too_large_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "词典.txt"
    assert TermsFile(file).read().groups == ()
    file.write_text("人" * 400_000, encoding="utf-8")
    with pytest.raises(LoadError, match="1 MB"):
        TermsFile(file).read()


def test_a_dictionary_is_the_same_until_its_file_changes(tmp_path: Path) -> None:
    file = TermsFile(tmp_path / "词典.txt")
    assert file.read() is file.read()
    file.path.write_text("人社部 = 人力资源和社会保障部", encoding="utf-8")
    first = file.read()
    assert first.groups
    assert file.read() is first
    file.path.unlink()
    assert file.read().groups == ()
    assert file.read() is file.read()


def test_every_two_character_word_of_five_documents_is_found_by_words(library: LocalLibrary) -> None:
    for document in library.documents()[:5]:
        text = "\n".join(passage.text for passage in library.passages(document.id))
        words = sorted({token.term for token in tokens(text) if len(token.term) == 2 and not token.term.isascii()})
        for word in words[::5]:
            best = library.search(word, k=1, mode="lexical")[0]
            assert word in fold("\n".join([best.title, *best.passage.path, best.passage.text])), word


@pytest.mark.parametrize("k", [0, -1, 1001, 10**6])
def test_how_many_is_checked_in_every_way_to_search(library: LocalLibrary, k: int) -> None:
    passage = library.search("补助", k=1)[0].passage
    with pytest.raises(QueryError):
        library.search("补助", k=k)
    with pytest.raises(QueryError):
        library.similar(passage.id, k=k)
