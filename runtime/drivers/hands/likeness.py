"""What hands that are drawn anew take of the photo's own: their tone and how light they are.

The photo's own hand gives way to one that is drawn, in the middle of a movement. An arm that is
made anew is often in less light, and palms are pinker than arms: by the arm's colours alone the
hand would turn dull at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bunraku.runtime.drivers.body.colours import ENOUGH
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses, HandShape
from bunraku.runtime.drivers.hands.sizing import times_larger
from bunraku.runtime.drivers.hands.tone import WHOLLY, as_bright, face_tone
from bunraku.spec.arrays import Array
from bunraku.spec.smoothstep import smoothstep

FACING = 0.3
"""How far a palm looks at the camera, of 1, for the photo to show the hand's one side alone."""
BEGINS, ENDS = -0.1, 0.6
"""From where to where beyond the wrist a hand goes over from its arm's tone into its own, in its
lengths to the knuckles."""
OTHER_SIDE = 0.5
"""How far a side that the photo does not show is like the one that it does."""


@dataclass(frozen=True, eq=False)
class Likeness:
    """The colour of each vertex of one hand."""

    tones: Array
    """``[v, 3]`` RGB in [0, 1]."""
    own: Array
    """``[v]`` in [0, 1]: how far that is the tone of the photo's own hand, in its own light."""


@dataclass(frozen=True, eq=False)
class OwnLook:
    """How a photo's own hands look."""

    palm: Array | None
    """``[3]`` RGB in [0, 1], its tone; None where the photo does not show that side of a hand."""
    back: Array | None
    """Likewise."""
    times: float
    """How many times as large as the body's they are."""

    @classmethod
    def of(
        cls,
        body: Body,
        poses: HandPoses,
        shapes: tuple[HandShape, HandShape],
        knuckles: Sequence[Array],
    ) -> OwnLook:
        """By what is known of them.

        :param poses: as the photo holds its hands; None for one that is too small to tell.
        :param shapes: the template's. :param knuckles: ``[5, 3]`` of each, as the photo has them.
        """
        palms, backs = [], []
        for side, pose in enumerate(poses):
            tone = None if pose is None else _shown(body, side, pose)
            if pose is None or tone is None:
                continue
            facing = palm_facing(pose, side)
            if facing > -FACING:
                palms.append(tone)
            if facing < FACING:
                backs.append(tone)
        palm, back = (np.mean(tones, axis=0) if tones else None for tones in (palms, backs))
        return cls(palm, back, times_larger(poses, shapes, knuckles))

    def on(
        self, tone: Array, normals: Array, along: Array, shape: HandShape, side: int
    ) -> Likeness:
        """A hand that looks like them from its wrist on.

        :param tone: ``[3]``, the arm's. :param normals: ``[v, 3]`` unit, of the hand at rest.
        :param along: ``[v]``, how far beyond the wrist each vertex lies, in lengths of the palm.
        :param shape: of the hand. :param side: 0 left, 1 right.
        """
        shown = self.back if self.palm is None else self.palm
        if shown is None:
            return Likeness(np.tile(tone, (len(along), 1)), np.zeros(len(along), np.float32))
        inside = 0.5 + 0.5 * _out_of_palm(side) * (normals @ shape.palm[:, 2])
        inside = smoothstep(np.asarray(inside, np.float32))
        beyond = np.clip((along - BEGINS) / (ENDS - BEGINS), 0.0, 1.0)
        own = smoothstep(beyond.astype(np.float32))
        likely = [OTHER_SIDE if one is None else 1.0 for one in (self.palm, self.back)]
        own *= np.float32(likely[1]) + np.float32(likely[0] - likely[1]) * inside
        palm, back = (shown if one is None else one for one in (self.palm, self.back))
        tones = tone + own[:, None] * (back + inside[:, None] * (palm - back) - tone)
        return Likeness(np.ascontiguousarray(tones, np.float32), own)


def palm_facing(pose: HandPose, side: int) -> float:
    """How far the inside of a hand looks at the camera, -1 to 1."""
    return -_out_of_palm(side) * float(pose.palm[2, 2])


def _out_of_palm(side: int) -> float:
    """The sign of a palm's third axis as it points out of the hand's inside."""
    return 1.0 if side == 0 else -1.0


def _shown(body: Body, side: int, pose: HandPose) -> Array | None:
    """The tone ``[3]`` of a hand of the photo; None where it shows too little of it."""
    if pose.place is None:
        return None
    own = (body.photo.members[Group.HAND_L + side] > WHOLLY) & pose.place.flesh
    own &= body.photo.picture[..., 3] > WHOLLY
    if own.sum() < ENOUGH:
        return None
    tone = np.median(body.photo.picture[own][:, :3], axis=0)
    return as_bright(tone, face_tone(body))
