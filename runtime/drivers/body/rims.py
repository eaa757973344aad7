"""The rims along which arms are cut from what they lie beside: gone as the two come apart.

Along a cut the photo's pixels have both sides in them, and the shade that one throws on the other;
and where the picture has no edge the cut runs as it will. As the two come apart that is an outline:
it shall be a smooth one, soft, and of the cloth's own colours. While they are together nothing may
be missing between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.gained import hangs
from bunraku.runtime.drivers.body.parts import ENDWISE, FINGERS, FREE, LAP
from bunraku.runtime.drivers.body.regions import grown, nearest_reached
from bunraku.runtime.source.region import Region, distance_to
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.few import length_of
from bunraku.spec.landmarks import HIPS, LEFT_ELBOW, LEFT_KNEE, LEFT_SHOULDER, LEFT_WRIST, SHOULDERS
from bunraku.spec.skeleton import SIDES, BodyBone

SMOOTH_PX, SMOOTH = 1.5, 0.015
"""How far a cut is evened out: in the networks' pixels, but no farther than so many trunks, which
arms are a few of broad."""
GONE, KEPT = (0.5, 0.6), (0.7, 0.8)
"""Of the surroundings, evened out: with how much of its own side a pixel of an arm begins to be
kept, and one of what is beside it; and is kept wholly. An arm has nothing behind its rim."""
SHADE_PX = 1.7
"""How far from a cut shade is looked for,"""
DEEP_PX = 2.7
"""and from where on its side shows how bright it is, in the way that cuts are evened out."""
SHADED = 0.72
"""Of that brightness: what is darker lies in the other side's shade."""
APART = 0.12, 0.35
"""How far from where the trunk has carried it a limb's end must be, in trunks, until its rim begins
to go, and until it is gone."""


@dataclass(frozen=True, eq=False)
class Rim:
    """Both sides of a limb's cut from what is beside it."""

    bone: BodyBone
    end: Array
    """``[3]``: the limb's end in the photo, in pixels of its window."""
    trunk_px: float
    """Length of the trunk."""
    top: int
    """The first row of ``lost`` in the window,"""
    left: int
    """and the first column."""
    lost: Array
    """``[h, w]`` in [0, 1]: how much of each pixel goes."""
    beside: BodyBone = BodyBone.CHEST
    """What carries the limb while it stays."""
    limits: tuple[float, float] = APART
    """How far from there its end must be, in trunks, until this goes, and until it is gone."""

    def apart(self, transforms: Array) -> float:
        """In [0, 1]: how far the limb has come away.

        :param transforms: ``[bones, 3, 4]`` of ``Rig.transforms``.
        """
        own, carried = (
            transforms[bone, :, :3] @ self.end + transforms[bone, :, 3]
            for bone in (self.bone, self.beside)
        )
        way = length_of((own - carried)[:2]) / self.trunk_px
        begins, gone = self.limits
        return min(max((way - begins) / (gone - begins), 0.0), 1.0)


def find_rims(fit: Fit, binding: Binding, window: Picture) -> tuple[Rim, ...]:
    """The rims of a photo's arms that hang beside the trunk; one before it has cloth on both sides.
    A forearm that points at the camera hangs as its upper arm does.

    :param window: ``[n, n, 3]`` uint8.
    """
    soft_px = min(SMOOTH_PX * fit.fine, SMOOTH * fit.trunk_px)
    points = fit.stance.points[:, :3]
    down = points[HIPS].mean(0) - points[SHOULDERS].mean(0)
    result: list[Rim] = []
    for side in range(SIDES):
        hand = [BodyBone.HAND_L + side, FINGERS + side]
        fore = _of(binding, BodyBone.FOREARM_L + side, ENDWISE + side, *hand)
        free = _of(binding, FREE + side)
        joined = _of(binding, BodyBone.UPPER_ARM_L + side)
        other = binding.reached & ~(fore | free | joined)
        near = grown(fore | free, round(2.0 * DEEP_PX * soft_px) + 1)
        left, top, width, height = cv2.boundingRect(near.astype(np.uint8))
        part = np.s_[top : top + height, left : left + width]
        fore, free, other, joined = (one[part] for one in (fore, free, other, joined))
        lost = _lost(free | fore, other, joined, window[part], soft_px)
        if lost is None:
            continue
        to_fore = distance_to(fore) < distance_to(free) if fore.any() else np.zeros_like(fore)
        joints = points[[LEFT_SHOULDER + side, LEFT_ELBOW + side, LEFT_WRIST + side]]
        upper_hangs = hangs(joints[:2], down)
        if fit.foreshortened[side]:
            fore_hangs = upper_hangs
            lost = np.where(fore, np.float32(0.0), lost)  # it goes as a whole, but for its hand
        else:
            fore_hangs = hangs(joints[1:], down)
        for bone, own, end, hanging in (
            (BodyBone.UPPER_ARM_L, ~to_fore, joints[1], upper_hangs),
            (BodyBone.FOREARM_L, to_fore, joints[2], fore_hangs),
        ):
            its = np.where(own, lost, np.float32(0.0))
            if its.any() and hanging:
                at = np.asarray(end, np.float32)
                result.append(Rim(BodyBone(bone + side), at, fit.trunk_px, top, left, its))
    return tuple(result)


def find_lap_rims(fit: Fit, binding: Binding, window: Picture) -> tuple[Rim, ...]:
    """The rims of a lap: of raised thighs and of the trunk's cloth before them.

    :param window: ``[n, n, 3]`` uint8.
    """
    soft_px = min(SMOOTH_PX * fit.fine, SMOOTH * fit.trunk_px)
    result: list[Rim] = []
    for side in range(SIDES):
        thigh, lap = _of(binding, BodyBone.THIGH_L + side), _of(binding, LAP)
        lost = _lost(thigh, lap, np.zeros_like(lap), window, soft_px)
        if lost is not None:
            bone, knee = BodyBone(BodyBone.THIGH_L + side), fit.stance.points[LEFT_KNEE + side, :3]
            end = np.asarray(knee, np.float32)
            result.append(Rim(bone, end, fit.trunk_px, 0, 0, lost, BodyBone.PELVIS))
    return tuple(result)


def without(picture: Array, rims: Sequence[Rim], shares: Sequence[float]) -> Array:
    """``[n, n, ...]``: what is shown of a photo's person without these shares of its rims, anew if
    there are any: of a picture with 4 channels the last one.

    Of arrays, or of tensors, as ``picture`` and the rims' own are.
    """
    if not any(shares):
        return picture
    result: Array = picture * 1.0
    for rim, share in zip(rims, shares, strict=True):
        if share:
            height, width = rim.lost.shape
            rows, columns = slice(rim.top, rim.top + height), slice(rim.left, rim.left + width)
            shown = result[..., 3] if result.ndim > 2 else result
            shown[rows, columns] *= 1.0 - rim.lost * share
    return result


def _of(binding: Binding, *parts: int) -> Region:
    return np.asarray(binding.reached & np.isin(binding.part, parts))


def _lost(
    arm: Region, other: Region, joined: Region, window: Picture, soft_px: float
) -> Array | None:
    """``[h, w]`` in [0, 1]: what of both sides of a cut goes; None where they do not touch."""
    if not arm.any() or not other.any():
        return None
    near = (distance_to(arm) <= DEEP_PX * soft_px) & (distance_to(other) <= DEEP_PX * soft_px)
    near &= arm | other
    if not (arm & near).any() or not (other & near).any():
        return None
    light = cv2.GaussianBlur(window.astype(np.float32).sum(-1), (0, 0), 0.33 * soft_px)
    inner = _evened(_lit(light, arm, other, soft_px), soft_px)
    outer = _evened(_lit(light, other, arm, soft_px), soft_px)
    both = _evened(arm | other, soft_px) + np.float32(1e-6)
    of_arm, beside = (
        np.clip((share / both - gone) / (kept - gone), 0.0, 1.0)
        for share, gone, kept in zip((inner, outer), GONE, KEPT, strict=True)
    )
    kept = np.where(arm, of_arm, beside)
    if joined.any():  # there the two hang together
        kept = 1.0 - (1.0 - kept) * np.clip(distance_to(joined) / (DEEP_PX * soft_px), 0.0, 1.0)
    return np.asarray(np.where(near, 1.0 - kept, 0.0), np.float32)


def _lit(light: Array, own: Region, other: Region, soft_px: float) -> Region:
    """``[h, w]``: what of one side does not lie in the shade of the other."""
    apart = distance_to(other)
    deep = own & (apart > DEEP_PX * soft_px)
    if not deep.any():
        return own
    inside = light.ravel()[nearest_reached(deep)]
    shade = own & (apart <= SHADE_PX * soft_px) & (light < SHADED * inside)
    return np.asarray(own & ~shade)


def _evened(region: Region, soft_px: float) -> Array:
    return np.asarray(cv2.GaussianBlur(region.astype(np.float32), (0, 0), soft_px))
