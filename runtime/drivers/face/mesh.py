"""MediaPipe's face mesh of 478 points: what the numbers mean.

Left and right are the person's own; chains run from the outer to the inner corner of an eye, and
from the person's right to the left corner of the mouth.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bunraku.runtime.drivers.body.turning import cross
from bunraku.spec.few import length_of, mean_of

MESH = 468
"""Points of the skin; the irises' follow, five each, the person's right eye first."""
POINTS = 478

# The points that each part of the network with attention finds once more, in its order.
LIPS = (
    *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409),
    *(78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415),
    *(76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306, 184, 74, 73, 72, 11, 302, 303, 304, 408),
    *(62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292, 183, 42, 41, 38, 12, 268, 271, 272, 407),
)
RIGHT_EYE = (
    *(33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173, 130, 25, 110),
    *(24, 23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190, 226, 31, 228, 229, 230, 231, 232),
    *(233, 244, 113, 225, 224, 223, 222, 221, 189, 35, 124, 46, 53, 52, 65, 143, 111, 117, 118),
    *(119, 120, 121, 128, 245, 156, 70, 63, 105, 66, 107, 55, 193),
)
LEFT_EYE = (
    *(263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398, 359, 255),
    *(339, 254, 253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414, 446, 261, 448, 449),
    *(450, 451, 452, 453, 464, 342, 445, 444, 443, 442, 441, 413, 265, 353, 276, 283, 282, 295),
    *(372, 340, 346, 347, 348, 349, 350, 357, 465, 383, 300, 293, 334, 296, 336, 285, 417),
)
RIGHT_IRIS, LEFT_IRIS = range(468, 473), range(473, 478)
CONTOUR = 16
"""The first so many points of an eye are its contour."""

UPPER_LID = {"right": RIGHT_EYE[:1] + RIGHT_EYE[9:16] + RIGHT_EYE[8:9]} | {
    "left": LEFT_EYE[:1] + LEFT_EYE[9:16] + LEFT_EYE[8:9]
}
LOWER_LID = {"right": RIGHT_EYE[:9], "left": LEFT_EYE[:9]}
PUPIL = {"right": 468, "left": 473}
LOWER_BROW = {"right": (46, 53, 52, 65, 55), "left": (276, 283, 282, 295, 285)}
"""The brows' lower edges."""
BROW = {"right": (70, 63, 105, 66, 107), "left": (300, 293, 334, 296, 336)}
UPPER_INNER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_INNER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
MOUTH_CORNERS = (61, 291)
CHIN = 152
NOSE_RIDGE = (168, 6)
"""Between the eyes, and below."""
CHEEKS = (50, 280, 205, 425)
UNDER_EYES = (230, 450, 229, 449, 231, 451)
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)

# What no expression moves much: the face's own axes are taken from these.
_RIGHT_SIDE, _LEFT_SIDE = [33, 133, 234, 127], [263, 362, 454, 356]
_ABOVE, _BELOW = [10, 151, 9, 8], [2, 94, 19, 98, 327]


def face_axes(points: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """The face's own axes, ``[3, 3]``, a unit vector a row, in the axes of the points.

    To the person's left (the picture's right), down the face, and away from the viewer.

    :param points: ``[478, 3]``.
    """
    p = points.astype(np.float64)
    across = mean_of(p[_LEFT_SIDE]) - mean_of(p[_RIGHT_SIDE])
    across /= max(length_of(across), 1e-9)
    down = mean_of(p[_BELOW]) - mean_of(p[_ABOVE])
    down -= across * (across @ down)
    down /= max(length_of(down), 1e-9)
    return np.stack([across, down, cross(across, down)])


def face_unit(points: npt.NDArray[np.floating]) -> float:
    """Between the outer corners of the eyes, in the units of the points ``[478, 3]``."""
    return length_of(points[33].astype(np.float64) - points[263])
