from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from bunraku.errors import InputError
from bunraku.training.embedding import OnnxEmbedder
from bunraku.training.features import MEAN, STD


def save(path: Path, shape: list[int]) -> Path:
    """A network that gives each channel's mean over the picture."""
    node = helper.make_node("GlobalAveragePool", ["picture"], ["row"])
    graph = helper.make_graph(
        [node],
        "means",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("row", TensorProto.FLOAT, [1, shape[1], 1, 1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)], ir_version=9)
    onnx.save(model, path)
    return path


def test_a_row(tmp_path: Path) -> None:
    path = save(tmp_path / "means.onnx", [1, 3, 8, 4])
    picture = np.full((20, 30, 3), (255, 51, 0), np.uint8)
    expected = (np.array([1.0, 0.2, 0.0]) - MEAN) / STD
    raw = OnnxEmbedder(path, normalise=False)
    assert raw.name == "means.onnx"
    assert raw.embed(picture) == pytest.approx(expected, abs=1e-5)
    row = OnnxEmbedder(path, normalise=True).embed(picture)
    assert row == pytest.approx(expected / np.linalg.norm(expected), abs=1e-5)


def test_what_is_no_such_network(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no network .*no.onnx. Export it with"):
        OnnxEmbedder(tmp_path / "no.onnx", normalise=True)
    (tmp_path / "text.onnx").write_text("not a network")
    with pytest.raises(InputError, match="not a network that can be used"):
        OnnxEmbedder(tmp_path / "text.onnx", normalise=True)
    with pytest.raises(InputError, match=r"takes \[\[1, 1, 8, 8\]\], not a picture"):
        OnnxEmbedder(save(tmp_path / "grey.onnx", [1, 1, 8, 8]), normalise=True)
