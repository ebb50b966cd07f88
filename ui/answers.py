"""The latest answers that were given, in memory: a follow-up leans on them, a verdict names them."""

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from rag.followup import Turn
from rag.types import Answer

_KEPT = 500  # answers, the longest unused forgotten first


@dataclass(slots=True)
class Answers:
    """Answers under names that cannot be guessed, in memory only."""

    _kept: "OrderedDict[str, Answer]" = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def keep(self, answer: Answer) -> str:
        """The name of an answer; the oldest one makes room for it."""
        name = secrets.token_urlsafe(12)
        with self._lock:
            self._kept[name] = answer
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return name

    def get(self, name: str) -> Answer | None:
        """An answer by its name, None when it is gone."""
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
            return self._kept.get(name)

    def turns(self, names: Sequence[str]) -> list[Turn]:
        """The turns of a conversation, oldest first, those that are gone left out.

        A turn's question is the one that was searched, so that an edited or completed one carries on.
        """
        found = [answer for answer in map(self.get, names) if answer is not None]
        return [Turn(answer.asked or answer.question, answer) for answer in found]
