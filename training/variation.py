"""Sources as other cameras, clothes and segmentations would have given them."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from bunraku.training.generator_batch import GeneratorBatch
from bunraku.training.people.augment import photograph, random_faults


def recoloured(rng: np.random.Generator, colour: Tensor, alpha: Tensor) -> Tensor:
    """The same change of colours for all frames: channels swapped, mixed, scaled."""
    mix = torch.eye(3)
    if rng.random() < 0.35:
        mix = mix[torch.from_numpy(rng.permutation(3))]
    gains = torch.from_numpy(rng.uniform(0.75, 1.2, (3, 1))).float()
    noise = torch.from_numpy(rng.normal(0.0, 0.05, (3, 3))).float()
    mixed = torch.einsum("ij,bjhw->bihw", mix * gains + noise, colour)
    return torch.minimum(mixed.clamp(min=0.0), alpha)


def photographed(rng: np.random.Generator, picture: Tensor) -> Tensor:
    """The source [1, 3, h, w] with a camera's blur, noise and compression, in its own colours."""
    if rng.random() < 0.5:
        return picture
    faults = replace(random_faults(rng, 0.6), gain=(1.0, 1.0, 1.0), gamma=1.0)
    pixels = (picture[0].permute(1, 2, 0).clamp(0.0, 1.0) * 255.0).round().byte().numpy()
    spoilt = photograph(faults, np.ascontiguousarray(pixels), rng)
    return torch.from_numpy(spoilt).permute(2, 0, 1)[None].float() / 255.0


def roughened(rng: np.random.Generator, mask: Tensor) -> Tensor:
    """A mask [1, 1, h, w] as a segmentation net would give it: soft, too wide or too narrow."""
    if rng.random() < 0.5:
        # OpenCV's box is a tenth of the work of torch's pooling.
        edge = cv2.BORDER_CONSTANT
        mask = torch.from_numpy(cv2.blur(mask[0, 0].numpy(), (5, 5), borderType=edge))[None, None]
    choice = rng.random()
    if choice < 0.2:
        mask = F.max_pool2d(mask, 3, 1, 1)
    elif choice < 0.5:
        mask = -F.max_pool2d(-mask, 3, 1, 1)
    return mask


def augment_source(rng: np.random.Generator, batch: GeneratorBatch) -> GeneratorBatch:
    """Sources seen by another camera: moved, turned, scaled a little."""
    count = len(batch.source)
    if rng.random() < 0.4:
        return batch
    angle = torch.randn(count) * 0.05
    scale = torch.exp(torch.randn(count) * 0.1)
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    shift = torch.randn(count, 2) * 0.07
    theta = torch.stack(
        [torch.stack([cos, -sin, shift[:, 0]], 1), torch.stack([sin, cos, shift[:, 1]], 1)], 1
    )

    def move(x: Tensor, mode: str, padding: str) -> Tensor:
        grid = F.affine_grid(theta, [count, 1, *x.shape[-2:]], align_corners=False)
        return F.grid_sample(x, grid, mode=mode, padding_mode=padding, align_corners=False)

    # Points of the source move the other way than the sampling grid.
    drives = len(batch.head) // count
    turn = torch.linalg.inv(theta[:, :, :2]).repeat_interleave(drives, 0)
    matrix = batch.head[:, :6].view(-1, 2, 3).clone()
    matrix[:, :, 2] -= theta[:, :, 2].repeat_interleave(drives, 0)
    head = torch.cat([(turn @ matrix).flatten(1), batch.head[:, 6:]], 1)
    return replace(
        batch,
        head=head,
        source=move(batch.source, "bilinear", "border"),
        mask=move(batch.mask, "bilinear", "zeros"),
        source_iuv=move(batch.source_iuv, "nearest", "zeros"),
        source_iuv_exact=move(batch.source_iuv_exact, "nearest", "zeros"),
    )
