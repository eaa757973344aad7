"""What a hand's own form does to its colour, whatever the light: hollows are dark, knuckles red."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.template import Template
from bunraku.runtime.drivers.body.turning import Vectors, unit
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import FINGERS

HOLLOW = 0.75
"""How much of the light that its surroundings hide is lost to skin: they are bright themselves."""
SPREAD = 0.5
"""How far what one vertex has of all this goes over to its neighbours: the mesh is coarse."""
KNUCKLE_M = 0.010, 0.008, 0.006
"""How far around a finger's joints skin is red at its back, in metres of the template,"""
TIP_M = 0.012
"""and around its tip."""
TIP, PALM = 0.7, 0.3
"""How red that is, and the palm."""
NAIL_M, NAIL_WIDE_M = (0.003, 0.011), 0.005
"""From where to where behind the tip a nail lies at a finger's back, and half of how wide it is;"""
NAIL = 0.09
"""how much lighter it is."""


def relief_of(template: Template, vertices: NDArray[np.intp], side: int) -> Array:
    """``[v, 2]``: how much light reaches each vertex of a hand at rest, of 1, and how red it is, in
    [0, 1].

    :param vertices: ``[v]``, numbers of the template's. :param side: 0 left, 1 right.

    Source of the first: M. Bunnell, "Dynamic Ambient Occlusion and Indirect Lighting", GPU Gems 2,
    2005.
    """
    number = np.full(len(template.vertices), -1)
    number[vertices] = np.arange(len(vertices))
    triangles = number[template.triangles]
    triangles = triangles[(triangles >= 0).all(1)]
    place, normals = template.vertices[vertices], template.normals[vertices]
    reaching = 1.0 - HOLLOW * _hidden(place, normals, triangles)
    red, nails = _red(place, normals, template.fingers[side].astype(np.float64))
    both = np.stack([reaching, red], 1)
    both += SPREAD * (_around(both, triangles) - both)
    both[:, 0] += NAIL * nails
    return np.ascontiguousarray(both, np.float32)


def _hidden(place: Array, normals: Array, triangles: NDArray[np.intp]) -> Vectors:
    """``[v]``: the share of the sky over each vertex that the others' surroundings hide."""
    a, b, c = place[triangles].transpose(1, 0, 2)
    size = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6.0
    area = np.bincount(triangles.ravel(), np.repeat(size, 3), len(place))
    middle = place - place.mean(0)
    own, at = (middle * normals).sum(1), (middle * middle).sum(1)
    apart = np.maximum(at[:, None] + at - 2.0 * (middle @ middle.T), 0.0) + 1e-12
    over = np.maximum(normals @ middle.T - own[:, None], 0.0)  # as far as the other is away
    facing = np.maximum(middle @ normals.T - own, 0.0)
    shares = over * facing / apart * area / (np.pi * apart + area)
    return np.asarray(np.minimum(shares.sum(1), 1.0), np.float64)


def _red(place: Array, normals: Array, fingers: Vectors) -> tuple[Vectors, Vectors]:
    """``[v]`` in [0, 1]: how red each vertex is, and how far it is a nail.

    :param fingers: ``[5, 4, 3]``: where the bones of each begin, and its tip.
    """
    bases, tips = fingers[1:, 0], fingers[1:, -1]
    back = unit(np.cross(bases[-1] - bases[0], (tips - bases).mean(0))[None])[0]
    bend = fingers[1:, 1] - bases - (tips - bases) / 2.0  # a finger at rest bulges at its back
    back *= np.sign((bend @ back).mean()) or 1.0
    red, nails = np.zeros(len(place)), np.zeros(len(place))
    for number in range(FINGERS):
        finger = fingers[number]
        along = unit((finger[-1] - finger[-2])[None])[0]
        up = back if number else unit(np.cross(along, bases[0] - bases[-1])[None])[0]
        if not number:
            up *= np.sign(up @ back) or 1.0
        up = unit((up - (up @ along) * along)[None])[0]
        at_back = np.clip(normals @ up, 0.0, 1.0)
        for joint, reach in zip(finger[:-1], KNUCKLE_M, strict=True):
            apart = np.linalg.norm(place - joint, axis=1)
            apart -= apart.min()
            red = np.maximum(red, at_back * np.exp(-((apart / reach) ** 2)))
        before = (finger[-1] - place) @ along
        apart = np.linalg.norm(place - finger[-1], axis=1)
        red = np.maximum(red, TIP * np.exp(-((apart / TIP_M) ** 2)))
        aside = np.abs((place - finger[-1]) @ np.cross(along, up))
        near = (before > NAIL_M[0]) & (before < NAIL_M[1]) & (aside < NAIL_WIDE_M)
        nails = np.maximum(nails, near * (at_back > 0.5))
    return np.maximum(red, PALM * np.clip(-(normals @ back), 0.0, 1.0)), nails


def _around(values: Vectors, triangles: NDArray[np.intp]) -> Vectors:
    """``[v, k]``: the mean of a vertex's triangles."""
    corners = triangles.ravel()
    count = np.maximum(np.bincount(corners, minlength=len(values)), 1)
    means = [
        np.bincount(corners, np.repeat(one[triangles].mean(1), 3), len(values)) / count
        for one in values.T
    ]
    return np.stack(means, 1)
