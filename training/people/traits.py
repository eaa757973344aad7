"""What a synthetic person is, for the fairness of what is trained on such people."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

import numpy as np


class Tone(StrEnum):
    """Lightness of the skin as it is drawn, without light and shade."""

    DARK = "dark"
    MEDIUM = "medium"
    LIGHT = "light"


class Build(StrEnum):
    """By the body model's weight."""

    SLIM = "slim"
    AVERAGE = "average"
    HEAVY = "heavy"


class Age(StrEnum):
    """By the body model's age, which the skin goes with."""

    YOUNG = "young"
    MIDDLE = "middle-aged"
    OLD = "old"


class Clothing(StrEnum):
    """Below the waist, and how it sits."""

    SKIRT = "skirt or dress"
    LOOSE = "loose suit"
    CLOSE = "close-fitting suit"


MEDIUM_FROM, LIGHT_FROM = 45.0, 68.0
"""CIE L* from which a skin is medium, and light."""
AVERAGE_FROM, HEAVY_FROM = 0.4, 0.58
"""The body model's weight from which a build is average, and heavy."""
_AGES = {"young": Age.YOUNG, "middleage": Age.MIDDLE}


@dataclass(frozen=True)
class Traits:
    """One person's."""

    tone: Tone
    build: Build
    age: Age
    clothing: Clothing

    @classmethod
    def of(
        cls, *, lightness: float, weight: float, skin: str, skirted: bool, loose: bool
    ) -> Traits:
        """The groups that a person is in.

        :param lightness: CIE L* of the skin.
        :param weight: of the body model, in [0, 1].
        :param skin: name of its skin, which begins with an age.
        :param skirted: whether a skirt is worn.
        :param loose: whether the suit stands off.
        """
        tone = Tone.LIGHT if lightness >= LIGHT_FROM else Tone.MEDIUM
        build = Build.HEAVY if weight >= HEAVY_FROM else Build.AVERAGE
        suit = Clothing.LOOSE if loose else Clothing.CLOSE
        return cls(
            tone=Tone.DARK if lightness < MEDIUM_FROM else tone,
            build=Build.SLIM if weight < AVERAGE_FROM else build,
            age=_AGES.get(skin.split("_")[0], Age.OLD),
            clothing=Clothing.SKIRT if skirted else suit,
        )


GROUPS: dict[str, type[StrEnum]] = {
    field.name: kind
    for field, kind in zip(fields(Traits), (Tone, Build, Age, Clothing), strict=True)
}
"""The kind of each trait, by its name."""


def lightness_of(texture: np.ndarray, tint: np.ndarray) -> float:
    """CIE L* of a skin's mean colour.

    :param texture: uint8 ``[h, w, 4]`` sRGB.
    :param tint: ``[3, 3]``, applied to its colours.
    """
    colours = texture[texture[..., 3] > 128, :3].reshape(-1, 3).astype(np.float64) / 255.0
    mean = (colours.mean(0) @ tint.T.astype(np.float64)).clip(0.0, 1.0)
    linear = np.where(mean <= 0.04045, mean / 12.92, ((mean + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ np.array([0.2126, 0.7152, 0.0722]))
    cube = 116.0 * luminance ** (1.0 / 3.0) - 16.0
    return max(0.0, cube if luminance > 216.0 / 24389.0 else luminance * 24389.0 / 27.0)
