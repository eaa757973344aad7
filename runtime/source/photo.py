"""Photos as people have them: any mode, rotated, transparent, damaged, or not photos at all."""

from __future__ import annotations

import functools
import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from bunraku.errors import PhotoError
from bunraku.runtime.source.photo_colours import to_srgb
from bunraku.runtime.source.place import Read, check_kind, path_of

MAX_PHOTO_BYTES = 64 * 2**20
MAX_PHOTO_PIXELS = 64_000_000

# The formats that photos come in; the rest of Pillow's decoders are surface for attacks.
_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF")
_ADVICE = "Use a JPEG, PNG or WebP photo."

# What Pillow's decoders raise on damaged files, beside the OSError that they document.
_DAMAGE: tuple[type[Exception], ...] = (
    *(OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError),
    *(ArithmeticError, MemoryError, struct.error, zlib.error),
)


def read_photo(source: str | Path | bytes) -> NDArray[np.uint8]:
    """Read a photo upright, in sRGB.

    EXIF orientation and an embedded colour profile are applied, HDR is mapped to SDR; transparent
    parts become white, grey and CMYK become RGB, 16 bits become 8, and of an animation the first
    picture is taken.

    :param source: a file, or the file's bytes.
    :return: ``[H,W,3]`` uint8 RGB, at the photo's own resolution.
    :raises PhotoError: the file is missing, empty, above :data:`MAX_PHOTO_BYTES`, not a picture,
        damaged, or above :data:`MAX_PHOTO_PIXELS` (found before anything is decoded).
    """
    name, data = _load(source)
    try:
        with warnings.catch_warnings():
            # Our own limit below is stricter than the one that Pillow warns about, and Pillow's
            # other warnings are about metadata that is of no use here.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=_formats()) as image:
                _check_pixels(name, image)
                return _to_rgb(ImageOps.exif_transpose(image), data)
    except UnidentifiedImageError as exc:
        raise PhotoError(f"{name} is not a picture that can be read.", _ADVICE) from exc
    except Image.DecompressionBombError as exc:
        raise PhotoError(f"{name} has too many pixels.", _pixel_advice()) from exc
    except _DAMAGE as exc:
        raise PhotoError(f"{name} is damaged or cut short.", "Copy or export it again.") from exc


def _load(source: str | Path | bytes) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        name, data = "the photo", source
    else:
        path = path_of(source, Read.PHOTO)
        name = str(path)
        try:
            check_kind(path, Read.PHOTO)
            with path.open("rb") as file:
                data = file.read(MAX_PHOTO_BYTES + 1)
        except FileNotFoundError as exc:
            raise PhotoError(f"{name} does not exist.", "Check the path of the photo.") from exc
        except OSError as exc:
            raise PhotoError(f"{name} cannot be opened: {exc.strerror}.") from exc
    if len(data) > MAX_PHOTO_BYTES:
        limit = f"{MAX_PHOTO_BYTES // 2**20} MiB"
        raise PhotoError(f"{name} is larger than {limit}.", "Export it smaller, as a JPEG.")
    if not data:
        raise PhotoError(f"{name} is empty.", "Copy or export it again.")
    return name, data


@functools.cache
def photo_suffixes() -> frozenset[str]:
    """How the names of files end that ``read_photo`` reads, as in ".jpg"."""
    formats = _formats()
    told = Image.registered_extensions().items()
    return frozenset(suffix for suffix, kind in told if kind in formats)


def _formats() -> list[str]:
    Image.init()  # Pillow looks for its less common decoders only when asked
    return [name for name in _FORMATS if name in Image.OPEN]


def _pixel_advice() -> str:
    return f"Scale it below {MAX_PHOTO_PIXELS // 1_000_000} megapixels."


def _check_pixels(name: str, image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PHOTO_PIXELS:
        raise PhotoError(f"{name} has too many pixels, {width} x {height}.", _pixel_advice())


def _to_rgb(image: Image.Image, data: bytes) -> NDArray[np.uint8]:
    if image.mode in ("F", "I") or image.mode.startswith("I;"):
        grey = Image.fromarray(_deep_grey_to_8_bit(np.asarray(image)))
        grey.info = image.info
        return np.array(to_srgb(grey, data))
    if not image.has_transparency_data:
        return np.array(to_srgb(image, data))
    # Colours first: the white beneath is that of sRGB, not of the embedded profile.
    rgba = to_srgb(image, data)
    rgba.putalpha(image.convert("RGBA").getchannel("A"))
    white = Image.new("RGBA", rgba.size, "white")
    return np.array(Image.alpha_composite(white, rgba).convert("RGB"))


def _deep_grey_to_8_bit(grey: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale 16-bit and floating-point grey to 8 bits, by the range that the values show."""
    values = np.nan_to_num(np.asarray(grey, dtype=np.float32))
    high = float(values.max())
    top = 1.0 if high <= 1.0 and grey.dtype.kind == "f" else 255.0 if high <= 255.0 else 65535.0
    if grey.dtype == np.uint16:
        top = 65535.0
    scaled = np.clip(values / max(top, high) * 255.0 + 0.5, 0.0, 255.0)
    eight: NDArray[np.uint8] = scaled.astype(np.uint8)
    return eight
