"""Sessions that share an engine: who waits, who is computed together, and who is told of what."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from bunraku.errors import DeviceLostError, EngineError, OutOfMemoryError
from bunraku.runtime.device import Queue
from bunraku.runtime.engines import batching
from bunraku.runtime.engines.batches import Batches, Row
from bunraku.runtime.engines.batching import COMPANY_S, WAIT_S, Batching
from bunraku.runtime.engines.company import asking
from bunraku.runtime.engines.protocol import of_frames, select
from bunraku.spec.arrays import Array, Tensors

LONG_S = 60.0
"""Long enough that nobody comes too late, and a test that waits so long has failed."""


@dataclass
class Gpu:
    """What the fake engines share: which runs there were, and how they are to fail."""

    runs: list[list[float]] = field(default_factory=list)
    """Of each run what its rows were."""
    fits: int = 8
    """More frames at once are too many."""
    poison: float | None = None
    """A run that has it fails."""
    lost: bool = False
    interrupted: bool = False
    entered: threading.Event = field(default_factory=threading.Event)
    """Set by whoever runs."""
    go_on: threading.Event = field(default_factory=threading.Event)
    """What runs wait for, unless it is set."""


class Doubling:
    """``y`` is twice ``x``."""

    name, advice = "doubling", "Make it anew."

    def __init__(self, gpu: Gpu, frames: int = 1) -> None:
        self.gpu, self.frames = gpu, frames
        self.inputs: Mapping[str, tuple[int, ...]] = of_frames({"x": (1, 2)}, frames)
        self.outputs: Mapping[str, tuple[int, ...]] = of_frames({"y": (1, 2)}, frames)

    def of_batch(self, frames: int) -> Doubling:
        if frames > self.gpu.fits:
            raise OutOfMemoryError("The GPU has too little memory left.")
        return Doubling(self.gpu, frames)

    def run(
        self, feeds: Tensors, *, out: Tensors | None = None, queue: Queue | None = None
    ) -> dict[str, Array]:
        gpu, x = self.gpu, select(self, feeds)["x"]
        gpu.runs.append([float(row[0]) for row in x])
        gpu.entered.set()
        assert gpu.go_on.wait(LONG_S)
        if gpu.interrupted:
            gpu.interrupted = False
            raise KeyboardInterrupt
        if gpu.lost:
            raise DeviceLostError("The GPU has failed.", "Start anew.")
        if self.frames > gpu.fits:
            raise OutOfMemoryError("The GPU has too little memory left.")
        if gpu.poison in x:
            raise EngineError("The engine 'doubling' failed.")
        result = np.empty_like(x) if out is None else out["y"]
        result[...] = x * 2
        return {"y": result}


class Stage:
    """An engine that sessions share, and the threads that they ask from."""

    def __init__(self, pool: ThreadPoolExecutor, most: int = 8) -> None:
        self.gpu, self.said, self.allocated = Gpu(), list[str](), list[tuple[int, ...]]()
        self.gpu.go_on.set()
        single = Doubling(self.gpu)
        self.batches = Batches(single, most, self._allocate, self.said.append)
        self.gpu.runs.clear()
        self.gpu.entered.clear()
        self.now_s = 0.0
        self.engine = Batching(single, self.batches, lambda: self.now_s)
        self._pool = pool

    def _allocate(self, shape: tuple[int, ...]) -> Array:
        self.allocated.append(shape)
        return np.full(shape, np.nan, np.float32)

    def ask(self, session: object, value: float, out: Tensors | None = None) -> float:
        with asking(session):
            y = self.engine.run({"x": np.full((1, 2), value, np.float32)}, out=out)["y"]
        assert y.shape == (1, 2)
        assert y[0, 0] == y[0, 1]
        return float(y[0, 0])

    def start(self, session: object, value: float) -> Future[float]:
        """Ask in a thread, and come back when it waits for others or for its turn."""
        waiting = len(self.engine._waiting)
        asked = self._pool.submit(self.ask, session, value)
        until(
            lambda: (
                len(self.engine._waiting) > waiting
                or asked.done()
                or any(value in run for run in self.gpu.runs)
            )
        )
        return asked

    def meet(self, values: Mapping[str, float]) -> dict[str, Future[float]]:
        """Let sessions ask at the same time, in this order."""
        for session in values:
            self.engine._has_company(session)
        return {session: self.start(session, value) for session, value in values.items()}


def until(true: Callable[[], bool]) -> None:
    end_s = time.monotonic() + LONG_S
    while not true():
        assert time.monotonic() < end_s, "it never came to that"
        time.sleep(0.001)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with ThreadPoolExecutor(16) as pool:
        yield Stage(pool)


def test_a_session_alone_waits_for_nobody(stage: Stage) -> None:
    """The clock stands still: whoever waits for it waits for ever."""
    for value in (1.0, 2.0, 3.0):
        assert stage.ask("one", value) == 2 * value
    with pytest.raises(EngineError, match="'doubling' needs 'x'"):
        stage.engine.run({})
    assert stage.engine.run({"x": np.ones((1, 2), np.float32)})["y"][0, 0] == 2.0  # nobody's
    assert stage.gpu.runs == [[1.0], [2.0], [3.0], [1.0]]


def test_two_that_ask_at_once_are_computed_together(stage: Stage) -> None:
    first, second = stage.meet({"one": 1.0, "two": 2.0}).values()
    assert (first.result(), second.result()) == (2.0, 4.0)
    assert [run[:2] for run in stage.gpu.runs] == [[1.0, 2.0]]


def test_three_take_the_engine_for_four(stage: Stage) -> None:
    asked = stage.meet({"one": 1.0, "two": 2.0, "three": 3.0})
    assert [each.result() for each in asked.values()] == [2.0, 4.0, 6.0]
    assert [len(run) for run in stage.gpu.runs] == [4]


def test_who_stays_away_is_waited_for_two_milliseconds(stage: Stage) -> None:
    stage.engine._has_company("one")
    asked = stage.start("two", 2.0)
    assert not asked.done()
    stage.now_s += WAIT_S
    with stage.engine._lock:  # so that it looks at the clock
        stage.engine._waiting[0].turn.notify()
    assert asked.result(LONG_S) == 4.0
    assert stage.gpu.runs == [[2.0]]
    assert WAIT_S <= 0.002


def test_who_went_away_is_soon_forgotten(stage: Stage) -> None:
    stage.engine._has_company("one")
    stage.now_s += COMPANY_S
    assert stage.ask("two", 2.0) == 4.0


def test_those_who_come_while_others_are_computed_wait_no_longer(stage: Stage) -> None:
    stage.gpu.go_on.clear()
    first = stage.meet({"one": 1.0, "two": 2.0})
    assert stage.gpu.entered.wait(LONG_S)
    later = stage.meet({"three": 3.0, "four": 4.0})
    stage.now_s += WAIT_S
    stage.gpu.go_on.set()
    assert [each.result() for each in (first | later).values()] == [2.0, 4.0, 6.0, 8.0]
    assert [run[:2] for run in stage.gpu.runs] == [[1.0, 2.0], [3.0, 4.0]]


def test_the_order_is_that_of_asking(stage: Stage) -> None:
    stage.gpu.go_on.clear()
    first = stage.meet({"a": 1.0, "b": 2.0})
    assert stage.gpu.entered.wait(LONG_S)
    later = stage.meet({f"s{i}": 10.0 + i for i in range(11)})
    stage.now_s += WAIT_S
    stage.gpu.go_on.set()
    for i, each in enumerate(later.values()):
        assert each.result() == 20.0 + 2 * i
    assert all(each.done() for each in first.values())
    assert stage.gpu.runs[1] == [10.0 + i for i in range(8)]
    assert stage.gpu.runs[2][:3] == [18.0, 19.0, 20.0]


def test_a_fault_reaches_only_who_asked_for_it(stage: Stage) -> None:
    stage.gpu.poison = 2.0
    asked = stage.meet({"one": 1.0, "two": 2.0, "three": 3.0})
    assert asked["one"].result() == 2.0
    assert asked["three"].result() == 6.0
    with pytest.raises(EngineError, match=r"^The engine 'doubling' failed"):
        asked["two"].result()


def test_results_that_cannot_be_written_disturb_nobody(stage: Stage) -> None:
    stage.engine._has_company("one")
    with pytest.raises(EngineError, match="cannot write 'y' into float32"):
        stage.ask("two", 2.0, {"y": np.empty((1, 3), np.float32)})
    assert not stage.gpu.runs


def test_a_gpu_that_is_lost_is_told_to_all_each_by_an_error_of_its_own(stage: Stage) -> None:
    stage.gpu.lost = True
    asked = stage.meet({"one": 1.0, "two": 2.0})
    errors = [each.exception() for each in asked.values()]
    assert all(type(error) is DeviceLostError for error in errors)
    assert errors[0] is not errors[1]
    assert str(errors[0]) == "The GPU has failed. Start anew."


def test_too_little_memory_makes_batches_smaller_once_and_says_so(stage: Stage) -> None:
    stage.gpu.fits = 2
    names = ("one", "two", "three", "four")
    asked = stage.meet({name: float(i) for i, name in enumerate(names)})
    assert [each.result() for each in asked.values()] == [0.0, 2.0, 4.0, 6.0]
    assert [len(run) for run in stage.gpu.runs] == [4, 2, 2]
    assert stage.said == [
        "The GPU has too little memory for 4 frames at once in the engine 'doubling': it computes "
        "2 at a time from now on."
    ]
    assert stage.batches.most == 2
    asked = stage.meet({name: float(i) for i, name in enumerate(names)})
    assert [each.result() for each in asked.values()] == [0.0, 2.0, 4.0, 6.0]
    assert len(stage.said) == 1


def test_where_even_one_frame_is_too_much_the_error_is_the_asker_s(stage: Stage) -> None:
    stage.gpu.fits = 0
    asked = stage.meet({"one": 1.0, "two": 2.0})
    for each in asked.values():
        assert type(each.exception()) is OutOfMemoryError  # for which the processor goes on
    assert stage.batches.most == 1
    assert "it computes 1 at a time" in stage.said[0]


def test_whoever_computes_and_goes_away_leaves_nobody_waiting(stage: Stage) -> None:
    stage.gpu.interrupted = True
    asked = stage.meet({"one": 1.0, "two": 2.0, "three": 3.0})
    assert type(asked["one"].exception()) is KeyboardInterrupt
    stage.now_s += WAIT_S
    assert [asked[name].result(LONG_S) for name in ("two", "three")] == [4.0, 6.0]
    assert not stage.engine._waiting


def test_whoever_waits_and_goes_away_leaves_nobody_waiting(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the midst of gathering: the next in the queue gathers in its place."""

    class Leaving(batching._Request):
        def __init__(self, row: Row, *more: Any) -> None:
            super().__init__(row, *more)
            if row.feeds["x"][0, 0] == 1.0:
                monkeypatch.setattr(self.turn, "wait", self.leave)

        def leave(self, timeout: float | None = None) -> bool:
            raise KeyboardInterrupt

    monkeypatch.setattr(batching, "_Request", Leaving)
    for name in ("one", "two", "three"):
        stage.engine._has_company(name)
    with pytest.raises(KeyboardInterrupt):
        stage.ask("one", 1.0)
    asked = stage.start("two", 2.0), stage.start("three", 3.0)
    stage.now_s += WAIT_S
    with stage.engine._lock:
        stage.engine._waiting[0].turn.notify()
    assert [each.result(LONG_S) for each in asked] == [4.0, 6.0]


def test_memory_is_fixed_at_the_start(stage: Stage) -> None:
    assert stage.allocated == [(2, 2)] * 2 + [(4, 2)] * 2 + [(8, 2)] * 2
    wanted = {name: {"y": np.empty((1, 2), np.float32)} for name in ("one", "two")}
    for session in wanted:
        stage.engine._has_company(session)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(stage.ask, name, 3.0, out) for name, out in wanted.items()]
        assert [each.result(LONG_S) for each in asked] == [6.0, 6.0]
    assert all(out["y"].tolist() == [[6.0, 6.0]] for out in wanted.values())
    assert len(stage.allocated) == 6


def test_as_many_as_fit_are_made_at_the_start() -> None:
    gpu, said = Gpu(fits=4), list[str]()
    gpu.go_on.set()
    batches = Batches(Doubling(gpu), 8, lambda shape: np.empty(shape, np.float32), said.append)
    assert batches.most == 4
    assert len(said) == 1
    assert said[0].startswith("The GPU has too little memory for 8 frames at once in the engine")
    assert "it computes 4 at a time" in said[0]
