from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.runtime.fakes import FakeEstimator, red, street, with_person
from tests.training.conftest import draw_iuv
from tests.training.prepare.people import iuv_of

from bunraku.errors import InputError
from bunraku.networks.densepose import densepose_from_iuv
from bunraku.runtime.drivers.iuv_images.reading import IuvImages
from bunraku.runtime.source.window import Window, crop
from bunraku.spec.arrays import Array, Picture
from bunraku.training.prepare.frames import Frame
from bunraku.training.prepare.surfaces import DriverMapping, ImagesMapping, hard_iuv, shrunken

WINDOW = Window.of_box(40, 0, 240)
LANDMARKS = np.zeros((33, 4), np.float32)


def person(left: int = 120) -> Picture:
    return with_person(street(), left, 40)


def mask_of(picture: Picture) -> Array:
    return np.asarray(crop(red(picture), WINDOW, 256), np.float32)


def mapping(folder: Path, images: list[Picture], size: int = 128) -> ImagesMapping:
    folder.mkdir()
    for index, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{index}.png")
    return ImagesMapping(IuvImages(folder), size)


def test_the_hard_form_comes_back() -> None:
    iuv = draw_iuv()
    surface = densepose_from_iuv(torch.from_numpy(iuv)[None]).numpy()
    assert np.array_equal(hard_iuv(surface), iuv)


@pytest.mark.parametrize("size", [128, 256])
def test_our_own_surface_is_told_the_outline(size: int) -> None:
    told: list[Array] = []

    class Told(FakeEstimator):
        def surface(self, landmarks: Array, mask: Array | None) -> Array:
            assert mask is not None
            told.append(mask)
            return super().surface(landmarks, mask)

    picture = person()
    pose = FakeEstimator().observe(picture)
    assert pose is not None
    landmarks, mask = WINDOW.to_units(pose.landmarks), mask_of(picture)
    iuv = DriverMapping(Told(size=size)).map(Frame(picture, 0, 0.0), WINDOW, landmarks, mask)
    assert iuv is not None
    assert iuv.shape == (size, size, 3)
    assert np.array_equal(told[0], shrunken(mask, size))
    assert set(np.unique(iuv[..., 0])) == {0, 2}
    assert (iuv[..., 0] > 0).mean() == pytest.approx(40 * 160 / 240**2, rel=0.05)


@pytest.mark.parametrize("size", [128, 256])
def test_official_images_are_cut_to_the_window(tmp_path: Path, size: int) -> None:
    picture = person()
    # Half the size of the frames, as the official ones may be.
    small = np.ascontiguousarray(iuv_of(picture)[::2, ::2])
    iuv = mapping(tmp_path / "a.iuv", [small], size).map(
        Frame(picture, 0, 0.0), WINDOW, LANDMARKS, mask_of(picture)
    )
    assert iuv is not None
    mapped = iuv[..., 0] == 2
    rows, columns = np.flatnonzero(mapped.any(1)), np.flatnonzero(mapped.any(0))
    # The block is at 80..119 and 40..199 of the window's 240 pixels, shown in as many as asked.
    assert [columns[0], columns[-1]] == pytest.approx([size / 3, size / 2], abs=size / 128)
    assert [rows[0], rows[-1]] == pytest.approx([size / 6, size / 1.2], abs=size / 128)


def test_images_of_somebody_else_or_of_nobody(tmp_path: Path) -> None:
    picture, other = person(), person(left=200)
    images = mapping(tmp_path / "a.iuv", [iuv_of(picture), iuv_of(other), np.zeros_like(other)])
    mask = mask_of(picture)
    found = [
        images.map(Frame(picture, i, 0.1 * i), WINDOW, LANDMARKS, mask) is not None
        for i in range(4)  # one more than there are
    ]
    assert found == [True, False, False, False]


def test_images_of_another_clip(tmp_path: Path) -> None:
    images = mapping(tmp_path / "a.iuv", [iuv_of(person())[:120]])
    with pytest.raises(InputError, match="are 320 x 120, but the clip's frames are 320 x 240"):
        images.map(Frame(person(), 0, 0.0), WINDOW, LANDMARKS, mask_of(person()))
