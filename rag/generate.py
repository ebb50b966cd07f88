"""Generators put an answer into words; what they say is only a draft until it is verified."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from index.types import Hit


@dataclass(frozen=True, slots=True)
class Draft:
    """One sentence that a generator offers, without markers; `sources` are positions in the hits, from 0.

    `at` is where it stands in its source's text, -1 when unknown; `beyond` are sources that no search found, such as
    the next point of an enumeration.
    """

    text: str
    sources: tuple[int, ...]
    at: int = -1
    beyond: tuple[Hit, ...] = ()


class Generator(Protocol):
    """From a question and its evidence to sentences, one by one, in reading order."""

    @property
    def name(self) -> str:
        """Who writes, as readers know it, such as the model's name."""

    def generate(self, question: str, evidence: Sequence[Hit]) -> Iterator[Draft]:
        """Yield the sentences of an answer; none when the evidence does not hold one. EndpointError when it fails.

        While it takes time, it yields drafts without words, so that whoever waits may leave.
        """
