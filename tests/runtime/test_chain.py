from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.runtime.fakes import (
    SCALES,
    SIZE,
    WINDOW,
    FakeEngine,
    engines,
    puppet,
    street,
    with_person,
)

from bunraku.errors import BundleError
from bunraku.kernels import channels_last
from bunraku.networks.layers import up2_flow
from bunraku.runtime.arrays import Array, Tensors
from bunraku.runtime.chain import Chain, enlarged
from bunraku.runtime.identity import Identity
from bunraku.runtime.stages import StageTimer


@pytest.fixture(scope="module")
def identity() -> Identity:
    p = puppet()
    p.set_source(with_person(street(), 100, 60))
    return p.identity


def random(*shape: int) -> Array:
    return np.random.default_rng(sum(shape)).random(shape, dtype=np.float32)


def without_prior() -> dict[str, FakeEngine]:
    """A generator that makes its own surface: parts, U and V at random, an atlas of one colour."""
    moved = {f"flow_{n}": np.zeros((1, 2, n, n), np.float32) for n in SCALES}
    moved |= {f"occlusion_{n}": np.full((1, 1, n, n), 0.5, np.float32) for n in SCALES}
    moved["parts"] = random(1, 25, SIZE, SIZE)
    moved["u"], moved["v"] = random(1, 24, SIZE, SIZE), random(1, 24, SIZE, SIZE)
    moved["atlas"] = np.full((1, 24, 4, 32, 32), 2.0, np.float32)

    def blend(known: Tensors) -> dict[str, Array]:
        whole = np.ones((1, 1, WINDOW, WINDOW), np.float32)
        shown = known["warped_16"].mean() * whole
        return {"image": np.repeat(shown, 3, 1), "mask": known["z_geo"].mean() * whole}

    return {
        "motion": FakeEngine(
            "motion",
            {"densepose": (1, 73, SIZE, SIZE)},
            {n: a.shape for n, a in moved.items()},
            lambda known: dict(moved),
        ),
        "blend": FakeEngine(
            "blend",
            {"warped_16": (1, 3, 16, 16), "z_geo": (1, 4, SIZE, SIZE)},
            {"image": (1, 3, WINDOW, WINDOW), "mask": (1, 1, WINDOW, WINDOW)},
            blend,
        ),
    }


def test_without_the_prior_the_surface_is_the_motion_engines(identity: Identity) -> None:
    chain = Chain(without_prior(), (WINDOW, SIZE), False, 1, StageTimer())
    frame = chain.run(identity, random(1, 73, SIZE, SIZE))
    # The background's score takes no part in the texture.
    assert np.allclose(frame["z_geo"][0, 0], 2.0 * frame["parts"][0, 1:].sum(0), atol=0.06)
    for n in SCALES:
        assert np.allclose(frame[f"warped_{n}"], 0.5 * identity.tensors[f"z_{n}"], atol=1e-5)
    assert "prior" not in frame
    assert "warped_image" not in frame
    assert frame["mask"].max() > 10


def test_with_the_prior_the_surface_is_the_drivers(identity: Identity) -> None:
    prior = np.zeros((1, 24, 6, 32, 32), np.float32)
    prior[:, :, 2] = 1.0
    gathered = {**identity.gathered, "atlas_prior": channels_last(prior)}
    chain = Chain(engines(), (WINDOW, SIZE), True, 1, StageTimer())
    densepose = random(1, 73, SIZE, SIZE)
    frame = chain.motion(replace(identity, gathered=gathered), densepose)
    assert np.allclose(frame["prior"][0, 2], densepose[0, 1:25].sum(0), atol=0.03)
    assert not frame["prior"][0, [0, 1, 3, 4, 5]].any()
    frame = chain.seam(identity, frame)
    assert frame["flow_window"].shape == (1, 2, WINDOW, WINDOW)
    assert frame["warped_image"].shape == (1, 4, WINDOW, WINDOW)


def test_flows_are_enlarged_as_in_training() -> None:
    flow = random(1, 2, 32, 32) * np.float32(0.05)
    flow[0, 0, 10:20, 5:25] += 0.5
    flow[0, 1, :, 16:] -= 0.2
    expected = up2_flow(torch.from_numpy(flow)).numpy()
    assert np.allclose(enlarged(flow, 64), expected, atol=1e-6)
    assert set(np.unique(np.sign(expected[0, 0, 30] - 0.25))) == {-1.0, 1.0}
    steps = np.abs(np.diff(expected[0, 0, 30]))
    assert ((steps < 0.1) | (steps > 0.4)).all(), "no place between two surfaces"
    assert enlarged(flow, 32) is flow


def test_engines_that_are_missing_or_lack_an_output_are_named() -> None:
    made: dict[str, FakeEngine] = engines()
    with pytest.raises(BundleError, match="'motion' does not give parts, u, v"):
        Chain(made, (WINDOW, SIZE), False, 1, StageTimer())
    del made["blend"]
    with pytest.raises(BundleError, match="'blend' does not give image, mask"):
        Chain(made, (WINDOW, SIZE), True, 1, StageTimer())
