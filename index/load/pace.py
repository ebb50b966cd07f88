"""How far the reading of a file has come, told page by page to whoever watches over it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Tell = Callable[[int, int], None]  # the page that begins, counted from 1, and how many there are


def _nobody(_page: int, _pages: int) -> None:
    pass


_tell: ContextVar[Tell] = ContextVar("tell", default=_nobody)


@contextmanager
def heard(tell: Tell) -> Iterator[None]:
    """Have `tell` called by the loaders that run inside this context."""
    token = _tell.set(tell)
    try:
        yield
    finally:
        _tell.reset(token)


def page_begins(page: int, pages: int) -> None:
    """Tell that a loader has come to a page."""
    _tell.get()(page, pages)
