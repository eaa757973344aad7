"""Whether a photo's person wears glasses: their bridge is a line across the nose.

Brows that move take along what lies between them and the eyes, and of glasses that is the frame,
which would bend.
"""

from __future__ import annotations

import cv2
import numpy as np

from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.drivers.face.regions import PhotoFrame
from bunraku.spec.arrays import Exact, Picture

CALM = 0.25
"""So much is left of what brows do behind glasses."""
_BRIDGE = 0.06
"""A line that differs from what is above and below it by such a share of the brightness is one,"""
_MOST = 0.8
"""in so many of the columns."""
_ASIDE, _ABOVE, _BELOW = 0.12, 0.06, 0.13
"""As far as is looked, from between the eyes, in face units. Below are nostrils, above frowns."""
_STEP = 0.005
_THICK = 6
"""Steps from the middle of the line to the skin above and below it."""
_LEANS = 5
"""Steps among which the line lies in all columns."""
_BLUR = 1.6  # steps


def wears_glasses(places: Exact, frame: PhotoFrame, photo: Picture) -> bool:
    """Whether a bridge is seen.

    :param places: ``[478, 2]``, the face's points in its frame.
    """
    top, down = places[mesh.NOSE_RIDGE[0]], places[mesh.NOSE_RIDGE[1]]
    along = (down - top) / max(float(down[1] - top[1]), 1e-6)
    steps = frame.axes @ np.stack([[_STEP, 0.0], _STEP * along], 1)
    first = frame.to_pixels(top - _ABOVE * along - [_ASIDE, 0.0])
    size = round(2.0 * _ASIDE / _STEP) + 1, round((_ABOVE + _BELOW) / _STEP) + 1
    matrix = np.concatenate([steps, first[:, None]], 1)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    nose = cv2.warpAffine(photo, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    light = cv2.GaussianBlur(nose.mean(-1), (0, 0), _BLUR)
    ridge = light[_THICK:-_THICK] - (light[2 * _THICK :] + light[: -2 * _THICK]) / 2.0
    ridge /= max(float(light.mean()), 1.0)
    column = np.ones((_LEANS, 1), np.uint8)
    lines = [np.quantile(cv2.dilate(sign * ridge, column), 1.0 - _MOST, 1) for sign in (-1, 1)]
    return float(np.max(lines)) > _BRIDGE
