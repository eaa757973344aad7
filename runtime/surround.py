"""What surrounds the person: the photo's own pixels wherever the person stands still.

The plate is made up in a band around the person too, so that nothing of them is left in it when
they move away. Where they have not, the photo itself is shown there; so a person who stands as in
the photo gives the photo back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import still_share, strayed
from bunraku.kernels.staying.terms import FAR_PX
from bunraku.runtime.source.plate import BEYOND
from bunraku.spec.arrays import Array

if TYPE_CHECKING:
    from bunraku.runtime.canvas import Detail

PERSON = 0.75
"""From here on a pixel is so much the person's that it tells how the person moves."""
STILL_PX = 1.5
"""How far the person may have moved, less a pixel, where the photo has their own rim."""
CARELESS = 1.0
"""How much farther for each pixel away from them: there is less and less of them in it."""
GRADUALLY = 0.5
"""Over how many pixels more of a move the photo goes, for each pixel away from them: their rim must
not be seen twice, farther away photo and plate would meet in an edge that runs about."""
MORE_PX = 1.0
"""The plate is made around a mask in the photo's own pixels, whose edge may lie farther out."""
FADE_PX = 2.0
"""Width in which the band ends."""
COVERED_PX = 2
"""How far the band goes into the person, whose own edge is soft."""
EVEN_PX = 5
"""Side of the square in which moves are averaged, as neighbours may be moved by different limbs."""


@dataclass(frozen=True, eq=False)
class Surround:
    """The band around one photo's person, in the photo's window of n pixels."""

    mask: Array
    """``[n, n]`` in [0, 1]: the person."""
    part: tuple[slice, slice]
    """Rows and columns in which all of it lies, and the person: h × w."""
    owner: NDArray[np.int64]
    """``[h, w]``: the flat index in the part of the person's pixel that is nearest."""
    near: Array
    """``[h, w]``: 1 where the band or the person is, else 0."""
    weight: Array
    """``[h, w]``: of ``near`` in the mean of ``EVEN_PX``, so that it is a mean of what is there."""
    share: Array
    """``[h, w]`` in [0, 1]: the band; less where it ends, 0 beyond."""
    slack: Array
    """``[h, w]``: by how many pixels the owner may move until nothing of the photo is shown."""
    steep: Array
    """``[h, w]``: how much less of it there is for each of the last of these pixels."""
    _sizes: dict[int, Surround | None] = field(default_factory=dict)
    """Of ``sized``."""

    def __post_init__(self) -> None:
        self._sizes[len(self.mask)] = self

    @classmethod
    def of(cls, mask: Array) -> Surround | None:
        """Find the band around the person.

        :param mask: ``[n, n]`` in [0, 1].
        :return: None where there is no person.
        """
        person = (mask > PERSON).astype(np.uint8)
        if not person.any():
            return None
        rows, columns = np.flatnonzero(person.any(1)), np.flatnonzero(person.any(0))
        reach = BEYOND * float(max(np.ptp(rows), np.ptp(columns)) + 1) + MORE_PX + FADE_PX
        part = _around(rows, reach, len(mask)), _around(columns, reach, len(mask))
        person = np.ascontiguousarray(person[part])
        distance, labels = cv2.distanceTransformWithLabels(
            1 - person, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        y, x = np.nonzero(person)
        index = np.zeros(int(labels.max()) + 1, np.int64)
        index[labels[y, x]] = y * person.shape[1] + x
        share = np.clip((reach - distance) / FADE_PX, 0.0, 1.0)
        near = (share > 0).astype(np.float32)
        around = (2 * COVERED_PX + 1,) * 2
        share[cv2.erode((mask[part] >= 1.0).astype(np.uint8), np.ones(around, np.uint8)) > 0] = 0.0
        return cls(
            mask,
            part,
            index[labels],
            near,
            np.asarray(near / np.maximum(cv2.blur(near, (EVEN_PX,) * 2), 1e-6), np.float32),
            np.asarray(share, np.float32),
            np.asarray(np.minimum(STILL_PX + CARELESS * distance, FAR_PX), np.float32),
            np.asarray(1.0 / (1.0 + GRADUALLY * distance), np.float32),
        )

    def sized(self, n: int) -> Surround | None:
        """The same for pictures of n pixels: networks may paint who is drawn finer."""
        if n not in self._sizes:
            smaller = n < len(self.mask)
            how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
            resized = cv2.resize(self.mask, (n, n), interpolation=how)
            self._sizes[n] = Surround.of(np.asarray(resized, np.float32))
        return self._sizes[n]

    def still(self, mask: Array, detail: Detail) -> Array:
        """How much of the photo is to be shown under a person who has moved.

        :param mask: ``[1, 1, n, n]``, and
        :param detail: as ``Canvas.paste`` takes them.
        :return: ``[n, n]`` in [0, 1].
        """
        trust, _, flow = detail
        corner = self.part[0].start, self.part[1].start
        # Of the person's own pixels alone it is asked how they have moved.
        moved = strayed(flow, trust, mask, self.owner, self.near, corner)
        even = cv2.blur(moved, (EVEN_PX,) * 2)
        given = self.weight, self.slack, self.steep, self.share
        return still_share(np.asarray(even), *given, corner, mask.shape[3])


def _around(indices: NDArray[np.int64], reach: float, size: int) -> slice:
    """From the first to the last, and as far beyond as something reaches."""
    margin = int(reach) + 2
    return slice(max(0, int(indices[0]) - margin), min(size, int(indices[-1]) + 1 + margin))
