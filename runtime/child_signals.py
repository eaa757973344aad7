"""What child processes hear of a terminal's Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def deaf_children() -> Iterator[None]:
    """Child processes that are started inside do not hear what the terminal sends to all, until
    they ask to with ``hear_again``: a Ctrl-C while they load would end in a traceback each. This
    process hears it when this is left.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _of_terminals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def hear_again() -> None:
    """In a child process of ``deaf_children``, which is ended at once by what came meanwhile."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _of_terminals())


def _of_terminals() -> list[signal.Signals]:
    hangup: signal.Signals | None = getattr(signal, "SIGHUP", None)
    return [signal.SIGINT] if hangup is None else [signal.SIGINT, hangup]
