from __future__ import annotations

import logging
import sys
import threading
from typing import Any

import numpy as np
import pytest
import torch
from tests.runtime.fake_device import FakeDevice
from tests.runtime.fake_torch import FakeTorch

from bunraku.errors import DeviceLostError, EngineError, MissingExtraError, OutOfMemoryError
from bunraku.runtime import cuda_device
from bunraku.runtime.cuda_device import CudaDevice
from bunraku.runtime.measure import Recorder
from bunraku.spec.stages import Stage


def test_blending_comes_first_and_each_stage_has_a_stream() -> None:
    device = FakeDevice()
    priority = {stage: device.queue(stage).stream.late.priority for stage in Stage}
    assert priority[Stage.BLEND] < priority[Stage.MOTION] < priority[Stage.DENSEPOSE]
    assert device.queue(Stage.BLEND) is device.queue(Stage.BLEND)
    assert device.name == "cuda:0 (Fake H100)"


def test_arrays_go_up_and_come_back() -> None:
    device = FakeDevice()
    queue = device.queue(Stage.MOTION)
    given = np.random.default_rng(0).random((1, 3, 5, 4), np.float32)
    turned = given.transpose(0, 1, 3, 2)
    there = [device.upload(given, queue), device.upload(turned, queue)]
    into = device.empty(given.shape)
    assert device.upload(given, queue, out=into) is into
    first, second, third = device.download([*there, into], queue)
    assert np.array_equal(first, given)
    assert np.array_equal(second, turned)
    assert np.array_equal(third, given)


def test_a_stage_s_queue_is_entered_by_several_threads_at_once() -> None:
    device = FakeDevice()
    queue, other = device.queue(Stage.MOTION), device.queue(Stage.BLEND)
    streams: list[Any] = []

    def look() -> None:
        streams.append(device.torch.work.current)

    with queue:
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        with other:
            look()
            with queue:
                look()
        look()
    look()
    motion, blend = queue.stream.late, other.stream.late
    assert streams == [None, blend, motion, motion, None]


def test_durations_are_read_from_events_when_they_are_asked_for() -> None:
    device = FakeDevice()
    queue = device.queue(Stage.BLEND)
    recorder = Recorder()
    with recorder.measure("blend.engine", queue):
        there = device.upload(np.ones(3, np.float32), queue)
    assert device.torch.work.host_waits == 0
    device.download([there], queue)
    assert recorder.spreads()["blend.engine"].count == 1


@pytest.mark.parametrize(
    ("error", "expected", "says"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried"), OutOfMemoryError, "too little mem"),
        (
            torch.AcceleratorError("CUDA error: an illegal memory access\nCompile with"),
            DeviceLostError,
            "has failed: CUDA error: an illegal memory access. Close",
        ),
        (
            type("OutOfResources", (Exception,), {"__module__": "triton.runtime.errors"})("shared"),
            DeviceLostError,
            "A kernel cannot run on the GPU: shared",
        ),
        (
            RuntimeError("Triton Error [CUDA]: bad"),
            DeviceLostError,
            "cannot run on the GPU: Triton",
        ),
        (ValueError("a shape"), ValueError, "a shape"),
    ],
    ids=["memory", "lost", "kernel", "launch", "another"],
)
def test_torch_s_errors_are_told_as_ours(
    error: Exception, expected: type[Exception], says: str
) -> None:
    queue = FakeDevice().queue(Stage.MOTION)
    with pytest.raises(expected, match=says), queue:
        raise error


def test_a_gpu_that_cannot_be_used_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeTorch()
    fake.cuda.available = False
    with pytest.raises(EngineError, match=r"torch .* finds no GPU here: it has no CUDA.*the CPU"):
        CudaDevice(torch=fake)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    told = (
        r"finds no GPU here: it is built for CUDA 13\.0\. Install NVIDIA's driver and a torch for"
    )
    with pytest.raises(EngineError, match=told):
        CudaDevice(torch=fake)
    fake.cuda.available, fake.cuda.capability = True, (7, 5)
    with pytest.raises(EngineError, match=r"Fake H100 is too old: .* is 7.5, and 8.0 is the least"):
        CudaDevice(torch=fake)
    fake.cuda.capability, fake.cuda.free_mib = (8, 0), 200
    with pytest.raises(OutOfMemoryError, match="has 200 MiB of free memory; 1024 is the least"):
        CudaDevice(torch=fake)
    with pytest.raises(EngineError, match="There is no GPU 3: torch finds 1"):
        CudaDevice(3, torch=fake)


def test_torch_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(
        MissingExtraError, match=r"torch is not installed\. Run: .*pip install torch"
    ):
        CudaDevice()


def test_where_there_is_a_gpu_it_is_taken(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fake = FakeTorch()
    monkeypatch.setattr(cuda_device, "import_torch", lambda: fake)
    assert cuda_device.gpu_or_host().name == "cuda:0 (Fake H100)"
    fake.cuda.capability = (7, 5)
    with caplog.at_level(logging.WARNING):
        assert cuda_device.gpu_or_host().name == "cpu"
    assert "Frames stay in the host's memory: The GPU Fake H100 is too old" in caplog.text


def test_pieces_of_about_a_size_share_their_memory() -> None:
    """A hand's picture is of another size at each frame."""
    device = FakeDevice()
    queue = device.queue(Stage.DENSEPOSE)
    needed = []
    for rows in (30, 31, 32, 30, 29, 32):
        there = device.upload(np.full((5, rows, 33), rows, np.float32), queue)
        (here,) = device.download([there], queue)
        assert here.shape == (5, rows, 33)
        assert (here == rows).all()
        needed.append(device.torch.pinned)
        del there, here
    assert needed[-1] == 8, "two at either end, of two sizes"
    assert device.torch.memory.made == 2, "one of each on the device"
    assert device.download([device.upload(np.array(7, np.int64), queue)], queue)[0] == 7
    assert device.download([device.upload(np.zeros((0, 3), bool), queue)], queue)[0].shape == (0, 3)
