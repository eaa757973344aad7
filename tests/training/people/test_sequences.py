"""Frames that follow each other."""

from __future__ import annotations

import numpy as np
import pytest

from bunraku.training.people.sequences import between, follow


@pytest.mark.parametrize(
    ("length", "frame_time_s", "step"),
    [(500, 0.05, 2), (500, 1 / 120, 12), (500, 0.2, 1), (12, 0.05, 1), (23, 0.05, 2)],
)
def test_frames_of_a_clip_are_a_tenth_of_a_second_apart(
    rng: np.random.Generator, length: int, frame_time_s: float, step: int
) -> None:
    firsts = set()
    for _ in range(20):
        frames = follow(rng, length, frame_time_s, 12)
        assert np.diff(frames).tolist() == [step] * 11
        assert frames[0] >= 0
        assert frames[-1] < length
        firsts.add(frames[0])
    assert (len(firsts) > 1) == (length > 11 * step + 1)


def test_a_clip_too_short_stays_at_its_last_frame(rng: np.random.Generator) -> None:
    assert follow(rng, 3, 0.05, 5) == [0, 1, 2, 2, 2]
    assert follow(rng, 1, 0.05, 1) == [0]


def test_a_face_changes_steadily() -> None:
    assert between({"a": 0.5}, {"b": 1.0}, 0.25) == {"a": 0.375, "b": 0.25}
