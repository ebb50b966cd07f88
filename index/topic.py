"""What a question asks about, without the words that only make it a question."""

import re

_ASKING = re.compile(
    r"请问|请介绍|请列出|请说明|介绍一下|说说|告诉我|我想知道|"
    r"(?:是|有|为|达到?|占)?(?:多少|几[个项条种类次名人家]|多大|多长|多久|多高)|"
    r"(?:有|是|包括|存在)?(?:哪些|哪几[个项条种类方]面?|哪[个项条种类家年月位里])|"
    r"(?:是|叫|为)?什么(?:时候|时间|地方)?|何时|何地|为何|为什么|"
    r"怎么样?|怎样|如何|能不能|可不可以|是不是|有没有|是否|谁|[吗呢吧](?=\s*(?:[?？。！!，,]|$))|[?？。！!]"
)


def topic(question: str) -> str:
    """The question less its asking words, which no document need contain; the question itself if nothing is left.

    怎样考察干部的政治素质？ → 考察干部的政治素质
    """
    return _ASKING.sub(" ", question).strip() or question
