from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bunraku.errors import InputError
from bunraku.runtime.pose import Pose
from bunraku.spec.arrays import Picture
from bunraku.training import observe
from bunraku.training.observe import observation_path, observe_record, read_observation
from bunraku.training.people.records import list_records

MakePeople = Callable[..., Path]


class FakeTracker:
    """Finds somebody in every picture but the second."""

    def __init__(self) -> None:
        self.looks = 0

    def observe(self, _frame: Picture) -> Pose | None:
        self.looks += 1
        if self.looks == 2:
            return None
        landmarks = np.zeros((33, 4), np.float32)
        landmarks[:, 0], landmarks[:, 1] = 0.0, 127.5  # the first column's centre; the middle row
        landmarks[:, 2], landmarks[:, 3] = -25.6, 0.75
        mask = np.zeros((256, 256), np.float32)
        mask[:2, :1] = 1.0
        return Pose(landmarks, np.zeros((33, 3), np.float32), 1.0, mask)


@pytest.fixture
def tracker(monkeypatch: pytest.MonkeyPatch) -> FakeTracker:
    fake = FakeTracker()
    monkeypatch.setattr(observe, "_tracker", fake)
    return fake


def test_what_is_stored(tracker: FakeTracker, make_people: MakePeople) -> None:
    record = list_records(make_people(count=1, frames=3))[0]
    observe_record(record)
    observed = read_observation(record)
    assert observed.found.tolist() == [True, False, True]
    # Window units: the first pixel's centre is half a pixel in.
    assert observed.landmarks[0, 5] == pytest.approx([0.5 / 256, 0.5, -0.1, 0.75])
    assert observed.mask.shape == (3, 128, 128)
    assert observed.mask[0, 0, 0] == 128
    assert observed.mask[0].sum() == 128
    assert not observed.mask[1].any()


def test_only_what_is_missing_is_observed(tracker: FakeTracker, make_people: MakePeople) -> None:
    folder = make_people(count=3, frames=2)
    records = list_records(folder)
    assert observe.observe(folder, workers=1) == 0
    observation_path(records[1]).unlink()
    assert observe.observe(folder, workers=1) == 1
    assert tracker.looks == 2
    assert not list(folder.glob("*.part*"))


def test_not_observed_yet(make_people: MakePeople) -> None:
    record = list_records(make_people(count=1))[0]
    observation_path(record).unlink()
    with pytest.raises(InputError, match=r"pose_000000\.npz is missing\. Run `bunraku synth"):
        read_observation(record)
