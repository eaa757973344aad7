"""The hands of a photo's body, made once: their form, and the photo's pixels that are theirs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import interpolate, rasterise, skin
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.limbs import HAND_ENDS, with_hands
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.hands.cut_off import CutOff, lacks_palm
from bunraku.runtime.drivers.hands.drawing import PhotoHands
from bunraku.runtime.drivers.hands.landmarks import WRISTS
from bunraku.runtime.drivers.hands.likeness import OwnLook
from bunraku.runtime.drivers.hands.own_drawing import own_photo
from bunraku.runtime.drivers.hands.own_form import apart_from_own, joints_of
from bunraku.runtime.drivers.hands.own_hand import OwnHand
from bunraku.runtime.drivers.hands.photo_hand import PhotoHand
from bunraku.runtime.drivers.hands.relief import relief_of
from bunraku.runtime.drivers.hands.rigging import FINGER_BONES, HAND_BONES
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses, HandShape, without
from bunraku.runtime.drivers.hands.sizing import HandSize
from bunraku.runtime.drivers.hands.tone import colour_hands
from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import FINGERS, SIDES

SMALLEST_PX = 30.0
"""From wrist to knuckles: fingers of a smaller hand are a few pixels wide, with what is behind them
in each. They would come apart, and move with it as they are."""
WRIST = 0.3, 0.75
"""Shares of a vertex that hang on the hand: from nothing of it to all of it is drawn."""
STEEPNESS = 3.0
"""Of the border between the hand's pixels and others."""
SHOWN = 0.5
"""How much of a pixel is the hand's if that moves with it, and hides what is behind it."""


def make_hands(
    body: Body,
    to_bones: Vectors,
    poses: HandPoses,
    shapes: tuple[HandShape, HandShape],
    view: Region,
) -> PhotoHands:
    """The hands of a body.

    :param to_bones: ``[15, 4, 4]``, from the template at rest to the axes of its bones.
    :param poses: as the photo holds its hands.
    :param shapes: the template's.
    :param view: ``[n, n]``: the part of the window that lies inside the photo.
    """
    template = body.fit.template
    placed = body.fit.stance.placed(body.fit.stance.frames @ to_bones)
    loose = skin(template.vertices, template.weights, template.bones, placed)
    knuckles = [joints_of(template, placed, side)[:, 0] for side in range(SIDES)]
    turning = placed.copy()
    turning[..., 3] = 0.0
    turned = skin(template.normals, template.weights, template.bones, turning)
    turned /= np.linalg.norm(turned, axis=1, keepdims=True) + 1e-6
    tone = colour_hands(body)
    small = _length_px(body, 0) < SMALLEST_PX, _length_px(body, 1) < SMALLEST_PX
    look = OwnLook.of(body, without(poses, small), shapes, knuckles)
    left, right = (
        _photo_hand(
            *(body, loose, turned, placed, knuckles[side], tone, look),
            *(side, poses[side], shapes[side], view),
        )
        for side in range(SIDES)
    )
    return PhotoHands((left, right))


def _photo_hand(
    body: Body,
    loose: Array,
    turned: Array,
    placed: Array,
    knuckles: Array,
    tone: Array,
    look: OwnLook,
    side: int,
    pose: HandPose | None,
    shape: HandShape,
    view: Region,
) -> PhotoHand:
    template, grid = body.fit.template, body.grid
    own = np.isin(template.bones, [HAND_BONES[side], *FINGER_BONES[side].ravel()])
    share = (template.weights * own).sum(1)
    triangles = template.triangles[(share[template.triangles] > 0.0).any(1)]
    used, corners = np.unique(triangles, return_inverse=True)
    low, high = WRIST
    shown = np.clip((share[used] - low) / (high - low), 0.0, 1.0).astype(np.float32)
    at_rest = with_hands(template.landmarks)
    wrist = at_rest[WRISTS[side]]
    axis = at_rest[HAND_ENDS[side]] - wrist
    along = (template.vertices[used] - wrist) @ axis / (axis @ axis)
    n = len(body.photo.picture)
    raster = rasterise(grid.vertices, grid.triangles, (n, n))
    hangs = (grid.weights * (grid.bones == HAND_BONES[side])).sum(1, keepdims=True)
    hangs = interpolate(raster, grid.triangles, hangs.astype(np.float32))[..., 0]
    hangs = np.clip((hangs - low) / (high - low), 0.0, 1.0).astype(np.float32)
    limbs = [Group.HAND_L + side]
    if body.fit.places[side] is None:
        limbs.append(Group.FOREARM_L + side)  # where one ends and the other begins is not known
    members = body.photo.members[limbs].sum(0)
    pixels = hangs * np.clip((members - 0.5) * STEEPNESS + 0.5, 0.0, 1.0)
    photo = own_photo(body, pixels, side)
    start = body.fit.stance.points[WRISTS[side]]
    length_px, pictured = _length_px(body, side), _own_hand(photo, start, shape, pose)
    vertices = np.ascontiguousarray(loose[used])
    size = HandSize.by(HAND_BONES[side], start, along, look.times)
    shows_some = bool((pixels > 0.5).any())  # else there is no hand of the photo's to be cut
    apart = None
    if pictured is not None:
        apart = apart_from_own(pictured, template, used, placed, body.fit.stance, size, side)
    return PhotoHand(
        vertices,
        np.ascontiguousarray(turned[used]),
        np.ascontiguousarray(template.weights[used]),
        np.ascontiguousarray(template.bones[used]),
        np.ascontiguousarray(corners.reshape(-1, 3), np.int32),
        shown,
        look.on(tone, template.normals[used], along, shape, side),
        body.light,
        relief_of(template, used, side),
        along.astype(np.float32),
        pixels,
        hangs,
        _part(hangs > 0.0),
        np.concatenate([knuckles, np.ones((FINGERS, 1), np.float32)], 1),
        length_px,
        size,
        pose,
        pictured,
        photo,
        pictured is not None and length_px < SMALLEST_PX,
        CutOff.of(size.in_photo(vertices), view) if shows_some else None,
        shows_some and lacks_palm(vertices, shown > SHOWN, along, photo[..., 3]),
        apart,
    )


def _part(there: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Rows and columns in which something is."""
    if not there.any():
        return slice(0, 0), slice(0, 0)
    rows, columns = np.flatnonzero(there.any(1)), np.flatnonzero(there.any(0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _length_px(body: Body, side: int) -> float:
    """From a hand's wrist to its knuckles, as the body has them."""
    start, end = body.fit.stance.points[[WRISTS[side], HAND_ENDS[side]]]
    return float(np.linalg.norm(end - start))


def _own_hand(
    photo: Array, wrist: Vectors, shape: HandShape, pose: HandPose | None
) -> OwnHand | None:
    """:param photo: ``[n, n, 4]`` of ``own_photo``."""
    shown = photo[..., 3] > SHOWN
    if pose is None or pose.place is None or not shown.any():
        return None
    return OwnHand.of(shown, pose.place, photo[..., :3], float(wrist[2]), shape, pose)
