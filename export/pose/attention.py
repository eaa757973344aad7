"""MediaPipe's custom operators of networks with attention, as plain ONNX.

Such a network looks twice: its landmarks say where the lips and the eyes are, it cuts their
features out (turned upright, scaled to one size), and the points that it then finds in each cut are
taken back to the picture.

Source: mediapipe/util/tflite/operations (landmarks_to_transform_matrix.cc,
transform_tensor_bilinear.cc, transform_landmarks.cc), the second version of each.

Coordinates: features count from the top-left corner of the top-left cell; a matrix ``[1, 4, 4]``
takes places in a cut to places in the features.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from flatbuffers import flexbuffers  # type: ignore[import-untyped]

from bunraku.export.pose.onnx_graph import OnnxGraph
from bunraku.export.pose.tflite_graph import UnsupportedModelError


def crop_matrix(graph: OnnxGraph, points: str, custom_options: bytes) -> str:
    """Landmarks2TransformMatrix: the upright box around some points.

    :param points: ``[1, n, 3]``, of which x and y are read.
    :param custom_options: the operator's: which points, from which to which is the way to the
        right, how much larger than their box the cut is, and its size.
    :return: the name of the matrix ``[1, 4, 4]``.
    :raises UnsupportedModelError: a cut that is not upright.
    """
    options = flexbuffers.Loads(custom_options)
    if options["target_rotation_radians"] != 0.0:
        raise UnsupportedModelError("Landmarks2TransformMatrix with a rotation of its own")
    width, height = options["output_width"], options["output_height"]
    wanted = _picked(graph, points, list(options["subset_idxs"]))
    left, right = (
        _picked(graph, points, [options[f"{side}_rotation_idx"]]) for side in ("left", "right")
    )
    along = graph.add("Sub", [right, left])  # [1,1,2]
    length = graph.add("ReduceL2", [along], axes=[2], keepdims=1)
    along = graph.add("Div", [along, length])  # cosine, sine
    cosine, sine = _sliced(graph, along, 0, 1, axis=2), _sliced(graph, along, 1, 2, axis=2)
    top = graph.add("Concat", [cosine, graph.add("Neg", [sine])], axis=2)
    bottom = graph.add("Concat", [sine, cosine], axis=2)
    turn = graph.add("Concat", [top, bottom], axis=1)  # [1,2,2], from upright to turned
    upright = graph.add("MatMul", [wanted, turn])  # rows times it: from turned to upright
    high = graph.add("ReduceMax", [upright], axes=[1], keepdims=1)
    low = graph.add("ReduceMin", [upright], axes=[1], keepdims=1)
    middle = graph.add("Mul", [graph.add("Add", [high, low]), _constant(graph, 0.5)])
    centre = graph.add("MatMul", [turn, graph.add("Transpose", [middle], perm=[0, 2, 1])])
    scale = _constant(graph, [[[options["scale_x"] / width, options["scale_y"] / height]]])
    scale = graph.add("Mul", [graph.add("Sub", [high, low]), scale])  # [1,1,2]
    linear = graph.add("Mul", [turn, scale])
    half = graph.add("MatMul", [linear, _constant(graph, [[[width / 2], [height / 2]]])])
    shift = graph.add("Sub", [centre, half])
    depth = _constant(graph, [[[0], [0]]])
    rows = graph.add("Concat", [linear, depth, shift], axis=2)
    rest = _constant(graph, [[[0, 0, 1, 0], [0, 0, 0, 1]]])
    return graph.add("Concat", [rows, rest], axis=1)


def crop_features(
    graph: OnnxGraph, features: str, matrix: str, size: list[int], out: list[int]
) -> str:
    """TransformTensorBilinear: the cut itself, 0 where it reaches beyond the features.

    :param features: ``[1, c, height, width]``.
    :param matrix: ``[1, 4, 4]``.
    :param size: height and width of the features.
    :param out: height and width of the cut.
    :return: the name of the cut ``[1, c, *out]``.
    """
    height, width = size
    y, x = np.meshgrid(np.arange(out[0]) + 0.5, np.arange(out[1]) + 0.5, indexing="ij")
    cells = np.stack([x.ravel(), y.ravel(), np.zeros(x.size), np.ones(x.size)])[None]
    place = graph.add("MatMul", [_sliced(graph, matrix, 0, 2, axis=1), _constant(graph, cells)])
    place = graph.add("Transpose", [place], perm=[0, 2, 1])  # [1,n,2]
    # Between the outermost centres only: GridSample would fade out over one more half cell.
    first, last = _constant(graph, [[[0.5, 0.5]]]), [[[width - 0.5, height - 0.5]]]
    inside = graph.add(
        "And",
        [
            graph.add("GreaterOrEqual", [place, first]),
            graph.add("LessOrEqual", [place, _constant(graph, last)]),
        ],
    )
    inside = graph.add("ReduceMin", [graph.add("Cast", [inside], to=1)], axes=[2], keepdims=0)
    inside = graph.add("Reshape", [inside, _indices(graph, [1, 1, *out])])
    unit = graph.add("Mul", [place, _constant(graph, [[[2 / width, 2 / height]]])])
    unit = graph.add("Sub", [unit, _constant(graph, 1.0)])
    grid = graph.add("Reshape", [unit, _indices(graph, [1, *out, 2])])
    cut = graph.add(
        "GridSample", [features, grid], mode="bilinear", padding_mode="border", align_corners=0
    )
    return graph.add("Mul", [cut, inside])


def leave_crop(graph: OnnxGraph, points: str, matrix: str) -> str:
    """TransformLandmarks: points ``[1, n, 2]`` of a cut, back in the features' coordinates."""
    rows = _sliced(graph, matrix, 0, 2, axis=1)
    linear, shift = _sliced(graph, rows, 0, 2, axis=2), _sliced(graph, rows, 3, 4, axis=2)
    turned = graph.add("MatMul", [points, graph.add("Transpose", [linear], perm=[0, 2, 1])])
    return graph.add("Add", [turned, graph.add("Transpose", [shift], perm=[0, 2, 1])])


def _picked(graph: OnnxGraph, points: str, numbers: list[int]) -> str:
    """x and y of some points, ``[1, k, 2]``."""
    chosen = graph.add("Gather", [points, _indices(graph, numbers)], axis=1)
    return _sliced(graph, chosen, 0, 2, axis=2)


def _sliced(graph: OnnxGraph, value: str, start: int, end: int, axis: int) -> str:
    bounds = [_indices(graph, [number]) for number in (start, end, axis)]
    return graph.add("Slice", [value, *bounds])


def _constant(graph: OnnxGraph, values: npt.ArrayLike) -> str:
    return graph.constant(np.asarray(values, np.float32))


def _indices(graph: OnnxGraph, values: list[int]) -> str:
    return graph.constant(np.asarray(values, np.int64))
