"""Which channel of an IUV image holds the part numbers, and whether they are numbers still.

The official DensePose writes the part into blue, U into green and V into red (OpenCV calls that
I, U, V, as it keeps blue first). Tools that write red first leave the part in red and V in blue.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from bunraku.errors import InputError
from bunraku.spec.surface import PARTS

BLURRED = 0.002
"""Share of an image's pixels that may have a U or V but no part, before it is taken to have been
compressed with loss: DensePose leaves the background at exactly 0."""


class PartChannel(StrEnum):
    """Where the part numbers are."""

    BLUE = "blue"
    RED = "red"

    def iuv(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """``[H, W, 3]`` RGB as part, U, V."""
        return np.ascontiguousarray(rgb[..., ::-1] if self is PartChannel.BLUE else rgb)


def find_part_channel(rgb: NDArray[np.uint8], name: str) -> PartChannel | None:
    """Tell the channels of an IUV image apart.

    :param rgb: ``[H, W, 3]``.
    :param name: how the message calls it.
    :return: None where both could be it, as in an image of nobody.
    :raises InputError: neither can be it.
    """
    red, blue = int(rgb[..., 0].max()), int(rgb[..., 2].max())
    if min(red, blue) > PARTS:
        raise InputError(
            f"{name} is no IUV image: its blue channel, where DensePose has the part numbers 0 to "
            f"{PARTS}, goes up to {blue}, and its red one up to {red}.",
            "Give the IUV images themselves, not a drawing of them, saved without loss as PNG.",
        )
    if max(red, blue) <= PARTS:
        return None
    return PartChannel.BLUE if blue <= PARTS else PartChannel.RED


def check_iuv(iuv: NDArray[np.uint8], name: str) -> None:
    """Make sure of an image whose channels are known.

    :param iuv: ``[H, W, 3]``: part, U, V.
    :raises InputError: part numbers that do not exist, or traces of a compression with loss.
    """
    highest = int(iuv[..., 0].max())
    if highest > PARTS:
        raise InputError(
            f"{name} has the part number {highest}; DensePose's go from 0 to {PARTS}.",
            "Save the IUV images without loss, all with the same order of channels.",
        )
    nowhere = (iuv[..., 0] == 0) & ((iuv[..., 1] | iuv[..., 2]) > 0)
    if nowhere.mean() > BLURRED:
        raise InputError(
            f"{name} was compressed with loss, which blurs the part numbers.",
            "Save the IUV images as PNG, or as a clip in FFV1 or H.264 RGB without loss "
            "(-c:v libx264rgb -qp 0).",
        )
