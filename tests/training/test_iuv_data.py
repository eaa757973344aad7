from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from bunraku.networks.iuv import torso_length
from bunraku.spec.landmarks import MIRRORED
from bunraku.spec.surface import MIRROR
from bunraku.training.iuv_data import (
    IuvBatch,
    IuvData,
    jitter,
    moved,
    spoilt,
)
from bunraku.training.observe import DEPTH_OFFSET, DEPTH_SCALE

MakePeople = Callable[..., Path]


@pytest.fixture
def data(make_people: MakePeople) -> IuvData:
    return IuvData(make_people(count=3, frames=4))


def test_reads_everything(data: IuvData, make_people: MakePeople) -> None:
    assert len(data) == 12
    assert data.iuv.shape == (12, 128, 128, 3)
    assert data.alpha.shape == (12, 128, 128)
    assert data.found.tolist() == [True, False, True, True] * 3
    assert len(IuvData(make_people(count=3, frames=4), limit=1)) == 4


def test_depth_of_the_records_is_brought_to_the_pose_networks(data: IuvData) -> None:
    metric = -0.01 * (torch.arange(33) % 3)
    assert torch.allclose(data.exact[0, :, 2], metric * DEPTH_SCALE + DEPTH_OFFSET)
    assert torch.allclose(data.seen[0, :, 2], metric)


def test_plain_batch(data: IuvData) -> None:
    batch = data.plain(torch.tensor([0, 5]))
    assert batch.landmarks.shape == (2, 33, 4)
    assert batch.mask.shape == (2, 1, 128, 128)
    assert batch.part.dtype == torch.int64
    assert batch.uv.shape == (2, 2, 128, 128)
    assert torch.equal(batch.mask[:, 0] > 0.5, batch.part > 0)
    assert 0.0 <= float(batch.uv.min()) <= float(batch.uv.max()) <= 1.0


def test_augmented_batch(data: IuvData) -> None:
    batch = data.augmented(torch.arange(12))
    assert batch.part.shape == (12, 128, 128)
    assert int(batch.part.max()) <= 24
    assert bool(torch.isfinite(batch.landmarks).all())
    assert 0.0 <= float(batch.landmarks[..., 3].min()) <= float(batch.landmarks[..., 3].max()) <= 1
    dropped = (batch.mask.flatten(1).amax(1) == 0.0).sum()
    assert 2 <= int(dropped) <= 10
    # The data itself stays as it is: the same frames come again in the next epoch.
    assert torch.equal(data.plain(torch.arange(12)).part, data.iuv[..., 0].long())


def dots(count: int) -> IuvBatch:
    """Every pixel near a landmark belongs to a part of its own; mirrored landmarks, mirrored parts.

    Eight landmarks, four of each side, well apart.
    """
    places = {11: (0.7, 0.3), 12: (0.3, 0.3), 13: (0.8, 0.45), 14: (0.2, 0.45),
              25: (0.6, 0.7), 26: (0.4, 0.7), 27: (0.65, 0.85), 28: (0.35, 0.85)}  # fmt: skip
    parts = {11: 15, 12: 16, 13: 19, 14: 20, 25: 10, 26: 9, 27: 5, 28: 6}
    landmarks = torch.full((count, 33, 4), 0.5)
    landmarks[:, 23:25, 1] = 0.6
    part = torch.zeros(count, 128, 128, dtype=torch.int64)
    uv = torch.zeros(count, 2, 128, 128)
    for i, (x, y) in places.items():
        landmarks[:, i, 0], landmarks[:, i, 1] = x, y
        row, column = int(y * 128), int(x * 128)
        area = (slice(None), slice(row - 6, row + 7), slice(column - 6, column + 7))
        part[area] = parts[i]
        uv[:, 0, area[1], area[2]] = 0.25
    mask = (part > 0).float()[:, None]
    return IuvBatch(landmarks, mask, part, uv)


PART_OF = {11: 15, 12: 16, 13: 19, 14: 20, 25: 10, 26: 9, 27: 5, 28: 6}


def at(picture: Tensor, point: Tensor) -> float | None:
    """The pixel at (x, y) in window units; None outside."""
    x, y = int(point[0] * 128), int(point[1] * 128)
    inside = 0 <= x < 128 and 0 <= y < 128
    return float(picture[y, x]) if inside else None


def test_landmarks_stay_on_their_pixels() -> None:
    before = dots(64)
    after = moved(before)
    checked = mirrored = 0
    for n in range(64):
        for landmark, part in PART_OF.items():
            point = after.landmarks[n, landmark]
            found = at(after.part[n], point)
            if found is None:
                continue
            # The left shoulder is on a left part, whether the picture was mirrored or not.
            assert found == part, (n, landmark)
            assert at(after.mask[n, 0], point) == pytest.approx(1.0, abs=0.01)
            u = at(after.uv[n, 0], point)
            assert u == pytest.approx(0.25) or u == pytest.approx(0.75)
            checked += 1
            mirrored += u == pytest.approx(0.75)
    assert checked > 300
    assert 0.25 < mirrored / checked < 0.75


def test_moved_varies_size_and_place() -> None:
    after = moved(dots(128))
    length = torso_length(after.landmarks)
    assert float(length.max()) > 1.6 * float(length.min())
    # A mirrored person is a person still: the left shoulder stays on the right of the picture.
    assert bool((after.landmarks[:, 11, 0] > after.landmarks[:, 12, 0]).all())
    assert float(after.landmarks[:, 11, :2].std(0).min()) > 0.03


def test_mirror_tables_agree() -> None:
    for landmark, part in PART_OF.items():
        assert PART_OF[MIRRORED[landmark]] == MIRROR[part]


def test_spoilt_masks() -> None:
    torch.manual_seed(1)
    mask = torch.zeros(200, 1, 128, 128)
    mask[..., 32:96, 32:96] = 1.0
    after = spoilt(mask)
    empty = after.flatten(1).amax(1) == 0.0
    assert 0.4 < float(empty.float().mean()) < 0.6
    untouched = (after == mask).flatten(1).all(1)
    assert 0.1 < float(untouched.float().mean()) < 0.5
    assert 0.0 <= float(after.min()) <= float(after.max()) <= 1.0


def test_jitter_is_small_but_for_a_few() -> None:
    landmarks = dots(50).landmarks
    noisy = jitter(landmarks, torch.full((50,), 0.012))
    scale = torso_length(landmarks)[:, None]
    distance = (noisy - landmarks)[..., :2].norm(dim=-1) / scale
    assert float(distance.median()) < 0.03
    assert float((distance > 0.1).float().mean()) < 0.03
    assert bool((noisy[..., 3] <= landmarks[..., 3] + 0.3).all())
    assert 0.01 < float((noisy[..., 3] < 0.31).float().mean()) < 0.06
