"""A generator small enough to test with."""

from __future__ import annotations

from bunraku.networks.presets import GeneratorOptions


def tiny_options(prior: bool) -> GeneratorOptions:
    return GeneratorOptions(
        window=64,
        size=32,
        prior=prior,
        motion=(8, 8, 8, 12),
        motion_prediction=4,
        motion_fine=4,
        warping=(4, 8, 12),
        warping_blocks=1,
        texture=(4, 8),
        atlas_channels=4,
        atlas_blocks=0 if prior else 1,
        densepose_channels=0 if prior else 8,
        blender=(8, 8, 12, 12),
        discriminator=(4, 8, 8, 12),
    )
