"""PNG files whose pixels are numbers: read as they stand, or not at all."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bunraku.errors import InputError
from bunraku.runtime.source.photo import MAX_PHOTO_BYTES, MAX_PHOTO_PIXELS

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">8xI4sIIBB")
_KINDS = {0: "grey", 2: "RGB", 3: "palette", 4: "grey with transparency", 6: "RGBA"}
_DAMAGE = (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error)


def read_png(path: Path) -> NDArray[np.uint8]:
    """Read an 8-bit RGB PNG file, without a change to its values.

    :return: ``[H, W, 3]`` RGB; transparency is left out.
    :raises InputError: it cannot be opened, is damaged, too large, or another kind of picture.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_PHOTO_BYTES else b""
    except OSError as exc:
        raise InputError(f"{path} cannot be opened: {exc.strerror}.") from exc
    if size > MAX_PHOTO_BYTES:
        raise InputError(f"{path} is larger than {MAX_PHOTO_BYTES // 2**20} MiB.")
    _check_header(path, data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own limit is stricter than Pillow's
            with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
                return np.array(image.convert("RGB"))
    except _DAMAGE as exc:
        raise _damaged(path) from exc


def _check_header(path: Path, data: bytes) -> None:
    # Pillow makes 8 bits of 16 and says nothing; the header tells.
    if len(data) < _HEADER.size or not data.startswith(_SIGNATURE):
        raise _damaged(path)
    _, kind, width, height, bits, colours = _HEADER.unpack_from(data)
    if kind != b"IHDR":
        raise _damaged(path)
    if width * height > MAX_PHOTO_PIXELS:
        raise InputError(f"{path} has too many pixels, {width} x {height}.")
    if bits != 8 or colours not in (2, 6):
        raise InputError(
            f"{path} is a {bits}-bit {_KINDS.get(colours, 'unknown')} picture; IUV images are "
            "8-bit RGB.",
            "Save part, U and V as the three channels, as DensePose does.",
        )


def _damaged(path: Path) -> InputError:
    return InputError(f"{path} is damaged, or no PNG file.", "Copy or compute it again.")
