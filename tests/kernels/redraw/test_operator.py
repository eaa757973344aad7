from __future__ import annotations

from typing import cast

import numpy as np
import pytest
import torch
from tests.kernels.redraw.fields import random_field
from tests.kernels.tensor_operators import REDRAW

from bunraku.kernels import redraw
from bunraku.kernels.redraw import reference
from bunraku.kernels.redraw.terms import CHANNELS, Box, Channel
from bunraku.spec.arrays import Array, Picture

ORIGIN = (5, 4)


def photo(rng: np.random.Generator) -> Picture:
    return rng.integers(0, 256, (40, 50, 3), np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (9, 7), (20, 30), (40, 60)])
@pytest.mark.parametrize("threads", [1, 3])
def test_gives_what_the_reference_gives(
    size: tuple[int, int], threads: int, rng: np.random.Generator
) -> None:
    picture, field, box = photo(rng), random_field(rng, *size), (7, 6, 30, 20)
    outs = [np.full((30, 40, 3), 7, np.uint8) for _ in range(2)]
    redraw(picture, field, box, outs[0], ORIGIN, threads=threads)
    reference.redraw(picture, field, box, outs[1], ORIGIN)
    difference = np.abs(outs[0].astype(int) - outs[1])
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.01


def test_what_does_not_move_is_not_written(rng: np.random.Generator) -> None:
    out = np.full((30, 40, 3), 7, np.uint8)
    redraw(photo(rng), np.zeros((5, 6, CHANNELS), np.float32), (7, 6, 30, 20), out, ORIGIN)
    assert (out == 7).all()


def test_layers_come_from_where_they_say(rng: np.random.Generator) -> None:
    picture, out = photo(rng), np.zeros((40, 50, 3), np.uint8)
    field = np.zeros((2, 2, CHANNELS), np.float32)
    field[..., Channel.X], field[..., Channel.Y] = 3.0, -2.0
    redraw(picture, field, (10, 10, 8, 8), out, (0, 0))
    np.testing.assert_array_equal(out[10:18, 10:18], picture[8:16, 13:21])
    field[..., Channel.OVER], field[..., Channel.OVER_X] = 1.0, -4.0
    redraw(picture, field, (10, 10, 8, 8), out, (0, 0))
    np.testing.assert_array_equal(out[10:18, 10:18], picture[10:18, 6:14])
    field[..., Channel.OVER], field[..., Channel.INSIDE] = 0.0, 1.0
    field[..., Channel.RED :] = (200.0, 300.0, -5.0)
    redraw(picture, field, (10, 10, 8, 8), out, (0, 0))
    assert out[14, 14].tolist() == [200, 255, 0]


def test_places_that_are_none_stay_inside_of_the_photo(rng: np.random.Generator) -> None:
    picture, out = photo(rng), np.zeros((40, 50, 3), np.uint8)
    field = np.zeros((2, 2, CHANNELS), np.float32)
    field[0, :, Channel.X], field[1, :, Channel.Y] = np.nan, 1e9
    redraw(picture, field, (0, 0, 50, 40), out, (0, 0))


@pytest.mark.parametrize(
    ("box", "shape", "error"),
    [
        ((4, 6, 30, 20), (5, 6, CHANNELS), "is not inside of out"),
        ((7, 6, 39, 20), (5, 6, CHANNELS), "is not inside of out"),
        ((7, 6, 30, 20), (5, 6, 8), r"field must be \[h,w,9\]"),
        ((7, 6, 30, 20), (0, 6, 9), r"field must be \[h,w,9\]"),
    ],
)
def test_what_does_not_fit_is_refused(
    box: Box, shape: tuple[int, ...], error: str, rng: np.random.Generator
) -> None:
    out = np.zeros((30, 40, 3), np.uint8)
    with pytest.raises(ValueError, match=error):
        redraw(photo(rng), np.zeros(shape, np.float32), box, out, ORIGIN)
    with pytest.raises(TypeError):
        redraw(photo(rng), cast(Array, np.zeros((5, 6, CHANNELS))), (7, 6, 30, 20), out, ORIGIN)


def test_tensors_give_what_arrays_give(rng: np.random.Generator) -> None:
    call = REDRAW.call(rng, (40, 50, 9, 7, 7, 6, 30, 20))
    photo, field, out = call.tensors()
    drawn = REDRAW.public(photo, field, out, **call.options)
    expected = REDRAW.public(*call.arrays, **call.options)
    difference = np.abs(drawn.numpy().astype(int) - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.01
    given = (photo, field, [7, 6, 30, 20], out, list(call.options["origin"]))
    torch.library.opcheck(
        torch.ops.bunraku.redraw.default, given, test_utils=("test_schema", "test_faketensor")
    )


def test_tensors_that_do_not_fit_are_refused(rng: np.random.Generator) -> None:
    call = REDRAW.call(rng, (40, 50, 9, 7, 7, 6, 30, 20))
    (photo, field, out), box, origin = call.tensors(), (7, 6, 30, 20), call.options["origin"]
    with pytest.raises(TypeError, match=r"field must be float32, not torch\.float64"):
        redraw(photo, field.double(), box, out, origin)
    with pytest.raises(TypeError, match=r"out must be uint8, not torch\.float32"):
        redraw(photo, field, box, out.float(), origin)
    with pytest.raises(TypeError, match="field must be a tensor like the others"):
        redraw(photo, cast(torch.Tensor, field.numpy()), box, out, origin)
    with pytest.raises(ValueError, match="out must be contiguous"):
        redraw(photo, field, box, out.mT.contiguous().mT, origin)
