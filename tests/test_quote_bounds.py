"""Quotations of every length and kind in bounded time; what is told apart where the words are nearly the same."""

from collections.abc import Iterator
from time import process_time

import pytest

from index.difference import reversal
from index.embed import HashEmbedder
from index.errors import LoadError, QueryError
from index.key import Keyed, key
from index.library import LocalLibrary
from index.moved import rearranged
from rag.check import check
from rag.draft import LONGEST, from_text

FORMULA = "各县区人民政府要认真组织实施"
WAGES = "任何单位和个人不得以任何理由拖欠农民工工资，各级要不断完善制度，不得隐瞒不报，按时足额支付到位。"
LINKED = "请各单位认真学习[《关于加强数字政府建设的指导意见》](https://www.example.cn/a/b_2022.htm)，抓好落实。"
LIST = "责任单位：市公安局、市交通运输局、市生态环境局。"
NUMBERED = [f"第{n}项任务由第{n % 97}号专班负责，投资{n}.{n % 10}亿元，于{n % 28 + 1}日前完成" for n in range(400)]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLibrary]:
    """A formula 10,000 times, a long paragraph after paragraph, and a few sentences."""
    folder = tmp_path_factory.mktemp("bounds")
    documents = folder / "documents"
    documents.mkdir()
    for number in range(4):
        lines = [f"第{n}项：{FORMULA}，{'；'.join([FORMULA] * 49)}。" for n in range(50)]
        (documents / f"{number}.txt").write_text(f"第{number}号通知\n\n" + "\n\n".join(lines), encoding="utf-8")
    long = "\n\n".join("。".join(NUMBERED[at : at + 4]) + "。" for at in range(0, len(NUMBERED), 4))
    (documents / "long.txt").write_text(f"关于任务分工的通知\n\n{long}", encoding="utf-8")
    (documents / "few.txt").write_text(f"关于工资的通知\n\n{WAGES}\n\n{LINKED}\n\n{LIST}", encoding="utf-8")
    with LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as opened:
        opened.sync([documents])
        yield opened


@pytest.mark.parametrize("limit", [20, 1000])
def test_ten_thousand_places_cost_no_more_than_are_asked_for(library: LocalLibrary, limit: int) -> None:
    began = process_time()
    report = library.find_quote(FORMULA, limit=limit)
    assert (report.verdict, len(report.matches)) == ("verbatim", limit)
    assert process_time() - began < 3


@pytest.mark.parametrize("length", [4, 29, 300, 2000])
def test_a_quotation_is_found_across_as_many_passages_as_it_has(library: LocalLibrary, length: int) -> None:
    [document] = [d for d in library.documents() if d.title == "关于任务分工的通知"]
    text = library.document(document.id).text
    start = text.index("任务由第43号专班")
    match = library.find_quote(text[start : start + length], limit=1000)
    assert match.verdict == "verbatim"
    assert (document.id, start, start + length) in {(m.passage.doc_id, m.start, m.end) for m in match.matches}


def test_a_digit_changed_amid_two_thousand_characters_is_altered(library: LocalLibrary) -> None:
    [document] = [d for d in library.documents() if d.title == "关于任务分工的通知"]
    text = library.document(document.id).text[1000:3000]
    at = text.index("亿元", 900) - 1
    report = library.find_quote(text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :])
    assert report.verdict == "altered"
    assert [step[0] for step in report.matches[0].diff] == ["equal", "replace", "equal"]


@pytest.mark.parametrize("quote", ["的" * 19_999, "工资" * 9_999, "工资，" * 6_000, "拖欠工资。" * 3_999])
def test_twenty_thousand_characters_of_nonsense_end_soon(library: LocalLibrary, quote: str) -> None:
    began = process_time()
    assert library.find_quote(quote).verdict != "verbatim"
    assert process_time() - began < 5


def test_a_megabyte_and_a_single_character_are_refused_with_their_cure(library: LocalLibrary) -> None:
    with pytest.raises(QueryError, match="缩短到 20000 字以内"):
        library.find_quote("工资" * 500_000)
    with pytest.raises(QueryError, match="至少给出两个字"):
        library.find_quote("工")
    with pytest.raises(LoadError, match="请分章核查"):
        from_text("工资" * 500_000)


def test_the_longest_draft_is_checked_in_bounded_time(library: LocalLibrary) -> None:
    words = "本市工作有序推进，群众满意度稳步提升，各项指标完成良好。"
    draft = from_text((words + "\n") * (LONGEST // (len(words) + 1) - 2) + f"会议指出：“{FORMULA}”")
    began = process_time()
    report = check(draft, library)
    assert [finding.verdict for finding in report.findings] == ["verbatim"]
    assert process_time() - began < 20


@pytest.mark.parametrize(
    ("quote", "verdict", "lost"),
    [
        ("任何单位和个人……拖欠农民工工资", "elided", "不得"),
        ("任何单位和个人拖欠农民工工资，各级要不断完善制度", "elided", "不得"),
        ("任何单位和个人以任何理由拖欠农民工工资", "altered", ""),
        ("各级要不断完善制度，……按时足额支付到位", "elided", ""),
        ("各级要……按时足额支付到位", "elided", ""),
    ],
)
def test_an_omission_that_reverses_the_sense_is_told(
    library: LocalLibrary, quote: str, verdict: str, lost: str
) -> None:
    report = library.find_quote(quote)
    assert (report.verdict, report.matches[0].reversal) == (verdict, lost)


def test_a_denial_that_denies_nothing_is_no_reversal() -> None:
    assert reversal((("equal", "坚持", "坚持"), ("delete", "", "不断深化"), ("equal", "改革", "改革"))) == ""
    assert reversal((("equal", "坚持", "坚持"), ("delete", "", "不搞"), ("equal", "改革", "改革"))) == "不"


def test_where_a_link_leads_is_not_part_of_the_words(library: LocalLibrary) -> None:
    bare = library.find_quote("请各单位认真学习《关于加强数字政府建设的指导意见》，抓好落实")
    assert (bare.verdict, len(bare.matches)) == ("typographic", 1)
    linked = library.find_quote("[抓好落实](https://www.example.cn/other)")
    assert (linked.verdict, linked.matches[0].text) == ("typographic", "抓好落实")
    assert key("[甲](https://a.cn/1)乙(2)") == key("甲乙2")


def test_clauses_in_another_order_are_one_place_to_the_character(library: LocalLibrary) -> None:
    report = library.find_quote("市公安局、市生态环境局、市交通运输局")
    assert report.verdict == "altered"
    assert [match.text for match in report.matches] == ["市公安局、市交通运输局、市生态环境局"]


def test_other_words_among_the_clauses_are_no_other_order() -> None:
    assert rearranged(Keyed("市公安局、市财政局、市生态环境局"), Keyed(LIST)) is None
    assert rearranged(Keyed("市公安局、市生态环境局"), Keyed(LIST)) is None
    assert rearranged(Keyed("市交通运输局"), Keyed(LIST)) is None


def test_parts_of_two_documents_are_cut_where_the_true_wording_ends(library: LocalLibrary) -> None:
    report = library.find_quote("各级要不断完善制度，不得隐瞒不报，各县区人民政府要认真组织实施", limit=5)
    assert report.verdict == "spliced"
    assert [match.text for match in report.matches] == ["各级要不断完善制度，不得隐瞒不报", FORMULA]


def test_a_reply_is_the_same_word_in_the_spelling_of_taiwan() -> None:
    assert key("批覆、函覆、覆函") == key("批复、函复、复函")
    assert key("覆盖率") != key("复盖率")
