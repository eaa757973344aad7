"""The plugin with a TensorRT that is none, and what TensorRT-RTX makes of it. It has not been run:
that takes TensorRT and a GPU."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from inspect import signature
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from tests.export.test_onnx_operators import textured

from bunraku.runtime.engines.tensorrt import plugin
from bunraku.runtime.engines.tensorrt.builder import BuildOptions, build
from bunraku.runtime.engines.tensorrt.library import Library, find_library
from bunraku.spec.operators import DOMAIN, SAMPLE_TEXTURE


class TensorDesc(SimpleNamespace):
    """``TensorDesc`` of TensorRT, whose symbolic numbers are numbers here."""


class KernelLaunchParams(SimpleNamespace):
    pass


class SymIntExprs(tuple[int, ...]):
    @classmethod
    def from_tuple(cls, numbers: tuple[int, ...]) -> SymIntExprs:
        return cls(numbers)


class FakeModule(ModuleType):
    """``tensorrt.plugin``, as strict about signatures as the real one."""

    def __init__(self, registry: FakeRegistry) -> None:
        super().__init__("fake_tensorrt.plugin")
        self.TensorDesc, self.SymIntExprs = TensorDesc, SymIntExprs
        self.KernelLaunchParams = KernelLaunchParams
        self._registry = registry
        self.inputs: list[str] = []
        self.functions: dict[str, Callable[..., Any]] = {}

    def from_shape_expr(self, shape: tuple[int, ...], dtype: str) -> TensorDesc:
        return TensorDesc(shape_expr=shape, dtype=dtype)

    def cdiv(self, first: int, second: int) -> int:
        return -(-first // second)

    def register(self, plugin_id: str) -> Callable[[Callable[..., Any]], None]:
        assert plugin_id not in self.functions

        def decorate(function: Callable[..., Any]) -> None:
            found = signature(function)
            assert {p.annotation for p in found.parameters.values()} == {TensorDesc}
            assert found.return_annotation is TensorDesc
            self.inputs = list(found.parameters)
            self.functions[plugin_id] = function
            self._registry.register_creator(plugin_id.split("::")[1], plugin_id.split("::")[0])

        return decorate

    def aot_impl(self, plugin_id: str) -> Callable[[Callable[..., Any]], None]:
        def decorate(function: Callable[..., Any]) -> None:
            found = signature(function)
            assert list(found.parameters) == [*self.inputs, "outputs", "tactic"]
            assert found.return_annotation == tuple[str, str, KernelLaunchParams, SymIntExprs]
            self.functions["started"] = function

        return decorate


class FakeRegistry:
    def __init__(self) -> None:
        self.creators: list[tuple[str, str]] = []

    def register_creator(self, creator: str, namespace: str) -> None:
        self.creators.append((creator, namespace))

    def deregister_creator(self, creator: str) -> None:
        self.creators = [kept for kept in self.creators if kept[0] != creator]

    def get_creator(self, name: str, version: str, namespace: str) -> str:
        assert version == "1"
        assert (name, namespace) in self.creators
        return name


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    """TensorRT, as far as the plugin uses it; a new one for each test."""
    registry, trt = FakeRegistry(), ModuleType("fake_tensorrt")
    made: Any = trt
    made.float32, made.float16, made.bfloat16 = "f32", "f16", "bf16"
    made.__version__, made.QuickPluginCreationRequest = "11.4.0.106", object()
    made.get_plugin_registry, made.plugin = lambda: registry, FakeModule(registry)
    monkeypatch.setitem(sys.modules, "fake_tensorrt", trt)
    monkeypatch.setitem(sys.modules, "fake_tensorrt.plugin", made.plugin)
    return Library(trt, "TensorRT", None)


def test_it_is_found_within_the_block_alone(library: Library) -> None:
    registry = library.module.get_plugin_registry()
    for _ in range(2):
        with plugin.offered(library):
            assert registry.creators == [(SAMPLE_TEXTURE, DOMAIN)]
        assert registry.creators == []
    with pytest.raises(ZeroDivisionError), plugin.offered(library):
        _ = 1 / 0
    assert registry.creators == []


def test_the_results_shape_and_type(library: Library) -> None:
    describe = plugin.describe(library.module.plugin)
    maps = TensorDesc(shape_expr=(2, 5, 33, 31), dtype="f16")
    atlas = TensorDesc(shape_expr=(2, 5, 17, 7, 6), dtype="f16")
    made = describe(atlas, maps, maps, maps)
    assert (made.shape_expr, made.dtype) == ((2, 17, 33, 31), "f16")


@pytest.mark.parametrize(("dtype", "kind"), [("f32", "fp32"), ("f16", "fp16")])
def test_the_kernel_and_how_it_is_started(
    library: Library, dtype: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("triton", reason="Triton is not installed")
    from bunraku.kernels.texture import triton_plugin

    asked: list[tuple[Any, ...]] = []
    compiled = triton_plugin.compiled

    def note(*what: Any) -> Any:
        asked.append(what)
        return compiled(*what)

    monkeypatch.setattr(triton_plugin, "compiled", note)
    start = plugin.start(library.module, library.module.plugin, lambda: (9, 0))
    maps = TensorDesc(shape_expr=(2, 5, 33, 31), dtype=dtype)
    shape = (2, 5, 40, 7, 6)
    atlas = TensorDesc(shape_expr=shape, shape=shape, dtype=dtype)
    name, ptx, launch, numbers = start(atlas, maps, maps, maps, (), None)
    assert asked == [(kind, 40, (9, 0))]
    assert f".entry {name}(" in ptx
    assert ".target sm_90a" in ptx
    assert (launch.grid_x, launch.grid_y, launch.grid_z) == (16, 3, 2)  # 64 pixels, 16 channels
    assert launch.block_x == 128
    assert launch.shared_mem > 0
    assert numbers == (5, 40, 7, 6, 33 * 31)


def test_an_old_library_and_a_missing_triton_are_said_in_a_line(
    library: Library, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with caplog.at_level(logging.WARNING):
        monkeypatch.setattr(plugin, "missing_package", lambda *names: f"{names[0]} is missing")
        with plugin.offered(library):
            assert library.module.get_plugin_registry().creators == []
        del library.module.QuickPluginCreationRequest
        with plugin.offered(library):
            assert library.module.get_plugin_registry().creators == []
    begin = "The texture operator is built from standard operators, not as a plugin: "
    assert caplog.messages == [
        f"{begin}triton is missing.",
        f"{begin}TensorRT 11.4.0.106 takes no kernel that was compiled ahead of time.",
    ]


def test_tensorrt_rtx_builds_the_body_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("tensorrt_rtx", reason="it is for Linux on x86-64 alone")
    library, model = find_library(), textured().SerializeToString()
    with caplog.at_level(logging.WARNING):
        assert build(library, model, "frame").engine
        assert caplog.messages == []
        assert build(library, model, "frame", BuildOptions(plugin=True)).engine
    (line,) = caplog.messages
    assert "not as a plugin: TensorRT-RTX 1." in line


def test_it_is_the_plugin_that_the_node_names() -> None:
    (node,) = textured().graph.node
    told = {attribute.name: attribute for attribute in node.attribute}
    assert f"{told['plugin_namespace'].s.decode()}::{node.op_type}" == plugin.PLUGIN_ID
    assert told["aot"].i == 1
