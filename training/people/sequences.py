"""Frames that follow each other: a piece of a motion clip, and a face that changes steadily."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

STEP_S = 0.1
"""Between two frames, as `bunraku prepare` takes them of a film."""


def follow(rng: np.random.Generator, length: int, frame_time_s: float, frames: int) -> list[int]:
    """So many frames of a clip one after the other, ``STEP_S`` apart.

    Args:
        rng: chooses the first.
        length: of the clip, in frames of its own.
        frame_time_s: between two of these.
        frames: how many; of a clip too short, neighbours are nearer, and its last frame stays.
    """
    step = max(1, min(round(STEP_S / frame_time_s), (length - 1) // max(frames - 1, 1)))
    first = int(rng.integers(max(length - step * (frames - 1), 1)))
    return [min(first + step * i, length - 1) for i in range(frames)]


def between(one: Mapping[str, float], other: Mapping[str, float], share: float) -> dict[str, float]:
    """Facial actions on the way from one expression to another, at 0 ≤ ``share`` ≤ 1."""
    names = {**one, **other}
    return {n: (1.0 - share) * one.get(n, 0.0) + share * other.get(n, 0.0) for n in names}
