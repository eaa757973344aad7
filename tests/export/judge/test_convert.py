"""A graph of every kind of node, run beside the same sums by hand."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from bunraku.errors import FetchError
from bunraku.export.judge.convert import convert_graph, read_weights


def text(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def node(op: str, name: str, *inputs: str, fused: tuple[str, ...] = (), stride: int = 1) -> Any:
    attributes = {
        "strides": {"list": {"i": ["1", str(stride), str(stride), "1"]}},
        "padding": {"s": text("SAME")},
        "fused_ops": {"list": {"s": [text(kind) for kind in fused]}},
    }
    return {"op": op, "name": name, "input": list(inputs), "attr": attributes}


def model(nodes: list[Any], weights: Mapping[str, NDArray[np.generic]]) -> tuple[bytes, bytes]:
    """As TensorFlow.js stores it, floats as halves."""
    entries: list[Any] = []
    data = b""
    for name, values in weights.items():
        entry: dict[str, Any] = {"name": name, "shape": list(values.shape), "dtype": "int32"}
        if values.dtype != np.int32:
            entry |= {"dtype": "float32", "quantization": {"dtype": "float16"}}
            values = values.astype(np.float16)
        entries.append(entry)
        data += values.tobytes()
    manifest = [{"paths": ["x.bin"], "weights": entries}]
    graph = {"modelTopology": {"node": nodes}, "weightsManifest": manifest}
    return json.dumps(graph).encode(), data


def run(topology: bytes, weights: bytes, end: str, picture: NDArray[np.float32]) -> Any:
    made = convert_graph(topology, weights, "tiny", "start", {end: "out"}, picture.shape[-1])
    session = onnxruntime.InferenceSession(made.SerializeToString())
    (out,) = session.run(["out"], {"image": picture})
    return out


PICTURE = np.random.default_rng(0).uniform(-1, 1, (1, 3, 8, 8)).astype(np.float32)


def test_a_mixing_layer_with_bias_and_limits() -> None:
    kernel = np.array([[0.5, -8.0], [2.0, 1.0], [0.0, 9.0]], np.float32)[None, None]
    bias = np.array([1.0, 2.0], np.float32)
    nodes = [node("_FusedConv2D", "end", "start", "k", "b", fused=("BiasAdd", "Relu6"))]
    out = run(*model(nodes, {"k": kernel, "b": bias}), "end", PICTURE)
    mixed = np.einsum("chw,co->ohw", PICTURE[0], kernel[0, 0]) + bias[:, None, None]
    assert out[0] == pytest.approx(np.clip(mixed, 0, 6), abs=1e-5)


def test_a_strided_layer_pads_at_the_end() -> None:
    # By channel: three ones in a row, every second pixel. TensorFlow pads (0, 1) here.
    kernel = np.zeros((3, 3, 3, 1), np.float32)
    kernel[0] = 1.0
    nodes = [node("DepthwiseConv2dNative", "end", "start", "k", stride=2)]
    out = run(*model(nodes, {"k": kernel}), "end", PICTURE)
    padded = np.pad(PICTURE[0], ((0, 0), (0, 1), (0, 1)))
    expected = sum(padded[:, 0:8:2, i : i + 8 : 2] for i in range(3))
    assert out.shape == (1, 3, 4, 4)
    assert out[0] == pytest.approx(expected, abs=1e-5)


def test_sums_and_enlarging() -> None:
    size = np.array([16, 16], np.int32)
    nodes = [node("ResizeBilinear", "large", "start", "s"), node("AddV2", "end", "large", "large")]
    out = run(*model(nodes, {"s": size}), "end", PICTURE)
    assert out.shape == (1, 3, 16, 16)
    # Half pixel centres: a corner is the corner, the next a quarter towards its neighbour.
    corner, beside = PICTURE[0, :, 0, 0], PICTURE[0, :, 0, 1]
    assert out[0, :, 0, 0] == pytest.approx(2 * corner, abs=1e-5)
    assert out[0, :, 0, 1] == pytest.approx(1.5 * corner + 0.5 * beside, abs=1e-5)


def test_what_is_not_known_is_named() -> None:
    with pytest.raises(FetchError, match="Softmax is not known"):
        convert_graph(*model([node("Softmax", "end", "start")], {}), "x", "start", {"end": "o"}, 8)
    weights = {"k": np.ones((1, 1, 3, 1), np.float32), "b": np.ones(1, np.float32)}
    strange = node("_FusedConv2D", "end", "start", "k", "b", fused=("BiasAdd", "Elu"))
    with pytest.raises(FetchError, match="Elu is not known"):
        convert_graph(*model([strange], weights), "x", "start", {"end": "o"}, 8)
    short = node("_FusedConv2D", "end", "start", "k", fused=("BiasAdd",))
    with pytest.raises(FetchError, match="not as it is expected"):
        convert_graph(*model([short], weights), "x", "start", {"end": "o"}, 8)
    with pytest.raises(FetchError, match="not as it is expected"):
        convert_graph(b"{", b"", "x", "start", {"end": "o"}, 8)


def test_weights_of_another_length() -> None:
    entry = {"name": "k", "shape": [2], "dtype": "float32"}
    assert read_weights([entry], np.ones(2, np.float32).tobytes())["k"].tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="12 bytes of weights, not 8"):
        read_weights([entry], np.ones(3, np.float32).tobytes())
    with pytest.raises(ValueError, match="buffer is smaller"):
        read_weights([entry], b"1234")
    with pytest.raises(ValueError, match="weights of uint8"):
        read_weights([{**entry, "quantization": {"dtype": "uint8"}}], b"12")
