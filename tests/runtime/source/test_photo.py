from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from bunraku.errors import PhotoError
from bunraku.runtime.source import photo as photo_module
from bunraku.runtime.source.photo import MAX_PHOTO_PIXELS, read_photo

RED, GREEN, BLUE = (220, 20, 30), (20, 200, 40), (10, 30, 210)


def _quarters() -> Image.Image:
    """40 x 20: red top left, green top right, blue below."""
    picture = np.zeros((20, 40, 3), np.uint8)
    picture[:10, :20], picture[:10, 20:], picture[10:] = RED, GREEN, BLUE
    return Image.fromarray(picture)


def _bytes(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "MPO", "AVIF"])
def test_formats(kind: str) -> None:
    options = {} if kind in ("PNG", "TIFF", "BMP") else {"quality": 95}
    picture = read_photo(_bytes(_quarters(), kind, **options))
    assert picture.shape == (20, 40, 3)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous
    assert picture.flags.writeable
    for (row, column), colour in {(4, 9): RED, (4, 30): GREEN, (15, 20): BLUE}.items():
        assert np.allclose(picture[row, column], colour, atol=25)


def test_reads_a_path(tmp_path: Path) -> None:
    _quarters().save(tmp_path / "photo.png")
    assert (read_photo(tmp_path / "photo.png") == np.asarray(_quarters())).all()
    assert (read_photo(str(tmp_path / "photo.png")) == np.asarray(_quarters())).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(orientation: int) -> None:
    upright = _quarters()
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read_photo(_bytes(stored, "PNG", exif=exif))
    assert (picture == np.asarray(upright)).all()


def test_cmyk() -> None:
    picture = read_photo(_bytes(_quarters().convert("CMYK"), "JPEG", quality=95))
    assert np.allclose(picture[4, 9], RED, atol=25)


def test_grey() -> None:
    picture = read_photo(_bytes(_quarters().convert("L")))
    assert picture.shape == (20, 40, 3)
    assert (picture[..., 0] == picture[..., 2]).all()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey(kind: str) -> None:
    deep = np.linspace(0, 65535, 800).reshape(20, 40).astype(np.uint16)
    picture = read_photo(_bytes(Image.fromarray(deep), kind))
    assert np.allclose(picture[..., 1], deep / 257, atol=1)


def test_dark_16_bit_grey_stays_dark() -> None:
    picture = read_photo(_bytes(Image.fromarray(np.full((8, 8), 200, np.uint16))))
    assert picture.max() <= 1


def test_32_bit_and_float_grey() -> None:
    ramp = np.linspace(0, 1, 800).reshape(20, 40)
    for values in ((ramp * 65535).astype(np.int32), ramp.astype(np.float32)):
        picture = read_photo(_bytes(Image.fromarray(values), "TIFF"))
        assert np.allclose(picture[..., 1], ramp * 255, atol=1)


def test_not_a_number_is_black() -> None:
    values = np.full((8, 8), np.nan, np.float32)
    values[0, 0] = 1.0
    assert read_photo(_bytes(Image.fromarray(values), "TIFF"))[4, 4].max() == 0


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P"])
def test_transparent_parts_become_white(mode: str) -> None:
    image = _quarters().convert("RGBA")
    image.putalpha(Image.fromarray(np.tile(np.arange(40) < 20, (20, 1)).astype(np.uint8) * 255))
    if mode == "P":
        image = image.quantize(8)
    elif mode == "PA":
        image = image.quantize(8).convert("PA")
    else:
        image = image.convert(mode)
    picture = read_photo(_bytes(image, "TIFF" if mode == "PA" else "PNG"))
    assert (picture[4, 30] >= 250).all()
    assert picture[15, 5].min() < 128


def test_half_transparent_is_mixed_with_white() -> None:
    image = Image.new("RGBA", (4, 4), (0, 0, 0, 128))
    assert np.allclose(read_photo(_bytes(image)), 127, atol=1)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_first_picture_of_an_animation(kind: str) -> None:
    frames = [Image.new("RGB", (16, 16), RED), Image.new("RGB", (16, 16), BLUE)]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = _bytes(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert np.allclose(read_photo(data)[8, 8], RED, atol=3)


def test_embedded_profile_is_applied() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    data = _bytes(_quarters(), icc_profile=lab.tobytes())
    assert np.allclose(read_photo(data), np.asarray(_quarters()), atol=2)
    broken = _bytes(_quarters(), icc_profile=b"not a profile")
    assert (read_photo(broken) == np.asarray(_quarters())).all()


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"no\.jpg does not exist\. Check the path of the photo\."):
        read_photo(tmp_path / "no.jpg")


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="is a folder, not a photo"):
        read_photo(tmp_path)


def test_empty(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(PhotoError, match=r"photo\.jpg is empty\. Copy or export it again\."):
        read_photo(tmp_path / "photo.jpg")
    with pytest.raises(PhotoError, match=r"the photo is empty\."):
        read_photo(b"")


def test_not_a_picture(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_text("Dear diary")
    with pytest.raises(PhotoError, match=r"is not a picture that can be read\. Use a JPEG, PNG"):
        read_photo(tmp_path / "photo.jpg")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_truncated(kind: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    data = _bytes(Image.fromarray(noise), kind)
    with pytest.raises(PhotoError, match=r"is damaged or cut short|is not a picture"):
        read_photo(data[: int(len(data) * share)])


def test_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    bomb = _bytes(Image.new("1", (12_000, 12_000)))
    assert len(bomb) < 200_000
    with pytest.raises(PhotoError, match=r"has too many pixels, 12000 x 12000\. Scale it below 64"):
        read_photo(bomb)


def test_larger_bomb_than_pillow_opens() -> None:
    bomb = bytearray(_bytes(Image.new("1", (16, 16))))
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4, "big")
    with pytest.raises(PhotoError, match=r"has too many pixels\. Scale it below 64 megapixels\."):
        read_photo(bytes(bomb))


def test_limit_is_above_phone_cameras() -> None:
    assert MAX_PHOTO_PIXELS >= 8160 * 6120


def test_file_over_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_module, "MAX_PHOTO_BYTES", 2**20)
    with (tmp_path / "photo.png").open("wb") as file:
        file.truncate(2**20 + 1)
    with pytest.raises(PhotoError, match=r"photo\.png is larger than 1 MiB\. Export it smaller"):
        read_photo(tmp_path / "photo.png")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "TIFF", "GIF", "BMP"]), st.data())
def test_damage_never_ends_in_another_error(kind: str, data: st.DataObject) -> None:
    stored = bytearray(_bytes(_quarters(), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(stored) - 1))
        stored[place] = data.draw(st.integers(0, 255))
    try:
        picture = read_photo(bytes(stored))
    except PhotoError:
        return
    assert picture.ndim == 3
    assert picture.shape[2] == 3
