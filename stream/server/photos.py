"""Photos from strangers: what is refused, and what goes on to the networks."""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
from pathlib import PurePath

import cv2
import numpy as np
from PIL import Image

from bunraku.errors import BunrakuError, NoPersonError, PhotoError
from bunraku.runtime.source.photo import read_photo
from bunraku.spec.arrays import Picture
from bunraku.stream.server.options import Limits
from bunraku.stream.server.protocol import ApiError, ErrorCode

# How files of the three formats begin. The content decides, never the name or the stated type.
_JPEG, _PNG, _RIFF, _WEBP = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"WEBP"
_FORMATS = ("JPEG", "PNG", "WEBP")

# Real photos have about ten scans, each of which goes over the whole picture again; for the first
# one Pillow looks byte by byte.
_MOST_SCANS = 50
_MOST_SEGMENTS = 1000
_MOST_JUNK_BYTES = 64 * 2**10
_MOST_CHUNKS = 10_000
# Stuffed bytes, padding and restarts are part of a scan.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_EOI, _SOS = 0xD9, 0xDA
_WITH_LENGTH = frozenset({*range(0xC0, 0xD0), *range(0xDA, 0xDE), *range(0xE0, 0xF0), 0xFE})

PREVIEW_SIDE_PX = 960  # as large as the stage shows it before it moves
_PREVIEW_QUALITY = 80
_LONGEST_NAME = 80


def clean_photo(data: bytes, limits: Limits) -> Picture:
    """Read a photo from a stranger: upright, in sRGB, without any metadata, no larger than a stream
    can show.

    :param data: the file as it came, already within ``limits.photo_bytes``.
    :return: ``[H,W,3]`` uint8 RGB of at most ``limits.photo_side_px`` on its longer side.
    :raises ApiError: 415: no JPEG, PNG or WebP by its content; 413: too many pixels, found before
        anything is decoded; 422: damaged.
    """
    if not (data.startswith((_JPEG, _PNG)) or (data[:4] == _RIFF and data[8:12] == _WEBP)):
        raise ApiError(
            415,
            ErrorCode.UNSUPPORTED_TYPE,
            "That is not a JPEG, PNG or WebP photo.",
            "Save it as one of these.",
        )
    if data.startswith(_JPEG):
        _check_scans(data)
    elif data.startswith(_PNG):
        _check_chunks(data)
    _check_pixels(data, limits.photo_pixels)
    try:
        return fitted(read_photo(data), limits.photo_side_px)
    except PhotoError as error:
        raise _unreadable(error.hint) from error


def preview(picture: Picture) -> bytes:
    """A small JPEG of a photo."""
    bgr = cv2.cvtColor(fitted(picture, PREVIEW_SIDE_PX), cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _PREVIEW_QUALITY])
    return bytes(data)


def fitted(picture: Picture, side_px: int) -> Picture:
    """The picture, made smaller if its longer side is above ``side_px``."""
    height, width = picture.shape[:2]
    scale = side_px / max(height, width)
    if scale >= 1.0:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def photo_error(error: BunrakuError) -> ApiError:
    """The answer to what was wrong with a photo, or with the engines that looked at it."""
    if isinstance(error, NoPersonError):
        return ApiError(422, ErrorCode.NO_PERSON, error.message, error.hint)
    if isinstance(error, PhotoError):
        return ApiError(422, ErrorCode.UNREADABLE_PHOTO, error.message, error.hint)
    return ApiError(
        500, ErrorCode.INTERNAL, "The photo could not be looked at.", "Try again, or another photo."
    )


def clean_name(name: str | None) -> str:
    """A file's name as it can be shown: no folders, no characters that do things."""
    last = PurePath((name or "").replace("\\", "/")).name
    shown = "".join(c for c in unicodedata.normalize("NFC", last) if c.isprintable())
    return shown.strip()[:_LONGEST_NAME] or "photo"


def _check_scans(data: bytes) -> None:
    """Walk a JPEG as its decoder does, up to its end, behind which phones keep clips: a scan of 15
    bytes takes milliseconds.
    """
    at, scans, junk = 2, 0, 0
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.search(data, at)
        if found is None:
            break
        marker = data[found.end() - 1]
        junk += 0 if scans else found.start() - at
        scans += marker == _SOS
        if marker == _EOI:
            return
        if scans > _MOST_SCANS or junk > _MOST_JUNK_BYTES:
            break
        at = found.end()
        if marker in _WITH_LENGTH:
            at += max(2, int.from_bytes(data[at : at + 2]))
    raise _unreadable()


def _check_chunks(data: bytes) -> None:
    """Count a PNG's chunks: Pillow looks at each, for seconds where there are a million of none."""
    at = len(_PNG)
    for _ in range(_MOST_CHUNKS):
        if at >= len(data) or data[at + 4 : at + 8] == b"IEND":
            return
        at += 12 + int.from_bytes(data[at : at + 4])
    raise _unreadable()


def _check_pixels(data: bytes, most: int) -> None:
    """Look at the size that the file states, before it is decoded."""
    too_large = ApiError(
        413,
        ErrorCode.PHOTO_TOO_LARGE,
        "The photo has too many pixels.",
        f"Scale it below {most // 1_000_000} megapixels.",
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                width, height = image.size
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise too_large from error
    except Exception as error:
        # Pillow's decoders raise all sorts of errors on damaged files.
        raise _unreadable() from error
    if width * height > most:
        raise too_large


def _unreadable(hint: str | None = None) -> ApiError:
    return ApiError(
        422,
        ErrorCode.UNREADABLE_PHOTO,
        "The photo is damaged or cut short.",
        hint or "Copy or export it again.",
    )
