"""What of a photo's own pixels fades out as an arm of the template is let out in its place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.free_arm import FreeArm
from bunraku.spec.arrays import Array


@dataclass(frozen=True, eq=False)
class Fading:
    """What of a photo's mesh fades with an arm."""

    form: FreeArm
    """The arm."""
    deg: tuple[float, float]
    """By how much its forearm must turn until this begins to fade out, and until it is gone."""
    drawn: tuple[float, float]
    """Likewise how often as long in the picture it must be."""
    vertices: Array
    """``[v]`` in [0, 1]: how far each fades."""
    triangles: NDArray[np.bool_]
    """``[t]``: which do so wholly."""

    @classmethod
    def of(
        cls,
        form: FreeArm,
        deg: tuple[float, float],
        drawn: tuple[float, float],
        vertices: Array,
        triangles: NDArray[np.int32],
    ) -> Fading:
        """Of a mesh with these triangles ``[t, 3]``."""
        wholly = np.asarray((vertices[triangles] >= 1.0).all(1))
        return cls(form, deg, drawn, vertices, wholly)

    def faded(self, transforms: Array) -> float:
        """In [0, 1], how far this has faded out.

        :param transforms: ``[bones, 3, 4]`` of ``Rig.transforms``.
        """
        return self.form.when.beyond(transforms, self.deg, self.drawn)
