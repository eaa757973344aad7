"""Batches for the IUV net: landmarks and masks as the pose network gives them, exact IUV maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from bunraku.networks.iuv import torso_length
from bunraku.spec.landmarks import LANDMARKS, MIRRORED
from bunraku.spec.surface import MIRROR
from bunraku.training.mixture import DataShare, Mixture
from bunraku.training.observe import DEPTH_OFFSET, DEPTH_SCALE, read_observation
from bunraku.training.people.records import IUV_SIZE, read_record, taken_down


@dataclass(frozen=True)
class IuvBatch:
    """What goes in and what should come out."""

    landmarks: Tensor
    """[B, 33, 4]."""
    mask: Tensor
    """[B, 1, 128, 128]; all zero where it was dropped."""
    part: Tensor
    """int64 [B, 128, 128]."""
    uv: Tensor
    """[B, 2, 128, 128] in [0, 1]."""


class IuvData:
    """All frames of people, in memory as bytes.

    Args:
        data: folders of people, where wanted with their weights.
        limit: at most so many people, the first ones.

    Raises:
        InputError: a folder is empty, or a file in it is damaged or of another size.
    """

    def __init__(self, data: Path | Sequence[Path | DataShare], limit: int | None = None) -> None:
        mixture = Mixture(data, observed=True)
        iuv, alpha, exact, seen, masks, found = [], [], [], [], [], []
        for record in mixture.records[:limit]:
            person, observed = read_record(record), read_observation(record)
            iuv.append(taken_down(person.iuv, IUV_SIZE))
            frames, side = person.rgba.shape[:2]
            step = side // 128
            a = person.rgba[..., 3].reshape(frames, 128, step, 128, step)
            alpha.append(a.mean((2, 4)).astype(np.uint8))
            exact.append(person.landmarks)
            seen.append(observed.landmarks)
            masks.append(observed.mask)
            found.append(observed.found)
        self.iuv = torch.from_numpy(np.concatenate(iuv))
        self.alpha = torch.from_numpy(np.concatenate(alpha))
        self.exact = torch.from_numpy(np.concatenate(exact)).clone()
        self.exact[..., 2] = self.exact[..., 2] * DEPTH_SCALE + DEPTH_OFFSET
        self.seen = torch.from_numpy(np.concatenate(seen))
        self.masks = torch.from_numpy(np.concatenate(masks))
        self.found = torch.from_numpy(np.concatenate(found))
        frames = np.array([len(part) for part in found])
        likely = np.repeat(mixture.likely[: len(frames)] / frames, frames)
        self._likely = likely / likely.sum()

    def pick(self, rng: np.random.Generator, count: int) -> Tensor:
        """Numbers of frames, each folder's as often as its weight says."""
        return torch.from_numpy(rng.choice(len(self), count, p=self._likely))

    def __len__(self) -> int:
        return len(self.iuv)

    def plain(self, index: Tensor) -> IuvBatch:
        """Frames as they are, with the pose network's landmarks and mask."""
        iuv = self.iuv[index]
        return IuvBatch(
            self.seen[index],
            self.masks[index].float()[:, None] / 255.0,
            iuv[..., 0].long(),
            iuv[..., 1:].permute(0, 3, 1, 2).float() / 255.0,
        )

    def augmented(self, index: Tensor) -> IuvBatch:
        """Frames as training sees them: moved, scaled, mirrored, with the inputs spoilt."""
        count = len(index)
        observed = self.found[index] & (torch.rand(count) < 0.85)
        landmarks = torch.where(
            observed[:, None, None], self.seen[index], self.exact[index]
        ).clone()
        mask = torch.where(observed[:, None, None], self.masks[index], self.alpha[index])
        batch = self.plain(index)
        landmarks = jitter(landmarks, torch.where(observed, 0.012, 0.05))
        batch = IuvBatch(landmarks, mask.float()[:, None] / 255.0, batch.part, batch.uv)
        batch = moved(batch)
        return IuvBatch(batch.landmarks, spoilt(batch.mask), batch.part, batch.uv)


def jitter(landmarks: Tensor, strength: Tensor) -> Tensor:
    """Noise on landmarks [B, 33, 4]; ``strength`` [B] in torso lengths."""
    count = len(landmarks)
    scale = torso_length(landmarks)[:, None, None]
    noise = torch.randn(count, LANDMARKS, 3) * strength[:, None, None] * scale
    far = (
        (torch.rand(count, LANDMARKS, 1) < 0.008) * torch.randn(count, LANDMARKS, 3) * scale * 0.35
    )
    noise = noise + far
    noise[..., 2] *= 2.5
    xyz = landmarks[..., :3] + noise
    # Depth is believed in order only: its scale differs between people and pose networks.
    depth = torch.exp(torch.randn(count, 1, 1) * 0.15)
    xyz = torch.cat([xyz[..., :2], xyz[..., 2:] * depth], 2)
    dropped = torch.rand(count, LANDMARKS) < 0.03
    visibility = torch.where(
        dropped,
        torch.rand(count, LANDMARKS) * 0.3,
        landmarks[..., 3] * (1.0 - 0.15 * torch.rand(count, LANDMARKS)),
    )
    return torch.cat([xyz, visibility[..., None]], 2)


def moved(batch: IuvBatch) -> IuvBatch:
    """Scale (each axis a little on its own, which varies limb lengths), turn, shift, mirror.

    A third of the batch is enlarged up to 2.2 times: half-body crops at all scales.
    """
    count = len(batch.part)
    zoom = torch.exp(torch.randn(count) * 0.1)
    zoom = torch.where(torch.rand(count) < 0.33, 1.0 / (1.0 + 1.2 * torch.rand(count)), zoom)
    aspect = torch.exp(torch.randn(count) * 0.07)
    mirrored = torch.rand(count) < 0.5
    sx, sy = zoom * aspect * torch.where(mirrored, -1.0, 1.0), zoom / aspect
    angle = torch.randn(count) * 0.1
    cos, sin = torch.cos(angle), torch.sin(angle)
    matrix = torch.stack(
        [torch.stack([cos * sx, -sin * sy], 1), torch.stack([sin * sx, cos * sy], 1)], 1
    )
    # Enlarged crops stay about the upper body, where a webcam looks.
    shift = torch.randn(count, 2) * 0.06
    shift[:, 1] -= (1.0 - zoom).clamp(min=0.0) * torch.rand(count) * 0.7
    theta = torch.cat([matrix, shift[:, :, None]], 2)
    grid = F.affine_grid(theta, [count, 1, 128, 128], align_corners=False)

    def sample(x: Tensor, mode: str) -> Tensor:
        return F.grid_sample(x, grid, mode=mode, align_corners=False)

    part = sample(batch.part[:, None].float(), "nearest")[:, 0].round().long()
    uv = sample(batch.uv, "nearest")
    mask = sample(batch.mask, "bilinear")
    points = batch.landmarks[..., :2] * 2.0 - 1.0
    points = torch.linalg.solve(matrix, (points - shift[:, None]).transpose(1, 2)).transpose(1, 2)
    landmarks = torch.cat(
        [
            (points + 1.0) * 0.5,
            batch.landmarks[..., 2:3] / zoom[:, None, None],
            batch.landmarks[..., 3:],
        ],
        2,
    )
    part[mirrored] = torch.tensor(MIRROR)[part[mirrored]]
    uv[mirrored, 0] = 1.0 - uv[mirrored, 0]
    landmarks[mirrored] = landmarks[mirrored][:, list(MIRRORED)]
    return IuvBatch(landmarks, mask, part, uv)


def spoilt(mask: Tensor) -> Tensor:
    """Masks as they come in life: none in half of the samples, blurred, torn."""
    count = len(mask)
    blurred = F.avg_pool2d(mask, 5, 1, 2)
    mask = torch.where((torch.rand(count) < 0.3)[:, None, None, None], blurred, mask)
    torn = F.interpolate(torch.rand(count, 1, 6, 6), (128, 128), mode="bilinear") > 0.2
    mask = torch.where((torch.rand(count) < 0.2)[:, None, None, None], mask * torn, mask)
    return mask * (torch.rand(count) < 0.5)[:, None, None, None]
