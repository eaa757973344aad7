from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from bunraku.errors import BundleError, EngineError, InputError
from bunraku.export import exporter
from bunraku.export.cuts import Cut, IuvCut, Tensors
from bunraku.export.exporter import ExportOptions, export_bundle, export_checkpoint
from bunraku.export.fold import frozen
from bunraku.export.onnx_engines import to_onnx
from bunraku.export.parity import Difference, Tolerance, make_engine
from bunraku.export.samples import iuv_sample
from bunraku.networks.checkpoint import Progress, save_checkpoint
from bunraku.networks.iuv import IuvNet
from bunraku.networks.touch_up import TouchUpNet, TouchUpOptions
from bunraku.runtime.engines.bundle import Bundle
from bunraku.runtime.engines.half import is_typed


@pytest.fixture(scope="module")
def traced() -> dict[str, onnx.ModelProto]:
    """What tracing gave, by cut: each once for all tests here, which export one network."""
    return {}


@pytest.fixture(autouse=True)
def trace_once(traced: dict[str, onnx.ModelProto], monkeypatch: pytest.MonkeyPatch) -> None:
    def once(cut: Cut, known: Tensors) -> onnx.ModelProto:
        if cut.name not in traced:
            traced[cut.name] = to_onnx(cut, known)
        return copy.deepcopy(traced[cut.name])

    monkeypatch.setattr(exporter, "to_onnx", once)


def test_the_iuv_net_becomes_a_bundle_of_one_engine(tmp_path: Path, iuv_network: IuvNet) -> None:
    told: list[str] = []
    iuv_network.train()
    before = {name: tensor.clone() for name, tensor in iuv_network.state_dict().items()}
    report = export_bundle(iuv_network, tmp_path / "iuv", say=told.append)
    loaded = Bundle.load(tmp_path / "iuv")
    assert loaded.manifest.preset == "iuv"
    assert not {"window", "prior"} & set(report.manifest)
    assert report.manifest["size"] == 128
    with pytest.raises(BundleError, match="holds an IUV net, not a generator"):
        _ = loaded.layout
    entry = loaded.manifest.engines["iuv"]
    assert entry.inputs == {"landmarks": (1, 33, 4), "mask": (1, 1, 128, 128)}
    assert entry.outputs == {"densepose": (1, 73, 128, 128)}
    # Parts are one or none: where two are all but even, the other one may win in half precision.
    assert report.parity["float16"].engines["iuv"]["densepose"].mean < 1e-4
    assert told[0] == "Tracing iuv"
    assert told[-1].startswith("Wrote ")
    assert iuv_network.training, "the network itself was changed"
    assert all(torch.equal(t, before[name]) for name, t in iuv_network.state_dict().items())

    known = iuv_sample(seed=9)
    given = make_engine(onnx.load(tmp_path / "iuv" / "iuv.onnx")).run(
        {name: tensor.numpy() for name, tensor in known.items()}
    )
    expected = IuvCut(frozen(iuv_network)).step(known)["densepose"]
    assert Difference.of(given["densepose"], expected).mean < 1e-4


def test_full_weights_on_demand(tmp_path: Path, iuv_network: IuvNet) -> None:
    report = export_bundle(
        iuv_network, tmp_path / "full", options=ExportOptions(half_weights=False)
    )
    assert set(report.parity) == {"float32"}
    kinds = {t.data_type for t in onnx.load(tmp_path / "full" / "iuv.onnx").graph.initializer}
    assert onnx.TensorProto.FLOAT16 not in kinds


def test_an_export_that_differs_is_not_written(
    tmp_path: Path, iuv_network: IuvNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter, "FLOAT16", Tolerance(engine=1e-12, chain=1e-12, decided=1e-12))
    with pytest.raises(EngineError, match="'densepose' of the engine 'iuv'; nothing was written"):
        export_bundle(iuv_network, tmp_path / "iuv")
    assert not any(tmp_path.iterdir())


def test_a_checkpoint_is_exported_with_its_history(
    tmp_path: Path, iuv_network: IuvNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def export(network: IuvNet, folder: Path, *_: Any, **told: Any) -> None:
        assert network.options == iuv_network.options
        assert folder == tmp_path / "iuv"
        asked.append(told)

    monkeypatch.setattr(exporter, "export_bundle", export)
    save_checkpoint(tmp_path / "c.pt", iuv_network, Progress(steps=7))
    export_checkpoint(tmp_path / "c.pt", tmp_path / "iuv", provenance={"data": "dolls"})
    [told] = asked
    assert told["provenance"] == {
        "steps": 7,
        "samples": 0,
        "seconds": 0.0,
        "machines": [],
        "data": "dolls",
    }


def test_a_touch_up_net_is_refused(tmp_path: Path) -> None:
    network = TouchUpNet(TouchUpOptions(widths=(4, 4, 4, 4)))
    save_checkpoint(tmp_path / "c.pt", network, Progress())
    with pytest.raises(InputError, match="of a touch-up net, which nothing runs yet"):
        export_checkpoint(tmp_path / "c.pt", tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_a_bundle_that_computes_in_float16(tmp_path: Path, iuv_network: IuvNet) -> None:
    report = export_bundle(iuv_network, tmp_path / "half", ExportOptions(half=True))
    assert list(report.parity) == ["float32", "float16", "float16 graph"]
    exact, rounded = (report.parity[n].engines["iuv"]["densepose"] for n in list(report.parity)[1:])
    assert exact.mean < rounded.mean < 2e-3, "it is compared as it is rounded on a GPU"
    model = onnx.load(tmp_path / "half" / "iuv.onnx")
    assert is_typed(model)
    entry = Bundle.load(tmp_path / "half").manifest.engines["iuv"]
    assert entry.gflop > 0
    assert entry.inputs == {"landmarks": (1, 33, 4), "mask": (1, 1, 128, 128)}
    known = {name: tensor.numpy() for name, tensor in iuv_sample(seed=9).items()}
    assert make_engine(model).run(known)["densepose"].dtype == np.float32
