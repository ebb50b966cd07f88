import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from index.embed import HashEmbedder
from index.errors import QueryError
from index.library import LocalLibrary
from index.types import Document
from index.wordings import stands_alone
from rag.trace import Count, Trace, Use, trace
from ui.trace_page import render_trace, year_bars
from ui.trace_screen import around, filled_years

PAPERS = {
    "甲.txt": """关于加快发展新质生产力的意见

各县区人民政府，市政府各部门：

一、因地制宜发展新质生产力，以科技创新推动产业创新。新质生产力已经在实践中形成。

江澜市人民政府
2024年3月18日
""",
    "乙.txt": """关于推进产业升级的通知

各县区人民政府，市政府各部门：

要发展新质生產力，也要改造提升传统产业。要重视新型生产力的培育。

江澜市人民政府办公室
2023年11月2日
""",
    "丙.txt": """产业工作要点

加快形成“新质”生产力。培育新的生产力。整体提高素质。生产力布局要优化。
""",
    "丁.txt": """关于做好统计工作的通知

各县区人民政府：

做好新型生产力统计，做好新型生产力监测。

江澜市统计局
江澜市财政局
2024年6月1日
""",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLibrary]:
    folder = tmp_path_factory.mktemp("trace")
    papers = folder / "documents"
    papers.mkdir()
    for name, text in PAPERS.items():
        (papers / name).write_text(text, encoding="utf-8")
    with LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as opened:
        opened.sync([papers])
        yield opened


@pytest.fixture(scope="module")
def found(library: LocalLibrary) -> Trace:
    return trace("新质生产力", library)


def test_documents_stand_in_time_order_and_undated_ones_last(found: Trace) -> None:
    assert [(use.date, len(use.places)) for use in found.uses] == [("2023-11-02", 1), ("2024-03-18", 3), ("", 1)]
    assert found.count == 5
    assert found.first is not None
    assert found.last is not None
    assert (found.first.date, found.last.date) == ("2023-11-02", "2024-03-18")
    assert found.complete


def test_every_place_is_where_it_says(library: LocalLibrary, found: Trace) -> None:
    for use in found.uses:
        text = library.document(use.document.id).text
        for place in use.places:
            assert text[place.start : place.end] == place.text


def test_marks_width_and_traditional_characters_make_no_other_wording(found: Trace) -> None:
    assert {place.text for use in found.uses for place in use.places} == {"新质生产力", "新质生產力", "新质”生产力"}


def test_a_phrase_does_not_run_from_one_sentence_into_the_next(library: LocalLibrary) -> None:
    assert trace("素质生产力", library).uses == ()


def test_near_wordings_are_gathered_with_their_own_dates(found: Trace) -> None:
    assert [(v.text, v.count, [use.date for use in v.uses]) for v in found.variants] == [
        ("新型生产力", 3, ["2023-11-02", "2024-06-01"]),
        ("新的生产力", 1, [""]),
    ]
    assert [v.similarity for v in found.variants] == [0.8, 0.8]


def test_a_shortened_phrase_is_no_near_wording(library: LocalLibrary) -> None:
    assert trace("发展新质生产力", library).count == 3
    assert all(variant.text not in "发展新质生产力" for variant in trace("发展新质生产力", library).variants)


@pytest.mark.parametrize(
    ("phrase", "wording", "alone"),
    [
        ("新质生产力", "新的生产力", True),
        ("乡村振兴", "农村振兴", True),
        ("全面建成小康社会", "全面小康社会", True),
        ("高质量发展", "高质量的发展", True),
        ("高质量发展", "质量发展", False),
        ("高质量发展", "的质量发展", False),
        ("依法治国", "依法向国", False),
        ("共同富裕", "共同富", False),
        ("科技创新", "科技新", False),
    ],
)
def test_a_near_wording_is_more_than_a_part_of_the_phrase(phrase: str, wording: str, alone: bool) -> None:
    assert stands_alone(phrase, wording) is alone


def test_counts_by_year_and_issuer_name_what_is_unknown_by_nothing(found: Trace, library: LocalLibrary) -> None:
    assert found.years == (Count("2023", 1, 1), Count("2024", 3, 1), Count("", 1, 1))
    assert found.issuers == (
        Count("江澜市人民政府", 3, 1),
        Count("", 1, 1),
        Count("江澜市人民政府办公室", 1, 1),
    )
    joint = trace("新型生产力", library)
    assert Count("江澜市统计局", 2, 1) in joint.issuers
    assert Count("江澜市财政局", 2, 1) in joint.issuers


def test_what_stands_nowhere_has_no_use(library: LocalLibrary) -> None:
    nothing = trace("全过程人民民主", library)
    assert (nothing.count, nothing.uses, nothing.variants, nothing.years) == (0, (), (), ())
    assert (nothing.first, nothing.last) == (None, None)


@pytest.mark.parametrize("phrase", ["", "字", "“，。”", "，字。", "长" * 101])
def test_a_phrase_too_short_or_too_long_is_refused(library: LocalLibrary, phrase: str) -> None:
    with pytest.raises(QueryError, match="提法"):
        trace(phrase, library)


def test_an_empty_library_holds_no_wording(tmp_path: Path) -> None:
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as empty:
        assert trace("新质生产力", empty).count == 0


@settings(max_examples=60)
@given(st.data())
def test_any_words_of_a_document_are_found_where_they_stand(library: LocalLibrary, data: st.DataObject) -> None:
    document = library.document(data.draw(st.sampled_from([d.id for d in library.documents()])))
    passage = data.draw(st.sampled_from(library.passages(document.id)))
    start = data.draw(st.integers(passage.start, passage.end - 2))
    end = data.draw(st.integers(start + 2, min(passage.end, start + 40)))
    phrase = document.text[start:end]
    assume(re.fullmatch("[\u4e00-\u9fff，、]+", phrase) and phrase[0] not in "，、" and phrase[-1] not in "，、")
    assume(len(re.findall("[\u4e00-\u9fff]", phrase)) >= 2)
    places = [p for use in trace(phrase, library).uses if use.document.id == document.id for p in use.places]
    # Places of one phrase do not overlap: in 平平平 the first two are one.
    assert any(p.start <= start < p.end for p in places)


def test_ten_thousand_places_are_counted_and_a_bounded_part_is_read() -> None:
    with tempfile.TemporaryDirectory() as name:
        papers = Path(name) / "documents"
        papers.mkdir()
        line = "、".join(["坚持高质量发展"] * 50) + "。\n\n"
        lines = "".join(f"第{n}项，{line}" for n in range(200))  # a text printed twice is read once
        (papers / "长文.txt").write_text("关于发展的意见\n\n" + lines, encoding="utf-8")
        with LocalLibrary.open(Path(name) / "library", embedder=HashEmbedder(), create=True) as library:
            library.sync([papers])
            assert trace("高质量发展", library).count == 10_000


def test_empty_years_between_are_drawn_while_they_are_few() -> None:
    assert filled_years([Count("2020", 1, 1), Count("2022", 2, 1), Count("", 3, 1)]) == [
        Count("2020", 1, 1),
        Count("2021", 0, 0),
        Count("2022", 2, 1),
        Count("", 3, 1),
    ]
    far = [Count("1900", 1, 1), Count("2022", 2, 1)]
    assert filled_years(far) == far
    assert filled_years([]) == []


def test_the_tallest_bar_is_the_year_of_most_places() -> None:
    heights = re.findall(r'<rect[^>]*height="([0-9.]+)"', year_bars([Count("2020", 1, 1), Count("2021", 4, 2)]))
    assert [float(height) for height in heights] == [51.0, 204.0]


def test_a_place_is_shown_within_its_sentence(found: Trace) -> None:
    assert found.uses[1].places[1].text == "新质生产力"
    before, words, after = around(found.uses[1].places[1])
    assert (before, words, after) == ("一、因地制宜发展", "新质生产力", "，以科技创新推动产业创新。")


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_page_needs_nothing_from_elsewhere_and_escapes_the_phrase(found: Trace, library: LocalLibrary) -> None:
    page = render_trace(found)
    parser = _Addresses()
    parser.feed(page)
    assert parser.found == []
    assert "url(" not in page
    assert "script" not in parser.tags
    assert page.count("<mark>") == 3
    assert "另有 1 处所在文件没有写明日期" in page
    assert "<b>" not in render_trace(trace("<b>新质生产力</b>", library))


def test_a_year_that_opens_a_title_stands_for_a_date_that_is_unknown() -> None:
    report = Document("d1", "2025年中华人民共和国国务院政府工作报告", "")
    assert Use(report, ()).date == "2025"
    assert Use(replace(report, meta={"date": "2025-03-05"}), ()).date == "2025-03-05"
    assert Use(replace(report, title="2025年度部门决算"), ()).date == ""
