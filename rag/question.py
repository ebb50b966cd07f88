"""What a question asks about, without the words that only make it a question."""

import re

_ASKING = re.compile(
    r"请问|请介绍|请列出|请说明|介绍一下|说说|告诉我|我想知道|"
    r"(?:是|有|为|达到?|占)?(?:多少|几[个项条种类次名人家]|多大|多长|多久|多高)|"
    r"(?:有|是|包括|存在)?(?:哪些|哪几[个项条种类方]面?|哪[个项条种类家年月位里])|"
    r"(?:是|叫|为)?什么(?:时候|时间|地方)?|何时|何地|为何|为什么|"
    r"怎么样?|怎样|如何|能不能|可不可以|是不是|有没有|是否|谁|吗|呢|吧|[?？。！!]"
)
_LISTING = re.compile(r"哪些|哪几|如何|怎么|怎样|什么(?:措施|要求|任务|做法|办法|条件|问题)|主要|措施|任务|要求")
_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?=\s*年)")


def topic(question: str) -> str:
    """The question less its asking words, which no document need contain; the question itself if nothing is left.

    怎样考察干部的政治素质？ → 考察干部的政治素质
    """
    return _ASKING.sub(" ", question).strip() or question


def wants_list(question: str) -> bool:
    """Whether several sentences make the answer: 有哪些, 如何, 主要措施 …"""
    return _LISTING.search(question) is not None


def years(folded: str) -> frozenset[str]:
    """The years named in folded text, as four digits."""
    return frozenset(_YEAR.findall(folded))
