from __future__ import annotations

import io
import tracemalloc

import numpy as np
import pytest
from PIL import Image
from tests.stream.server.pictures import (
    chunk_bomb,
    mutated,
    photo,
    png_bomb,
    scan_bomb,
    text_bomb,
    turned,
)

from bunraku.errors import EngineError, NoPersonError, PhotoError
from bunraku.stream.server import photos
from bunraku.stream.server.options import Limits
from bunraku.stream.server.photos import (
    PREVIEW_SIDE_PX,
    clean_name,
    clean_photo,
    photo_error,
    preview,
)
from bunraku.stream.server.protocol import ApiError, ErrorCode

LIMITS = Limits(photo_pixels=1_000_000, photo_side_px=200)


def refused(data: bytes) -> ApiError:
    with pytest.raises(ApiError) as caught:
        clean_photo(data, LIMITS)
    return caught.value


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_photos_become_pictures(kind: str) -> None:
    picture = clean_photo(photo(kind), LIMITS)
    assert picture.shape == (160, 120, 3)
    assert abs(float(picture.mean()) - 137) < 3


def test_photos_are_turned_upright() -> None:
    pixels = clean_photo(turned(), LIMITS)
    assert pixels.shape == (40, 20, 3)
    assert pixels[5, 10, 0] > 200  # the left half is on top
    assert pixels[35, 10, 2] > 200


def test_large_photos_are_made_smaller() -> None:
    assert clean_photo(photo(size=(900, 600)), LIMITS).shape == (133, 200, 3)


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"GIF89a" + bytes(100), b"II*\0" + bytes(100), b"BM" + bytes(100)),
        b"<svg xmlns='http://www.w3.org/2000/svg'><image href='http://127.0.0.1/'/></svg>",
        *(b"<html><script>alert(1)</script></html>", b"%PDF-1.7", b"PK\x03\x04" + bytes(100)),
        b"RIFF\0\0\0\0AVI " + bytes(100),
    ],
)
def test_other_kinds(data: bytes) -> None:
    error = refused(data)
    assert (error.status, error.code) == (415, ErrorCode.UNSUPPORTED_TYPE)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP"])
def test_other_pictures(kind: str) -> None:
    assert refused(photo(kind)).status == 415


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_truncated(kind: str) -> None:
    data = photo(kind)
    for length in (12, 40, len(data) // 2):
        error = refused(data[:length])
        assert (error.status, error.code) == (422, ErrorCode.UNREADABLE_PHOTO)


def test_bombs_are_refused_before_they_are_decoded() -> None:
    bomb = png_bomb()
    tracemalloc.start()
    try:
        error = refused(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (error.status, error.code) == (413, ErrorCode.PHOTO_TOO_LARGE)
    assert peak < 4 * 2**20
    assert refused(photo("PNG", (1001, 1000))).status == 413


def test_a_bomb_in_a_comment() -> None:
    assert refused(text_bomb()).status == 422


@pytest.mark.parametrize(
    "hidden",
    [
        b"",
        b"\xff\xfe\0\x06\xff\xd9\xff\xd9",  # an end in a comment is none
        b"\xff\xdb\0\x43\0" + b"\xff\xe0\xff\xff" * 16,  # nor a comment in a table
        b"\xff\xff\xff\xd0\xff\0",
    ],
)
def test_a_bomb_of_scans(monkeypatch: pytest.MonkeyPatch, hidden: bytes) -> None:
    clean_photo(scan_bomb(30, hidden), LIMITS)
    monkeypatch.setattr(photos, "read_photo", lambda _: pytest.fail("it was decoded"))
    error = refused(scan_bomb(150_000, hidden))
    assert (error.status, error.code) == (422, ErrorCode.UNREADABLE_PHOTO)


def test_a_bomb_of_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    clean_photo(chunk_bomb(1000), LIMITS)
    clean_photo(photo("PNG") + bytes(200_000), LIMITS)  # what follows does not count
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("it was opened"))
    assert refused(chunk_bomb(100_000)).status == 422


@pytest.mark.parametrize("junk", [b"\0", b"\xff", b"\xff\xd0", b"\xff\xe1\0\x02"])
def test_a_jpeg_that_does_not_begin(monkeypatch: pytest.MonkeyPatch, junk: bytes) -> None:
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("it was opened"))
    assert refused(b"\xff\xd8\xff\xe0\0\x02" + junk * 100_000).status == 422


def test_what_follows_a_photo_does_not_count() -> None:
    clip = b"\xff\xda" * 1000  # phones append one
    assert np.array_equal(clean_photo(photo() + clip, LIMITS), clean_photo(photo(), LIMITS))


def test_mutated_photos_are_read_or_refused() -> None:
    statuses = set()
    for data in mutated(200):
        try:
            clean_photo(data, LIMITS)
            statuses.add(201)
        except ApiError as error:
            statuses.add(error.status)
    assert {201, 422} <= statuses <= {201, 413, 415, 422}


def test_preview() -> None:
    data = preview(clean_photo(photo(size=(1800, 1200)), Limits()))
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == ("JPEG", (PREVIEW_SIDE_PX, 640))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("me.jpg", "me.jpg"),
        ("/etc/../etc/passwd", "passwd"),
        ("C:\\Users\\me\\me.jpg", "me.jpg"),
        ("a\0b\r\nc\u202egpj.exe", "abcgpj.exe"),
        ("", "photo"),
        (None, "photo"),
        ("..", ".."),
        ("x" * 200, "x" * 80),
    ],
)
def test_clean_name(name: str | None, shown: str) -> None:
    assert clean_name(name) == shown


def test_errors_of_what_looks_at_photos() -> None:
    nobody = photo_error(NoPersonError("Nobody.", "Come in."))
    assert (nobody.status, nobody.code, nobody.hint) == (422, ErrorCode.NO_PERSON, "Come in.")
    assert photo_error(PhotoError("Damaged.")).code is ErrorCode.UNREADABLE_PHOTO
    broken = photo_error(EngineError("/secret/path/source.onnx failed"))
    assert broken.status == 500
    assert "secret" not in broken.text
