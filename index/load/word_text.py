"""The words of one Word paragraph as they are seen: fields by their result, changes accepted, ruby's base only."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.load.word_numbers import W
from index.load.word_styles import Styles, hidden

if TYPE_CHECKING:
    from lxml.etree import _Element

_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_SKIPPED = frozenset(
    W + name
    for name in (
        "pPr", "rPr", "sdtPr", "sdtEndPr", "tblPr", "instrText", "delText", "delInstrText", "rt", "rubyPr", "fldData",
        "footnoteRef", "endnoteRef", "annotationRef", "pgNum", "proofErr", "numPr",
    )
)  # fmt: skip
_SIGNS = {W + "tab": "\t", W + "ptab": "\t", W + "br": "\n", W + "cr": "\n", W + "noBreakHyphen": "-"}
_PICTURES = ("}blip", "}imagedata")
# Signs that Chinese forms draw with symbol fonts, by font and code.
_SYMBOLS = {
    "wingdings": {
        0x6C: "●", 0x6E: "■", 0x6F: "□", 0x71: "□", 0x75: "◆", 0x77: "◆", 0xA1: "○", 0xA8: "□",
        0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE8: "→", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
    },
    "wingdings 2": {0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x2A: "□", 0xA3: "□", 0x98: "●"},
    "symbol": {
        0xA3: "≤", 0xA5: "∞", 0xAC: "←", 0xAE: "→", 0xB0: "°", 0xB1: "±", 0xB3: "≥", 0xB4: "×", 0xB7: "•", 0xB8: "÷",
        0xB9: "≠", 0xBB: "≈", 0xD6: "√", 0xE5: "∑", 0x44: "Δ", 0x53: "Σ", 0x57: "Ω", 0x61: "α", 0x62: "β", 0x67: "γ",
        0x6D: "μ", 0x70: "π",
    },
}  # fmt: skip


@dataclass(slots=True)
class Words:
    """A paragraph's text, forced breaks as LF, and what is anchored in it.

    `notes` are (footnote or endnote, id) in order, `boxes` the contents of text boxes; `contents` tells a line of an
    automatic table of contents.
    """

    text: str = ""
    notes: list[tuple[str, str]] = field(default_factory=list)
    boxes: list["_Element"] = field(default_factory=list)
    pictures: int = 0
    comments: int = 0
    contents: bool = False


@dataclass(slots=True)
class Fields:
    """The fields that are open, which may run over paragraphs, outermost first: (code is being read, its code)."""

    trusted: bool = False  # every field that begins also ends
    open: list[list[str]] = field(default_factory=list)
    deleted: int = 0
    concealed: int = 0

    @classmethod
    def of(cls, body: "_Element") -> "Fields":
        """The fields of a body before its first paragraph."""
        kinds = [mark.get(W + "fldCharType") for mark in body.iter(W + "fldChar")]
        return cls(trusted=kinds.count("begin") == kinds.count("end"))

    def turn(self, kind: str | None) -> None:
        """Take a mark of a field: begin, separate or end."""
        if kind == "begin":
            self.open.append(["code", ""])
        elif kind == "separate" and self.open:
            self.open[-1][0] = "result"
        elif kind == "end" and self.open:
            self.open.pop()

    @property
    def in_code(self) -> bool:
        """Whether what follows is a field's code rather than its result."""
        return any(state == "code" for state, _ in self.open)

    @property
    def in_contents(self) -> bool:
        """Whether what follows is a table of contents."""
        return self.trusted and any(state == "result" and code.split()[:1] == ["TOC"] for state, code in self.open)


def words(paragraph: "_Element", styles: Styles, fields: Fields, *, hidden: bool) -> Words:
    """The words of a w:p. `fields` are those open before it and, when it returns, after it; `hidden` is its style's."""
    found, parts = Words(), list[str]()
    began = fields.in_contents
    _walk(paragraph, styles, fields, hidden, found, parts)
    found.contents = began or fields.in_contents
    if fields.open and not fields.in_contents:
        # A code that does not end with its paragraph would hide the rest of the document.
        fields.open = [entry for entry in fields.open if entry[0] != "code"]
    found.text = "".join(parts)
    return found


def _walk(parent: "_Element", styles: Styles, fields: Fields, unseen: bool, found: Words, parts: list[str]) -> None:
    for element in parent:
        tag = element.tag
        if tag == W + "r":
            own = _hidden(element, styles)
            gone = unseen if own is None else own
            if gone and any(text.text for text in element.iterfind(W + "t")):
                fields.concealed += 1
            _walk(element, styles, fields, gone, found, parts)
        elif tag in (W + "t", _MATH):
            if not unseen and not fields.in_code:
                parts.append(_readable(element.text or "", parent))
        elif tag in _SIGNS:
            if not unseen and not fields.in_code:
                parts.append(_SIGNS[tag])
        elif tag == W + "instrText":
            if fields.open:
                fields.open[-1][1] += element.text or ""
        elif tag == W + "fldChar":
            fields.turn(element.get(W + "fldCharType"))
        elif tag == W + "sym":
            if not unseen:
                parts.append(_symbol(element.get(W + "font", ""), element.get(W + "char", "")))
        elif tag in (W + "footnoteReference", W + "endnoteReference"):
            if not unseen:
                found.notes.append((tag[len(W) : -len("Reference")], element.get(W + "id", "")))
        elif tag == W + "commentReference":
            found.comments += 1
        elif tag == W + "txbxContent":
            if not unseen:
                found.boxes.append(element)
        elif tag in (W + "del", W + "moveFrom"):
            fields.deleted += tag == W + "del" and next(element.iter(W + "delText"), None) is not None
        elif tag == W + "sdt":
            if element.find(f"{W}sdtPr/{W}showingPlcHdr") is None:
                _walk(element, styles, fields, unseen, found, parts)
        elif tag.endswith("}AlternateContent"):
            # The same text box in a new form and, for old programs, an old one.
            if len(element):
                _walk(element[0], styles, fields, unseen, found, parts)
        elif tag not in _SKIPPED:
            found.pictures += tag.endswith(_PICTURES)
            _walk(element, styles, fields, unseen, found, parts)


def _hidden(run: "_Element", styles: Styles) -> bool | None:
    properties = run.find(W + "rPr")
    if properties is None:
        return None
    own = hidden(properties)
    style = properties.find(W + "rStyle")
    if own is None and style is not None:
        named = styles.known.get(style.get(W + "val", ""))
        return named.hidden if named else None
    return own


def _symbol(font: str, code: str) -> str:
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    known = _SYMBOLS.get(font.lower(), {})
    if 0xF000 <= number <= 0xF0FF:
        number -= 0xF000
    if number in known:
        return known[number]
    # What else a symbol font draws at A is not the letter A.
    return "" if font.lower() in (*_SYMBOLS, "wingdings 3", "webdings") or number < 0x80 else chr(number)


def _readable(text: str, run: "_Element") -> str:
    """The text, with the private signs of a symbol font as the signs they draw."""
    if not any("\uf000" <= char <= "\uf0ff" for char in text):
        return text
    fonts = run.find(f"{W}rPr/{W}rFonts")
    font = (fonts.get(W + "ascii") or fonts.get(W + "hAnsi") or "") if fonts is not None else ""
    return "".join(_symbol(font, f"{ord(char):x}") if "\uf000" <= char <= "\uf0ff" else char for char in text)
