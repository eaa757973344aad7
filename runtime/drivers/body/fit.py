"""The template in the place of a photo's person: its pose, size and thickness."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import skin
from bunraku.runtime.drivers.body.girth import measure_girth
from bunraku.runtime.drivers.body.guessed import unseen_forearms
from bunraku.runtime.drivers.body.limbs import FORESHORTENED, LIMBS, in_picture
from bunraku.runtime.drivers.body.rig import NO_HANDS, Rig
from bunraku.runtime.drivers.body.stance import Stance
from bunraku.runtime.drivers.body.template import Template
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.hands.region import HandPlace
from bunraku.runtime.drivers.hands.shape import HandPoses
from bunraku.runtime.source.mask import fineness
from bunraku.spec.arrays import Array
from bunraku.spec.few import length_of, mean_of
from bunraku.spec.landmarks import (
    HIPS,
    LEFT_ELBOW,
    LEFT_EYE,
    LEFT_HIP,
    LEFT_SHOULDER,
    LEFT_WRIST,
    MOUTH,
    RIGHT_ELBOW,
    RIGHT_EYE,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    SHOULDERS,
    VISIBLE,
)
from bunraku.spec.skeleton import BODY_BONES, BodyBone

INSIDE = 0.3
"""Of the mask, from which a pixel is the person's."""
SMALLEST_TRUNK_PX = 12.0
DEEPER = 0.5
"""How much deeper wider hips are: most of what makes them wide is cloth and arms beside them."""
COVERED = 0.6
"""The share of the seen limbs' lines that must lie in the outline, else pose and outline are not of
one body."""
MARGIN_PX = 1.5
"""How far within the outline the mesh stays."""
FARTHEST_PX = 6.0
"""How far it is moved for that, in one of three steps."""
_LINES = ((LEFT_SHOULDER, RIGHT_HIP), (RIGHT_SHOULDER, LEFT_HIP))
_FACE = ((LEFT_EYE, RIGHT_EYE), MOUTH)
_BLUNT = (BodyBone.HAND_L, BodyBone.HAND_R, BodyBone.FOOT_L, BodyBone.FOOT_R)


@dataclass(frozen=True, eq=False)
class Fit:
    """A photo's person as a body."""

    template: Template
    stance: Stance
    mesh: Array
    """``[n, 3]``: the template's vertices in pixels of the window, within the outline."""
    inside: NDArray[np.bool_]
    """``[n, n]``: the outline."""
    placed: Array
    """``[bones, 3, 4]``: from the template at rest to the body in its place, as thick as it is."""
    hands: HandPoses = NO_HANDS
    """As the photo shows them."""
    unseen: tuple[BodyBone, ...] = ()
    """Forearms and hands that lie hidden behind something: what the photo shows there is not
    theirs."""

    @property
    def places(self) -> tuple[HandPlace | None, HandPlace | None]:
        """Where its hands are, those whose own points are known."""
        left, right = (None if hand is None else hand.place for hand in self.hands)
        return left, right

    @property
    def foreshortened(self) -> tuple[bool, bool]:
        """Whether the left forearm points at the camera or from it, and the right one."""
        wrists = self.stance.points[[LEFT_WRIST, RIGHT_WRIST]]
        shown = in_picture(wrists - self.stance.points[[LEFT_ELBOW, RIGHT_ELBOW]])
        return bool(shown[0] < FORESHORTENED), bool(shown[1] < FORESHORTENED)

    @cached_property
    def trunk_px(self) -> float:
        """From the shoulders to the hips, in the picture."""
        return trunk_length(self.stance.points)

    @property
    def fine(self) -> float:
        """By how much lengths in the networks' pixels are more in the window's."""
        return fineness(len(self.inside))


def fit_body(
    template: Template,
    rig: Rig,
    landmarks: Array,
    mask: Array,
    hands: HandPoses = NO_HANDS,
    view: NDArray[np.bool_] | None = None,
    *,
    anyhow: bool = False,
) -> Fit | None:
    """Fit the template to a photo's person.

    :param rig: of this template.
    :param landmarks: ``[33, 4]`` in pixels of the window, with metric depths, and visibility.
    :param mask: ``[n, n]`` in [0, 1], the person in the window.
    :param hands: as the photo shows them, along its axes.
    :param view: ``[n, n]``, where the photo would show the person; None for everywhere.
    :param anyhow: also where pose and outline do not make a body: it is good for where it is alone.
    :return: None where they do not, and of who is too small.
    """
    inside = mask > INSIDE
    points = np.asarray(landmarks[:, :3], np.float64)
    if not np.isfinite(points).all() or trunk_length(points) < SMALLEST_TRUNK_PX * fineness(
        len(mask)
    ):
        return None
    around = np.ones_like(inside) if view is None else view
    if not anyhow and covered(landmarks, inside, around) < COVERED:
        return None
    stance = rig.stance(landmarks, _size(rig, landmarks), hands)
    thick = np.ones((BODY_BONES, 4))
    girth = measure_girth(template, stance, inside)
    thick[:, 1] = thick[:, 2] = girth
    trunk = [BodyBone.PELVIS, BodyBone.CHEST]
    thick[trunk, 0], thick[trunk, 1] = girth[trunk], 1.0
    thick[BodyBone.PELVIS, 2] = 1.0 + DEEPER * (girth[BodyBone.PELVIS] - 1.0)
    placed = (stance.frames * thick[:, None, :]) @ rig.at_rest.inverse
    transforms = stance.placed(placed)
    mesh = skin(template.vertices, template.weights, template.bones, transforms)
    mesh, guessed = kept_within(mesh, inside), unseen_forearms(landmarks, hands)
    return Fit(template, stance, mesh, inside, transforms, hands, guessed)


def trunk_length(points: Vectors) -> float:
    """From the middle of the shoulders to that of the hips, in the picture."""
    shoulders, hips = points[SHOULDERS], points[HIPS]
    return length_of((mean_of(hips) - mean_of(shoulders))[:2])


def covered(landmarks: Array, inside: NDArray[np.bool_], view: NDArray[np.bool_]) -> float:
    """The share of the trunk's and the seen limbs' lines that lies in the outline; of the line of
    the shoulders where these lie out of view, and of the face's where that does. A limb that begins
    there is a guess.

    :param view: ``[n, n]``, see ``fit_body``.
    """
    seen = landmarks[:, 3] >= VISIBLE
    begins = seen & [bool(_at(view, point)) for point in landmarks]
    lines = [
        (start, end)
        for bone, start, end in zip(LIMBS.bones, LIMBS.starts, LIMBS.ends, strict=True)
        if bone not in _BLUNT and begins[start] and seen[end]
    ]
    hits = _hits(landmarks, inside, view, [*_LINES, *lines])
    hits = hits or _hits(landmarks, inside, view, [(LEFT_SHOULDER, RIGHT_SHOULDER)])
    hits = hits or _hits(landmarks, inside, view, list(_FACE))
    return float(np.mean(hits)) if hits else 0.0


def _hits(
    landmarks: Array,
    inside: NDArray[np.bool_],
    view: NDArray[np.bool_],
    lines: list[tuple[int, int]],
) -> list[bool]:
    """Which points of lines lie in the outline; of those out of view nothing is known."""
    points = [
        (1 - share) * landmarks[start, :2] + share * landmarks[end, :2]
        for start, end in lines
        for share in (0.15, 0.35, 0.5, 0.65, 0.85)
    ]
    return [_at(inside, point) for point in points if _at(view, point)]


def _at(region: NDArray[np.bool_], point: Array) -> bool:
    """Whether a point (x, y, ...) lies in a region of the window."""
    x, y = np.rint(point[:2]).astype(int).tolist()
    height, width = region.shape
    return bool(0 <= x < width and 0 <= y < height and region[y, x])


def _size(rig: Rig, landmarks: Array) -> float:
    """Pixels a metre of the template: the middle of what limbs and shoulders say."""
    points = rig.stance(landmarks, 1.0).points
    lengths = []
    for bone, start, end in zip(LIMBS.bones, LIMBS.starts, LIMBS.ends, strict=True):
        if bone not in _BLUNT and min(landmarks[start, 3], landmarks[end, 3]) >= VISIBLE:
            rest = np.linalg.norm(rig.rest[end] - rig.rest[start])
            lengths.append(np.linalg.norm(points[end] - points[start]) / rest)
    ours, rest = (p[LEFT_SHOULDER] - p[RIGHT_SHOULDER] for p in (points, rig.rest))
    lengths += [np.linalg.norm(ours) / np.linalg.norm(rest)] * 2
    return float(np.median(lengths))


def kept_within(mesh: Array, region: NDArray[np.bool_]) -> Array:
    """A mesh moved into a region of the window, so that nothing of it stands beside it.

    :param mesh: ``[v, 3]`` in pixels. :param region: ``[n, n]``.
    """
    n, flags = len(region), region.astype(np.uint8)
    beyond = cv2.distanceTransform(1 - flags, cv2.DIST_L2, 5)
    depth = cv2.distanceTransform(flags, cv2.DIST_L2, 5)
    signed = np.asarray(cv2.GaussianBlur(beyond - depth, (0, 0), 1.0), np.float32)
    gradient = np.gradient(signed)
    down, right = np.asarray(gradient[0]), np.asarray(gradient[1])
    result = mesh.copy()
    for _ in range(3):
        place = np.clip(np.rint(result[:, :2]), 0, n - 1).astype(int)
        x, y = place[:, 0], place[:, 1]
        in_window = (np.abs(result[:, :2] - place) <= 0.5).all(1)
        move = np.clip(signed[y, x] + MARGIN_PX, 0.0, FARTHEST_PX * fineness(n)) * in_window
        result[:, 0] -= move * right[y, x]
        result[:, 1] -= move * down[y, x]
    return result
