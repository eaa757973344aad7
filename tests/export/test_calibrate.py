"""What layers see, and which of them compute in 8 bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from tests.runtime.engines.networks import bottlenecks

from bunraku.export.calibrate import IMAGE, layers_of, make_recipe, seen_by, varied
from bunraku.export.watched import Watched
from bunraku.runtime.engines.onnx_runtime import OnnxEngine
from bunraku.spec.arrays import Array

RANDOM = np.random.default_rng(4)
PICTURES = [RANDOM.random((1, 3, 16, 16), dtype=np.float32) for _ in range(3)]
FEEDS = [{IMAGE: picture} for picture in PICTURES]


def test_every_channel_has_its_least_most_and_mean() -> None:
    seen = seen_by(bottlenecks(), [IMAGE, "wide_bent"], FEEDS)
    together = np.concatenate(PICTURES)
    assert np.allclose(seen[IMAGE][0], together.min((0, 2, 3)))
    assert np.allclose(seen[IMAGE][1], together.max((0, 2, 3)))
    assert np.allclose(seen[IMAGE][2], together.mean((0, 2, 3)), atol=1e-6)
    assert seen["wide_bent"].shape == (3, 24)
    assert seen["wide_bent"].min() >= 0
    assert seen["wide_bent"].max() <= 6


def test_small_maps_and_both_ends_keep_their_digits() -> None:
    assert layers_of(bottlenecks()) == ("narrow", "wide", "deep", "back", "again")
    assert layers_of(bottlenecks(4)) == ()


def test_the_same_recipe_is_the_same_file(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        make_recipe(bottlenecks(), FEEDS).save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_chance_makes_other_pictures_of_the_same_kind() -> None:
    made = [varied(PICTURES[0], np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert np.array_equal(made[0], made[1])
    assert np.abs(made[0] - made[2]).mean() > 0.01
    for picture in made:
        assert picture.shape == PICTURES[0].shape
        assert picture.dtype == np.float32
        assert 0 <= picture.min() < picture.max() <= 1


def test_a_watched_network_answers_as_ever() -> None:
    engine, caught = (
        OnnxEngine(bottlenecks().SerializeToString(), "tiny", 1),
        list[dict[str, Array]](),
    )
    watched = Watched(engine, caught)
    feeds = {IMAGE: PICTURES[0].copy()}
    given = watched.run(feeds)["result"]
    assert np.array_equal(given, engine.run(feeds)["result"])
    feeds[IMAGE][:] = 0
    assert np.array_equal(caught[0][IMAGE], PICTURES[0]), "the buffer is used again"
    assert (watched.name, watched.inputs) == ("tiny", engine.inputs)


def test_the_model_given_is_not_changed() -> None:
    model = bottlenecks()
    before = model.SerializeToString()
    make_recipe(model, FEEDS)
    assert model.SerializeToString() == before
    onnx.checker.check_model(model)
