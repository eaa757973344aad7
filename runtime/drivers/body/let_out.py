"""When an arm of the template is let out of the photo's outline, and how far."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BodyBone
from bunraku.spec.smoothstep import smoothstep

LET_OUT_DEG = 7.0, 18.0
"""By how much a forearm must turn until it begins to be let out, and until it is wholly."""
LET_OUT_DRAWN = 1.4, 1.9
"""Likewise how often as long in the picture it must be: what little it shows would be drawn out."""
BENT_DEG, OPENED_DEG = 60.0, (25.0, 40.0)
"""From where on an elbow is bent so far that what the photo shows of it is a fold, and by how much
it must open until that begins to be left, and until it is."""
SWUNG_DEG = 18.0, 42.0
"""By how much the upper arm must swing from the trunk's side since the photo until the shoulder is
let out as well, and until it is wholly: hung as the photo has it, it would keep the place of an arm
that is gone, as a spike."""


@dataclass(frozen=True, eq=False)
class LetOut:
    """How an arm lies in the photo, and what it must do to be let out."""

    side: int
    """0 for the left one, 1 for the right one."""
    upper_arm: Vectors
    """``[3]``, in the photo's window, from the shoulder to the elbow,"""
    forearm: Vectors
    """``[3]``: and from the elbow to the wrist."""
    stays: bool = False
    """Whether it goes with the trunk as the photo has it, and is never let out."""
    deg: tuple[float, float] = LET_OUT_DEG
    """See ``LET_OUT_DEG``."""
    opens: bool = False
    """Whether it is let out too as its elbow opens, if the photo shows that bent."""
    swings: bool = False
    """Whether its shoulder is let out too: the photo shows how the upper arm was held."""

    def out(self, transforms: Array) -> float:
        """From 0 to 1, how far it is let out.

        :param transforms: ``[bones, 3, 4]`` of ``Rig.transforms``.
        """
        return self.beyond(transforms, self.deg, LET_OUT_DRAWN)

    def beyond(
        self, transforms: Array, deg: tuple[float, float], drawn: tuple[float, float]
    ) -> float:
        """From 0 to 1, how far it has turned since the photo, or is drawn longer, between two; or
        its elbow has opened, if that matters."""
        if self.stays:
            return 0.0
        now = transforms[BodyBone.FOREARM_L + self.side, :, :3] @ self.forearm
        longer = float(np.linalg.norm(now[:2]) / (np.linalg.norm(self.forearm[:2]) + 1e-6))
        far = max(_risen(self.turned_deg(transforms), deg), _risen(longer, drawn))
        return max(far, self._opened(transforms)) if self.opens else far

    def swung(self, transforms: Array) -> float:
        """From 0 to 1, how far its shoulder is let out too."""
        if not self.swings:
            return 0.0
        turned = between_deg(
            transforms[BodyBone.UPPER_ARM_L + self.side, :, :3] @ self.upper_arm,
            transforms[BodyBone.CHEST, :, :3] @ self.upper_arm,
        )
        return _risen(turned, SWUNG_DEG)

    def turned_deg(self, transforms: Array) -> float:
        """By how much the forearm has turned since the photo, any way."""
        return between_deg(
            transforms[BodyBone.FOREARM_L + self.side, :, :3] @ self.forearm, self.forearm
        )

    @cached_property
    def bent_deg(self) -> float:
        """How far the photo shows its elbow bent; 0 of a straight arm."""
        return between_deg(self.upper_arm, self.forearm)

    def _opened(self, transforms: Array) -> float:
        """From 0 to 1, how far its elbow has opened since the photo."""
        if self.bent_deg < BENT_DEG:
            return 0.0
        turned = transforms[BodyBone.UPPER_ARM_L + self.side, :, :3] @ self.upper_arm
        fore = transforms[BodyBone.FOREARM_L + self.side, :, :3] @ self.forearm
        return _risen(self.bent_deg - between_deg(turned, fore), OPENED_DEG)


def between_deg(one: Vectors, other: Vectors) -> float:
    """The angle between two directions."""
    length = float(np.linalg.norm(one) * np.linalg.norm(other))
    cosine = min(max(float(one @ other) / max(length, 1e-6), -1.0), 1.0)
    return float(np.degrees(np.arccos(cosine)))


def _risen(value: float, between: tuple[float, float]) -> float:
    """From 0 to 1 as a value goes from one to the other, softly."""
    return smoothstep(min(max((value - between[0]) / (between[1] - between[0]), 0.0), 1.0))
