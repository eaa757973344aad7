from __future__ import annotations

import numpy as np
from tests.runtime.fake_device import FakeDevice

from bunraku.runtime.buffers import Ring
from bunraku.spec.stages import Stage


def test_sets_are_made_for_as_many_as_are_held_at_once() -> None:
    queue = FakeDevice().queue(Stage.MOTION)
    ring = Ring(lambda: {"a": np.zeros(1, np.float32)})
    first, second = ring.take(queue), ring.take(queue)
    assert first.arrays is not second.arrays
    arrays = first.arrays
    del first
    assert ring.take(queue).arrays is arrays
    assert ring.made == 2
    assert not queue.waited


def test_a_taker_waits_for_the_last_work_of_others_once() -> None:
    device = FakeDevice()
    motion, blend = device.queue(Stage.MOTION), device.queue(Stage.BLEND)
    ring = Ring(lambda: {"a": np.zeros(1, np.float32)})
    lease = ring.take(motion)
    for _ in range(2):  # such as a picture that is painted again
        with lease.used(blend):
            pass
    del lease
    for _ in range(2):
        ring.take(motion)
    assert motion.waited == blend.recorded[-1:]
