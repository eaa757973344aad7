from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch.utils.flop_counter import FlopCounterMode

from bunraku.export.count import gigaflop, parameter_count, tensor_shapes
from bunraku.export.cuts import generator_cuts, run_cuts
from bunraku.export.exporter import ExportReport
from bunraku.export.fold import folded
from bunraku.export.samples import driving_sample, source_sample
from bunraku.export.weights import store_half
from bunraku.networks.generator import Generator


def one_node(
    kind: str, shape: list[Any], weight: tuple[int, ...], result: list[Any], **attributes: Any
) -> onnx.ModelProto:
    graph = helper.make_graph(
        [helper.make_node(kind, ["x", "weight"], ["y"], **attributes)],
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, result)],
        [numpy_helper.from_array(np.ones(weight, np.float32), "weight")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


@pytest.mark.parametrize(
    ("model", "operations"),
    [
        (
            one_node("Conv", [1, 6, 8, 8], (4, 6, 3, 3), [1, 4, 8, 8], pads=[1, 1, 1, 1]),
            2 * (4 * 8 * 8) * (6 * 3 * 3),
        ),
        (
            one_node("Conv", [1, 6, 8, 8], (4, 3, 1, 1), [1, 4, 8, 8], group=2),
            2 * (4 * 8 * 8) * 3,
        ),
        (
            one_node("ConvTranspose", [1, 6, 8, 8], (6, 4, 2, 2), [1, 4, 16, 16], strides=[2, 2]),
            2 * (6 * 8 * 8) * (4 * 2 * 2),
        ),
        (one_node("Gemm", [5, 7], (7, 3), [5, 3]), 2 * 5 * 7 * 3),
        (one_node("Gemm", [7, 5], (7, 3), [5, 3], transA=1), 2 * 5 * 7 * 3),
        (one_node("Gemm", [5, 7], (3, 7), [5, 3], transB=1), 2 * 5 * 7 * 3),
        (one_node("MatMul", [2, 5, 7], (7, 3), [2, 5, 3]), 2 * 2 * 5 * 7 * 3),
        (one_node("Add", [5, 7], (5, 7), [5, 7]), 0),
    ],
)
def test_operations_of_one_node(model: onnx.ModelProto, operations: int) -> None:
    assert gigaflop(model) == operations / 1e9


def test_a_shape_that_is_not_fixed_is_refused() -> None:
    model = one_node("MatMul", ["n", 7], (7, 3), ["n", 3])
    assert "x" not in tensor_shapes(model)
    with pytest.raises(ValueError, match="'x' is not fixed"):
        gigaflop(model)


def test_a_generator_is_counted_as_torch_counts_it(
    exported: tuple[Generator, ExportReport],
) -> None:
    generator, report = exported
    copy = folded(generator)
    source, driving = source_sample(copy.options), driving_sample(copy.options)
    given = run_cuts(copy, source, driving)
    known = {**given["source"], **given["prior"], **given["motion"], **given["seam"]}
    known["densepose"] = driving
    for cut in generator_cuts(copy):
        tensors = [(source if cut.name == "source" else known)[name] for name in cut.inputs]
        with FlopCounterMode(display=False) as counter, torch.inference_mode():
            cut(*tensors)
        gflop = report.manifest["engines"][cut.name]["gflop"]
        assert gflop == pytest.approx(counter.get_total_flops() / 1e9, abs=1e-6)


def test_parameters_are_counted_behind_their_cast() -> None:
    model = one_node("Conv", [1, 6, 8, 8], (4, 6, 3, 3), [1, 4, 8, 8], pads=[1, 1, 1, 1])
    assert parameter_count(model) == 4 * 6 * 3 * 3
    assert parameter_count(store_half(model)) == 4 * 6 * 3 * 3
    assert parameter_count(one_node("Add", [5, 7], (5, 7), [5, 7])) == 0
