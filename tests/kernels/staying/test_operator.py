from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bunraku.kernels import still_share, strayed
from bunraku.kernels.staying import reference
from bunraku.kernels.staying.terms import FAR_PX

N, PART, CORNER = 40, (23, 31), (5, 7)


def moves(rng: np.random.Generator) -> dict[str, Any]:
    """Of pixels that are surely the photo's, hardly, and not at all."""
    shape = (1, 1, N, N)
    return {
        "flow": rng.normal(0.0, 0.1, (1, 2, N, N)).astype(np.float32),
        "trust": rng.uniform(0.0, 1.2, shape).astype(np.float32),
        "mask": rng.uniform(0.0, 1.0, shape).round(1).astype(np.float32),
        "owner": np.sort(rng.integers(0, PART[0] * PART[1], PART), 1),
        "near": rng.integers(0, 2, PART).astype(np.float32),
    }


def band(rng: np.random.Generator) -> dict[str, Any]:
    highest = {"moved": 9.0, "weight": 2.0, "slack": 9.0, "steep": 1.0, "share": 1.0}
    return {name: rng.uniform(0.0, h, PART).astype(np.float32) for name, h in highest.items()}


def test_moves_are_to_the_last_bit_those_of_the_plain_form(rng: np.random.Generator) -> None:
    given = moves(rng)
    found = strayed(**given, corner=CORNER)
    np.testing.assert_array_equal(found, reference.strayed(**given, corner=CORNER))
    assert 0.0 < found.max() <= FAR_PX
    strided = given | {"flow": np.asfortranarray(given["flow"])}
    np.testing.assert_array_equal(strayed(**strided, corner=CORNER), found)


def test_what_is_not_the_photos_is_far() -> None:
    there = np.zeros((1, 1, N, N), np.float32)
    owner, near = np.zeros(PART, np.int64), np.ones(PART, np.float32)
    assert (
        strayed(np.zeros((1, 2, N, N), np.float32), there, there, owner, near, CORNER) == FAR_PX
    ).all()


def test_shares_are_to_the_last_bit_those_of_the_plain_form(rng: np.random.Generator) -> None:
    given = band(rng)
    found = still_share(**given, corner=CORNER, n=N)
    np.testing.assert_array_equal(found, reference.still_share(**given, corner=CORNER, n=N))
    assert found.any()
    found[CORNER[0] : CORNER[0] + PART[0], CORNER[1] : CORNER[1] + PART[1]] = 0.0
    assert not found.any()


def test_what_does_not_fit_is_refused(rng: np.random.Generator) -> None:
    given, shown = moves(rng), band(rng)
    with pytest.raises(ValueError, match="is not inside"):
        strayed(**given, corner=(N - 5, 0))
    with pytest.raises(ValueError, match="owner must be"):
        strayed(**given | {"owner": given["owner"] - 9000}, corner=CORNER)
    with pytest.raises(ValueError, match="trust must be"):
        strayed(**given | {"trust": given["trust"][..., 1:]}, corner=CORNER)
    with pytest.raises(TypeError, match="near must be float32"):
        strayed(**given | {"near": given["near"] > 0}, corner=CORNER)
    with pytest.raises(ValueError, match="is not inside"):
        still_share(**shown, corner=(-1, 0), n=N)
    with pytest.raises(ValueError, match="share must be"):
        still_share(**shown | {"share": shown["share"][1:]}, corner=CORNER, n=N)
