"""The photo's own hand laid on a drawing, its fingers moved."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import interpolate, rasterise, skin
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.regions import grown, nearest_reached, without_scraps
from bunraku.runtime.drivers.hands.own_hand import OwnHand
from bunraku.runtime.drivers.hands.photo_hand import FINE, HandPicture, box_of
from bunraku.runtime.drivers.hands.shape import HandPose
from bunraku.spec.arrays import Array

STREAKS = 2.5, 4.0
"""How often its own area a triangle may be drawn out until it fades, and until it is gone."""
FLESH_PX = 0.5
"""How soft the photo's own hand ends."""
SHADOW = 0.65
"""How light shadow is between fingers, at most, beside them."""
BEYOND_PX, LIKE_WALL = 3, 0.1
"""How far beside the person the photo shows what is behind, and how far in colour, of 1, what a
hand holds is from that."""
SCRAP = 0.1
"""The share of a hand's largest piece from which another is a finger of it."""
_TRACE = np.float32(1e-3)


def own_photo(body: Body, pixels: Array, side: int) -> Array:
    """The photo's colours ``[n, n, 4]``, and how much of each pixel is a hand's.

    :param pixels: ``[n, n]`` in [0, 1], which go with the hand. :param side: 0 left, 1 right.
    """
    picture = body.photo.picture.copy()
    picture[..., 3] *= np.minimum(2.0 * pixels, 1.0)
    place = body.fit.places[side]
    if place is None:
        return picture
    # Shadow between its fingers is there, and what it holds; what was seen through them is not,
    # nor a scrap of what it lies before.
    colours = picture[..., :3]
    beyond = nearest_reached(~grown(body.fit.inside, BEYOND_PX))
    wall = np.abs(colours - colours.reshape(-1, 3)[beyond]).max(-1) <= LIKE_WALL
    light = colours.mean(-1)
    dark = light < SHADOW * np.median(light[place.flesh]) if place.flesh.any() else light < 0.0
    held = ~place.pixels & body.holding[side]
    also = (pixels > 0.0) & ~wall & (held | place.pixels & dark)
    whole = without_scraps((place.flesh | also) & (pixels > 0.0), SCRAP)
    soft = 2.0 * cv2.GaussianBlur(whole.astype(np.float32), (0, 0), FLESH_PX)
    picture[..., 3] *= np.minimum(soft, 1.0)
    return picture


def own_picture(
    own: OwnHand,
    photo: Array,
    palm: Array,
    pose: HandPose,
    n: int,
    anew: float = 0.0,
    share: float = 1.0,
) -> HandPicture | None:
    """A hand as it is moved; None where it is beside the window.

    :param photo: ``[n, n, 4]``: the photo's colours, and how much of each pixel is the hand's.
    :param palm: ``[3, 4]``, where the palm has gone since the photo.
    :param pose: of ``OwnHand.held``.
    :param n: side of the window.
    :param anew: in [0, 1], how far what it is on is made anew: at the wrist it goes over into that.
    :param share: in [0, 1], how much of it is there.
    """
    moved = skin(own.mesh.vertices, own.mesh.weights, own.mesh.bones, own.transforms(palm, pose))
    box = box_of(moved, n)
    if box is None:
        return None
    colours, alpha, place = _seen(own, moved, photo, anew, box)
    alpha = alpha * np.float32(share)
    # Beside the hand, where nobody is, its colours go on: for what is read between two pixels.
    near = cv2.dilate((alpha > 0).astype(np.float32), np.ones((3, 3), np.uint8))
    return np.concatenate([colours, alpha[None], near[None], place]), (box[1], box[0])


def _seen(
    own: OwnHand, moved: Array, photo: Array, anew: float, box: tuple[int, int, int, int]
) -> tuple[Array, Array, Array]:
    """A moved hand in a part of the window.

    Plane by plane: over a handful of channels numpy's loops are five times as slow.

    :return: ``[3, h, w]``, its colours; ``[h, w]``, how much it covers; ``[2, h, w]``, where in the
        photo it is read, x and y.
    """
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    scaled = (moved - np.array([left, top, 0.0], np.float32) + 0.5) * np.float32(FINE) - 0.5
    scaled[:, 2] += np.float32(FINE) * own.mesh.behind
    raster = rasterise(
        np.ascontiguousarray(scaled, np.float32),
        own.mesh.triangles,
        (height * FINE, width * FINE),
        cull=True,
    )
    place = interpolate(raster, own.mesh.triangles, np.ascontiguousarray(own.mesh.vertices[:, :2]))
    there = (raster.triangle >= 0).astype(np.float32)
    whole = _whole(own, moved) * (1.0 - np.float32(anew) * (1.0 - own.beyond))
    there *= whole[np.maximum(raster.triangle, 0)]
    x, y = (np.ascontiguousarray(place[..., k]) for k in (0, 1))
    seen = cv2.remap(photo, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    *colours, alpha = cv2.split(seen)
    cover = alpha * there
    share = cover + _TRACE
    fine = cv2.merge([*(there * plane * share for plane in (*colours, x, y)), cover])
    told = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
    weight = cv2.resize(there * share, (width, height), interpolation=cv2.INTER_AREA)
    none = weight <= 0.0
    total = np.maximum(np.where(none, cv2.blur(weight, (3, 3)), weight), 1e-9)
    *planes, covered = cv2.split(told)
    around = cv2.split(cv2.blur(told, (3, 3)))[:-1]
    mean = [np.where(none, a, p) / total for a, p in zip(around, planes, strict=True)]
    return np.stack(mean[:3]), np.asarray(covered, np.float32), np.stack(mean[3:])


def _whole(own: OwnHand, moved: Array) -> NDArray[np.float32]:
    """``[t]`` in [0, 1]: how much each triangle has to show; nothing if drawn out to streaks."""
    (ax, bx, cx), (ay, by, cy) = (np.take(line, own.mesh.triangles.T) for line in moved[:, :2].T)
    sides = ((ax - bx, ay - by), (bx - cx, by - cy), (cx - ax, cy - ay))
    longest = np.maximum.reduce([x * x + y * y for x, y in sides])
    start, end = STREAKS
    return np.asarray(np.clip((end - np.sqrt(longest / 2.0)) / (end - start), 0.0, 1.0), np.float32)
