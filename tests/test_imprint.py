import pytest

from index.gongwen import compose
from index.types import Block, Loaded

BODY = "各级各部门要高度重视，明确责任分工，细化工作措施，确保各项任务按时完成并取得实效，重要情况及时报告。"


def facts(text: str, name: str = "文件名") -> dict[str, str]:
    loaded = Loaded(tuple(Block(line) for line in text.split("\n")))
    return dict(compose(loaded, name=name).meta)


REQUEST = f"""机密★1年
特急
清河市人民政府文件
清政请〔2024〕5号          签发人：李 明
清河市人民政府关于开工建设清河大桥的请示
省人民政府：
{BODY}
妥否，请批示。
附件：1.可行性研究报告
2.资金筹措方案
清河市人民政府
二○二四年三月五日
抄送：省发展改革委，省财政厅。
清河市人民政府办公室  2024年3月6日印发"""


def test_every_part_of_a_full_head_and_foot_is_read() -> None:
    assert facts(REQUEST) == {
        "secrecy": "机密",
        "urgency": "特急",
        "number": "清政请〔2024〕5号",
        "signatory": "李、明",
        "issuer": "清河市人民政府",
        "kind": "请示",
        "to": "省人民政府",
        "attachments": "可行性研究报告；资金筹措方案",
        "date": "2024-03-05",
        "cc": "省发展改革委，省财政厅",
        "printed_by": "清河市人民政府办公室",
        "printed": "2024-03-06",
    }


@pytest.mark.parametrize(
    ("head", "number"),
    [
        ("清河市人民政府令第5号", "清河市人民政府令第5号"),
        ("清河市人民政府令\n第5号", "清河市人民政府令第5号"),
        ("清河市税务局公告2024年第5号", "清河市税务局公告2024年第5号"),
        ("清河市第十届人民代表大会常务委员会\n公告\n（第86号）", "清河市第十届人民代表大会常务委员会公告第86号"),
        ("清政发[2024]5号", "清政发〔2024〕5号"),
    ],
)
def test_orders_and_announcements_are_numbered_without_a_code(head: str, number: str) -> None:
    assert facts(f"关于加强管理的规定\n{head}\n{BODY}\n{BODY}")["number"] == number


def test_the_last_amendment_dates_a_law_and_its_adopter_issues_it() -> None:
    first = "2007年5月24日清河市第十届人民代表大会常务委员会第8次会议通过"
    last = "2022年7月28日清河市第十三届人民代表大会常务委员会第3次会议修订"
    meta = facts(
        f"清河市数据条例\n（{first} {last}）\n第一条 为规范管理，制定本条例。\n第二条 本条例自2022年10月1日起施行。"
    )
    assert (meta["date"], meta["issuer"]) == ("2022-07-28", "清河市第十三届人民代表大会常务委员会")


@pytest.mark.parametrize(
    "told",
    [
        "2005年10月24日 最高人民法院审判委员会第1368次会议通过\n2020年12月23日 最高人民法院审判委员会第1823次会议修正",
        "2020年12月23日 最高人民法院审判委员会第1823次会议通过\n2021年1月1日 施行",
    ],
)
def test_the_day_a_law_comes_into_force_is_not_its_date(told: str) -> None:
    meta = facts(f"在线审理规则\n{told}\n第一条 {BODY}")
    assert (meta["date"], meta["issuer"]) == ("2020-12-23", "最高人民法院")


def test_joint_issuers_are_told_apart_over_lines_and_within_them() -> None:
    meta = facts(
        f"关于做好资助工作的通知\n{BODY}\n{BODY}\n河北省教育厅河北省人力资源和社会保障厅\n河北省财政厅\n2019年12月20日"
    )
    assert meta["issuer"] == "河北省教育厅、河北省人力资源和社会保障厅、河北省财政厅"


def test_the_title_says_who_issued_when_a_list_of_names_stands_above_the_signature() -> None:
    text = (
        f"清河市教育局关于公布检查结果的公告\n{BODY}\n{BODY}\n清河第一学院\n清河第二学院\n清河市教育局\n2019年12月20日"
    )
    assert facts(text)["issuer"] == "清河市教育局"


def test_an_order_is_signed_by_its_officer() -> None:
    order = "清河市人民政府令第5号\n《清河市数据管理办法》已经通过，现予公布。\n市长 李明\n2024年3月5日"
    meta = facts(f"清河市数据管理办法\n{order}\n第一条 {BODY}")
    assert (meta["signatory"], meta["date"], meta["issuer"]) == ("李明", "2024-03-05", "清河市人民政府")


def test_a_work_report_is_issued_by_the_government_it_speaks_for() -> None:
    text = f"各位代表：\n现在，我代表清河市人民政府，向大会报告工作，请予审议。\n{BODY}"
    assert facts(text, name="2024年政府工作报告").get("issuer") == "清河市人民政府"
    assert "issuer" not in facts(text.replace("清河市", "市"), name="2024年政府工作报告")


def test_a_date_in_the_text_is_no_date_of_the_document() -> None:
    assert "date" not in facts(f"《管理办法》解读\n2024年1月1日，有关部门印发通知并批准实施。{BODY}\n{BODY}\n{BODY}")


def test_a_colon_that_announces_is_no_addressee() -> None:
    assert "to" not in facts(f"关于加强管理的通知\n现就有关事项通知如下：\n{BODY}")
    assert "to" not in facts(f"在全市大会上的讲话\n同志们：\n{BODY}")
