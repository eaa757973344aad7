"""Hands that the photo does not show as the driver holds them: the body's, in the photo's colour.

Where a driver's hand is held much as the photo's, the photo's own pixels show it. Else the
template's hand takes their place, shaded by its own form: on top of all, since the hand was seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import interpolate, rasterise, skin
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.limbs import HAND_ENDS, POSED_BY
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.hands.landmarks import WRISTS
from bunraku.runtime.drivers.hands.rigging import FINGER_BONES, HAND_BONES, curl_apart, tilt
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses
from bunraku.runtime.drivers.protocol import Drawn
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD
from bunraku.spec.skeleton import FINGERS, SIDES

ALIKE_CURL, OTHER_CURL = np.deg2rad((45.0, 65.0))
ALIKE_TILT, OTHER_TILT = np.deg2rad((38.0, 52.0))
"""Up to where the photo's hand can stand for the driver's, and from where it cannot: near together,
since a mixture of both is neither."""
SKIN_LIKE = 0.09
"""How far a hand's hue may be from the face's, in shares of the sum of the colours."""
AT_WRIST = 0.1
"""Share of a forearm's vertex that hangs on the hand, from which it is at the wrist."""
AS_BRIGHT = 0.82, 1.25
"""How much darker or lighter than the face a hand is."""
FACE_SURE, FACE_PIXELS = 0.9, 12
FINE = 2
"""Side of a window's pixel in the hand's own, finer ones."""
MARGIN_PX = 3
WRIST = 0.3, 0.75
"""Shares of a vertex that hang on the hand: from nothing of it to all of it is drawn."""
LIGHT = np.array([-0.35, -0.65, -0.68], np.float32)
"""From the hand to the light, which is above the camera."""
AMBIENT, DIRECT = 0.76, 0.36
GRAZING = 0.22
"""How much darker flesh is that is seen from the side."""
CREASE, CREASE_SHARE, CREASE_REACH = 0.35, 0.05, 0.2
"""How much darker it is behind what stands before it; how deep and how near, in hands."""
BRIGHTEST = 1.15
REDDENING = np.array([0.85, 1.05, 1.1], np.float32)
"""How much faster than light each colour of flesh fades in shadow."""
EDGE_PX = 0.4
"""How soft the hand's edge is."""
_TRACE = np.float32(1e-3)


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
    tone: Array
    """``[3]`` RGB in [0, 1]."""
    pixels: Array
    """``[n, n]`` in [0, 1]: which of the photo's are its own."""
    knuckles: Array
    """``[5, 4]``: where the fingers begin, and 1."""
    length_px: float
    pose: HandPose | None
    """As the photo holds it; None where that is not known."""


@dataclass(frozen=True, eq=False)
class PhotoHands:
    """The hands of a photo's body, left and right."""

    hands: tuple[PhotoHand, PhotoHand]

    @classmethod
    def of(cls, body: Body, to_bones: Vectors, poses: HandPoses) -> PhotoHands:
        """The hands of a body.

        :param to_bones: ``[15, 4, 4]``, from the template at rest to the axes of its bones.
        :param poses: as the photo holds its hands.
        """
        template = body.fit.template
        moved = (body.fit.stance.frames @ to_bones)[POSED_BY, :3]
        placed = np.ascontiguousarray(moved, np.float32)
        loose = skin(template.vertices, template.weights, template.bones, placed)
        placed[..., 3] = 0.0
        turned = skin(template.normals, template.weights, template.bones, placed)
        turned /= np.linalg.norm(turned, axis=1, keepdims=True) + 1e-6
        tone = _tone(body)
        places = []
        for side, bone in enumerate(HAND_BONES):
            starts = np.concatenate([template.fingers[side, :, 0], np.ones((FINGERS, 1))], 1)
            places.append((starts @ moved[bone].T).astype(np.float32))
        left, right = (
            _photo_hand(body, loose, turned, places[side], tone, side, poses[side])
            for side in range(SIDES)
        )
        return cls((left, right))

    def draw(
        self, body: Body, transforms: Array, visibility: Array, size: int, poses: HandPoses
    ) -> tuple[Drawn, Array]:
        """``Body.draw`` with hands held as a driver holds them."""
        shares = self.shares(poses)
        if max(shares) <= 0.0:
            return body.draw(transforms, visibility, size)
        handless, folded = self.without(body, shares), self.folded(transforms, shares)
        drawn, surface = handless.draw(folded, visibility, size)
        return self.over(drawn, transforms, shares), surface

    def shares(self, poses: HandPoses) -> tuple[float, float]:
        """How far the body's hand takes the place of the photo's, for each hand of a driver."""
        left, right = (_share(hand.pose, p) for hand, p in zip(self.hands, poses, strict=True))
        return left, right

    def without(self, body: Body, shares: tuple[float, float]) -> Body:
        """The body with its photo's hands faded out."""
        picture, rim = body.picture.copy(), body.rim.copy()
        for hand, share in zip(self.hands, shares, strict=True):
            kept = np.float32(1.0) - np.float32(share) * hand.pixels
            picture[..., 3] *= kept
            rim *= kept
        return replace(body, picture=picture, rim=rim)

    def folded(self, transforms: Array, shares: tuple[float, float]) -> Array:
        """Transforms that leave no fingers of hands that are wholly drawn anew."""
        result = transforms.copy()
        for side, (hand, share) in enumerate(zip(self.hands, shares, strict=True)):
            if share < 1.0:
                continue
            bones = FINGER_BONES[side]
            result[bones, :, :3] = 0.0
            result[bones, :, 3] = (hand.knuckles @ transforms[HAND_BONES[side]].T)[:, None]
        return result

    def over(self, drawn: Drawn, transforms: Array, shares: tuple[float, float]) -> Drawn:
        """A drawing with the hands on top of it.

        :param transforms: ``[bones, 3, 4]`` of ``Rig.transforms``.
        """
        moved = [
            (hand, skin(hand.vertices, hand.weights, hand.bones, transforms), share)
            for hand, share in zip(self.hands, shares, strict=True)
            if share > 0.0
        ]
        for hand, vertices, share in sorted(moved, key=lambda m: -float(m[1][:, 2].mean())):
            _lay(drawn, hand, vertices, transforms, share)
        return drawn


def _photo_hand(
    body: Body,
    loose: Array,
    turned: Array,
    knuckles: Array,
    tone: Array,
    side: int,
    pose: HandPose | None,
) -> PhotoHand:
    template, grid = body.fit.template, body.grid
    own = np.isin(template.bones, [HAND_BONES[side], *FINGER_BONES[side].ravel()])
    share = (template.weights * own).sum(1)
    triangles = template.triangles[(share[template.triangles] > 0.0).any(1)]
    used, corners = np.unique(triangles, return_inverse=True)
    low, high = WRIST
    shown = np.clip((share[used] - low) / (high - low), 0.0, 1.0).astype(np.float32)
    n = len(body.picture)
    raster = rasterise(grid.vertices, grid.triangles, (n, n))
    hangs = (grid.weights * (grid.bones == HAND_BONES[side])).sum(1, keepdims=True)
    hangs = interpolate(raster, grid.triangles, hangs.astype(np.float32))[..., 0]
    start, end = body.fit.stance.points[[WRISTS[side], HAND_ENDS[side]]]
    return PhotoHand(
        np.ascontiguousarray(loose[used]),
        np.ascontiguousarray(turned[used]),
        np.ascontiguousarray(template.weights[used]),
        np.ascontiguousarray(template.bones[used]),
        np.ascontiguousarray(corners.reshape(-1, 3), np.int32),
        shown,
        tone,
        np.clip((hangs - low) / (high - low), 0.0, 1.0).astype(np.float32),
        np.concatenate([knuckles, np.ones((FINGERS, 1), np.float32)], 1),
        float(np.linalg.norm(end - start)),
        pose,
    )


def _tone(body: Body) -> Array:
    """The colour of a body's hands; what looks out from behind the photo's gets it as well."""
    n = len(body.picture)
    bones, weights = body.fit.template.bones, body.fit.template.weights
    tones = []
    for hand in HAND_BONES:
        at_wrist = ((bones == hand) * weights).sum(1) > AT_WRIST
        for bone in (hand, hand - SIDES):
            plane = body.textures.planes[bone * n : (bone + 1) * n]
            place = body.fit.mesh[(bones[:, 0] == bone) & at_wrist, :2]
            place = np.clip(np.rint(place), 0, n - 1).astype(int)
            tones.append(np.median(plane[place[:, 1], place[:, 0]], axis=0))
    tone = skin_tone(np.stack(tones), _face_tone(body))
    for bone in HAND_BONES:
        body.textures.planes[bone * n : (bone + 1) * n] = tone
    return tone


def skin_tone(shown: Array, face: Array | None) -> Array:
    """The colour of hands ``[3]`` by what the photo shows at hands and wrists ``[k, 3]``.

    What counts as theirs may be a sleeve, or what they hold: they have the face's hue, and are not
    much darker or lighter.

    :param face: ``[3]``, None where it is not seen.
    """
    if face is None or not _like_skin(face):
        alike = [tone for tone in shown if _like_skin(tone)]
        return np.asarray(np.mean(alike or shown, axis=0), np.float32)
    own = [tone for tone in shown if np.abs(_hue(tone) - _hue(face)).sum() < SKIN_LIKE]
    if not own:
        return np.asarray(face, np.float32)
    tone = np.mean(own, axis=0)
    low, high = AS_BRIGHT
    share = float(np.clip(tone.mean() / face.mean(), low, high)) * face.mean() / tone.mean()
    return np.asarray(np.clip(tone * share, 0.0, 1.0), np.float32)


def _hue(colour: Array) -> Array:
    return np.asarray(colour / (colour.sum() + 1e-2))


def _like_skin(colour: Array) -> bool:
    red, green, blue = _hue(colour)
    return bool(red > green > blue and 0.35 < red < 0.55 and green > 0.26)


def _face_tone(body: Body) -> Array | None:
    """The median of the face between brows and mouth; None outside of the window."""
    n = len(body.picture)
    points = body.fit.stance.points[list(HEAD), :2].astype(np.float32)
    hull = cv2.convexHull(points[:, None])
    within = np.zeros((n, n), np.uint8)
    cv2.fillConvexPoly(within, np.rint(hull).astype(np.int32), 1)
    sure = (within > 0) & (body.picture[..., 3] > FACE_SURE)
    if sure.sum() < FACE_PIXELS:
        return None
    return np.asarray(np.median(body.picture[sure][:, :3], axis=0), np.float32)


def _share(photo: HandPose | None, driver: HandPose | None) -> float:
    if driver is None:
        return 0.0
    other = 1.0
    if photo is not None:
        curl = (curl_apart(photo, driver) - ALIKE_CURL) / (OTHER_CURL - ALIKE_CURL)
        turn = (tilt(photo, driver) - ALIKE_TILT) / (OTHER_TILT - ALIKE_TILT)
        other = min(max(float(curl), float(turn), 0.0), 1.0)
    return min(2.0 * other * driver.lately, 1.0)


def _lay(drawn: Drawn, hand: PhotoHand, moved: Array, transforms: Array, share: float) -> None:
    """Draw one hand onto a drawing, in place."""
    n = drawn.mask.shape[-1]
    low = np.floor(moved[:, :2].min(0)).astype(int) - MARGIN_PX
    high = np.ceil(moved[:, :2].max(0)).astype(int) + MARGIN_PX + 1
    (left, top), (right, bottom) = np.clip(low, 0, n), np.clip(high, 0, n)
    if left >= right or top >= bottom:
        return
    colours, alpha = _shaded(hand, moved, transforms, (left, top, right, bottom))
    alpha = alpha * np.float32(share)
    part = (0, slice(None), slice(top, bottom), slice(left, right))
    before = drawn.mask[part] * (np.float32(1.0) - alpha)
    after = before + alpha
    # Beside the hand, where nobody is, its colours go on: for what is read between two pixels.
    near = cv2.dilate(alpha, np.ones((3, 3), np.uint8)) * _TRACE
    told = (alpha + near) / (after + near + _TRACE**2)
    drawn.image[part] += (colours - drawn.image[part]) * told
    drawn.trust[part] *= np.float32(1.0) - told
    drawn.mask[part] = after


def _shaded(
    hand: PhotoHand, moved: Array, transforms: Array, box: tuple[int, int, int, int]
) -> tuple[Array, Array]:
    """Colours ``[3, h, w]`` and cover ``[h, w]`` of a moved hand, in a part of the window."""
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
    carried = np.concatenate([normals, hand.shown[:, None]], 1)
    fields = interpolate(raster, hand.triangles, np.ascontiguousarray(carried))
    there = (raster.triangle >= 0).astype(np.float32)
    lit = AMBIENT + DIRECT * np.maximum(fields[..., :3] @ LIGHT, 0.0)
    lit -= GRAZING * (1.0 - np.minimum(np.abs(fields[..., 2]), 1.0)) ** 2
    # What lies behind its surroundings is in their shadow: between fingers, under a thumb.
    depth = np.where(there > 0, raster.depth, 0.0).astype(np.float32)
    behind = depth - _spread(depth, there, hand.length_px * FINE * CREASE_REACH)
    behind = behind / (FINE * hand.length_px + 1e-6) / CREASE_SHARE - 1.0
    lit *= 1.0 - CREASE * np.clip(behind, 0.0, 1.0)
    lit = np.where(there > 0, lit, _spread(np.asarray(lit, np.float32), there, 2.0 * FINE))
    cover = cv2.GaussianBlur(there * fields[..., 3], (0, 0), EDGE_PX * FINE)
    size = (width, height)
    light = cv2.resize(np.asarray(lit, np.float32), size, interpolation=cv2.INTER_AREA)
    cover = cv2.resize(cover, size, interpolation=cv2.INTER_AREA)
    light = np.clip(light, 0.0, BRIGHTEST)
    colours = hand.tone[:, None, None] * light ** REDDENING[:, None, None]
    return np.asarray(colours, np.float32), np.asarray(cover, np.float32)


def _spread(values: Array, there: Array, reach: float) -> Array:
    """The mean of values ``[h, w]`` around each pixel, of those that are there; else 1."""
    size = (2 * max(1, round(reach / 2.0)) + 1,) * 2
    share = cv2.blur(there, size)
    mean = cv2.blur(values * there, size) / np.maximum(share, 1e-3)
    return np.asarray(np.where(share > 1e-3, mean, 1.0), np.float32)
