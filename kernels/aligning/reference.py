"""The plain numpy form of aligning, in float64: the yardstick."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.aligning.terms import CORNERS, Aligned, Hung, Level, Trust
from bunraku.spec.arrays import Array, Exact

_TURNED = np.array([-1.0, 1.0, 0.0, 0.0])


def align(
    levels: Sequence[Level], hung: Hung, held: Array, trust: Trust, before: Aligned
) -> Aligned:
    """As ``bunraku.kernels.align`` says."""
    for level in levels:
        before = _level(level, hung, held, trust, before)
    return before


def _level(level: Level, hung: Hung, held: Array, trust: Trust, before: Aligned) -> Aligned:
    bones, bone, factor, expected = len(before.light), hung.bone, level.factor, level.expected
    firm = np.repeat(held.astype(np.float64), 2)
    dense = _change(hung, len(held))
    grey = level.look.astype(np.float64)
    right, down = np.zeros(grey.shape), np.zeros(grey.shape)
    right[:, 1:-1] = 0.5 * (grey[:, 2:] - grey[:, :-2])
    down[1:-1] = 0.5 * (grey[2:] - grey[:-2])
    moves, light = before.moves.astype(np.float64), before.light.astype(np.float64)
    alike: Exact = np.zeros(bones)
    for _ in range(level.rounds):
        at = (hung.place + np.einsum("maji,ji->ma", dense, moves) + 0.5) / factor - 0.5
        off = expected + light[bone] - _read(grey, at)
        weight = 1.0 / np.square(1.0 + np.square(off / trust.other))
        alike = np.bincount(bone, weight, bones).astype(np.float64)
        light = light - np.bincount(bone, weight * off, bones) / (alike + 1.0)
        light = np.clip(light, -trust.light, trust.light)
        toward = np.stack([_read(right, at), _read(down, at)], 1) / factor
        slope = np.einsum("maji,ma->mji", dense, toward).reshape(len(bone), -1)
        weighted = slope * (weight * trust.counts)[:, None]
        pull = weighted.T @ off - firm * moves.ravel()
        moves = moves + np.linalg.solve(weighted.T @ slope + np.diag(firm), pull).reshape(-1, 2)
    return Aligned(*(values.astype(np.float32) for values in (moves, light, alike)))


def _change(hung: Hung, moved: int) -> Exact:
    """``[m,2,moved,2]``: how x and y of each point change with x and y of each joint."""
    change = hung.share[:, None, :, None] * np.eye(2)[:, None, :]
    change = change + _TURNED[:, None] * hung.turn[:, :, None, :].astype(np.float64)
    rows = np.arange(len(hung.place))
    dense = np.zeros((len(rows), 2, max(moved, int(hung.joints.max(initial=0)) + 1), 2))
    for corner in range(CORNERS):
        dense[rows, :, hung.joints[:, corner]] += change[:, :, corner]
    return dense[:, :, :moved]


def _read(values: Exact, at: Exact) -> Exact:
    """Between the pixels that have four neighbours."""
    x = np.clip(at[:, 0], 1.0, values.shape[1] - 2.0)
    y = np.clip(at[:, 1], 1.0, values.shape[0] - 2.0)
    i = np.minimum(x.astype(int), values.shape[1] - 3)
    j = np.minimum(y.astype(int), values.shape[0] - 3)
    fx, fy = x - i, y - j
    above = values[j, i] * (1.0 - fx) + values[j, i + 1] * fx
    below = values[j + 1, i] * (1.0 - fx) + values[j + 1, i + 1] * fx
    return np.asarray(above * (1.0 - fy) + below * fy)


def hidden_by_limbs(
    place: Array,
    bone: NDArray[np.int32],
    starts: Array,
    ends: Array,
    radius: Array,
    depth: float,
    before: float,
) -> NDArray[np.bool_]:
    """As ``bunraku.kernels.hidden_by_limbs`` says."""
    start, way = starts.astype(np.float64), (ends - starts).astype(np.float64)
    long = np.maximum((way[:, :2] ** 2).sum(1), 1e-6)
    within = np.clip(((place[:, None] - start[:, :2]) * way[:, :2]).sum(2) / long, 0.0, 1.0)
    nearest = start + within[..., None] * way
    apart = np.linalg.norm(place[:, None] - nearest[..., :2], axis=2)
    own = np.full(len(place), depth)
    for limb in range(len(radius)):
        own[bone == limb] = nearest[bone == limb, limb, 2]
    return np.asarray(((apart < radius) & (nearest[..., 2] < own[:, None] - before)).any(1))
