from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from bunraku.training.people import examples
from bunraku.training.people.examples import make_clip, make_photo, write_clip
from bunraku.training.people.motion import read_amc
from bunraku.training.people.studio import Studio


def test_photo_shows_a_whole_person(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "PHOTO_SIZE", (64, 96))
    photo = make_photo(studio.tailor, (1, 2))
    assert photo.shape == (96, 64, 3)
    assert photo.dtype == np.uint8
    empty = make_photo(studio.tailor, (3, 2))  # another person in the same room
    rows = np.nonzero((np.abs(photo.astype(int) - empty).max(-1) > 40).any(1))[0]
    assert np.ptp(rows) > 60


def test_clip_moves_smoothly_and_is_readable(
    studio: Studio, assets: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(examples, "CLIP_SIZE", 96)
    monkeypatch.setattr(examples, "CLIP_S", 0.4)
    monkeypatch.setattr(examples, "_DANCE_START_S", 0.2)
    folder = assets / "cmu_mocap/02"
    motion = read_amc(folder / "02_05.amc.gz", folder / "02.asf.gz")
    frames = make_clip(studio.tailor, motion, (1, 2))
    assert len(frames) == 10
    steps = [np.abs(a.astype(int) - b).mean() for a, b in pairwise(frames)]
    assert 0 < max(steps) < 8
    write_clip(tmp_path / "clip.mp4", frames)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == 25
        assert stream.codec_context.name == "h264"
        decoded = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert len(decoded) == 10
    assert np.abs(decoded[5].astype(int) - frames[5]).mean() < 8
