"""How far exported engines are from the torch networks: each by itself, and the whole chain.

Engines are compared on the same inputs; the chain runs them one after the other, with the Numba
kernels in the seam, as the runtime does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor

from bunraku.errors import EngineError, MissingExtraError
from bunraku.export.cuts import Cut, Tensors
from bunraku.kernels import sample_texture, warp_occlude
from bunraku.networks.layers import up2_flow
from bunraku.networks.presets import PARTS, GeneratorOptions

Array = NDArray[np.float32]
Arrays = dict[str, Array]
Outputs = dict[str, "Difference"]


@dataclass(frozen=True)
class Difference:
    """One tensor, exported against torch."""

    maximum: float
    """Largest difference of any element."""
    mean: float
    scale: float
    """Largest magnitude in torch's tensor, at least 1: tolerances are relative to it."""

    @classmethod
    def of(cls, actual: Array, expected: Tensor) -> Difference:
        """Compare an exported engine's tensor with torch's.

        :raises EngineError: other shapes, or values that are not finite.
        """
        reference = expected.numpy()
        if actual.shape != reference.shape:
            raise EngineError(
                f"An exported engine gives {list(actual.shape)}, torch {list(reference.shape)}.",
                "This is a fault of the export: please report it.",
            )
        distance = np.abs(actual.astype(np.float64) - reference)
        scale = max(1.0, float(np.abs(reference).max(initial=0.0)))
        return cls(float(distance.max(initial=0.0)), float(distance.mean()), scale)


@dataclass(frozen=True)
class Tolerance:
    """What is still called equal, relative to a tensor's scale."""

    engine: float
    """The largest difference of any element, engines by themselves."""
    chain: float
    """The mean difference of the picture and its mask at the chain's end."""
    decided: float
    """The mean difference of a map that holds hard decisions: single pixels may fall either way."""


DECIDED = frozenset({"densepose"})
"""Tensors that hold hard decisions: the part of each pixel."""


FLOAT32 = Tolerance(engine=1e-3, chain=1e-3, decided=1e-4)
"""For weights as they are: what remains is the order of additions, and the runtime's skipping of
parts of negligible weight."""

FLOAT16 = Tolerance(engine=5e-2, chain=5e-3, decided=2e-3)
"""For weights rounded to 11 bits."""


@dataclass(frozen=True)
class Parity:
    """One set of engines against torch."""

    engines: Mapping[str, Outputs]
    chain: Outputs
    tolerance: Tolerance

    def check(self) -> None:
        """Raise if any tensor is beyond the tolerance.

        :raises EngineError: which tensor is how far off.
        """
        for engine, outputs in self.engines.items():
            for output, found in outputs.items():
                if output in DECIDED:
                    if not found.mean <= self.tolerance.decided:
                        raise _too_far(f"{output!r} of the engine {engine!r}", found.mean)
                elif not found.maximum <= self.tolerance.engine * found.scale:  # NaN fails too
                    raise _too_far(f"{output!r} of the engine {engine!r}", found.maximum)
        for output, found in self.chain.items():
            if not found.mean <= self.tolerance.chain * found.scale:
                raise _too_far(f"{output!r} at the end of the chain", found.mean)


def engine_parity(cut: Cut, model: onnx.ModelProto, known: Tensors, expected: Tensors) -> Outputs:
    """One engine on torch's own inputs."""
    given = Session(model).run({name: known[name].numpy() for name in cut.inputs})
    return {name: Difference.of(given[name], expected[name]) for name in cut.outputs}


def chain_parity(
    options: GeneratorOptions,
    models: Mapping[str, onnx.ModelProto],
    source: Tensors,
    driving: Tensor,
    expected: Tensors,
) -> Outputs:
    """Source, motion, the kernels and blend in a row; what ``blend`` gives at the end."""
    known: Arrays = Session(models["source"]).run({n: t.numpy() for n, t in source.items()})
    known["densepose"] = driving.numpy()
    if options.prior:
        known["prior"] = sample_texture(known["atlas_prior"], *_charts(known["densepose"]))
    known |= Session(models["motion"]).run(known)
    known |= kernel_seam(options, known)
    given = Session(models["blend"]).run(known)
    return {name: Difference.of(given[name], expected[name]) for name in given}


def kernel_seam(options: GeneratorOptions, known: Mapping[str, Array]) -> Arrays:
    """The gathers between motion and blend, by the Numba kernels."""
    given: Arrays = {
        f"warped_{n}": warp_occlude(known[f"z_{n}"], known[f"flow_{n}"], known[f"occlusion_{n}"])
        for n in options.scales
    }
    if not options.prior:
        parts, u, v = known["parts"][:, 1:], known["u"], known["v"]
        given["z_geo"] = sample_texture(known["atlas"], parts, u, v)
        return given
    given["z_geo"] = sample_texture(known["atlas"], *_charts(known["densepose"]))
    flow = torch.from_numpy(known[f"flow_{options.size}"])
    window_flow = (flow if options.window == options.size else up2_flow(flow)).numpy()
    everywhere = np.ones_like(window_flow[:, :1])
    given["warped_image"] = warp_occlude(known["image_masked"], window_flow, everywhere)
    return given


class Session:
    """A model in ONNX Runtime on the CPU.

    :raises MissingExtraError: ONNX Runtime is not installed.
    :raises EngineError: it cannot load the model.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        try:
            import onnxruntime as ort
        except ImportError as error:
            raise MissingExtraError(
                "The export compares its engines in ONNX Runtime, which is not installed.",
                "Run: pip install 'bunraku[cpu]'",
            ) from error
        try:
            self._session: Any = ort.InferenceSession(
                model.SerializeToString(), providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise EngineError(
                f"ONNX Runtime {ort.__version__} cannot load the exported engine "
                f"{model.graph.name!r}: {error}",
                "Update onnxruntime.",
            ) from error

    def run(self, known: Mapping[str, Array]) -> Arrays:
        """Its outputs by name; ``known`` may hold more than the inputs."""
        names = [value.name for value in self._session.get_inputs()]
        results = self._session.run(None, {n: np.ascontiguousarray(known[n]) for n in names})
        outputs = [value.name for value in self._session.get_outputs()]
        return dict(zip(outputs, results, strict=True))


def _charts(densepose: Array) -> tuple[Array, Array, Array]:
    """P ``[1,73,n,n]`` -> scores of the 24 parts, U, V."""
    _, parts, u, v = np.split(densepose, [1, 1 + PARTS, 1 + 2 * PARTS], 1)
    return parts, u, v


def _too_far(what: str, distance: float) -> EngineError:
    return EngineError(
        f"The export differs from torch by {distance:.2g} in {what}; nothing was written.",
        "Export with float32 weights; if that fails too, the networks use an operator that ONNX "
        "writes differently.",
    )
