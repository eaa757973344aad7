from __future__ import annotations

import numpy as np
import pytest
import torch

from bunraku.kernels import restore
from bunraku.kernels.restoring import reference
from bunraku.spec.arrays import Array, Picture

N = 16


def pictures(height: int = 70, width: int = 90) -> tuple[Picture, Picture]:
    made = np.random.default_rng(0).integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    return made[0], made[1]


def spots() -> Array:
    """Some whole, some none, some between, at the window's edges too."""
    noise = np.random.default_rng(1).uniform(-1.0, 2.0, (N, N))
    return np.clip(noise, 0.0, 1.0).astype(np.float32)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("box", [(10, 5, 60), (-7, -20, 100), (60, 40, 90), (30, 20, 9), (5, 5, 1)])
def test_it_gives_what_the_plain_form_gives(box: tuple[int, int, int], threads: int) -> None:
    (plate, photo), share = pictures(), spots()
    expected, made = plate.copy(), plate.copy()
    reference.restore(expected, photo, share, box)
    restore(made, photo, share, box, threads=threads)
    assert np.abs(made.astype(int) - expected).max() <= 1
    assert (made == expected).mean() > 0.99


def test_one_is_the_photo_and_zero_the_picture() -> None:
    plate, photo = pictures()
    made = plate.copy()
    restore(made, photo, np.ones((N, N), np.float32), (10, 5, 40))
    expected = plate.copy()
    expected[5:45, 10:50] = photo[5:45, 10:50]
    assert np.array_equal(made, expected)
    restore(made, plate, np.zeros((N, N), np.float32), (10, 5, 40))
    assert np.array_equal(made, expected)


def test_what_is_not_a_number_shows_nothing() -> None:
    plate, photo = pictures()
    made = plate.copy()
    restore(made, photo, np.full((N, N), np.nan, np.float32), (0, 0, 60))
    assert np.array_equal(made, plate)


def test_a_window_beside_the_photo_changes_nothing() -> None:
    plate, photo = pictures()
    made = plate.copy()
    restore(made, photo, np.ones((N, N), np.float32), (200, 0, 60))
    assert np.array_equal(made, plate)


def test_what_does_not_fit_is_refused() -> None:
    plate, photo = pictures()
    share = np.ones((N, N), np.float32)
    with pytest.raises(ValueError, match="photo must be"):
        restore(plate, photo[:-1], share, (0, 0, 10))
    with pytest.raises(ValueError, match="share must be"):
        restore(plate, photo, share[:-1], (0, 0, 10))
    with pytest.raises(ValueError, match="side must be 1 or more"):
        restore(plate, photo, share, (0, 0, 0))
    with pytest.raises(ValueError, match="contiguous"):
        restore(plate[:, ::2], photo[:, ::2], share, (0, 0, 10))
    with pytest.raises(TypeError, match="share must be float32"):
        restore(plate, photo, share.astype(np.float64), (0, 0, 10))


def test_tensors_give_what_arrays_give() -> None:
    (plate, photo), share = pictures(), spots()
    made, expected = torch.from_numpy(plate.copy()), plate.copy()
    restore(made, torch.from_numpy(photo), torch.from_numpy(share), (-7, -20, 100))
    restore(expected, photo, share, (-7, -20, 100))
    assert np.abs(made.numpy().astype(int) - expected).max() <= 1
    given = made, torch.from_numpy(photo), torch.from_numpy(share), [1, 2, 30]
    checks = ("test_schema", "test_faketensor")
    torch.library.opcheck(torch.ops.bunraku.restore.default, given, test_utils=checks)
    with pytest.raises(TypeError, match="share must be float32"):
        restore(made, torch.from_numpy(photo), torch.from_numpy(share).double(), (0, 0, 10))
