from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from tests.runtime.onnx_models import live_models, model

from bunraku.runtime.engines.torch_graph.graph import TorchGraph
from bunraku.runtime.engines.torch_graph.node import UnsupportedError


def chain(shape: tuple[int | str, ...] = (1, 2), elements: int = TensorProto.FLOAT) -> bytes:
    """y = (x · w) + w and z = w, of weights w that are kept in half as many bits."""
    nodes = [
        helper.make_node("Cast", ["kept"], ["w"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["x", "w"], ["product"]),
        helper.make_node("Relu", ["product"], ["unused"]),
        helper.make_node("Add", ["product", "w"], ["y"]),
        helper.make_node("Identity", ["w"], ["z"]),
    ]
    graph = helper.make_graph(
        nodes,
        "chain",
        [helper.make_tensor_value_info("x", elements, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, 2)) for name in "yz"],
        [numpy_helper.from_array(np.array([[2, 3]], np.float16), "kept")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(made.SerializeToString())


def test_what_never_changes_is_computed_once() -> None:
    graph = TorchGraph(chain(), torch)
    assert graph.inputs == {"x": (1, 2)}
    assert graph.outputs == {"y": (1, 2), "z": (1, 2)}
    assert [list(step.gives) for step in graph._steps] == [["product"], ["unused"], ["y"]]
    made = graph({"x": torch.ones(1, 2)})
    assert made["y"].tolist() == [[4.0, 6.0]]
    assert made["z"].tolist() == [[2.0, 3.0]]


def test_memory_is_free_as_soon_as_nothing_reads_it() -> None:
    graph = TorchGraph(chain(), torch)
    assert [set(step.last) for step in graph._steps] == [{"x"}, {"unused"}, {"product"}]


def test_constants_go_where_the_graph_runs() -> None:
    placed: list[torch.Tensor] = []

    def place(tensor: torch.Tensor) -> torch.Tensor:
        placed.append(tensor)
        return tensor

    TorchGraph(chain(), torch, place)
    assert {tuple(tensor.flatten().tolist()) for tensor in placed} == {(2.0, 3.0)}


def test_a_file_is_read_like_its_bytes(tmp_path: Path) -> None:
    inputs, outputs = live_models()["motion"]
    path = tmp_path / "motion.onnx"
    path.write_bytes(model(inputs, outputs))
    made = TorchGraph(path, torch)({n: torch.ones(s) for n, s in inputs.items()})
    assert float(made["atlas"].min()) == 0.5


@pytest.mark.parametrize(
    "model_", [chain(("n", 2)), chain(elements=TensorProto.DOUBLE)], ids=["shape", "type"]
)
def test_inputs_of_another_kind_are_refused(model_: bytes) -> None:
    with pytest.raises(UnsupportedError, match="'x', which is no float32 of a fixed shape"):
        TorchGraph(model_, torch)
