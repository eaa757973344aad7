"""People made of rectangles, stored as the generator of people stores real ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from bunraku.spec.arrays import Array, Picture
from bunraku.training.judge import Seen
from bunraku.training.observe import observation_path
from bunraku.training.people.records import Record, write_record

FIGURE: dict[int, tuple[int, int, int, int]] = {
    2: (48, 40, 80, 80),
    24: (48, 16, 80, 40),
    16: (24, 40, 48, 56),
    15: (80, 40, 104, 56),
    9: (48, 80, 64, 116),
    10: (64, 80, 80, 116),
}
"""Left, top, right, bottom of the parts of a standing person in 128 × 128 pixels, front view."""

JOINTS: dict[int, tuple[float, float]] = {
    11: (80, 44), 12: (48, 44), 13: (92, 48), 14: (36, 48), 15: (104, 48), 16: (24, 48),
    23: (76, 80), 24: (52, 80), 25: (72, 100), 26: (56, 100), 27: (72, 115), 28: (56, 115),
}  # fmt: skip
"""Landmarks in the same pixels; the rest is in the face, on hands and feet."""


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(20240229)
    torch.set_num_threads(1)  # small tensors: more threads only wait for each other


def draw_iuv(dx: int = 0, dy: int = 0) -> NDArray[np.uint8]:
    """[128, 128, 3]; U runs left to right and V top to bottom over each part."""
    iuv = np.zeros((128, 128, 3), np.uint8)
    for part, (left, top, right, bottom) in FIGURE.items():
        u = np.round((np.arange(right - left) + 0.5) / (right - left) * 255)
        v = np.round((np.arange(bottom - top) + 0.5) / (bottom - top) * 255)
        area = iuv[top + dy : bottom + dy, left + dx : right + dx]
        area[..., 0] = part
        area[..., 1] = u[None, :]
        area[..., 2] = v[:, None]
    return iuv


def draw_landmarks(dx: int = 0, dy: int = 0) -> Array:
    """[33, 4] in window units, all visible."""
    landmarks = np.zeros((33, 4), np.float32)
    landmarks[:, 3] = 1.0
    for i in range(33):
        x, y = JOINTS.get(i) or (
            (58 + i, 28) if i < 11 else JOINTS[16 - i % 2 if i < 23 else 28 - i % 2]
        )
        landmarks[i, :3] = (x + dx) / 128, (y + dy) / 128, -0.01 * (i % 3)
    return landmarks


def draw_person(index: int, frames: int, half: bool = False, surface: int = 128) -> Record:
    """A person with colours of its own that moves to the right, frame by frame."""
    finer = surface // 128
    rng = np.random.default_rng(index)
    iuv = np.stack([draw_iuv(4 * i, -2 * i) for i in range(frames)])
    palette = rng.integers(40, 220, (25, 3))
    shading = iuv[..., 1:].astype(np.int64).sum(-1)[..., None] // 16
    colours = np.clip(palette[iuv[..., 0]] + shading, 0, 255) * (iuv[..., :1] > 0)
    rgba = np.concatenate([colours, 255 * (iuv[..., :1] > 0)], 3).astype(np.uint8)
    return Record(
        rgba=rgba.repeat(2, 1).repeat(2, 2),
        iuv=iuv.repeat(finer, 1).repeat(finer, 2),
        plate=np.full((256, 256, 3), rng.integers(0, 255, 3), np.uint8),
        shade=np.full((frames, 64, 64), 255, np.uint8),
        landmarks=np.stack([draw_landmarks(4 * i, -2 * i) for i in range(frames)]),
        yaw=np.linspace(0.5, -0.1, frames).astype(np.float32),
        half=half,
        seed=1,
        index=index,
    )


def write_people(folder: Path, count: int = 2, frames: int = 4, surface: int = 128) -> Path:
    """Records with observations, the second frame's lost; the folder."""
    folder.mkdir(exist_ok=True)
    for index in range(count):
        person = draw_person(index, frames, half=index % 2 == 1, surface=surface)
        path = write_record(folder, person)
        np.savez_compressed(
            observation_path(path),
            landmarks=person.landmarks,
            mask=person.rgba[:, ::2, ::2, 3],
            found=np.arange(frames) != 1,
        )
    return folder


@pytest.fixture
def make_people(tmp_path: Path) -> Callable[..., Path]:
    """``make_people(count=2, frames=4)``: a folder of records with observations."""

    def make(count: int = 2, frames: int = 4, name: str = "people", surface: int = 128) -> Path:
        return write_people(tmp_path / name, count, frames, surface)

    return make


@pytest.fixture
def person() -> Record:
    """One person in four frames."""
    return draw_person(0, 4)


@dataclass
class FakeJudge:
    """Sees every landmark in the middle of what is red."""

    looks: int = 0

    def look(self, picture: Picture, mask: bool = False) -> Seen | None:
        self.looks += 1
        red = picture[..., 0].astype(np.int64) - picture[..., 1] - picture[..., 2] > 100
        if not red.any():
            return None
        y, x = np.argwhere(red).mean(0)
        landmarks = np.zeros((33, 4), np.float32)
        landmarks[:, 0], landmarks[:, 1], landmarks[:, 3] = x, y, 1.0
        return Seen(landmarks, red.astype(np.float32) if mask else None)


@pytest.fixture
def judge() -> FakeJudge:
    """Finds red things; see :class:`FakeJudge`."""
    return FakeJudge()
