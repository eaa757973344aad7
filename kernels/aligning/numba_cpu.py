"""Aligning on a CPU: point after point, and only the joints it hangs on."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bunraku.kernels.aligning.terms import CORNERS, Aligned, Hung, Trust
from bunraku.kernels.jit import FLOAT, INDEX, STRICT, clamped, kernel, read_only, written
from bunraku.spec.arrays import Array

_NUMBER = numba.int32


def align(
    look: Array,
    factor: int,
    hung: Hung,
    expected: Array,
    held: Array,
    trust: Trust,
    before: Aligned,
    rounds: int,
) -> Aligned:
    """As ``bunraku.kernels.align`` says, for arrays that have passed its checks."""
    out = Aligned(before.moves.copy(), before.light.copy(), np.zeros_like(before.light))
    points = hung.place, hung.bone, hung.joints, hung.share, hung.turn
    given = map(np.ascontiguousarray, (look, *points, expected, held))
    terms = (np.float32(value) for value in (factor, trust.counts, trust.other, trust.light))
    _rounds(*given, *terms, *out, rounds)
    return out


@numba.njit(inline="always")
def _between(look: Any, i: Any, j: Any, fx: Any, fy: Any) -> Any:
    one = np.float32(1)
    above = look[j, i] * (one - fx) + look[j, i + 1] * fx
    below = look[j + 1, i] * (one - fx) + look[j + 1, i + 1] * fx
    return above * (one - fy) + below * fy


@numba.njit
def _solve(normal: Any, pull: Any) -> None:
    """What ``normal`` takes to ``pull``, in its place; ``normal`` is positive and symmetric.

    Cholesky's way, with only the upper half read and written, row by row: rows are added to rows,
    which a processor does several numbers at a time. Beyond a row's last number that is not zero
    nothing is done: who numbers neighbours one after the other waits for little.
    """
    n = len(pull)
    past = np.empty(n, np.int64)  # the column after each row's last number
    for k in range(n):
        past[k] = n
        while normal[k, past[k] - 1] == 0.0:
            past[k] -= 1
    for k in range(n):
        root = np.sqrt(normal[k, k])
        for j in range(k, past[k]):
            normal[k, j] /= root
        pull[k] /= root
        for i in range(k + 1, past[k]):
            share = normal[k, i]
            if share == 0.0:
                continue
            pull[i] -= share * pull[k]
            past[i] = max(past[i], past[k])
            for j in range(i, past[k]):
                normal[i, j] -= share * normal[k, j]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, past[i]):
            pull[i] -= normal[i, k] * pull[k]
        pull[i] /= normal[i, i]


@kernel(
    (
        *(read_only(2), read_only(2), read_only(1, _NUMBER), read_only(2, _NUMBER)),
        *(read_only(2), read_only(3), read_only(1), read_only(1), FLOAT, FLOAT, FLOAT, FLOAT),
        *(written(2), written(1), written(1), INDEX),
    ),
    STRICT,
)
def _rounds(
    look: Any,
    place: Any,
    bone: Any,
    joints: Any,
    share: Any,
    turn: Any,
    expected: Any,
    held: Any,
    factor: Any,
    counts: Any,
    other: Any,
    lightest: Any,
    moves: Any,
    light: Any,
    alike: Any,
    rounds: Any,
) -> None:
    """Go on from ``moves`` and ``light``, in place, and fill ``alike``.

    :param place: as are ``bone``, ``joints``, ``share`` and ``turn``, of ``Hung``.
    """
    zero, one, half = np.float32(0), np.float32(1), np.float32(0.5)
    inner_x, inner_y = np.float32(look.shape[1] - 3), np.float32(look.shape[0] - 3)
    moved = len(held)
    normal, pull = np.empty((2 * moved, 2 * moved)), np.empty(2 * moved)
    lighter = np.empty(len(light), np.float32)
    move, slope = np.empty(2 * CORNERS, np.float32), np.empty(2 * CORNERS, np.float32)
    row = np.empty(2 * CORNERS, np.int64)
    for _ in range(rounds):
        normal[:] = 0.0
        lighter[:], alike[:] = zero, zero
        for k in range(2 * moved):
            normal[k, k] = held[k // 2]
            pull[k] = -held[k // 2] * moves[k // 2, k % 2]
        for m in range(len(place)):
            for k in range(CORNERS):
                joint = joints[m, k]
                stays = joint >= moved
                for c in range(2):
                    move[2 * k + c] = zero if stays else moves[joint, c]
                    row[2 * k + c] = -1 if stays else 2 * joint + c
            more_x, more_y = move[2] - move[0], move[3] - move[1]
            x = place[m, 0] + turn[m, 0, 0] * more_x + turn[m, 0, 1] * more_y
            y = place[m, 1] + turn[m, 1, 0] * more_x + turn[m, 1, 1] * more_y
            for k in range(CORNERS):
                x += share[m, k] * move[2 * k]
                y += share[m, k] * move[2 * k + 1]
            # Where all four pixels around have neighbours on both sides.
            x = clamped((x + half) / factor - half - one, inner_x) + one
            y = clamped((y + half) / factor - half - one, inner_y) + one
            i, j = min(int(x), look.shape[1] - 3), min(int(y), look.shape[0] - 3)
            fx, fy = x - np.float32(i), y - np.float32(j)
            off = expected[m] + light[bone[m]] - _between(look, i, j, fx, fy)
            right = _between(look, i + 1, j, fx, fy) - _between(look, i - 1, j, fx, fy)
            down = _between(look, i, j + 1, fx, fy) - _between(look, i, j - 1, fx, fy)
            right, down = half * right / factor, half * down / factor
            likeness = one + (off / other) * (off / other)
            weight = one / (likeness * likeness)
            alike[bone[m]] += weight
            lighter[bone[m]] += weight * off
            for k in range(CORNERS):
                slope[2 * k], slope[2 * k + 1] = share[m, k] * right, share[m, k] * down
            for c in range(2):
                turned = right * turn[m, 0, c] + down * turn[m, 1, c]
                slope[c] -= turned
                slope[2 + c] += turned
            # Most points hang on two joints only.
            many = 4 if share[m, 2] == 0 and share[m, 3] == 0 else 2 * CORNERS
            for k in range(many):
                if row[k] < 0:
                    continue
                weighted = weight * counts * slope[k]
                pull[row[k]] += weighted * off
                for n in range(k, many):
                    if row[n] < 0:
                        continue
                    product = weighted * slope[n]
                    if row[n] == row[k] and n > k:  # a joint that is named twice
                        product += product
                    normal[min(row[k], row[n]), max(row[k], row[n])] += product
        for b in range(len(light)):
            darker = lighter[b] / (alike[b] + one)
            light[b] = min(max(light[b] - darker, -lightest), lightest)
        _solve(normal, pull)
        for k in range(2 * moved):
            moves[k // 2, k % 2] += np.float32(pull[k])
