"""Small TFLite models, made here, against the TFLite interpreter."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from flatbuffers import flexbuffers  # type: ignore[import-untyped]
from onnx import numpy_helper
from tests.export.pose.small_models import (
    KIND,
    NONE,
    RELU,
    RELU6,
    SAME,
    VALID,
    Model,
    check_parity,
    convolution,
    normal,
)

from bunraku.export.pose.convert import convert, same_padding
from bunraku.export.pose.onnx_graph import OPSET
from bunraku.export.pose.tflite_graph import UnsupportedModelError


@pytest.mark.parametrize("activation", [NONE, RELU, RELU6])
@pytest.mark.parametrize(("size", "stride", "out"), [(9, 2, 5), (8, 2, 4), (7, 1, 7)])
def test_convolution_same(size: int, stride: int, out: int, activation: int) -> None:
    model = Model()
    image = model.tensor([1, size, size + 1, 3])
    width = -(-(size + 1) // stride)
    convolution(model, image, [4, 3, 3, 3], [1, out, width, 4], SAME, stride, 1, activation)
    check_parity(model)


@pytest.mark.parametrize(("padding", "dilation", "out"), [(SAME, 2, 9), (VALID, 2, 5)])
def test_depthwise_with_dilation(padding: int, dilation: int, out: int) -> None:
    model = Model()
    image = model.tensor([1, 9, 9, 4])
    shape, after = [1, 3, 3, 4], [1, out, out, 4]
    convolution(model, image, shape, after, padding, dilation=dilation, depthwise=True)
    check_parity(model)


def test_padding_is_folded_into_the_convolution() -> None:
    model = Model()
    image = model.tensor([1, 8, 8, 3])
    pads = model.constant(np.array([[0, 0], [0, 1], [2, 0], [0, 0]], np.int32))
    padded = model.operator(KIND.PAD, [image, pads], [1, 9, 10, 3], "PadOptions")
    convolution(model, padded, [2, 3, 3, 3], [1, 4, 4, 2], VALID, stride=2)
    converted = check_parity(model)
    assert [n.op_type for n in converted.graph.node if n.op_type == "Pad"] == []


def test_channel_padding_stays() -> None:
    model = Model()
    image = model.tensor([1, 4, 4, 3])
    pads = model.constant(np.array([[0, 0], [0, 0], [0, 0], [0, 2]], np.int32))
    model.operator(KIND.PAD, [image, pads], [1, 4, 4, 5], "PadOptions")
    check_parity(model)


@pytest.mark.parametrize("kind", [KIND.MAX_POOL_2D, KIND.AVERAGE_POOL_2D])
@pytest.mark.parametrize(("padding", "out"), [(SAME, 4), (VALID, 3)])
def test_pools(kind: int, padding: int, out: int) -> None:
    model = Model()
    image = model.tensor([1, 7, 7, 3])
    sizes = {"Padding": padding, "StrideH": 2, "StrideW": 2, "FilterHeight": 3, "FilterWidth": 3}
    model.operator(kind, [image], [1, out, out, 3], "Pool2DOptions", **sizes)
    check_parity(model)


def test_global_average_pool_and_gate() -> None:
    model = Model()
    image = model.tensor([1, 6, 5, 3])
    sizes = {"Padding": VALID, "StrideH": 6, "StrideW": 5, "FilterHeight": 6, "FilterWidth": 5}
    pooled = model.operator(KIND.AVERAGE_POOL_2D, [image], [1, 1, 1, 3], "Pool2DOptions", **sizes)
    gate = model.operator(KIND.LOGISTIC, [pooled], [1, 1, 1, 3])
    model.operator(KIND.MUL, [image, gate], [1, 6, 5, 3], "MulOptions")
    check_parity(model)


@pytest.mark.parametrize("corners", [{"HalfPixelCenters": True}, {"AlignCorners": True}, {}])
def test_resize(corners: dict[str, int]) -> None:
    model = Model()
    image = model.tensor([1, 5, 4, 2])
    size = model.constant(np.array([10, 8], np.int32))
    out = [1, 10, 8, 2]
    model.operator(KIND.RESIZE_BILINEAR, [image, size], out, "ResizeBilinearOptions", **corners)
    check_parity(model)


def test_hard_swish_depth_to_space_and_concatenation() -> None:
    model = Model()
    image = model.tensor([1, 3, 4, 8])
    swished = model.operator(KIND.HARD_SWISH, [image], [1, 3, 4, 8])
    spread = model.operator(
        KIND.DEPTH_TO_SPACE, [swished], [1, 6, 8, 2], "DepthToSpaceOptions", BlockSize=2
    )
    model.operator(
        KIND.CONCATENATION, [spread, spread], [1, 6, 8, 4], "ConcatenationOptions", Axis=3
    )
    check_parity(model)


def test_reshape_keeps_the_order_of_nhwc() -> None:
    model = Model()
    image = model.tensor([1, 3, 4, 6])
    shape = model.constant(np.array([1, 24, 3], np.int32))
    model.operator(KIND.RESHAPE, [image, shape], [1, 24, 3])
    check_parity(model)


def test_add_of_a_constant_and_relu() -> None:
    model = Model()
    image = model.tensor([1, 3, 4, 6])
    added = model.operator(KIND.ADD, [image, model.constant(normal(6))], [1, 3, 4, 6], "AddOptions")
    model.operator(KIND.RELU, [added], [1, 3, 4, 6])
    check_parity(model)


def test_means_become_rows_for_full_connections() -> None:
    model = Model()
    image = model.tensor([1, 5, 6, 8])
    axes = model.constant(np.array([1, 2], np.int32))
    row = model.operator(KIND.MEAN, [image, axes], [1, 8], "ReducerOptions", KeepDims=False)
    weights, bias = model.constant(normal(3, 8)), model.constant(normal(3))
    options = {"FusedActivationFunction": RELU}
    model.operator(
        KIND.FULLY_CONNECTED, [row, weights, bias], [1, 3], "FullyConnectedOptions", **options
    )
    check_parity(model)


def test_a_mean_over_channels_is_refused() -> None:
    model = Model()
    image = model.tensor([1, 5, 6, 8])
    axes = model.constant(np.array([3], np.int32))
    model.operator(KIND.MEAN, [image, axes], [1, 5, 6], "ReducerOptions", KeepDims=False)
    with pytest.raises(UnsupportedModelError, match="MEAN of other axes"):
        convert(model.save(), "small")


def test_slopes_are_one_a_channel() -> None:
    model = Model()
    image = model.tensor([1, 3, 4, 6])
    model.operator(KIND.PRELU, [image, model.constant(normal(1, 1, 6))], [1, 3, 4, 6])
    check_parity(model)


def test_a_factor_does_not_change_the_rank() -> None:
    model = Model()
    image = model.tensor([1, 1, 1, 12])
    points = model.operator(
        KIND.RESHAPE, [image, model.constant(np.array([1, 4, 3], np.int32))], [1, 4, 3]
    )
    model.operator(KIND.MUL, [points, model.constant(normal(1))], [1, 4, 3], "MulOptions")
    check_parity(model)


def test_points_may_become_channels_again() -> None:
    model = Model()
    image = model.tensor([1, 2, 3, 2])
    points = model.operator(
        KIND.RESHAPE, [image, model.constant(np.array([1, 6, 2], np.int32))], [1, 6, 2]
    )
    shape = model.constant(np.array([1, 1, 1, 12], np.int32))
    model.operator(KIND.RESHAPE, [points, shape], [1, 1, 1, 12])
    check_parity(model)


@pytest.mark.parametrize("end", [6, 5])
def test_a_slice_must_be_the_whole(end: int) -> None:
    model = Model()
    image = model.tensor([1, 1, 1, 6])
    bounds = ([0, 0, 0, 0], [1, 1, 1, end], [1, 1, 1, 1])
    inputs = [image, *(model.constant(np.array(bound, np.int32)) for bound in bounds)]
    model.operator(KIND.STRIDED_SLICE, inputs, [1, 1, 1, end], "StridedSliceOptions")
    if end == 6:
        check_parity(model)
    else:
        with pytest.raises(UnsupportedModelError, match="STRIDED_SLICE of a part"):
            convert(model.save(), "small")


def test_a_network_that_looks_twice_is_converted() -> None:
    """Points say where to cut, the cut is made, and points in it come back to the picture."""
    model = Model()
    image = model.tensor([1, 4, 4, 3])
    shape = model.constant(np.array([1, 16, 3], np.int32))
    points = model.operator(KIND.RESHAPE, [image, shape], [1, 16, 3])
    options = {"subset_idxs": [0, 5, 9], "left_rotation_idx": 0, "right_rotation_idx": 5}
    options |= {"output_width": 2, "output_height": 2, "target_rotation_radians": 0.0}
    options |= {"scale_x": 1.5, "scale_y": 1.5}
    matrix = model.custom_operator(
        "Landmarks2TransformMatrix", [points], [1, 4, 4], bytes(flexbuffers.Dumps(options))
    )
    cut = model.custom_operator("TransformTensorBilinear", [image, matrix], [1, 2, 2, 3])
    pairs = model.constant(np.array([1, 6, 2], np.int32))
    found = model.operator(KIND.RESHAPE, [cut, pairs], [1, 6, 2])
    model.custom_operator("TransformLandmarks", [found, matrix], [1, 6, 2])
    converted = convert(model.save(), "small", {f"tensor_{len(model.tensors) - 1}": "out"})
    session = onnxruntime.InferenceSession(
        converted.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (result,) = session.run(["out"], {"image": normal(1, 3, 4, 4)})
    assert result.shape == (1, 6, 2)
    assert np.isfinite(result).all()


def test_half_weights_are_stored_as_half() -> None:
    model = Model()
    image = model.tensor([1, 6, 6, 3])
    stored = model.constant(normal(8, 3, 3, 3).astype(np.float16))
    weights = model.operator(KIND.DEQUANTIZE, [stored], [8, 3, 3, 3])
    bias = model.constant(normal(8))
    model.operator(
        KIND.CONV_2D,
        [image, weights, bias],
        [1, 6, 6, 8],
        "Conv2DOptions",
        Padding=SAME,
        StrideH=1,
        StrideW=1,
        DilationHFactor=1,
        DilationWFactor=1,
    )
    converted = check_parity(model)
    kinds = {numpy_helper.to_array(t).shape: t.data_type for t in converted.graph.initializer}
    assert kinds[(8, 3, 3, 3)] == onnx.TensorProto.FLOAT16
    assert kinds[(8,)] == onnx.TensorProto.FLOAT
    assert [o.version for o in converted.opset_import] == [OPSET]
    assert converted.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT


def test_an_unknown_operator_is_named() -> None:
    model = Model()
    image = model.tensor([1, 4, 4, 3])
    model.operator(KIND.TANH, [image], [1, 4, 4, 3])
    with pytest.raises(UnsupportedModelError, match="TANH"):
        convert(model.save(), "small")


def test_something_else_is_no_model() -> None:
    with pytest.raises(UnsupportedModelError, match="not a TFLite model"):
        convert(b"\x00" * 64, "small")


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation", "expected"),
    [(224, 3, 2, 1, (0, 1)), (7, 3, 2, 1, (1, 1)), (8, 5, 1, 1, (2, 2)), (9, 3, 1, 2, (2, 2))],
)
def test_same_padding(
    size: int, kernel: int, stride: int, dilation: int, expected: tuple[int, int]
) -> None:
    assert same_padding(size, kernel, stride, dilation) == expected
