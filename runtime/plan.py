"""How the stages of live sessions share the cores, and how a frame does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from bunraku.runtime.later import Later
from bunraku.spec.cores import cores
from bunraku.spec.stages import Stage

T = TypeVar("T")

SERVER_SPARE = 1
"""Cores that a server leaves to its video codecs."""


@dataclass(frozen=True)
class Shares:
    """How the stages of a live session share the cores."""

    in_flight: int
    """Frames that are worked on at once."""
    threads: int
    """Threads of each engine."""


def live_shares(available: int | None = None, *, spare: int = 0) -> Shares:
    """A core for each frame in flight, and what is left over for its engines.

    On two cores, stages whose engines want both wait for each other: twice the age and two fifths
    fewer frames. And where something else wants a core too, a frame in flight that has none makes
    all of them older and hardly any more: 107 ms from page to page at 15 frames a second with one,
    165 ms at 16.5 with two, beside a browser on the same two cores.

    :param available: cores; None for those that this process may use.
    :param spare: cores to leave to others, such as a server's video codecs.
    """
    free = max(1, (available or cores()) - spare)
    in_flight = min(len(Stage), free)
    return Shares(in_flight, free // in_flight)


@dataclass(frozen=True)
class FrameShares:
    """How what is done of one frame shares the cores."""

    threads: int
    """Of each kernel."""
    beside: bool
    """Whether parts of it are done beside each other."""

    def begun(self, make: Callable[[], T]) -> Later[T]:
        """A part of a frame: made beside what comes next, or else where it is read."""
        return Later.ahead(make) if self.beside else Later(make)

    @contextmanager
    def meanwhile(self, make: Callable[[], T]) -> Iterator[Later[T]]:
        """The same of what changes something: it is not left behind by a block that fails."""
        part = self.begun(make)
        try:
            yield part
        except BaseException:
            if self.beside:
                with suppress(Exception):  # whose own failure says less
                    part.read()
            raise


ALONE = FrameShares(1, beside=False)


def frame_shares(threads: int | None = None, *, ahead: bool = False) -> FrameShares:
    """Of so many threads; no more than there are cores.

    :param threads: None for as many as the process may use.
    :param ahead: whether parts are done beside each other also by one thread, if engines leave a
        processor free: for those who wait for each frame.
    """
    available = cores()
    threads = min(threads or available, available)
    return FrameShares(threads, beside=threads > 1 or (ahead and threads < available))
