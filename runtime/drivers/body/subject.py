"""What the body driver keeps of a photo."""

from __future__ import annotations

from dataclasses import dataclass

from bunraku.runtime.drivers.body.bounds import Bounds
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.showing import Showing
from bunraku.runtime.drivers.body.sideways import Sideways
from bunraku.runtime.drivers.body.tether import Tether
from bunraku.runtime.drivers.hands.drawing import PhotoHands
from bunraku.runtime.drivers.landmarks.subject import LandmarkSubject


@dataclass(frozen=True, eq=False)
class Fitted:
    """A body that was fitted, and how far it may be moved."""

    body: Body
    showing: Showing
    bounds: Bounds
    tether: Tether
    sideways: Sideways


@dataclass(frozen=True, eq=False)
class BodySubject(LandmarkSubject):
    """A photo's person as a body."""

    fitted: Fitted | None
    """None where none could be fitted: the photo is then driven by landmarks alone."""
    hands: PhotoHands | None = None
    """None where hands are not posed by landmarks of their own."""
