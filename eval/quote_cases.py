"""Quotations with known verdicts and places, made from real documents by seeded changes: right, wrong and nowhere.

What is true of a case is decided here by how it was made and by plain searches through all texts, not by the program
under test; a case that by chance says what some document says is not used.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from index.key import key
from index.verdict import Verdict

Place = tuple[str, int, int]

CLAUSE = re.compile(r"[^，。；：！？、\n]+")
SENTENCE = re.compile(r"[^。！？\n]+[。！？]?")
HAN = re.compile("[一-鿿]")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
MEANING = {"不": "可", "未": "已", "应": "可", "可": "应", "必": "不", "已": "未", "有": "无", "增": "减", "高": "低",
           "上": "下", "前": "后", "内": "外", "能": "不", "得": "可", "全": "部", "市": "县", "升": "降"}  # fmt: skip
LOOKALIKE = [
    a + b
    for a, b in zip(
        "已未人干土天大侯治日比历设间材折祥处令由住体形贷王",
        "己末入千士夫太候冶曰此厉没问村拆详外今田往休型货玉",
        strict=True,
    )
]
SIGNS = {"，": "、", "。": "；", "；": "。", "、": "，", "“": "「", "”": "」", "：": "，", "（": "(", "）": ")"}
FEWEST, ROUNDS, _TRIES = 8, 60, 100


@dataclass(frozen=True, slots=True)
class QuoteCase:
    """A quotation, how it was made, what is true of it, and the places it was made from (none when absent).

    `draft` is the sentence that gives the quotation to somebody; "" for one that is asked for by itself.
    """

    kind: str
    quote: str
    verdict: Verdict
    places: tuple[Place, ...] = ()
    draft: str = ""


@dataclass(slots=True)
class Texts:
    """The documents' texts by id, with what tells whether a text says something."""

    texts: Mapping[str, str]
    absent: Sequence[str]
    rng: Random
    keys: dict[str, str] = field(init=False)
    ids: list[str] = field(init=False)
    grams: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.keys = {i: key(text) for i, text in self.texts.items()}
        self.ids = sorted(self.texts)
        self.grams = {k[i : i + 5] for k in self.keys.values() for i in range(len(k) - 4)}

    def said(self, quote: str) -> bool:
        """Whether some document says it, signs and glyphs apart."""
        wanted = key(quote)
        return any(wanted in k for k in self.keys.values())

    def span(self, low: int, high: int, *, of: str = "") -> Place | None:
        """A random stretch, of one document or any, with a Chinese character at both ends; None when none was met."""
        for _ in range(_TRIES):
            i = of or self.rng.choice(self.ids)
            text = self.texts[i]
            start = self.rng.randrange(max(len(text) - low, 1))
            end = min(start + self.rng.randint(low, high), len(text))
            while start < end and not HAN.match(text[start]):
                start += 1
            while start < end and not HAN.match(text[end - 1]):
                end -= 1
            if end - start >= low:
                return i, start, end
        return None

    def clauses(self) -> tuple[str, list[tuple[int, int]]] | None:
        """A random document and three to eight clauses in a row in one of its paragraphs; None when none were met."""
        for _ in range(_TRIES):
            i = self.rng.choice(self.ids)
            found = [m.span() for m in CLAUSE.finditer(self.texts[i])]
            if len(found) < 3:
                continue
            first = self.rng.randrange(len(found) - 2)
            run = found[first : first + self.rng.randint(3, 8)]
            text = self.texts[i]
            clean = all(HAN.match(text[a]) and HAN.match(text[b - 1]) for a, b in run)
            if clean and "\n" not in text[run[0][0] : run[-1][1]]:
                return i, run
        return None

    def of(self, place: Place) -> str:
        """The words at a place."""
        return self.texts[place[0]][place[1] : place[2]]


Maker = Callable[[Texts], QuoteCase | None]


def make_cases(texts: Mapping[str, str], absent: Sequence[str], *, each: int, seed: int) -> list[QuoteCase]:
    """`each` cases of every kind, fewer where the texts yield no more; `absent` texts are not in the library."""
    found = []
    for number, (kind, maker) in enumerate(MAKERS.items()):
        source = Texts(texts, absent, Random(f"{seed}-{number}"))
        made: dict[str, QuoteCase] = {}
        for _ in range(each * ROUNDS):
            case = maker(source)
            if case is not None:
                made.setdefault(case.quote, case)
            if len(made) == each:
                break
        found += [QuoteCase(kind, case.quote, case.verdict, case.places) for case in made.values()]
    return found


def _verbatim(low: int, high: int) -> Maker:
    def make(texts: Texts) -> QuoteCase | None:
        place = texts.span(low, high)
        return QuoteCase("", texts.of(place), "verbatim", (place,)) if place else None

    return make


def _wrapped(texts: Texts) -> QuoteCase | None:
    place = texts.span(40, 300)
    if place is None:
        return None
    words = texts.of(place)
    width = texts.rng.randint(18, 36)
    return QuoteCase("", "\n".join(words[i : i + width] for i in range(0, len(words), width)), "verbatim", (place,))


def _changed(change: Callable[[str, Random], str], verdict: Verdict, low: int = 8, high: int = 120) -> Maker:
    def make(texts: Texts) -> QuoteCase | None:
        place = texts.span(low, high)
        if place is None:
            return None
        words = texts.of(place)
        quote = change(words, texts.rng)
        if "".join(quote.split()) == "".join(words.split()) and verdict != "typographic":
            return None
        if quote == words or (verdict != "typographic" and texts.said(quote)):
            return None
        if verdict == "typographic" and any(quote in text for text in texts.texts.values()):
            return None
        return QuoteCase("", quote, verdict, (place,))

    return make


def _at(words: str, rng: Random, allowed: Callable[[str], bool], inner: bool = False) -> int | None:
    edge = 2 if inner else 0
    spots = [i for i in range(edge, len(words) - edge) if allowed(words[i])]
    return rng.choice(spots) if spots else None


def _swap_sign(words: str, rng: Random) -> str:
    """Other signs for some, but for those between digits, which belong to the number: 28：27：43."""
    return re.sub(r"(?<!\d)\D|\D(?!\s*\d)", lambda m: SIGNS.get(m[0], m[0]) if rng.random() < 0.6 else m[0], words)


def _drop_signs(words: str, _: Random) -> str:
    return re.sub("[，。；：、“”（）]", "", words) if not re.search(r"\d[、，。；：（）]+\s*\d", words) else words


def _space(words: str, rng: Random) -> str:
    return "".join(c + " " if HAN.match(c) and rng.random() < 0.15 else c for c in words).strip()


def _width(words: str, _: Random) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in words)


def _traditional(words: str, _: Random) -> str:
    from opencc import OpenCC

    return str(OpenCC("s2t").convert(words))


def _substitute(words: str, rng: Random) -> str:
    at = _at(words, rng, lambda c: bool(HAN.match(c)))
    others = [c for c in words if HAN.match(c) and at is not None and c != words[at]]
    return words if at is None or not others else words[:at] + rng.choice(others) + words[at + 1 :]


def _meaning(words: str, rng: Random) -> str:
    at = _at(words, rng, MEANING.__contains__)
    return words if at is None else words[:at] + MEANING[words[at]] + words[at + 1 :]


def _negate(words: str, rng: Random) -> str:
    at = _at(words, rng, lambda c: bool(HAN.match(c)), inner=True)
    return words if at is None else words[:at] + rng.choice(["不", "未", "应", "可", "不得"]) + words[at:]


def _drop_one(words: str, rng: Random) -> str:
    at = _at(words, rng, lambda c: bool(HAN.match(c)), inner=True)
    return words if at is None else words[:at] + words[at + 1 :]


def _number(words: str, rng: Random) -> str:
    found = list(NUMBER.finditer(words))
    if not found:
        return words
    match = rng.choice(found)
    digits = match.group()
    at = rng.randrange(len(digits))
    if digits[at] == ".":
        changed = digits.replace(".", "")
    else:
        changed = digits[:at] + rng.choice([d for d in "123456789" if d != digits[at]]) + digits[at + 1 :]
    return words[: match.start()] + changed + words[match.end() :]


def _ocr(words: str, rng: Random) -> str:
    swap = {pair[i]: pair[1 - i] for pair in LOOKALIKE for i in (0, 1)}
    at = _at(words, rng, swap.__contains__)
    return words if at is None else words[:at] + swap[words[at]] + words[at + 1 :]


def _transpose(words: str, rng: Random) -> str:
    at = _at(words, rng, lambda c: bool(HAN.match(c)), inner=True)
    if at is None or words[at] == words[at + 1] or not HAN.match(words[at + 1]):
        return words
    return words[:at] + words[at + 1] + words[at] + words[at + 2 :]


def _several(words: str, rng: Random) -> str:
    for _ in range(max(2, len(words) // 10)):
        words = _substitute(words, rng)
    return words


def _swapped(texts: Texts) -> QuoteCase | None:
    found = texts.clauses()
    if found is None:
        return None
    i, run = found
    text, at = texts.texts[i], texts.rng.randrange(len(run) - 1)
    (a, b), (c, d) = run[at], run[at + 1]
    if min(b - a, d - c) < 5:
        return None
    start, end = run[max(at - 1, 0)][0], d
    quote = text[start:a] + text[c:d] + text[b:c] + text[a:b]
    return None if texts.said(quote) else QuoteCase("", quote, "altered", ((i, start, end),))


def _elided(mark: str, widest: int) -> Maker:
    def make(texts: Texts) -> QuoteCase | None:
        found = texts.clauses()
        if found is None:
            return None
        i, run = found
        text = texts.texts[i]
        first = texts.rng.randint(1, len(run) - 2)
        last = texts.rng.randint(first, len(run) - 2) if widest > 1 else first
        start, end = run[0][0], run[-1][1]
        cut, back = run[first][0], run[last + 1][0]
        before, after = text[start:cut], text[back:end]
        if mark:
            before = before.rstrip("，。；：、！？") + mark
        if min(len(key(before)), len(key(after))) < FEWEST or len(key(text[cut:back])) < 3 or back - cut > 120:
            return None
        quote = before + after
        return None if texts.said(quote) else QuoteCase("", quote, "elided", ((i, start, end),))

    return make


def _elided_far(texts: Texts) -> QuoteCase | None:
    place = texts.span(150, 700)
    if place is None:
        return None
    i, start, end = place
    text = texts.texts[i]
    head, tail = texts.rng.randint(12, 40), texts.rng.randint(12, 40)
    quote = text[start : start + head] + "……" + text[end - tail : end]
    if any(texts.keys[i].count(key(part)) != 1 for part in quote.split("……")):
        return None  # it could as well be taken from there
    return None if texts.said(quote) else QuoteCase("", quote, "elided", ((i, start, end),))


def _spliced(across: bool, parts: int, joint: str) -> Maker:
    def make(texts: Texts) -> QuoteCase | None:
        places = [place for _ in range(parts) if (place := texts.span(14, 60))]
        if not across and places:
            i = places[0][0]
            places = [p for _ in range(parts) if (p := texts.span(14, 60, of=i))]
            gaps = [abs(a[1] - b[1]) for n, a in enumerate(places) for b in places[:n]]
            if len(places) < parts or min(gaps) < 600:
                return None
        if len(places) < parts:
            return None
        words = [texts.of(place) for place in places]
        keys = [key(part) for part in words]
        holders = [{i for i, k in texts.keys.items() if part in k} for part in keys]
        together = set.intersection(*holders)
        once = all(texts.keys[place[0]].count(part) == 1 for place, part in zip(places, keys, strict=True))
        if min(map(len, keys)) < 12 or together - ({places[0][0]} if not across else set()) or not once:
            return None
        for (i, _, end), (j, later, _) in pairwise(places):
            # A word that fits both sources would make the joint's place a matter of taste.
            after, before = key(texts.texts[i][end : end + 9])[:1], key(texts.texts[j][max(later - 9, 0) : later])[-1:]
            if after == key(texts.texts[j][later]) or before == key(texts.texts[i][end - 1]):
                return None
        return QuoteCase("", joint.join(words), "spliced", tuple(places))

    return make


def _other_document(texts: Texts) -> QuoteCase | None:
    """A sentence of the same kind of paper that is not in the library and shares few runs of words with it."""
    sentences = [m.group() for m in SENTENCE.finditer(texts.rng.choice(texts.absent))]
    sentence = texts.rng.choice(sentences).strip()
    return _if_nowhere(texts, sentence[:160])


def _made_up(texts: Texts) -> QuoteCase | None:
    """A real sentence in which about half of the characters are others of the same paper."""
    place = texts.span(12, 100)
    if place is None:
        return None
    pool = [c for c in texts.texts[place[0]] if HAN.match(c)]
    words = "".join(
        texts.rng.choice(pool) if HAN.match(c) and texts.rng.random() < 0.55 else c for c in texts.of(place)
    )
    return _if_nowhere(texts, words)


def _babble(texts: Texts) -> QuoteCase | None:
    """Words of the library chained by their last two characters: fluent at every point, true nowhere."""
    text = texts.texts[texts.rng.choice(texts.ids)]
    words = "".join(texts.rng.choice([m for m in CLAUSE.findall(text) if len(m) > 3] or ["通知"])[:3])
    for _ in range(texts.rng.randint(5, 14)):
        other = texts.texts[texts.rng.choice(texts.ids)]
        at = [m.end() for m in re.finditer(re.escape(words[-1]), other)]
        if not at:
            break
        spot = texts.rng.choice(at)
        words += re.sub(r"\s", "", other[spot : spot + texts.rng.randint(2, 3)])
    return _if_nowhere(texts, words)


def _if_nowhere(texts: Texts, words: str) -> QuoteCase | None:
    k = key(words)
    grams = [k[i : i + 5] for i in range(len(k) - 4)]
    if len(grams) < 8 or sum(gram in texts.grams for gram in grams) > 0.25 * len(grams):
        return None
    return QuoteCase("", words, "not_found")


MAKERS: dict[str, Maker] = {
    "exact, 4 to 12": _verbatim(4, 12),
    "exact, 13 to 120": _verbatim(13, 120),
    "exact, 200 to 2,000": _verbatim(200, 2000),
    "hard wraps": _wrapped,
    "other signs": _changed(_swap_sign, "typographic"),
    "signs dropped": _changed(_drop_signs, "typographic"),
    "spaces": _changed(_space, "typographic"),
    "full width": _changed(_width, "typographic"),
    "traditional": _changed(_traditional, "typographic"),
    "one character, short": _changed(_substitute, "altered", 6, 14),
    "one character": _changed(_substitute, "altered", 15, 120),
    "one character, long": _changed(_substitute, "altered", 200, 1500),
    "one of meaning": _changed(_meaning, "altered"),
    "不 未 应 可 put in": _changed(_negate, "altered"),
    "one dropped": _changed(_drop_one, "altered"),
    "number": _changed(_number, "altered", 10),
    "lookalike": _changed(_ocr, "altered"),
    "two exchanged": _changed(_transpose, "altered", 10),
    "one in ten": _changed(_several, "altered", 20, 200),
    "clauses exchanged": _swapped,
    "clause dropped": _elided("", 1),
    "clauses dropped": _elided("", 6),
    "clause as ……": _elided("……", 1),
    "clauses as …": _elided("…", 6),
    "much as ……": _elided_far,
    "two documents": _spliced(True, 2, "，"),
    "two documents, ……": _spliced(True, 2, "……"),
    "three documents": _spliced(True, 3, "，"),
    "one document": _spliced(False, 2, "，"),
    "another document": _other_document,
    "half made up": _made_up,
    "babble": _babble,
}
