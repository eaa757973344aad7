"""Limbs on a CPU: one after the other, without a matrix between."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bunraku.kernels.jit import INDEX, STRICT, kernel, read_only, written
from bunraku.kernels.limbs.terms import ASIDE, NOTHING, OPPOSITE, TINY, Facing, Kept, Limbs
from bunraku.spec.arrays import Exact

_EXACT = numba.float64
_NUMBERS = (read_only(1, INDEX),) * 4


def swing_limbs(limbs: Limbs, points: Exact, turns: Exact, kept: Kept | None) -> Facing:
    """As ``bunraku.kernels.swing_limbs`` says, for arrays that have passed its checks."""
    if kept is None:
        kept = Kept(points.copy(), turns.copy(), np.ones(len(points)))
    facing = Facing(*np.empty((2, len(limbs.bones))))
    before = map(np.ascontiguousarray, kept)
    _swing(*_numbers(limbs), limbs.along, *before, points, turns, *facing)
    return facing


def frame_limbs(
    limbs: Limbs, points: Exact, turns: Exact, twists: Exact, size: float, out: Exact
) -> Exact:
    """As ``bunraku.kernels.frame_limbs`` says, for arrays that have passed its checks."""
    now = map(np.ascontiguousarray, (points, turns, twists))
    _frame(*_numbers(limbs), limbs.along, limbs.across, *now, size, out)
    return out


def _numbers(limbs: Limbs) -> tuple[Any, ...]:
    return limbs.bones, limbs.parents, limbs.starts, limbs.ends


@numba.njit
def _dot(a: Any, b: Any) -> Any:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@numba.njit
def _cross(a: Any, b: Any) -> Any:
    x, y = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2]
    return x, y, a[0] * b[1] - a[1] * b[0]


@numba.njit
def _unit(a: Any) -> Any:
    length = np.sqrt(_dot(a, a)) + TINY
    return a[0] / length, a[1] / length, a[2] / length


@numba.njit
def _less(a: Any, b: Any) -> Any:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@numba.njit
def _sum(p: Any, a: Any, q: Any, b: Any, r: Any, c: Any) -> Any:
    """``p a + q b + r c``"""
    x, y = p * a[0] + q * b[0] + r * c[0], p * a[1] + q * b[1] + r * c[1]
    return x, y, p * a[2] + q * b[2] + r * c[2]


@numba.njit
def _column(turn: Any, j: Any) -> Any:
    return turn[0, j], turn[1, j], turn[2, j]


@numba.njit
def _turned(turn: Any, a: Any) -> Any:
    return _dot(turn[0], a), _dot(turn[1], a), _dot(turn[2], a)


@numba.njit
def _turned_back(turn: Any, a: Any) -> Any:
    return _dot(_column(turn, 0), a), _dot(_column(turn, 1), a), _dot(_column(turn, 2), a)


@numba.njit
def _swung(a: Any, start: Any, end: Any) -> Any:
    """A vector turned by the least rotation from one unit vector to another."""
    if _dot(end, end) < 0.5:
        return a
    axis, cosine = _cross(start, end), _dot(start, end)
    if cosine < OPPOSITE:  # half a turn about something across
        across = _unit(_cross(start, ASIDE))
        return _sum(2.0 * _dot(across, a), across, -1.0, a, 0.0, a)
    return _sum(cosine, a, 1.0, _cross(axis, a), _dot(axis, a) / (1.0 + cosine), axis)


@kernel(
    (
        *(*_NUMBERS, read_only(2, _EXACT)),
        *(read_only(2, _EXACT), read_only(3, _EXACT), read_only(1, _EXACT)),
        *(written(2, _EXACT), written(3, _EXACT), written(1, _EXACT), written(1, _EXACT)),
    ),
    STRICT,
)
def _swing(
    bones: Any,
    parents: Any,
    starts: Any,
    ends: Any,
    along: Any,
    before: Any,
    turns_before: Any,
    share: Any,
    points: Any,
    turns: Any,
    twists: Any,
    means: Any,
) -> None:
    for i in range(len(bones)):
        parent, start, end = turns[parents[i]], points[starts[i]], points[ends[i]]
        believed = share[ends[i]]
        if believed != 1.0:
            bone = _less(before[ends[i]], before[starts[i]])
            bone = _turned(parent, _turned_back(turns_before[parents[i]], bone))
            for k in range(3):
                kept = start[k] + bone[k]
                end[k] = kept + (end[k] - kept) * believed
        was, now = _unit(_turned(parent, along[i])), _unit(_less(end, start))
        turn = turns[bones[i]]
        for j in range(3):
            turn[0, j], turn[1, j], turn[2, j] = _swung(_column(parent, j), was, now)
        front, camera = _column(turn, 2), (now[0] * now[2], now[1] * now[2], now[2] * now[2] - 1.0)
        front = _unit(_sum(-1.0, front, _dot(front, now), now, 0.0, now))
        means[i] = np.sqrt(_dot(camera, camera))
        camera = _unit(camera)
        twists[i] = np.arctan2(_dot(_cross(front, camera), now), _dot(front, camera))


@kernel(
    (
        *(*_NUMBERS, read_only(2, _EXACT), read_only(3, _EXACT)),
        *(read_only(2, _EXACT), read_only(3, _EXACT), read_only(1, _EXACT)),
        *(_EXACT, written(3, _EXACT)),
    ),
    STRICT,
)
def _frame(
    bones: Any,
    _parents: Any,
    starts: Any,
    ends: Any,
    along: Any,
    across: Any,
    points: Any,
    turns: Any,
    twists: Any,
    size: Any,
    out: Any,
) -> None:
    for i in range(len(bones)):
        turn, frame, start = turns[bones[i]], out[bones[i]], points[starts[i]]
        bone = _less(points[ends[i]], start)
        if _dot(bone, bone) < NOTHING * NOTHING:
            bone = _sum(1.0, bone, NOTHING, _turned(turn, along[i]), 0.0, bone)
        axis, sine, rest = _unit(bone), np.sin(twists[i]), 1.0 - np.cos(twists[i])
        frame[0, 0], frame[1, 0], frame[2, 0] = bone
        for j in range(2):
            side = _turned(turn, _column(across[i], j))
            aside = _cross(axis, side)
            side = _sum(size, side, size * sine, aside, size * rest, _cross(axis, aside))
            frame[0, 1 + j], frame[1, 1 + j], frame[2, 1 + j] = side
        for k in range(3):
            frame[k, 3] = start[k]
