from html import unescape
from re import findall, search, sub
from time import perf_counter

from index.types import Document, Heading, Passage
from ui.viewer import render_source, render_source_error

TEXT = "减负通知\n一、总体要求\n坚持为基层减负。\n（一）精简会议。会议减少三分之一。\n印发<各县>"
OUTLINE = (Heading(5, 11, 1, "一"), Heading(21, 29, 2, "(一)"))
DOCUMENT = Document("d", "减负通知", TEXT, {"number": "江办〔2026〕1号", "date": "2026-01-20"}, OUTLINE)
PASSAGE = Passage("p1", "d", 21, 38, TEXT[21:38], ("一、总体要求", "（一）精简会议。"), "一(一)")


def body(html: str) -> str:
    return html.split('<div class="text">')[1]


def test_every_word_of_the_document_is_shown_in_order() -> None:
    shown = unescape(sub(r"<[^>]*>", "", body(render_source(DOCUMENT, passage=PASSAGE))))
    assert shown == TEXT.replace("\n", "")


def test_the_passage_is_marked_when_no_span_is_given() -> None:
    html = render_source(DOCUMENT, passage=PASSAGE)
    assert findall(r'<mark class="cited">(.*?)</mark>', html) == ["（一）精简会议。", "会议减少三分之一。"]


def test_a_span_is_marked_within_its_tinted_passage() -> None:
    html = render_source(DOCUMENT, passage=PASSAGE, span=(29, 38))
    assert findall(r'<mark class="cited">(.*?)</mark>', html) == ["会议减少三分之一。"]
    assert '<p class="holds"><strong id="at-21">（一）精简会议。</strong>' in html


def test_a_span_outside_the_document_falls_back_to_the_passage() -> None:
    for span in ((-1, -1), (5, 5), (30, 10), (0, 10_000)):
        assert (
            "会议减少三分之一"
            in findall(r'<mark class="cited">(.*?)</mark>', render_source(DOCUMENT, passage=PASSAGE, span=span))[-1]
        )


def test_a_span_over_several_paragraphs_is_marked_in_each() -> None:
    html = render_source(DOCUMENT, passage=PASSAGE, span=(5, 20))
    assert findall(r'<mark class="cited">(.*?)</mark>', html) == ["一、总体要求", "坚持为基层减负。"]


def test_headings_stand_apart_and_the_outline_jumps_to_them() -> None:
    html = render_source(DOCUMENT)
    assert '<h4 id="at-5">一、总体要求</h4>' in html
    assert '<strong id="at-21">（一）精简会议。</strong>会议减少' in html
    assert findall(r'data-jump="([^"]*)"', html) == ["at-5", "at-21"]
    assert "目录（2）" in html


def test_a_title_over_several_lines_stands_as_one_title() -> None:
    document = Document("d", "江澜市人民政府关于减负的通知", "江澜市人民政府\n关于减负的通知\n各县：\n关于减负的通知")
    lines = findall(r'<h3 class="title">(.*?)</h3>', render_source(document))
    assert lines == ["江澜市人民政府", "关于减负的通知"]


def test_the_citation_to_copy_quotes_the_cited_words() -> None:
    copied = search(r'data-copy="([^"]*)"', render_source(DOCUMENT, passage=PASSAGE, span=(29, 38)))
    assert copied
    assert unescape(copied[1]) == "“会议减少三分之一。”——《减负通知》（江办〔2026〕1号，2026年1月20日）一(一)"


def test_a_document_opened_by_itself_offers_nothing_to_copy() -> None:
    html = render_source(DOCUMENT)
    assert "data-copy" not in html
    assert "<mark" not in html


def test_markup_in_a_document_is_text() -> None:
    assert "印发&lt;各县&gt;" in render_source(DOCUMENT)
    assert "<b>" not in render_source_error("<b>")


def test_an_empty_document_is_shown_empty() -> None:
    assert body(render_source(Document("d", "空", ""))) == "</div></article>"


def test_a_long_document_is_quick() -> None:
    text = "\n".join(["为深入贯彻落实，现提出如下意见。" * 10] * 700)
    start = perf_counter()
    html = render_source(Document("d", "长文", text), passage=Passage("p", "d", 160, 320, text[160:320]))
    assert perf_counter() - start < 1
    assert len(html) > len(text) > 100_000
