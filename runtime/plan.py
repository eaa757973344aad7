"""How the stages of live sessions share the cores."""

from __future__ import annotations

from dataclasses import dataclass

from bunraku.spec.cores import cores
from bunraku.spec.stages import Stage

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
