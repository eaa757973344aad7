"""Crops cut where a device has the frame, beside those that OpenCV cuts on the host."""

from __future__ import annotations

import threading
from typing import Any

import cv2
import numpy as np
import pytest
from tests.runtime.fake_device import HURRIED, FakeDevice
from tests.runtime.fakes import FakeEngine

from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.pose.crops import HOST, Crops, DeviceCrops
from bunraku.runtime.pose.landmarks import SIZE, WITHOUT_MASK, Landmarker
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.arrays import Array, Picture, Tensors
from bunraku.spec.stages import Stage

N = 24
ROIS = [
    pytest.param(Roi(150.0, 120.0, 40.0, 0.4), id="turned"),
    pytest.param(Roi(6.0, 210.0, 40.0, -1.2), id="half outside"),
    pytest.param(Roi(150.3, 120.7, 80.0, 0.3), id="three pixels in one"),
    pytest.param(Roi(120.0, 120.0, 7.0, 0.0), id="enlarged"),
    pytest.param(Roi(-90.0, 120.0, 30.0, 0.0), id="outside"),
]


def frame_of(seed: int = 0) -> Picture:
    rough = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(rough, (320, 240), interpolation=cv2.INTER_CUBIC), np.uint8)


def seeing() -> FakeEngine:
    """Says what it sees, and how bright that is."""
    shape = (1, 3, N, N)

    def told(known: Tensors) -> dict[str, Array]:
        return {"seen": known["image"], "mean": known["image"].mean().reshape(1, 1)}

    return FakeEngine("seeing", {"image": shape}, {"seen": shape, "mean": (1, 1)}, told)


def on(device: FakeDevice, engine: FakeEngine) -> Any:
    return device.engines({"": engine})[""]


@pytest.mark.parametrize("roi", ROIS)
def test_a_device_cuts_what_the_host_cuts(roi: Roi) -> None:
    frame = frame_of()
    expected = HOST.of(seeing(), N)(frame, roi)["seen"]
    for hurried in HURRIED:
        device = FakeDevice(hurried)
        crops = DeviceCrops(device)
        look = crops.of(on(device, seeing()), N)
        with crops.opened(frame):
            found = look(frame, roi)["seen"]
        # OpenCV rounds to bytes and to places between pixels; squares that it averages are upright.
        assert np.abs(found - expected).mean() < 0.7 / 255
        assert np.quantile(np.abs(found - expected), 0.98) < 3 / 255


def test_a_frame_is_brought_once_and_forgotten_after_it() -> None:
    device = FakeDevice((Stage.DENSEPOSE,))
    crops = DeviceCrops(device)
    looks = [crops.of(on(device, seeing()), N, _brightness) for _ in range(2)]
    frame, roi = frame_of(), Roi(150.0, 120.0, 60.0, 0.0)
    with crops.opened(frame), crops.opened(frame):  # as by two sessions of one camera
        dark = [look(frame, roi)["mean"] for look in looks]
    assert device.up.count(frame.shape) == 1
    assert set(device.down) == {(1, 1)}
    assert device.torch.work.host_waits == 2
    frame[:] = 255  # the caller's own, which it may use again
    with crops.opened(frame):
        assert looks[0](frame, roi)["mean"] > dark[0] + 0.1
    assert device.up.count(frame.shape) == 2


def test_a_session_does_not_wait_for_another_s_frame() -> None:
    first, second = frame_of(0), frame_of(1)
    bringing, opened = threading.Event(), threading.Event()
    waited = []

    class Slow(FakeDevice):
        def upload(self, array: Any, queue: Any, *, out: Any = None) -> Any:
            if array is first:
                bringing.set()
                waited.append(opened.wait(1.0))
            return super().upload(array, queue, out=out)

    device = Slow((Stage.DENSEPOSE,))
    crops = DeviceCrops(device)
    look = crops.of(on(device, seeing()), N, _brightness)

    def other() -> None:
        with crops.opened(first):
            look(first, Roi(150.0, 120.0, 60.0, 0.0))

    thread = threading.Thread(target=other)
    thread.start()
    assert bringing.wait(5.0)
    with crops.opened(second):
        opened.set()
    thread.join(5.0)
    assert waited == [True]


def test_what_is_not_opened_is_cut_by_the_host_to_the_bit() -> None:
    device, frame, roi = FakeDevice(), frame_of(), Roi(150.0, 120.0, 60.0, 0.0)
    look = DeviceCrops(device).of(on(device, seeing()), N)
    np.testing.assert_array_equal(
        look(frame, roi)["seen"], HOST.of(seeing(), N)(frame, roi)["seen"]
    )
    assert frame.shape not in device.up


def test_memory_is_fixed_after_the_first_frames() -> None:
    device = FakeDevice()
    crops = DeviceCrops(device)
    look, needed = crops.of(on(device, seeing()), N), []
    for seed in range(4):
        frame = frame_of(seed)
        with crops.opened(frame):
            look(frame, Roi(150.0, 120.0, 60.0, 0.0))
        needed.append((device.torch.memory.made, device.torch.pinned))
    assert needed[1:] == needed[:1] * 3


def landmarking() -> FakeEngine:
    """A pose network whose landmarks lie anywhere, which heat moves."""
    made = np.random.default_rng(5)
    values = made.normal(0.5, 0.6, (39, 5)).astype(np.float32) * SIZE
    said = {
        "landmarks": values.reshape(1, -1),
        "presence": np.full((1, 1), 0.9, np.float32),
        "heatmap": made.normal(0, 3, (1, 39, 64, 64)).astype(np.float32),
        "world": made.normal(0, 1, (1, 117)).astype(np.float32),
    }
    shapes = {name: array.shape for name, array in said.items()}
    assert tuple(said) == WITHOUT_MASK
    return FakeEngine("pose", {"image": (1, 3, SIZE, SIZE)}, shapes, lambda _: said)


def landmarked(engine: Engine, crops: Crops = HOST) -> Any:
    frame = frame_of()
    with crops.opened(frame):
        return Landmarker(engine, engine, crops).run(frame, Roi(150, 120, 60, 0.3), mask=False)


def test_of_heatmaps_the_cells_around_landmarks_alone_come_back() -> None:
    device = FakeDevice()
    found = landmarked(on(device, landmarking()), DeviceCrops(device))
    expected = landmarked(landmarking())
    for name in ("points", "visibility", "world", "presence"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert device.torch.work.host_waits == 1
    assert max(np.prod(shape) for shape in device.down) == 39 * 7 * 7


def _brightness(said: Tensors, stay: Any) -> Tensors:
    return {"mean": said["mean"]}
