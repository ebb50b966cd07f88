"""A filter as an expression of Milvus', with the meaning that `index.register` gives it."""

from collections.abc import Callable
from dataclasses import dataclass

from index.filters import Condition, Field, Filter, solid
from index.fold import fold, signs
from index.milvus.server import quoted
from index.register import SUFFIXES

Names = Callable[[str], tuple[str, ...]]

# LIKE has signs of its own; on both sides others stand for them.
_PLAIN = str.maketrans({"%": "\ue000", "_": "\ue001", "\\": "\ue002", '"': "\ue003"})


@dataclass(frozen=True, slots=True)
class Demands:
    """What documents and headings must satisfy, and what a passage's text must; "" for nothing."""

    about: str
    text: str

    @property
    def passage(self) -> str:
        """Both, for a passage."""
        return " and ".join(part for part in (self.about, self.text) if part)


def demands(wanted: Filter, names: Names) -> Demands:
    """The expressions for a filter; `names` gives what a value may also be called, itself first."""
    groups: dict[tuple[Field, bool], list[Condition]] = {}
    about, text = [], []
    for one in wanted.conditions:
        if one.field == "text":
            some = _any([_holds("signs", written(name)) for name in names(one.value)])
            text.append(f"not {some}" if one.negated else some)
        else:
            groups.setdefault((one.field, one.negated), []).append(one)
    for (_, negated), alternatives in groups.items():
        some = _any([_test(one, names) for one in alternatives])
        about.append(f"not {some}" if negated else some)
    return Demands(" and ".join(about), " and ".join(text))


def written(text: str) -> str:
    """A text as phrases are looked for in it: sign by sign, so that 5 is not found in 2025."""
    return plain("\x1f" + "\x1f".join(signs(text)) + "\x1f")


def plain(text: str) -> str:
    """A text without what LIKE would take for signs of its own."""
    return text.translate(_PLAIN)


def place(folder: str) -> str:
    """A folder as it is stored and looked for."""
    return plain(f"/{fold(folder).strip('/')}/")


def _test(one: Condition, names: Names) -> str:
    value = one.value
    if one.field == "date":
        since, until = value.split("..")
        return f'(date != "" and date >= {quoted(since)} and date <= {quoted(until)})'
    if one.field == "folder":
        return _holds("folders", place(value))
    if one.field == "number":
        return _holds("number", plain(value))
    if one.field == "format":
        suffixes = SUFFIXES.get(value, (value,))
        return _any([f"format == {quoted(suffix)}" for suffix in suffixes])
    called = [plain(solid(name)) for name in names(value)]
    if one.field == "kind":
        return _any([f"kind == {quoted(name)}" for name in called])
    field = "headings" if one.field == "heading" else one.field
    return _any([_holds(field, name) for name in called])


def _holds(field: str, value: str) -> str:
    return f"{field} like {quoted('%' + value + '%')}"


def _any(tests: list[str]) -> str:
    return f"({' or '.join(tests)})"
