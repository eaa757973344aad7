from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tests.kernels.harness import assert_close
from tests.kernels.tensor_operators import OVERLAY

from bunraku.kernels import overlay, show_through
from bunraku.kernels.overlay.terms import MOST, Plane
from bunraku.spec.arrays import Array

N = 8


def person(covered: float = 1.0) -> list[Array]:
    """All of it covered so far, black, and the photo's own."""
    shapes = ((3, 0.0), (1, covered), (1, covered), (5, 1.0), (2, 0.25))
    return [np.full((1, planes, N, N), value, np.float32) for planes, value in shapes]


def patch(cover: float, planes: int = 7) -> Array:
    made = np.empty((planes, 2, 3), np.float32)
    made[:3], made[Plane.COVER], made[Plane.NEAR] = 0.8, cover, 1.0
    if planes == 7:
        made[Plane.X], made[Plane.Y] = 6.0, 1.0
    return made


def test_what_covers_most_of_a_pixel_is_read_from_its_place() -> None:
    image, mask, trust, warped, flow = person()
    overlay(image, mask, trust, warped, flow, patch(1.0), (3, 2))
    assert image[0, :, 3:5, 2:5] == pytest.approx(0.8, abs=1e-5)
    assert trust[0, 0, 3, 2] == pytest.approx(1.0, abs=1e-5)
    assert warped[0, :4, 4, 4] == pytest.approx([0.8, 0.8, 0.8, 1.0])
    assert flow[0, :, 4, 3] == pytest.approx([(6 - 3) * 2 / N, (1 - 4) * 2 / N])
    assert (image[0, :, :3] == 0).all()
    assert (flow[0, :, 5:] == 0.25).all()


def test_what_covers_less_or_is_painted_only_has_its_share_of_the_picture() -> None:
    for given in (patch(0.9 * MOST), patch(1.0, planes=5)):
        image, mask, trust, warped, flow = person()
        overlay(image, mask, trust, warped, flow, given, (3, 2))
        cover = given[Plane.COVER, 0, 0]
        assert mask[0, 0, 3, 2] == pytest.approx(1.0)
        assert image[0, :, 3, 2] == pytest.approx(0.8 * cover, abs=2e-3)
        assert trust[0, 0, 3, 2] == pytest.approx(1.0 - cover, abs=2e-3)
        assert (flow == 0.25).all()


def test_nothing_that_is_read_shows_through_what_is_painted() -> None:
    for cover in (1.0, 0.4):
        image, mask, trust, warped, flow = person()
        overlay(image, mask, trust, warped, flow, patch(cover, planes=5), (3, 2))
        assert warped[0, :4, 3, 2] == pytest.approx(1.0 - cover, abs=2e-3)
        painted = image.copy()
        show_through(image, trust, warped, np.ones((N, N), np.float32), (0, 0))
        assert trust[0, 0, 3, 2] == pytest.approx(1.0 - cover, abs=2e-3)
        assert image[0, :, 3, 2] == pytest.approx(painted[0, :, 3, 2], abs=5e-3)


def test_tensors_give_what_arrays_give(rng: np.random.Generator) -> None:
    for shape in OVERLAY.shapes:
        call = OVERLAY.call(rng, shape)
        expected = OVERLAY.public(*call.arrays, **call.options)
        assert_close(OVERLAY.public(*call.tensors(), **call.options), expected)
    given = (*call.tensors(), list(call.options["corner"]))
    torch.library.opcheck(
        torch.ops.bunraku.overlay.default, given, test_utils=("test_schema", "test_faketensor")
    )


def test_what_does_not_fit_is_refused() -> None:
    form: Any = overlay
    given = person()
    with pytest.raises(ValueError, match=r"patch must be \[5,h,w\] or \[7,h,w\], not \[6, 2, 3\]"):
        form(*given, patch(1.0)[:6], (0, 0))
    for corner in ((-1, 0), (7, 0), (0, 6)):
        with pytest.raises(ValueError, match="is not inside of 8 pixels"):
            form(*given, patch(1.0), corner)
    with pytest.raises(ValueError, match="warped must be"):
        form(*given[:3], given[0], given[4], patch(1.0), (0, 0))
    with pytest.raises(TypeError, match="patch must be float32"):
        form(*given, patch(1.0).astype(np.float64), (0, 0))
    tensors = [torch.from_numpy(planes) for planes in given]
    with pytest.raises(TypeError, match="patch must be a tensor"):
        form(*tensors, patch(1.0), (0, 0))
    tensors[0] = tensors[0].transpose(2, 3)
    with pytest.raises(ValueError, match="image must be contiguous"):
        form(*tensors, torch.from_numpy(patch(1.0)), (0, 0))
