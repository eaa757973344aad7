from __future__ import annotations

import threading
import time

import pytest

from bunraku.runtime.device import HostEvent, HostQueue
from bunraku.runtime.measure import KEPT, Recorder, Spread
from bunraku.spec.stages import Step


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_step_is_timed_by_the_clock() -> None:
    clock = Clock()
    recorder = Recorder(HostQueue(clock))
    for duration_s in (0.010, 0.030, 0.020):
        with recorder.measure(Step.BLEND):
            clock.now_s += duration_s
    spread = recorder.spreads()["blend.engine"]
    assert spread.count == 3
    assert (spread.min, spread.p50, spread.p95) == pytest.approx((10.0, 20.0, 30.0))


def test_a_step_on_a_queue_is_timed_by_its_events() -> None:
    """Work that is queued now and done later takes as long as the queue says."""

    class Late(HostEvent):
        done_yet = False

        @property
        def done(self) -> bool:
            return self.done_yet

    class LateQueue(HostQueue):
        def __init__(self) -> None:
            super().__init__()
            self.events: list[Late] = []

        def record(self) -> Late:
            self.events.append(Late(0.005 * len(self.events)))
            return self.events[-1]

    queue, recorder = LateQueue(), Recorder(HostQueue(Clock()))
    with recorder.measure(Step.SEAM, queue), queue:
        pass
    assert not recorder.spreads(), "nothing waits for an event"
    queue.events[1].done_yet = True
    assert recorder.spreads()["motion.seam"].p50 == pytest.approx(5.0)


def test_steps_of_a_frame_are_added_frame_by_frame() -> None:
    clock = Clock()
    recorder = Recorder(HostQueue(clock))
    for motion_s, blend_s in ((9.0, 9.0), (0.010, 0.030), (0.020, 0.010), (0.030, 0.020)):
        for step, taken_s in ((Step.MOTION, motion_s), (Step.BLEND, blend_s)):
            with recorder.measure(step):
                clock.now_s += taken_s
    both = recorder.together((Step.MOTION, Step.BLEND), newest=3)
    assert (both.min, both.p50, both.p95) == pytest.approx((30.0, 40.0, 50.0))
    with pytest.raises(ValueError, match="is shorter than"):
        recorder.together((Step.MOTION, Step.SEAM), newest=3)


def test_a_step_that_raises_is_not_counted() -> None:
    recorder = Recorder(HostQueue(Clock()))
    with pytest.raises(KeyError), recorder.measure(Step.POSE):
        raise KeyError
    assert not recorder.spreads()


def test_steps_come_in_their_order_and_others_after() -> None:
    recorder = Recorder()
    for name in (Step.PASTE, "encode", Step.POSE, "decode"):
        with recorder.measure(name):
            pass
    assert list(recorder.spreads()) == [Step.POSE, Step.PASTE, "decode", "encode"]
    recorder.clear()
    assert not recorder.spreads()


def test_percentiles_are_of_the_nearest_rank() -> None:
    spread = Spread.of([float(i) for i in range(100, 0, -1)])
    assert (spread.p50, spread.p95, spread.min) == (50.0, 95.0, 1.0)
    with pytest.raises(ValueError, match="at least one"):
        Spread.of([])


def test_memory_does_not_grow_and_threads_may_share() -> None:
    recorder = Recorder()

    def work() -> None:
        for _ in range(KEPT):
            with recorder.measure(Step.POSE):
                pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recorder.spreads()[Step.POSE].count == KEPT


def test_processor_time_is_told_of_steps_beside_which_no_other_is_done() -> None:
    clock = Clock()
    recorder = Recorder(HostQueue(clock))

    def tick() -> None:
        clock.now_s += 1.0

    with recorder.measure(Step.POSE):
        tick()
    with recorder.measure(Step.IUV):
        tick()
        with recorder.measure(Step.FACE):
            tick()
        tick()
    with recorder.measure(Step.PASTE):
        tick()
    assert set(recorder.cpu_spreads()) == {Step.POSE, Step.PASTE}
    assert set(recorder.spreads()) == {Step.POSE, Step.FACE, Step.IUV, Step.PASTE}


def test_waiting_is_no_work() -> None:
    recorder = Recorder()
    with recorder.measure("waiting"):
        time.sleep(0.02)
    with recorder.measure("working"):
        until_s = time.process_time() + 0.01
        while time.process_time() < until_s:
            pass
    waited, worked = recorder.cpu_spreads()["waiting"], recorder.cpu_spreads()["working"]
    assert recorder.spreads()["waiting"].min >= 20
    assert waited.min < 10 <= worked.min
