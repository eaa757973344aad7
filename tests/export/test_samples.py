from __future__ import annotations

import torch

from bunraku.export.samples import driving_sample, iuv_sample, source_sample
from bunraku.networks.presets import GeneratorOptions


def test_a_source_looks_like_somebody() -> None:
    sample = source_sample(GeneratorOptions())
    assert sample["image"].shape == (1, 3, 256, 256)
    assert 0.0 <= float(sample["image"].min()) < float(sample["image"].max()) <= 1.0
    assert 0.2 < float(sample["mask"].mean()) < 0.6
    assert sample["densepose"].shape == (1, 73, 128, 128)


def test_a_pose_is_a_valid_map_with_many_parts() -> None:
    densepose = driving_sample(GeneratorOptions())
    scores = densepose[:, :25]
    assert torch.equal(scores.sum(1), torch.ones(1, 128, 128))
    assert int((scores.sum((0, 2, 3)) > 0).sum()) > 12
    assert 0.0 <= float(densepose.min()) <= float(densepose.max()) <= 1.0


def test_the_same_seed_gives_the_same() -> None:
    options = GeneratorOptions()
    assert torch.equal(driving_sample(options, 3), driving_sample(options, 3))
    assert not torch.equal(driving_sample(options, 3), driving_sample(options, 4))
    assert torch.equal(iuv_sample(1)["landmarks"], iuv_sample(1)["landmarks"])
