"""The hands of photo and driver, as the body driver asks for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bunraku.runtime.drivers.body.fit import INSIDE
from bunraku.runtime.drivers.body.turning import about
from bunraku.runtime.drivers.hands.follower import SHOWN, HandFollower, belief_in
from bunraku.runtime.drivers.hands.landmarks import HANDS, WRISTS
from bunraku.runtime.drivers.hands.region import HandPlace
from bunraku.runtime.drivers.hands.rigging import HandRig
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses, HandShape
from bunraku.runtime.drivers.hands.tracker import HandFinder
from bunraku.runtime.pose.turned import upright_by
from bunraku.runtime.source.source import Source
from bunraku.spec.arrays import Array, Picture


class DriverHands:
    """Looks at the hands of photos and of one driver."""

    def __init__(self, finder: HandFinder, rig: HandRig) -> None:
        self._finder = finder
        self._rig = rig
        self._follower = HandFollower(finder, rig.shapes)
        self._mirrored = False

    @property
    def shapes(self) -> tuple[HandShape, HandShape]:
        """Of the template's hands."""
        return self._rig.shapes

    def reset(self) -> None:
        """Forget the driver's."""
        self._follower.reset()

    def of_photo(self, source: Source) -> HandPoses:
        """How a photo's person holds its hands, by the same measure as a driver's.

        :raises EngineError: the network failed.
        """
        hands = self._finder.find(source.photo, source.pose.landmarks)
        scale = len(source.mask) / source.framing.window.side
        left, right = (
            None
            if hand is None or belief_in(hand) < SHOWN
            else replace(
                shape.read(hand.world, belief_in(hand)),
                place=_place(hand.points, source),
                per_metre=hand.per_metre * scale,
            )
            for hand, shape in zip(hands, self._rig.shapes, strict=True)
        )
        return left, right

    def follow(
        self,
        frame: Picture,
        pose: Array,
        seen: Array,
        time_s: float,
        *,
        turned_deg: int = 0,
        mirrored: bool = False,
    ) -> HandPoses:
        """How the driver holds its hands, along the axes of the window.

        :param pose: ``[33, 3 or more]`` in pixels of the frame.
        :param seen: ``[33]`` in [0, 1], how far the pose is believed.
        :param turned_deg: how far the driver is turned from upright in the frame, clockwise.
        :raises EngineError: the network failed.
        """
        if mirrored != self._mirrored:
            self._mirrored = mirrored
            self.reset()
        shown = np.minimum(seen[list(WRISTS)], seen[np.array(HANDS)].max(1))
        hands = self._follower.follow(frame, pose, shown, time_s)
        left, right = (_upright(hand, turned_deg) for hand in hands)
        return left, right


def _place(points: Array, source: Source) -> HandPlace:
    """:param points: ``[21, 3]`` in pixels of the photo."""
    placed = source.framing.window.to_units(points) * np.float32(len(source.mask))
    placed[:, :2] -= 0.5
    return HandPlace.of(placed, source.mask > INSIDE, source.window)


def _upright(hand: HandPose | None, turned_deg: int) -> HandPose | None:
    if hand is None or not turned_deg:
        return hand
    angle = np.deg2rad([float(upright_by(turned_deg))])
    return replace(hand, palm=about(np.array([[0.0, 0.0, 1.0]]), angle)[0] @ hand.palm)
