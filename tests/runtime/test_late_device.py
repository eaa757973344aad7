"""The generator on a device whose work is done late and out of order, and what its events are for:
without one of them some order of the work gives another picture."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

import numpy as np
import pytest
from tests.runtime.fake_device import HURRIED, FakeDevice
from tests.runtime.fake_torch import FakeEvent
from tests.runtime.fakes import WINDOW, engines
from tests.runtime.test_generator import HEAD, WITH_PRIOR, encoded, random, surface

from bunraku.runtime.buffers import Ring
from bunraku.runtime.cuda_device import CudaEvent
from bunraku.runtime.generator import Fetched, Generator
from bunraku.spec.arrays import Array
from bunraku.spec.stages import Stage

SHIFTS = (4, 9, 2, 12)


def name_of(hurried: Collection[Stage]) -> str:
    return "+".join(sorted(hurried)) or "none"


@pytest.fixture(params=HURRIED, ids=name_of)
def device(request: pytest.FixtureRequest) -> FakeDevice:
    return FakeDevice(request.param)


def overlapped(device: FakeDevice | None) -> list[Fetched]:
    """Frames all of which are begun before the first is fetched, after a photo was read."""
    made = engines()
    if device is None:
        generator = Generator(made, WITH_PRIOR, 1)
    else:
        generator = Generator(device.engines(made), WITH_PRIOR, 1, device=device)
    features = encoded(generator)
    begun = []
    for shift in SHIFTS:
        driven = surface(shift)
        own = random(1, 6, *driven.shape[2:]) * shift if shift == SHIFTS[2] else None
        moved = generator.move(features, driven, HEAD * np.float32(shift / 9), own)
        driven[:] = np.nan  # the caller's own, which it may use again
        begun.append(generator.blend(features, generator.seam(features, moved)))
    return [generator.fetch(blended) for blended in begun]


@cache
def of_host() -> list[Fetched]:
    """The same frames without a device: no order makes a difference."""
    return overlapped(None)


def is_right(device: FakeDevice) -> bool:
    """Whether a device gives the pictures of the host."""
    return all(
        np.allclose(late, here, atol=2e-5)
        for one, other in zip(overlapped(device), of_host(), strict=True)
        for late, here in zip(arrays_of(one), arrays_of(other), strict=True)
    )


def arrays_of(fetched: Fetched) -> list[Array]:
    assert fetched.detail is not None
    return [fetched.image, fetched.mask, *fetched.detail]


def test_frames_that_overlap_are_the_host_s_in_every_order(device: FakeDevice) -> None:
    assert is_right(device)


def some_order_fails(prepared: Any) -> bool:
    """Whether something is noticed in at least one order.

    :param prepared: takes something away from a new device.
    """
    for hurried in HURRIED:
        device = FakeDevice(hurried)
        prepared(device)
        try:
            if not is_right(device):
                return True
        except IndexError:
            return True  # a place that was read before it was written
    return False


def test_without_the_event_between_the_stages_the_blend_reads_too_early() -> None:
    def deaf(device: FakeDevice) -> None:
        device.queue(Stage.BLEND).wait = lambda event: None  # type: ignore[method-assign]

    assert some_order_fails(deaf)  # as none does with it: the test above


def test_without_the_wait_for_a_copy_pinned_memory_is_overwritten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(CudaEvent, "done", True)
    assert some_order_fails(lambda device: None)


def test_without_waiting_at_the_end_a_picture_is_read_before_it_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(FakeEvent, "synchronize", lambda self: None)
    assert some_order_fails(lambda device: None)


@pytest.mark.parametrize("marked", [True, False], ids=["used", "not marked"])
def test_arrays_that_another_queue_still_reads_are_not_overwritten(marked: bool) -> None:
    """A frame that is dropped after its blend was queued: the next one has its arrays."""
    read = set()
    for hurried in HURRIED:
        device = FakeDevice(hurried)
        motion, blend = device.queue(Stage.MOTION), device.queue(Stage.BLEND)
        ring = Ring(lambda device=device: {"a": device.empty((2,))})  # type: ignore[misc]
        kept = device.empty((2,))
        for value in (1.0, 2.0):
            lease = ring.take(motion)
            array: Any = lease.arrays["a"]
            with motion:
                array.fill_(value)
            if value == 1.0:
                blend.wait(motion.record())
                if marked:
                    with lease.used(blend), blend:
                        kept.copy_(array)
                else:
                    with blend:
                        kept.copy_(array)
            del lease
        assert ring.made == 1
        read.add(float(device.download([kept], blend)[0][0]))
    assert read == ({1.0} if marked else {1.0, 2.0})


def test_a_photo_that_is_given_up_stays_for_the_frames_that_read_it() -> None:
    """Memory that is freed is taken again at once, by the next photo's features."""
    for hurried in HURRIED:
        device = FakeDevice(hurried)
        made = engines()
        blend = made["blend"]
        of_photo = {"image_masked": (1, 5, WINDOW, WINDOW)}
        blend.inputs = {**blend.inputs, **of_photo}
        blend.function = lambda known: {
            "image": known["image_masked"][:, :3],
            "mask": known["image_masked"][:, 3:4],
            "trust": known["image_masked"][:, 3:4],
        }
        generator = Generator(device.engines(made), WITH_PRIOR, 1, device=device)
        nothing, all_of_it = (np.full((1, 1, WINDOW, WINDOW), v, np.float32) for v in (0, 1))
        picture = random(1, 3, WINDOW, WINDOW)
        features = generator.encode(picture, all_of_it, surface())
        moved = generator.move(features, surface(4))
        blended = generator.blend(features, generator.seam(features, moved))
        del features, moved
        generator.encode(picture, nothing, surface())
        assert generator.fetch(blended).mask.min() == 1.0


def test_memory_is_fixed_once_every_frame_in_flight_has_its_own() -> None:
    device = FakeDevice()
    generator = Generator(device.engines(engines()), WITH_PRIOR, 1, device=device)
    features = encoded(generator)
    needed = []
    for round_ in range(4):
        flying = [generator.move(features, surface(shift + round_), HEAD) for shift in SHIFTS[:3]]
        painted = [generator.blend(features, generator.seam(features, one)) for one in flying]
        shown = [generator.fetch(one) for one in painted]
        needed.append((device.torch.memory.made, device.torch.pinned))
        del flying, painted, shown
    assert needed[1:] == needed[1:2] * 3


def test_the_host_waits_once_for_a_frame() -> None:
    device = FakeDevice()
    overlapped(device)
    assert device.torch.work.host_waits == len(SHIFTS)


def test_what_is_fetched_is_nobody_else_s_while_any_view_of_it_is_left() -> None:
    device = FakeDevice()
    queue = device.queue(Stage.BLEND)
    array = device.empty((2, 3))
    views = []
    for value in (1.0, 2.0, 3.0):
        with queue:
            array.fill_(value)
        (here,) = device.download([array], queue)
        views.append(here[1][1:])
        del here
    assert [view.tolist() for view in views] == [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]
    pinned = device.torch.pinned
    del views
    device.download([array, array, array], queue)
    assert device.torch.pinned == pinned, "what is left is used again"
