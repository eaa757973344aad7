from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.runtime.fakes import FakeEngine
from tests.runtime.torch_device import TorchDevice
from torch import Tensor, ones

from bunraku.errors import EngineError
from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.engines.through_host import ThroughHost
from bunraku.spec.stages import Stage


@pytest.fixture
def engine() -> FakeEngine:
    shapes = {"image": (1, 2)}
    return FakeEngine("tiny", shapes, {"result": (1, 2)}, lambda k: {"result": k["image"] * 2})


def test_it_shows_the_engine_behind_it(engine: FakeEngine) -> None:
    made: Engine = ThroughHost(engine, TorchDevice())
    assert (made.name, made.advice) == (engine.name, engine.advice)
    assert (made.inputs, made.outputs) == (engine.inputs, engine.outputs)


def test_what_lives_on_the_device_goes_there_and_back(engine: FakeEngine) -> None:
    device = TorchDevice()
    made, queue = ThroughHost(engine, device), device.queue(Stage.MOTION)
    known: Any = {"image": ones(1, 2), "more": ones(3)}
    result: Any = made.run(known, queue=queue)["result"]
    assert isinstance(result, Tensor)
    assert result.tolist() == [[2.0, 2.0]]
    out: Any = {"result": ones(1, 2) * 9}
    assert made.run(known, out=out, queue=queue)["result"] is out["result"]
    assert out["result"].tolist() == [[2.0, 2.0]]


def test_arrays_of_the_host_stay_there(engine: FakeEngine) -> None:
    device = TorchDevice()
    made = ThroughHost(engine, device)
    for queue in (None, device.queue(Stage.MOTION)):
        result = made.run({"image": np.ones((1, 2), np.float32)}, queue=queue)["result"]
        assert isinstance(result, np.ndarray)
    with pytest.raises(EngineError, match="'tiny' needs 'image'"):
        made.run({})
