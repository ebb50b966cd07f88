"""Short drafts that give a true quotation to somebody: to the document, year, number or speaker it has, or to others.

The words always are some document's, to the character. What is true of a case comes from how it was made and from plain
searches through all texts: words that the other document has as well, and names that two documents bear, are not used.
"""

import re
from collections.abc import Callable, Sequence
from random import Random

from eval.quote_cases import ROUNDS, Place, QuoteCase, Texts
from index.key import key
from index.types import Document
from rag.speakers import speaker_of

_LOW, _HIGH = 14, 100
_SHORTEST, _LONGEST = 6, 45  # characters of a title that names one document
_OFFICES = ("市委书记", "市长", "省长", "主任")
_NAMES = ("赵文山", "钱立言", "孙望平", "周知行", "郑秋实", "冯广林", "蒋雨田", "沈若谷")
_BY_TITLE = (
    "《{name}》指出：“{quote}”",
    "《{name}》明确要求，“{quote}”。",
    "“{quote}”（《{name}》）是各地要抓好的大事。",
    "要按照《{name}》提出的“{quote}”，把工作做细。",
)
_BY_NUMBER = ("{name}文件规定：“{quote}”", "“{quote}”（{name}）要不折不扣落实。", "{name}强调，“{quote}”。")
_BY_YEAR = (
    "{year}年印发的《{name}》指出：“{quote}”",
    "“{quote}”（《{name}》，{year}年）是各地要抓好的大事。",
    "《{name}》（{year}年）明确，“{quote}”。",
)
_BY_SPEAKER = ("{name}同志指出：“{quote}”", "{office}{name}强调：“{quote}”", "{name}{office}要求，“{quote}”。")
_LEADS = ("", "各级各部门要提高认识。", "一年来，各项工作取得新成效。")
_MARKS = re.compile("[“”‘’\"'「」『』\n■]")


class Shelved(Texts):
    """The documents' texts with what names each: a title, a number, a year or a speaker that no other document has."""

    def __init__(self, documents: Sequence[Document], rng: Random) -> None:
        super().__init__({document.id: document.text for document in documents}, (), rng)
        self.documents = {document.id: document for document in documents}
        self._titles = {i: key(document.title) for i, document in self.documents.items()}

    def words(self) -> tuple[Place, str] | None:
        """A stretch of one line without quotation marks, and its words; None when none was met.

        Shorter ones are formulations, which a draft gives to nobody.
        """
        place = self.span(_LOW, _HIGH)
        words = self.of(place) if place else ""
        return (place, words) if place and len(key(words)) >= _LOW and not _MARKS.search(words) else None

    def name(self, i: str) -> str:
        """The title, 〈〉 within; "" when it is short, long, or part of another's."""
        title, own = self.documents[i].title, self._titles[i]
        alone = sum(own in other or other in own for other in self._titles.values()) == 1
        fit = len(own) >= _SHORTEST and len(title) <= _LONGEST and not _MARKS.search(title) and alone
        return title.replace("《", "〈").replace("》", "〉") if fit and not re.search("——|--", title) else ""

    def number(self, i: str) -> str:
        """The 文号 of the usual form that one document alone has, else ""."""
        number = self.documents[i].meta.get("number", "")
        fit = re.fullmatch(r"[\u4e00-\u9fff]{2,12}〔\d{4}〕\d{1,4}号", number)
        same = sum(document.meta.get("number") == number for document in self.documents.values())
        return number if fit and same == 1 else ""

    def year(self, i: str) -> str:
        """The year of the document's date, "" when it has none."""
        return self.documents[i].meta.get("date", "")[:4]

    def speaker(self, i: str) -> str:
        """Who speaks in it, "" when it names none."""
        return speaker_of(self.documents[i])

    def holders(self, words: str) -> set[str]:
        """The documents that say it, signs and glyphs apart."""
        wanted = key(words)
        return {i for i, said in self.keys.items() if wanted in said}


Maker = Callable[[Shelved], QuoteCase | None]


def make_drafts(documents: Sequence[Document], *, each: int, seed: int) -> list[QuoteCase]:
    """`each` drafts of every kind, fewer where the documents yield no more."""
    found = []
    for number, (kind, maker) in enumerate(MAKERS.items()):
        shelved = Shelved(documents, Random(f"{seed}-draft-{number}"))
        made: dict[str, QuoteCase] = {}
        for _ in range(each * ROUNDS):
            case = maker(shelved)
            if case is not None:
                made.setdefault(case.draft, case)
            if len(made) == each:
                break
        found += [QuoteCase(kind, c.quote, c.verdict, c.places, c.draft) for c in made.values()]
    return found


def _case(shelved: Shelved, frames: Sequence[str], place: Place, quote: str, right: bool, **said: str) -> QuoteCase:
    """The draft that says so; `places` are where the words truly stand."""
    sentence = shelved.rng.choice(frames).format(quote=quote, **said)
    draft = shelved.rng.choice(_LEADS) + sentence
    return QuoteCase("", quote, "verbatim" if right else "misattributed", (place,), draft)


def _by(frames: Sequence[str], name_of: Callable[[Shelved, str], str], right: bool) -> Maker:
    """Given to its own document by a name of it, or to one that has not the words."""

    def make(shelved: Shelved) -> QuoteCase | None:
        met = shelved.words()
        if met is None:
            return None
        place, quote = met
        i = place[0] if right else shelved.rng.choice(shelved.ids)
        if not name_of(shelved, i) or (not right and i in shelved.holders(quote)):
            return None
        return _case(shelved, frames, place, quote, right, name=name_of(shelved, i))

    return make


def _by_year(right: bool) -> Maker:
    """Given to its own document, with the year it has or one that stands nowhere in it."""

    def make(shelved: Shelved) -> QuoteCase | None:
        met = shelved.words()
        if met is None:
            return None
        place, quote = met
        i = place[0]
        name, own = shelved.name(i), shelved.year(i)
        if not name or not own or re.search(r"\d{4}年", name) or shelved.holders(quote) != {i}:
            return None
        year = own if right else str(int(own) + shelved.rng.choice((-4, -3, -2, -1, 1, 2)))
        if not right and year in shelved.texts[i]:
            return None
        return _case(shelved, _BY_YEAR, place, quote, right, name=name, year=year)

    return make


def _by_speaker(right: bool) -> Maker:
    """Given to who speaks in the document that alone has it, or to somebody who is nowhere in the library."""

    def make(shelved: Shelved) -> QuoteCase | None:
        speeches = [i for i in shelved.ids if shelved.speaker(i)]
        i = shelved.rng.choice(speeches) if speeches else ""
        own = shelved.span(_LOW, _HIGH, of=i) if i else None
        quote = shelved.of(own) if own else ""
        if own is None or len(key(quote)) < _LOW or _MARKS.search(quote) or shelved.holders(quote) != {i}:
            return None
        name = shelved.speaker(i) if right else shelved.rng.choice(_NAMES)
        return _case(shelved, _BY_SPEAKER, own, quote, right, name=name, office=shelved.rng.choice(_OFFICES))

    return make


MAKERS: dict[str, Maker] = {
    "given to its document": _by(_BY_TITLE, Shelved.name, True),
    "given to another document": _by(_BY_TITLE, Shelved.name, False),
    "given to its number": _by(_BY_NUMBER, Shelved.number, True),
    "given to another number": _by(_BY_NUMBER, Shelved.number, False),
    "given to its year": _by_year(True),
    "given to another year": _by_year(False),
    "given to its speaker": _by_speaker(True),
    "given to another speaker": _by_speaker(False),
}
