"""Batches for the generator: one source and several driving frames of each person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bunraku.networks.densepose import flip_hard, hard_from_iuv
from bunraku.runtime.drivers.landmarks.head import head_map
from bunraku.training.enlarging import enlarged_iuv
from bunraku.training.generator_batch import GeneratorBatch, collate
from bunraku.training.iuv_data import jitter
from bunraku.training.mixture import DataShare, Mixture
from bunraku.training.observe import DEPTH_OFFSET, DEPTH_SCALE, read_observation
from bunraku.training.people.records import IUV_SIZE, read_record, taken_down
from bunraku.training.precision import bf16
from bunraku.training.variation import augment_source, photographed, recoloured, roughened

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

    def draw(
        self, rng: np.random.Generator, people: int, drives: int, *, neighbours: bool = False
    ) -> GeneratorBatch:
        """A training batch with all augmentations.

        Args:
            rng: draws.
            people: how many.
            drives: driving frames of each.
            neighbours: whether driving frames shall follow each other, of people who have such.
        """
        chosen = self.mixture.draw(rng, people, neighbours=neighbours)
        parts = [
            self.person(rng, self.records[i], drives, augment=True, neighbours=neighbours)
            for i in chosen
        ]
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
        neighbours: bool = False,
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
            neighbours: driving frames that follow each other, where the record has such.
        """
        person = read_record(record)
        count = len(person.rgba)
        if frames is None:
            turned = (person.yaw + np.pi) % (2.0 * np.pi) - np.pi
            likely = np.exp(-(turned**2)) + 0.15
            source = int(rng.choice(count, p=likely / likely.sum()))
            if neighbours and person.in_order and drives <= count:
                first = int(rng.integers(count - drives + 1))
                driving = list(range(first, first + drives))
            else:
                driving = _apart(rng, count, source, drives)
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


def _apart(rng: np.random.Generator, count: int, source: int, drives: int) -> list[int]:
    """Driving frames out of ``count`` in any order, other than the source."""
    others = rng.permutation([i for i in range(count) if i != source])
    # Of a person with few frames, some come again; one picture alone drives itself.
    return [int(i) for i in np.resize(others if len(others) else [source], drives)]


def misplaced(guess: Tensor, exact: Tensor) -> Tensor:
    """Mean distance of visible landmarks [F, 33, 4] in window units: [F]."""
    distance: Tensor = torch.linalg.vector_norm(guess[..., :2] - exact[..., :2], dim=-1)
    visible = exact[..., 3]
    return (distance * visible).sum(1) / (visible.sum(1) + 1e-6)
