from __future__ import annotations

from pathlib import Path

import onnx

from bunraku.export.cuts import generator_cuts
from bunraku.export.exporter import ExportReport
from bunraku.export.onnx_engines import OPSET
from bunraku.networks.generator import Generator


def load(report: ExportReport, name: str) -> onnx.ModelProto:
    return onnx.load(report.folder / f"{name}.onnx")


def test_inputs_and_outputs_bear_the_cut_names(exported: tuple[Generator, ExportReport]) -> None:
    generator, report = exported
    for cut in generator_cuts(generator):
        graph = load(report, cut.name).graph
        assert [value.name for value in graph.input] == list(cut.inputs)
        assert [value.name for value in graph.output] == list(cut.outputs)
        for value in [*graph.input, *graph.output]:
            assert value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
            assert all(d.dim_value > 0 for d in value.type.tensor_type.shape.dim[1:])


def test_models_are_valid_and_plain(exported: tuple[Generator, ExportReport]) -> None:
    generator, report = exported
    for cut in generator_cuts(generator):
        model = load(report, cut.name)
        onnx.checker.check_model(model, full_check=True)
        assert [(i.domain, i.version) for i in model.opset_import] == [("", OPSET)]
        assert not model.functions
        kinds = {node.op_type for node in model.graph.node}
        assert "GridSample" not in kinds, "gathers belong to the seam"


def test_nothing_tells_of_the_machine(exported: tuple[Generator, ExportReport]) -> None:
    _, report = exported
    for path in report.folder.glob("*.onnx"):
        content = path.read_bytes()
        for trace in (b".py", b"torch.onnx", str(Path.home()).encode() + b"/", b"site-packages"):
            assert trace not in content, (path.name, trace)
