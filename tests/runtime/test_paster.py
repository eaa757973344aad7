"""Drawings of a device pasted where they are, beside what ``Canvas.paste`` makes of the host's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from tests.runtime.drivers.body.small_body import SURE, N, moves, small_body
from tests.runtime.fake_device import FakeDevice
from tests.runtime.fakes import WINDOW as WINDOW_PX
from tests.runtime.fakes import engines
from tests.runtime.test_generator import WITH_PRIOR, WITHOUT, encoded, run, without_prior
from tests.runtime.torch_device import TorchDevice

from bunraku.kernels import to_i420
from bunraku.runtime.canvas import Canvas, Patch
from bunraku.runtime.drivers.body.pen import DevicePen, HostPen
from bunraku.runtime.drivers.protocol import Drawn
from bunraku.runtime.generator import Generator
from bunraku.runtime.paster import Paster
from bunraku.runtime.shade import Shade
from bunraku.runtime.source.plate import RemovedShadow
from bunraku.runtime.source.window import Window
from bunraku.runtime.surround import Surround
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.stages import Stage

HEIGHT, WIDTH = 44, 52
WINDOW = Window.of_box(6, -3, 48)
BODY = small_body()
GONE = np.array([[0.02, 0.0], [0.01, -0.02], [0.03, 0.0]], np.float32)


@dataclass(frozen=True)
class Told:
    """What is asked of one picture."""

    shade: bool = False
    surround: bool = False
    patch: bool = False
    front: bool = False
    detail: bool = True


def pictures() -> tuple[Picture, Picture]:
    made = np.random.default_rng(4).integers(0, 256, (2, HEIGHT, WIDTH, 3), dtype=np.uint8)
    return made[0], made[1]


def canvas(told: Told) -> Canvas:
    photo, plate = pictures()
    shade = surround = None
    if told.shade:
        landmarks = np.zeros((33, 2), np.float32)
        landmarks[[31, 32]] = [[20, 40], [34, 40]]
        landmarks[[11, 12]] = [[20, 12], [34, 12]]
        depth = np.full((12, 40, 3), 0.4, np.float32)
        shade = Shade.of(RemovedShadow(depth, 30.0, 5.0, 30.0, (1.0, 1.0)), landmarks)
    if told.surround:
        mask = np.zeros((N, N), np.float32)
        mask[5:27, 6:26] = 1.0
        surround = Surround.of(mask)
    return Canvas(photo, plate, WINDOW, shade=shade, surround=surround)


def patch() -> Patch:
    """A face that is other in its middle."""
    photo, _ = pictures()
    pixels = photo[8:25, 20:33].copy()
    pixels[4:13, 3:10] = 255 - pixels[4:13, 3:10]
    return Patch(20, 8, pixels)


def front_in(n: int) -> Array:
    return np.linspace(0.0, 1.0, n * n, dtype=np.float32).reshape(n, n)


FRONT = front_in(N)


def of_host(step: float, told: Told) -> Picture:
    drawn = HostPen().draw(BODY, moves(step), SURE)
    mask = drawn.mask * (np.float32(1.0) - FRONT) if told.front else drawn.mask
    detail, face = drawn.detail if told.detail else None, patch() if told.patch else None
    return canvas(told).paste(drawn.image, mask, detail, face, mixed=True, moves=GONE)


def pasted(paster: Paster, on: Canvas, drawn: Drawn, told: Told) -> Picture:
    front, face = FRONT if told.front else None, patch() if told.patch else None
    late = replace(drawn, moves=GONE)
    return paster.paste(on, late, face, front=front, detail=told.detail)


ALL = Told(shade=True, surround=True, patch=True, front=True)


@pytest.mark.parametrize(
    "told",
    [
        Told(),
        Told(shade=True),
        Told(surround=True),
        Told(patch=True),
        Told(front=True),
        Told(detail=False),
        Told(patch=True, surround=True, detail=False),
        ALL,
    ],
    ids=lambda told: "+".join(name for name, on in vars(told).items() if on) or "without detail",
)
def test_a_device_pastes_what_the_host_pastes(told: Told) -> None:
    device = TorchDevice()
    for step in (0.1, 2.3):
        drawn = DevicePen(device).draw(BODY, moves(step), SURE)
        found, expected = pasted(Paster(device), canvas(told), drawn, told), of_host(step, told)
        away = np.abs(found.astype(int) - expected)
        assert found.dtype == np.uint8
        # OpenCV takes places between pixels to the 32nd.
        assert (away <= 2).mean() > 0.995, away.max()
        assert away.max() <= (16 if told.patch else 2)
    assert np.abs(expected.astype(int) - pictures()[1]).mean() > 5.0


def test_what_is_asked_makes_a_difference() -> None:
    """Else the test above would say nothing of it."""
    plain = of_host(0.1, Told()).astype(int)
    for name in ("shade", "surround", "patch", "front"):
        assert (np.abs(of_host(0.1, Told(**{name: True})) - plain) > 5).mean() > 0.01, name


def test_an_encoders_planes_are_those_of_the_picture() -> None:
    device = FakeDevice()
    drawn, paster = DevicePen(device).draw(BODY, moves(0.1), SURE), Paster(device)
    picture = paster.paste(canvas(Told()), drawn)
    planes = paster.paste(canvas(Told()), drawn, i420=True)
    assert device.down == [(HEIGHT, WIDTH, 3), (HEIGHT * 3 // 2, WIDTH)]
    assert np.array_equal(planes, to_i420(torch.from_numpy(picture)).numpy())


@pytest.mark.parametrize("hurried", [(), (Stage.DENSEPOSE,), (Stage.BLEND,)])
def test_frames_that_overlap_are_the_hosts_however_late_they_are(hurried: Any) -> None:
    device = FakeDevice(hurried)
    assert is_right(device)


def test_without_the_drawings_event_a_picture_is_pasted_too_early() -> None:
    device = FakeDevice((Stage.BLEND,))
    device.queue(Stage.BLEND).wait = lambda event: None  # type: ignore[method-assign]
    with np.errstate(invalid="ignore"):  # what is not there yet is no number
        assert not is_right(device)


def test_a_drawing_is_fetched_as_the_host_would_have_drawn_it() -> None:
    for hurried in ((), (Stage.BLEND,)):
        device = FakeDevice(hurried)
        drawn = replace(DevicePen(device).draw(BODY, moves(2.3), SURE), moves=GONE)
        found, expected = Paster(device).fetch(drawn), HostPen().draw(BODY, moves(2.3), SURE)
        assert found.made is None
        assert found.moves is GONE
        for name in ("image", "mask", "trust", "warped", "flow"):
            np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=2e-5)


def test_the_host_waits_once_for_a_picture() -> None:
    device = FakeDevice()
    pen, paster, on = DevicePen(device), Paster(device), canvas(ALL)
    for count in range(1, 3):
        pasted(paster, on, pen.draw(BODY, moves(1.2), SURE), ALL)
        assert device.torch.work.host_waits == count


def test_memory_is_fixed_after_the_first_frames() -> None:
    """Of drawings and of what a generator paints, pasted in turns."""
    device = FakeDevice()
    pen, paster, on = DevicePen(device), Paster(device), canvas(ALL)
    generator = Generator(device.engines(engines()), WITH_PRIOR, 1, device=device)
    features, needed = encoded(generator), []
    for step in range(5):
        pasted(paster, on, pen.draw(BODY, moves(0.4 * step), SURE), ALL)
        paster.paste(on, run(generator, features, step), patch(), front=front_in(WINDOW_PX))
        needed.append((device.torch.memory.made, device.torch.pinned))
    assert needed[2:] == needed[1:2] * 3, "the last picture is held while the next is made"


@pytest.mark.parametrize("prior", [True, False], ids=["prior", "paper"])
@pytest.mark.parametrize("detail", [True, False], ids=["detail", "without detail"])
def test_what_a_generator_paints_is_pasted_as_the_host_pastes_it(prior: bool, detail: bool) -> None:
    layout, made = (WITH_PRIOR, engines()) if prior else (WITHOUT, without_prior())
    told = Told(surround=True, patch=True, front=True, detail=detail)
    there = FakeDevice((Stage.BLEND,))
    results: list[Picture] = []
    for device in (None, there):
        given: Any = made if device is None else device.engines(made)
        generator = Generator(given, layout, 1, device=device)
        features = encoded(generator)
        if device is None:
            shown = generator.fetch(run(generator, features, 5), detail=detail)
            mask = shown.mask * (np.float32(1.0) - front_in(shown.mask.shape[3]))
            on = canvas(told)
            results.append(on.paste(shown.image, mask, shown.detail, patch()))
            continue
        paster, on = Paster(device), canvas(told)
        for _ in range(2):
            blended, front = run(generator, features, 5), front_in(layout.window)
            results.append(paster.paste(on, blended, patch(), front=front, detail=detail))
    expected, *found = results
    for one in found:
        away = np.abs(one.astype(int) - expected)
        assert (away <= 2).mean() > 0.995, away.max()
    assert np.abs(expected.astype(int) - pictures()[1]).mean() > 5.0
    assert there.down == [(HEIGHT, WIDTH, 3)] * 2, "the picture alone comes back"
    assert there.torch.work.host_waits == 2


def is_right(device: FakeDevice) -> bool:
    """Whether a device gives the host's pictures, its frames all begun before one is pasted."""
    pen, paster, on = DevicePen(device), Paster(device), canvas(ALL)
    steps = (0.1, 2.3)
    begun = [pen.draw(BODY, moves(step), SURE) for step in steps]
    made: list[Array] = []
    for drawn in begun:
        made.append(pasted(paster, on, drawn, ALL).astype(np.float32))
    return all(
        bool((np.abs(found - of_host(step, ALL)) <= 2).mean() > 0.99)
        for found, step in zip(made, steps, strict=True)
    )
