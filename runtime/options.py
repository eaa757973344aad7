"""What a puppet may be told to do differently."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from bunraku.runtime.parts import ALL_PARTS, Parts


class DriverKind(StrEnum):
    """The drivers there are."""

    LANDMARKS = "landmarks"
    """The pose networks' landmarks, through the IUV net."""
    BODY = "body"
    """The same landmarks pose a body that is fitted to the photo, and no network paints."""
    IUV_IMAGES = "iuv-images"
    """IUV images that were made elsewhere, one for each frame."""


def bears_eight_bits(driver: DriverKind | str) -> bool:
    """Whether a driver's pictures hardly change if its landmarks are computed in 8 bits.

    A drawn body's do not (docs/results.md); with the landmarks' networks AKD grew by more than
    the 0.1 pixels that are allowed.
    """
    return driver == DriverKind.BODY


DRIVER = DriverKind.BODY
"""What moves photos where nobody says otherwise."""
BUNDLE = "live"
"""The generator's bundle then."""


def paints_nothing(bundle: str | Path, driver: DriverKind | str) -> bool:
    """Whether a bundle that was asked for would go for nothing: a body is drawn without networks
    that paint, and its pictures would be taken for what those networks have learned.
    """
    return driver == DriverKind.BODY and str(bundle) != BUNDLE


FACE, STRONGEST_FACE = 1.0, 1.5
"""How strongly faces follow then, and at most: an expression may be exaggerated so much."""
HANDS = True
"""Whether hands follow then."""

RESOLUTION, LIVE_RESOLUTION = 512, 384
"""Side in pixels of the window in which a body is drawn, at most; and where somebody waits for each
frame."""


@dataclass(frozen=True)
class PuppetOptions:
    """Choices of a puppet; the defaults are what looks best."""

    source_iuv_mask: bool = False
    """Tell the IUV net the photo's outline. Without it photo and driver are mapped alike, and a
    driver that stands as the photo does gives the photo back."""
    driving_iuv_mask: bool = False
    """Tell the IUV net the driver's outline. It would shine through in the result."""
    retarget: bool = True
    """Give the driver the source's limb lengths, so that the source keeps its build."""
    mend: bool = True
    """Put back what IUV images lose of the driver for a moment."""
    smooth: bool = True
    """Smooth the driver's landmarks over time."""
    detail: bool = True
    """Read the photo at its own resolution where the networks trust it."""
    head: bool = True
    """Guide the head by the face's landmarks, where both faces look the same way."""
    face: float = FACE
    """How strongly the photo's face does what the driver's does at first, 0 to
    ``STRONGEST_FACE``; see ``Puppet.face``. 0 leaves it as it is."""
    hands: bool = HANDS
    """Let the photo's hands and fingers do what the driver's do, if a body is what drives it."""
    parts: Parts = ALL_PARTS
    """Which parts of the photo's person follow at first; see ``Puppet.parts``."""
    upright: bool = True
    """Turn the frames of a driver who is sideways or upside down at the calibration. Without it
    they are taken as they are."""

    def as_json(self) -> dict[str, object]:
        """The choices, for reports."""
        return {**asdict(self), "parts": sorted(self.parts)}
