"""Hands that are made up, and a network that finds them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bunraku.runtime.device import Queue
from bunraku.runtime.drivers.body.template import load_template
from bunraku.runtime.drivers.hands.landmarks import POINTS, SIZE, WRISTS
from bunraku.runtime.drivers.hands.shape import HandShape
from bunraku.spec.arrays import Array, Picture, Tensors
from bunraku.spec.landmarks import LEFT_HAND, RIGHT_HAND

TEMPLATE = load_template()
SHAPES = tuple(HandShape.of(TEMPLATE.landmarks[WRISTS[s]], TEMPLATE.fingers[s]) for s in (0, 1))

FLAT = np.zeros((POINTS, 3), np.float32)
"""An open hand seen from its back, the wrist at (0, 0), a palm's length from there to the knuckles,
its fingers up; the thumb to the right."""
FLAT[1:5, :2] = [(0.35, -0.2), (0.6, -0.45), (0.75, -0.7), (0.85, -0.9)]
for _finger, _x in enumerate((0.35, 0.1, -0.15, -0.38)):
    FLAT[5 + 4 * _finger : 9 + 4 * _finger, 0] = _x
    FLAT[5 + 4 * _finger : 9 + 4 * _finger, 1] = (-1.0, -1.45, -1.75, -2.0)


def points_of(side: int, bends: Array | None = None) -> Array:
    """The template's hand as the network would see it: ``[21, 3]`` in metres."""
    shape = SHAPES[side]
    turns = shape.turns(shape.bends if bends is None else np.asarray(bends, np.float64))
    turns = shape.palm @ turns @ shape.palm.T
    points = [np.asarray(TEMPLATE.landmarks[WRISTS[side]], np.float64)]
    for finger in range(5):
        place = shape.joints[finger, 0]
        points.append(place)
        for joint in range(3):
            bone = shape.joints[finger, joint + 1] - shape.joints[finger, joint]
            place = place + turns[finger, joint] @ bone
            points.append(place)
    return np.array(points, np.float32)


def pose_with(left: tuple[float, float], right: tuple[float, float], palm_px: float) -> Array:
    """A pose whose hands point up from these wrists."""
    pose = np.ones((33, 4), np.float32)
    for (little, index, thumb), wrist, place in zip(
        (LEFT_HAND, RIGHT_HAND), WRISTS, (left, right), strict=True
    ):
        pose[wrist, :2] = place
        pose[[little, index, thumb], :2] = np.array(place) + (0.0, -palm_px)
    return pose


class BlobFinder:
    """An engine that sees a flat hand over whatever is bright; nothing bright, no presence."""

    name = "fake"
    advice = "Make it anew."
    inputs: Mapping[str, tuple[int, ...]] = {}
    outputs: Mapping[str, tuple[int, ...]] = {}
    right = 0.5
    flipped = False
    """Whether it has the thumb on the other side."""

    def __init__(self) -> None:
        self.runs = 0
        self.presences: list[float] = []
        """What the next runs say, whatever they see."""

    def run(
        self, feeds: Tensors, *, out: Tensors | None = None, queue: Queue | None = None
    ) -> dict[str, Array]:
        assert (out, queue) == (None, None)
        self.runs += 1
        y, x = np.nonzero(feeds["image"][0, 1] > 0.5)
        seen = len(x) > 20
        presence = self.presences.pop(0) if self.presences else 0.97 if seen else 0.01
        points = FLAT.copy()
        if seen:
            points *= (y.max() - y.min() + 1) / 2.0
            points[:, :2] += (x.mean() + 0.5, y.max() + 1.0)
        else:
            points = points * 30.0 + SIZE / 2
        return {
            "landmarks": points.reshape(1, -1),
            "presence": np.full((1, 1), presence, np.float32),
            "right": np.full((1, 1), self.right, np.float32),
            "world": (FLAT * (-0.09 if self.flipped else 0.09, 0.09, 0.09))
            .astype(np.float32)
            .reshape(1, -1),
        }


def lit(*wrists: tuple[int, int], palm_px: int = 20) -> Picture:
    """A dark picture with a bright bar up from each wrist, as long as a hand is."""
    picture = np.full((240, 320, 3), 20, np.uint8)
    for x, y in wrists:
        picture[y - 2 * palm_px : y, x - palm_px // 2 : x + palm_px // 2] = 230
    return picture
