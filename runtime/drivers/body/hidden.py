"""What of the photo's person lies hidden behind an arm."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.groups import ARMS, Group, Groups
from bunraku.runtime.drivers.body.parting import ELBOW
from bunraku.runtime.drivers.body.regions import far_from, grown
from bunraku.runtime.source.region import distance_to
from bunraku.spec.landmarks import HIPS, LEFT_ELBOW, LEFT_WRIST, SHOULDERS

NOTCH, ACROSS = 0.04, 0.4
"""How wide a notch in a part is closed where an arm hides it, in lengths of the trunk, and how
broad an arm may be that lies across its outline."""
WIDE = 0.08
"""How far something hidden must reach from what is seen of it, in lengths of the trunk: less is not
known so exactly, and would stick out as a flap."""
BELOW = 0.04
"""The same of what goes straight on below what is seen: its outline is known there."""
END_PX = 3
"""As near to the person's lower end a piece reaches it."""
OVERLAP_PX = 3
"""How far what is hidden goes on under what is seen."""


def covers_of(fit: Fit, groups: Groups, begun: NDArray[np.bool_]) -> dict[Group, NDArray[np.bool_]]:
    """Of each group what may hide it: where a limb lies before something, not where it begins.

    :param begun: ``[n, n]``, the arms down to the armpits.
    """
    arms = np.isin(groups, ARMS) & ~begun
    result = dict.fromkeys((Group.TRUNK, Group.LEG_L, Group.LEG_R), arms)
    hands = np.isin(groups, [Group.HAND_L, Group.HAND_R])
    fore = hands | np.isin(groups, [Group.FOREARM_L, Group.FOREARM_R])
    for side in (0, 1):
        wrist = fit.stance.points[LEFT_WRIST + side]
        apart = far_from(wrist, ELBOW * fit.trunk_px, groups.shape)
        result[Group(Group.FOREARM_L + side)] = hands & apart
        elbow = fit.stance.points[LEFT_ELBOW + side]
        apart = far_from(elbow, ELBOW * fit.trunk_px, groups.shape)
        result[Group(Group.UPPER_ARM_L + side)] = fore & apart
    return result


def hidden_by(
    fit: Fit,
    cover: NDArray[np.bool_],
    seen: NDArray[np.bool_],
    shown: NDArray[np.bool_],
    fingers: NDArray[np.bool_],
    hands: NDArray[np.bool_],
    loose: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """What is hidden of a group, and a little of what is not: ``[n, n]``; nothing if it is none.

    :param cover: of ``covers_of``. :param seen: where the photo shows the group.
    :param shown: where the camera would see the fitted body's, if there were nothing else.
    :param fingers: of ``fingers_on``.
    :param hands: ``[n, n]``: beneath these what is seen above goes straight on to the photo's end.
    :param loose: ``[n, n]``: what is seen here may be of what hides the group; None if nothing is.
    """
    radius = max(1, round(NOTCH * fit.trunk_px))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    within = cv2.erode(fit.inside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    whole = (seen | shown & cover).astype(np.uint8)
    round_it = cv2.morphologyEx(whole, cv2.MORPH_CLOSE, disc) > 0
    along = cv2.morphologyEx(seen.astype(np.uint8), cv2.MORPH_CLOSE, _down_the_trunk(fit)) > 0
    near = cv2.dilate(shown.astype(np.uint8), disc) > 0
    hidden = (round_it | along & near) & cover & within
    hidden = _wide_enough(hidden, seen, WIDE * fit.trunk_px) | hidden & fingers
    below = straight_on(seen, cover & hands & within, ACROSS * _along_the_trunk(fit))
    below = down_to_the_end(below, fit.inside)  # elsewhere what is seen beneath the hand tells
    hidden |= _wide_enough(below, seen, BELOW * fit.trunk_px)
    if not hidden.any():
        return hidden
    beside = grown(hidden, OVERLAP_PX)
    if loose is not None:
        beside |= loose
    return hidden | beside & seen & within


def fingers_on(groups: Groups, group: int) -> NDArray[np.bool_]:
    """``[n, n]``: the other arm's hand where a group is an upper arm. Fingers that lie on one are
    narrow, and it goes on beneath them; it has no outline there that would stick out.
    """
    side = group - Group.UPPER_ARM_L
    return np.asarray((side in (0, 1)) & (groups == Group.HAND_R - side))


def _wide_enough(
    hidden: NDArray[np.bool_], seen: NDArray[np.bool_], least_px: float
) -> NDArray[np.bool_]:
    """Without the pieces that are mere strips beside what is seen."""
    count, piece = cv2.connectedComponents(hidden.astype(np.uint8))
    apart = distance_to(seen)
    reach = np.zeros(count, np.float32)
    np.maximum.at(reach, np.asarray(piece, np.intp)[hidden], apart[hidden])
    return np.asarray(hidden & (reach >= least_px)[piece])


def straight_on(
    seen: NDArray[np.bool_], cover: NDArray[np.bool_], down: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """What is seen of a part gone straight on beneath what covers it, as far as that reaches:
    ``[n, n]``.

    :param down: ``[2]``: the way and how far; nothing of who does not stand upright.
    """
    result = np.zeros_like(seen)
    x, y = down.tolist()
    if y <= abs(x):
        return result
    left = np.where(seen, y, 0.0)  # rows that it may still go on
    columns = np.arange(seen.shape[1])
    for row in (1 + np.flatnonzero(cover[1:].any(1))).tolist():
        aside = round(row * x / y) - round((row - 1) * x / y)
        above = left[row - 1][np.clip(columns - aside, 0, len(columns) - 1)] - 1.0
        result[row] = cover[row] & ~seen[row] & (above > 0.0)
        left[row] = np.where(result[row], above, left[row])
    return result


def down_to_the_end(region: NDArray[np.bool_], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pieces of a region that reach the lower end of the person, ``[n, n]``."""
    lowest = int(np.flatnonzero(inside.any(1)).max(initial=0))
    _, piece = cv2.connectedComponents(region.astype(np.uint8))
    reaching = np.unique(piece[max(lowest - END_PX, 0) :])
    return np.asarray(region & np.isin(piece, reaching))


def _along_the_trunk(fit: Fit) -> NDArray[np.float64]:
    """``[2]``: from its upper end to its lower one."""
    points = fit.stance.points[:, :2]
    ends = points[HIPS], points[SHOULDERS]
    return np.asarray(ends[0].mean(0) - ends[1].mean(0), np.float64)


def _down_the_trunk(fit: Fit) -> NDArray[np.uint8]:
    """A line as long as an arm is broad, along the trunk."""
    half = 0.5 * ACROSS * _along_the_trunk(fit)  # as long as the trunk is in the picture
    middle = int(np.ceil(np.abs(half).max()))
    line = np.zeros((2 * middle + 1,) * 2, np.uint8)
    x, y = np.rint(half).astype(int)
    cv2.line(line, (middle - x, middle - y), (middle + x, middle + y), 1)
    return line
