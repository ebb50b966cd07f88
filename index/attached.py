"""What stands behind a document: the list of its attachments, and the titles of the texts it prints or attaches."""

import re
import unicodedata
from collections.abc import Sequence, Set

from index.letterhead import ends_in_kind, is_signatory, title_like
from index.numbering import ARTICLE, DIGIT, Label
from index.types import Block

# 附件2 stands above an attached text, its title below or right behind it; 附件： opens the list of them in the body.
_NUMBER = r"(?P<number>[0-9０-９]{1,2}(?:[-－—][0-9]{1,2})?(?![0-9０-９])|[一二三四五六七八九十]{1,3}(?=[：:、\s]|$))"
_ATTACHMENT = re.compile(rf"附\s*件\s*(?:{_NUMBER}\s*[：:]?)?")
_TITLED = re.compile(rf"附\s*件\s*(?:{_NUMBER}\s*[：:.．、]?)?\s*(?P<title>[^\s：:.．、].{{5,80}})")
NOTE = re.compile("附件?[：:]")
_FILE = re.compile(r"\.(?:docx?|xlsx?|pdf|wps|et|ofd|zip|rar|pptx?)$", re.IGNORECASE)
_AGAIN = 400  # lines above in which the first text of a file numbers its articles
_QUOTED = re.compile("《([^《》]{6,80})》")
_LISTED = re.compile(r"附件\s*[：:](?P<names>.{6,2000}?)(?=附件|$|。)")
_NUMBERED = re.compile(r"(?:^|(?<=\D))\d{1,2}\s*[.．、]\s*")


def is_mark(text: str) -> bool:
    """Whether a line is 附件, 附件2 or 附件2-1： and nothing else."""
    return _ATTACHMENT.fullmatch(text) is not None


def is_file(text: str) -> bool:
    """Whether a line is the name of a file to be fetched: 申报表.docx."""
    return len(text) <= 120 and _FILE.search(text) is not None


def heading_of_attached(
    blocks: Sequence[Block],
    labels: Sequence[Label | None],
    position: int,
    title: str,
    *,
    signed: bool,
    signature: Set[int],
) -> str | None:
    """The label of an attached text whose title stands here: 附件2, "" without a number; None when none does.

    `signed` tells that a signature stands right above, notes apart; `signature` holds the lines of all of them.
    """
    text = blocks[position].text
    if position == 0 or position + 1 >= len(blocks):
        return None
    here = _ATTACHMENT.fullmatch(text)
    below = blocks[position + 1].text
    if here:
        # 附件1 above a title: the title is the heading.
        return None if title_like(below) else _label(here)
    titled = _TITLED.fullmatch(text)
    if titled:
        return None if _is_listed(blocks, labels, position, titled["title"], signature) else _label(titled)
    if not title_like(text) or len(text) < 4:
        return None
    above = _ATTACHMENT.fullmatch(blocks[position - 1].text)
    if above:
        return _label(above)
    named = position > 3 and len(text) >= 6 and not is_signatory(text) and _folded(text) in _folded(title)
    if named or (signed and ends_in_kind(text) and position + 2 < len(blocks)):
        return ""
    # A second regulation in the same file: its title, then 第一章 or 第一条 again.
    again = any(x and x.number == 1 and x.rank <= ARTICLE for x in labels[position + 1 : position + 4])
    before = any(x and x.number == 1 and x.rank <= ARTICLE for x in labels[max(0, position - _AGAIN) : position])
    ended = blocks[position - 1].text[-1] in "。）)"
    return "" if again and before and ended and ends_in_kind(text) else None


def _is_listed(
    blocks: Sequence[Block], labels: Sequence[Label | None], position: int, title: str, signature: Set[int]
) -> bool:
    """Whether 附件2：申报表 is one of a list, the name of a file, or no title at all."""
    text, below, label = blocks[position].text, blocks[position + 1].text, labels[position + 1]
    beside = any(re.match(r"附\s*件", line) for line in (blocks[position - 1].text, below))
    number = re.search("[0-9]+", text)
    goes_on = label is not None and label.rank == DIGIT and number is not None and label.number == int(number[0]) + 1
    noted = position + 1 in signature or below[0] in "（("
    return (
        beside or goes_on or noted or is_file(text) or not title_like(title) or re.search("[，：:]", title) is not None
    )


def _label(attachment: re.Match[str]) -> str:
    return "附件" + unicodedata.normalize("NFKC", attachment["number"] or "").replace("—", "-")


def goes_on(heading: str, text: str) -> bool:
    """Whether a line below the first line of an attached title completes it."""
    whole = _TITLED.fullmatch(heading)
    title = whole["title"] if whole else heading
    return not ends_in_kind(title) and title_like(text) and ends_in_kind(title + text)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", "".join(text.split())).replace("—", "-")


def known_titles(lines: Sequence[str]) -> frozenset[str]:
    """Titles that a document names, in 《》 or in its list of attachments, of what it may print below."""
    titles: set[str] = set()
    for line in lines:
        titles.update(_QUOTED.findall(line))
        for listed in _LISTED.finditer(line):
            titles.update(name.strip("《》；; ") for name in _NUMBERED.split(listed["names"]))
    return frozenset(title for title in titles if 6 <= len(title) <= 80)
