"""Tiny ONNX engines and a bundle of them, with the real names and shapes and nothing learnt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8

Shapes = Mapping[str, tuple[int, ...]]


def model(inputs: Shapes, outputs: Mapping[str, Sequence[Any]], opset: int = OPSET) -> bytes:
    """A model whose outputs are constants that every input reaches.

    :param outputs: by name the shape, then the value that fills it.
    """
    nodes, weights, totals = [], [], []
    for name in inputs:
        nodes.append(helper.make_node("ReduceSum", [name], [f"{name}_sum"], keepdims=0))
        totals.append(f"{name}_sum")
    nodes.append(helper.make_node("Sum", totals, ["total"]))
    weights.append(numpy_helper.from_array(np.zeros((), np.float32), "nothing"))
    nodes.append(helper.make_node("Mul", ["total", "nothing"], ["zero"]))
    for name, (shape, value) in outputs.items():
        filled = np.full(shape, value, np.float32) if np.isscalar(value) else np.asarray(value)
        weights.append(numpy_helper.from_array(filled.astype(np.float32), f"{name}_value"))
        nodes.append(helper.make_node("Add", [f"{name}_value", "zero"], [name]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs.items()],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, (s, _) in outputs.items()],
        weights,
    )
    made = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=IR_VERSION
    )
    onnx.checker.check_model(made)
    return bytes(made.SerializeToString())


def iuv_model(size: int = 128) -> tuple[Shapes, dict[str, Sequence[Any]]]:
    """Inputs and outputs of an IUV net that sees a block of part 2 in the middle."""
    densepose = np.zeros((1, 73, size, size), np.float32)
    densepose[:, 0] = 1.0
    inner = np.s_[size // 4 : -size // 4]
    densepose[:, 0, inner, inner] = 0.0
    densepose[:, 2, inner, inner] = 1.0
    densepose[:, 25 + 1], densepose[:, 49 + 1] = 0.5, 0.5
    inputs = {"landmarks": (1, 33, 4), "mask": (1, 1, size, size)}
    return inputs, {"densepose": (densepose.shape, densepose)}


def live_models(
    window: int = 256, size: int = 128
) -> dict[str, tuple[Shapes, dict[str, Sequence[Any]]]]:
    """Inputs and outputs of a generator with the prior that shows grey where a disc is."""
    scales = (size // 4, size // 2, size)
    picture, plane, maps = (1, 3, window, window), (1, 1, window, window), (1, 73, size, size)
    y, x = np.mgrid[0:window, 0:window] / window - 0.5
    disc = ((x * x + y * y) < 0.1).astype(np.float32)[None, None]
    identity: dict[str, Sequence[Any]] = {f"z_{n}": ((1, 4, n, n), 0.25) for n in scales}
    identity["atlas_prior"] = ((1, 24, 6, 32, 32), 0.1)
    identity["motion_source"] = ((1, 8, size // 2, size // 2), 0.0)
    identity["atlas_texture"] = ((1, 24, 4, 32, 32), 0.0)
    identity["image_masked"] = ((1, 5, window, window), 0.0)
    moved: dict[str, Sequence[Any]] = {f"flow_{n}": ((1, 2, n, n), 0.0) for n in scales}
    moved |= {f"occlusion_{n}": ((1, 1, n, n), 1.0) for n in scales}
    moved["atlas"] = ((1, 24, 4, 32, 32), 0.5)
    warped = {f"warped_{n}": (1, 4, n, n) for n in scales}
    return {
        "source": ({"image": picture, "mask": plane, "densepose": maps}, identity),
        "motion": (
            {
                "densepose": maps,
                "prior": (1, 6, size, size),
                "motion_source": (1, 8, size // 2, size // 2),
            },
            moved,
        ),
        "blend": (
            {**warped, "z_geo": (1, 4, size, size), "warped_image": (1, 5, window, window)},
            {"image": (picture, 0.5), "mask": (plane, disc), "trust": (plane, 0.0)},
        ),
    }


def write_bundle(
    folder: Path,
    models: Mapping[str, tuple[Shapes, Mapping[str, Sequence[Any]]]],
    **changes: Any,
) -> Path:
    """Write the engines and a manifest; ``changes`` replace entries of the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    engines = {}
    for name, (inputs, outputs) in models.items():
        data = model(inputs, outputs)
        (folder / f"{name}.onnx").write_bytes(data)
        engines[name] = {
            "file": f"{name}.onnx",
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
            "inputs": {n: list(s) for n, s in inputs.items()},
            "outputs": {n: list(s) for n, (s, _) in outputs.items()},
            "gflop": 0.001,
            "parameters": 1,
        }
    manifest = {
        "format": 1,
        "preset": "tiny",
        "window": 256,
        "size": 128,
        "prior": True,
        "opset": OPSET,
        "licence": "Apache-2.0",
        "provenance": {"trained": "not at all"},
        "parameters": len(engines),
        "engines": engines,
        **changes,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder
