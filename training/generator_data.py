"""Batches for the generator: one source and several driving frames of each person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bunraku.networks.densepose import densepose_from_hard, flip_hard, hard_from_iuv
from bunraku.runtime.drivers.landmarks.head import head_map
from bunraku.training.enlarging import enlarged_iuv
from bunraku.training.iuv_data import jitter
from bunraku.training.mixture import DataShare, Mixture
from bunraku.training.observe import DEPTH_OFFSET, DEPTH_SCALE, read_observation
from bunraku.training.people.augment import photograph, random_faults
from bunraku.training.people.records import IUV_SIZE, read_record, taken_down
from bunraku.training.precision import bf16

LOST = 0.06
"""Mean error of the pose network's landmarks, in window units, from which it saw something else:
nothing is to be learned from a picture of one pose under the IUV map of another."""

SELF_SHARE = 0.2
"""Share of driving frames that are the source itself: a photo driven by itself must come back."""

PREDICTED_SHARE = 0.85
"""Share of people whose IUV maps are the IUV net's instead of the exact ones."""

HEADLESS_SHARE = 0.3
"""Share of driving frames without the map of the head by its landmarks."""

MASKED_SHARE = 0.1
"""Among the predicted, those for which the IUV net is given the mask."""


@dataclass(frozen=True)
class GeneratorBatch:
    """B people with K driving frames each; driving tensors are [B · K, ...], person by person.

    IUV maps are kept hard (part, U, V; networks.densepose) and expanded when they are asked for.
    """

    source: Tensor
    """[B, 3, 256, 256] in [0, 1], with its background."""
    mask: Tensor
    """[B, 1, 256, 256]: the person, as good as a segmentation gives it."""
    source_iuv: Tensor
    """[B, 3, n, n]: what the networks are given; n of the generator's ``size``."""
    source_iuv_exact: Tensor
    """The exact one, for supervision."""
    driving_iuv: Tensor
    """[B · K, 3, n, n]."""
    driving_iuv_exact: Tensor
    head: Tensor
    """[B · K, 7]: the map of the head by its landmarks (drivers.landmarks.head); belief 0 where it
    is to be done without."""
    target: Tensor
    """The driving frame over its background, [B · K, 3, 256, 256]."""
    colour: Tensor
    """The person alone, premultiplied, [B · K, 3, 256, 256]."""
    alpha: Tensor
    """[B · K, 1, 256, 256]."""
    background: Tensor
    """[B · K, 3, 256, 256]."""

    @cached_property
    def source_densepose(self) -> Tensor:
        """P_s [B, 73, n, n]."""
        return densepose_from_hard(self.source_iuv)

    @cached_property
    def source_exact(self) -> Tensor:
        """The exact P_s."""
        return densepose_from_hard(self.source_iuv_exact)

    @cached_property
    def driving_densepose(self) -> Tensor:
        """P_d [B · K, 73, n, n]."""
        return densepose_from_hard(self.driving_iuv)

    @cached_property
    def driving_exact(self) -> Tensor:
        """The exact P_d."""
        return densepose_from_hard(self.driving_iuv_exact)

    def each(self, change: Callable[[Tensor], Tensor]) -> GeneratorBatch:
        """The batch with every tensor changed, as by a move to another device."""
        return GeneratorBatch(*(change(getattr(self, field.name)) for field in fields(self)))

    def pin_memory(self) -> GeneratorBatch:
        """The batch where a GPU copies from by itself; a DataLoader asks for it by this name."""
        return self.each(lambda tensor: tensor.pin_memory())


class GeneratorData:
    """Reads people from disk as they are needed.

    Args:
        data: folders of people, where wanted with their weights.
        iuv: an ``IuvNet`` or what answers as one, for the maps that most of the training sees;
            None for the exact ones alone. Its maps are enlarged to the side ``surface``.
        shard: this process among how many; each sees people of its own.
        surface: side of the IUV maps in pixels; larger ones on disk are taken down to it.

    Raises:
        InputError: a folder is empty or has other surfaces, or a file in it is damaged or of
            another size.
    """

    def __init__(
        self,
        data: Path | Sequence[Path | DataShare],
        iuv: nn.Module | None = None,
        shard: tuple[int, int] = (0, 1),
        surface: int = IUV_SIZE,
    ) -> None:
        self.mixture = Mixture(data, observed=iuv is not None, shard=shard, surface=surface)
        self.records = self.mixture.records
        self.iuv = iuv
        self.surface = surface

    def draw(self, rng: np.random.Generator, people: int, drives: int) -> GeneratorBatch:
        """A training batch with all augmentations."""
        chosen = self.mixture.draw(rng, people)
        parts = [self.person(rng, self.records[i], drives, augment=True) for i in chosen]
        batch = collate(parts)
        return augment_source(rng, batch)

    def person(
        self,
        rng: np.random.Generator,
        record: Path,
        drives: int,
        augment: bool = False,
        predicted: bool | None = None,
        masked: bool | None = None,
        frames: tuple[int, list[int]] | None = None,
    ) -> GeneratorBatch:
        """One person as a batch of one source and ``drives`` driving frames.

        Args:
            rng: chooses frames and augmentations.
            record: the person's file.
            drives: how many driving frames.
            augment: colours, mirror and spoilt masks.
            predicted: IUV maps by the IUV net; None: by chance.
            masked: whether the IUV net sees the mask; None: by chance.
            frames: the source and the driving frames; None: by chance, sources that face the
                camera preferred.
        """
        person = read_record(record)
        count = len(person.rgba)
        if frames is None:
            turned = (person.yaw + np.pi) % (2.0 * np.pi) - np.pi
            likely = np.exp(-(turned**2)) + 0.15
            source = int(rng.choice(count, p=likely / likely.sum()))
            others = rng.permutation([i for i in range(count) if i != source])
            # Of a person with few frames, some come again; one picture alone drives itself.
            driving = [int(i) for i in np.resize(others if len(others) else [source], drives)]
            if augment and rng.random() < SELF_SHARE * drives:
                driving[int(rng.integers(len(driving)))] = source
        else:
            source, driving = frames
        index = [source, *driving]
        rgba = torch.from_numpy(person.rgba[index]).permute(0, 3, 1, 2).float() / 255.0
        colour, alpha = rgba[:, :3], rgba[:, 3:]
        plate = torch.from_numpy(person.plate).permute(2, 0, 1)[None].float() / 255.0
        shade = torch.from_numpy(person.shade[index])[:, None].float() / 255.0
        shade = F.interpolate(shade, plate.shape[-2:], mode="bilinear", align_corners=False)
        background = plate * shade
        exact = hard_from_iuv(torch.from_numpy(taken_down(person.iuv[index], self.surface)))
        iuv = exact
        landmarks = torch.from_numpy(person.landmarks[index]).clone()
        if predicted is None:
            predicted = rng.random() < PREDICTED_SHARE
        if predicted and self.iuv is not None:
            observed = read_observation(record)
            landmarks[..., 2] = landmarks[..., 2] * DEPTH_SCALE + DEPTH_OFFSET
            guess = torch.from_numpy(observed.landmarks[index])
            seen = torch.from_numpy(observed.found[index]) & (misplaced(guess, landmarks) < LOST)
            landmarks = torch.where(seen[:, None, None], guess, landmarks)
            if augment:
                landmarks = jitter(landmarks, torch.full((len(index),), 0.006))
            mask = torch.from_numpy(observed.mask[index])[:, None].float() / 255.0
            if masked is None:
                masked = rng.random() < MASKED_SHARE
            with torch.inference_mode(), bf16(landmarks.device):
                out = self.iuv(landmarks, mask if masked else torch.zeros_like(mask))
            iuv = enlarged_iuv(out, self.surface).hard().clone()
        if augment and rng.random() < 0.5:
            landmarks[..., 0] = 1.0 - landmarks[..., 0]
            colour, alpha, background = colour.flip(-1), alpha.flip(-1), background.flip(-1)
            exact, iuv = flip_hard(exact), flip_hard(iuv)
        points = landmarks.numpy()
        head = np.stack([head_map(points[0], driver) for driver in points[1:]])
        if augment:
            head[:, 6] *= rng.random(len(head)) >= HEADLESS_SHARE
        if augment:
            colour = recoloured(rng, colour, alpha)
            if rng.random() < 0.3:
                background = torch.rand(1, 3, 1, 1).expand_as(background)
        picture = colour + background * (1.0 - alpha)
        mask = alpha[:1]
        return GeneratorBatch(
            source=photographed(rng, picture[:1]) if augment else picture[:1],
            mask=roughened(rng, mask) if augment else mask,
            source_iuv=iuv[:1],
            source_iuv_exact=exact[:1],
            driving_iuv=iuv[1:],
            driving_iuv_exact=exact[1:],
            head=torch.from_numpy(head),
            target=picture[1:],
            colour=colour[1:],
            alpha=alpha[1:],
            background=background[1:],
        )


def misplaced(guess: Tensor, exact: Tensor) -> Tensor:
    """Mean distance of visible landmarks [F, 33, 4] in window units: [F]."""
    distance: Tensor = torch.linalg.vector_norm(guess[..., :2] - exact[..., :2], dim=-1)
    visible = exact[..., 3]
    return (distance * visible).sum(1) / (visible.sum(1) + 1e-6)


def collate(parts: list[GeneratorBatch]) -> GeneratorBatch:
    """Several people as one batch."""
    return GeneratorBatch(
        *(torch.cat([getattr(p, field.name) for p in parts]) for field in fields(GeneratorBatch))
    )


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
