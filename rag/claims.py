"""What a draft claims others to have said, in quotation marks, set off or without marks, and whom it names for it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from index.key import key
from index.letterhead import DATE, iso
from index.types import Span
from rag.draft import Manuscript
from rag.shelf import Shelf, bracketed
from rag.speakers import OFFICES, SURNAMES

Kind = Literal["quotation", "formulation", "saying"]

_VERB = (
    "指出|强调|要求|明确|提出|规定|提到|写道|写明|载明|讲道|谈到|说|表示|认为|部署|号召|宣布|重申|指明|列明|注明|显示"
)
_SAYS = re.compile(f"(?:{_VERB})(?:了|过|到|道)?[，,：:\\s]*$")
# 会议强调，“…” is not said by the document of the sentence before; 同时强调，“…” is.
_OTHERS_SAY = re.compile(
    "(?:会议?|专家|学者|群众|干部|代表|委员|记者|负责人|领导|同志|有人|[他她们]|有关(?:文件|方面|部门))"
    f"(?:还|也|又|曾|再次|同时|进一步|明确|一致|普遍|都)*(?:{_VERB})(?:了|过|到|道)?[，,：:\\s]*$"
)
_SAYING = re.compile(f"(?:{_VERB})(?:了|到)?[，,：:](?P<words>[^。！？!?\n]{{10,600}}[。！？!?]?)")
_GOES_BY = re.compile("根据|依据|按照?|依照|遵照|遵守|贯彻|落实|执行|符合|适应|关于(?![^《]*》)|下列|以下")
_PAIRS = {"“": "”", "「": "」", "『": "』"}
_SENTENCE = re.compile("[。！？!?；\n]")
_TERM = 12  # a longer quotation is no mere formulation
_INTRODUCED = 6  # nor is one of so many characters that is said to have been said
_REACH = 160  # characters before a quotation in which its source is looked for
_AFTER = re.compile(r"\s*(?:（(?P<note>[^（）]*(?:（[^（）]*）[^（）]*)*)）|(?:——|--|—)(?P<dash>[^。\n]{2,120}))")
NUMBER = re.compile(r"[\u4e00-\u9fffA-Z]{1,14}[〔\[（(【［](?:19|20)\d{2}[〕\]）)】］]\s*第?\d{1,5}号")
WHEN = re.compile(f"(?P<full>{DATE.pattern})|(?P<y>(?:19|20)[0-9]{{2}})年(?:(?P<m>[0-9]{{1,2}})月)?(?![0-9度])")
# 《办法》（江政发〔2026〕1号，2026年3月5日） and, within brackets, （《办法》，2026年）
_NOTE = re.compile(r"\s*（(?P<own>[^（）《》]{0,80})）|[，,](?P<same>[^（）《》。]{0,60})）")
_ISSUED_WHEN = re.compile(
    f"(?:{WHEN.pattern})(?:的|在|，|由?[^，。；]{{0,16}}(?:印发|出台|发布|公布|通过)的?|[\u4e00-\u9fff]{{0,4}})?《?$"
)
_SPEAKER = re.compile(
    f"(?P<name>[{SURNAMES}][\u4e00-\u9fff]{{1,2}})(?P<office>(?:[省市州县区]委|党组)?副?(?:{OFFICES}))"
)
_OFFICE_FIRST = re.compile(f"(?:{OFFICES})(?P<name>[{SURNAMES}][\u4e00-\u9fff]{{1,2}})(?=在|指出|强调|要求|提出|说)")


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whom a draft names for words; "" for what it does not say. `date` goes as far as it does: 2026, 2026-03-05."""

    title: str = ""
    number: str = ""
    date: str = ""
    speaker: str = ""

    def __bool__(self) -> bool:
        return bool(self.title or self.number or self.speaker)


NOBODY = Attribution()


@dataclass(frozen=True, slots=True)
class Claim:
    """Words a draft claims to be another's. `text[start:end]` of the draft, marks excluded, holds `words`.

    A formulation is a term in marks (“两个确立”), a saying has no marks: 《办法》规定，……  `said` tells that a verb
    of saying or a named source stands by it, so that it is surely meant as another's words.
    """

    kind: Kind
    start: int
    end: int
    words: str
    attribution: Attribution = NOBODY
    said: bool = True


def find_claims(draft: Manuscript, shelf: Shelf) -> list[Claim]:
    """The claims of a draft in order; block quotes are quotations. Words inside a quotation are not claims again."""
    quoted = [span for span in marked_spans(draft) if not _inside(span, draft.blocks)]
    hidden = _masked(draft.text, [*quoted, *draft.blocks])
    context = _Context(hidden, shelf)
    claims = [_quotation(draft, context, span) for span in quoted if key(draft.text[slice(*span)])]
    claims += [_block(draft, context, span) for span in draft.blocks]
    claims += _sayings(draft, context, hidden, quoted)
    return sorted((claim for claim in claims if len(key(claim.words)) >= 2), key=lambda claim: (claim.start, claim.end))


def marked_spans(draft: Manuscript) -> list[Span]:
    """What stands between outermost quotation marks, marks excluded, none across a paragraph's end.

    In text files and PDF a line's end is no paragraph's end unless it has a full stop; a blank or indented line is.
    """
    return [span for start, end in _stretches(draft) for span in _marked(draft.text, start, end)]


def _stretches(draft: Manuscript) -> Iterator[Span]:
    """Paragraphs, lines of one paragraph together."""
    if draft.format == "docx":
        yield from draft.paragraphs
        return
    begin: int | None = None
    end = 0
    for start, stop in draft.paragraphs:
        line = draft.text[start:stop]
        whole = begin is not None and draft.text[max(begin, end - 4) : end].rstrip().endswith(("。", "！", "？", "。”"))
        fresh = whole or not line.strip() or re.match("[ \t]{2}|\u3000|#|>|[-*] ", line) is not None
        if begin is not None and fresh:
            yield begin, end
            begin = None
        if line.strip() and begin is None:
            begin = start
        end = stop
    if begin is not None:
        yield begin, end


def _marked(text: str, start: int, end: int) -> Iterator[Span]:
    """Outermost pairs of marks; one that is never closed encloses nothing."""
    stack: list[tuple[str, int]] = []
    pairs: list[Span] = []
    for at in range(start, end):
        char = text[at]
        if char == '"':
            char = "”" if stack and stack[-1][0] == '"' else "“"
            if char == "“":
                stack.append(('"', at + 1))
            elif re.search("[\u4e00-\u9fff]", text[stack[-1][1] : at]):
                pairs.append((stack.pop()[1], at))
            else:
                stack.pop()
        elif char in _PAIRS:
            stack.append((_PAIRS[char], at + 1))
        elif stack and char == stack[-1][0]:
            pairs.append((stack.pop()[1], at))
    reached = start
    for first, last in sorted(pairs):
        if first > reached or reached == start:
            yield first, last
            reached = last


def _masked(text: str, spans: list[Span]) -> str:
    """The text with the quotations blotted out, so that their words and stops belong to nobody else."""
    pieces, at = [], 0
    for start, end in sorted(spans):
        start, end = max(start, at), max(end, at)
        pieces += [text[at:start], "■" * (end - start)]
        at = end
    return "".join([*pieces, text[at:]])


class _Context:
    """Looks for whom a draft names around its quotations."""

    def __init__(self, hidden: str, shelf: Shelf) -> None:
        self._text = hidden
        self._mentions = shelf.mentions(hidden)
        self._titles = bracketed(hidden)

    def before(self, at: int) -> tuple[Attribution, bool]:
        """Who is named before a place, and whether a verb of saying leads to it."""
        start = max(self._text.rfind("\n", 0, at), at - _REACH - 1) + 1
        lead = self._text[start:at].rstrip('“「『"‘ ')
        introduced = _SAYS.search(lead) is not None
        ends = [start, *(match.end() for match in _SENTENCE.finditer(self._text, start, at))]
        back = introduced and not _OTHERS_SAY.search(self._text, ends[-1], start + len(lead))
        for sentence in reversed(ends[-3:] if back else ends[-1:]):
            named = self.within(sentence, at)
            if named:
                return named, introduced
        return NOBODY, introduced

    def saying(self, verb: int, start: int) -> Attribution:
        """Who is named in the sentence whose verb of saying leads to words without marks.

        根据《办法》规定，结合实际……  goes by a rule and does not tell it.
        """
        begin = max(self._text.rfind("\n", 0, verb), verb - _REACH - 1) + 1
        begin = max([begin, *(match.end() for match in _SENTENCE.finditer(self._text, begin, verb))])
        return NOBODY if _GOES_BY.search(self._text, begin, verb) else self.within(begin, start)

    def after(self, at: int) -> Attribution:
        """Who is named right behind a closed quotation: ”（《办法》，2026年） or ”——《办法》."""
        closing = at + 1 if self._text[at : at + 1] in '”」』"' else at
        match = _AFTER.match(self._text, closing)
        return self.within(*match.span()) if match else NOBODY

    def within(self, start: int, end: int) -> Attribution:
        """The last document named between two places with what stands beside it, and the speaker."""
        stretch = self._text[start:end]
        speakers = [*_SPEAKER.finditer(stretch), *_OFFICE_FIRST.finditer(stretch)]
        speaker = speakers[-1]["name"] if speakers else ""
        titles = [span for span in self._titles if start <= span[0] and span[1] <= end]
        names = [(m.start, m.end) for m in self._mentions if start <= m.start and m.end <= end]
        spans = [*titles, *(n for n in names if not _inside(n, titles))]
        told = [span for span in spans if re.match(f"[^，。；]{{0,40}}(?:{_VERB})", self._text[span[1] : end])]
        span = max(told or spans, default=None)
        if span is None:
            number = _last(NUMBER, stretch)
            return Attribution("", number, "", speaker)
        title = self._text[slice(*span)].strip("《》") if span in titles else self._text[slice(*span)]
        number, date = self.beside(span, start)
        return Attribution(title, number, date, speaker)

    def beside(self, span: Span, start: int) -> tuple[str, str]:
        """The 文号 and the date that stand beside a title: 2026年3月印发的《…》（江政发〔2026〕1号，2026年3月5日）."""
        note = _NOTE.match(self._text, span[1])
        inside = (note["own"] or note["same"]) if note else ""
        number, date = _last(NUMBER, inside), when(NUMBER.sub("", inside))
        lead = self._text[max(start, span[0] - 40) : span[0]]
        before = _ISSUED_WHEN.search(lead)
        return number, date or (when(before[0]) if before else "")


def _quotation(draft: Manuscript, context: _Context, span: Span) -> Claim:
    start, end = span
    words = plain(draft, start, end)
    named, introduced = context.before(start)
    behind = context.after(end)
    length = len(key(words))
    said = introduced or bool(behind)
    named = behind or named if said or length > _TERM else NOBODY
    short = length < _INTRODUCED if said else length <= _TERM
    return Claim("formulation" if short else "quotation", start, end, words, named, said or bool(named))


def _block(draft: Manuscript, context: _Context, span: Span) -> Claim:
    """A block quote; a last line of —— names the source, else the words before it."""
    start, end = span
    signed = re.search(r"\n?[> \t\u3000]*(?:——|--)[ ]?(?P<who>[^\n]{2,120})$", draft.text[start:end])
    named = NOBODY
    if signed and signed.start():
        end = start + signed.start()
        whole = bracketed(signed["who"])
        title = signed["who"][slice(*whole[-1])].strip("《》") if whole else signed["who"].strip()
        named = Attribution(title, _last(NUMBER, signed["who"]), when(NUMBER.sub("", signed["who"])))
    else:
        before = draft.text[:start].rstrip("\n >")
        named, _ = context.before(len(before))
    return Claim("quotation", start, end, plain(draft, start, end), named)


def _sayings(draft: Manuscript, context: _Context, hidden: str, quoted: list[Span]) -> Iterator[Claim]:
    taken = 0
    for match in _SAYING.finditer(hidden):
        start, end = match.span("words")
        if start < taken or any(start <= a < end and (a - start < 2 or b - a > _TERM) for a, b in quoted):
            continue
        named = context.saying(match.start(), start)
        if named.title or named.number:
            taken = end
            yield Claim("saying", start, end, plain(draft, start, end), named)


def plain(draft: Manuscript, start: int, end: int) -> str:
    """The words of a stretch of the draft without Markdown's marks and without its lines' ends."""
    words = draft.text[start:end]
    if draft.format in ("md", "markdown"):
        words = re.sub("^ {0,3}> ?", "", words, flags=re.MULTILINE)
        words = re.sub(r"\*\*|__|`|(?<!\*)\*(?!\*)", "", words)
    return re.sub(r"[ \t\u3000]*\n[ \t\u3000]*", "", words).strip()


def when(text: str) -> str:
    """The last date in a text as ISO 8601, as far as it goes: 2026, 2026-03, 2026-03-05; "" for none."""
    found = ""
    for match in WHEN.finditer(text):
        day = DATE.match(match["full"]) if match["full"] else None
        year_month = match["y"] and match["y"] + (f"-{int(match['m']):02d}" if match["m"] else "")
        found = (iso(day) if day else year_month) or found
    return found


def _last(pattern: re.Pattern[str], text: str) -> str:
    found = [match[0] for match in pattern.finditer(text)]
    return found[-1] if found else ""


def _inside(span: Span, others: "list[Span] | tuple[Span, ...]") -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in others)
