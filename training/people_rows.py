"""What each row of the table of synthetic people makes of one of them."""

from __future__ import annotations

import numpy as np
import torch

from bunraku.kernels import sample_texture, warp_occlude
from bunraku.networks.layers import identity_grid, push_pull, up2
from bunraku.networks.prior import fill, flow_from_prior, prior_atlas, splat
from bunraku.runtime.drivers.landmarks.head import head_map
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.surface import part_charts
from bunraku.training.contender import UNMOVED
from bunraku.training.evaluated import Frames, ModelUnderTest
from bunraku.training.people_cases import Case

COPY = "IUV copy"
EXACT = "generator, exact IUV"
PREDICTED = "generator, predicted IUV"
ROWS = (UNMOVED, COPY, EXACT, PREDICTED)
"""Of each case; candidates have rows of their own (training/people_driven.py)."""


def copy_along_iuv(source: Array, mask: Array, densepose: Array, driving: Array) -> Frames:
    """The trivial baseline: colours follow the exact IUV maps.

    Args:
        source: [3, w, w] in [0, 1].
        mask: [w, w] in [0, 1].
        densepose: P_s [73, n, n], exact.
        driving: P_d [K, 73, n, n], exact; its outline, enlarged, is the mask.
    """
    surface = torch.from_numpy(densepose)[None]
    poses = torch.from_numpy(driving)
    grid = identity_grid(surface.shape[-1])
    person = 1.0 - surface[:, :1]
    coordinates, confidence = fill(*splat(surface, person, grid))
    atlas = prior_atlas(coordinates, coordinates[:, :, :0], confidence)
    sampled = sample_texture(atlas.expand(len(poses), -1, -1, -1, -1), *part_charts(poses))
    flow, _ = flow_from_prior(sampled)
    # Beyond the source's outline its own colours go on, not the background's.
    outline = torch.from_numpy(mask)[None, None]
    colours = push_pull(torch.from_numpy(source)[None] * outline, outline)
    flow = up2(flow)
    copied = warp_occlude(
        colours.expand(len(poses), -1, -1, -1), flow, torch.ones_like(flow[:, :1])
    )
    return Frames(copied.clamp(0.0, 1.0).numpy(), up2(1.0 - poses[:, :1]).numpy())


def over(image: Array, mask: Array, background: Picture) -> Picture:
    """Compose [3, w, w] over a picture with the mask [w, w]."""
    colours = image.transpose(1, 2, 0) * np.float32(255.0)
    share = mask[..., None]
    mixed = colours * share + background * (np.float32(1.0) - share)
    return (mixed + np.float32(0.5)).clip(0.0, 255.0).astype(np.uint8)


def make_rows(case: Case, model: ModelUnderTest) -> tuple[dict[str, list[Picture]], Array]:
    """What each row of the table makes of a case, and the driver's exact IUV maps."""
    exact, own = case.exact(), case.exact(model.size)
    unmoved = case.picture(case.source)
    source = np.ascontiguousarray(unmoved.transpose(2, 0, 1), np.float32) / np.float32(255.0)
    mask = case.alpha(case.source)
    backgrounds = [case.background(i) for i in case.driving]

    def composed(frames: Frames) -> list[Picture]:
        return [
            over(image, outline[0], background)
            for image, outline, background in zip(
                frames.image, frames.mask, backgrounds, strict=True
            )
        ]

    def moved(maps: Array, landmarks: Array) -> list[Picture]:
        head = np.stack([head_map(landmarks[0], driver) for driver in landmarks[1:]])
        return composed(model.animate(source, mask, maps[0], maps[1:], head))

    made = {
        UNMOVED: [unmoved] * len(case.driving),
        COPY: composed(copy_along_iuv(source, mask, exact[0], exact[1:])),
        EXACT: moved(own, case.record.landmarks[case.index]),
        PREDICTED: moved(case.predicted(model), case.seen()),
    }
    return made, exact[1:]
