from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.runtime.drivers.body.small_body import SURE, N, moves, slips, small_body
from tests.runtime.fake_device import FakeDevice
from tests.runtime.torch_device import TorchDevice

from bunraku.runtime.drivers.body.pen import DevicePen, HostPen
from bunraku.runtime.drivers.protocol import Drawn
from bunraku.runtime.plan import FrameShares
from bunraku.spec.arrays import Array
from bunraku.spec.stages import Stage

FIELDS = ("image", "mask", "trust", "warped", "flow")
HIDDEN = np.zeros(33, np.float32)


def planes(drawn: Drawn) -> Array:
    return np.concatenate([np.asarray(getattr(drawn, name)) for name in FIELDS], 1)


@pytest.mark.parametrize("desk", [False, True], ids=["free", "behind a desk"])
@pytest.mark.parametrize(
    ("step", "arm", "seen"),
    [
        pytest.param(0.0, 0.0, SURE, id="as in the photo"),
        pytest.param(3.3, 1.7, SURE, id="an arm half let out"),
        pytest.param(-2.4, 5.0, HIDDEN, id="an arm wholly let out, of a driver who hides it"),
        pytest.param(40.0, 0.0, SURE, id="pulled out of the window"),
    ],
)
def test_a_device_draws_what_the_host_draws(
    step: float, arm: float, seen: Array, desk: bool
) -> None:
    body = small_body(desk=desk)
    expected = HostPen().draw(body, moves(step, arm), seen)
    found = DevicePen(TorchDevice()).draw(body, moves(step, arm), seen)
    np.testing.assert_allclose(planes(found), planes(expected), atol=2e-5)
    assert expected.made is None
    assert found.made is not None


def test_what_was_drawn_before_makes_no_difference() -> None:
    body, pen = small_body(), HostPen()
    for step in (3.3, 3.3, 0.0, 12.0, 3.3):
        alone = planes(pen.draw(small_body(), moves(step, 1.7), SURE))
        np.testing.assert_array_equal(planes(pen.draw(body, moves(step, 1.7), SURE)), alone)
    assert body.gone(moves(3.3, 1.7)) not in (body.gone(moves(0.0, 1.7)), [0.0])


@pytest.mark.parametrize("threads", [1, 3])
def test_parts_that_are_drawn_beside_each_other_are_the_same(threads: int) -> None:
    for step, arm in ((0.0, 0.0), (3.3, 1.7), (-2.4, 5.0)):
        given = moves(step, arm), SURE, slips(1.5)
        alone = planes(HostPen().draw(small_body(desk=True), *given))
        shared = HostPen(FrameShares(threads, beside=True)).draw(small_body(desk=True), *given)
        np.testing.assert_array_equal(planes(shared), alone)


def test_clothes_slip_on_a_device_as_on_the_host() -> None:
    body, far = small_body(), slips(2.5)
    expected = planes(HostPen().draw(body, moves(1.3, arm=2.0), SURE, far))
    found = planes(DevicePen(TorchDevice()).draw(body, moves(1.3, arm=2.0), SURE, far))
    np.testing.assert_allclose(found, expected, atol=2e-5)
    unslipped = planes(HostPen().draw(body, moves(1.3, arm=2.0), SURE))
    assert np.abs(expected - unslipped).max() > 0.1


def test_a_picture_is_laid_on_a_drawing_where_it_is() -> None:
    body, patch = small_body(), np.random.default_rng(1).random((7, 5, 8), np.float32)
    drawn = []
    for pen in (HostPen(), DevicePen(TorchDevice())):
        made = pen.draw(body, moves(1.2), SURE)
        pen.lay(made, patch, (9, 20))
        drawn.append(planes(pen.finished(made)))
    np.testing.assert_allclose(drawn[1], drawn[0], atol=2e-5)
    plain = planes(HostPen().draw(body, moves(1.2), SURE))
    assert np.abs(drawn[0] - plain)[..., 9:14, 20:28].max() > 0.1


def late(device: FakeDevice, pen: DevicePen, drawn: Drawn) -> list[Array]:
    """What is seen of a drawing by another queue that waits for it."""
    assert drawn.made is not None
    blend = device.queue(Stage.BLEND)
    blend.wait(drawn.made.ready)
    with drawn.made.lease.used(blend):
        return device.download([getattr(drawn, name) for name in FIELDS], blend)


@pytest.mark.parametrize("hurried", [(), (Stage.DENSEPOSE,), (Stage.BLEND,)])
def test_frames_that_overlap_are_the_hosts_however_late_they_are(hurried: Any) -> None:
    device, body = FakeDevice(hurried), small_body(desk=True)
    pen = DevicePen(device)
    patch = np.full((5, 3, 3), 0.5, np.float32)
    begun = []
    for step in (0.3, 2.1, -3.3):
        transforms = moves(step, arm=2.0)
        drawn = pen.draw(body, transforms, SURE)
        pen.lay(drawn, patch, (4, 4))
        begun.append(pen.finished(drawn))
        transforms[:] = np.nan  # the caller's own, which it may use again
    for step, drawn in zip((0.3, 2.1, -3.3), begun, strict=True):
        expected = HostPen().draw(body, moves(step, arm=2.0), SURE)
        HostPen().lay(expected, patch, (4, 4))
        found = np.concatenate(late(device, pen, drawn), 1)
        np.testing.assert_allclose(found, planes(expected), atol=2e-5)


def test_memory_is_fixed_once_every_frame_in_flight_has_its_own() -> None:
    device, body = FakeDevice((Stage.DENSEPOSE,)), small_body()
    pen, needed = DevicePen(device), []
    for round_ in range(4):
        flying = [pen.draw(body, moves(step + round_, 1.0), SURE) for step in (0.0, 1.0)]
        for drawn in flying:
            late(device, pen, drawn)
        needed.append((device.torch.memory.made, device.torch.pinned))
        del flying, drawn
    assert needed[2:] == needed[1:2] * 2


def test_a_body_is_brought_once_and_shares_what_others_have_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes: list[int] = []
    device = TorchDevice()
    upload = device.upload

    def counted(array: Any, queue: Any, *, out: Any = None) -> Any:
        sizes.append(array.nbytes)
        return upload(array, queue, out=out)

    monkeypatch.setattr(device, "upload", counted)
    body, pen = small_body(), DevicePen(device)
    pen.draw(body, moves(0.0), SURE)
    first = sum(sizes)
    sizes.clear()
    pen.draw(body, moves(1.0), SURE)
    assert sum(sizes) < first / 50, "bones and what the driver shows alone"
    sizes.clear()
    pen.draw(_bare(body), moves(1.0), SURE)
    assert max(sizes) == body.photo.picture.nbytes == 16 * N * N
    assert sum(sizes) < 1.1 * max(sizes), "and what is another body's own"


def _bare(body: Any) -> Any:
    return replace(body, photo=replace(body.photo, picture=body.photo.picture * np.float32(0.5)))
