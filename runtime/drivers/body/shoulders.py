"""Where sleeves go over into the trunk: both have one colour there, or their seam is seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.colours import SKIN_LIKE, hue_of, middle_of
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.sleeves import along_upper_arm
from bunraku.runtime.source.region import distance_to
from bunraku.spec.arrays import Array
from bunraku.spec.smoothstep import smoothstep

JOINT = 0.15, 0.5
"""Down to where on the upper arm all is the trunk's, and from where on its own, in its lengths."""
AS_BRIGHT = 0.6
"""The darker one has at least this much of the other's brightness, if both are of one cloth."""
DEEP = 0.06
"""How far within what the photo shows of the arm that is its own, in trunks."""


def joined(
    fit: Fit,
    side: int,
    arm: Array,
    trunk: Array,
    colours: Array,
    shown: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> Array:
    """An upper arm's plane ``[n, n, 3]`` that goes over into the trunk's at the shoulder; as it is
    if they are not of one cloth.

    :param side: 0 for the left one, 1 for the right one.
    :param arm: ``[n, n, 3]`` in [0, 1]. :param trunk: likewise.
    :param colours: likewise, the photo's.
    :param shown: ``[n, n]`` each, where the photo shows the arm and where the trunk.
    """
    one, other = (middle_of(colours, where) for where in shown)
    if one is None or other is None:
        return arm
    apart = np.abs(hue_of(one) - hue_of(other)).sum()
    darker, lighter = sorted([float(one.sum()), float(other.sum())])
    if apart > SKIN_LIKE or darker < AS_BRIGHT * lighter:
        return arm
    rows, columns = np.indices(arm.shape[:2], np.float32)
    points = np.stack([columns.ravel(), rows.ravel()], 1)
    along = along_upper_arm(fit, side, points).reshape(arm.shape[:2])
    start, end = JOINT
    near = smoothstep(np.clip((end - along) / (end - start), 0.0, 1.0))
    deep = np.minimum(distance_to(~shown[0]) / (DEEP * fit.trunk_px), 1.0)
    share = (near * (1.0 - deep))[..., None]
    return np.asarray(arm + share * (trunk - arm), np.float32)
