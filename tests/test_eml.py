from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import LoadError
from index.load.eml import attachments, load_eml
from index.load.mhtml import load_mhtml


def letter(*, plain: str = "", html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "关于召开防汛会议的通知"
    message["From"] = "综合科 <zhk@example.gov.cn>"
    message["To"] = "各单位 <all@example.gov.cn>"
    message["Date"] = "Tue, 05 Mar 2024 23:30:00 +0800"
    if plain:
        message.set_content(plain)
    if html and plain:
        message.add_alternative(html, subtype="html")
    elif html:
        message.set_content(html, subtype="html")
    return message


def saved(tmp_path: Path, content: EmailMessage | bytes, name: str = "a.eml") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else bytes(content))
    return path


def texts(path: Path) -> list[str]:
    return [text for block in load_eml(path).blocks if (text := block.text.strip())]


def test_a_letter_gives_its_subject_its_words_and_its_head(tmp_path: Path) -> None:
    message = letter(plain="各单位：\n　　定于3月8日召开会议。\n", html="<p>网页正文。</p>")
    loaded = load_eml(saved(tmp_path, message))
    assert [block.text for block in loaded.blocks if block.text] == [
        "关于召开防汛会议的通知",
        "各单位：",
        "　　定于3月8日召开会议。",
    ]
    assert loaded.wrapped
    assert loaded.meta == {
        "title": "关于召开防汛会议的通知",
        "sender": "综合科 <zhk@example.gov.cn>",
        "recipient": "各单位 <all@example.gov.cn>",
        "published": "2024-03-05",
    }


def test_a_letter_in_html_only_is_read_as_a_page(tmp_path: Path) -> None:
    path = saved(tmp_path, letter(html="<p>各单位：</p><p>定于3月8日召开会议，请准时参加。</p>"))
    assert texts(path) == ["关于召开防汛会议的通知", "各单位：", "定于3月8日召开会议，请准时参加。"]


@pytest.mark.parametrize("declared", ["iso-8859-1", "us-ascii", "utf-8", "gb2312", "no-such-charset"])
def test_a_letter_that_declares_a_wrong_charset_is_read_rightly(tmp_path: Path, declared: str) -> None:
    head = f"Subject: 关于开会的通知\r\nFrom: a@b\r\nContent-Type: text/plain; charset={declared}\r\n\r\n"
    path = saved(tmp_path, (head + "定于三月八日召开会议，请朱镕同志准时参加。\r\n").encode("gbk"))
    assert texts(path) == ["关于开会的通知", "定于三月八日召开会议，请朱镕同志准时参加。"]


def test_attachments_come_with_their_names_and_are_not_read_as_words(tmp_path: Path) -> None:
    message = letter(plain="请查收附件，按时办理。\n")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="会议议程.pdf")
    message.add_attachment("名单，名单。\n", filename="../名单.txt")
    path = saved(tmp_path, message)
    assert [(name, content[:5]) for name, content in attachments(path)] == [
        ("会议议程.pdf", b"%PDF-"),
        ("名单.txt", "名单，名单。".encode()[:5]),
    ]
    assert texts(path) == ["关于召开防汛会议的通知", "请查收附件，按时办理。"]


def test_a_letter_without_attachments_has_none(tmp_path: Path) -> None:
    assert list(attachments(saved(tmp_path, letter(plain="请按时办理。\n")))) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "为空"),
        ("只是一段文字，没有信头。".encode(), "不是邮件文件"),
        (b"Subject: a\nContent-Type: application/pdf\n\n%PDF", "没有正文"),
    ],
)
def test_what_is_no_letter_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        load_eml(saved(tmp_path, content))


def test_letters_within_letters_beyond_bounds_are_refused(tmp_path: Path) -> None:
    nested = b"".join(
        b"Subject: a\nContent-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(2000)
    )
    with pytest.raises(LoadError):
        load_eml(saved(tmp_path, nested))


def archive(*parts: tuple[str, str]) -> bytes:
    """A page saved by a browser, of (address, source) parts."""
    head = (
        b"From: <Saved by Blink>\r\nSnapshot-Content-Location: http://www.example.gov.cn/a.html\r\n"
        b'MIME-Version: 1.0\r\nContent-Type: multipart/related; type="text/html"; boundary="bb"\r\n\r\n'
    )
    body = b"".join(
        f"--bb\r\nContent-Type: text/html\r\nContent-Location: {at}\r\n\r\n".encode() + source.encode() + b"\r\n"
        for at, source in parts
    )
    return head + body + b"--bb--\r\n"


def test_a_page_saved_as_one_file_knows_its_address(tmp_path: Path) -> None:
    path = saved(tmp_path, archive(("http://www.example.gov.cn/b.html", "<p>现将有关事项通知如下。</p>")), "a.mhtml")
    loaded = load_mhtml(path)
    assert [block.text for block in loaded.blocks] == ["现将有关事项通知如下。"]
    assert loaded.meta == {"url": "http://www.example.gov.cn/b.html"}


def test_of_a_page_in_frames_the_one_with_the_text_is_read(tmp_path: Path) -> None:
    frames = archive(
        ("http://x.cn/0", "<frameset><frame src='cid:1'></frameset>"),
        ("http://x.cn/1", "<p>菜单。</p>"),
        ("http://x.cn/2", "<p>现将有关事项通知如下，请遵照执行。</p>"),
    )
    assert load_mhtml(saved(tmp_path, frames)).meta["url"] == "http://x.cn/2"
    with pytest.raises(LoadError, match="只有框架"):
        load_mhtml(saved(tmp_path, archive(("http://x.cn/0", "<frameset><frame src='cid:1'></frameset>"))))


def test_a_file_without_a_page_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="没有网页正文"):
        load_mhtml(saved(tmp_path, b"Content-Type: text/plain\r\n\r\nabc"))


WHOLE = bytes(letter(plain="各单位：\n　　定于3月8日召开会议。\n", html="<p>网页正文，正文。</p>"))
SAVED = archive(("http://www.example.gov.cn/b.html", "<p>现将有关事项通知如下。</p>"))


@settings(max_examples=120)
@given(st.data())
def test_damaged_letters_and_pages_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole, load = data.draw(st.sampled_from([(WHOLE, load_eml), (SAVED, load_mhtml)]))
    raw = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 20))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.eml"
    path.write_bytes(raw[: data.draw(st.integers(0, len(raw)))])
    try:
        assert load(path).blocks
        list(attachments(path))
    except LoadError:
        return


def test_a_charset_that_is_none_spares_the_words(tmp_path: Path) -> None:
    head = b"From: a@b.cn\r\nSubject: a\r\nContent-Type: text/plain; charset*=g\0b''utf-8\r\n"
    source = head + b"Content-Disposition: inline; filename*=g\0b''a.txt\r\n\r\n" + "正文。".encode()
    assert "正文。" in texts(saved(tmp_path, source))
