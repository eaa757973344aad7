"""Stages whose engines fail, or that are cancelled."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from tests.stream.puppetry_setting import NOBODY, Pencil, Session, Someone, stage_threads

from bunraku.errors import DeviceLostError, EngineError
from bunraku.runtime.drivers.protocol import Driving
from bunraku.stream.core.controls import Command
from bunraku.stream.core.stage_faults import FAILING, FAILING_FRAMES, RETRY_S, WORKING


async def test_calibration_with_a_broken_engine_costs_no_frame(
    session: Session, pencil: Pencil
) -> None:
    session.controls.apply(Command.PASSTHROUGH)
    session.controls.apply(Command.CALIBRATE)
    pencil.failing.add("drive")
    pencil.calls.clear()
    for _ in range(2):
        assert await session.shown(7) == 7
    assert pencil.calls.count("drive") <= 1


@pytest.mark.parametrize("broken", ["drive", "move", "paint"])
async def test_an_engine_that_keeps_failing_gives_way_to_the_camera(
    session: Session, pencil: Pencil, broken: str
) -> None:
    changes: list[bool] = []
    session.controls.on_change = lambda: changes.append(session.controls.failing)
    assert await session.shown(5) == 105
    pencil.failing.add(broken)
    for _ in range(FAILING_FRAMES):
        assert not session.controls.failing
        with pytest.raises(EngineError, match=broken):
            await session.frame(5)
    assert session.controls.failing
    assert session.notices == [FAILING]
    calls = len(pencil.calls)
    assert await session.shown(77) == 77
    assert len(pencil.calls) == calls
    await session.clock.advance(RETRY_S)
    with pytest.raises(EngineError):  # one frame tries
        await session.frame(5)
    assert await session.shown(77) == 77  # and no other
    pencil.failing.clear()
    await session.clock.advance(RETRY_S)
    assert await session.shown(5) == 105
    assert await session.shown(6) == 106
    assert session.notices == [FAILING, WORKING]
    assert changes == [True, False]


async def test_faults_that_pass_are_only_the_frames(session: Session, pencil: Pencil) -> None:
    for _ in range(3):
        pencil.failing.add("paint")
        for _ in range(FAILING_FRAMES - 1):
            with pytest.raises(EngineError):
                await session.frame(5)
        pencil.failing.clear()
        assert await session.shown(5) == 105
    assert not session.controls.failing
    assert not session.notices


async def test_nobody_in_sight_is_no_sign_of_recovery(session: Session, pencil: Pencil) -> None:
    pencil.failing.add("paint")
    for _ in range(FAILING_FRAMES):
        with pytest.raises(EngineError):
            await session.frame(5)
        if not session.controls.failing:
            await session.frame(NOBODY)
    assert session.controls.failing
    await session.clock.advance(RETRY_S)
    assert (await session.frame(NOBODY)).lost
    assert session.controls.failing


async def test_a_cancelled_stage_finishes_its_call_before_it_closes() -> None:
    began, go = threading.Event(), threading.Event()

    class Slow(Pencil):
        def drive(self, *args: Any, **more: Any) -> Driving | None:
            began.set()
            assert go.wait(10)
            return super().drive(*args, **more)

    slow = Slow()
    session = Session(slow)
    session.add(Someone(100))
    task = asyncio.create_task(session.frame(5))
    assert await asyncio.to_thread(began.wait, 10)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    closing = asyncio.create_task(session.stages[0].close())
    await asyncio.sleep(0)
    assert not closing.done()
    go.set()
    await closing
    assert slow.calls == ["drive"]
    assert not session.notices
    assert not stage_threads()


async def test_what_becomes_of_the_engines_is_told_once(session: Session, pencil: Pencil) -> None:
    pencil.said = ["The GPU has too little memory for 8 frames at once."]
    await session.frame(5)
    await session.frame(6)
    assert session.notices == ["The GPU has too little memory for 8 frames at once."]


async def test_a_gpu_that_fails_is_told_at_once(
    session: Session, pencil: Pencil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes its place takes longer: the user is to know why."""

    def lost(identity: Any, driving: Driving) -> dict[str, Any]:
        raise DeviceLostError("The GPU has failed.", "The processor goes on.")

    with monkeypatch.context() as failing:
        failing.setattr(pencil, "move", lost)
        with pytest.raises(DeviceLostError):
            await session.frame(11)
    assert await session.shown(12) == 112
    assert session.notices == ["The GPU has failed. The processor goes on."]
