from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest
import torch

from bunraku.errors import EngineError
from bunraku.export.cuts import run_cuts
from bunraku.export.exporter import ExportReport
from bunraku.export.fold import frozen
from bunraku.export.parity import FLOAT32, Difference, Parity, chain_parity
from bunraku.export.samples import driving_sample, head_sample, source_sample
from bunraku.networks.generator import Generator
from bunraku.runtime import gathers
from bunraku.spec.tensors import GENERATOR_ENGINES

FINE = Difference(1e-6, 1e-7, 1.0)


def test_differences_are_measured() -> None:
    found = Difference.of(np.array([1.0, -3.0], np.float32), torch.tensor([1.5, -4.0]))
    assert found == Difference(1.0, 0.75, 4.0)


def test_small_tensors_count_on_a_scale_of_one() -> None:
    assert Difference.of(np.zeros(2, np.float32), torch.tensor([0.1, 0.0])).scale == 1.0


def test_another_shape_is_an_error() -> None:
    with pytest.raises(EngineError, match=r"gives \[3\], torch \[2\]"):
        Difference.of(np.zeros(3, np.float32), torch.zeros(2))


@pytest.mark.parametrize("bad", [Difference(2e-3, 0.0, 1.0), Difference(float("nan"), 0.0, 1.0)])
def test_an_engine_beyond_the_tolerance_is_named(bad: Difference) -> None:
    Parity({"motion": {"flow_32": FINE}}, {}, FLOAT32).check()
    with pytest.raises(EngineError, match="in 'atlas' of the engine 'motion'; nothing was written"):
        Parity({"motion": {"flow_32": FINE, "atlas": bad}}, {}, FLOAT32).check()


@pytest.mark.parametrize("bad", [Difference(1.0, 2e-3, 1.0), Difference(1.0, float("nan"), 1.0)])
def test_a_chain_beyond_the_tolerance_is_named(bad: Difference) -> None:
    Parity({}, {"image": Difference(1.0, 1e-5, 1.0)}, FLOAT32).check()
    with pytest.raises(EngineError, match="in 'image' at the end of the chain"):
        Parity({}, {"image": bad}, FLOAT32).check()


def test_the_chain_is_the_runtimes_own(
    export_once: Callable[[bool], tuple[Generator, ExportReport]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Head, enlarged flow and all: a fault of the runtime's generator shows in the report."""
    generator, report = export_once(True)
    copy = frozen(generator)
    source, driving = source_sample(copy.options), driving_sample(copy.options, 3)
    head = head_sample()
    expected = run_cuts(copy, source, driving, head)["blend"]
    models: dict[str, onnx.ModelProto] = {
        name: onnx.load(report.folder / f"{name}.onnx") for name in GENERATOR_ENGINES
    }

    def worst() -> float:
        found = chain_parity(copy.options.layout, models, source, driving, head, expected)
        assert set(found) == {"image", "mask", "trust"}
        return max(difference.mean for difference in found.values())

    assert worst() < 1e-4
    without = run_cuts(copy, source, driving)["blend"]["image"]
    assert (without - expected["image"]).abs().mean() > 1e-3, "the head changes the picture"
    monkeypatch.setattr(gathers, "guide_head", lambda prior, *_, **__: prior)
    assert worst() > 1e-3


def test_exported_engines_are_close_to_torch(exported: tuple[Generator, ExportReport]) -> None:
    """Far within the tolerances, which leave room for trained weights."""
    _, report = exported
    assert set(report.parity) == {"float32", "float16"}
    for name, limit in (("float32", 2e-4), ("float16", 2e-2)):
        parity = report.parity[name]
        assert set(parity.engines) == {"source", "motion", "blend", "frame"}
        for outputs in parity.engines.values():
            assert max(found.maximum / found.scale for found in outputs.values()) < limit
        assert max(found.mean for found in parity.chain.values()) < limit
