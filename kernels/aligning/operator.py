"""How joints have to move to look as expected, and which points limbs hide: their checks, and where
their forms are chosen.

numpy float32       numba_cpu

It runs for every frame and never in training, so that it has no tensor form; its yardstick,
``reference``, is plain numpy.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.aligning.terms import CORNERS, Aligned, Hung, Level, Trust
from bunraku.kernels.checks import check_arrays, check_shape, shape_text
from bunraku.spec.arrays import Array

SMALLEST = 4
"""Rows and columns that a slope between pixels is read from."""


def align(
    levels: Sequence[Level], hung: Hung, held: Array, trust: Trust, before: Aligned
) -> Aligned:
    """Move joints so that the points that hang on them look as expected: least squares, level after
    level.

    A point beyond the picture reads the nearest place whose slope is known. Joints of ``hung`` from
    the last of ``held`` on stay. Points that hang on the same joints are dealt with sooner where
    they follow each other.

    :param levels: from coarse to fine.
    :param held: ``[j]``, above 0: how firmly each joint is held where ``hung`` has it: one over the
        square of how far it may be off.
    :param before: what is known already; it stays as it is. Its ``light`` is of all of the bones.
    :raises ValueError: shapes that do not fit, or a joint or bone that is none.
    :raises TypeError: arrays of other types.
    """
    from bunraku.kernels.aligning import numba_cpu

    check_arrays(place=hung.place, share=hung.share, turn=hung.turn)
    check_arrays(held=held, moves=before.moves, light=before.light)
    check_arrays(np.int32, bone=hung.bone, joints=hung.joints)
    for name, value in (("bone", hung.bone), ("held", held), ("light", before.light)):
        if value.ndim != 1:
            raise ValueError(f"{name} must have one dimension, not {shape_text(value)}")
    count, bones = len(hung.bone), len(before.light)
    check_shape("moves", before.moves, (len(held), 2))
    check_shape("place", hung.place, (count, 2))
    check_shape("joints", hung.joints, (count, CORNERS))
    check_shape("share", hung.share, (count, CORNERS))
    check_shape("turn", hung.turn, (count, 2, 2))
    if count and not (hung.joints.min() >= 0 and 0 <= hung.bone.min() <= hung.bone.max() < bones):
        raise ValueError(f"joints must be 0 or more, and bones 0 to {bones - 1}")
    for level in levels:
        look = level.look
        check_arrays(look=look, expected=level.expected)
        check_shape("expected", level.expected, (count,))
        if look.ndim != 2 or min(look.shape) < SMALLEST:
            raise ValueError(f"look must be [h,w] of {SMALLEST} or more, not {shape_text(look)}")
    return numba_cpu.align(levels, hung, held, trust, before)


def hidden_by_limbs(
    place: Array,
    bone: NDArray[np.int32],
    starts: Array,
    ends: Array,
    radius: Array,
    depth: float,
    before: float,
) -> NDArray[np.bool_]:
    """Before which points of a person a limb is that is not their own.

    A limb is a line with round ends in the picture, as deep as the line is.

    :param place: ``[m,2]``, x and y in pixels.
    :param bone: ``[m]`` int32: the limb that each is of; other numbers for what is no limb's.
    :param starts: ``[k,3]``, of the limbs: x, y and depth; :param ends: likewise.
    :param radius: ``[k]``, how far a limb reaches to its sides.
    :param depth: of the points that are no limb's.
    :param before: how much nearer than a point a limb is that hides it.
    :raises ValueError: shapes that do not fit, or a bone below 0.
    :raises TypeError: arrays of other types.
    """
    from bunraku.kernels.aligning import numba_hiding

    check_arrays(place=place, starts=starts, ends=ends, radius=radius)
    check_arrays(np.int32, bone=bone)
    check_shape("place", place, (len(bone), 2))
    check_shape("starts", starts, (len(radius), 3))
    check_shape("ends", ends, (len(radius), 3))
    if len(bone) and bone.min() < 0:
        raise ValueError("bones must be 0 or more")
    return numba_hiding.hidden_by_limbs(place, bone, starts, ends, radius, depth, before)
