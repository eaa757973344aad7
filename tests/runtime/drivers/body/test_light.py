from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.drivers.body.photos import OUTLINE, N, fitted

from bunraku.runtime.drivers.body.bound import bind_photo
from bunraku.runtime.drivers.body.light import (
    DARKEST,
    GAMMA,
    LIGHTEST,
    WARMTH,
    Light,
    facing_in,
    harmonics_of,
    light_by,
    light_in,
    seen_aslant,
    studio,
)
from bunraku.runtime.drivers.body.settling import settle
from bunraku.spec.arrays import Array

TONE = np.array([0.7, 0.52, 0.42], np.float32)
LEFT = np.array([-0.8, -0.1, -0.59], np.float32)


def facing(count: int = 20_000) -> Array:
    """``[k, 3]``: ways towards the camera."""
    ways = np.random.default_rng(0).normal(size=(count, 3)).astype(np.float32)
    ways[:, 2] = -np.abs(ways[:, 2])
    return np.asarray(ways / np.linalg.norm(ways, axis=1, keepdims=True))


def brightness(normals: Array) -> Array:
    """Of skin that is lit from the left."""
    bright = 0.4 + 0.6 * np.clip(normals @ LEFT, 0.0, 1.0)
    return np.asarray(bright ** (1.0 / GAMMA) * seen_aslant(normals), np.float32)


def skin(bright: Array, warmth: Array, noise: float = 0.01) -> Array:
    """Pixels of it, ``[k, 3]``."""
    grain = np.random.default_rng(1).normal(0.0, noise, (len(bright), 3)).astype(np.float32)
    return np.asarray(np.clip(TONE * bright[:, None] ** warmth + grain, 0.0, 1.0), np.float32)


def none_of(normals: Array) -> NDArray[np.int64]:
    return np.zeros(len(normals), np.int64)


def relative(light: Light, normals: Array) -> Array:
    shown = light.on(normals)
    return np.asarray(shown / np.median(shown))


def test_a_known_light_is_found() -> None:
    normals, warmth = facing(), np.array([0.8, 1.1, 1.3], np.float32)
    bright = brightness(normals)
    light = light_by(normals, skin(bright, warmth), none_of(normals))
    off = np.abs(relative(light, normals) - bright / np.median(bright))
    ordinary = np.abs(relative(studio(), normals) - bright / np.median(bright))
    assert off.mean() < 0.05
    assert off.mean() < 0.4 * ordinary.mean()
    both = np.array([[-0.8, 0.0, -0.6], [0.8, 0.0, -0.6]], np.float32)
    lit, dark = light.on(both)
    assert lit > dark + 0.15
    # Relative to how bright all of it is: of skin, red counts more than blue in the mean.
    assert light.warmth[0] < light.warmth[1] < light.warmth[2]
    assert light.warmth[2] - light.warmth[0] == pytest.approx(0.5, abs=0.12)


def test_eyes_and_beards_are_no_shade() -> None:
    normals = facing()
    colours = skin(brightness(normals), WARMTH)
    plain = light_by(normals, colours, none_of(normals))
    spotted = colours.copy()
    spotted[::4] *= 0.5
    light = light_by(normals, spotted, none_of(normals))
    assert np.abs(relative(light, normals) - relative(plain, normals)).mean() < 0.03


def test_a_pale_hand_is_not_in_the_light() -> None:
    normals = facing()
    colours = skin(brightness(normals), WARMTH)
    hand = normals[:, 1] > 0.3  # turned down, and paler than the face
    plain = light_by(normals, colours, none_of(normals))
    colours[hand] *= 1.12
    light = light_by(normals, colours, hand.astype(np.int64))
    as_one = light_by(normals, colours, none_of(normals))
    off, without = (
        np.abs(relative(one, normals) - relative(plain, normals)).mean() for one in (light, as_one)
    )
    assert off < 0.7 * without


def test_the_less_skin_is_seen_the_more_ordinary_is_the_light() -> None:
    apart = []
    for count in (20_000, 300, 40):
        normals = facing(count)
        light = light_by(normals, skin(brightness(normals), WARMTH), none_of(normals))
        apart.append(np.abs(relative(light, facing()) - relative(studio(), facing())).mean())
    assert apart[0] > apart[1] > apart[2]


@pytest.mark.parametrize("count", [0, 3])
def test_without_skin_the_light_is_the_ordinary_one(count: int) -> None:
    normals = facing(count)
    assert light_by(normals, skin(brightness(normals), WARMTH), none_of(normals)) is studio()


def test_black_pixels_tell_nothing() -> None:
    normals = facing(500)
    assert light_by(normals, np.zeros((500, 3), np.float32), none_of(normals)) is studio()


def test_the_ordinary_light_comes_from_above_the_camera() -> None:
    up, down, ahead, back = np.array(
        [[0, -0.7, -0.7], [0, 0.7, -0.7], [0, 0, -1], [0, 0, 1]], np.float32
    )
    lit = studio().on(np.stack([up, down, ahead, back]))
    assert lit[0] > lit[1] > DARKEST
    assert lit[2] > lit[3]
    assert (lit <= LIGHTEST).all()
    assert np.allclose(studio().tint(1.0), 1.0)
    assert (np.diff(studio().tint(0.6)) < 0.0).all()  # shade is warm


def test_harmonics_are_orthogonal() -> None:
    normals = np.random.default_rng(2).normal(size=(200_000, 3)).astype(np.float32)
    basis = harmonics_of(normals / np.linalg.norm(normals, axis=1, keepdims=True))
    gram = basis.T @ basis / len(basis)
    assert np.abs(gram - np.diag(np.diag(gram))).max() < 0.01


def test_the_light_on_a_photos_person_is_that_of_their_skin() -> None:
    fit = fitted(OUTLINE)
    mask = (OUTLINE > 0).astype(np.float32)
    window = np.broadcast_to((255.0 * TONE).astype(np.uint8), (N, N, 3)).copy()
    settled, binding = settle(fit, bind_photo(fit, window).whole)
    _, normals = facing_in(fit, settled.mesh)
    sides = np.array([[-0.7, 0.0, -0.7], [0.7, 0.0, -0.7]], np.float32)
    for way in (1.0, -1.0):
        turned = normals.reshape(-1, 3) * np.array([way, 1.0, 1.0], np.float32)
        lit = TONE * brightness(turned).reshape(N, N, 1)
        photo = np.where(mask[..., None] > 0.0, 255.0 * lit, 90.0).astype(np.uint8)
        left, right = light_in(fit, settled.mesh, binding, photo, mask).on(sides)
        assert way * (left - right) > 0.05
    assert light_in(fit, settled.mesh, binding, window, 0.0 * mask) is studio()
