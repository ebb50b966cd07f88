"""Answers in a language model's words: its sentences one by one with the passages they name, still to be verified."""

import re
import time
from collections.abc import Iterator, Sequence

from index.errors import EndpointError
from index.fold import fold
from index.types import Hit
from rag.candidates import surroundings
from rag.generate import Draft
from rag.llm import chat
from rag.prompt import NOT_FOUND, addressed, prompt, told
from rag.settings import Endpoint
from rag.support import support

_OPENING = "[【〔［"
# [1] 【1、2】 〔1〕 ［3］ [1-3] [^2] [来源1] but not 〔2024〕 and not 〔12〕号
_MARK = (
    r"[\[【〔［]\s*\^?(?:来源|资料|出处|段落|文献|编号|source)?\s*[:：]?\s*[0-9０-９]{1,3}"
    r"(?:\s*[,，、;；\-–~～和]\s*[0-9０-９]{1,3})*\s*[\]】〕］](?!\s*号)"
)
_MARKS = re.compile(_MARK)
_ENDED = re.compile(rf"[^\n]*?(?:[。！？!?]+[”’」』）)\"]*(?:[ \t]*{_MARK})*|(?=\n))")
_WAIT = 24  # characters of what may become a mark
_LONGEST = 600  # characters of a sentence; longer is no sentence
_MOST = 60  # sentences
_ALIVE = 0.4  # seconds between signs of life
_CLAIMED = 3  # passages a sentence may claim; who names more has not chosen
_LEADING = re.compile(r"^\s*(?:[-*•·>]+\s+|#{1,6}\s+|[0-9]{1,2}[.、)](?![0-9])\s*)+")
_MARKUP = re.compile(r"\*\*|__|`+")
_SAYS = re.compile("[0-9A-Za-z\u4e00-\u9fff]")


class Generative:
    """A generator that lets a language model write."""

    def __init__(self, endpoint: Endpoint) -> None:
        """`endpoint` is asked anew for every question."""
        self.endpoint = endpoint

    def __repr__(self) -> str:
        return f"Generative({self.endpoint!r})"

    @property
    def name(self) -> str:
        """The model's name."""
        return self.endpoint.model

    def generate(self, question: str, evidence: Sequence[Hit]) -> Iterator[Draft]:
        """Yield the model's sentences as they become whole, at most 60, each once; none when it says it found none.

        A sentence that names no passage, or more than three, is offered with the first that bears it; one that only
        leads in (措施如下：) is not. EndpointError when the service fails or gives its orders back.
        """
        asked = prompt(question, evidence, context=self.endpoint.context)
        shown = evidence[: asked.shown]
        said: set[str] = set()
        alive = time.monotonic()
        for written in whole_sentences(chat(self.endpoint, asked.messages)):
            if time.monotonic() - alive > _ALIVE:
                yield Draft("", ())
                alive = time.monotonic()
            text, numbers = parsed(written)
            if asked.fence in written:
                raise EndpointError(f"大模型（{self.name}）没有回答，只复述了所给的资料")
            leads_in = text.endswith(("：", ":")) and not numbers
            if not _SAYS.search(text) or text in said or NOT_FOUND in text or leads_in:
                continue
            said.add(text)
            draft = _draft(text, numbers, shown)
            if not _dictated(draft, shown):
                yield draft
            if len(said) == _MOST:
                return


def whole_sentences(words: Iterator[str]) -> Iterator[str]:
    """The sentences of a text that arrives in pieces, each with the marks behind it, as soon as it is whole.

    "" is yielded for each piece, before what it completes.
    """
    held = ""
    for piece in words:
        yield ""
        held += piece
        while (found := _ENDED.match(held)) and not _may_go_on(held, found.end()):
            yield held[: found.end()]
            held = held[found.end() :].lstrip("\n")
        if len(held) > _LONGEST:
            yield held
            held = ""
    if held.strip():
        yield from (match[0] for match in re.finditer(rf"{_ENDED.pattern}|.+", held) if match[0].strip())


def parsed(written: str) -> tuple[str, list[int]]:
    """A sentence without its marks and Markdown, and the numbers it names in their order, each once."""
    numbers: list[int] = []
    for mark in _MARKS.findall(written):
        numbers += _numbers(fold(mark))
    text = _MARKUP.sub("", _LEADING.sub("", _MARKS.sub("", written)))
    return text.strip(), list(dict.fromkeys(numbers))


def _numbers(mark: str) -> list[int]:
    """[1,3-5] → 1 3 4 5; a range of more than ten names nothing."""
    found: list[int] = []
    for first, last in re.findall(r"([0-9]+)(?:\s*[-–~]\s*([0-9]+))?", mark):
        run = range(int(first), int(last or first) + 1)
        found += run if len(run) <= 10 else ()
    return found


def _may_go_on(held: str, end: int) -> bool:
    """Whether a mark of the sentence may be still to come: nothing behind it yet, or what may become one."""
    rest = held[end:].lstrip(" \t")
    if not rest:
        return True
    return rest[0] in _OPENING and len(rest) < _WAIT and not re.search(r"[\]】〕］\n]", rest)


def _draft(text: str, numbers: Sequence[int], shown: Sequence[Hit]) -> Draft:
    sources = [number - 1 for number in numbers if 1 <= number <= len(shown)]
    if 1 <= len(sources) <= _CLAIMED:
        return Draft(text, tuple(sources))
    bearing = (
        at for at, hit in enumerate(shown) if text in hit.passage.text or support(text, [told(surroundings(hit))]).borne
    )
    return Draft(text, tuple([at] if (at := next(bearing, None)) is not None else ()))


def _dictated(draft: Draft, shown: Sequence[Hit]) -> bool:
    """Whether a sentence stands in its source only where that speaks to a model."""
    for source in draft.sources:
        text = shown[source].passage.text
        spans = addressed(text)
        places = [match.start() for match in re.finditer(re.escape(draft.text), text)]
        if not places or any(not any(start <= at < end for start, end in spans) for at in places):
            return False
    return bool(draft.sources)
