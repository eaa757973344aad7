"""How far exported engines are from the torch networks: each by itself, and the whole chain.

Engines are compared on the same inputs; the chain runs them one after the other in the runtime's
generator, with its kernels in the seam.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from torch import Tensor

from bunraku.errors import EngineError
from bunraku.export.cuts import Cut, Tensors
from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.generator import Generator
from bunraku.spec import tensors as names
from bunraku.spec.arrays import Array
from bunraku.spec.tensors import GENERATOR_ENGINES, EngineName, Layout

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


DECIDED = frozenset({names.SURFACE})
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
    given = make_engine(model).run({name: known[name].numpy() for name in cut.inputs})
    return {name: Difference.of(given[name], expected[name]) for name in cut.outputs}


def chain_parity(
    layout: Layout,
    models: Mapping[str, onnx.ModelProto],
    source: Tensors,
    driving: Tensor,
    head: Tensor | None,
    expected: Tensors,
) -> Outputs:
    """The engines in the runtime's own generator; what ``blend`` gives at the end.

    :param source: the source engine's inputs.
    :param driving: P_d.
    :param head: ``[1, 7]``, the head's own map; None to do without.
    :param expected: what torch's blend gives.
    """
    generator = Generator({n: make_engine(models[n]) for n in GENERATOR_ENGINES}, layout)
    image, mask, surface = (source[name].numpy() for name in layout.inputs(EngineName.SOURCE))
    features = generator.encode(image, mask, surface)
    told = None if head is None else head[0].numpy()
    moved = generator.move(features, driving.numpy(), told)
    made = generator.fetch(generator.blend(features, generator.seam(features, moved)))
    given = {names.IMAGE: made.image, names.MASK: made.mask}
    if made.detail is not None:
        given[names.TRUST] = made.detail[0]
    return {name: Difference.of(given[name], expected[name]) for name in given}


def make_engine(model: onnx.ModelProto) -> Engine:
    """A model in ONNX Runtime, as the runtime runs it.

    :raises MissingExtraError: ONNX Runtime is not installed.
    :raises EngineError: it cannot load the model.
    """
    return EngineFactory().make(model.SerializeToString(), model.graph.name)


def _too_far(what: str, distance: float) -> EngineError:
    return EngineError(
        f"The export differs from torch by {distance:.2g} in {what}; nothing was written.",
        "Export with float32 weights; if that fails too, the networks use an operator that ONNX "
        "writes differently.",
    )
