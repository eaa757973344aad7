"""The custom operators against what MediaPipe's own sources compute, written down in numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnxruntime
import pytest
from flatbuffers import flexbuffers  # type: ignore[import-untyped]

from bunraku.export.pose.attention import crop_features, crop_matrix, leave_crop
from bunraku.export.pose.onnx_graph import OnnxGraph
from bunraku.export.pose.tflite_graph import UnsupportedModelError

SUBSET = [3, 7, 1, 8, 4, 0]
OPTIONS = {
    "subset_idxs": SUBSET,
    "left_rotation_idx": 3,
    "right_rotation_idx": 8,
    "output_width": 5,
    "output_height": 4,
    "scale_x": 1.5,
    "scale_y": 1.25,
    "target_rotation_radians": 0.0,
}


def run(build: Callable[[OnnxGraph], str], out: list[int], **feeds: np.ndarray) -> np.ndarray:
    """The one output of a graph."""
    graph = OnnxGraph()
    shapes = {name: list(value.shape) for name, value in feeds.items()}
    model = graph.finish("small", shapes, {"out": (build(graph), out)})
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return np.asarray(session.run(["out"], feeds)[0])


def points_of(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 9, (1, 10, 3)).astype(np.float32)


def expected_matrix(points: np.ndarray) -> np.ndarray:
    """As landmarks_to_transform_matrix.cc has it: shift, turn, scale, shift."""
    x, y = points[0, :, 0].astype(np.float64), points[0, :, 1].astype(np.float64)
    r = -np.arctan2(y[8] - y[3], x[8] - x[3])
    turned_x, turned_y = x * np.cos(r) - y * np.sin(r), x * np.sin(r) + y * np.cos(r)
    turned_x, turned_y = turned_x[SUBSET], turned_y[SUBSET]
    cx, cy = (turned_x.min() + turned_x.max()) / 2, (turned_y.min() + turned_y.max()) / 2

    def shift(by_x: float, by_y: float) -> np.ndarray:
        matrix = np.eye(4)
        matrix[:2, 3] = by_x, by_y
        return matrix

    back = np.eye(4)
    back[:2, :2] = [[np.cos(-r), -np.sin(-r)], [np.sin(-r), np.cos(-r)]]
    scale = np.diag([1.5 * np.ptp(turned_x) / 5, 1.25 * np.ptp(turned_y) / 4, 1, 1])
    return np.asarray(back @ shift(cx, cy) @ scale @ shift(-2.5, -2))


@pytest.mark.parametrize("seed", range(4))
def test_the_box_around_points(seed: int) -> None:
    points = points_of(seed)
    data = bytes(flexbuffers.Dumps(OPTIONS))
    result = run(lambda g: crop_matrix(g, "points", data), [1, 4, 4], points=points)
    np.testing.assert_allclose(result[0], expected_matrix(points), atol=1e-5)


def test_a_rotation_of_its_own_is_not_known() -> None:
    data = bytes(flexbuffers.Dumps({**OPTIONS, "target_rotation_radians": 0.5}))
    with pytest.raises(UnsupportedModelError, match="rotation"):
        crop_matrix(OnnxGraph(), "points", data)


@pytest.mark.parametrize("seed", range(4))
def test_the_cut(seed: int) -> None:
    """As transform_tensor_bilinear.cc has it, with cuts that reach beyond the features."""
    features = np.random.default_rng(seed).random((1, 3, 9, 8)).astype(np.float32)
    matrix = expected_matrix(points_of(seed)).astype(np.float32)[None]
    expected = np.zeros((3, 4, 5))
    outside = 0
    for row in range(4):
        for column in range(5):
            x, y = (matrix[0, :2] @ [column + 0.5, row + 0.5, 0, 1]).tolist()
            x, y = x - 0.5, y - 0.5
            if not (0 <= x <= 7 and 0 <= y <= 8):
                outside += 1
                continue
            left, top = int(x), int(y)
            right, bottom = min(left + 1, 7), min(top + 1, 8)
            u, v = x - left, y - top
            upper = (1 - u) * features[0, :, top, left] + u * features[0, :, top, right]
            lower = (1 - u) * features[0, :, bottom, left] + u * features[0, :, bottom, right]
            expected[:, row, column] = (1 - v) * upper + v * lower
    assert 0 < outside < 20
    result = run(
        lambda g: crop_features(g, "features", "matrix", [9, 8], [4, 5]),
        [1, 3, 4, 5],
        features=features,
        matrix=matrix,
    )
    np.testing.assert_allclose(result[0], expected, atol=1e-5)


def test_points_come_back() -> None:
    matrix = expected_matrix(points_of(1)).astype(np.float32)[None]
    points = points_of(2)[..., :2].copy()
    result = run(
        lambda g: leave_crop(g, "points", "matrix"), [1, 10, 2], points=points, matrix=matrix
    )
    whole = np.concatenate([points[0], np.zeros((10, 1)), np.ones((10, 1))], axis=1)
    np.testing.assert_allclose(result[0], (whole @ matrix[0].T)[:, :2], atol=1e-5)
