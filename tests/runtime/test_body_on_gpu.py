"""A drawn and pasted body by the kernels of a GPU, beside the host's: on a GPU, and in Triton's
interpreter where there is none (``tests/kernels/test_triton_without_gpu.py`` starts it)."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.kernels.triton_forms import INTERPRETED, interpreted_everywhere, nothing_waits
from tests.runtime.drivers.body.small_body import SURE, moves, small_body
from tests.runtime.drivers.body.test_pen import FIELDS, planes
from tests.runtime.test_paster import ALL, BODY, canvas, of_host, pasted
from tests.runtime.torch_device import TorchDevice

from bunraku.kernels.layers import torch_operator as layers
from bunraku.runtime.cuda_device import CudaDevice
from bunraku.runtime.device import Device
from bunraku.runtime.drivers.body.pen import DevicePen, HostPen
from bunraku.runtime.paster import Paster
from bunraku.spec.stages import Stage

pytestmark = pytest.mark.gpu

FOLDERS = ("skin", "streaks", "raster", "layers", "overlay", "restoring", "pasting")


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Device:
    pytest.importorskip("triton", reason="Triton is not installed")
    if not INTERPRETED:
        if not torch.cuda.is_available():
            pytest.skip("no GPU for CUDA here")
        return CudaDevice()
    interpreted_everywhere(FOLDERS, monkeypatch)
    return TorchDevice()


def test_a_gpu_draws_what_the_host_draws(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "kept", lambda made, out: pytest.fail("it is written again"))
    body, pen, patch = small_body(desk=True), DevicePen(device), np.full((7, 6, 5), 0.7, np.float32)
    expected = HostPen().draw(body, moves(3.3, arm=1.7), SURE)
    HostPen().lay(expected, patch, (8, 9))
    if not INTERPRETED:
        pen.lay(
            pen.draw(body, moves(0.0), SURE), patch, (8, 9)
        )  # kernels are compiled, which waits
    with nothing_waits():
        drawn = pen.draw(body, moves(3.3, arm=1.7), SURE)
        pen.lay(drawn, patch, (8, 9))
        drawn = pen.finished(drawn)
    assert drawn.made is not None
    blend = device.queue(Stage.BLEND)
    blend.wait(drawn.made.ready)
    found = np.concatenate(device.download([getattr(drawn, name) for name in FIELDS], blend), 1)
    np.testing.assert_allclose(found, planes(expected), atol=1e-4)


def test_a_gpu_pastes_what_the_host_pastes(device: Device) -> None:
    drawn = DevicePen(device).draw(BODY, moves(2.3), SURE)
    found = pasted(Paster(device), canvas(ALL), drawn, ALL)
    assert (np.abs(found.astype(int) - of_host(2.3, ALL)) <= 2).mean() > 0.995
