"""Folders of IUV images, good and bad."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.runtime.drivers.iuv_images.people import facing, write_folder, write_png

from bunraku.errors import InputError
from bunraku.runtime.drivers.iuv_images.reading import IuvImages, check_shape


def test_images_come_in_natural_order(tmp_path: Path) -> None:
    people = [facing(left=k) for k in range(12)]
    images = IuvImages(write_folder(tmp_path / "iuv", people))
    assert images.count == 12
    for index in (0, 1, 2, 10, 11, 3):
        np.testing.assert_array_equal(images.frame(index), people[index])


def test_what_else_lies_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "iuv", [facing()])
    (folder / "notes.txt").write_text("made on a Tuesday")
    (folder / "._frame0_IUV.png").write_bytes(b"of another system")
    assert IuvImages(folder).count == 1


def test_a_writer_with_red_first_is_understood(tmp_path: Path) -> None:
    Image.fromarray(facing()).save(tmp_path / "0.png")
    np.testing.assert_array_equal(IuvImages(tmp_path).frame(0), facing())


def test_an_empty_first_image_says_nothing_of_the_channels(tmp_path: Path) -> None:
    Image.fromarray(np.zeros_like(facing())).save(tmp_path / "0.png")
    Image.fromarray(facing()).save(tmp_path / "1.png")
    images = IuvImages(tmp_path)
    assert not images.frame(0).any()
    np.testing.assert_array_equal(images.frame(1), facing())


def test_transparency_is_left_out(tmp_path: Path) -> None:
    alpha = np.full((200, 100, 1), 90, np.uint8)
    Image.fromarray(np.concatenate([facing()[..., ::-1], alpha], 2)).save(tmp_path / "0.png")
    np.testing.assert_array_equal(IuvImages(tmp_path).frame(0), facing())


def refusal(path: Path, index: int = 0) -> str:
    with pytest.raises(InputError) as caught:
        IuvImages(path).frame(index)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


def test_nothing_is_there(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    assert "holds no PNG files" in refusal(tmp_path / "empty")
    jpeg = tmp_path / "jpeg"
    jpeg.mkdir()
    Image.fromarray(facing()).save(jpeg / "0.jpg")
    assert "JPEG blurs them" in refusal(jpeg)


def test_fewer_images_than_frames(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "iuv", [facing()] * 3)
    assert "holds 3 IUV images, numbered from 0; there is none for frame 3" in refusal(folder, 3)
    images = IuvImages(folder)
    with pytest.raises(InputError, match=r"holds 3 IUV images, but the clip has 4 frames"):
        images.check_frames(4)
    assert images.check_frames(3) is None
    assert "more than the clip's 2 frames" in (images.check_frames(2) or "")


def test_a_photo_is_no_iuv_image(tmp_path: Path) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "0.png")
    assert "is no IUV image: its blue channel" in refusal(tmp_path)


def test_an_image_of_another_order_than_the_first(tmp_path: Path) -> None:
    write_png(tmp_path / "0.png", facing())
    Image.fromarray(facing()).save(tmp_path / "1.png")
    assert "DensePose's go from 0 to 24" in refusal(tmp_path, 1)


def test_an_image_that_was_a_jpeg_once(tmp_path: Path) -> None:
    iuv = facing()
    iuv[:, :30, 1] = 3
    write_png(tmp_path / "0.png", iuv)
    assert "compressed with loss" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("mode", "words"),
    [("L", "8-bit grey"), ("P", "8-bit palette"), ("LA", "grey with"), ("1", "1-bit")],
)
def test_other_kinds_of_png(tmp_path: Path, mode: str, words: str) -> None:
    Image.fromarray(facing()).convert(mode).save(tmp_path / "0.png")
    assert words in refusal(tmp_path)


def test_sixteen_bits(tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(png16(facing()))
    assert "16-bit RGB" in refusal(tmp_path)


def test_damage(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "iuv", [facing()] * 2)
    whole = (folder / "frame1_IUV.png").read_bytes()
    for part in (b"", whole[:20], whole[: len(whole) // 2], b"GIF89a" + whole[6:]):
        (folder / "frame1_IUV.png").write_bytes(part)
        assert "frame1_IUV.png is damaged" in refusal(folder, 1)


def test_shapes() -> None:
    iuv = facing()
    check_shape(iuv, (200, 100), Path("iuv"))
    check_shape(iuv, (401, 200), Path("iuv"))
    with pytest.raises(InputError, match=r"iuv are 100 x 200, but the clip's frames are 200 x 100"):
        check_shape(iuv, (100, 200), Path("iuv"))


def png16(rgb: NDArray[np.uint8]) -> bytes:
    """A PNG with 16 bits a channel, which Pillow reads but does not write."""
    height, width = rgb.shape[:2]
    rows = rgb.astype(">u2").reshape(height, -1).view(np.uint8)
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
