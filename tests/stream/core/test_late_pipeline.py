"""A live session on a device whose work is done late and out of order between its streams."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tests.runtime.fake_device import FakeDevice
from tests.runtime.fakes import engines, models, street, with_person
from tests.stream.fakes import FakeSink, FakeSource

from bunraku.kernels import to_i420
from bunraku.runtime.paster import Paster
from bunraku.runtime.puppet import Puppet
from bunraku.spec.arrays import Picture
from bunraku.spec.stages import Stage
from bunraku.stream.core.clock import SystemClock
from bunraku.stream.core.controls import Controls, Photo
from bunraku.stream.core.pipeline import Pipeline
from bunraku.stream.core.stages import puppet_stages

PHOTO = with_person(street(), 100, 60)
FRAMES = [with_person(street(), 100 + 7 * i, 60) for i in range(3)]
LATE = [frozenset[Stage](), frozenset({Stage.MOTION}), frozenset({Stage.BLEND})]


async def shown(
    device: FakeDevice | None, *, pasted: bool = True, takes_i420: bool = False
) -> list[Picture]:
    """What a session shows of all frames, in which three stages work at once.

    :param pasted: whether on the device.
    :param takes_i420: whether the sink is an encoder's.
    """
    made = models()
    if device is not None:
        made = replace(made, device=device, engines=device.engines(engines()))
        made = replace(made, paster=Paster(device) if pasted else None)
    puppet = Puppet(made)
    identity, report = puppet.make_identity(PHOTO)
    controls = Controls()
    controls.add(Photo("me", "me", identity, report))
    clock = SystemClock()
    source = FakeSource(clock, interval_s=0.001, count=len(FRAMES), waits=True, raw=FRAMES)
    sink = FakeSink("file", clock, keeps_all=True, takes_i420=takes_i420)
    pipeline = Pipeline(source, puppet_stages(puppet, controls), [sink], clock=clock)
    await pipeline.run()
    assert not pipeline.stats().faults
    return [frame.shown_to_encoder() for frame in sink.frames]


def furthest(pictures: list[Picture], others: list[Picture]) -> int:
    """The largest difference of a pixel; two forms of the kernels round differently."""
    assert len(pictures) == len(others) == len(FRAMES)
    pairs = zip(pictures, others, strict=True)
    return max(int(np.abs(a.astype(int) - b).max()) for a, b in pairs)


@pytest.mark.parametrize("pasted", [True, False], ids=["pasted there", "pasted here"])
@pytest.mark.parametrize("hurried", LATE, ids=lambda stages: "+".join(stages) or "none")
async def test_a_session_shows_what_it_shows_on_the_host(
    hurried: Collection[Stage], pasted: bool
) -> None:
    assert furthest(await shown(FakeDevice(hurried), pasted=pasted), await shown(None)) <= 1


async def test_of_what_is_pasted_there_the_picture_alone_comes_back() -> None:
    device = FakeDevice()
    await shown(device)
    assert device.down == [PHOTO.shape] * len(FRAMES)
    assert device.torch.work.host_waits == len(FRAMES)


async def test_an_encoder_gets_half_the_bytes_and_colours_that_the_device_has_halved() -> None:
    device = FakeDevice()
    planes = await shown(device, takes_i420=True)
    height, width, _ = PHOTO.shape
    assert device.down == [(height * 3 // 2, width)] * len(FRAMES)
    assert device.torch.work.host_waits == len(FRAMES)
    expected = [to_i420(torch.from_numpy(one)).numpy() for one in await shown(None)]
    assert furthest(planes, expected) <= 2
    assert [one.ndim for one in await shown(None, takes_i420=True)] == [3] * len(FRAMES)


@pytest.mark.filterwarnings("ignore:invalid value")  # what is not there yet is no number
async def test_without_the_event_between_its_stages_it_does_not() -> None:
    expected, worst = await shown(None), 0
    for hurried in LATE:
        device = FakeDevice(hurried)
        blend: Any = device.queue(Stage.BLEND)
        blend.wait = lambda event: None
        worst = max(worst, furthest(await shown(device), expected))
    assert worst > 50
