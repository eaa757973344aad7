"""What the device that is made up forbids, so that tests of others fail by it."""

from __future__ import annotations

import pytest
import torch
from tests.runtime.fake_device import FakeDevice

from bunraku.spec.stages import Stage


def test_a_number_cannot_be_read_before_its_work_is_waited_for() -> None:
    device = FakeDevice()
    with device.queue(Stage.MOTION), pytest.raises(AssertionError, match="may still be queued"):
        float(device.empty((1,)).sum())


def test_the_host_cannot_look_into_the_device_s_memory() -> None:
    with pytest.raises(RuntimeError, match="not supported"):
        FakeDevice().empty((1,)).numpy()


def test_results_are_there_when_somebody_has_waited() -> None:
    device = FakeDevice()
    queue = device.queue(Stage.MOTION)
    with queue:
        made = device.empty((3,)).fill_(2.0)[1:] * 3.0
    assert torch.isnan(made.plain).all()
    (there,) = device.download([made], queue)
    assert there.tolist() == [6.0, 6.0]


def test_memory_that_is_freed_is_taken_again() -> None:
    device = FakeDevice()
    first = device.empty((5,)).plain.data_ptr()
    assert device.empty((5,)).plain.data_ptr() == first
    kept = device.empty((5,))[1:]  # a view keeps it
    assert device.empty((5,)).plain.data_ptr() != kept.plain.data_ptr() - 4


def test_weights_keep_their_type_and_layout() -> None:
    device = FakeDevice()
    weight = torch.rand(4, 3, 2, 2).half().contiguous(memory_format=torch.channels_last)
    there = device.put(weight)
    assert there.stride() == weight.stride()
    assert torch.equal(there.plain, weight)
    assert torch.equal(device.put(torch.ones(1, 2).expand(3, 2)).plain, torch.ones(3, 2))
