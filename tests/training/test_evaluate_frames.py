from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bunraku.errors import InputError
from bunraku.runtime.source.named import is_clip, is_photo
from bunraku.training.evaluate_frames import (
    CROSS_FRAMES,
    Spaced,
    clip_frames,
    clip_sample,
    files,
    short_names,
)


@pytest.mark.parametrize("total", [1, 2, 5, 12, 100, 1000])
def test_spaced_keeps_an_even_choice(total: int) -> None:
    spaced: Spaced[int] = Spaced(5)
    for i in range(total):
        spaced.offer(i)
    chosen = spaced.chosen()
    assert len(chosen) == min(5, total)
    assert chosen[0] == 0
    steps = np.diff(chosen)
    if total >= 5:
        assert steps.min() > 0
        assert steps.max() <= 2 * steps.min()
        assert chosen[-1] >= 0.75 * (total - 1)


def test_nothing_offered() -> None:
    assert Spaced[int](3).chosen() == []


def test_real_clips_are_read(make_clip: Callable[..., Path]) -> None:
    path = make_clip(frames=9)
    assert [frame.index for frame in clip_frames(path, 4)] == [0, 1, 2, 3]
    sample = clip_sample(path)
    assert len(sample) == CROSS_FRAMES
    assert sample[0].index == 0


def test_files(tmp_path: Path) -> None:
    for name in ("b.MP4", "a.mov", "._a.mov", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "c.mp4").mkdir()
    assert [p.name for p in files(tmp_path, is_clip, "clip")] == ["a.mov", "b.MP4"]
    assert files(tmp_path / "notes.txt", is_clip, "clip") == [tmp_path / "notes.txt"]
    with pytest.raises(InputError, match="There is no photo in"):
        files(tmp_path, is_photo, "photo")


def test_files_of_one_stem_keep_their_endings() -> None:
    paths = [Path("a/walk.mp4"), Path("a/walk.mov"), Path("a/run.mp4")]
    assert short_names(paths) == ["walk.mp4", "walk.mov", "run"]
