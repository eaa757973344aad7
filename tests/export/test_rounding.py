from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.runtime.engines.networks import convolutions

from bunraku.export.pose.fetch import ensure
from bunraku.export.rounding import rounding
from bunraku.runtime.engines.bundle import Bundle
from bunraku.runtime.engines.half import to_half
from bunraku.runtime.engines.onnx_runtime import OnnxEngine
from bunraku.runtime.pose import PoseTracker
from bunraku.runtime.pose.networks import PoseNetworks
from bunraku.spec.arrays import Array

PHOTO = Path(__file__).parents[2] / "examples" / "photo.jpg"


def sums(first: float, second: float) -> onnx.ModelProto:
    """The image plus two numbers, in float16 from the first addition to the second."""
    constants = [
        numpy_helper.from_array(np.array(n, np.float16), name)
        for name, n in (("a", first), ("b", second))
    ]
    nodes = [
        helper.make_node("Cast", ["image"], ["short"], to=TensorProto.FLOAT16),
        helper.make_node("Add", ["short", "a"], ["middle"]),
        helper.make_node("Add", ["middle", "b"], ["end"]),
        helper.make_node("Cast", ["end"], ["result"], to=TensorProto.FLOAT),
    ]
    image, result = (
        helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 2]) for n in ("image", "result")
    )
    graph = helper.make_graph(nodes, "tiny", [image], [result], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def run(model: onnx.ModelProto, image: Array) -> Array:
    return OnnxEngine(model.SerializeToString(), "tiny", 1).run({"image": image})["result"]


def test_every_tensor_of_float16_is_rounded() -> None:
    image = np.array([[1.0, 2.0]], np.float32)
    # 2049 is no number of float16: it is rounded to 2048 before the second addition.
    assert run(rounding(sums(2048.0, -2048.0)), image).tolist() == [[0.0, 2.0]]


def test_what_is_too_large_for_float16_overflows() -> None:
    image = np.array([[60000.0, 1.0]], np.float32)
    given = run(rounding(sums(60000.0, -60000.0)), image)
    assert given.tolist() == [[np.inf, 0.0]]


def test_float32_is_left_alone() -> None:
    model = convolutions()
    assert rounding(model) == model


def test_a_network_is_as_exact_as_half_precision_is() -> None:
    model = convolutions()
    image = np.random.default_rng(3).random((1, 3, 16, 16), dtype=np.float32)
    expected = run(model, image)
    difference = np.abs(run(rounding(to_half(model)), image) - expected)
    assert 1e-5 < difference.max() / np.abs(expected).max() < 4e-3


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_inputs_and_outputs_keep_their_names(scale: float) -> None:
    model = convolutions(scale=scale)
    made = rounding(to_half(model))
    assert made.graph.input == model.graph.input
    assert made.graph.output == model.graph.output


@pytest.mark.parametrize("name", ["source", "motion", "blend"])
def test_the_shipped_generator_is_as_exact(name: str) -> None:
    model = onnx.load(Bundle.load("live").path(name))
    full, half = (
        OnnxEngine(m.SerializeToString(), name, 1) for m in (model, rounding(to_half(model)))
    )
    random = np.random.default_rng(3)
    known = {n: random.random(shape, np.float32) for n, shape in full.inputs.items()}
    given = half.run(known)
    for output, expected in full.run(known).items():
        scale = max(1.0, float(np.abs(expected).max()))
        assert np.abs(given[output] - expected).max() < 2e-3 * scale, output


def test_the_pose_networks_find_the_same_person_in_float16(tmp_path: Path) -> None:
    networks, made = ensure(), {}
    for field in fields(networks):
        path: Path = getattr(networks, field.name)
        made[field.name] = tmp_path / path.name
        onnx.save(rounding(to_half(onnx.load(path))), made[field.name])
    image = cv2.imread(str(PHOTO))
    assert image is not None
    photo = np.ascontiguousarray(image[..., ::-1].astype(np.uint8))
    full, half = (PoseTracker.load(n).observe(photo) for n in (networks, PoseNetworks(**made)))
    assert full is not None
    assert half is not None
    distance = np.linalg.norm(full.landmarks[:, :2] - half.landmarks[:, :2], axis=1)
    assert 0.01 < distance.mean() < 0.5  # pixels of 512: the networks themselves err by five
    assert full.mask is not None
    assert half.mask is not None
    assert np.abs(full.mask - half.mask).mean() < 2e-3
