from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from bunraku.errors import EngineError
from bunraku.export.onnx_operators import attach, functions
from bunraku.export.parity import make_engine
from bunraku.kernels import sample_texture, warp_occlude
from bunraku.runtime.engines.tensorrt.builder import build
from bunraku.runtime.engines.tensorrt.library import find_library
from bunraku.spec.operators import DOMAIN, VERSION

Array = NDArray[np.float32]


def run(name: str, inputs: dict[str, Array], shape: tuple[int, ...]) -> Array:
    """One custom node with its body, in ONNX Runtime; ``shape`` is the result's."""
    return make_engine(one_node(name, inputs, shape)).run(inputs)["result"]


def one_node(name: str, inputs: dict[str, Array], shape: tuple[int, ...]) -> onnx.ModelProto:
    graph = helper.make_graph(
        [helper.make_node(name, list(inputs), ["result"], domain=DOMAIN)],
        "one",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, a.shape) for n, a in inputs.items()],
        [helper.make_tensor_value_info("result", TensorProto.FLOAT, shape)],
    )
    imports = [helper.make_opsetid("", 18), helper.make_opsetid(DOMAIN, VERSION)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=9)
    attach(model)
    onnx.checker.check_model(model, full_check=True)
    return model


@pytest.mark.parametrize(
    "shape", [(1, 24, 5, 6, 4, 7, 9), (2, 3, 1, 1, 5, 4, 4), (1, 1, 2, 3, 1, 1, 1)]
)
def test_sample_texture(shape: tuple[int, ...]) -> None:
    b, k, c, h, w, height, width = shape
    rng = np.random.default_rng(5)
    maps: Any = rng.uniform(-0.3, 1.3, (3, b, k, height, width)).astype(np.float32)
    inputs = {
        "atlas": rng.standard_normal((b, k, c, h, w), np.float32),
        **dict(zip(("parts", "u", "v"), maps, strict=True)),
    }
    expected = sample_texture(*inputs.values(), minimum_weight=0.0)
    np.testing.assert_allclose(run("SampleTexture", inputs, expected.shape), expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 4, 8, 8, 8, 8), (2, 3, 7, 5, 6, 19), (1, 1, 1, 3, 4, 2)])
def test_warp_occlude(shape: tuple[int, ...]) -> None:
    b, c, h, w, height, width = shape
    rng = np.random.default_rng(6)
    inputs = {
        "features": rng.standard_normal((b, c, h, w), np.float32),
        "flow": rng.uniform(-1.2, 1.2, (b, 2, height, width)).astype(np.float32),
        "occlusion": rng.random((b, 1, height, width), np.float32),
    }
    expected = warp_occlude(*inputs.values())
    np.testing.assert_allclose(run("WarpOcclude", inputs, expected.shape), expected, atol=2e-5)


def test_bodies_need_nothing_but_standard_operators() -> None:
    for function in functions():
        assert function.domain == DOMAIN
        assert [(i.domain, i.version) for i in function.opset_import] == [("", 18)]
        assert {node.domain for node in function.node} == {""}


def textured() -> onnx.ModelProto:
    maps = np.zeros((1, 2, 6, 6), np.float32)
    inputs = {"atlas": np.zeros((1, 2, 4, 8, 8), np.float32), "parts": maps, "u": maps, "v": maps}
    return one_node("SampleTexture", inputs, (1, 4, 6, 6))


def test_the_texture_names_a_plugin() -> None:
    told = {a.name: helper.get_attribute_value(a) for a in textured().graph.node[0].attribute}
    assert told == {"plugin_namespace": b"bunraku", "plugin_version": b"1", "aot": 1}


def test_tensorrt_takes_the_plugin_where_there_is_one_and_else_the_body() -> None:
    """As far as the parser, which is the one of both libraries: no plugin has run anywhere."""
    trt: Any = pytest.importorskip("tensorrt_rtx", reason="it is for Linux on x86-64 alone")
    library = find_library()
    asked: list[str] = []

    class Creator(trt.IPluginCreatorV3One):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.IPluginCreatorV3One.__init__(self)
            self.name, self.plugin_version = "SampleTexture", str(VERSION)
            self.plugin_namespace = DOMAIN
            self.field_names = trt.PluginFieldCollection([])

        def create_plugin(self, name: str, fields: Any, phase: Any) -> None:
            asked.append(name)

    model = textured().SerializeToString()
    assert build(library, model, "frame").engine
    creator, registry = Creator(), trt.get_plugin_registry()
    assert registry.register_creator(creator, DOMAIN)
    try:
        with pytest.raises(EngineError, match="Could not create the plugin"):
            build(library, model, "frame")
    finally:
        assert registry.deregister_creator(creator)
    assert len(asked) == 1
    assert build(library, model, "frame").engine
