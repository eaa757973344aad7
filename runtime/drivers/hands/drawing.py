"""Hands that the photo does not show as the driver holds them: the body's, in the photo's colour.

Where a driver's hand shows the side that the photo shows of its own, the photo's own pixels are
moved, finger by finger. Else the template's hand takes their place, shaded by its own form: on top
of all, since the hand was seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.pen import HOST, Pen
from bunraku.runtime.drivers.hands.choosing import (
    Chosen,
    HandChoice,
    is_turned_away,
    lost_for_now,
    share_anew,
)
from bunraku.runtime.drivers.hands.going_over import as_driver, body_there, photo_there
from bunraku.runtime.drivers.hands.own_drawing import own_picture
from bunraku.runtime.drivers.hands.photo_hand import HandPicture, PhotoHand, picture_of
from bunraku.runtime.drivers.hands.rigging import FINGER_BONES, HAND_BONES
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses
from bunraku.runtime.drivers.protocol import Drawn
from bunraku.runtime.later import Later
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import SIDES

BEYOND_WRIST = 0.9
"""How far a pixel hangs on the hand from where on it is beyond the wrist."""


@dataclass(frozen=True, eq=False)
class PhotoHands:
    """The hands of a photo's body, left and right."""

    hands: tuple[PhotoHand, PhotoHand]
    _bare: dict[tuple[Body, Chosen], Body] = field(default_factory=dict)
    """Of ``without``."""

    def draw(
        self,
        body: Body,
        transforms: Array,
        visibility: Array,
        poses: HandPoses,
        choice: HandChoice,
        pen: Pen = HOST,
        slips: Array | None = None,
    ) -> Drawn:
        """``Body.draw`` with hands held as a driver holds them.

        :param choice: this driver's. :param pen: what draws it.
        """
        lost, unseen = lost_for_now(poses), (poses[0] is None, poses[1] is None)
        anew_by = [0.0] * SIDES  # how far the arm that a hand is on is another than the photo's
        for arm in body.layer.arms:
            anew_by[arm.side] = arm.faded(transforms)
        poses = self._held(transforms, poses, anew_by)
        missed = [one.missed(transforms, by) for one, by in zip(self.hands, anew_by, strict=True)]
        away = self._away(poses)
        choice.of(self, *_or_missed(self.shares(poses, unseen), lost, missed, away), away)
        ways = choice.ways(self)
        body_shows = ways[0] > 0.0, ways[1] > 0.0
        gone = self._gone(ways, poses)
        if not any(gone + body_shows):
            return pen.draw(body, self.folded(transforms, gone), visibility, slips)
        handless, folded = self.without(body, gone), self.folded(transforms, gone)
        moved = [
            hand.moved(transforms, 1.0 - as_driver(way))
            for hand, way in zip(self.hands, ways, strict=True)
        ]
        n, begun = len(body.photo.picture), pen.shares.begun

        def pictures(side: int) -> Iterator[Later[HandPicture | None]]:
            hand, pose, share = self.hands[side], poses[side], anew_by[side]
            own, photo, palm = hand.own, hand.photo, transforms[HAND_BONES[side]]
            left, come = photo_there(ways[side]), body_there(ways[side])
            if own is not None and hand.moves_fingers and pose is not None and left > 0.0:
                # The photo's hid its wrist: the palm of the body's goes over into the new arm.
                if share > 0.0:
                    wrist, there = hand.beneath_own, hand.moved(folded)
                    yield begun(lambda: picture_of(wrist, there, folded, n, share, share))
                yield begun(lambda: own_picture(own, photo, palm, pose, n, share, left))
            if come > 0.0:
                yield begun(lambda: picture_of(hand, moved[side], transforms, n, share, come))

        # The farther one first.
        order = sorted(range(SIDES), key=lambda one: -float(moved[one][:, 2].mean()))
        onto = [picture for side in order for picture in pictures(side)]
        drawn = pen.draw(handless, self._behind(folded, body_shows), visibility, slips)
        for picture in onto:
            laid = picture.read()
            if laid is not None:
                pen.lay(drawn, *laid)
        return pen.finished(drawn)

    def _held(self, transforms: Array, poses: HandPoses, anew_by: Sequence[float]) -> HandPoses:
        """How the hands are held as they are drawn.

        :param anew_by: how far the arm of each is made anew.
        """
        left, right = (
            _as_drawn(hand, transforms[bone, :, :3], pose, by > 0.0)
            for hand, bone, pose, by in zip(self.hands, HAND_BONES, poses, anew_by, strict=True)
        )
        return left, right

    def _gone(self, ways: tuple[float, float], poses: HandPoses) -> Chosen:
        """Which hands are left out of the photo's grid: all of those that move their fingers, and
        those that the body's hides."""
        left, right = (
            body_there(way) == 1.0 or (hand.moves_fingers and pose is not None)
            for way, hand, pose in zip(ways, self.hands, poses, strict=True)
        )
        return left, right

    def _away(self, poses: HandPoses) -> Chosen:
        left, right = (
            is_turned_away(hand.pose, pose) for hand, pose in zip(self.hands, poses, strict=True)
        )
        return left, right

    def on_the_way(self, poses: HandPoses, choice: HandChoice) -> HandPoses:
        """A driver's hands with their fingers as far from the photo's as they have gone."""
        left, right = (
            pose if pose is None or way == 1.0 else _between(hand.near_photo(pose), pose, way)
            for hand, pose, way in zip(self.hands, poses, choice.ways(self), strict=True)
        )
        return left, right

    def shares(self, poses: HandPoses, unseen: Chosen = (False, False)) -> tuple[float, float]:
        """How far the photo's hand cannot stand for the driver's, for each hand of a driver.

        :param unseen: which of the driver's are not seen: how their arms turn them is a guess, by
            which small hands are not drawn anew sooner than others.
        """
        left, right = (
            share_anew(hand.pose, pose, small=hand.shows_little and not gone)
            for hand, pose, gone in zip(self.hands, poses, unseen, strict=True)
        )
        return left, right

    def without(self, body: Body, gone: Chosen) -> Body:
        """The body without these hands of its photo."""
        if (body, gone) not in self._bare:
            self._bare[body, gone] = self._cut_off(body, gone)
        return self._bare[body, gone]

    def _cut_off(self, body: Body, gone: Chosen) -> Body:
        picture, rim = body.photo.picture.copy(), body.photo.rim.copy()
        members = body.photo.members.copy()
        for side, hand in enumerate(self.hands):
            if not gone[side]:
                continue
            own, hangs = hand.pixels[hand.part], hand.hangs[hand.part]
            if hand.own is not None:
                # At the wrist both the arm and the hand are whole: no gap is between the two. What
                # hangs on the hand alone is drawn with it.
                beyond = np.clip((hangs - BEYOND_WRIST) / (1.0 - BEYOND_WRIST), 0.0, 1.0)
                own = np.clip(2.0 * own - 1.0 + beyond, 0.0, 1.0) * (own > 0.0)
                hangs = np.clip(2.0 * hangs - 1.0, 0.0, 1.0)
            members[Group.HAND_L + side][hand.part] *= np.float32(1.0) - hangs
            picture[..., 3][hand.part] *= np.float32(1.0) - own
            rim[hand.part] *= np.float32(1.0) - own
        return replace(body, photo=replace(body.photo, picture=picture, rim=rim, members=members))

    def folded(self, transforms: Array, gone: Chosen) -> Array:
        """Transforms of what is behind the photo's hands: its fingers keep still with theirs, and
        there are none behind hands that are drawn anew."""
        result = transforms.copy()
        for side, (hand, out) in enumerate(zip(self.hands, gone, strict=True)):
            bones = FINGER_BONES[side]
            if not out:
                result[bones] = transforms[HAND_BONES[side]]
                continue
            result[bones, :, :3] = 0.0
            result[bones, :, 3] = (hand.knuckles @ transforms[HAND_BONES[side]].T)[:, None]
        return result

    def _behind(self, folded: Array, drawn: Chosen) -> Array:
        """``folded`` with palms that are hidden by the hands that are drawn before them."""
        result = folded.copy()
        for side, (hand, new) in enumerate(zip(self.hands, drawn, strict=True)):
            if new:
                palm = hand.size.hidden(folded[HAND_BONES[side]])
                result[HAND_BONES[side]] = palm
                result[FINGER_BONES[side], :, 3] = (hand.knuckles @ palm.T)[:, None]
        return result


def _between(photo: HandPose, driver: HandPose, way: float) -> HandPose:
    since = driver.bends - photo.bends
    return replace(driver, bends=photo.bends + since * as_driver(way))


def _or_missed(
    shares: tuple[float, float], lost: Chosen, missed: Sequence[float], away: Chosen
) -> tuple[tuple[float, float], Chosen]:
    """``shares`` and ``lost`` of ``HandChoice.of``, for hands of which the photo lacks a part, or
    that are turned away: how the driver holds its hand does not matter where one sees that."""
    (left, right), (left_lost, right_lost) = shares, lost
    more = max(left, missed[0]), max(right, missed[1])
    shown = missed[0] == 0.0 and not away[0], missed[1] == 0.0 and not away[1]
    return more, (left_lost and shown[0], right_lost and shown[1])


def _as_drawn(
    hand: PhotoHand, turn: Array, pose: HandPose | None, arm_anew: bool
) -> HandPose | None:
    """A hand as its palm is turned. None for one that goes with the photo's arm: the driver's is
    not seen, and the photo's does as it is, before or behind the trunk.

    :param arm_anew: whether its arm is made anew: the photo's hand has no wrist to that.
    """
    if hand.own is None:
        return pose
    held = hand.own.held(turn, pose)
    goes_along = pose is None and not arm_anew and share_anew(hand.pose, held) == 0.0
    return None if goes_along else held
