"""Both forms paste alike: every test here runs with arrays and with tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from bunraku.kernels import paste
from bunraku.kernels.pasting.terms import inside

SIDE = 64
Array = NDArray[np.float32]
Picture = NDArray[np.uint8]
Box = tuple[int, int, int]
Paste = Callable[..., Picture]


@pytest.fixture(params=["arrays", "tensors"])
def pasted(request: pytest.FixtureRequest) -> Paste:
    """``pasted(plate, photo, image, mask, box, detail)`` without a fade, in either form."""

    def run(
        plate: Picture,
        photo: Picture,
        image: Array,
        mask: Array,
        box: Box,
        detail: tuple[Array, Array, Array] | None = None,
        mixed: bool = False,
    ) -> Picture:
        x0, y0, x1, y1 = inside(box, photo.shape)
        fade = (np.ones(x1 - x0, np.float32), np.ones(y1 - y0, np.float32))
        if request.param == "arrays":
            return paste(
                plate, photo, image, mask, box, fade=fade, detail=detail, mixed=mixed, threads=2
            )
        tensors = [torch.from_numpy(array.copy()) for array in (plate, photo, image, mask, *fade)]
        extra = detail and tuple(torch.from_numpy(array.copy()) for array in detail)
        form: Any = paste
        result: Picture = form(
            *tensors[:4], box, fade=tuple(tensors[4:]), detail=extra, mixed=mixed
        ).numpy()
        return result

    return run


def noise(shape: tuple[int, int] = (200, 240)) -> Picture:
    return np.random.default_rng(5).integers(0, 256, (*shape, 3), dtype=np.uint8)


def window_of(photo: Picture, box: Box) -> Array:
    """The window ``[1, 3, SIDE, SIDE]`` in [0, 1], bilinear; beyond the photo its border."""
    left, top, side = box
    places = (np.arange(SIDE) + 0.5) * side / SIDE - 0.5
    rows, columns = (
        np.clip(places + top, 0, len(photo) - 1),
        np.clip(places + left, 0, photo.shape[1] - 1),
    )
    y, x = rows.astype(int), columns.astype(int)
    below, right = np.minimum(y + 1, len(photo) - 1), np.minimum(x + 1, photo.shape[1] - 1)
    fy, fx = (rows - y)[:, None, None], (columns - x)[None, :, None]
    upper = photo[y][:, x] * (1 - fx) + photo[y][:, right] * fx
    lower = photo[below][:, x] * (1 - fx) + photo[below][:, right] * fx
    small = (upper * (1 - fy) + lower * fy) / 255
    return np.ascontiguousarray(small.transpose(2, 0, 1)[None], np.float32)


def trusted(image: Array, mask: Array) -> tuple[Array, Array, Array]:
    """Detail that is trusted wherever the mask is, along no flow."""
    # As the blend engine gives it: colours divided by the mask plus a thousandth.
    warped = np.concatenate([image * np.float32(1.001), mask, mask * 0], 1)
    return mask, warped, np.zeros((1, 2, SIDE, SIDE), np.float32)


def whole() -> Array:
    return np.ones((1, 1, SIDE, SIDE), np.float32)


@pytest.mark.parametrize("side", [40, 64, 150, 260])
def test_trusted_pixels_are_the_photos_own(side: int, pasted: Paste) -> None:
    photo, box = noise(), (-10, -20, side)
    image = window_of(photo, box)
    out = pasted(np.zeros_like(photo), photo, image, whole(), box, trusted(image, whole()))
    inner = np.s_[: min(200, side - 20) - 8, : min(240, side - 10) - 8]
    assert np.abs(out[inner].astype(int) - photo[inner]).max() <= 1


def test_untrusted_pixels_are_the_image_enlarged(pasted: Paste) -> None:
    photo, box = noise((128, 128)), (0, 0, 128)
    colour = np.array([0.2, 0.4, 0.6], np.float32)
    image = np.broadcast_to(colour[None, :, None, None], (1, 3, SIDE, SIDE)).copy()
    out = pasted(np.zeros_like(photo), photo, image, whole(), box)
    assert np.array_equal(out, np.broadcast_to(np.array([51, 102, 153]), out.shape))
    _, warped, flow = trusted(window_of(photo, box), whole())
    nothing = (whole() * 0, warped, flow)
    assert np.array_equal(pasted(np.zeros_like(photo), photo, image, whole(), box, nothing), out)


def test_the_flow_reads_the_photo_elsewhere(pasted: Paste) -> None:
    photo, box = noise((128, 128)), (0, 0, 128)
    rows = np.clip(np.arange(SIDE) - 4, 0, SIDE - 1)
    columns = np.clip(np.arange(SIDE) + 8, 0, SIDE - 1)
    image = np.ascontiguousarray(window_of(photo, box)[:, :, rows][:, :, :, columns])
    trust, warped, flow = trusted(image, whole())
    flow[:, 0] = 2 * 16 / 128  # sixteen pixels to the right
    flow[:, 1] = -2 * 8 / 128
    out = pasted(np.zeros_like(photo), photo, image, whole(), box, (trust, warped, flow))
    expected = photo[2:110, 26:118].astype(int)
    assert np.abs(out[10:118, 10:102].astype(int) - expected).max() <= 1


def test_outside_of_the_mask_is_the_plate(pasted: Paste) -> None:
    photo, plate, box = noise(), noise()[::-1], (20, 30, 128)
    image, mask = window_of(photo, box), whole()
    assert np.array_equal(pasted(plate, photo, image, mask * 0, box), plate)
    mask[..., :32] = 0.0
    out = pasted(plate, photo, image, mask, box)
    assert np.array_equal(out[:, : 20 + 62], plate[:, : 20 + 62])
    assert np.array_equal(out[:30], plate[:30])
    assert np.array_equal(out[158:], plate[158:])


@pytest.mark.parametrize("box", [(-70, 0, 64), (240, 10, 64), (0, -64, 64), (10, 500, 64)])
def test_a_window_beside_the_photo_shows_the_plate(box: Box, pasted: Paste) -> None:
    photo, plate = noise(), noise()[::-1]
    image = np.zeros((1, 3, SIDE, SIDE), np.float32)
    detail = trusted(image, whole())
    assert np.array_equal(pasted(plate, photo, image, whole(), box, detail), plate)


def test_half_a_mask_mixes(pasted: Paste) -> None:
    photo, box = np.full((64, 64, 3), 200, np.uint8), (0, 0, 64)
    image = window_of(photo, box)
    detail = trusted(image, whole())
    out = pasted(np.full_like(photo, 100), photo, image, whole() * np.float32(0.5), box, detail)
    assert np.abs(out.astype(int) - 150).max() <= 1


def test_what_is_not_a_number_shows_nothing(pasted: Paste) -> None:
    photo, box = noise((64, 64)), (0, 0, 64)
    image = window_of(photo, box)
    trust, warped, flow = trusted(image, whole())
    bad = np.full_like(trust, np.nan)
    assert np.array_equal(pasted(photo, photo, image, bad, box, (trust, warped, flow)), photo)
    flow[:] = np.nan  # leads to the corner of the window
    out = pasted(photo, photo, image, whole(), box, (trust, warped, flow))
    colours = photo[:1, :1] + (image - warped[:, :3] / 1.001)[0].transpose(1, 2, 0) * 255
    assert np.abs(out.astype(int) - colours).max() <= 1


@pytest.mark.parametrize("side", [9, 30, 64, 150, 900])
@pytest.mark.parametrize("at", [0, 1, 30, 62, 63])
def test_a_spot_is_shown_as_far_as_it_goes(side: int, at: int, pasted: Paste) -> None:
    """Whatever lies beside it in the window: its edge fades out over a pixel of the window."""
    photo, box = noise((1000, 1000)), (40, 50, side)
    mask = whole() * 0
    mask[..., 30:34, at] = 1.0
    red = np.zeros((1, 3, SIDE, SIDE), np.float32)
    red[:, 0] = 1.0
    out = pasted(np.zeros_like(photo), photo, red, mask, box)[..., 0]
    places = np.clip((np.arange(side) + 0.5) * SIDE / side - 0.5, 0, SIDE - 1)
    across = np.clip(1.0 - np.abs(places - at), 0.0, 1.0)
    down = np.clip(np.minimum(places - 29.0, 34.0 - places), 0.0, 1.0)
    expected = np.zeros(photo.shape[:2])
    expected[50 : 50 + side, 40 : 40 + side] = down[:, None] * across * 255
    assert np.abs(out - expected).max() <= 1


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("side", [30, 64, 400])
def test_what_is_far_from_the_mask_is_not_read(side: int, mixed: bool, pasted: Paste) -> None:
    photo, box = noise((420, 420)), (10, 5, side)
    mask = whole() * 0
    mask[..., 28:40, 30:36] = 1.0
    image = window_of(photo, box)
    detail = trusted(image, whole())
    expected = pasted(np.zeros_like(photo), photo, image, mask, box, detail, mixed)
    assert expected.any()
    poisoned = [array.copy() for array in (image, *detail)]
    for array in poisoned:
        array[..., :20, :] = array[..., 50:, :] = np.nan
        array[..., :14] = array[..., 54:] = np.nan
    image, *others = poisoned
    out = pasted(np.zeros_like(photo), photo, image, mask, box, tuple(others), mixed)
    assert np.array_equal(out, expected)


@pytest.mark.parametrize("out_is_plate", [False, True])
def test_the_result_may_be_written_over_the_plate(out_is_plate: bool) -> None:
    photo, box = noise((64, 64)), (0, 0, 64)
    plate = noise((64, 64))[::-1].copy()
    mask = whole() * 0
    mask[..., 20:40, 20:40] = 1.0
    ones = np.ones(64, np.float32)
    given = (photo, window_of(photo, box), mask, box)
    expected = paste(plate, *given, fade=(ones, ones), threads=1)
    into = plate if out_is_plate else np.full_like(plate, 7)
    out = paste(plate, *given, fade=(ones, ones), threads=1, out=into)
    assert out is into
    assert np.array_equal(out, expected)


@pytest.mark.parametrize("mixed", [False, True])
def test_at_an_edge_of_the_flow_the_photo_is_read_on_either_side_only(
    mixed: bool, pasted: Paste
) -> None:
    """The left half reads from a blue bar, the right half from a yellow one; red lies between."""
    photo = np.zeros((256, 256, 3), np.uint8)
    photo[:, :90], photo[:, 90:170], photo[:, 170:] = (0, 0, 255), (255, 0, 0), (255, 255, 0)
    flow = np.zeros((1, 2, SIDE, SIDE), np.float32)
    own = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE * 2.0 - 1.0
    goal = np.where(np.arange(SIDE) < SIDE // 2, np.float32(-0.7), np.float32(0.7))
    flow[0, 0] = goal - own
    colours = np.where(goal[:, None] < 0, (0.0, 0.0, 1.0), (1.0, 1.0, 0.0)).astype(np.float32)
    image = np.broadcast_to(colours.T[None, :, None], (1, 3, SIDE, SIDE)).astype(np.float32)
    trust, warped, _ = trusted(image, whole())
    detail = (trust, warped, flow)
    out = pasted(np.zeros_like(photo), photo, image, whole(), (0, 0, 256), detail, mixed)
    red = (out[..., 0].astype(int) - out[..., 1] > 60) & (out[..., 2] < 60)
    assert not red.any()
    steps = out[128, 126:130, 0].tolist()
    wanted = [32, 96, 159, 223] if mixed else [0, 0, 255, 255]
    assert np.abs(np.subtract(steps, wanted)).max() <= 1


@pytest.mark.parametrize(
    ("changed", "shape", "message"),
    [
        ("plate", (8, 9), r"plate must be \[H,W,3\], not \[8, 9\]"),
        ("photo", (8, 8, 3), r"photo must be \[8, 9, 3\], not \[8, 8, 3\]"),
        ("image", (3, 4, 4), r"image must be \[1,3,n,n\], not \[3, 4, 4\]"),
        ("image", (1, 3, 5, 4), r"image must be \[1, 3, 4, 4\], not \[1, 3, 5, 4\]"),
        ("mask", (1, 4, 4), r"mask must be \[1, 1, 4, 4\], not \[1, 4, 4\]"),
        ("fade_x", (6,), r"fade_x must be \[5\], not \[6\]"),
        ("fade_y", (6,), r"fade_y must be \[4\], not \[6\]"),
        ("trust", (1, 2, 4, 4), r"trust must be \[1, 1, 4, 4\], not \[1, 2, 4, 4\]"),
        ("warped", (1, 4, 4, 4), r"warped must be \[1, 5, 4, 4\], not \[1, 4, 4, 4\]"),
        ("warped", (1, 5, 4, 5), r"warped must be \[1, 5, 4, 4\], not \[1, 5, 4, 5\]"),
        ("flow", (1, 1, 4, 4), r"flow must be \[1, 2, 4, 4\], not \[1, 1, 4, 4\]"),
    ],
)
def test_shapes_that_do_not_fit(changed: str, shape: tuple[int, ...], message: str) -> None:
    shapes = {
        "plate": (8, 9, 3),
        "photo": (8, 9, 3),
        "image": (1, 3, 4, 4),
        "mask": (1, 1, 4, 4),
        "fade_x": (5,),
        "fade_y": (4,),
        "trust": (1, 1, 4, 4),
        "warped": (1, 5, 4, 4),
        "flow": (1, 2, 4, 4),
    }
    a = {name: np.zeros(size, np.float32) for name, size in {**shapes, changed: shape}.items()}
    plate, photo = (a[name].astype(np.uint8) for name in ("plate", "photo"))
    detail = (a["trust"], a["warped"], a["flow"])
    fade = (a["fade_x"], a["fade_y"])
    with pytest.raises(ValueError, match=message):
        paste(plate, photo, a["image"], a["mask"], (-2, 4, 7), fade=fade, detail=detail)


def test_a_window_without_a_side_is_refused() -> None:
    picture = np.zeros((4, 4, 3), np.uint8)
    none = np.zeros(0, np.float32)
    with pytest.raises(ValueError, match="side must be 1 or more, not 0"):
        paste(picture, picture, whole().repeat(3, 1), whole(), (0, 0, 0), fade=(none, none))
