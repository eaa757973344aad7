"""One hand of a photo's body, and how it is drawn: lit by its own form, with soft edges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import interpolate, rasterise, skin
from bunraku.runtime.drivers.body.light import LIGHTEST, Light
from bunraku.runtime.drivers.hands.cut_off import CutOff
from bunraku.runtime.drivers.hands.likeness import Likeness
from bunraku.runtime.drivers.hands.own_hand import OwnHand
from bunraku.runtime.drivers.hands.shape import HandPose
from bunraku.runtime.drivers.hands.sizing import HandSize
from bunraku.spec.arrays import Array
from bunraku.spec.few import clipped

HandPicture: TypeAlias = tuple[Array, tuple[int, int]]
"""What is laid on a drawing, and where (``Pen.lay``)."""
FINE = 2
"""Side of a window's pixel in the hand's own, finer ones."""
MARGIN_PX = 3
CREASE, CREASE_SHARE, CREASE_REACH = 0.35, 0.05, 0.2
"""How much darker it is behind what stands before it; how deep and how near, in hands."""
DARKEST = 0.75
"""A whole hand's light: one that is darker stays so."""
BLOOD = np.array([0.0, 0.09, 0.08], np.float32)
"""What red, green and blue lose where skin is reddest."""
ENDS = 0.6, 0.9
"""From where to where beyond the wrist the body's hand ends beneath the photo's own, which is of
another shape, in the lengths of that from wrist to knuckles."""
BESIDE = (4 * FINE + 1,) * 2
"""How far beside the hand its tone goes on."""
EDGE_PX = 0.4
"""How soft the hand's edge is."""


@dataclass(frozen=True, eq=False)
class PhotoHand:
    """One hand of a photo's body."""

    vertices: Array
    """``[v, 3]`` in pixels of the window, as the photo holds it, not pressed into the outline."""
    normals: Array
    """``[v, 3]``, unit."""
    weights: Array
    """``[v, 4]``"""
    bones: NDArray[np.int32]
    """``[v, 4]``"""
    triangles: NDArray[np.int32]
    """``[t, 3]``"""
    shown: Array
    """``[v]`` in [0, 1]: 0 towards the forearm."""
    likeness: Likeness
    """Its colour."""
    light: Light
    """The photo's."""
    relief: Array
    """``[v, 2]``, of ``relief_of``."""
    along: Array
    """``[v]``: how far beyond the wrist each vertex lies, in its own lengths to the knuckles."""
    pixels: Array
    """``[n, n]`` in [0, 1]: which of the photo's are its own."""
    hangs: Array
    """``[n, n]`` in [0, 1]: how far each hangs on the hand, whatever it shows."""
    part: tuple[slice, slice]
    """Rows and columns in which these are."""
    knuckles: Array
    """``[5, 4]``: where the fingers begin, and 1."""
    length_px: float
    size: HandSize
    """How large it is."""
    pose: HandPose | None
    """As the photo holds it; None where that is not known."""
    own: OwnHand | None
    """The photo's own, finger by finger; None where that is not known."""
    photo: Array
    """``[n, n, 4]``: the photo's colours, and how much of each pixel is the hand's."""
    small: bool
    """Whether its fingers are too small in the photo to be moved one by one."""
    cut: CutOff | None = None
    """What the photo's edges cut off of it; None for a whole one."""
    lacks_palm: bool = False
    """Whether the photo shows its fingers, and hardly more of it."""
    apart: Array | None = None
    """``[v, 3]``, of ``own_form.apart_from_own``; None where the photo's own is not known."""

    @property
    def moves_fingers(self) -> bool:
        """Whether it is drawn finger by finger."""
        return self.own is not None and not self.small

    @property
    def shows_little(self) -> bool:
        """Whether the photo shows too little of it for all that it does: it is small, or its palm
        points at the camera, and would be drawn out."""
        place = None if self.own is None else self.own.pose.place
        return self.small or (place is not None and place.foreshortened)

    @cached_property
    def beneath_own(self) -> PhotoHand:
        """As much of it as is drawn beneath the photo's own hand: the wrist."""
        assert self.own is not None, "no hand of the photo to go over into"
        place = self.own.pose.place
        assert place is not None, "a hand of the photo is somewhere"
        low, high = ENDS
        along = place.share_along(self.vertices[:, :2].astype(np.float64))
        if place.foreshortened:  # the picture does not tell
            along = self.along * self.length_px / place.length
        there = np.clip((high - along) / (high - low), 0.0, 1.0)
        return replace(self, shown=self.shown * there.astype(np.float32))

    def missed(self, transforms: Array, anew: float) -> float:
        """From 0 to 1, how far one sees where it has gone that the photo lacks a part of it.

        :param transforms: ``[bones, 3, 4]`` of ``Rig.transforms``.
        :param anew: in [0, 1], how far its arm is made anew: fingers alone have no wrist to that.
        """
        out = anew if self.lacks_palm else 0.0
        return out if self.cut is None else max(out, self.cut.missed(self.moved(transforms)))

    def moved(self, transforms: Array, as_own: float = 0.0) -> Array:
        """``[v, 3]``: where its vertices have gone.

        :param transforms: ``[bones, 3, 4]`` of ``Rig.transforms``.
        :param as_own: in [0, 1], how far it has the form of the photo's own.
        """
        vertices = self.vertices
        if as_own > 0.0 and self.apart is not None:
            vertices = vertices + np.float32(as_own) * self.apart
        return self.size.of(skin(vertices, self.weights, self.bones, transforms), transforms)

    def near_photo(self, pose: HandPose) -> HandPose:
        """A driver's hand with fingers as the photo's is shown instead of it."""
        if self.own is not None and self.moves_fingers:
            return replace(pose, bends=self.own.bent(pose.bends))
        return pose if self.pose is None else replace(pose, bends=self.pose.bends)


def picture_of(
    hand: PhotoHand, moved: Array, transforms: Array, n: int, anew: float, share: float = 1.0
) -> HandPicture | None:
    """One hand of the body's as it is moved; None where it is beside the window.

    :param moved: ``[v, 3]``, where its vertices are. :param transforms: of all bones.
    :param n: side of the window.
    :param anew: in [0, 1], how far its arm is made anew, and lit by how it is held as the hand is;
        on one of the photo's the hand is as bright as that.
    :param share: in [0, 1], how much of it is there.
    """
    box = box_of(moved, n)
    if box is None:
        return None
    colours, alpha = _shaded(hand, moved, transforms, anew, box)
    alpha *= np.float32(share)
    # Beside the hand, where nobody is, its colours go on: for what is read between two pixels.
    near = cv2.dilate(alpha, np.ones((3, 3), np.uint8))
    return np.concatenate([colours, alpha[None], near[None]]), (box[1], box[0])


def box_of(moved: Array, n: int) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of what vertices ``[v, 3]`` fill of a window of n pixels, and a
    margin; None of those beside it.
    """
    low = np.floor(moved[:, :2].min(0)).astype(int) - MARGIN_PX
    high = np.ceil(moved[:, :2].max(0)).astype(int) + MARGIN_PX + 1
    (left, top), (right, bottom) = clipped(low, 0, n).tolist(), clipped(high, 0, n).tolist()
    return (left, top, right, bottom) if left < right and top < bottom else None


def _shaded(
    hand: PhotoHand, moved: Array, transforms: Array, anew: float, box: tuple[int, int, int, int]
) -> tuple[Array, Array]:
    """Colours ``[3, h, w]`` and cover ``[h, w]`` of a moved hand, in a part of the window.

    Plane by plane: over a handful of channels numpy's loops are five times as slow.
    """
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    place = moved - np.array([left, top, 0.0], np.float32)
    place = (place + 0.5) * np.float32(FINE) - np.float32(0.5)
    raster = rasterise(
        np.ascontiguousarray(place), hand.triangles, (height * FINE, width * FINE), cull=True
    )
    turning = transforms.copy()
    turning[..., 3] = 0.0
    normals = skin(hand.normals, hand.weights, hand.bones, turning)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-6
    reaching, red = hand.relief.T
    facing = normals[:, 2] ** 2
    by_form = [hand.light.on(normals) * reaching, hand.shown, red, facing, hand.likeness.own]
    carried = np.column_stack([*by_form, hand.likeness.tones])
    fields = interpolate(raster, hand.triangles, np.ascontiguousarray(carried))
    planes = [np.asarray(plane, np.float32) for plane in cv2.split(fields)]
    lit, shown, red, facing, own, *tones = planes
    inside = raster.triangle >= 0  # beyond it all of these are 0
    there = inside.astype(np.float32)
    # What lies behind its surroundings is in their shadow: between fingers, under a thumb; but not
    # what merely turns away from the camera, as at an outline.
    depth = np.where(inside, raster.depth, np.float32(0.0))
    behind = depth - _spread(depth, there, hand.length_px * FINE * CREASE_REACH)
    behind = behind / (FINE * hand.length_px + 1e-6) / CREASE_SHARE - 1.0
    lit *= 1.0 - CREASE * clipped(behind, 0.0, 1.0) * facing
    lit = np.where(inside, lit, _spread(lit, there, 2.0 * FINE))
    # The tone is what the photo shows of hands in their own light: so is the whole of this one,
    # but for what has the tone of an arm that is made anew.
    mean = max(float((lit * shown).sum() / max(float(shown.sum()), 1e-6)), DARKEST)
    lit /= np.float32(mean) ** (np.float32(1.0) - np.float32(anew) * (1.0 - own))
    cover = cv2.GaussianBlur(shown, (0, 0), EDGE_PX * FINE)
    size = (width, height)
    light = cv2.resize(np.asarray(lit, np.float32), size, interpolation=cv2.INTER_AREA)
    red = cv2.resize(red, size, interpolation=cv2.INTER_AREA)
    beside = np.maximum(cv2.blur(there, BESIDE), np.float32(1e-3))
    tones = [np.where(inside, tone, cv2.blur(tone, BESIDE) / beside) for tone in tones]
    toned = [cv2.resize(tone, size, interpolation=cv2.INTER_AREA) for tone in tones]
    cover = cv2.resize(cover, size, interpolation=cv2.INTER_AREA)
    tints = cv2.split(hand.light.tint(clipped(light, 0.0, LIGHTEST)))
    pale = [np.float32(1.0) - red * blood for blood in BLOOD]
    colours = [a * (b * c) for a, b, c in zip(toned, tints, pale, strict=True)]
    return np.asarray(colours, np.float32), np.asarray(cover, np.float32)


def _spread(values: Array, there: Array, reach: float) -> Array:
    """The mean of values ``[h, w]`` around each pixel, of those that are there; else 1.

    :param values: 0 where nothing is there.
    """
    size = (2 * max(1, round(reach / 2.0)) + 1,) * 2
    share = cv2.blur(there, size)
    mean = cv2.blur(values, size) / np.maximum(share, 1e-3)
    return np.asarray(np.where(share > 1e-3, mean, 1.0), np.float32)
