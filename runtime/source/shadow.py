"""The shadow that a person throws on floor and wall, found so that it can go with the person.

Beside the person the picture is darker than it is in the same rows farther away, of the same hue,
and in one piece that touches the person. It counts only with confidence: what lies around the piece
must be as bright as those rows are expected to be, which it is not around furniture, plants or a
wall of another colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array, Picture

# Lengths are in heights of the person, depths in natural logarithms of brightness.
SMOOTH = 0.008
"""Of what is looked at: grain and small texture are no shadow."""
SIDES = 0.6
"""How far to the left and right of the person rows are looked at."""
FAINT, DEEP, DEEPEST = 0.05, 0.09, 1.2
"""Depth at the rim of a shadow, that it must have somewhere, and that is no shadow any more."""
DEEPEST_WALL = 0.7
"""Depth that a shadow on a wall has nearly everywhere at most: what is darker is a thing."""
HUE, HUE_SHARE = 0.03, 0.25
"""How much one colour may differ from the mean of all: by itself, and for each unit of depth."""
COLOURLESS = 0.02
"""Up to this they differ anywhere in a grey photo, in which no hue tells a shadow from a wall."""
TOUCH = 0.03
"""How near to the person a shadow begins."""
FARTHEST = 0.45
"""What reaches farther from the person is something else."""
FADING = 0.35, 0.45
"""From where on, and until where, less and less of it is taken away."""
STAYS, STAYS_UP_TO = 0.02, 0.15
"""Depth of what is taken for the picture's own unevenness, and by how much deeper it is no more."""
FRINGE = 0.06
"""How far a shadow on a wall goes on, fainter than its rim: there is nothing else around it."""
RING = 0.04
"""Width of what is looked at around it."""
ON, EVEN, EVEN_WALL = 0.045, 0.3, 0.03
"""Depth of the ring, its spread in depths of the shadow, and its spread where that is a wall."""
UNDER = 0.02, 0.04, 0.08
"""How far around shows what the shadow is under the person, and"""
FARTHER = 0.01
"""what the next of them counts beside the one before."""
FEET = 0.2
"""The lowest part of the person, beside which there is floor."""
SMALL, LEAST = 0.02, 0.0006
"""Area of a shadow on the floor whose edges are sharp for its size, and of one that is seen at all;
in squared heights."""
OFFSET = 8.0
"""Added to levels before their logarithm: in the dark, grain would look like depth."""


@dataclass(frozen=True, eq=False)
class Shadow:
    """What is to be done about it. Under the person it is taken to be as around them."""

    gain: Array
    """``[h, w, 3]``, by how much the picture is to be brightened; 1 where there is none."""
    covered: NDArray[np.uint8]
    """``[h, w]`` in {0, 1}, what is to be filled like the person, because edges would stay."""
    depth: Array
    """``[h, w, 3]``, of all of it, what is covered too: the logarithm of the light without it less
    that of the light there is."""


def cast_shadow(part: Picture, person: NDArray[np.uint8], tall: float) -> Shadow | None:
    """Find the shadow of a person.

    :param part: ``[h, w, 3]`` uint8, the person and the surroundings.
    :param person: ``[h, w]`` in {0, 1}.
    :param tall: height of the person in pixels of ``part``.
    :return: None where there is none, or nothing is sure.
    """
    distance = np.asarray(cv2.distanceTransform(1 - person, cv2.DIST_L2, 3), np.float32)
    free = distance > max(1.5, SMOOTH * tall)
    colours = _smoothed(part, free, SMOOTH * tall)
    darker = _expected(colours, person, tall) - colours  # [h, w, 3]
    depth = darker.mean(-1)
    hue = np.abs(darker - depth[..., None]).max(-1)
    like = free & (depth > FAINT) & (depth < DEEPEST) & (hue < HUE + HUE_SHARE * depth)
    grey = bool(np.percentile(np.ptp(colours, axis=-1), 99) < COLOURLESS)
    count, pieces = cv2.connectedComponents(like.astype(np.uint8), connectivity=4)
    lowest = np.flatnonzero(person.any(1))[-1]
    floor = lowest - FEET * tall if lowest < len(person) - 1 else np.inf  # cut: there are no feet
    soft, covered, on_wall = (np.zeros_like(person) for _ in range(3))
    for number in range(1, count):
        piece = pieces == number
        area = piece.sum() / tall**2
        if area < LEAST or not _sure(piece, depth, distance, free, floor, tall):
            continue
        on_floor = float((np.nonzero(piece)[0] > floor).mean()) > 0.5
        if grey and not on_floor:
            continue
        (covered if on_floor and area < SMALL else soft)[piece] = 1
        if not on_floor:
            on_wall[piece] = 1
    if not (soft.any() or covered.any()):
        return None
    near = np.clip((FADING[1] - distance / tall) / (FADING[1] - FADING[0]), 0.0, 1.0)
    near *= _seen(depth)
    fringe = _softened(on_wall, FRINGE * tall)

    def within(pieces: NDArray[np.uint8]) -> Array:
        share = np.maximum(_softened(pieces, 2 * SMOOTH * tall), fringe) * near
        return _under_the_person(darker * share[..., None], free, tall)

    return Shadow(np.exp(within(soft)), covered, within(soft | covered))


def _seen(depth: Array) -> Array:
    """How much of a depth is taken away: the little that stays has no edge of its own."""
    stays = np.clip(STAYS * (1.0 - (depth - STAYS) / STAYS_UP_TO), 0.0, depth.clip(1e-6))
    return np.asarray(1.0 - stays / depth.clip(1e-6), np.float32)


def _softened(pieces: NDArray[np.uint8], far: float) -> Array:
    """Pieces with some of what is around them, fading out."""
    reach = 2 * round(far) + 1
    wide = cv2.dilate(pieces, np.ones((reach, reach), np.uint8)).astype(np.float32)
    return np.asarray(cv2.blur(wide, (reach, reach)), np.float32)


def _under_the_person(depth: Array, free: NDArray[np.bool_], tall: float) -> Array:
    """A depth continued from where it is free to where the person hides it."""
    known = free.astype(np.float32)
    shown = depth * known[..., None]
    sums, around = np.zeros_like(shown), np.full((*known.shape, 1), 1e-6, np.float32)
    for number, sigma in enumerate(UNDER):
        far = np.float32(FARTHER**number)
        sums += far * cv2.GaussianBlur(shown, (0, 0), sigma * tall)
        around += far * cv2.GaussianBlur(known, (0, 0), sigma * tall)[..., None]
    return np.where(free[..., None], depth, sums / around).astype(np.float32)


def _smoothed(part: Picture, free: NDArray[np.bool_], sigma: float) -> Array:
    """Logarithms of the colours, without those of the person in them."""
    levels = np.log(part.astype(np.float32) + np.float32(OFFSET))
    weights = free.astype(np.float32)
    total = cv2.GaussianBlur(weights, (0, 0), sigma)
    sums = cv2.GaussianBlur(levels * weights[..., None], (0, 0), sigma)
    return np.asarray(sums / np.maximum(total, 1e-3)[..., None], np.float32)


def _expected(colours: Array, person: NDArray[np.uint8], tall: float) -> Array:
    """What each row shows away from the person, from the left side over to the right.

    Where the sides differ, the brighter one: the other lies in the shadow, too.
    """
    width = person.shape[1]
    columns = np.flatnonzero(person.any(0))
    first, last = int(columns[0]), int(columns[-1])
    reach = round(SIDES * tall)
    parts = [(max(0, first - reach), first), (last + 1, min(width, last + 1 + reach))]
    outer: list[Array | None] = []
    for side, (begin, end) in enumerate(parts):
        third = max(1, (end - begin) // 3)
        begin, end = (begin, begin + third) if side == 0 else (end - third, end)
        if end - begin < 3:
            outer.append(None)
            continue
        outer.append(np.median(colours[:, begin:end], 1))
    known = [one for one in outer if one is not None]
    if not known:
        return colours
    left = known[0] if outer[0] is None else outer[0]
    right = known[-1] if outer[1] is None else outer[1]
    middle = np.linspace(0.0, 1.0, width, dtype=np.float32)[None, :, None]
    between = left[:, None] * (1.0 - middle) + right[:, None] * middle
    brighter = np.where((left.mean(-1) > right.mean(-1))[:, None], left, right)[:, None]
    apart = np.clip((np.abs(left - right).mean(-1) - 0.05) / 0.1, 0.0, 1.0)[:, None, None]
    return np.asarray(between + apart * (brighter - between), np.float32)


def _sure(
    piece: NDArray[np.bool_],
    depth: Array,
    distance: Array,
    free: NDArray[np.bool_],
    floor: float,
    tall: float,
) -> bool:
    """Whether a dark piece is a shadow of the person."""
    deep = piece & (depth > DEEP)
    touching = piece & (distance < TOUCH * tall)
    if not deep.any() or touching.sum() < 0.02 * tall or distance[piece].max() > FARTHEST * tall:
        return False
    side = 2 * round(RING * tall) + 1
    grown = cv2.dilate(piece.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    ring = depth[grown & free & ~piece]
    if len(ring) < 20:
        return False
    level, usual = float(np.median(ring)), float(np.median(depth[deep]))
    spread = float(np.percentile(np.abs(ring - level), 75))
    most = EVEN * usual
    if (np.nonzero(piece)[0] > floor).mean() <= 0.5:
        if np.percentile(depth[piece], 90) > DEEPEST_WALL:
            return False
        most = min(most, EVEN_WALL)
    return abs(level) < ON and spread < most
