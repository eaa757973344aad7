"""Which session asks an engine, so that sessions that share it are told apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ASKING: ContextVar[object | None] = ContextVar("asking", default=None)


@contextmanager
def asking(session: object) -> Iterator[None]:
    """What this thread asks of engines meanwhile is that session's.

    :param session: any object of its own, kept for as long as the session is thought of.
    """
    before = _ASKING.set(session)
    try:
        yield
    finally:
        _ASKING.reset(before)


def asker() -> object | None:
    """Whose questions this thread's are; None where nobody has said."""
    return _ASKING.get()
