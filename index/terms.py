"""The user's own words: 词典.txt in the library's folder, read again whenever it has changed.

One line holds one term, or several that mean the same, with = between them; # begins a remark:

    人社部 = 人力资源和社会保障部
    新质生产力
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from index.errors import LoadError
from index.fold import fold
from index.load.decode import decode

FILE = "词典.txt"

_LARGEST = 1_000_000  # bytes
_VARIANTS = 4  # ways to put one query


@dataclass(frozen=True)
class Terms:
    """Groups of terms that mean the same, as written; a group of one is a term without a synonym."""

    groups: tuple[tuple[str, ...], ...] = ()
    _group: dict[str, tuple[str, ...]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for group in self.groups:
            for term in group:
                self._group.setdefault(fold(term), group)

    def names(self, value: str) -> tuple[str, ...]:
        """What a thing may be called: `value` itself first, then its synonyms."""
        same = self._group.get(fold(value), ())
        return value, *(term for term in same if fold(term) != fold(value))

    def variants(self, query: str) -> tuple[str, ...]:
        """The query, folded where a term was replaced, with one term after another by each of its synonyms."""
        found = [query]
        folded = fold(query)
        for match in self._pattern.finditer(folded):
            before, after = folded[: match.start()], folded[match.end() :]
            found += [before + fold(name) + after for name in self.names(match.group())[1:]]
        return tuple(dict.fromkeys(found))[:_VARIANTS]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Matches a term that has synonyms, the longest first, Latin ones as whole words."""
        known = [term for term, group in self._group.items() if len(group) > 1]
        written = [_whole(term) for term in sorted(known, key=lambda term: (-len(term), term))]
        return re.compile("|".join(written) or "(?!)")


@dataclass
class TermsFile:
    """The dictionary of one library folder, as it is on disk."""

    path: Path
    _seen: tuple[int, int] | None = None
    _terms: Terms = field(default_factory=Terms)

    def read(self) -> Terms:
        """The terms, the same object while the file is; empty without one, LoadError for one that cannot be read."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            if self._seen is not None:
                self._seen, self._terms = None, Terms()
            return self._terms
        if (seen := (status.st_mtime_ns, status.st_size)) != self._seen:
            if status.st_size > _LARGEST:
                raise LoadError(f"{self.path} 超过 1 MB；请删去不用的词条")
            try:
                self._terms = parse(decode(self.path.read_bytes()).splitlines())
            except OSError as error:
                raise LoadError(f"{self.path} 读不了（{error.strerror}）；请检查文件权限") from error
            self._seen = seen
        return self._terms


def parse(lines: Sequence[str]) -> Terms:
    """The terms written on these lines; lines without any are passed over."""
    groups = []
    for line in lines:
        written = re.split("[=＝]", re.split("[#＃]", line)[0])
        group = tuple(dict.fromkeys(term for part in written if (term := " ".join(part.split()))))
        if group:
            groups.append(group)
    return Terms(tuple(groups))


def _whole(term: str) -> str:
    left = r"(?<![a-z0-9])" if term[:1].isascii() else ""
    right = r"(?![a-z0-9])" if term[-1:].isascii() else ""
    return f"{left}{re.escape(term)}{right}"
