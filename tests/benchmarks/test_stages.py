from __future__ import annotations

import numpy as np
import pytest
from benchmarks.live.stages import (
    ANIMATED,
    LOST,
    EntryStage,
    Ledger,
    PassingStage,
    SleepingStage,
    StampStage,
    about,
    no_identity,
)

from bunraku.runtime.identity import Identity
from bunraku.spec.arrays import Picture
from bunraku.stream.core.controls import Controls, Photo
from bunraku.stream.core.frame import MICROSECONDS, LiveFrame
from bunraku.stream.sources.barcode import code_height, draw_code, read_code


def photo(name: str) -> Photo:
    identity, report = no_identity(np.zeros((48, 64, 3), np.uint8))
    return Photo(name, name, identity, report)


def coded(number: int, size: tuple[int, int] = (480, 320)) -> Picture:
    picture = np.full((size[1], size[0], 3), 90, np.uint8)
    draw_code(picture, number)
    return picture


def frame(number: int = 77) -> LiveFrame:
    return LiveFrame(coded(number), 0, MICROSECONDS, 0.0)


def test_photos_for_engines_without_networks() -> None:
    first, second = photo("one"), photo("two")
    assert isinstance(first.identity, Identity)
    assert first.identity is not second.identity
    assert (first.report.width, first.report.height) == (64, 48)


@pytest.mark.parametrize("takes_s", [None, 0.0])
async def test_engines_show_the_camera(takes_s: float | None) -> None:
    controls = Controls(photos=[photo("one")])
    stage = PassingStage(controls) if takes_s is None else SleepingStage(controls, takes_s)
    given = frame()
    await stage.run(given)
    await stage.close()
    assert given.identity is controls.identity
    assert read_code(given.shown_picture()) == 77


@pytest.mark.parametrize("mirrored", [False, True])
async def test_stamp_says_which_frame_and_which_photo(mirrored: bool) -> None:
    controls = Controls(photos=[photo("one"), photo("two")], current=1)
    stage = StampStage(controls, Ledger())
    given = frame(4321)
    given.mirrored = mirrored
    given.identity = controls.identity
    given.lost = True
    result = given.shown = np.full((400, 300, 3), 60, np.uint8)
    await stage.run(given)
    await stage.close()
    shown = given.shown_picture()
    assert read_code(shown) == 4321
    assert read_code(shown[code_height(400) :]) == 2 | LOST
    assert (result == 60).all()  # what stages keep is not drawn on


async def test_stamp_leaves_alone_what_has_no_number() -> None:
    stage = StampStage(Controls(), Ledger())
    given = LiveFrame(np.full((320, 480, 3), 90, np.uint8), 0, MICROSECONDS, 0.0)
    await stage.run(given)
    await stage.close()
    assert read_code(given.shown_picture()) is None


def test_about_tells_animated_frames() -> None:
    given = frame()
    assert about(given, 3) == 3
    given.driving = object()  # type: ignore[assignment]
    assert about(given, 3) == 3 | ANIMATED


async def test_ledger_finds_frames_that_show_the_former_photo() -> None:
    controls, ledger = Controls(photos=[photo("one"), photo("two")]), Ledger()
    entry, stamp = EntryStage(controls, ledger), StampStage(controls, ledger)
    before, early, right, wrong = frame(), frame(), frame(), frame()
    former = controls.identity
    await entry.run(before)
    await entry.run(early)
    controls.current = 1
    await entry.run(right)
    await entry.run(wrong)
    before.identity = wrong.identity = former
    early.identity = right.identity = controls.identity
    for one in (before, early, right, wrong):
        await stamp.run(one)
    await stamp.close()
    assert (ledger.switches, ledger.late) == (1, 1)
