import pytest

from ui.citation import book_title, chinese_date, citation, facts


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


def test_a_title_inside_a_title_takes_single_marks() -> None:
    assert book_title("关于印发《实施方案》的通知") == "关于印发〈实施方案〉的通知"


def test_marks_around_the_whole_title_are_not_doubled() -> None:
    assert book_title("《实施方案》") == "实施方案"
    assert book_title("《甲》和《乙》") == "〈甲〉和〈乙〉"


def test_a_citation_names_title_number_date_and_place() -> None:
    meta = {"number": "江政办发〔2026〕9号", "date": "2026-03-18", "issuer": "江澜市人民政府办公室"}
    assert citation("每台22万元。", "关于调整《方案》的通知", meta, "三") == (
        "“每台22万元。”——《关于调整〈方案〉的通知》（江政办发〔2026〕9号，2026年3月18日）三"
    )


def test_what_is_unknown_is_left_out_of_a_citation() -> None:
    assert citation("坚持“三个区分开来”。", "讲话", {}, "") == "“坚持‘三个区分开来’。”——《讲话》"


def test_facts_come_in_the_order_of_a_letterhead() -> None:
    meta = {"kind": "通知", "date": "2026-03-18", "number": "江政办发〔2026〕9号", "issuer": "市政府办"}
    assert facts(meta) == ["市政府办", "江政办发〔2026〕9号", "2026年3月18日", "通知"]
