from __future__ import annotations

from contextlib import suppress

import numpy as np

from bunraku.runtime.buffers import Ring
from bunraku.runtime.device import Event, HostEvent, HostQueue


class Listed(HostQueue):
    """A queue that remembers what was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.recorded: list[HostEvent] = []
        self.waited: list[Event] = []

    def record(self) -> HostEvent:
        self.recorded.append(super().record())
        return self.recorded[-1]

    def wait(self, event: Event) -> None:
        self.waited.append(event)


def test_sets_are_made_for_as_many_as_are_held_at_once() -> None:
    queue = Listed()
    ring = Ring(lambda: {"a": np.zeros(1, np.float32)})
    first, second = ring.take(queue), ring.take(queue)
    assert first.arrays is not second.arrays
    arrays = first.arrays
    del first
    assert ring.take(queue).arrays is arrays
    assert ring.made == 2
    assert not queue.waited


def test_a_taker_waits_for_the_last_work_of_others_once() -> None:
    motion, blend = Listed(), Listed()
    ring = Ring(lambda: {"a": np.zeros(1, np.float32)})
    lease = ring.take(motion)
    for fails in (False, True):  # such as a picture that is painted again
        with suppress(RuntimeError), lease.used(blend):
            if fails:
                raise RuntimeError
    del lease
    for _ in range(2):
        ring.take(motion)
    assert motion.waited == blend.recorded[-1:]
