from __future__ import annotations

from collections import Counter

import onnx
import pytest

from bunraku.export.cuts import run_cuts
from bunraku.export.exporter import ExportReport
from bunraku.export.fold import frozen
from bunraku.export.parity import Difference, make_engine
from bunraku.export.samples import driving_sample, source_sample
from bunraku.networks.generator import Generator
from bunraku.runtime.engines.tensorrt.builder import build
from bunraku.runtime.engines.tensorrt.library import find_library
from bunraku.spec.operators import DOMAIN


def test_the_gathers_are_custom_nodes_with_bodies(exported: tuple[Generator, ExportReport]) -> None:
    generator, report = exported
    model = onnx.load(report.folder / "frame.onnx")
    nodes = Counter(node.op_type for node in model.graph.node if node.domain == DOMAIN)
    prior = generator.options.prior
    assert nodes == {"SampleTexture": 2 if prior else 1, "WarpOcclude": 4 if prior else 3}
    assert {f.name for f in model.functions} == set(nodes)
    onnx.checker.check_model(model, full_check=True)


def test_two_files_animate_without_bunraku(exported: tuple[Generator, ExportReport]) -> None:
    generator, report = exported
    source, driving = source_sample(generator.options, 21), driving_sample(generator.options, 22)
    expected = run_cuts(frozen(generator), source, driving)["blend"]
    encode = make_engine(onnx.load(report.folder / "source.onnx"))
    frame = make_engine(onnx.load(report.folder / "frame.onnx"))
    identity = encode.run({name: tensor.numpy() for name, tensor in source.items()})
    given = frame.run({**identity, "densepose": driving.numpy()})
    for name, array in given.items():
        assert Difference.of(array, expected[name]).mean < 1e-3


def test_tensorrt_builds_it_with_the_bodies(exported: tuple[Generator, ExportReport]) -> None:
    pytest.importorskip("tensorrt_rtx", reason="it is for Linux on x86-64 alone")
    _, report = exported
    assert build(find_library(), (report.folder / "frame.onnx").read_bytes(), "frame").engine


def test_the_manifest_names_it_apart_from_the_engines(
    exported: tuple[Generator, ExportReport],
) -> None:
    _, report = exported
    assert "frame" not in report.manifest["engines"]
    entry = report.manifest["single_file"]
    assert entry["file"] == "frame.onnx"
    assert set(entry["inputs"]) == {"densepose", *report.manifest["engines"]["source"]["outputs"]}
