"""Whether a result's face does what the driver's does: correlations over a clip.

The opening of the mouth and of the eyes (runtime/drivers/face/measures.py) of the driver and of the
result, frame by frame, correlated over the clip. The network that finds the points is of the family
that may also drive the face: what it does not see it does not hold against a result.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from statistics import fmean
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bunraku.runtime.drivers.face.hiding import unhidden
from bunraku.runtime.drivers.face.measures import Measure, measure
from bunraku.runtime.drivers.face.mesh import face_unit
from bunraku.runtime.drivers.face.networks import FaceNetworks
from bunraku.runtime.drivers.face.tracker import FaceFinder
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.spec.arrays import Array, Picture

SMALLEST_PX = 48.0
"""Between the outer corners of the driver's eyes, of a face 80 wide: in smaller ones a lid's whole
way is two or three pixels, of which a result keeps what its own pixels can show."""
FEWEST = 12
"""Frames with both faces, below which a clip tells nothing."""
MOUTH_MOVES, EYES_MOVE = 0.01, 0.02
"""Standard deviation of the openings, in their units, from which a face moves them: in a face that
stands still the points stray by less, but with the head, and so in step with the driver."""
DEAD = 0.4
"""Share of these below which a result is at rest: lids may follow by half, but not by noise."""

_MEASURED = [Measure.LOWER_LIP, Measure.RIGHT_LID, Measure.LEFT_LID]


class FaceJudge(Protocol):
    """Finds the face of a person whose pose is known."""

    def look(self, picture: Picture, pose: Array) -> npt.NDArray[np.float32] | None:
        """Points ``[478, 3]`` in pixels of the picture (runtime/drivers/face/mesh.py), or None.

        Args:
            picture: HWC uint8.
            pose: ``[33, 2 or more]``, x and y in its pixels.

        Returns:
            None where no face is seen, or a hand is before mouth or eyes.
        """


class MeshJudge:
    """MediaPipe's face network on stills: no tracking, no smoothing.

    Raises:
        FetchError: it has not been fetched yet.
    """

    def __init__(self, threads: int | None = None) -> None:
        factory = EngineFactory(threads=threads or 1)
        self._finder = FaceFinder.load(FaceNetworks.find(), factory)

    def look(self, picture: Picture, pose: Array) -> npt.NDArray[np.float32] | None:
        face = self._finder.find(picture, pose)
        if face is None or unhidden(face, pose)[_MEASURED].min() < 1.0:
            return None
        return face.points


class Told(StrEnum):
    """What a clip tells of mouth or eyes."""

    MOVES = "moves"
    """The driver's do, and are compared."""
    STILL = "still"
    """The driver's do not."""
    SMALL = "small"
    """The driver's face is too small in most frames."""
    UNSEEN = "unseen"
    """Too few frames show both faces."""


@dataclass
class FaceMatch:
    """The openings of the driver's face and of a result's, frame by frame."""

    units: list[float] = field(default_factory=list)
    """Between the outer corners of the driver's eyes, in pixels, wherever both faces are seen."""
    mouth: list[tuple[float, float]] = field(default_factory=list)
    """The driver's and the result's."""
    eyes: list[tuple[float, float]] = field(default_factory=list)

    def add(
        self, driver: npt.NDArray[np.float32] | None, result: npt.NDArray[np.float32] | None
    ) -> None:
        """The next frame: points ``[478, 3]`` of both faces, None for one that is not seen."""
        if driver is None or result is None:
            return
        self.units.append(face_unit(driver))
        if self.units[-1] < SMALLEST_PX:
            return
        ours, theirs = measure(driver), measure(result)
        self.mouth.append((float(ours[Measure.LOWER_LIP]), float(theirs[Measure.LOWER_LIP])))
        lids = [Measure.RIGHT_LID, Measure.LEFT_LID]
        self.eyes.append((float(ours[lids].mean()), float(theirs[lids].mean())))

    @property
    def mouth_correlation(self) -> float | None:
        """Of the mouth's opening; None where the driver's mouth is unseen or does not move."""
        return correlation(self.mouth, MOUTH_MOVES)

    @property
    def eyes_correlation(self) -> float | None:
        """Of the eyes' opening, the mean of both; None where the driver's do not move."""
        return correlation(self.eyes, EYES_MOVE)

    @property
    def details(self) -> dict[str, object]:
        """What was measured, and why what has no correlation has none."""
        return {
            "frames": len(self.mouth),
            "eye_corners_px": round(fmean(self.units), 1) if self.units else None,
            "mouth": self._told(self.mouth_correlation),
            "eyes": self._told(self.eyes_correlation),
        }

    def _told(self, correlation: float | None) -> Told:
        if correlation is not None:
            return Told.MOVES
        if len(self.mouth) >= FEWEST:
            return Told.STILL
        return Told.SMALL if len(self.units) >= FEWEST else Told.UNSEEN


def correlation(pairs: list[tuple[float, float]], moves: float) -> float | None:
    """Pearson's of pairs (driver, result).

    Args:
        pairs: one a frame.
        moves: the standard deviation from which something moves.

    Returns:
        None for too few frames or a driver at rest; 0 for a result that moves by less than ``DEAD``
        of ``moves``, whatever its noise.
    """
    if len(pairs) < FEWEST:
        return None
    driver, result = np.asarray(pairs, np.float64).T
    if driver.std() < moves:
        return None
    if result.std() < DEAD * moves:
        return 0.0
    together = float(((driver - driver.mean()) * (result - result.mean())).mean())
    return together / float(driver.std() * result.std())
