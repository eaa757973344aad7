"""Synthetic people with everything that is known of them, for an evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from bunraku.networks.densepose import densepose_from_iuv
from bunraku.spec.arrays import Array, Picture
from bunraku.training.enlarging import enlarged_iuv
from bunraku.training.evaluated import ModelUnderTest
from bunraku.training.observe import DEPTH_OFFSET, DEPTH_SCALE, read_observation
from bunraku.training.people.records import (
    IUV_SIZE,
    Record,
    compose,
    list_records,
    read_record,
    taken_down,
)


@dataclass(frozen=True, eq=False)
class Case:
    """One person: a source and K driving frames, everything exact."""

    record: Record
    path: Path
    source: int
    driving: list[int]

    @property
    def index(self) -> list[int]:
        return [self.source, *self.driving]

    def picture(self, frame: int) -> Picture:
        """The frame as a camera sees it, [256, 256, 3]."""
        return np.asarray(compose(self.record, frame), np.uint8)

    def background(self, frame: int) -> Picture:
        """The frame without its person."""
        return np.asarray(
            compose(replace(self.record, rgba=np.zeros_like(self.record.rgba)), frame), np.uint8
        )

    def alpha(self, frame: int) -> Array:
        """The person's share of each pixel, [256, 256]."""
        return self.record.rgba[frame, ..., 3].astype(np.float32) / np.float32(255.0)

    def exact(self, size: int = IUV_SIZE) -> Array:
        """P of the source and of the driving frames, [1 + K, 73, size, size]."""
        iuv = taken_down(self.record.iuv[self.index], size)
        return densepose_from_iuv(torch.from_numpy(iuv)).numpy()

    def seen(self) -> Array:
        """Landmarks of the same frames as the pose network gives them, [1 + K, 33, 4].

        Where the pose network found nobody, the record's own landmarks stand in.
        """
        observed = read_observation(self.path)
        own = self.record.landmarks[self.index].copy()
        own[..., 2] = own[..., 2] * DEPTH_SCALE + DEPTH_OFFSET
        found = observed.found[self.index, None, None]
        return np.where(found, observed.landmarks[self.index], own).astype(np.float32)

    def predicted(self, model: ModelUnderTest) -> Array:
        """P of the same frames by the IUV net, from :meth:`seen` and without a mask, at the size
        that the generator takes."""
        landmarks = self.seen()
        no_mask = torch.zeros(len(landmarks), 1, IUV_SIZE, IUV_SIZE)
        with torch.inference_mode():
            made = model.iuv(torch.from_numpy(landmarks), no_mask)
            surface = enlarged_iuv(made, model.size).densepose()
        return np.asarray(surface.numpy(), np.float32)


def cases(data: Path, people: int | None, frames: int) -> Iterator[Case]:
    """The people of a folder, each with its most frontal frame as the source."""
    for path in list_records(data)[:people]:
        record = read_record(path)
        turned = np.abs((record.yaw + np.pi) % (2.0 * np.pi) - np.pi)
        source = int(turned.argmin())
        driving = [i for i in range(len(record)) if i != source][:frames]
        if driving:
            yield Case(record, path, source, driving)
