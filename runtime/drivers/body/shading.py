"""How far round its limb each point of a body lies from the light, which comes from the camera."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.template import Template
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import TRUNK_BONES

BRIGHT = 0.85
"""Cosine of the angle round an arm up to which it is in full light."""
ROUND = 1.2
"""Over which difference of the cosine a trunk's front goes over into its back."""
SHOULDER = 0.3
"""Of the trunk's share of a vertex, from where on a limb is lit as the trunk is."""


def in_shade(template: Template, mesh: Array) -> Array:
    """``[v]`` in [0, 1]: ``turned_away``, but that limbs where they begin are lit as the trunk is.

    :param mesh: ``[v, 3]``, the template as it was settled.
    """
    bone = main_bones(template)
    result = turned_away(mesh, template.triangles, bone)
    on_trunk = (template.weights * np.isin(template.bones, TRUNK_BONES)).sum(1)
    limb = ~np.isin(bone, TRUNK_BONES)
    result[limb] *= 1.0 - np.minimum(on_trunk[limb] / SHOULDER, 1.0)
    return result.astype(np.float32)


def turned_away(mesh: Array, triangles: NDArray[np.int32], bone: NDArray[np.int64]) -> Array:
    """``[v]`` in [0, 1]: how far round its limb each vertex lies from the side that faces the
    camera, or from the one behind it; of limbs that point at the camera as well. Of the trunk: how
    far round to its back.

    :param mesh: ``[v, 3]``. :param bone: ``[v]``, the main one of each vertex.
    """
    a, b, c = mesh[triangles].transpose(1, 0, 2)
    across = np.cross(b - a, c - a)
    normal = np.stack(
        [np.bincount(triangles.ravel(), np.repeat(one, 3), len(mesh)) for one in across.T], -1
    )
    result = np.zeros(len(mesh), np.float32)
    for number in np.unique(bone):
        own = bone == number
        if number in TRUNK_BONES:
            away = -normal[own, 2] / np.maximum(np.linalg.norm(normal[own], axis=1), 1e-9)
            result[own] = np.clip(0.5 + away / ROUND, 0.0, 1.0)
            continue
        along = np.linalg.svd(mesh[own] - mesh[own].mean(0), full_matrices=False)[2][0]
        round_it = normal[own] - np.outer(normal[own] @ along, along)
        facing = np.array([0.0, 0.0, 1.0]) - along[2] * along
        facing /= max(float(np.linalg.norm(facing)), 1e-6)
        cosine = np.abs(round_it @ facing) / np.maximum(np.linalg.norm(round_it, axis=1), 1e-9)
        result[own] = np.clip((BRIGHT - cosine) / BRIGHT, 0.0, 1.0)
    return result
