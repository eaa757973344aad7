"""Photos whose numbers are not sRGB, in every mode that carries a profile or code points."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from bunraku.runtime.source.photo import read_photo

RED, BLUE = (220, 20, 30), (30, 20, 220)


def _exchanged() -> bytes:
    """sRGB with red and blue exchanged: what is stored as red is seen as blue."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    head, table = profile[:128], profile[128:]
    return head + table.replace(b"rXYZ", b"....").replace(b"bXYZ", b"rXYZ").replace(
        b"....", b"bXYZ"
    )


def _linear_grey() -> bytes:
    """A grey profile whose values are light itself: half of them is seen as 188."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, 0x100) + bytes(2)
    white = b"XYZ " + bytes(4) + struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)
    start = 128 + 4 + 2 * 12
    tags = struct.pack(">I4sII4sII", 2, b"kTRC", start, 14, b"wtpt", start + 16, 20)
    body = tags + curve + white
    head = struct.pack(
        ">I4sI4s4s4s12s4s", 128 + len(body), b"", 0x02400000, b"mntr", b"GRAY", b"XYZ ",
        bytes(12), b"acsp",
    )  # fmt: skip
    illuminant = struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)
    return head + bytes(68 - len(head)) + illuminant + bytes(128 - 80) + body


def _bytes(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_a_profile_of_colours_holds_in_every_mode(mode: str, kind: str) -> None:
    image = Image.new("RGB", (8, 8), RED)
    image = image.quantize(4) if mode == "P" else image.convert(mode)
    options = {"lossless": True} if kind == "WEBP" else {}
    picture = read_photo(_bytes(image, kind, icc_profile=_exchanged(), **options))
    assert np.abs(picture.astype(int) - BLUE).max() <= 3


@pytest.mark.parametrize("mode", ["L", "LA", "I;16", "1"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_profile_of_greys_holds_in_every_mode(mode: str, kind: str) -> None:
    image = (
        Image.fromarray(np.full((8, 8), 128 * 257, np.uint16))
        if mode == "I;16"
        else Image.new("L", (8, 8), 128 if mode != "1" else 255).convert(mode)
    )
    picture = read_photo(_bytes(image, kind, icc_profile=_linear_grey()))
    assert picture.shape == (8, 8, 3)
    assert np.abs(picture.astype(int) - (188 if mode != "1" else 255)).max() <= 2


def test_grey_with_a_profile_of_colours() -> None:
    picture = read_photo(_bytes(Image.new("L", (8, 8), 100), icc_profile=_exchanged()))
    assert np.abs(picture.astype(int) - 100).max() <= 2


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_the_white_beneath_transparent_parts_is_srgbs(mode: str) -> None:
    grey = mode == "LA"
    image = Image.new("LA" if grey else "RGBA", (8, 8), (128, 255) if grey else (*RED, 255))
    image.paste((0,) * len(image.getbands()), (4, 0, 8, 8))
    image = image.quantize(4) if mode == "P" else image
    profile = _linear_grey() if grey else _exchanged()
    picture = read_photo(_bytes(image, icc_profile=profile)).astype(int)
    assert picture[:, 4:].min() == 255
    assert np.abs(picture[:, :4] - (188 if grey else BLUE)).max() <= 3


def test_a_colour_that_means_transparent_survives_the_profile() -> None:
    image = Image.new("RGB", (8, 8), RED)
    image.paste((0, 255, 0), (4, 0, 8, 8))
    data = _bytes(image, icc_profile=_exchanged(), transparency=(0, 255, 0))
    picture = read_photo(data).astype(int)
    assert picture[:, 4:].min() == 255
    assert np.abs(picture[:, :4] - BLUE).max() <= 3


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P"])
def test_profiles_that_are_broken_or_of_other_colours_are_left_out(mode: str) -> None:
    image = Image.new("RGB", (8, 8), RED).convert(mode)
    plain = read_photo(_bytes(image))
    cmyk = _exchanged().replace(b"RGB ", b"CMYK", 1)
    for profile in (b"not a profile", _exchanged()[:200], cmyk):
        assert (read_photo(_bytes(image, icc_profile=profile)) == plain).all()
    if mode not in ("L", "LA"):
        assert (read_photo(_bytes(image, icc_profile=_linear_grey())) == plain).all()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@pytest.mark.parametrize(("transfer", "stored"), [(16, 130), (18, 161)])
def test_hdr_png(transfer: int, stored: int) -> None:
    data = _bytes(Image.new("RGB", (8, 8), (stored,) * 3))
    codes = _chunk(b"cICP", bytes([9, transfer, 0, 1]))
    picture = read_photo(data[:33] + codes + data[33:])
    assert np.abs(picture.astype(int) - 191).max() <= 2


@pytest.mark.parametrize(("transfer", "stored"), [(16, 130), (18, 161)])
def test_hdr_avif(transfer: int, stored: int) -> None:
    data = _bytes(Image.new("RGB", (8, 8), (stored,) * 3), "AVIF", quality=100)
    place = data.index(b"colrnclx") + 8
    hdr = data[:place] + struct.pack(">HH", 9, transfer) + data[place + 4 :]
    picture = read_photo(hdr)
    assert np.abs(picture.astype(int) - 191).max() <= 3
    assert np.abs(read_photo(data).astype(int) - stored).max() <= 3


def test_an_avif_that_tells_of_sdr_as_well_is_taken_for_sdr() -> None:
    data = _bytes(Image.new("RGB", (8, 8), (130,) * 3), "AVIF", quality=100)
    gain_map = struct.pack(">I", 19) + b"colrnclx" + struct.pack(">HHHB", 9, 16, 9, 128)
    assert np.abs(read_photo(data + gain_map).astype(int) - 130).max() <= 3
