import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from index.types import Document, Passage
from rag.cite import STYLES, Style, cite, plain
from rag.reference import book_title, chinese_date, facts, issuers, nested, source
from rag.types import Citation

NOTICE = Document(
    "dnotice",
    "江澜市人民政府办公室关于调整《江澜市老旧小区改造实施方案（2025—2027年）》部分内容的通知",
    "",
    {"issuer": "江澜市人民政府办公室", "number": "江政办发〔2026〕9号", "date": "2026-03-18", "kind": "通知"},
)
JOINT = Document(
    "djoint",
    "中共江澜市委 江澜市人民政府关于推进乡村全面振兴促进农民增收的若干意见",
    "",
    {"issuer": "中共江澜市委 江澜市人民政府", "number": "江发〔2026〕1号", "date": "2026-02-06", "kind": "意见"},
)
SPEECH = Document("dspeech", "在全市组织部长会议上的讲话", "", {"date": "2026-01-28", "kind": "讲话"})
BARE = Document("dbare", "关于做好防汛工作的通知", "", {"kind": "通知"})
PASSAGE = Passage("dnotice-p1", "dnotice", 40, 61, "要坚持“三个区分开来”，每台补助22万元。", (), "二(一)·二是")
QUOTE = Citation(1, PASSAGE, NOTICE.title, 54, 61)


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (
            "gbt7714",
            "江澜市人民政府办公室. 关于调整《江澜市老旧小区改造实施方案（2025—2027年）》部分内容的通知"
            ": 江政办发〔2026〕9号[A]. 2026-03-18.",
        ),
        (
            "gongwen",
            "《江澜市人民政府办公室关于调整〈江澜市老旧小区改造实施方案（2025—2027年）〉部分内容的通知》"
            "（江政办发〔2026〕9号）",
        ),
        (
            "footnote",
            "江澜市人民政府办公室：《关于调整〈江澜市老旧小区改造实施方案（2025—2027年）〉部分内容的通知》"
            "（江政办发〔2026〕9号），2026年3月18日，二(一)·二是。",
        ),
        (
            "markdown",
            "[《江澜市人民政府办公室关于调整〈江澜市老旧小区改造实施方案（2025—2027年）〉部分内容的通知》"
            "（江政办发〔2026〕9号）二(一)·二是](http://127.0.0.1:7860/?id=dnotice-p1)",
        ),
        (
            "plain",
            "“要坚持‘三个区分开来’，每台补助22万元。”"
            "——《江澜市人民政府办公室关于调整〈江澜市老旧小区改造实施方案（2025—2027年）〉部分内容的通知》"
            "（江政办发〔2026〕9号，2026年3月18日）二(一)·二是",
        ),
    ],
)
def test_a_passage_of_a_notice_is_cited_in_each_printed_style(style: Style, expected: str) -> None:
    assert cite(NOTICE, PASSAGE, style) == expected


PAGED = Passage("dnotice-p1", "dnotice", 40, 61, PASSAGE.text, (), "二(一)·二是", 3, ((54, 4),))


@pytest.mark.parametrize(
    ("cited", "pages"),
    [
        (PAGED, "3-4"),
        (Citation(1, PAGED, NOTICE.title, 40, 50), "3"),
        (Citation(1, PAGED, NOTICE.title, 54, 61), "4"),
        (PASSAGE, ""),
        (None, ""),
    ],
)
def test_the_page_cited_is_that_of_the_words(cited: Passage | Citation | None, pages: str) -> None:
    assert source(NOTICE, cited).pages == pages


def test_each_style_has_the_page_at_its_place() -> None:
    assert cite(NOTICE, PAGED, "gbt7714").endswith("江政办发〔2026〕9号[A]. 2026-03-18: 3-4.")
    assert cite(NOTICE, PAGED, "footnote").endswith("，2026年3月18日，二(一)·二是，第3-4页。")
    assert cite(NOTICE, PAGED, "plain").endswith("（江政办发〔2026〕9号，2026年3月18日）二(一)·二是，第3-4页")
    assert "  pages = {3--4}," in cite(NOTICE, PAGED, "bibtex")
    assert "SP  - 3\r\nEP  - 4\r\n" in cite(NOTICE, PAGED, "ris")
    assert json.loads(cite(NOTICE, PAGED, "csl-json"))[0]["page"] == "3-4"
    assert cite(NOTICE, PAGED, "gongwen") == cite(NOTICE, PASSAGE, "gongwen")
    online = Document("d", NOTICE.title, "", {**NOTICE.meta, "source": "https://example.com/tz.pdf"})
    assert ". (2026-03-18): 4[缺：引用日期]. https" in cite(online, Citation(1, PAGED, "", 54, 61), "gbt7714")


def test_two_issuers_stand_as_each_style_writes_them() -> None:
    assert cite(JOINT, None, "gbt7714") == (
        "中共江澜市委, 江澜市人民政府. 关于推进乡村全面振兴促进农民增收的若干意见: 江发〔2026〕1号[A]. 2026-02-06."
    )
    assert cite(JOINT, None, "footnote") == (
        "中共江澜市委、江澜市人民政府：《关于推进乡村全面振兴促进农民增收的若干意见》（江发〔2026〕1号），2026年2月6日。"
    )
    assert cite(JOINT, None, "gongwen") == (
        "《中共江澜市委 江澜市人民政府关于推进乡村全面振兴促进农民增收的若干意见》（江发〔2026〕1号）"
    )
    assert "author = {{中共江澜市委} and {江澜市人民政府}}" in cite(JOINT, None, "bibtex")
    assert cite(JOINT, None, "ris").split("\r\n")[2:4] == ["AU  - 中共江澜市委", "AU  - 江澜市人民政府"]


def test_more_than_three_issuers_become_three_and_others() -> None:
    meta = {"issuer": "市教育局、市财政局、市民政局、市住建局", "date": "2025-01-02", "kind": "方案"}
    assert cite(Document("d", "行动方案", "", meta), None, "gbt7714") == (
        "市教育局, 市财政局, 市民政局, 等. 行动方案[A]. 2025-01-02."
    )


def test_a_speech_has_no_number_and_misses_none() -> None:
    assert cite(SPEECH, None, "gongwen") == "《在全市组织部长会议上的讲话》"
    assert cite(SPEECH, None, "gbt7714") == "[缺：讲话人]. 在全市组织部长会议上的讲话[Z]. 2026-01-28."
    assert cite(SPEECH, None, "footnote") == "［缺：讲话人］：《在全市组织部长会议上的讲话》，2026年1月28日。"
    assert json.loads(cite(SPEECH, None, "csl-json"))[0]["type"] == "speech"


def test_what_is_missing_is_named_where_it_belongs() -> None:
    assert cite(BARE, None, "gbt7714") == "[缺：发文机关]. 关于做好防汛工作的通知: [缺：发文字号][A]. [缺：成文日期]."
    assert cite(BARE, None, "gongwen") == "《关于做好防汛工作的通知》（缺：发文字号）"
    assert cite(BARE, None, "footnote") == (
        "［缺：发文机关］：《关于做好防汛工作的通知》（缺：发文字号），［缺：成文日期］。"
    )
    assert cite(BARE, None, "plain") == "《关于做好防汛工作的通知》（缺：发文字号，缺：成文日期）"
    assert "  note = {缺：发文机关、发文字号、成文日期},\n" in cite(BARE, None, "bibtex")
    assert "N1  - 缺：发文机关、发文字号、成文日期\r\n" in cite(BARE, None, "ris")
    assert json.loads(cite(BARE, None, "csl-json"))[0]["note"] == "缺：发文机关、发文字号、成文日期"
    assert source(NOTICE).missing == ()


def test_a_report_is_a_report_and_a_text_of_no_kind_is_other() -> None:
    report = Document("dr", "政府工作报告", "", {"issuer": "江澜市人民政府", "date": "2025-01-08", "kind": "报告"})
    assert cite(report, None, "gbt7714") == "江澜市人民政府. 政府工作报告[R]. 2025-01-08."
    assert cite(report, None, "bibtex").startswith("@techreport{dr,\n")
    assert cite(report, None, "ris").startswith("TY  - RPRT\r\n")
    assert (
        cite(Document("dz", "一份材料", "", {"date": "2025"}), None, "gbt7714") == "[缺：发文机关]. 一份材料[Z]. 2025."
    )


def test_a_document_on_the_web_is_cited_as_online_and_linked_there() -> None:
    meta = {**NOTICE.meta, "source": "https://www.example.gov.cn/a_(1).html?x=1"}
    online = Document("d", "关于做好防汛工作的通知", "", meta)
    assert cite(online, None, "gbt7714") == (
        "江澜市人民政府办公室. 关于做好防汛工作的通知: 江政办发〔2026〕9号[A/OL]. (2026-03-18)[缺：引用日期]. "
        "https://www.example.gov.cn/a_(1).html?x=1."
    )
    assert cite(online, None, "markdown").endswith("](https://www.example.gov.cn/a_%281%29.html?x=1)")


def test_a_saved_page_is_cited_by_its_address_and_not_by_its_file() -> None:
    saved = Document("d", NOTICE.title, "", {**NOTICE.meta, "source": "/a/通知.html", "url": "http://www.example.cn/1"})
    assert cite(saved, None, "gbt7714").endswith("[A/OL]. (2026-03-18)[缺：引用日期]. http://www.example.cn/1.")


def test_a_path_on_this_machine_stands_in_no_citation() -> None:
    local = Document("d", NOTICE.title, "", {**NOTICE.meta, "source": "/home/someone/通知.txt"})
    for style in STYLES:
        assert "someone" not in cite(local, None, style)


def test_a_citation_gives_its_own_words_and_a_link_to_them() -> None:
    assert cite(NOTICE, QUOTE, "plain").startswith("“补助22万元。”——《")
    assert cite(NOTICE, QUOTE, "markdown", page="https://yinde.example/").endswith(
        "](https://yinde.example/?id=dnotice-p1&start=54&end=61)"
    )


def test_bibtex_names_every_field() -> None:
    assert cite(NOTICE, PASSAGE, "bibtex") == (
        "@misc{dnotice,\n"
        "  author = {{江澜市人民政府办公室}},\n"
        "  title = {{关于调整《江澜市老旧小区改造实施方案（2025—2027年）》部分内容的通知}},\n"
        "  number = {江政办发〔2026〕9号},\n"
        "  date = {2026-03-18},\n"
        "  year = {2026},\n"
        "  mark = {A},\n"
        "  langid = {chinese},\n"
        "  annote = {“要坚持‘三个区分开来’，每台补助22万元。”（二(一)·二是）},\n"
        "}"
    )


def test_ris_names_every_field() -> None:
    assert cite(NOTICE, PASSAGE, "ris").split("\r\n") == [
        "TY  - GOVDOC",
        "ID  - dnotice",
        "AU  - 江澜市人民政府办公室",
        "TI  - 关于调整《江澜市老旧小区改造实施方案（2025—2027年）》部分内容的通知",
        "M1  - 江政办发〔2026〕9号",
        "PY  - 2026",
        "DA  - 2026/03/18/",
        "LA  - zh-CN",
        "N1  - “要坚持‘三个区分开来’，每台补助22万元。”（二(一)·二是）",
        "ER  - ",
    ]


def test_csl_json_names_every_field() -> None:
    assert json.loads(cite(NOTICE, PASSAGE, "csl-json")) == [
        {
            "id": "dnotice",
            "type": "regulation",
            "title": "关于调整《江澜市老旧小区改造实施方案（2025—2027年）》部分内容的通知",
            "author": [{"literal": "江澜市人民政府办公室"}],
            "number": "江政办发〔2026〕9号",
            "issued": {"date-parts": [[2026, 3, 18]]},
            "language": "zh-CN",
            "annote": "“要坚持‘三个区分开来’，每台补助22万元。”（二(一)·二是）",
        }
    ]


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("R&D 50% 增长_A#1 ~x^2", r"R\&D 50\% 增长\_A\#1 \textasciitilde{}x\textasciicircum{}2"),
        (r"a\b{c}$", r"a\textbackslash{}b\textbraceleft{}c\textbraceright{}\$"),
        ("两行\n标题", "两行 标题"),
        ("“十四五”规划", "“十四五”规划"),
    ],
)
def test_bibtex_escapes_what_tex_would_read(title: str, written: str) -> None:
    assert f"  title = {{{{{written}}}}},\n" in cite(Document("d", title, "", {}), None, "bibtex")


@given(st.text(max_size=40))
def test_braces_balance_in_every_bibtex_entry_and_no_line_is_added(title: str) -> None:
    depth = 0
    entry = cite(Document("d", title, "", {"issuer": title, "number": title}), None, "bibtex")
    for char in entry:
        depth += {"{": 1, "}": -1}.get(char, 0)
        assert depth >= 0
    assert depth == 0
    assert all(re.match(r"@misc|  [a-z]+ = \{|\}$", line) for line in entry.split("\n"))


@given(st.text(max_size=40))
def test_no_title_breaks_out_of_its_ris_line_or_its_json(title: str) -> None:
    document = Document("d", title, "", {"issuer": title, "number": title, "date": title})
    assert all(re.match("[A-Z][A-Z0-9]  - ", line) for line in cite(document, None, "ris").splitlines())
    assert len(json.loads(cite(document, None, "csl-json"))) == 1


def test_a_comma_in_an_issuer_does_not_make_it_a_person_in_ris() -> None:
    assert source(Document("d", "t", "", {"issuer": "甲局, 乙局"})).issuers == ("甲局", "乙局")
    assert "AU  - World Bank\r\n" in cite(Document("d", "t", "", {"issuer": "World Bank"}), None, "ris")


def test_markdown_escapes_what_markdown_would_read() -> None:
    title = r"a*b_[c]`d`<e>&\f"
    assert cite(Document("d", title, "", {}), None, "markdown") == (
        r"[《a\*b\_\[c\]\`d\`\<e\>\&\\f》](http://127.0.0.1:7860/?doc=d)"
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("坚持“三个区分开来”", "坚持‘三个区分开来’"),
        ("他说：“要念好‘山海经’。”", "他说：‘要念好“山海经”。’"),
        ("“甲‘乙“丙”乙’甲”", "‘甲“乙‘丙’乙”甲’"),
        ("建设”的要求", "建设’的要求"),
        ("It’s “ok”", "It’s ‘ok’"),
        ("「甲」没有引号", "「甲」没有引号"),
        ("", ""),
    ],
)
def test_marks_inside_a_quotation_change_with_their_depth(text: str, written: str) -> None:
    assert nested(text, "“”", "‘’") == written


@given(st.text(alphabet="“”‘’甲乙 ", max_size=30))
def test_nesting_marks_changes_nothing_but_marks(text: str) -> None:
    marks = str.maketrans("“”‘’", "[]<>")
    written = nested(text, "“”", "‘’")
    assert len(written) == len(text)
    assert [a for a in text.translate(marks) if a not in "[]<>"] == [
        a for a in written.translate(marks) if a not in "[]<>"
    ]


def test_a_title_inside_a_title_takes_single_marks_and_the_next_double_ones() -> None:
    assert book_title("关于印发《实施方案》的通知") == "关于印发〈实施方案〉的通知"
    assert book_title("关于转发《关于印发〈方案〉的通知》的通知") == "关于转发〈关于印发《方案》的通知〉的通知"


def test_marks_around_the_whole_title_are_not_doubled() -> None:
    assert book_title("《实施方案》") == "实施方案"
    assert book_title("《甲》和《乙》") == "〈甲〉和〈乙〉"


def test_full_width_characters_stay_as_the_document_writes_them() -> None:
    document = Document("d", "行动方案（２０２４－２０２６年）", "", {"number": "Ａ府〔2024〕1号", "kind": "方案"})
    assert cite(document, None, "gongwen") == "《行动方案（２０２４－２０２６年）》（Ａ府〔2024〕1号）"


@pytest.mark.parametrize(
    ("title", "issuer", "short"),
    [
        ("国务院办公厅关于做好某事的通知", "国务院办公厅", "关于做好某事的通知"),
        ("江澜市人民政府公告", "江澜市人民政府", "江澜市人民政府公告"),
        ("关于做好某事的通知", "国务院办公厅", "关于做好某事的通知"),
        ("甲局、乙局印发《方案》的通知", "甲局、乙局", "印发《方案》的通知"),
    ],
)
def test_issuers_are_not_named_twice_where_the_title_opens_with_them(title: str, issuer: str, short: str) -> None:
    assert source(Document("d", title, "", {"issuer": issuer})).short_title == short


def test_issuers_are_parted_by_marks_and_by_spaces_between_han_only() -> None:
    assert issuers("中共江澜市委办公室、江澜市人民政府办公室") == ("中共江澜市委办公室", "江澜市人民政府办公室")
    assert issuers("中共江澜市委　江澜市人民政府") == ("中共江澜市委", "江澜市人民政府")
    assert issuers("World Bank") == ("World Bank",)
    assert issuers("") == ()


@pytest.mark.parametrize(
    ("date", "printed"),
    [
        ("2024-03-05", "2024年3月5日"),
        ("2024-03", "2024年3月"),
        ("2024", "2024年"),
        ("", ""),
        ("二〇二四年春", "二〇二四年春"),
    ],
)
def test_a_date_is_printed_as_far_as_it_is_known(date: str, printed: str) -> None:
    assert chinese_date(date) == printed


def test_the_page_copies_the_plain_style() -> None:
    assert plain(PASSAGE.text, NOTICE.title, NOTICE.meta, PASSAGE.address) == cite(NOTICE, PASSAGE, "plain")


def test_facts_come_in_the_order_of_a_letterhead() -> None:
    meta = {"kind": "通知", "date": "2026-03-18", "number": "江政办发〔2026〕9号", "issuer": "市政府办"}
    assert facts(meta) == ["市政府办", "江政办发〔2026〕9号", "2026年3月18日", "通知"]


@given(st.text(max_size=30))
def test_a_markdown_link_reads_as_its_title_whatever_that_holds(title: str) -> None:
    link = cite(Document("d", title, "", {}), None, "markdown")
    (paragraph,) = [token for token in MarkdownIt().parse(link) if token.type == "inline"]
    children = paragraph.children or []
    assert [token.type for token in children] == ["link_open", "text", "link_close"]
    assert children[0].attrs["href"] == "http://127.0.0.1:7860/?doc=d"
    words = " ".join(f"《{book_title(title)}》".split())
    assert children[1].content == words.replace("\x00", "\ufffd")
