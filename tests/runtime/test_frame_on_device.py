"""A driver's whole frame on a device: how often the host waits for it, and what crosses."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.runtime.fake_device import FakeDevice, LateEngine
from tests.runtime.fakes import FakeEngine

from bunraku.export.pose.fetch import ensure
from bunraku.kernels.layers.terms import OUT, TensorComposed
from bunraku.runtime.drivers.body import pen
from bunraku.runtime.engines import onnx_runtime
from bunraku.runtime.engines.libraries import LIBRARIES, EngineKind, Library
from bunraku.runtime.engines.protocol import EngineRequest, Precision
from bunraku.runtime.models import Models
from bunraku.runtime.options import DriverKind
from bunraku.runtime.puppet import Puppet
from bunraku.runtime.source.photo import read_photo
from bunraku.spec.arrays import Picture
from bunraku.spec.stages import Step

PHOTO = read_photo(Path(__file__).parents[2] / "examples" / "photo.jpg")
NUMBERS = 2500
"""At most, of what comes back but for the picture; a window has 49152 or more."""


def load(request: EngineRequest) -> LateEngine:
    """ONNX Runtime as an engine of the device (see ``protocol.Loader``)."""
    made = onnx_runtime.load(request)
    device: Any = request.device
    engine = FakeEngine(made.name, made.inputs, made.outputs, made.run)
    return LateEngine(device, engine)


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> str:
    library = Library(
        f"{__name__}:load",
        (Precision.F32,),
        lambda: None,
        "",
        "tests.runtime.fake_device:FakeDevice",
    )
    monkeypatch.setitem(LIBRARIES, EngineKind.TORCH, library)
    return f"{EngineKind.TORCH}:f32"


def frame(index: int) -> Picture:
    """The photo's person, who moves to the right."""
    return np.ascontiguousarray(np.roll(PHOTO, 3 * index, 1))


@pytest.fixture
def drawn_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is drawn: the plain forms of a whole body take seconds, and ``test_pen`` has them."""

    def nothing(sheets: Any, photo: Any, raster: Any, body: Any, far: Any, *, out: Any) -> Any:
        return TensorComposed(*out.zero_().split(list(OUT), 1))

    monkeypatch.setattr(pen, "compose", nothing)
    for name in ("rasterise", "rasterise_groups"):
        monkeypatch.setattr(pen, name, lambda *_, **__: None)


@pytest.mark.parametrize(
    ("driver", "waits"),
    [
        # Where the body is; where one hand is, the other's turn comes with the next frame; what
        # the face does; the picture.
        pytest.param(DriverKind.BODY, 4, id="body"),
        pytest.param(DriverKind.LANDMARKS, 3, id="landmarks"),  # the same without hands
    ],
)
@pytest.mark.usefixtures("drawn_fast")
def test_between_upload_and_picture_numbers_alone_leave_the_device(
    kind: str, driver: DriverKind, waits: int
) -> None:
    ensure()
    models = Models.load(engine=kind, driver=driver, resolution=256)
    puppet, device = Puppet(models), models.device
    assert isinstance(device, FakeDevice)
    puppet.set_source(PHOTO)
    puppet.animate(frame(0), 0.0)  # calibrates, which looks at the frame as at a photo
    before = device.torch.work.host_waits
    device.up.clear()
    device.down.clear()
    puppet.animate(frame(1), 0.04)
    assert device.torch.work.host_waits - before == waits
    *known, picture = device.down
    assert picture == PHOTO.shape
    assert max(math.prod(shape) for shape in known) <= NUMBERS
    assert device.up.count(PHOTO.shape) == 1, "the frame"
    assert puppet.stats()[Step.FACE].count == 2
