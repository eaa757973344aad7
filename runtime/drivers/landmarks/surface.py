"""Landmarks to surfaces: the IUV net, in place of the paper's DensePose network."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from bunraku.errors import BundleError
from bunraku.runtime.drivers.landmarks.enlarging import check_enlarging, enlarged
from bunraku.runtime.engines.protocol import Engine
from bunraku.spec import tensors as names
from bunraku.spec.arrays import Array


class SurfaceMaker(Protocol):
    """Maps a person's surface; for several threads at once."""

    @property
    def size(self) -> int:
        """n, side of the surfaces in pixels."""

    def surface(self, landmarks: Array, mask: Array | None) -> Array:
        """P, ``[1, 73, n, n]`` (spec/surface.py).

        :param landmarks: ``[33, 4]`` in window units.
        :param mask: ``[n, n]`` in [0, 1], the person's outline in the window; None for none.
        :raises EngineError: a network failed.
        """


class IuvNet:
    """The IUV net's engine (see ``SurfaceMaker``).

    Every surface is a new array: subjects keep theirs as long as their photo, and a frame's is held
    by what the driver gave, beyond the frame itself where somebody looks at it.

    :param engine: landmarks ``[1, 33, 4]`` and mask ``[1, 1, m, m]`` (zero for none) to densepose
        ``[1, 73, m, m]``.
    :param size: n, to which its surfaces are enlarged; None for the engine's own.
    :raises BundleError: the engine is not an IUV net, or n is no multiple of m.
    """

    def __init__(self, engine: Engine, size: int | None = None) -> None:
        self.engine = engine
        shapes = dict(engine.inputs), dict(engine.outputs)
        side = engine.inputs.get(names.MASK, (0,))[-1]
        if shapes != (names.iuv_inputs(side), names.iuv_outputs(side)):
            raise BundleError(
                f"The engine {engine.name!r} is not an IUV net: "
                f"it maps {shapes[0]} to {shapes[1]}.",
                "Give the folder of an IUV bundle.",
            )
        self._size = side if size is None else size
        check_enlarging(side, self._size)
        self._no_mask = np.zeros((1, 1, side, side), np.float32)

    @property
    def size(self) -> int:
        return self._size

    def surface(self, landmarks: Array, mask: Array | None) -> Array:
        return enlarged(self.engine.run(self.told(landmarks, mask))[names.SURFACE], self._size)

    def told(self, landmarks: Array, mask: Array | None) -> dict[str, Array]:
        """What the engine is told: its inputs, by name."""
        outline = self._no_mask if mask is None else self._coarse(mask)[None, None]
        return {
            names.LANDMARKS: landmarks[None].astype(np.float32, copy=False),
            names.MASK: outline,
        }

    def _coarse(self, mask: Array) -> Array:
        """A mask ``[n, n]`` in the engine's pixels: the means of those under each."""
        side = self._no_mask.shape[-1]
        step = self._size // side
        return mask if step == 1 else mask.reshape(side, step, side, step).mean((1, 3))
