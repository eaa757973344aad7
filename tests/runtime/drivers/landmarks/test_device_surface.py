"""Surfaces that a device makes for the generator there, beside those of the host."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from typing import Any

import numpy as np
import pytest
import torch
from tests.runtime.drivers.landmarks.test_surface import SIDE, iuv
from tests.runtime.fake_device import HURRIED, FakeDevice
from tests.runtime.fakes import SIZE, FakeEngine, engines
from tests.runtime.test_generator import WITH_PRIOR, encoded, surface

from bunraku.errors import EngineError
from bunraku.runtime.drivers.landmarks.device_surface import DeviceIuvNet
from bunraku.runtime.drivers.landmarks.enlarging import enlarged, enlarged_on_device
from bunraku.runtime.drivers.landmarks.surface import IuvNet
from bunraku.runtime.generator import Generator
from bunraku.spec.arrays import Array, Tensors
from bunraku.spec.stages import Stage

SHIFTS = (4, 9, 2)


def landmarks(value: float) -> Array:
    return np.full((33, 4), value, np.float32)


def made_on(device: FakeDevice, size: int, engine: FakeEngine | None = None) -> DeviceIuvNet:
    there: Any = device.engines({"iuv": engine or iuv()})["iuv"]
    return DeviceIuvNet(IuvNet(there, size), device)


@pytest.mark.parametrize("size", [SIDE, 2 * SIDE])
@pytest.mark.parametrize("hurried", [(), (Stage.DENSEPOSE,)])
def test_a_device_makes_what_the_host_makes(hurried: Any, size: int) -> None:
    mask = np.random.default_rng(2).random((size, size), np.float32)
    device, host = FakeDevice(hurried), IuvNet(iuv(), size)
    net, needed = made_on(device, size), []
    for value in (0.25, 0.75, 0.5):
        told, outlines = landmarks(value), [mask.copy(), None]
        begun = [net.surface(told, outline) for outline in outlines]
        told[:] = np.nan  # the caller's own, which it may use again
        found = [net.fetch(one) for one in begun]
        for one, outline in zip(found, (mask, None), strict=True):
            np.testing.assert_allclose(one, host.surface(landmarks(value), outline), atol=1e-6)
        needed.append(device.torch.memory.made)
        del begun, one
    assert needed[1:] == needed[1:2] * 2


def test_tensors_are_enlarged_as_arrays_are() -> None:
    given = np.random.default_rng(1).random((1, 73, 8, 8), np.float32)
    out = torch.full((1, 73, 24, 24), torch.nan)
    np.testing.assert_allclose(
        enlarged_on_device(torch.from_numpy(given), out).numpy(), enlarged(given, 24), atol=1e-5
    )


def moving(device: FakeDevice | None) -> list[Array]:
    """What a generator paints of frames all of which are begun before the first is fetched."""

    def mapped(known: Tensors) -> dict[str, Array]:
        return {"densepose": surface(int(known["landmarks"][0, 0, 0]))}

    shapes = {"landmarks": (1, 33, 4), "mask": (1, 1, SIZE, SIZE)}
    engine = FakeEngine("iuv", shapes, {"densepose": (1, 73, SIZE, SIZE)}, mapped)
    given: Any = engines() if device is None else device.engines(engines())
    generator = Generator(given, WITH_PRIOR, 1, device=device)
    features = encoded(generator)
    net = None if device is None else made_on(device, SIZE, engine)
    begun = []
    for shift in SHIFTS:
        sent: Any = surface(shift) if net is None else net.surface(landmarks(shift), None)
        moved = generator.move(features, sent)
        del sent
        begun.append(generator.blend(features, generator.seam(features, moved)))
    return [generator.fetch(one).image for one in begun]


def is_right(device: FakeDevice) -> bool:
    pairs = zip(moving(device), moving(None), strict=True)
    return all(np.allclose(found, expected, atol=2e-5) for found, expected in pairs)


def name_of(hurried: Collection[Stage]) -> str:
    return "+".join(sorted(hurried)) or "none"


@pytest.mark.parametrize("hurried", HURRIED, ids=name_of)
def test_the_generator_takes_them_there_in_every_order(hurried: Collection[Stage]) -> None:
    device = FakeDevice(hurried)
    assert is_right(device)
    surfaces = [shape for shape in device.down if shape[1] == 73]
    assert not surfaces
    assert device.torch.work.host_waits == len(SHIFTS)


def test_without_its_event_a_surface_is_read_too_early() -> None:
    device = FakeDevice((Stage.MOTION,))
    device.queue(Stage.MOTION).wait = lambda event: None  # type: ignore[method-assign]
    with contextlib.suppress(IndexError):  # a place that was read before it was written
        assert not is_right(device)


def test_one_of_a_device_that_has_failed_is_told_to_be_lost() -> None:
    device = FakeDevice()
    sent = made_on(device, SIZE, iuv(SIZE)).surface(landmarks(1.0), None)
    generator = Generator(engines(), WITH_PRIOR, 1)
    with pytest.raises(EngineError, match="on a GPU that has failed"):
        generator.move(encoded(generator), sent)
