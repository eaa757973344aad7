from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.drivers.body.photos import OUTLINE, N, fitted
from tests.runtime.fakes import street

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.bound import bind_photo
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.groups import ARMS, Group
from bunraku.runtime.drivers.body.sleeves import (
    GOES_OVER,
    MORE,
    TO_THE_WRIST,
    WITHIN,
    Sleeve,
    along_upper_arm,
    find_sleeves,
    shaded,
)
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BodyBone

SKIN = np.array([0.8, 0.6, 0.5], np.float32)
SHIRT = np.array([0.3, 0.4, 0.7], np.float32)
SHADE = np.array([0.36, 0.2, 0.12], np.float32)
"""What the shade of an arm leaves of that skin."""


@pytest.fixture(scope="module")
def fit() -> Fit:
    return fitted(OUTLINE)


@pytest.fixture(scope="module")
def binding(fit: Fit) -> Binding:
    return bind_photo(fit, street((N, N))).whole


def dressed(fit: Fit, binding: Binding, end: float) -> Array:
    """``[n, n, 3]``: a person whose sleeves end there on the upper arms, below the elbows at 2."""
    group = binding.group
    result = np.broadcast_to(SHIRT, (N, N, 3)).copy()
    result[np.isin(group, [Group.HAND_L, Group.HAND_R])] = SKIN
    for side in (0, 1):
        upper = group == Group.UPPER_ARM_L + side
        along = along_upper_arm(fit, side, np.argwhere(upper)[:, ::-1].astype(np.float32))
        result[upper] = np.where((along > end)[:, None], SKIN, SHIRT)
        if end < 2.0:
            result[group == Group.FOREARM_L + side] = SKIN
    return result


def found(fit: Fit, binding: Binding, colours: Array) -> tuple[Sleeve, Sleeve]:
    arms: NDArray[np.bool_] = np.isin(binding.group, ARMS)
    return find_sleeves(fit, binding, colours, binding.reached & arms, SKIN, SKIN)


@pytest.mark.parametrize("end", [0.4, 0.7])
def test_a_short_sleeve_ends_where_skin_begins(fit: Fit, binding: Binding, end: float) -> None:
    for sleeve in found(fit, binding, dressed(fit, binding, end)):
        assert sleeve.end == pytest.approx(end + MORE, abs=0.05)
        assert np.allclose(sleeve.cloth, SHIRT, atol=1e-3)
        assert np.allclose(sleeve.skin, SKIN, atol=1e-3)
        assert sleeve.ends_seen >= sleeve.end


def test_a_sleeve_whose_end_something_hides_is_not_kept_up_to_where_that_tears_it(
    fit: Fit, binding: Binding
) -> None:
    colours = dressed(fit, binding, 0.7)
    for until, kept in ((0.76, False), (1.0, True)):
        sure = binding.reached & np.isin(binding.group, ARMS)
        for side in (0, 1):
            upper = binding.group == Group.UPPER_ARM_L + side
            along = along_upper_arm(fit, side, np.argwhere(upper)[:, ::-1].astype(np.float32))
            sure[upper] &= along < until
        for sleeve in find_sleeves(fit, binding, colours, sure, SKIN, SKIN):
            assert sleeve.end == pytest.approx(0.7, abs=0.07)
            if kept:
                assert sleeve.ends_seen >= sleeve.end
            else:
                assert sleeve.ends_seen == pytest.approx(sleeve.end - GOES_OVER)


def test_a_long_sleeve_reaches_to_the_hand(fit: Fit, binding: Binding) -> None:
    for sleeve in found(fit, binding, dressed(fit, binding, 2.0)):
        assert sleeve.end == TO_THE_WRIST
        assert np.allclose(sleeve.cloth, SHIRT, atol=1e-3)


def test_a_bare_arm_has_no_sleeve(fit: Fit, binding: Binding) -> None:
    for sleeve in found(fit, binding, dressed(fit, binding, -9.0)):
        assert sleeve.end == 0.0
        assert np.array_equal(sleeve.cloth, sleeve.skin)


def test_skin_in_the_shade_of_the_photos_pose_is_no_cloth(fit: Fit, binding: Binding) -> None:
    colours = dressed(fit, binding, 0.6)
    upper = np.isin(binding.group, [Group.UPPER_ARM_L, Group.UPPER_ARM_R])
    dark = upper & (colours == SKIN).all(-1)
    colours[dark] = SHADE
    for sleeve in found(fit, binding, colours):
        assert sleeve.end == pytest.approx(0.6 + MORE, abs=0.05)
        assert sleeve.ends_seen == pytest.approx(sleeve.end - WITHIN)
        assert np.allclose(sleeve.skin, SKIN, atol=1e-3)  # as hands and forearms have it
        assert shaded(np.stack([SHADE, SKIN, SHIRT, 0.5 * SHIRT]), sleeve).tolist() == [
            True,
            False,
            False,
            False,
        ]


def test_the_light_of_arms_counts_and_not_that_of_the_face(fit: Fit, binding: Binding) -> None:
    colours = dressed(fit, binding, 0.5)
    arms = np.isin(binding.group, ARMS)
    sleeve, _ = find_sleeves(fit, binding, colours, binding.reached & arms, 0.7 * SKIN, 0.7 * SKIN)
    assert np.allclose(sleeve.skin, SKIN, atol=1e-2)


def test_arms_are_no_paler_than_what_is_seen_of_them_beside_palms(
    fit: Fit, binding: Binding
) -> None:
    """Palms are paler, and look up to the light."""
    colours = dressed(fit, binding, 0.7)
    hands = np.isin(binding.group, [Group.HAND_L, Group.HAND_R])
    arms = np.isin(binding.group, [Group.FOREARM_L, Group.FOREARM_R])
    own = 0.7 * SKIN
    colours[arms] = own
    for group in (Group.UPPER_ARM_L, Group.UPPER_ARM_R):
        colours[(binding.group == group) & (colours == SKIN).all(-1)] = own
    palms = arms & (np.indices((N, N))[0] % 4 > 0)  # most of what is seen
    binding = replace(binding, bone=np.where(palms, BodyBone.HAND_L, binding.bone))
    colours[palms | hands] = SKIN
    for sleeve in found(fit, binding, colours):
        assert own.sum() < 1.02 * sleeve.skin.sum()
        assert sleeve.skin.sum() < 0.95 * SKIN.sum()


def test_an_arm_that_the_photo_does_not_show_wears_what_the_other_does(
    fit: Fit, binding: Binding
) -> None:
    colours = dressed(fit, binding, TO_THE_WRIST)
    of_right = [Group.UPPER_ARM_R, Group.FOREARM_R, Group.HAND_R]
    sure = binding.reached & np.isin(binding.group, of_right)
    left, right = find_sleeves(fit, binding, colours, sure, SKIN, SKIN)
    assert right.end == TO_THE_WRIST
    assert left.end == TO_THE_WRIST
    assert np.allclose(left.cloth, SHIRT, atol=1e-3)
    nothing = np.zeros_like(sure)
    for sleeve in find_sleeves(fit, binding, colours, nothing, SKIN, SKIN):
        assert sleeve.end == 0.0
        assert np.allclose(sleeve.skin, SKIN, atol=1e-3)
