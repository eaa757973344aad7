"""The legs of who sits, and whom the photo cuts there: they go on sitting, as one piece of it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.groups import Group
from bunraku.spec.skeleton import BodyBone

EVEN = 0.15
"""Over how much the depths of legs are evened out, in trunks."""


def with_legs_as_one(binding: Binding, trunk_px: float) -> Binding:
    """Legs that nothing moves against each other: a step of depth, or a knee, would be a slit.

    :param trunk_px: length of the trunk.
    :return: the same, or with one part for both legs, and depths without steps.
    """
    legs = binding.reached & np.isin(binding.group, [Group.LEG_L, Group.LEG_R])
    if not legs.any():
        return binding
    part, depth = binding.part.copy(), binding.depth.copy()
    part[legs] = BodyBone.THIGH_L
    share = legs.astype(np.float32)
    sums, of = (cv2.GaussianBlur(one, (0, 0), EVEN * trunk_px) for one in (depth * share, share))
    depth[legs] = sums[legs] / of[legs]
    return replace(binding, part=part, depth=depth)
