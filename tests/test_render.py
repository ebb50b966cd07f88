from html.parser import HTMLParser

import pytest

from index.types import Document, Hit, Passage
from rag.types import Answer, Citation, Statement
from ui.page_answer import render_answer
from ui.render import render_error, render_hits, render_shelf

TEXT = "会议指出，要为基层减负。会议要求，精简文件。"
PASSAGE = Passage("p<1>", "d1", 100, 100 + len(TEXT), TEXT, ("一、减负 & 增效",), "一")
HIT = Hit(
    PASSAGE, 1.0, "减负<b>通知</b>", {"dense": 0.912, "lexical": 7.25, "coverage": 0.5}, (100, 112), ((107, 111),)
)
DOCUMENT = Document("d1", HIT.title, "", {"number": "江办〔2026〕1号", "date": "2026-01-20"})
SOURCE = Citation(1, PASSAGE, HIT.title, 100, 112)


class Outline(HTMLParser):
    """The tags and words of a fragment; unbalanced tags fail."""

    VOID = frozenset({"br", "input"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def attributes(self, name: str) -> list[str | None]:
        return [attrs[name] for _, attrs in self.tags if name in attrs]


def answer(**changes: object) -> Answer:
    said = Statement("会议指出，要为基层减负。", (1,), "verbatim")
    values: dict = {"statements": (said,), "citations": (SOURCE,), "evidence": (HIT,), "abstained": False}
    return Answer("怎样减负", **(values | changes))


def test_a_mark_opens_the_cited_span_of_its_passage() -> None:
    opened = Outline(render_answer(answer())).attributes("data-open")
    assert set(opened) == {"?id=p%3C1%3E&start=100&end=112"}


def test_the_answer_says_that_its_sentences_are_verbatim_only_when_all_are() -> None:
    verbatim = Statement("会议指出，要为基层减负。", (1,), "verbatim")
    doubtful = Statement("减负见效。", (), "unsupported")
    assert "均为原文摘录" in Outline(render_answer(answer())).words
    mixed = Outline(render_answer(answer(statements=(verbatim, doubtful)))).words
    assert "均为原文摘录" not in mixed
    assert "逐字 1 句、未得到支持 1 句" in mixed


def test_a_marker_without_its_citation_is_not_shown() -> None:
    lost = Statement("减负见效。", (7,), "supported")
    shown = Outline(render_answer(answer(statements=(lost,), citations=())))
    assert shown.attributes("data-open") == []


def test_an_abstaining_answer_shows_its_note_and_no_mark() -> None:
    shown = Outline(render_answer(answer(statements=(), citations=(), abstained=True, note="资料中没有找到。")))
    assert "资料中没有找到。" in shown.words
    assert shown.attributes("data-open") == []


def test_an_abstaining_answer_without_a_note_still_says_so() -> None:
    assert "资料中没有找到" in render_answer(answer(statements=(), citations=(), abstained=True))


def test_an_answer_that_has_not_begun_says_that_it_is_being_looked_for() -> None:
    assert "正在检索" in render_answer(answer(statements=(), citations=(), complete=False))


def test_a_passage_cited_twice_is_listed_once_with_both_numbers() -> None:
    second = Citation(2, PASSAGE, HIT.title, 112, 100 + len(TEXT))
    said = (Statement("一。", (1,), "verbatim"), Statement("二。", (2,), "verbatim"))
    shown = Outline(render_answer(answer(statements=said, citations=(SOURCE, second))))
    assert sum(attrs.get("class") == "sources" for _, attrs in shown.tags) == 1
    assert shown.words.count("减负<b>通知</b>") == 1
    assert [tag for tag, _ in shown.tags].count("li") == 1


def test_a_card_tells_where_the_passage_stands_and_why_it_was_found() -> None:
    words = Outline(render_hits(answer(), {"d1": DOCUMENT})).words
    for part in ("减负<b>通知</b>", "江办〔2026〕1号", "2026年1月20日", "一、减负 & 增效", TEXT[:6]):
        assert part in words
    assert "意思相近0.91" in words
    assert "字面相符7.2" in words
    assert "用词覆盖50%" in words
    assert "命中“基层减负”" in words


def test_a_card_marks_the_cited_sentence_and_the_terms_in_it() -> None:
    html = render_hits(answer(), {"d1": DOCUMENT})
    assert (
        '<mark class="window">会议指出，要为</mark><mark class="window term">基层减负</mark>'
        '<mark class="window">。</mark>会议要求' in html
    )


def test_a_window_that_is_all_of_the_passage_is_not_marked() -> None:
    hit = Hit(PASSAGE, 1.0, HIT.title, {"dense": 0.9}, (100, 100 + len(TEXT)), ())
    assert "<mark" not in render_hits(answer(citations=(), evidence=(hit,)), {})


def test_a_copied_citation_holds_the_whole_passage_and_its_source() -> None:
    copied = Outline(render_hits(answer(), {"d1": DOCUMENT})).attributes("data-copy")
    assert copied == [f"“{TEXT}”——《减负<b>通知</b>》（江办〔2026〕1号，2026年1月20日）一"]


def test_a_long_passage_is_cut_around_its_evidence() -> None:
    text = "无关的话很多很多。" * 100 + "要害在这里。" + "后面还有。" * 100
    passage = Passage("p", "d1", 0, len(text), text)
    hit = Hit(passage, 1.0, "长文", {}, (900, 906), ())
    words = Outline(render_hits(answer(citations=(), evidence=(hit,)), {})).words
    assert "……要害在这里。后面还有。" in words
    assert len(words) < 500


def test_no_hits_say_what_to_do() -> None:
    assert "换个说法" in render_hits(answer(evidence=()), {})


def test_below_an_abstention_hits_are_called_nearest() -> None:
    shown = render_hits(answer(statements=(), citations=(), abstained=True), {})
    assert "最接近的段落" in shown


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "${1+1}{{value}}'"])
def test_whatever_a_document_says_stays_text(hostile: str) -> None:
    passage = Passage(hostile, hostile, 0, len(hostile), hostile, (hostile,), hostile)
    hit = Hit(passage, 1.0, hostile, {"coverage": 1.0}, None, ((0, len(hostile)),))
    source = Citation(1, passage, hostile, 0, len(hostile))
    said = Statement(hostile, (1,), "verbatim")
    whole = answer(statements=(said,), citations=(source,), evidence=(hit,), note=hostile)
    document = Document(hostile, hostile, "", {"number": hostile, "issuer": hostile})
    for html in (
        render_answer(whole),
        render_hits(whole, {hostile: document}),
        render_error(hostile),
        render_shelf([document]),
    ):
        shown = Outline(html)
        assert hostile in shown.words
        assert not {"script", "img"} & {tag for tag, _ in shown.tags}
        assert not [name for _, attrs in shown.tags for name in attrs if name.startswith("on")]


def test_the_shelf_lists_the_newest_first_and_counts_the_rest() -> None:
    documents = [Document(f"d{year}", f"{year}年报告", "", {"date": f"{year}-01-01"}) for year in (2024, 2026, 2025)]
    words = Outline(render_shelf(documents, limit=2)).words
    assert words.index("2026年报告") < words.index("2025年报告")
    assert "2024年报告" not in words
    assert "另有 1 篇" in words


def test_an_empty_shelf_says_how_to_fill_it() -> None:
    assert "yinde index" in render_shelf([])
