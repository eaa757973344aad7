"""What of the driver is not seen for a moment stays where the rest of the body carries it.

A landmark that the network does not see is a guess: it may lie anywhere, and a limb that follows it
flies about. Whoever was seen a moment ago is not gone. So it is kept as it was seen last, moved by
what it hangs on, and only given up when it does not come back. So is a hand that is half seen and
suddenly elsewhere: that of an arm that the frame's edge cuts is taken to lie on the chest.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bunraku.runtime.pose import Pose
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD, HIPS, LANDMARKS, LIMBS, SHOULDERS, TRUNK, Bone

SURE, UNSURE = 0.4, 0.15
"""Visibility from which a driver's landmark is believed, and below which it is not at all: a hidden
limb is still found well, one out of the picture is guessed."""
KEPT_S, FADED_S = 0.3, 0.6
"""For how long a landmark is kept that is seen no more, and after which it is given up."""
JUMP, CLEAR = 0.3, 0.9
"""Trunks by which a wrist is elsewhere beside its elbow since it was seen last, and visibility from
which it is believed to be there: fast arms are seen as well as others. Legs that others hide are
not."""
_FOREARMS = tuple(limb for limb in LIMBS if limb.bone is Bone.FOREARM)
_Groups = tuple[tuple[int, ...], ...]
_CARRIERS: tuple[tuple[tuple[int, ...], _Groups], ...] = (
    (tuple(TRUNK), (tuple(TRUNK), HEAD)),
    (HEAD, (HEAD, tuple(SHOULDERS))),
    *(((limb.end,), ((limb.start,),)) for limb in LIMBS),
    *((limb.carried, (limb.carried, (limb.end,))) for limb in LIMBS if limb.carried),
)
"""Landmarks, and whose movement they share: the first of these groups of which something is in
place. From the trunk outwards, so that what a limb hangs on is in place before it."""


class Unseen:
    """Remembers one driver's landmarks."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the driver."""
        self._seen_s = np.full(LANDMARKS, -np.inf)
        self._then = np.zeros((LANDMARKS, LANDMARKS, 6), np.float32)
        """By landmark: the whole body when it was seen last, in pixels and in metres."""

    def keep(self, pose: Pose, time_s: float) -> Pose:
        """The pose with what is not seen where it is likely to be, and visible as long as it is.

        :param time_s: after those of the frames before.
        """
        body, kept = _body(pose), pose.landmarks[:, 3].copy()
        away_s = time_s - self._seen_s
        visibility = np.where(self._has_jumped(body, kept, away_s), np.float32(0.0), kept)
        if (visibility >= SURE).all():
            self._remember(np.arange(LANDMARKS), body, time_s)
            return pose
        share = np.clip((SURE - visibility) / (SURE - UNSURE), 0.0, 1.0)
        share *= np.clip((FADED_S - away_s) / (FADED_S - KEPT_S), 0.0, 1.0)
        placed = visibility >= SURE
        for landmarks, carriers in _CARRIERS:
            moved = [i for i in landmarks if share[i] > 0.0]
            groups = [[i for i in group if placed[i]] for group in carriers]
            group = next((group for group in groups if group), None)
            if group is None or not moved:
                continue
            for i in moved:
                carried = self._then[i, i] + (body[group] - self._then[i, group]).mean(0)
                body[i] += (carried - body[i]) * share[i]
                kept[i] += (SURE - kept[i]) * share[i]
            placed[moved] = True
        self._remember(np.flatnonzero(visibility >= SURE), body, time_s)
        points = np.concatenate([body[:, :3], kept[:, None]], 1)
        return replace(pose, landmarks=points, world=body[:, 3:])

    def _has_jumped(
        self, body: Array, visibility: Array, away_s: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.bool_]:
        """``[33]``: which landmarks are of a hand that may be another's."""
        result = np.zeros(LANDMARKS, np.bool_)
        if (visibility >= CLEAR).all():
            return result
        shoulders, hips = (body[pair, :2].mean(0) for pair in (SHOULDERS, HIPS))
        most = JUMP * float(np.linalg.norm(shoulders - hips))
        for limb in _FOREARMS:
            if not SURE <= visibility[limb.end] < CLEAR or away_s[limb.end] >= FADED_S:
                continue
            now, before = (
                at[limb.end, :2] - at[limb.start, :2] for at in (body, self._then[limb.end])
            )
            result[[limb.end, *limb.carried]] = np.linalg.norm(now - before) > most
        return result

    def _remember(self, seen: npt.NDArray[np.intp], body: Array, time_s: float) -> None:
        self._then[seen] = body
        self._seen_s[seen] = time_s


def _body(pose: Pose) -> Array:
    """``[33, 6]`` float32: x, y, z in pixels of the frame, then in metres."""
    return np.concatenate([pose.landmarks[:, :3], pose.world], 1, dtype=np.float32)
