from __future__ import annotations

import numpy as np
import pytest

from bunraku.training.people.studio import Studio, traits_by
from bunraku.training.people.traits import Age, Build, Clothing, Tone, Traits, lightness_of


@pytest.mark.parametrize(
    ("lightness", "weight", "skin", "skirted", "loose", "expected"),
    [
        (25.0, 0.3, "young_african_male", False, False,
         (Tone.DARK, Build.SLIM, Age.YOUNG, Clothing.CLOSE)),
        (60.0, 0.5, "middleage_asian_female", True, True,
         (Tone.MEDIUM, Build.AVERAGE, Age.MIDDLE, Clothing.SKIRT)),
        (75.0, 0.7, "old_caucasian_male", False, True,
         (Tone.LIGHT, Build.HEAVY, Age.OLD, Clothing.LOOSE)),
    ],
)  # fmt: skip
def test_groups(
    lightness: float,
    weight: float,
    skin: str,
    skirted: bool,
    loose: bool,
    expected: tuple[str, ...],
) -> None:
    made = Traits.of(lightness=lightness, weight=weight, skin=skin, skirted=skirted, loose=loose)
    assert (made.tone, made.build, made.age, made.clothing) == expected


@pytest.mark.parametrize(
    ("grey", "expected"), [(255, 100.0), (119, 50.0), (0, 0.0)]
)  # 119 is L* 50 in sRGB
def test_lightness_is_cie_s(grey: int, expected: float) -> None:
    texture = np.full((4, 4, 4), 255, np.uint8)
    texture[..., :3] = grey
    texture[0] = 0  # clear pixels do not count
    assert lightness_of(texture, np.eye(3, dtype=np.float32)) == pytest.approx(expected, abs=0.3)


def test_a_person_s_traits_come_back_from_the_seed(studio: Studio) -> None:
    """As the picture was made: the same numbers are drawn before."""
    rng = np.random.default_rng([5, 3])
    rng.random()
    person = studio.tailor.make(rng)
    assert traits_by(studio.tailor, 5, 3) == person.traits
    assert person.traits.age == ("young" if "young" in person.description else person.traits.age)
