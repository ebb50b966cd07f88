"""引文核查: the quotations, sayings, copied stretches, figures and references of a draft, held against the library."""

import re
from collections.abc import Iterator
from dataclasses import replace

from rapidfuzz.distance import Levenshtein

from index.errors import LibraryError
from index.key import key
from index.library import Library
from index.quotes import MAX_QUOTE, QuoteMatch, QuoteReport
from index.sync import Progress, silent
from index.types import Document, Span
from index.verdict import Verdict
from rag.changes import changes
from rag.claims import Claim, find_claims, plain
from rag.draft import Manuscript
from rag.figures import figures, has_figure, nearest_sentence
from rag.findings import DraftReport, Finding, Level
from rag.mentions import Titles, references
from rag.reference import book_title, nested
from rag.shelf import Shelf
from rag.speakers import speaker_of

LEAST_COPY = 20

_PLACES = 50  # places of one quotation that are asked for
_SHOWN = 5  # and that are kept
_NEAR = 6  # hanzi of a formulation that may be a slip of one the library does not set off
_LIKELY = 0.85  # similarity from which words of nobody in the library are taken to be a sentence changed
_PIECE = 12  # characters of a part that was taken from elsewhere
_EVERYBODY = 3
_ENDS = 400  # characters of a document's head and foot in which the years of its versions stand
_RANK: dict[Verdict, int] = {"verbatim": 0, "typographic": 1, "elided": 2, "altered": 3, "spliced": 4}
_RIGHT: frozenset[Verdict] = frozenset({"verbatim", "typographic", "elided"})
_STOPS = "，。；：、！？\n"
_RAGGED_HEAD = re.compile(f"[^{_STOPS}]{{0,4}}[{_STOPS}]+")
_RAGGED_TAIL = re.compile(f"[{_STOPS}]+[^{_STOPS}]{{1,4}}$")
_MARKS = re.compile("[“”‘’「」『』\"'\\s]")
_ELLIPSIS = re.compile(r"…|⋯|\.{3}|。{3}")


def check(draft: Manuscript, library: Library, *, progress: Progress = silent) -> DraftReport:
    """What of a draft stands in the library, what differs, and what is not there; no findings for nothing to check.

    Raises:
        LibraryError: the library holds no document, so that nothing could be confirmed.
    """
    documents = library.documents()
    if not documents:
        raise LibraryError("文库里还没有文件，无从核查；先收录：yinde index 文件夹")
    checker = _Checker(draft, library, Shelf(documents))
    claims = find_claims(draft, checker.shelf)
    findings: list[Finding] = []
    for done, claim in enumerate(claims):
        progress("核查引文", done, len(claims))
        findings += checker.claim(claim)
    progress("核查引文", len(claims), len(claims))
    quoted = [(claim.start, claim.end) for claim in claims if claim.kind == "quotation"]
    findings += references(draft, checker.shelf, checker.titles, quoted)
    said = [(finding.start, finding.end) for finding in findings if finding.kind == "saying"]
    named = [(mention.start, mention.end) for mention in checker.shelf.mentions(draft.text)]
    findings += checker.copies([*quoted, *said, *named, *checker.titles.spans])
    findings.sort(key=lambda finding: (finding.start, -finding.end))
    ids = {m.passage.doc_id for f in findings for m in f.matches} | {d.id for f in findings for d in f.documents}
    return DraftReport(draft, tuple(findings), {i: d for i, d in checker.shelf.documents.items() if i in ids})


class _Checker:
    """Holds the claims of one draft against a library."""

    def __init__(self, draft: Manuscript, library: Library, shelf: Shelf) -> None:
        self.shelf = shelf
        self.titles = Titles(draft, shelf)
        self._draft = draft
        self._library = library
        self._reports: dict[str, QuoteReport] = {}
        self._texts: dict[str, Document] = {}

    def claim(self, claim: Claim) -> Iterator[Finding]:
        """The finding of a claim; none for a saying in the draft's own words, but one for each figure it has wrong."""
        if len(claim.words) > MAX_QUOTE:
            remark = f"引文超过 {MAX_QUOTE} 字，没有核查；请分段引用。"
            yield Finding("quotation", "notice", claim.start, claim.end, claim.words, remark)
            return
        report, named = self._report(claim.words), self._named(claim)
        if claim.kind == "formulation":
            yield from _formulation(claim, report)
        elif claim.kind == "quotation":
            yield self._quotation(claim, report, named)
        else:
            said = self._saying(claim, report, named)
            wrong = [] if said and said.verdict in _RIGHT else list(self._figures(claim, named))
            yield from wrong
            if said and not wrong:
                yield said

    def copies(self, taken: list[Span]) -> Iterator[Finding]:
        """Stretches copied from the library without marks, outside what is taken already."""
        for first, last in _outside((0, len(self._draft.text)), taken):
            for copy in self._library.copies(self._draft.text[first:last], least=LEAST_COPY):
                start, end = _whole_clauses(self._draft.text, first + copy.start, first + copy.end)
                if len(key(self._draft.text[start:end])) < LEAST_COPY:
                    continue
                words = plain(self._draft, start, end)
                report = self._report(words)
                if report.verdict in ("verbatim", "typographic") and not _common(words, report):
                    remark = f"与{_marked(report.matches[0].title)}的原文相同，没有加引号；引用请注明出处。"
                    kept = report.matches[:_SHOWN]
                    yield Finding("copy", "notice", start, end, words, remark, report.verdict, matches=kept)

    def _report(self, words: str) -> QuoteReport:
        if words not in self._reports:
            self._reports[words] = self._library.find_quote(words, limit=_PLACES)
        return self._reports[words]

    def _named(self, claim: Claim) -> list[Document]:
        """The library's documents that the claim's attribution means; [] when it names none or one that is unknown."""
        who = claim.attribution
        numbered = self.shelf.numbered(who.number) if who.number else []
        titled = self.titles.meant(who.title, claim.start, date=who.date) if who.title else []
        both = [document for document in titled if document in numbered]
        return both or titled or numbered

    def _quotation(self, claim: Claim, report: QuoteReport, named: list[Document]) -> Finding:
        verdict, matches = report.verdict, _named_first(report, named)
        finding = _finding(claim, "wrong", "", verdict, matches)
        if verdict == "not_found" or (not named and _far_off(report)):
            return _absent(finding, claim, named)
        here = bool(named) and matches[0].passage.doc_id in {document.id for document in named}
        if named and not here:
            return self._elsewhere(finding, named)
        if here and verdict in _RIGHT and matches[0].verdict not in _RIGHT:
            return self._elsewhere(finding, named)
        verdict = matches[0].verdict if here else verdict
        other = self._other_speaker(claim, matches) if verdict in _RIGHT else ""
        if other:
            remark = (
                f"张冠李戴：稿中说是{claim.attribution.speaker}，库中这段话出自{other}（{_marked(matches[0].title)}）。"
            )
            return replace(finding, verdict="misattributed", remark=remark)
        year = self._other_year(claim, matches) if here and verdict in _RIGHT else ""
        if year:
            # Another year's document of the same name need not be in the library.
            remark = f"张冠李戴：稿中说是{claim.attribution.date[:4]}年，库中{_marked(matches[0].title)}是{year}年的。"
            return replace(finding, level="notice", verdict="misattributed", remark=remark)
        level, remark = _judged(claim.words, verdict, matches)
        if level == "wrong" and not claim.said:  # words in marks that nobody is said to have said
            level = "notice"
        if claim.attribution and not named and (claim.attribution.title or claim.attribution.number):
            what = _marked(claim.attribution.title) if claim.attribution.title else claim.attribution.number
            level = "notice" if level == "fine" else level
            remark = f"{remark}库中没有{what}，出处未能核对；这段话见于{_marked(matches[0].title)}。"
        return replace(finding, level=level, verdict=verdict, remark=remark)

    def _elsewhere(self, finding: Finding, named: list[Document]) -> Finding:
        """A quotation whose words stand better, or only, in another document than the one named."""
        said, best = named[0].title, min(finding.matches, key=lambda match: _RANK.get(match.verdict, 5))
        if best.verdict not in _RIGHT:
            _, remark = _judged(finding.words, best.verdict, (best,))
            return replace(finding, remark=f"{remark}{_marked(said)}里没有相近的话，最接近的在{_marked(best.title)}。")
        here = finding.matches[0]
        own = f"{_marked(said)}里写作{_quoted(here.text)}，" if here is not best else f"{_marked(said)}里没有这段话，"
        remark = f"张冠李戴：{own}所引文字见于{_marked(best.title)}。"
        return replace(finding, verdict="misattributed", remark=remark)

    def _other_speaker(self, claim: Claim, matches: tuple[QuoteMatch, ...]) -> str:
        """Who said the words, when the draft names a speaker and all documents that have them name others; else ""."""
        who = claim.attribution.speaker
        if not who:
            return ""
        speakers = [speaker_of(self._whole(match.passage.doc_id)) for match in matches if match.verdict in _RIGHT]
        return speakers[0] if speakers and all(said and who not in said for said in speakers) else ""

    def _other_year(self, claim: Claim, matches: tuple[QuoteMatch, ...]) -> str:
        """The year of the document named, when the draft gives one that its head and foot do not know; else ""."""
        said = claim.attribution.date[:4]
        document = self._whole(matches[0].passage.doc_id)
        own = document.meta.get("date", "")[:4]
        ends = f"{document.title}{document.meta.get('number', '')}{document.text[:_ENDS]}{document.text[-_ENDS:]}"
        # A law's head tells the years of all its versions: 1994年通过，2018年修正.
        known = said in (own, document.meta.get("published", "")[:4]) or said in key(ends)
        return own if said and own and not known else ""

    def _saying(self, claim: Claim, report: QuoteReport, named: list[Document]) -> Finding | None:
        """A saying that has a document's words or nearly has them; None for the draft's own words."""
        matches = _named_first(report, named)
        if not matches or not named:
            return None
        finding = _finding(claim, "fine", "与原文相同，没有加引号。", report.verdict, matches)
        here = matches[0].passage.doc_id in {document.id for document in named}
        if not here and report.verdict in _RIGHT:
            return self._elsewhere(replace(finding, level="wrong"), named)
        if not here:
            return None
        if matches[0].verdict in _RIGHT:
            return replace(finding, verdict=matches[0].verdict)
        if matches[0].verdict == "altered" and matches[0].similarity >= 0.8:
            remark = f"没有加引号，与原文有出入：{_changes(matches[0])}。"
            return replace(finding, level="notice", verdict="altered", remark=remark)
        return None

    def _figures(self, claim: Claim, named: list[Document]) -> Iterator[Finding]:
        """The figures of a saying that no document it names has."""
        documents = [self._whole(document.id) for document in named]
        text = self._draft.text[claim.start : claim.end]
        for start, end in figures(text):
            if documents and not any(has_figure(document, text[start:end]) for document in documents):
                a, b = nearest_sentence(documents[0], text)
                remark = f"{_marked(named[0].title)}里没有这个数；最接近的一句是{_quoted(documents[0].text[a:b])}"
                span = claim.start + start, claim.start + end
                yield Finding(
                    "figure", "wrong", *span, text[start:end], remark, "", claim.attribution, (), tuple(named[:1])
                )

    def _whole(self, doc_id: str) -> Document:
        if doc_id not in self._texts:
            self._texts[doc_id] = self._library.document(doc_id)
        return self._texts[doc_id]


def _marked(title: str) -> str:
    return f"《{book_title(title)}》"


def _finding(claim: Claim, level: Level, remark: str, verdict: Verdict, matches: tuple[QuoteMatch, ...]) -> Finding:
    kept = matches[:_SHOWN]
    return Finding(
        claim.kind, level, claim.start, claim.end, claim.words, remark, verdict, claim.attribution, matches=kept
    )


def _named_first(report: QuoteReport, named: list[Document]) -> tuple[QuoteMatch, ...]:
    """The report's places, those in the named documents first; the parts of a spliced quotation keep their order."""
    if report.verdict == "spliced":
        return report.matches
    ids = {document.id for document in named}
    return tuple(sorted(report.matches, key=lambda match: match.passage.doc_id not in ids))


def _formulation(claim: Claim, report: QuoteReport) -> Iterator[Finding]:
    """A formulation that the library has, or one that it has nearly; a name in marks that it has not is nobody's slip.

    两个确认 is near “两个确立”; 国际主义道路 is not near 国际主义, nor 改善工程 near 改造工程.
    """
    if report.verdict in ("verbatim", "typographic"):
        remark = f"库中有这个提法，最早见于{_first(report)}。"
        yield _finding(claim, "fine", remark, report.verdict, report.matches)
    elif report.verdict == "altered":
        near, words = report.matches[0], key(claim.words)
        edits = Levenshtein.distance(words, key(near.text))
        long = len(re.findall("[\u4e00-\u9fff]", words)) >= _NEAR
        long = long and len(key(near.text)) == len(words)  # 小商品、大市场 is not 小商品市场 with a word too many
        if edits <= max(1, len(words) // 8) and (long or _set_off(near)) and not _joined(near):
            remark = f"库中没有这个提法；相近的有{_quoted(near.text)}（{_marked(near.title)}）。"
            yield _finding(claim, "notice", remark, report.verdict, report.matches)


def _joined(match: QuoteMatch) -> bool:
    """Whether the words only stand side by side instead of joined: 走出去、引进来 of “走出去”与“引进来”."""
    return all(not key(quoted) and key(source) in ("与", "和", "及") for quoted, source in changes(match.diff))


def _first(report: QuoteReport) -> str:
    return _marked(report.matches[0].title) if report.matches else ""


def _set_off(match: QuoteMatch) -> bool:
    """Whether the library has the words in quotation marks: a formulation there too, and no chance neighbours."""
    text, first, last = match.passage.text, match.start - match.passage.start, match.end - match.passage.start
    return text[max(first - 1, 0) : first] in tuple("“‘「『") and text[last : last + 1] in tuple("”’」』")


def _absent(finding: Finding, claim: Claim, named: list[Document]) -> Finding:
    """A quotation the library does not have: wrong only where it has the document that is said to say it."""
    if named:
        remark = f"{_marked(named[0].title)}里没有这段话，库中别处也没有。"
        return replace(finding, level="wrong", verdict="not_found", remark=remark, matches=(), documents=(named[0],))
    level: Level = "notice" if claim.said else "unchecked"
    near = finding.matches[0] if finding.matches else None
    hint = f"最接近的是{_marked(near.title)}的{_quoted(_clipped(near.text, 40))}。" if near else ""
    remark = f"本文库里没有这段话，出处也不在库中，无从核对；不等于引错。{hint}"
    return replace(finding, level=level, verdict="not_found", remark=remark, matches=())


def _far_off(report: QuoteReport) -> bool:
    """Whether the nearest words are rather another sentence than this one changed."""
    best = report.matches[0]
    if report.verdict == "spliced":
        return min(len(key(match.text)) for match in report.matches) < _PIECE
    return report.verdict == "altered" and best.similarity < _LIKELY


def _common(words: str, report: QuoteReport) -> bool:
    """Whether a short stretch stands in so many documents that it is everybody's."""
    return len(key(words)) < 2 * LEAST_COPY and len({match.passage.doc_id for match in report.matches}) >= _EVERYBODY


def _whole_numbers(text: str, start: int, end: int) -> Span:
    """The stretch without numbers cut at its ends: 7亿元 of 128.7亿元."""
    if start and re.match("[0-9.][0-9.]", text[start - 1 : start + 1]):
        start += len(re.match("[0-9.]*", text[start:end])[0])  # type: ignore[index]
    if end < len(text) and re.match("[0-9.][0-9.]", text[end - 1 : end + 1]):
        end -= len(re.search("[0-9.]*$", text[start:end])[0])  # type: ignore[index]
    return start, end


def _whole_clauses(text: str, start: int, end: int) -> Span:
    """The stretch without cut numbers and without a word or two of a clause that it shares by chance at its ends."""
    start, end = _whole_numbers(text, start, end)
    head, tail = _RAGGED_HEAD.match(text, start, end), _RAGGED_TAIL.search(text, start, end)
    if head and start and text[start - 1] not in _STOPS:
        start = head.end()
    if tail and text[end : end + 1] not in _STOPS:
        end = max(tail.start(), start)
    return start, end


def _judged(words: str, verdict: Verdict, matches: tuple[QuoteMatch, ...]) -> tuple[Level, str]:
    """How a quotation's verdict weighs, and what to tell its author."""
    source = matches[0]
    if verdict == "verbatim":
        return "fine", "与原文逐字一致。"
    if verdict == "typographic":
        if _MARKS.sub("", words) == _MARKS.sub("", source.text):
            return "fine", "与原文一致，只是引号或空格不同。"
        return "notice", "文字与原文一致，标点或字形不同。"
    if verdict == "elided":
        if source.reversal:
            return "wrong", f"删节去掉了{_quoted(source.reversal)}，意思可能与原文相反：{_changes(source)}。"
        if _ELLIPSIS.search(words):
            return "fine", "有删节，已用省略号标明。"
        return "wrong", f"有删节而没有标明：{_changes(source)}。"
    if verdict == "spliced":
        titles = "、".join(dict.fromkeys(_marked(match.title) for match in matches))
        return "wrong", f"由 {len(matches)} 处原文拼接而成：{titles}。"
    return "wrong", f"与原文不一致：{_changes(source)}。"


def _changes(match: QuoteMatch, limit: int = 4) -> str:
    """“6.5%”原文作“5.5%”，多出“的”，少了“坚决”: what was changed, in the order of the quotation."""
    said = []
    for quoted, source in changes(match.diff):
        mine, theirs = _clipped(quoted), _clipped(source)
        if key(quoted) and key(source):
            said.append(f"{_quoted(mine)}原文作{_quoted(theirs)}")
        elif key(quoted):
            said.append(f"多出{_quoted(mine)}")
        else:
            said.append(f"少了{_quoted(theirs)}")
    more = f"等 {len(said)} 处" if len(said) > limit else ""
    return "，".join(said[:limit]) + more


def _quoted(text: str) -> str:
    """The text in quotation marks, its own “” as ‘’."""
    return f"“{nested(text, '“”', '‘’')}”"


def _clipped(text: str, length: int = 24) -> str:
    text = text.strip(" ，。；：、“”‘’\n").replace("\n", "")
    return text if len(text) <= length else f"{text[: length // 2]}…{text[-length // 2 + 1 :]}"


def _outside(span: Span, taken: list[Span]) -> Iterator[Span]:
    """What is left of a span without the taken ones."""
    start, end = span
    for a, b in sorted(taken):
        if b <= start or a >= end:
            continue
        if start < a:
            yield start, a
        start = max(start, b)
    if start < end:
        yield start, end
