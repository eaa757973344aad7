"""The driver's hands over time: smooth, held for a moment when they are lost, then at rest.

A hand is looked at in some frames, and in a fast arm's not found for several. Meanwhile it goes
with its forearm, and what is smoothed is how it is held on that.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from bunraku.runtime.drivers.body.trunk import counted
from bunraku.runtime.drivers.body.turning import Vectors, about, cross, dot, unit
from bunraku.runtime.drivers.hands.gliding import Gliding
from bunraku.runtime.drivers.hands.landmarks import WRISTS, Hand
from bunraku.runtime.drivers.hands.pinning import PINNED, apart_from_pose
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses, HandShape
from bunraku.runtime.drivers.hands.tracker import MIN_INSIDE, HandFinder
from bunraku.runtime.pose.one_euro import OneEuro, OneEuroOptions
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LEFT_ELBOW
from bunraku.spec.skeleton import SIDES

SMOOTHING = OneEuroOptions(cutoff_hz=1.0, beta=6.0)
HAND_M = 0.09
"""From wrist to knuckles: what speeds are measured against."""
SMALL_PX, LARGE_PX = 7.0, 15.0
"""From wrist to knuckle: a smaller hand is not believed, a larger one wholly."""
UNSURE, SURE = 0.5, 0.8
"""Presence up to which a hand is not believed, and from which wholly."""
WHOLE = 0.9
"""Share of its points inside the picture from which it is believed wholly."""
RISE_S, FALL_S = 0.07, 0.35
"""In which belief comes and goes."""
RELAX_S = 0.4
"""In which the fingers of a lost hand go most of the way to where they are at ease."""
SHOWN = 0.3
"""Belief from which a hand has been seen."""
STEADY = 0.5
"""Share of what a look says anew of where a hand is, and how large."""
DOUBTED = 0.5
"""Belief in a look below which a hand is lost."""
FORGET_S = 2.0
"""In which a hand that is not seen any more is forgotten."""
DEEPER = 2.4
"""How many times as deep as it is a pose's network has a forearm, in pixels."""
TREMBLES, FAR = math.radians(10.0), math.radians(60.0)
"""How far a forearm swings for half of it to count, and from where on it is a new one."""
OTHER_SIDE = 0.5
"""How sure the network is that a hand is the other one, from where other looks are waited for if
this one"""
TURNED_DEG = 30.0
"""says that the hand has turned by more than this on its forearm, and"""
DOUBTED_S = 0.4
"""for how long: it is of one mind for some frames, and a hand that did turn over looks like that
for longer."""


class HandFollower:
    """Follows both hands of a driver, one frame at a time.

    :param finder: shared.
    :param shapes: of the template's left and right hand.
    """

    def __init__(self, finder: HandFinder, shapes: tuple[HandShape, HandShape]) -> None:
        self._tracker = finder.follower()
        self._held = tuple(_Held(shape, side) for side, shape in enumerate(shapes))
        self._time_s = -math.inf

    def reset(self) -> None:
        """Forget the hands."""
        self._tracker.reset()
        for held in self._held:
            held.reset()
        self._time_s = -math.inf

    def follow(self, frame: Picture, pose: Array, seen: Array, time_s: float) -> HandPoses:
        """How the hands are held in the next frame, along the frame's axes.

        :param pose: ``[33, 3 or more]`` in pixels of the frame.
        :param seen: ``[2]`` in [0, 1], how far the pose's hands are believed to be in the frame.
        :param time_s: the frame's; one before the last starts anew.
        :raises EngineError: the network failed.
        """
        if time_s < self._time_s:
            self.reset()
        step_s = min(time_s - self._time_s, 1.0)
        self._time_s = time_s
        for side, held in enumerate(self._held):
            held.carry(_forearm(pose, side))
        for side, hand in self._tracker.track(frame, pose, time_s, seen).items():
            apart = None if hand is None else apart_from_pose(hand.points, pose, side)
            self._held[side].take(hand, apart, time_s)
        left, right = (self._held[side].go_on(step_s, float(seen[side])) for side in range(SIDES))
        return left, right


def belief_in(hand: Hand) -> float:
    """How far what the network says of a hand is believed, 0 to 1."""
    large = (hand.length_px - SMALL_PX) / (LARGE_PX - SMALL_PX)
    sure = (hand.presence - UNSURE) / (SURE - UNSURE)
    whole = (hand.inside - MIN_INSIDE) / (WHOLE - MIN_INSIDE)
    return min(max(min(large, sure, whole), 0.0), 1.0)


def _forearm(pose: Array, side: int) -> Vectors:
    """``[1, 3]`` unit: which way a pose's forearm goes."""
    way = pose[WRISTS[side], :3].astype(np.float64) - pose[LEFT_ELBOW + side, :3]
    return unit(way[None] / (1.0, 1.0, DEEPER))


class _Held:
    """One hand.

    :param side: 0 for the left one, 1 for the right one.
    """

    def __init__(self, shape: HandShape, side: int) -> None:
        self._shape, self._side = shape, side
        self._filter = OneEuro(SMOOTHING)
        self._gliding = Gliding()
        self.reset()

    def reset(self) -> None:
        self._filter.reset()
        self._gliding.reset()
        self._pose: HandPose | None = None
        self._is_taken, self._trusted_s = False, -math.inf
        """Whether the last look was believed, and when one was."""
        self._before: Vectors | None = None
        """Which way the forearm went when the hand was seen last,"""
        self._now: Vectors | None = None
        """and does now."""
        self._based = self._turned = np.eye(3)
        """What had carried the hand by then since it was first followed, and has by now; ``_pose``
        is without it."""
        self._apart = np.zeros((len(PINNED[0]), 2), np.float32)
        self._per_metre = 0.0
        self._wanted = self._belief = self._lately = 0.0

    def carry(self, forearm: Vectors) -> None:
        """Go with a forearm, which points this way now (``_forearm``).

        By little of what it trembles: how far it has swung since the hand was seen last counts.
        """
        before = self._before = forearm if self._before is None else self._before
        axis, cosine = cross(before, forearm), float(dot(before, forearm)[0])
        angle = math.atan2(float(np.linalg.norm(axis)), cosine)
        swung = np.array([angle * counted(angle, TREMBLES)])
        self._turned, self._now = about(unit(axis), swung)[0] @ self._based, forearm
        if angle > FAR:
            self._settle()

    def _settle(self) -> None:
        self._based, self._before = self._turned, self._now

    def take(self, hand: Hand | None, apart: Array | None, time_s: float) -> None:
        """What the network says: None where it sees no hand.

        :param apart: of ``apart_from_pose``.
        """
        was_taken, self._is_taken = self._is_taken, False
        if hand is None or apart is None:
            self._wanted = 0.0
            return
        self._settle()
        self._wanted = belief_in(hand)
        if self._belief == 0.0:
            self._filter.reset()
            self._apart, self._per_metre = apart, hand.per_metre
        self._per_metre += (hand.per_metre - self._per_metre) * STEADY
        self._apart = self._apart + (apart - self._apart) * STEADY
        on_forearm = hand.world.astype(np.float64) @ self._turned
        if time_s - self._trusted_s >= DOUBTED_S or not self._is_doubtful(hand, on_forearm):
            self._is_taken, self._trusted_s = True, time_s
            points = self._filter(on_forearm, time_s, HAND_M)
            seen = self._shape.read(points.astype(np.float32))
            if not was_taken and self._pose is not None:
                self._gliding.start(self._gliding.shown(self._pose), seen)
            self._pose = seen

    def _is_doubtful(self, hand: Hand, points: Vectors) -> bool:
        """Whether a look takes the hand for the other one, and so has it turned over."""
        other = hand.right if self._side == 0 else 1.0 - hand.right
        if self._pose is None or self._belief == 0.0 or other <= OTHER_SIDE:
            return False
        since = self._pose.palm.T @ self._shape.read(points.astype(np.float32)).palm
        return bool(np.trace(since) < 1.0 + 2.0 * math.cos(math.radians(TURNED_DEG)))

    def go_on(self, step_s: float, seen: float) -> HandPose | None:
        """The hand after a step of time."""
        wanted = self._wanted * seen
        most = step_s / (RISE_S if wanted > self._belief else FALL_S)
        self._belief += min(max(wanted - self._belief, -most), most)
        shown = self._belief >= SHOWN
        self._lately += step_s / RISE_S if shown else -step_s / FORGET_S
        self._lately = min(max(self._lately, 0.0), 1.0)
        self._gliding.pass_by(step_s)
        if self._pose is None or self._lately <= 0.0 >= self._belief:
            self._pose = None
            return None
        bends = self._pose.bends
        if wanted == 0.0:
            bends = bends + (self._shape.at_ease - bends) * (1.0 - math.exp(-step_s / RELAX_S))
        self._pose = HandPose(
            self._pose.palm,
            bends,
            self._belief,
            self._lately,
            wanted < DOUBTED,
            apart=self._apart,
            per_metre=self._per_metre,
        )
        held = self._gliding.shown(self._pose)
        return replace(held, palm=self._turned @ held.palm)
