"""Limbs swung and framed: the checks, and where the form is chosen.

numpy float64       numba_cpu

They run twice for every frame, on a dozen limbs, so that no GPU would gain anything; the yardstick,
``reference``, is plain numpy, limb by limb.
"""

from __future__ import annotations

import numpy as np

from bunraku.kernels.checks import check_arrays, check_out, check_shape, shape_text
from bunraku.kernels.limbs.terms import Facing, Kept, Limbs
from bunraku.spec.arrays import Exact


def swing_limbs(limbs: Limbs, points: Exact, turns: Exact, kept: Kept | None = None) -> Facing:
    """Turn each limb from its parent's turn by the least angle that has it point to its end.

    Convention: x right, y down, z away from the viewer, who looks along z.

    :param points: ``[p,3]`` contiguous; ends that are kept are moved, in place.
    :param turns: ``[b,3,3]`` contiguous, the bones' rotations since the rest; those of the limbs
        are written.
    :param kept: how far limbs stay as they were, and how that was; None: not at all.
    :return: which side of them is seen.
    :raises ValueError: shapes that do not fit, or too few bones or points.
    :raises TypeError: arrays that are not float64.
    """
    from bunraku.kernels.limbs import numba_cpu

    _check(limbs, points, turns)
    check_out(points, points.shape, np.float64)
    check_out(turns, turns.shape, np.float64)
    if kept is not None:
        check_arrays(np.float64, before=kept.points, before_turns=kept.turns, share=kept.share)
        check_shape("before", kept.points, points.shape)
        check_shape("before_turns", kept.turns, turns.shape)
        check_shape("share", kept.share, points.shape[:1])
    return numba_cpu.swing_limbs(limbs, points, turns, kept)


def frame_limbs(
    limbs: Limbs, points: Exact, turns: Exact, twists: Exact, size: float, out: Exact
) -> Exact:
    """The limbs' own axes: one along each from its start to its end, two across it.

    :param points: ``[p,3]``; :param turns: ``[b,3,3]``, as ``swing_limbs`` leaves them.
    :param twists: ``[m]`` radians by which each is turned about itself besides.
    :param size: how long the axes across are.
    :param out: ``[b,4,4]`` contiguous; the first three rows of the limbs' are written: columns
        along, across, across and where it starts.
    :return: ``out``.
    :raises ValueError: shapes that do not fit, or too few bones or points.
    :raises TypeError: arrays that are not float64.
    """
    from bunraku.kernels.limbs import numba_cpu

    _check(limbs, points, turns)
    check_arrays(np.float64, twists=twists)
    check_shape("twists", twists, limbs.bones.shape)
    check_out(out, (len(turns), 4, 4), np.float64)
    return numba_cpu.frame_limbs(limbs, points, turns, twists, size, out)


def _check(limbs: Limbs, points: Exact, turns: Exact) -> None:
    check_arrays(np.float64, points=points, turns=turns)
    bones, ends = limbs.least
    if points.ndim != 2 or points.shape[1] != 3 or len(points) < ends:
        raise ValueError(f"points must be [{ends} or more,3], not {shape_text(points)}")
    if turns.shape[1:] != (3, 3) or len(turns) < bones:
        raise ValueError(f"turns must be [{bones} or more,3,3], not {shape_text(turns)}")
