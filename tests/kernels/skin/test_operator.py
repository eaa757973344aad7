from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.kernels.harness import assert_close, poisoned, strided

from bunraku.kernels import skin
from bunraku.kernels.skin import reference

Array = NDArray[np.float32]


def inputs(rng: np.random.Generator, n: int = 9, b: int = 5) -> tuple[Array, Array, Any, Array]:
    vertices = rng.standard_normal((n, 3), np.float32)
    weights = rng.dirichlet(np.ones(4), n).astype(np.float32)
    weights[::2, 3] = 0
    bones = rng.integers(0, b, (n, 4)).astype(np.int32)
    return vertices, weights, bones, rng.standard_normal((b, 3, 4), np.float32)


@pytest.mark.parametrize(("n", "b"), [(0, 1), (1, 1), (7, 3), (500, 45)])
def test_gives_what_the_reference_gives(n: int, b: int, rng: np.random.Generator) -> None:
    arrays = inputs(rng, n, b)
    out = poisoned((n, 3), np.float32)
    assert skin(*arrays, out=out) is out
    assert_close(out, reference.skin(*arrays))
    np.testing.assert_array_equal(skin(*map(strided, arrays)), out)


def test_a_vertex_on_one_bone_goes_where_that_bone_goes() -> None:
    turn = np.array([[0, -1, 0, 10], [1, 0, 0, 20], [0, 0, 2, 30]], np.float32)
    still = np.eye(3, 4, dtype=np.float32)
    vertices = np.array([[1, 2, 3], [1, 2, 3]], np.float32)
    weights = np.array([[1, 0, 0, 0], [0.5, 0.5, 0, 0]], np.float32)
    bones = np.array([[1, 0, 0, 0], [1, 0, 0, 0]], np.int32)
    moved = skin(vertices, weights, bones, np.stack([still, turn]))
    assert moved.tolist() == [[8, 21, 36], [4.5, 11.5, 19.5]]


def test_what_is_not_a_number_stays_with_its_bone(rng: np.random.Generator) -> None:
    vertices, weights, bones, transforms = inputs(rng)
    transforms[2] = np.nan
    hit = ((bones == 2) & (weights != 0)).any(1)
    assert hit.any()
    assert not hit.all()
    np.testing.assert_array_equal(np.isnan(skin(vertices, weights, bones, transforms)).any(1), hit)


@pytest.mark.parametrize("bone", [-1, 5, 2**31 - 1])
def test_bones_that_do_not_exist_are_refused(bone: int, rng: np.random.Generator) -> None:
    vertices, weights, bones, transforms = inputs(rng)
    bones[3, 1] = bone
    with pytest.raises(ValueError, match=r"bones must be 0 to 4, not"):
        skin(vertices, weights, bones, transforms)


def test_shapes_and_types_that_do_not_fit(rng: np.random.Generator) -> None:
    vertices, weights, bones, transforms = inputs(rng)
    wrong: list[tuple[tuple[Any, ...], str]] = [
        ((vertices[:, :2], weights, bones, transforms), r"vertices must be \[n,3\], not \[9, 2\]"),
        ((vertices, weights[:5], bones, transforms), r"weights must be \[9, 4\], not \[5, 4\]"),
        ((vertices, weights, bones[:, :3], transforms), r"bones must be \[9, 4\], not \[9, 3\]"),
        ((vertices, weights, bones, transforms[0]), r"transforms must be \[b,3,4\], not \[3, 4\]"),
    ]
    for arrays, message in wrong:
        with pytest.raises(ValueError, match=message):
            skin(*arrays)
    with pytest.raises(TypeError, match="bones must be int32, not int64"):
        skin(vertices, weights, bones.astype(np.int64), transforms)
    with pytest.raises(TypeError, match="weights must be float32, not float64"):
        skin(vertices, weights.astype(np.float64), bones, transforms)
    with pytest.raises(ValueError, match="out must be contiguous and writable"):
        skin(vertices, weights, bones, transforms, out=np.empty((8, 3), np.float32))


def test_tensors_give_what_arrays_give(rng: np.random.Generator) -> None:
    vertices, weights, bones, transforms = inputs(rng)
    tensors = [torch.from_numpy(array) for array in (vertices, weights, bones, transforms)]
    moved = skin(tensors[0], tensors[1], tensors[2], tensors[3])
    assert_close(moved, skin(vertices, weights, bones, transforms))
    with pytest.raises(TypeError, match="bones must be int32"):
        skin(tensors[0], tensors[1], tensors[2].long(), tensors[3])
    checks = ("test_schema", "test_faketensor")
    torch.library.opcheck(torch.ops.bunraku.skin.default, tuple(tensors), test_utils=checks)
