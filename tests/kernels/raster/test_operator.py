from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.kernels.harness import assert_close, poisoned, strided

from bunraku.kernels import Raster, interpolate, rasterise, rasterise_groups
from bunraku.kernels.raster import numba_cpu, reference

Array = NDArray[np.float32]


def soup(rng: np.random.Generator, n: int = 30, m: int = 40) -> tuple[Array, Any]:
    """Triangles in, across and beside a picture of some 30 pixels; some corners on centres."""
    vertices = rng.uniform(-10, 45, (n, 3)).astype(np.float32)
    vertices[: n // 3] = np.round(vertices[: n // 3])
    return vertices, rng.integers(0, n, (m, 3)).astype(np.int32)


def one(*corners: tuple[float, float, float]) -> tuple[Array, Any]:
    return np.array(corners, np.float32), np.array([[0, 1, 2]], np.int32)


@pytest.mark.parametrize("size", [(1, 1), (33, 29), (8, 41)])
@pytest.mark.parametrize("cull", [False, True])
def test_gives_exactly_what_the_reference_gives(
    size: tuple[int, int], cull: bool, rng: np.random.Generator
) -> None:
    for _ in range(5):
        vertices, triangles = soup(rng)
        keep = rng.random(40) < 0.7
        shapes = (size, np.float32), (size, np.int32), ((*size, 2), np.float32)
        depth, number, bary = (poisoned(*shape) for shape in shapes)
        out = Raster(depth, number, bary)
        numba_cpu.rasterise(vertices, triangles, keep, cull, 0, out)
        expected = reference.rasterise(vertices, triangles, size, keep, cull)
        for found, wanted in zip((out.depth, out.triangle, out.bary), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)
        again = rasterise(
            strided(vertices), strided(triangles), size, keep=strided(keep), cull=cull
        )
        np.testing.assert_array_equal(again.depth, out.depth)


@pytest.mark.parametrize("k", [1, 3, 7])
def test_attributes_are_those_of_the_reference(k: int, rng: np.random.Generator) -> None:
    vertices, triangles = soup(rng)
    raster = rasterise(vertices, triangles, (33, 29))
    attributes = rng.standard_normal((30, k), np.float32)
    out = poisoned((33, 29, k), np.float32)
    numba_cpu.interpolate(raster.triangle, raster.bary, triangles, attributes, out)
    np.testing.assert_array_equal(interpolate(raster, triangles, attributes), out)
    assert_close(out, reference.interpolate(raster.triangle, raster.bary, triangles, attributes))
    assert (out[raster.triangle < 0] == 0).all()


def test_positions_read_through_a_raster_are_the_pixels_own(rng: np.random.Generator) -> None:
    vertices, triangles = soup(rng)
    raster = rasterise(vertices, triangles, (33, 29))
    seen = raster.triangle >= 0
    places = interpolate(raster, triangles, vertices)[seen]
    rows, columns = np.nonzero(seen)
    np.testing.assert_allclose(places[:, 0], columns, atol=1e-3)
    np.testing.assert_allclose(places[:, 1], rows, atol=1e-3)
    np.testing.assert_allclose(places[:, 2], raster.depth[seen], atol=1e-3)


@pytest.mark.parametrize("part", [(0, 40), (0, 11), (11, 25), (25, 40), (7, 7)])
@pytest.mark.parametrize("tight", [False, True])
def test_a_part_of_the_triangles_is_as_if_there_were_no_others(
    part: tuple[int, int], tight: bool, rng: np.random.Generator
) -> None:
    vertices, triangles = soup(rng)
    keep = rng.random(40) < 0.7
    own = keep & (np.arange(40) >= part[0]) & (np.arange(40) < part[1])
    found = rasterise(vertices, triangles, (33, 29), keep=keep, tight=tight, part=part)
    wanted = rasterise(vertices, triangles, (33, 29), keep=own, tight=tight)
    assert found.origin == wanted.origin
    np.testing.assert_array_equal(found.triangle, wanted.triangle)
    np.testing.assert_array_equal(found.depth, wanted.depth)
    np.testing.assert_array_equal(found.bary, wanted.bary)


def test_a_part_is_within_the_triangles(rng: np.random.Generator) -> None:
    vertices, triangles = soup(rng)
    for part in ((-1, 3), (5, 4), (0, 41)):
        with pytest.raises(ValueError, match="part must be within the 40 triangles"):
            rasterise(vertices, triangles, (33, 29), part=part)


@pytest.mark.parametrize("shift", [0, 25, -25, 90])
def test_a_tight_raster_is_the_part_that_shows_something(
    shift: int, rng: np.random.Generator
) -> None:
    vertices, triangles = soup(rng)
    vertices += np.array([shift, 0.4 * shift, 0], np.float32)
    vertices[3] = np.nan
    keep = rng.random(40) < 0.3
    whole = rasterise(vertices, triangles, (33, 29), keep=keep)
    tight = rasterise(vertices, triangles, (33, 29), keep=keep, tight=True)
    (top, left), (height, width) = tight.origin, tight.triangle.shape
    assert 0 <= top <= top + height <= 33
    assert 0 <= left <= left + width <= 29
    part = np.s_[top : top + height, left : left + width]
    for name in ("depth", "triangle", "bary"):
        np.testing.assert_array_equal(getattr(tight, name), getattr(whole, name)[part])
    assert (whole.triangle >= 0).sum() == (tight.triangle >= 0).sum()


def test_nothing_in_the_picture_is_one_pixel() -> None:
    vertices, triangles = one((3, 40, 1), (5, 60, 1), (4, 50, 1))
    for keep in (True, False):
        tight = rasterise(vertices, triangles, (6, 6), keep=np.full(1, keep), tight=True)
        assert tight.triangle.tolist() == [[-1]]
    thin = rasterise(*one((5.2, 2, 1), (5.4, 9, 1), (5.3, 9, 1)), (6, 6), tight=True)
    assert thin.triangle.max() == -1


def test_corners_and_edges_belong_to_a_triangle() -> None:
    raster = rasterise(*one((1, 1, 5), (4, 1, 5), (1, 4, 8)), (6, 6))
    seen = raster.triangle == 0
    assert seen.sum(1).tolist() == [0, 4, 3, 2, 1, 0]
    assert raster.depth[4, 1] == 8
    assert raster.depth[1, 1] == 5
    assert raster.bary[1, 4].tolist() == [0, 1]
    assert np.isinf(raster.depth[~seen]).all()
    assert (raster.bary[~seen] == 0).all()


def test_the_nearest_wins_and_of_equals_the_first() -> None:
    vertices = np.array([[0, 0, z] for z in (3, 1, 1)] + [[9, 0, 2], [0, 9, 2]], np.float32)
    triangles = np.array([[0, 3, 4], [1, 3, 4], [2, 3, 4]], np.int32)
    raster = rasterise(vertices, triangles, (8, 8))
    assert raster.triangle[0, 0] == 1
    assert raster.triangle[2, 3] == 1
    assert raster.triangle[0, 7] == raster.triangle[6, 1] == 1
    assert raster.triangle[4, 5] == 0  # on the edge that all share


def test_culling_drops_one_side_and_keep_drops_what_it_says() -> None:
    vertices, triangles = one((0, 0, 0), (5, 0, 0), (0, 5, 0))  # area 25 > 0
    for corners, shown in ((triangles, True), (triangles[:, ::-1].copy(), False)):
        assert (rasterise(vertices, corners, (6, 6)).triangle >= 0).any()
        culled = rasterise(vertices, corners, (6, 6), cull=True)
        assert (culled.triangle >= 0).any() == shown
    assert (rasterise(vertices, triangles, (6, 6), keep=np.zeros(1, bool)).triangle < 0).all()


@pytest.mark.parametrize("scale", [1.0, 37.3, 1e3, 1e6])
def test_triangles_that_share_edges_leave_no_hole(scale: float, rng: np.random.Generator) -> None:
    """A wavy sheet, turned, whose corners partly lie on pixel centres, beyond the picture's rim."""
    n = 25
    y, x = np.mgrid[:n, :n].astype(np.float64) - n // 2
    jitter = rng.uniform(-0.3, 0.3, (2, n, n)) * (rng.random((2, n, n)) < 0.8)
    x, y = (x + jitter[0]) * 5.3 * scale, (y + jitter[1]) * 5.3 * scale
    turned = np.stack([0.8 * x - 0.6 * y + 20, 0.6 * x + 0.8 * y + 20, 0 * x], -1)
    place = np.arange(n * n).reshape(n, n)
    a, b, c, d = (
        p.ravel() for p in (place[:-1, :-1], place[:-1, 1:], place[1:, :-1], place[1:, 1:])
    )
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)]).astype(np.int32)
    raster = rasterise(turned.reshape(-1, 3).astype(np.float32), triangles, (40, 40))
    assert (raster.triangle >= 0).all()


@pytest.mark.parametrize("huge", [1e9, 1e20, 3e38])
def test_huge_triangles_cover_the_picture_and_no_more(huge: float) -> None:
    raster = rasterise(*one((-huge, -huge, 1), (huge, -huge, 1), (0, huge, 1)), (5, 7))
    assert (raster.triangle == 0).all()
    np.testing.assert_allclose(raster.depth, 1)
    outside = rasterise(*one((huge, 0, 1), (huge, huge, 1), (huge / 2, 1, 1)), (5, 7))
    assert (outside.triangle < 0).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_triangle_that_is_not_finite_is_dropped(value: float, axis: int) -> None:
    vertices = np.array([[0, 0, 0], [5, 0, 0], [0, 5, 0], [5, 5, 0]], np.float32)
    triangles = np.array([[0, 1, 2], [1, 3, 2]], np.int32)
    vertices[3, axis] = value
    raster = rasterise(vertices, triangles, (6, 6))
    assert set(np.unique(raster.triangle)) == {-1, 0}


def test_a_triangle_without_area_is_dropped() -> None:
    vertices, triangles = one((0, 0, 0), (2, 2, 0), (4, 4, 0))
    assert (rasterise(vertices, triangles, (6, 6)).triangle < 0).all()
    assert (rasterise(vertices, triangles * 0, (6, 6)).triangle < 0).all()
    assert (rasterise(vertices, triangles[:0], (6, 6)).triangle < 0).all()


def test_inputs_that_do_not_fit_are_refused() -> None:
    vertices, triangles = one((0, 0, 0), (5, 0, 0), (0, 5, 0))
    size = (6, 6)
    raster = rasterise(vertices, triangles, size)
    with pytest.raises(ValueError, match=r"vertices must be \[n,3\], not \[3, 2\]"):
        rasterise(vertices[:, :2], triangles, size)
    with pytest.raises(ValueError, match=r"triangles must be \[m,3\], not \[1, 2\]"):
        rasterise(vertices, triangles[:, :2], size)
    for corner in (-1, 3):
        with pytest.raises(ValueError, match="triangles must have corners 0 to 2, not"):
            rasterise(vertices, np.array([[0, 1, corner]], np.int32), size)
    with pytest.raises(ValueError, match="no picture of 0 rows and 6 columns"):
        rasterise(vertices, triangles, (0, 6))
    with pytest.raises(ValueError, match=r"keep must be \[1\], not \[2\]"):
        rasterise(vertices, triangles, size, keep=np.ones(2, bool))
    with pytest.raises(TypeError, match="keep must be bool, not uint8"):
        rasterise(vertices, triangles, size, keep=np.ones(1, np.uint8))
    with pytest.raises(TypeError, match="triangles must be int32, not int64"):
        rasterise(vertices, triangles.astype(np.int64), size)
    with pytest.raises(ValueError, match=r"attributes must be \[n,k\], not \[3\]"):
        interpolate(raster, triangles, vertices[:, 0].copy())
    torn = Raster(raster.depth, raster.triangle, raster.bary[1:])
    with pytest.raises(ValueError, match=r"the raster's bary must be \[6, 6, 2\], not \[5, 6, 2"):
        interpolate(torn, triangles, vertices)
    with pytest.raises(ValueError, match="the raster shows triangle 0, but there are 0"):
        interpolate(raster, triangles[:0], vertices)


def test_tensors_give_what_arrays_give(rng: np.random.Generator) -> None:
    vertices, triangles = soup(rng)
    keep = rng.random(40) < 0.7
    expected = rasterise(vertices, triangles, (33, 29), keep=keep, cull=True)
    tensors = torch.from_numpy(vertices), torch.from_numpy(triangles)
    found = rasterise(*tensors, (33, 29), keep=torch.from_numpy(keep), cull=True)
    for name in ("depth", "triangle", "bary"):
        np.testing.assert_array_equal(getattr(found, name).numpy(), getattr(expected, name))
    attributes = rng.standard_normal((30, 3), np.float32)
    read = interpolate(found, tensors[1], torch.from_numpy(attributes))
    assert_close(read, interpolate(expected, triangles, attributes))
    checks = ("test_schema", "test_faketensor")
    given: tuple[Any, ...] = (*tensors, [0, 12, 40], 9, 7, None, False)
    torch.library.opcheck(torch.ops.bunraku.rasterise.default, given, test_utils=checks)
    given = (found.triangle, found.bary, tensors[1], torch.from_numpy(attributes))
    torch.library.opcheck(torch.ops.bunraku.interpolate.default, given, test_utils=checks)


def test_groups_of_tensors_are_each_seen_as_if_alone(rng: np.random.Generator) -> None:
    vertices, triangles = soup(rng)
    keep = rng.random(40) < 0.7
    ends = [2, 15, 15, 31]
    given = torch.from_numpy(vertices), torch.from_numpy(triangles), ends, (33, 29)
    found = rasterise_groups(*given, keep=torch.from_numpy(keep), cull=True)
    for group, part in enumerate(pairwise(ends)):
        alone = rasterise(vertices, triangles, (33, 29), keep=keep, cull=True, part=part)
        for name in ("depth", "triangle", "bary"):
            np.testing.assert_array_equal(getattr(found, name)[group], getattr(alone, name))
    for wrong in ([0, 41], [-1, 3], [0, 9, 4]):
        with pytest.raises(ValueError, match="groups must end within the 40 triangles"):
            rasterise_groups(*given[:2], wrong, (33, 29))


def test_tensors_of_other_types_are_refused(rng: np.random.Generator) -> None:
    vertices, triangles = (torch.from_numpy(array) for array in soup(rng))
    with pytest.raises(TypeError, match="vertices must be float32"):
        rasterise(vertices.double(), triangles, (4, 4))
    with pytest.raises(TypeError, match="triangles must be int32"):
        rasterise(vertices, triangles.long(), (4, 4))
    with pytest.raises(ValueError, match=r"triangles must be \[m,3\]"):
        rasterise(vertices, triangles[:, :2], (4, 4))
    with pytest.raises(TypeError, match="keep must be bool"):
        rasterise(vertices, triangles, (4, 4), keep=triangles[:, 0])
    mixed: Any = triangles.numpy()
    with pytest.raises(TypeError, match="triangles must be a tensor like the others"):
        rasterise(vertices, mixed, (4, 4))
