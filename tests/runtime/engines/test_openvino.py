"""What OpenVINO alone does; what all do alike is in test_host_engines.py."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llvmlite.binding import parse_assembly
from numba.core.compiler_lock import global_compiler_lock
from openvino import Model, opset13
from tests.runtime.engines.networks import convolutions, sums
from tests.runtime.onnx_models import model

from bunraku.errors import EngineError
from bunraku.runtime.engines import openvino
from bunraku.runtime.engines.openvino import OpenVinoEngine
from bunraku.runtime.engines.openvino_graph import sum_last_in_f32
from bunraku.runtime.engines.registry import EngineFactory

TINY = model({"a": (1, 2)}, {"y": ((1, 4), 2.5)})
FEEDS = {"a": np.ones((1, 2), np.float32)}


class Core:
    """A processor that can do no more than this."""

    def __init__(self, *capabilities: str) -> None:
        self._capabilities = list(capabilities)
        self.told: dict[str, Any] = {}
        self.compiled: Any = None

    def get_property(self, device: str, name: str) -> list[str]:
        return self._capabilities

    def read_model(self, source: Any) -> Any:
        return openvino_core().read_model(source)

    def compile_model(self, network: Any, device: str, options: dict[str, Any]) -> Any:
        self.told, self.compiled = options, network
        return openvino_core().compile_model(network, device, options)


openvino_core = openvino._core


def _on(monkeypatch: pytest.MonkeyPatch, *capabilities: str) -> Core:
    core = Core(*capabilities)
    monkeypatch.setattr(openvino, "_core", lambda: core)
    return core


def _made(
    engine: str, threads: int | None = 1, *, coarse: bool = False, bears: bool = False
) -> OpenVinoEngine:
    made = EngineFactory(engine, threads).make(TINY, "tiny", coarse=coarse, bears_bf16=bears)
    assert isinstance(made, OpenVinoEngine)
    made.run(FEEDS)
    return made


def test_the_precision_is_what_is_asked_and_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    with_bf16 = _on(monkeypatch, "FP32", "BF16")
    for engine, coarse, bears, precision in (
        ("openvino", False, False, "f32"),  # places of landmarks would tremble
        ("openvino", True, False, "bf16"),
        ("openvino", False, True, "bf16"),
        ("openvino:f32", True, True, "f32"),
        ("openvino:int8", False, True, "f32"),
        ("openvino:bf16", False, False, "bf16"),
    ):
        _made(engine, coarse=coarse, bears=bears)
        assert with_bf16.told["INFERENCE_PRECISION_HINT"] == precision
    without = _on(monkeypatch, "FP32")
    _made("openvino", coarse=True, bears=True)
    assert without.told["INFERENCE_PRECISION_HINT"] == "f32"
    with pytest.raises(EngineError, match=r"does not compute in bf16\. Use openvino:f32\."):
        _made("openvino:bf16")


class Meeting(Core):
    """Whoever compiles waits a little for another who does."""

    def __init__(self) -> None:
        super().__init__("FP32")
        self.both = threading.Barrier(2)

    def compile_model(self, network: Any, device: str, options: dict[str, Any]) -> Any:
        with suppress(threading.BrokenBarrierError):
            self.both.wait(0.05)
        return super().compile_model(network, device, options)


def test_one_network_at_a_time_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    core = Meeting()
    monkeypatch.setattr(openvino, "_core", lambda: core)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: _made("openvino:f32"), range(2)))
    assert core.both.broken, "two at once leave the process in the locale C"


def test_none_is_compiled_while_numba_has_the_locale() -> None:
    with ThreadPoolExecutor(1) as pool, global_compiler_lock:
        made = pool.submit(_made, "openvino:f32")
        assert not wait([made], 0.05).done
    made.result()


class BesideLlvm(Core):
    """Another thread is at LLVM while a network is compiled."""

    def compile_model(self, network: Any, device: str, options: dict[str, Any]) -> Any:
        other = threading.Thread(target=parse_assembly, args=("",))
        other.start()
        other.join(1.0)
        self.waits = other.is_alive()
        return super().compile_model(network, device, options)


def test_nobody_who_is_at_llvm_waits_for_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever compiles it may have to free what LLVM has compiled, and would wait for them."""
    openvino_core()
    core = BesideLlvm("FP32")
    monkeypatch.setattr(openvino, "_core", lambda: core)
    _made("openvino:f32")
    assert not core.waits


def test_a_run_alone_is_computed_by_the_thread_that_asks() -> None:
    shape = 1, 3, 256, 256
    heavy = convolutions(shape).SerializeToString()
    made = EngineFactory("openvino:f32", 1).make(heavy, "heavy")
    feeds = {"image": np.ones(shape, np.float32)}
    made.run(feeds)
    before, own = time.process_time(), time.thread_time()
    for _ in range(5):
        made.run(feeds)
    assert time.thread_time() - own > 0.8 * (time.process_time() - before)


def test_maps_are_given_as_they_are_computed() -> None:
    shape = 1, 3, 16, 16
    feeds = {"image": np.random.default_rng(0).random(shape, np.float32)}
    tiny = convolutions(shape).SerializeToString()
    want = EngineFactory("onnxruntime:f32", 1).make(tiny, "tiny").run(feeds)["result"]
    for coarse in (False, True):
        made = EngineFactory("openvino:f32", 1).make(tiny, "tiny", coarse=coarse)
        assert made.outputs == {"result": shape}
        given = made.run(feeds)["result"]
        assert given.transpose(0, 2, 3, 1).flags.c_contiguous is not coarse
        np.testing.assert_allclose(given, want, atol=1e-5)
        out = {"result": np.full(shape, np.nan, np.float32)}
        assert made.run(feeds, out=out)["result"] is out["result"]
        np.testing.assert_array_equal(out["result"], given)


def test_runs_share_memory_and_no_numbers() -> None:
    shape = 1, 3, 16, 16
    made = EngineFactory("openvino:f32", 1).make(convolutions(shape).SerializeToString(), "tiny")
    image = np.random.default_rng(0).random(shape, np.float32)
    first = made.run({"image": image})["result"]
    whole = first.copy()
    image[..., :8] = 0.0  # the same array, other pixels
    second = made.run({"image": image})["result"]
    np.testing.assert_array_equal(first, whole)
    assert not np.array_equal(second, whole)
    image.flags.writeable = False
    np.testing.assert_array_equal(made.run({"image": image})["result"], second)
    image.flags.writeable = True
    image[..., 8:] = 0.0
    image.flags.writeable = False
    assert not np.array_equal(made.run({"image": image})["result"], second)


def _kinds(graph: Any) -> list[str]:
    return [node.get_type_name() for node in graph.get_ordered_ops()]


def test_the_last_sums_are_none_that_bf16_rounds() -> None:
    graph = openvino_core().read_model(sums().SerializeToString())
    assert _kinds(graph).count("MatMul") == 2
    sum_last_in_f32(graph)
    assert _kinds(graph).count("MatMul") == 1, "what another layer reads may be rounded"
    feeds = {"a": np.random.default_rng(0).normal(size=(2, 64)).astype(np.float32)}
    want = EngineFactory("onnxruntime:f32", 1).make(sums().SerializeToString(), "sums").run(feeds)
    made = openvino_core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    [got] = made(feeds).values()
    np.testing.assert_allclose(got, want["y"], rtol=1e-5, atol=1e-5)


def test_products_of_what_is_computed_stay_what_they_are() -> None:
    one, other = (opset13.parameter(shape, np.float32) for shape in ((1, 5, 2), (1, 2, 2)))
    product = opset13.matmul(one, other, transpose_a=False, transpose_b=True)
    graph = Model([product], [one, other])
    sum_last_in_f32(graph)
    assert _kinds(graph).count("MatMul") == 1


@pytest.mark.parametrize(
    ("engine", "coarse", "left"),
    [("openvino:bf16", False, 1), ("openvino:bf16", True, 2), ("openvino:f32", False, 2)],
)
def test_the_last_sums_are_kept_of_places_where_the_rest_is_rounded(
    monkeypatch: pytest.MonkeyPatch, engine: str, coarse: bool, left: int
) -> None:
    core = _on(monkeypatch, "FP32", "BF16")
    made = EngineFactory(engine, 1).make(sums().SerializeToString(), "sums", coarse=coarse)
    made.run({"a": np.ones((2, 64), np.float32)})
    assert _kinds(core.compiled).count("MatMul") == left


def test_runs_at_once_share_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino, "cores", lambda: 8)
    core = _on(monkeypatch, "FP32")
    for threads, streams in ((2, 3), (8, 0), (None, 0), (3, 1)):
        made = _made("openvino:f32", threads)
        assert (core.told["NUM_STREAMS"], core.told["INFERENCE_NUM_THREADS"]) == (1, threads or 8)
        core.told = {}
        with made._request(), made._request():
            if streams:
                assert core.told["NUM_STREAMS"] == streams
                assert core.told["INFERENCE_NUM_THREADS"] == (threads or 8) * streams
            else:
                assert not core.told, "they take turns"
            assert made.run(FEEDS)["y"].max() == 2.5


def test_what_was_compiled_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "tiny.onnx"
    path.write_bytes(TINY)
    factory = EngineFactory("openvino:f32", 1)
    for content in (None, b"", b"something else", None):
        for blob in (tmp_path / "cache").glob("openvino/*.blob"):
            if content is not None:
                blob.chmod(0o600)
                blob.write_bytes(content)
        assert factory.make(path, "tiny").run(FEEDS)["y"].max() == 2.5
    assert len(list((tmp_path / "cache").glob("openvino/*.blob"))) == 1


def test_without_a_place_for_it_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(TINY)
    monkeypatch.setenv("BUNRAKU_CACHE", str(path))  # a file where a folder should be
    assert EngineFactory("openvino:f32", 1).make(path, "tiny").run(FEEDS)["y"].max() == 2.5


def test_a_request_that_fails_is_one_line_and_not_used_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = _made("openvino:f32")

    class Failing:
        def infer(self, feeds: Any) -> None:
            raise RuntimeError("Exception from src/core:1:\n\nno memory\n")

    made._own._idle.append(Failing())  # type: ignore[arg-type]
    with pytest.raises(EngineError) as caught:
        made.run(FEEDS)
    assert str(caught.value).startswith("The engine 'tiny' failed: no memory Free")
    assert made.run(FEEDS)["y"].max() == 2.5


def test_what_never_runs_is_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    core = _on(monkeypatch, "FP32")
    made = EngineFactory("openvino:f32", 1).make(TINY, "tiny")
    assert made.outputs == {"y": (1, 4)}
    assert not core.told
    for _ in range(2):
        core.told = {}
        made.run(FEEDS)
    assert not core.told, "and what runs, once"


def test_what_cannot_be_compiled_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    core = _on(monkeypatch, "FP32")

    def fail(*_: Any) -> None:
        raise RuntimeError("Exception from src/core:1:\n\nno such operator\n")

    core.compile_model = fail  # type: ignore[method-assign, assignment]
    made = EngineFactory("openvino:f32", 1).make(TINY, "tiny", advice="Ask.")
    with pytest.raises(EngineError) as caught:
        made.run(FEEDS)
    assert str(caught.value) == (
        "OpenVINO cannot load the engine 'tiny': no such operator Ask. Or update openvino."
    )
