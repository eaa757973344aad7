"""The converted networks for pose and hands against the TFLite interpreter, on MediaPipe files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from bunraku.errors import FetchError
from bunraku.export.pose.convert import convert
from bunraku.export.pose.download import download_wheel
from bunraku.export.pose.fetch import WHEEL_VARIABLE
from bunraku.export.pose.wheel import HAND_MEMBERS, MEMBERS, Member, read_members
from bunraku.runtime.drivers.hands.networks import HAND
from bunraku.runtime.pose.landmarks import mask_of
from bunraku.runtime.pose.networks import DETECTOR, LANDMARKS, SEGMENTATION

litert = pytest.importorskip("ai_edge_litert.interpreter")

# Largest difference allowed, in the output's own unit: pixels of the crop, logits, metres, 0..1.
# The landmark network's mask goes through the logistic function first: its logits reach 1700.
TOLERANCE = {
    (DETECTOR, "boxes"): 0.005,
    (DETECTOR, "scores"): 0.005,
    (LANDMARKS, "landmarks"): 0.01,
    (LANDMARKS, "presence"): 1e-4,
    (LANDMARKS, "mask"): 0.01,
    (LANDMARKS, "heatmap"): 0.005,
    (LANDMARKS, "world"): 1e-3,
    (SEGMENTATION, "mask"): 0.003,
    (HAND, "landmarks"): 0.01,
    (HAND, "presence"): 1e-4,
    (HAND, "right"): 1e-4,
    (HAND, "world"): 1e-4,
}
ALL = (*MEMBERS, *HAND_MEMBERS)


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Member, bytes]]:
    """The TFLite files: from BUNRAKU_POSE_WHEEL, or through pip, whose own cache helps."""
    given = os.environ.get(WHEEL_VARIABLE)
    try:
        folder = tmp_path_factory.mktemp("wheel")
        wheel = Path(given) if given else download_wheel(folder, lambda *_: None)
        return {member.onnx: (member, data) for member, data in read_members(wheel, ALL).items()}
    except FetchError as e:
        pytest.skip(str(e))


def pictures(size: int) -> list[np.ndarray]:
    """Noise, and soft blobs that look more like a picture; NHWC in 0..1."""
    random = np.random.default_rng(11)
    noise = random.random((1, size, size, 3)).astype(np.float32)
    y, x = np.mgrid[:size, :size] / size
    blob = np.exp(-(((x - 0.5) / 0.15) ** 2 + ((y - 0.5) / 0.35) ** 2))[None, ..., None]
    return [noise, (0.2 + 0.6 * blob * [[[[0.9, 0.7, 0.6]]]]).astype(np.float32)]


@pytest.mark.parametrize("name", [member.onnx for member in ALL])
def test_outputs_agree(name: str, networks: dict[str, tuple[Member, bytes]]) -> None:
    member, data = networks[name]
    names = dict(member.outputs)
    model = convert(data, name, names)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    interpreter = litert.Interpreter(model_content=data)
    interpreter.allocate_tensors()
    (given,) = interpreter.get_input_details()
    for image in pictures(int(given["shape"][1])):
        image = image * 2 - 1 if name == DETECTOR else image
        interpreter.set_tensor(given["index"], image)
        interpreter.invoke()
        nchw = np.ascontiguousarray(image.transpose(0, 3, 1, 2))
        results = session.run(list(names.values()), {"image": nchw})
        results = dict(zip(names.values(), results, strict=True))
        for output in interpreter.get_output_details():
            public = names[output["name"].partition(":")[0]]
            expected = interpreter.get_tensor(output["index"])
            result = results[public]
            if result.ndim == 4:
                result = result.transpose(0, 2, 3, 1)
            assert result.shape == expected.shape
            if (name, public) == (LANDMARKS, "mask"):
                result, expected = mask_of(result), mask_of(expected)
            difference = float(np.abs(result - expected).max())
            assert difference <= TOLERANCE[name, public], (public, difference)


@pytest.mark.parametrize("name", [member.onnx for member in ALL])
def test_files_are_half_the_size(name: str, networks: dict[str, tuple[Member, bytes]]) -> None:
    member, data = networks[name]
    model = convert(data, name, dict(member.outputs))
    values = sum(int(np.prod(t.dims)) for t in model.graph.initializer)
    assert model.ByteSize() < 2.4 * values
