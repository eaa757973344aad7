from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from bunraku.errors import FetchError
from bunraku.export.judge.package import HEADS
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ANKLE, LEFT_HIP, NOSE
from bunraku.training import movenet
from bunraku.training.movenet import POINTS, MoveNetJudge, read_heads

N, K = 16, 17


def heads() -> dict[str, Array]:
    """A person in cell (10, 6) whose nose is 4 cells above and 1 to the left."""
    made = {
        "centre": np.full((1, 1, N, N), -9.0, np.float32),
        "regression": np.zeros((1, 2 * K, N, N), np.float32),
        "heat": np.full((1, K, N, N), -9.0, np.float32),
        "offset": np.zeros((1, 2 * K, N, N), np.float32),
    }
    made["centre"][0, 0, 10, 6] = 3.0
    made["regression"][0, 0:2, 10, 6] = -4.0, -1.0
    made["heat"][0, 0, 7, 5] = 2.0  # a cell below the guess
    made["heat"][0, 0, 15, 15] = 3.0  # hotter, and far away
    made["offset"][0, 0:2, 7, 5] = 0.25, 0.5
    return made


def test_points_by_hand() -> None:
    points = read_heads(**heads())
    # Cell (7, 5) and its shift, as shares of 16 cells; the score is the heat's.
    assert points[0] == pytest.approx([5.5 / N, 7.25 / N, 1 / (1 + np.exp(-2.0))])
    assert points[1, 2] == pytest.approx(1 / (1 + np.exp(9.0)), abs=1e-4)


def test_the_most_central_person_counts() -> None:
    made = heads()
    made["centre"][0, 0, 0, 0] = 3.2  # a little surer, in the corner
    made["regression"][0, 0:2, 0, 0] = 15.0, 15.0
    assert read_heads(**made)[0, 0] == pytest.approx(5.5 / N)


def save(path: Path, outputs: dict[str, Array]) -> Path:
    """A network that gives these whatever the picture."""
    nodes, values, infos = [], [], []
    for name, array in outputs.items():
        values.append(numpy_helper.from_array(array, f"{name}_value"))
        nodes.append(helper.make_node("Add", [f"{name}_value", "zero"], [name]))
        infos.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape))
    nothing = numpy_helper.from_array(np.zeros((), np.float32), "nothing")
    nodes.insert(0, helper.make_node("ReduceMean", ["image"], ["mean"], keepdims=0))
    nodes.insert(1, helper.make_node("Mul", ["mean", "nothing"], ["zero"]))
    picture = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 256, 256])
    graph = helper.make_graph(nodes, "fixed", [picture], infos, [*values, nothing])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)], ir_version=8)
    onnx.save(made, path)
    return path


def judge(path: Path, monkeypatch: pytest.MonkeyPatch) -> MoveNetJudge:
    monkeypatch.setattr(movenet, "find_judge", lambda: path)
    return MoveNetJudge()


def test_landmarks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = heads()
    assert set(made) == set(HEADS.values())
    found = judge(save(tmp_path / "m.onnx", made), monkeypatch).find(
        np.zeros((128, 128, 3), np.uint8)
    )
    assert found is not None
    assert found.shape == (33, 4)
    assert found[NOSE, :2] == pytest.approx([5.5 / N * 128 - 0.5, 7.25 / N * 128 - 0.5])
    assert found[NOSE, 3] == 1.0
    assert found[1:, 3].max() < 0.01


def test_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = heads()
    made["heat"][:] = -9.0
    looking = judge(save(tmp_path / "m.onnx", made), monkeypatch)
    assert looking.find(np.zeros((256, 256, 3), np.uint8)) is None


def test_points_have_their_places() -> None:
    # COCO: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles, the left ones first.
    assert (POINTS[0], POINTS[11], POINTS[15]) == (NOSE, LEFT_HIP, LEFT_ANKLE)
    assert len(set(POINTS)) == K


def test_without_its_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path))
    with pytest.raises(FetchError, match="bunraku fetch --judge"):
        MoveNetJudge()
