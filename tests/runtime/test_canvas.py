from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.fakes import street

from bunraku.runtime.canvas import Canvas, Patch
from bunraku.runtime.plan import FrameShares
from bunraku.runtime.shade import Shade
from bunraku.runtime.source.plate import RemovedShadow
from bunraku.runtime.source.window import Window, crop
from bunraku.spec.arrays import Array, Picture

SIDE = 64


def tensors(photo: Picture, window: Window) -> tuple[Array, Array, Array, Array]:
    """A trusted warp of the whole window along no flow: image, mask, warped, flow."""
    small = np.asarray(crop(photo, window, SIDE), np.float32) / np.float32(255)
    image = np.ascontiguousarray(small.transpose(2, 0, 1)[None])
    mask = np.ones((1, 1, SIDE, SIDE), np.float32)
    # As the blend engine gives it: colours divided by the mask plus a thousandth.
    warped = np.concatenate([image * np.float32(1.001), mask, mask * 0], 1)
    return image, mask, warped, np.zeros((1, 2, SIDE, SIDE), np.float32)


def noise(shape: tuple[int, int] = (200, 240)) -> Picture:
    return np.random.default_rng(5).integers(0, 256, (*shape, 3), dtype=np.uint8)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("side", [40, 64, 150, 260])
def test_trusted_pixels_are_the_photos_own(side: int, threads: int) -> None:
    photo, window = noise(), Window.of_box(-10, -20, side)
    shares = FrameShares(threads, beside=threads > 1)
    canvas = Canvas(photo, np.zeros_like(photo), window, shares)
    image, mask, warped, flow = tensors(photo, window)
    out = canvas.paste(image, mask, (mask, warped, flow))
    inner = np.s_[: min(200, side - 20) - 8, : min(240, side - 10) - 8]
    assert np.abs(out[inner].astype(int) - photo[inner]).max() <= 1


def test_untrusted_pixels_are_the_image_enlarged() -> None:
    photo, window = street((128, 128)), Window.of_box(0, 0, 128)
    canvas = Canvas(photo, np.zeros_like(photo), window)
    colour = np.array([0.2, 0.4, 0.6], np.float32)
    image = np.broadcast_to(colour[None, :, None, None], (1, 3, SIDE, SIDE)).copy()
    mask = np.ones((1, 1, SIDE, SIDE), np.float32)
    out = canvas.paste(image, mask)
    assert np.array_equal(out, np.broadcast_to(np.array([51, 102, 153]), out.shape))
    nothing = np.zeros_like(mask)
    _, _, warped, flow = tensors(photo, window)
    assert np.array_equal(canvas.paste(image, mask, (nothing, warped, flow)), out)


def test_the_flow_reads_the_photo_elsewhere() -> None:
    photo, window = noise((128, 128)), Window.of_box(0, 0, 128)
    canvas = Canvas(photo, np.zeros_like(photo), window)
    image, mask, _, flow = tensors(photo, window)
    flow[:, 0] = 2 * 16 / 128  # sixteen pixels to the right
    flow[:, 1] = -2 * 8 / 128
    rows = np.clip(np.arange(SIDE) - 4, 0, SIDE - 1)
    columns = np.clip(np.arange(SIDE) + 8, 0, SIDE - 1)
    image = np.ascontiguousarray(image[:, :, rows][:, :, :, columns])
    warped = np.concatenate([image * np.float32(1.001), mask, mask * 0], 1)
    out = canvas.paste(image, mask, (mask, warped, flow))
    expected = photo[2:110, 26:118].astype(int)
    assert np.abs(out[10:118, 10:102].astype(int) - expected).max() <= 1


def test_outside_of_the_mask_is_the_plate() -> None:
    photo, plate = noise(), noise()[::-1]
    window = Window.of_box(20, 30, 128)
    canvas = Canvas(photo, plate, window)
    image, mask, _, _ = tensors(photo, window)
    assert np.array_equal(canvas.paste(image, mask * 0), plate)
    mask[..., :32] = 0.0
    out = canvas.paste(image, mask)
    assert np.array_equal(out[:, : 20 + 62], plate[:, : 20 + 62])
    assert np.array_equal(out[:30], plate[:30])
    assert np.array_equal(out[158:], plate[158:])


def test_half_a_mask_mixes() -> None:
    photo = np.full((64, 64, 3), 200, np.uint8)
    window = Window.of_box(0, 0, 64)
    canvas = Canvas(photo, np.full_like(photo, 100), window)
    image, mask, warped, flow = tensors(photo, window)
    out = canvas.paste(image, mask * 0.5, (mask, warped, flow))
    assert np.abs(out.astype(int) - 150).max() <= 1


def test_the_person_fades_where_the_window_ends_inside_the_photo() -> None:
    photo = np.full((200, 200, 3), 255, np.uint8)
    canvas = Canvas(photo, np.zeros_like(photo), Window.of_box(50, 100, 100))
    image, mask, _, _ = tensors(photo, Window.of_box(50, 100, 100))
    out = canvas.paste(image, mask)[..., 0]
    assert out[150, 50] < 60  # left and right ends are inside the photo
    assert out[150, 149] < 60
    assert out[100, 100] < 60
    assert out[150, 100] == 255
    assert out[199, 100] == 255  # the lower one is the photo's own


def test_what_is_not_a_number_shows_nothing() -> None:
    photo = noise((64, 64))
    window = Window.of_box(0, 0, 64)
    canvas = Canvas(photo, photo, window)
    image, mask, warped, flow = tensors(photo, window)
    bad = np.full_like(mask, np.nan)
    assert np.array_equal(canvas.paste(image, bad, (mask, warped, flow)), photo)
    flow[:] = np.nan
    assert canvas.paste(image, mask, (mask, warped, flow)).shape == photo.shape


def test_pictures_are_new_and_the_photo_is_kept() -> None:
    photo = noise((64, 64))
    kept = photo.copy()
    canvas = Canvas(photo, photo, Window.of_box(0, 0, 64))
    image, mask, _, _ = tensors(photo, Window.of_box(0, 0, 64))
    canvas.paste(image, mask)[:] = 0
    canvas.untouched()[:] = 0
    assert np.array_equal(photo, kept)
    assert np.array_equal(canvas.untouched(), kept)


def test_at_an_edge_of_the_flow_the_photo_is_read_on_either_side_only() -> None:
    """The left half reads from a blue bar, the right half from a yellow one; red lies between."""
    photo = np.zeros((256, 256, 3), np.uint8)
    photo[:, :90], photo[:, 90:170], photo[:, 170:] = (0, 0, 255), (255, 0, 0), (255, 255, 0)
    window = Window.of_box(0, 0, 256)
    canvas = Canvas(photo, np.zeros_like(photo), window)
    mask = np.ones((1, 1, SIDE, SIDE), np.float32)
    flow = np.zeros((1, 2, SIDE, SIDE), np.float32)
    own = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE * 2.0 - 1.0
    goal = np.where(np.arange(SIDE) < SIDE // 2, np.float32(-0.7), np.float32(0.7))
    flow[0, 0] = goal - own
    colours = np.where(goal[:, None] < 0, (0.0, 0.0, 1.0), (1.0, 1.0, 0.0)).astype(np.float32)
    image = np.broadcast_to(colours.T[None, :, None], (1, 3, SIDE, SIDE)).astype(np.float32)
    warped = np.concatenate([image * np.float32(1.001), mask, mask * 0], 1)
    out = canvas.paste(np.ascontiguousarray(image), mask, (mask, warped, flow))
    red = (out[..., 0].astype(int) - out[..., 1] > 60) & (out[..., 2] < 60)
    assert not red.any()


@pytest.mark.parametrize("side", [48, 64, 128])
@pytest.mark.parametrize("trusted", [1.0, 0.3, 0.0])
def test_a_patch_is_seen_however_little_the_photo_is_trusted(trusted: float, side: int) -> None:
    photo, window = np.full((130, 140, 3), 200, np.uint8), Window.of_box(4, 2, side)
    canvas = Canvas(photo, np.zeros_like(photo), window)
    image, mask, warped, flow = tensors(photo, window)
    image[:] = 0.5  # what the networks painted by themselves
    detail = (mask * np.float32(trusted), warped, flow)
    image += (warped[:, :3] / (warped[:, 3:4] + np.float32(1e-3)) - image) * detail[0]
    eye = Patch(14, 12, np.full((20, 24, 3), 20, np.uint8))
    before, after = canvas.paste(image, mask, detail), canvas.paste(image, mask, detail, eye)
    assert np.abs(after[16:28, 18:34].astype(int) - 20).max() <= 2
    away = np.ones(photo.shape[:2], bool)
    away[8:36, 10:42] = False
    np.testing.assert_array_equal(after[away], before[away])
    np.testing.assert_array_equal(canvas.untouched(), photo)


def test_a_patch_moves_with_the_person() -> None:
    photo, window = np.full((128, 128, 3), 200, np.uint8), Window.of_box(0, 0, 128)
    canvas = Canvas(photo, np.zeros_like(photo), window)
    image, mask, warped, flow = tensors(photo, window)
    flow[:, 0] = 2 * 16 / 128  # sixteen pixels to the right
    eye = Patch(60, 40, np.full((20, 20, 3), 20, np.uint8))
    after = canvas.paste(image, mask, (mask * np.float32(0.2), warped, flow), eye)
    assert np.abs(after[44:56, 48:60].astype(int) - 20).max() <= 2
    assert np.abs(after[44:56, 70:78].astype(int) - 200).max() <= 2


def test_a_patch_that_changes_nothing_is_no_patch() -> None:
    photo, window = noise(), Window.of_box(10, 20, 150)
    canvas = Canvas(photo, np.zeros_like(photo), window)
    image, mask, warped, flow = tensors(photo, window)
    detail = (mask * np.float32(0.5), warped, flow)
    same = Patch(40, 50, photo[50:90, 40:100].copy())
    before, after = canvas.paste(image, mask, detail), canvas.paste(image, mask, detail, same)
    np.testing.assert_array_equal(after, before)


def test_a_patch_is_gone_with_its_frame() -> None:
    photo, window = noise(), Window.of_box(10, 20, 150)
    image, mask, warped, flow = tensors(photo, window)
    detail = (mask * np.float32(0.5), warped, flow)
    first, next_one = (Patch(x, 50, np.full((20, 24, 3), 20, np.uint8)) for x in (40, 90))
    canvas, fresh = (Canvas(photo, np.zeros_like(photo), window) for _ in range(2))
    canvas.paste(image, mask, detail, first)
    after = canvas.paste(image, mask, detail, next_one)
    np.testing.assert_array_equal(after, fresh.paste(image, mask, detail, next_one))
    np.testing.assert_array_equal(canvas.photo, noise())


def test_the_shadow_falls_behind_the_person_and_goes_along() -> None:
    photo, window = np.full((128, 128, 3), 200, np.uint8), Window.of_box(0, 0, 128)
    depth = np.zeros((64, 64, 3), np.float32)
    depth[20:24, 20:24] = np.log(2.0)
    landmarks = np.full((33, 4), 44.0, np.float32)
    shade = Shade.of(RemovedShadow(depth, 60.0, 0.5, 0.5, (2.0, 2.0)), landmarks)
    canvas = Canvas(photo, photo, window, shade=shade)
    image, mask, _, _ = tensors(photo, window)
    nobody, rest = mask * 0, np.zeros((3, 2), np.float32)
    assert np.array_equal(canvas.paste(image, nobody), photo)
    there = canvas.paste(image, nobody, moves=rest)
    assert there[44, 44].max() <= 101
    assert there[44, 60].min() == 200
    moved = canvas.paste(image, nobody, moves=rest + np.float32(2 * 2 / 128))
    np.testing.assert_array_equal(moved[2:, 2:], there[:-2, :-2])
    assert np.abs(canvas.paste(image, mask, moves=rest).astype(int) - 200).max() <= 1
    assert np.array_equal(canvas.paste(image, nobody), photo)  # the plate is kept
