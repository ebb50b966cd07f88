"""A whole draft is held against the library: what is right is left alone, every planted error is found."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.embed import HashEmbedder
from index.errors import LibraryError
from index.library import LocalLibrary
from index.types import Document
from rag.changes import changes, readable
from rag.check import _whole_clauses, _whole_numbers, check
from rag.claims import find_claims
from rag.draft import from_text, read_draft
from rag.figures import figures, has_figure, nearest_sentence
from rag.findings import Finding
from rag.shelf import Shelf
from rag.speakers import speaker_of

RULES = "江澜市人才引进补贴管理办法"
# kind, verdict and the words' beginning of all that is planted in draft_sample.md, in its order
WRONG = [
    ("quotation", "altered", "‘扫码入企’"),
    ("quotation", "misattributed", "今年的工作抓手"),
    ("figure", "", "3.9万户"),
    ("date", "", "2026年3月1日"),
    ("number", "", "江政办发〔2024〕8号"),
    ("quotation", "misattributed", "前款规定的补贴"),
    ("quotation", "altered", "申请人应当自"),
    ("quotation", "altered", "企业家要诚信"),
]
NOTICED = [
    ("copy", "verbatim", "学历学位"),
    ("quotation", "not_found", "对顶尖人才"),
    ("title", "", "《江澜市人才引进补贴管理暂行办法》"),
    ("formulation", "altered", "马上就办、一抓到底"),
]
UNCHECKED = [("title", "", "《江澜市高层次人才分类认定目录》")]


@pytest.fixture(scope="module")
def library(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLibrary]:
    folder = tmp_path_factory.mktemp("check") / "library"
    with LocalLibrary.open(folder, embedder=HashEmbedder(), create=True) as opened:
        opened.sync([samples])
        yield opened


def found(library: LocalLibrary, text: str) -> list[Finding]:
    return list(check(from_text(text), library).findings)


def quotation(library: LocalLibrary, text: str) -> Finding:
    return next(finding for finding in found(library, text) if finding.kind == "quotation")


def test_every_planted_error_of_the_sample_draft_is_found_and_nothing_else(library: LocalLibrary) -> None:
    report = check(read_draft(Path(__file__).parent / "draft_sample.md"), library)
    for level, planted in (("wrong", WRONG), ("notice", NOTICED), ("unchecked", UNCHECKED)):
        there = [finding for finding in report.findings if finding.level == level]
        assert [(finding.kind, finding.verdict) for finding in there] == [
            (kind, verdict) for kind, verdict, _ in planted
        ]
        for finding, (_, _, begin) in zip(there, planted, strict=True):
            assert report.draft.text[finding.start : finding.end].startswith(begin)
    assert report.counts == {"fine": 10, "unchecked": 1, "notice": 4, "wrong": 8}


def test_places_point_to_the_words_in_their_documents(library: LocalLibrary) -> None:
    report = check(read_draft(Path(__file__).parent / "draft_sample.md"), library)
    matches = [match for finding in report.findings for match in finding.matches]
    assert matches
    for match in matches:
        assert library.document(match.passage.doc_id).text[match.start : match.end] == match.text
        assert match.passage.doc_id in report.sources


def test_a_changed_figure_is_told_as_a_whole_number(library: LocalLibrary) -> None:
    finding = quotation(library, "会议指出：“涉企行政检查频次下降35.4%，政府机关和事业单位拖欠中小企业账款清零”。")
    assert finding.level == "wrong"
    assert "“35.4%”原文作“34.5%”" in finding.remark


def test_words_that_mean_the_opposite_are_never_right(library: LocalLibrary) -> None:
    finding = quotation(library, f"《{RULES}》规定：“安家补贴与租房补贴可以先后享受，但可以同时享受”。")
    assert (finding.level, finding.verdict) == ("wrong", "altered")


def test_the_older_wording_quoted_as_the_newer_is_misattributed(library: LocalLibrary) -> None:
    old = next(d for d in library.documents() if "试行" in d.title)
    sentence = next(p.text for p in library.passages(old.id) if "第八条" in p.text).split("　")[-1].split(" ")[-1]
    new = next(d for d in library.documents() if RULES in d.title and "试行" not in d.title)
    assert sentence not in library.document(new.id).text
    finding = quotation(library, f"《{RULES}》规定：“{sentence}”。")
    assert (finding.level, finding.verdict) == ("wrong", "misattributed")
    assert "试行" in finding.remark


def test_a_right_quotation_of_the_named_year_is_fine(library: LocalLibrary) -> None:
    finding = quotation(library, "2026年市政府工作报告提出：“今年的工作抓手是开展“企业服务提升年”活动”。")
    assert (finding.level, finding.verdict) == ("fine", "verbatim")


def test_a_quotation_with_its_omission_marked_is_fine_and_without_is_not(library: LocalLibrary) -> None:
    whole = "补贴审核按照下列程序办理：（一）县（区）人力资源和社会保障部门自受理之日起5个工作日内完成初审；"
    rest = "（三）复核结果在“澜事通”平台公示3个工作日。"
    marked, unmarked = (quotation(library, f"《{RULES}》规定：「{whole}{dots}{rest}」") for dots in ("……", ""))
    assert (marked.level, marked.verdict) == ("fine", "elided")
    assert (unmarked.level, unmarked.verdict) == ("wrong", "elided")


def test_a_source_the_library_has_not_is_told_as_unverified(library: LocalLibrary) -> None:
    finding = quotation(library, "《某市营商环境条例》提出：“营商环境是江澜的头等大事，只有进行时，没有完成时”。")
    assert (finding.level, finding.verdict) == ("notice", "verbatim")
    assert "库中没有《某市营商环境条例》" in finding.remark


def test_a_saying_with_the_documents_own_words_is_fine(library: LocalLibrary) -> None:
    text = f"《{RULES}》规定，享受安家补贴的人才应当在我市服务满3年。"
    finding = next(f for f in found(library, text) if f.kind == "saying")
    assert (finding.level, finding.verdict) == ("fine", "verbatim")


def test_a_paraphrase_is_left_alone_but_its_figures_are_held_against_the_source(library: LocalLibrary) -> None:
    right = f"《{RULES}》明确，博士来江澜能拿到总共30万元的安家钱。"
    assert {f.kind for f in found(library, right)} == {"title"}
    wrong = [f for f in found(library, right.replace("30", "35")) if f.kind == "figure"]
    assert [(f.words, f.level) for f in wrong] == [("35万元", "wrong")]


def test_twenty_copied_characters_are_noticed_and_fewer_are_not(library: LocalLibrary) -> None:
    copied = "严格控制新增考核事项，坚决防止“层层加码”；坚持“马上就办、一办到底”"
    assert "copy" in {f.kind for f in found(library, f"我们认为，{copied}，这样最好。")}
    assert "copy" not in {f.kind for f in found(library, "我们认为，严格控制新增考核事项，这样最好。")}


def test_a_number_of_another_document_is_wrong_beside_a_title(library: LocalLibrary) -> None:
    findings = found(library, f"根据《{RULES}》（江政办发〔2024〕11号）办理。")
    number = next(f for f in findings if f.kind == "number")
    assert number.level == "wrong"
    assert "江政办发〔2026〕7号" in number.remark
    assert "数字政府" in number.remark


def test_an_unknown_number_is_not_called_wrong(library: LocalLibrary) -> None:
    finding = next(f for f in found(library, "根据国发〔2019〕3号文件办理。") if f.kind == "number")
    assert (finding.level, finding.words) == ("unchecked", "国发〔2019〕3号")
    assert "不等于写错" in finding.remark


def test_a_short_title_stands_for_the_full_one_before(library: LocalLibrary) -> None:
    text = f"《{RULES}》已经印发。《办法》规定：“享受安家补贴的人才应当在我市服务满3年”。"
    assert quotation(library, text).level == "fine"
    assert [f.words for f in found(library, text) if f.kind == "title"] == [RULES]


def test_a_draft_with_nothing_to_check_has_no_findings(library: LocalLibrary) -> None:
    assert check(from_text("今天下雨，会议改期。"), library).findings == ()


def test_an_empty_library_cannot_confirm_anything(tmp_path: Path) -> None:
    with (
        LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as empty,
        pytest.raises(LibraryError, match="yinde index"),
    ):
        check(from_text("“一网通办”"), empty)


def test_the_words_of_another_speaker_are_misattributed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "讲话.txt").write_text(
        "在全县农业工作会议上的讲话\n\n（2026年2月3日）\n\n县长 李明华\n\n同志们：\n\n"
        "粮食安全要时刻绷紧这根弦，一亩也不能少。\n",
        encoding="utf-8",
    )
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as opened:
        opened.sync([tmp_path / "a"])
        words = "粮食安全要时刻绷紧这根弦，一亩也不能少。"
        wrong = quotation(opened, f"县委书记王建国同志强调：“{words}”")
        right = quotation(opened, f"县长李明华同志强调：“{words}”")
    assert (wrong.level, wrong.verdict) == ("wrong", "misattributed")
    assert "李明华" in wrong.remark
    assert (right.level, right.verdict) == ("fine", "verbatim")


@pytest.mark.parametrize(
    ("title", "text", "kind", "speaker"),
    [
        ("习近平在第七十五届联合国大会上的讲话", "", "讲话", "习近平"),
        ("政府工作报告", "政府工作报告\n——2024年3月5日\n国务院总理 李 强\n", "报告", "李强"),
        ("政府工作报告", "政府工作报告\n江澜市人民政府市长\n各位代表：\n", "报告", ""),
        ("在全市组织部长会议上的讲话", "在全市组织部长会议上的讲话\n（2026年1月28日）\n", "讲话", ""),
        ("关于做好防汛工作的通知", "关于做好防汛工作的通知\n王建国\n", "通知", ""),
    ],
)
def test_the_speaker_is_read_from_title_or_head(title: str, text: str, kind: str, speaker: str) -> None:
    assert speaker_of(Document("1", title, text, {"kind": kind})) == speaker


def test_figures_are_numbers_that_a_document_must_have() -> None:
    text = "2026年1月13日，第3条要求5个部门新增1,086亿元、增长6.1%，覆盖2号线"
    assert [text[a:b] for a, b in figures(text)] == ["5个", "1,086亿元", "6.1%"]


def test_a_figure_is_whole_in_its_document() -> None:
    document = Document("1", "甲", "增长15.5%，投资1,086亿元，补助３０万元。")
    assert has_figure(document, "15.5%")
    assert has_figure(document, "1086亿元")
    assert has_figure(document, "30万元")
    assert not has_figure(document, "5.5%")
    assert not has_figure(document, "15.5亿")


def test_the_nearest_sentence_shares_most_words() -> None:
    document = Document("1", "甲", "公交线路达到133条。经营主体达到46.1万户。")
    start, end = nearest_sentence(document, "全市经营主体46.2万户")
    assert document.text[start:end] == "经营主体达到46.1万户。"
    assert nearest_sentence(Document("2", "乙", ""), "甲") == (0, 0)


def test_changes_take_whole_numbers_and_leave_marks_alone() -> None:
    diff = [
        ("equal", "下降3", "下降3"),
        ("replace", "5", "4"),
        ("equal", ".", "."),
        ("replace", "4", "5"),
        ("equal", "%", "%"),
        ("replace", "，", "；"),
        ("equal", "惠及全市", "惠及全市"),
        ("insert", "的", ""),
    ]
    assert changes(diff) == [("35.4%", "34.5%"), ("的", "")]
    steps = readable(diff)
    assert "".join(quoted for _, quoted, _ in steps) == "下降35.4%，惠及全市的"
    assert "".join(source for _, _, source in steps) == "下降34.5%；惠及全市"


def test_words_that_are_in_no_library_are_wrong_only_where_the_named_document_is_there(library: LocalLibrary) -> None:
    named = quotation(library, "请登录“某省科技计划项目综合服务管理平台”填报。")
    said = quotation(library, "会议强调“某省科技计划项目综合服务管理平台”要建好。")
    assert [(f.level, f.verdict) for f in (named, said)] == [("unchecked", "not_found"), ("notice", "not_found")]
    wrong = quotation(library, f"《{RULES}》规定：“某省科技计划项目综合服务管理平台统一受理”。")
    assert (wrong.level, wrong.verdict) == ("wrong", "not_found")


def test_a_name_in_marks_is_no_slip_of_a_formulation_that_is_shorter(library: LocalLibrary) -> None:
    assert [f for f in found(library, "开展“三讲”教育，坚持“马上就办、一抓到底、事事落实”。") if f.words != ""] == []
    [near] = found(library, "坚持“马上就办、一抓到底”。")
    assert (near.level, near.kind) == ("notice", "formulation")


def test_what_many_documents_say_and_cut_numbers_are_no_copies() -> None:
    assert _whole_numbers("总额128.7亿元，增长13.4%", 5, 13) == (7, 12)
    assert _whole_numbers("总额128.7亿元，增长13.4%", 0, 12) == (0, 12)
    assert _whole_numbers("总额128.7亿元，增长13.4%", 2, 7) == (2, 7)


def test_acting_by_a_document_is_not_telling_what_it_says(library: LocalLibrary) -> None:
    text = f"根据《{RULES}》规定，现发放补贴999万元，请结合本地实际认真执行。"
    assert [f.kind for f in found(library, text)] == ["title"]


@pytest.mark.parametrize(
    ("draft", "verdict", "level"),
    [
        ("2026年印发的《{}》规定：“{}”", "verbatim", "fine"),
        ("2023年印发的《{}》规定：“{}”", "misattributed", "notice"),
        ("“{1}”（《{0}》，2023年）已经写明。", "misattributed", "notice"),
    ],
)
def test_another_year_than_the_documents_own_is_misattributed(
    library: LocalLibrary, draft: str, verdict: str, level: str
) -> None:
    title = "江澜市人民政府办公室关于印发〈江澜市人才引进补贴管理办法〉的通知"
    document = next(d for d in library.documents() if "人才引进补贴管理办法》的" in d.title)
    line = next(row for row in library.document(document.id).text.split("\n") if "前款规定的补贴" in row)
    told = quotation(library, draft.format(title, line.split("。")[0]))
    assert (told.verdict, told.level) == (verdict, level)


def test_the_office_before_a_speakers_name_may_be_long() -> None:
    (claim,) = find_claims(from_text("赵文山市委书记要求，“把民生实事一件一件办好办到位”。"), Shelf(()))
    assert claim.attribution.speaker == "赵文山"


def test_a_copy_ends_with_its_clauses() -> None:
    text = "要坚持房子是用来住的，产权归个人所有。"
    assert _whole_clauses(text, 1, len(text) - 8) == (1, 11)
    assert _whole_clauses(text, 0, len(text)) == (0, len(text))


def test_what_a_meeting_says_is_not_given_to_the_document_before() -> None:
    text = "《人才引进补贴管理办法》作了规定。{}，“要把民生实事一件一件办好办到位”。"
    (meeting,) = find_claims(from_text(text.format("会议还强调")), Shelf(()))
    (document,) = find_claims(from_text(text.format("同时强调")), Shelf(()))
    assert not meeting.attribution
    assert document.attribution.title == "人才引进补贴管理办法"
