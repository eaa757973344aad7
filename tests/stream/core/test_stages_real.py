"""The stages with the real puppet, on fake networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.runtime.fakes import puppet as fake_puppet
from tests.runtime.fakes import red, street, with_person
from tests.stream.fakes import FakeClock, FakeSink, FakeSource

from bunraku.runtime.identity import Identity
from bunraku.spec.arrays import Picture
from bunraku.stream.core.controls import Controls, Photo
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.pipeline import Pipeline
from bunraku.stream.core.stages import puppet_stages


async def _drive_through(
    frames: list[Picture], identities: list[Identity], puppet: Any, on: Callable[[int], int]
) -> FakeSink:
    """All frames through a pipeline; ``on`` says which photo is chosen at each."""
    clock = FakeClock()
    controls = Controls()
    report: Any = None
    for number, identity in enumerate(identities):
        controls.add(Photo(str(number), "photo", identity, report))

    class Chooser:
        """Switches as a user would, between two frames."""

        def arrived(self, frame: LiveFrame) -> None:
            controls.current = on(frame.index)

        def dropped(self, where: str) -> None:
            raise AssertionError(where)

        def failed(self, where: str, error: Exception) -> None:
            raise AssertionError(where) from error

        def delivered(self, frame: LiveFrame, sink: str, age_s: float) -> None: ...

    source = FakeSource(clock, interval_s=0.0, count=len(frames), waits=True, raw=frames)
    sink = FakeSink("screen", clock)
    stages = puppet_stages(puppet, controls, clock=clock)
    await Pipeline(source, stages, [sink], clock=clock, observers=[Chooser()]).run()
    return sink


async def test_a_real_puppet_gives_what_animate_gives() -> None:
    scene = street()
    photos = [with_person(scene, 100, 60), with_person(street((200, 200)), 80, 30)]
    frames = [with_person(scene, 100 + 3 * i, 60) for i in range(8)]
    puppet = fake_puppet()
    identities = [puppet.make_identity(photo)[0] for photo in photos]
    sink = await _drive_through(frames, identities, puppet, lambda _: 0)
    plain = fake_puppet()
    plain.set_source(photos[0])
    for i, frame in enumerate(sink.frames):
        assert np.array_equal(frame.shown_picture(), plain.animate(frames[i], float(i)))
    assert len(sink.frames) == len(frames)


async def test_a_real_puppet_changes_photos_without_calibrating_anew() -> None:
    scene = street()
    photos = [with_person(scene, 100, 60), with_person(street((200, 200)), 80, 30)]
    frames = [with_person(scene, 100, 60)] + [with_person(scene, 112, 60)] * 5
    puppet = fake_puppet()
    identities = [puppet.make_identity(photo)[0] for photo in photos]
    sink = await _drive_through(frames, identities, puppet, lambda _: 0)
    before = sink.frames[-1].shown_picture()
    sink = await _drive_through(frames, identities, fake_puppet(), lambda i: i % 2)
    shown = [frame.shown_picture() for frame in sink.frames]
    by_photo = [identities.index(f.identity) for f in sink.frames if f.identity is not None]
    assert set(by_photo) == {0, 1}
    for place, one in zip(by_photo, shown, strict=True):
        assert one.shape == photos[place].shape
    moved = [one for place, one in zip(by_photo, shown, strict=True) if place == 1][-1]
    middle = np.flatnonzero(red(moved).any(0)).mean()
    assert middle == pytest.approx(80 + 19.5 + 12, abs=1.5)  # as far as the driver went
    first = [one for place, one in zip(by_photo, shown, strict=True) if place == 0][-1]
    assert np.array_equal(first, before)
