"""Graphs of several frames at once: nothing is different for one, and no row is another's."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.runtime.engines.networks import convolutions

from bunraku.errors import EngineError
from bunraku.export.batch import check_rows, for_one_frame, free_batch
from bunraku.export.exporter import EACH_FRAME, ExportReport
from bunraku.export.pose.fetch import ensure
from bunraku.networks.generator import Generator
from bunraku.runtime.drivers.face.networks import FaceNetworks
from bunraku.runtime.drivers.hands.networks import HandNetworks
from bunraku.runtime.engines.bundle import Bundle
from bunraku.runtime.engines.onnx_runtime import OnnxEngine
from bunraku.spec.arrays import Array
from bunraku.spec.tensors import BATCH, EngineName

SHIPPED = {EngineName.MOTION: "live", EngineName.BLEND: "live", EngineName.IUV: "iuv"}


def first_axes(model: onnx.ModelProto) -> set[str | int]:
    values = [*model.graph.input, *model.graph.output]
    dimensions = [value.type.tensor_type.shape.dim[0] for value in values]
    return {d.dim_param or d.dim_value for d in dimensions}


def graph(
    nodes: list[onnx.NodeProto],
    constants: dict[str, Array],
    out: tuple[int, ...],
    into: tuple[int, ...] = (1, 2, 3),
) -> onnx.ModelProto:
    """``x`` to ``y``."""
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in (("x", into), ("y", out))
    )
    kept = [numpy_helper.from_array(np.asarray(v), n) for n, v in constants.items()]
    made = helper.make_graph(nodes, "tiny", [x], [y], kept)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def flattened(shape: list[int], out: tuple[int, ...], **attributes: Any) -> onnx.ModelProto:
    node = helper.make_node("Reshape", ["x", "shape"], ["y"], **attributes)
    return graph([node], {"shape": np.array(shape)}, out)


def run(model: onnx.ModelProto, x: Array) -> Array:
    engine = OnnxEngine(model.SerializeToString(), "tiny", 1)
    return (engine if len(x) == 1 else engine.of_batch(len(x))).run({"x": x})["y"]


@pytest.mark.parametrize("attributes", [{}, {"allowzero": 1}])
@pytest.mark.parametrize("shape", [[1, 6], [-1, 6]])
def test_shapes_in_the_graph_leave_the_frames_alone(
    shape: list[int], attributes: dict[str, int]
) -> None:
    model = free_batch(flattened(shape, (1, 6), **attributes))
    assert first_axes(model) == {BATCH}
    x = np.arange(24, dtype=np.float32).reshape(4, 2, 3)
    assert run(model, x).tolist() == x.reshape(4, 6).tolist()
    assert run(model, x[:1]).tolist() == [[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]]


@pytest.mark.parametrize("value", [2.0, -np.inf])
def test_constants_that_are_joined_are_every_frame_s(value: float) -> None:
    node = helper.make_node("Concat", ["grid", "x"], ["y"], axis=1)
    grid = np.array([[[1.0, 2.0, -0.0]]], np.float32)
    model = free_batch(graph([node], {"grid": grid}, (1, 3, 3)))
    for frames in (1, 3):
        given = run(model, np.full((frames, 2, 3), value, np.float32))
        assert np.array_equal(given[:, 1:], np.full((frames, 2, 3), value, np.float32))
        assert np.array_equal(given[:, :1], np.repeat(grid, frames, 0))


def test_what_a_frame_s_values_never_meet_is_left_alone() -> None:
    nodes = [
        helper.make_node("Reshape", ["grid", "shape"], ["flat"]),
        helper.make_node("Add", ["x", "flat"], ["y"]),
    ]
    constants = {"grid": np.ones((3, 1), np.float32), "shape": np.array([1, 3])}
    model = free_batch(graph(nodes, constants, (1, 2, 3)))
    assert [tensor.name for tensor in model.graph.initializer] == ["grid", "shape"]
    assert run(model, np.zeros((2, 2, 3), np.float32)).shape == (2, 2, 3)


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (flattened([2, 3], (2, 3)), "'y' folds the frames into another axis"),
        (flattened([1, -1], (1, 6)), "'y' folds the frames into another axis"),
        (
            graph(
                [helper.make_node("Concat", ["x", "more"], ["y"], axis=0)],
                {"more": np.ones((1, 2, 3), np.float32)},
                (2, 2, 3),
            ),
            "'y' joins something to the frames' own axis",
        ),
        (
            graph([helper.make_node("ReduceSum", ["x"], ["y"], keepdims=0)], {}, ()),
            "'y' has no axis of frames",
        ),
    ],
    ids=["folded", "unclear", "joined", "summed"],
)
def test_what_cannot_be_freed_is_refused(model: onnx.ModelProto, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        free_batch(model)


def test_rows_that_depend_on_each_other_are_noticed() -> None:
    mixed = helper.make_node("ReduceMean", ["x", "first"], ["mean"], keepdims=1)
    added = helper.make_node("Add", ["x", "mean"], ["y"])
    model = free_batch(graph([mixed, added], {"first": np.array([0])}, (1, 2, 3)))
    with pytest.raises(EngineError, match=r"'tiny' gives 'y' otherwise by .* several frames"):
        check_rows(model)
    check_rows(free_batch(convolutions()))


def test_one_frame_is_written_back_for_whoever_counts() -> None:
    model = convolutions()
    assert first_axes(for_one_frame(free_batch(model))) == {1}
    assert for_one_frame(model) == model


def test_an_export_is_free_but_for_what_a_photo_needs_once(
    exported: tuple[Generator, ExportReport],
) -> None:
    _, report = exported
    for name in ("source", "motion", "blend"):
        model = onnx.load(report.folder / f"{name}.onnx")
        assert first_axes(model) == ({BATCH} if name in EACH_FRAME else {1})
        shapes = report.manifest["engines"][name]["inputs"].values()
        assert all(shape[0] == 1 for shape in shapes), "told of one frame"


def test_the_weights_that_ship_are_free_and_their_rows_apart() -> None:
    for name, bundle in SHIPPED.items():
        model = onnx.load(Bundle.load(bundle).path(name))
        assert first_axes(model) == {BATCH}
        check_rows(model)


def test_networks_of_people_can_be_freed() -> None:
    landmarks = ensure().landmarks
    for path in (landmarks, FaceNetworks.find().landmarks, HandNetworks.find().landmarks):
        model = onnx.load(path)
        if first_axes(model) == {1}:  # fetched by an earlier version
            model = free_batch(model)
        check_rows(model)
