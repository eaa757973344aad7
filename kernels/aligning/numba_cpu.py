"""Aligning on a CPU: point after point, and only the joints it hangs on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np

from bunraku.kernels.aligning.terms import CORNERS, Aligned, Hung, Level, Trust
from bunraku.kernels.jit import FLOAT, FUSED, INDEX, clamped, kernel, read_only, written
from bunraku.spec.arrays import Array

_NUMBER = numba.int32
_ONE = np.uint64(1)


def align(
    levels: Sequence[Level], hung: Hung, held: Array, trust: Trust, before: Aligned
) -> Aligned:
    """As ``bunraku.kernels.align`` says, for arrays that have passed its checks."""
    out = Aligned(before.moves.copy(), before.light.copy(), np.zeros_like(before.light))
    hangs = hung.place, hung.bone, hung.joints, hung.share, hung.turn
    points = [np.ascontiguousarray(array) for array in hangs]
    firm = np.ascontiguousarray(held)
    terms = tuple(np.float32(value) for value in (trust.counts, trust.other, trust.light))
    for look, factor, expected, rounds in levels:
        given = np.ascontiguousarray(look), *points, np.ascontiguousarray(expected), firm
        _rounds(*given, np.float32(factor), *terms, *out, rounds)
    return out


@numba.njit(inline="always")
def _between(look: Any, i: Any, j: Any, fx: Any, fy: Any) -> Any:
    """A look between four pixels, which are numbers without a sign: of others each is looked at for
    whether it counts from the end."""
    one, beside, under = np.float32(1), i + _ONE, j + _ONE
    above = look[j, i] * (one - fx) + look[j, beside] * fx
    below = look[under, i] * (one - fx) + look[under, beside] * fx
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


@numba.njit(inline="always")
def _others(joints: Any, m: Any) -> Any:
    """Whether a point hangs on other joints than the one before it."""
    others = False
    for k in range(CORNERS):
        others |= joints[m, k] != joints[m - 1, k]
    return others


@numba.njit
def _hand_over(block: Any, own: Any, row: Any, many: Any, normal: Any, pull: Any) -> None:
    """Add what points that hang on the same joints say together, and forget it.

    :param block: ``[8,8]``: products of their slopes; :param own: ``[8]``: of these and what is
        off. :param row: ``[8]``: where each is in ``normal`` and ``pull``; none below 0.
    :param many: how many of them there are.
    """
    for k in range(many):
        if row[k] >= 0:
            pull[row[k]] += own[k]
            for n in range(k, many):
                if row[n] >= 0:
                    product = block[k, n]
                    if row[n] == row[k] and n > k:  # a joint that is named twice
                        product += product
                    normal[min(row[k], row[n]), max(row[k], row[n])] += product
    block[:] = 0.0
    own[:] = 0.0


@kernel(
    (
        *(read_only(2), read_only(2), read_only(1, _NUMBER), read_only(2, _NUMBER)),
        *(read_only(2), read_only(3), read_only(1), read_only(1), FLOAT, FLOAT, FLOAT, FLOAT),
        *(written(2), written(1), written(1), INDEX),
    ),
    FUSED,
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

    What points say that follow each other and hang on the same joints is added up first: they are
    many, and joints are few.

    :param place: as are ``bone``, ``joints``, ``share`` and ``turn``, of ``Hung``.
    """
    zero, one, half = np.float32(0), np.float32(1), np.float32(0.5)
    inner_x, inner_y = np.float32(look.shape[1] - 3), np.float32(look.shape[0] - 3)
    finer, strange = one / factor, one / other
    moved = len(held)
    normal, pull = np.empty((2 * moved, 2 * moved)), np.empty(2 * moved)
    lighter = np.empty(len(light), np.float32)
    move, slope = np.empty(2 * CORNERS, np.float32), np.empty(2 * CORNERS, np.float32)
    row = np.empty(2 * CORNERS, np.int64)
    block, own = np.zeros((2 * CORNERS, 2 * CORNERS)), np.zeros(2 * CORNERS)
    for _ in range(rounds):
        normal[:] = 0.0
        lighter[:], alike[:] = zero, zero
        for k in range(2 * moved):
            normal[k, k] = held[k // 2]
            pull[k] = -held[k // 2] * moves[k // 2, k % 2]
        many = 0
        for m in range(len(place)):
            # Most points hang on two joints only.
            names = 4 if share[m, 2] == 0 and share[m, 3] == 0 else 2 * CORNERS
            if names != many or _others(joints, m):
                _hand_over(block, own, row, many, normal, pull)
                many = names
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
            x = clamped((x + half) * finer - half - one, inner_x) + one
            y = clamped((y + half) * finer - half - one, inner_y) + one
            i, j = min(int(x), look.shape[1] - 3), min(int(y), look.shape[0] - 3)
            fx, fy = x - np.float32(i), y - np.float32(j)
            i, j, b = np.uint64(i), np.uint64(j), np.uint64(bone[m])
            off = expected[m] + light[b] - _between(look, i, j, fx, fy)
            right = _between(look, i + _ONE, j, fx, fy) - _between(look, i - _ONE, j, fx, fy)
            down = _between(look, i, j + _ONE, fx, fy) - _between(look, i, j - _ONE, fx, fy)
            right, down = half * right * finer, half * down * finer
            likeness = one + (off * strange) * (off * strange)
            weight = one / (likeness * likeness)
            alike[b] += weight
            lighter[b] += weight * off
            for k in range(CORNERS):
                slope[2 * k], slope[2 * k + 1] = share[m, k] * right, share[m, k] * down
            for c in range(2):
                turned = right * turn[m, 0, c] + down * turn[m, 1, c]
                slope[c] -= turned
                slope[2 + c] += turned
            for k in range(many):
                weighted = weight * counts * slope[k]
                own[k] += weighted * off
                for n in range(many):
                    block[k, n] += weighted * slope[n]
        _hand_over(block, own, row, many, normal, pull)
        for k in range(len(light)):
            darker = lighter[k] / (alike[k] + one)
            light[k] = min(max(light[k] - darker, -lightest), lightest)
        _solve(normal, pull)
        for k in range(2 * moved):
            moves[k // 2, k % 2] += np.float32(pull[k])
