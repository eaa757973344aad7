"""What a photo's colours tell: which pixels are one limb's alone, what is skin, and its tone."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.groups import Groups
from bunraku.runtime.source.mask import fineness
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_EYE, MOUTH, RIGHT_EYE

ENOUGH = 12
"""Pixels from which their colours mean something."""
SURE = 0.7
"""Of the mask: pixels below it have the background's colours in them."""
BLEEDING_PX = 1
"""How far one limb's colours run into those beside it, in the networks' pixels."""
SKIN_LIKE = 0.10
"""How far a hand's hue may be from the face's, in shares of the sum of the colours."""
DARK = 0.4
"""Nothing that is so much darker than the face is skin."""
LIT = 50.0
"""The percentile of brightness from which on skin and cloth lie in the light."""
IN_SHADOW = 0.6
"""The share of the usual brightness below which a part of a limb lies in the shadow of another."""
EYES = [LEFT_EYE, RIGHT_EYE]


def sure_pixels(groups: Groups, mask: Array) -> NDArray[np.bool_]:
    """``[n, n]``: where the window's colours are those of one limb alone.

    :param groups: ``[n, n]``. :param mask: ``[n, n]`` in [0, 1].
    """
    sure = cv2.erode((mask > SURE).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.asarray(sure & ~_at_borders(groups))


def bleeding(n: int) -> int:
    """``BLEEDING_PX`` in a window of n pixels."""
    return round(BLEEDING_PX * fineness(n))


def face_of(fit: Fit, head: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The head's pixels below the brows and between the ears; the rest is hair."""
    points = fit.stance.points
    eyes, mouth = points[EYES, :2].mean(0), points[list(MOUTH), :2].mean(0)
    up = eyes - mouth
    length = float(up @ up) + 1e-6
    y, x = np.mgrid[: len(head), : len(head)]
    high = ((x - eyes[0]) * up[0] + (y - eyes[1]) * up[1]) / length
    wide = np.abs((y - eyes[1]) * up[0] - (x - eyes[0]) * up[1]) / length
    return np.asarray(head & (high < 0.75) & (wide < 1.3))


def middle_of(colours: Array, where: NDArray[np.bool_]) -> Array | None:
    """The median colour ``[3]``; None of too few pixels."""
    if where.sum() < ENOUGH:
        return None
    return np.asarray(np.median(colours[where], axis=0), np.float32)


def in_the_light(colours: Array, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where ``[n, n]``, without what lies in the shadow of something before it: all of what lies in
    shadow for the most part, whose usual brightness that is; never less than half.

    :param where: ``[n, n]``, somewhere."""
    bright = colours.sum(-1)
    return np.asarray(where & (bright >= IN_SHADOW * np.median(bright[where])))


def lit_of(colours: Array, where: NDArray[np.bool_]) -> Array | None:
    """The colour ``[3]`` of what lies in the light; None of too few pixels."""
    if where.sum() < ENOUGH:
        return None
    own = colours[where]
    bright = own.sum(-1)
    return np.asarray(np.median(own[bright >= np.percentile(bright, LIT)], axis=0), np.float32)


def hue_of(colours: Array) -> Array:
    """Colours ``[..., 3]`` as shares of their sum."""
    return np.asarray(colours / (colours.sum(-1, keepdims=True) + np.float32(1e-2)))


def is_skin(tone: Array) -> bool:
    """Whether a colour ``[3]`` may be that of skin, of anyone's, in a photo that has colours."""
    red, green, blue = hue_of(tone)
    return bool(red > green > blue and 0.35 < red < 0.55 and green > 0.26)


def like_skin(colours: Array, tone: Array) -> NDArray[np.bool_]:
    """``[...]``: what of colours ``[..., 3]`` has the hue of skin of this tone."""
    return np.asarray(np.abs(hue_of(colours) - hue_of(tone)).sum(-1) < SKIN_LIKE)


def hued_as_lit(tone: Array, colours: Array) -> Array:
    """``[3]``: a face's tone as bright as it is, in the hue of what of it is skin in the light:
    lips, and the shade below the chin, are redder.

    :param tone: ``[3]``, its middle. :param colours: ``[k, 3]``, its own.
    """
    lit = lit_of(colours, like_skin(colours, tone))
    return tone if lit is None else np.asarray(lit * (tone.sum() / lit.sum()), np.float32)


def lit_skin(colours: Array, tone: Array) -> NDArray[np.bool_]:
    """The same of what is not much darker."""
    return np.asarray(like_skin(colours, tone) & (colours.sum(-1) > DARK * tone.sum()))


def _at_borders(groups: Groups) -> NDArray[np.bool_]:
    """Where colours of two limbs, or of a limb and the trunk, may be mixed."""
    values, across = groups.astype(np.float32), 2 * bleeding(len(groups)) + 1
    square = np.ones((across, across), np.uint8)
    return np.asarray(cv2.dilate(values, square) != cv2.erode(values, square), np.bool_)
