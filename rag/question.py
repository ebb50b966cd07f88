"""What kind of answer a question wants, and which years it names; `topic` is what it asks about."""

import re

from index.topic import topic

__all__ = ["topic", "wants_list", "years"]

_LISTING = re.compile(r"哪些|哪几|如何|怎么|怎样|什么(?:措施|要求|任务|做法|办法|条件|问题)|主要|措施|任务|要求")
_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?=\s*年)")


def wants_list(question: str) -> bool:
    """Whether several sentences make the answer: 有哪些, 如何, 主要措施 …"""
    return _LISTING.search(question) is not None


def years(folded: str) -> frozenset[str]:
    """The years named in folded text, as four digits."""
    return frozenset(_YEAR.findall(folded))
