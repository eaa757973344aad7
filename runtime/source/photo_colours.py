"""What the numbers in a photo mean as colours, by its embedded profile or its code points."""

from __future__ import annotations

import io
import re

import numpy as np
from PIL import Image, ImageCms

from bunraku.runtime.source.tone import Gamut, Transfer, to_sdr

# How profiles call the colours that they describe, and in which of Pillow's modes those are.
_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}
# The modes of grey pictures, and those that a profile of their own kind describes alone.
_GREY = frozenset({"1", "L", "LA", "La"})
_OWN = frozenset({"CMYK", "LAB"})

# An AVIF's colour box: code points of primaries and transfer, 16 bits each.
_AVIF_CODES = re.compile(rb"colrnclx(..)(..)", re.DOTALL)
# A PNG's chunk of them, 8 bits each; 4 bytes long.
_PNG_CODES = re.compile(rb"\0\0\0\x04cICP(.)(.)", re.DOTALL)
# Both stand before the picture itself.
_HEADER_BYTES = 2**16


def to_srgb(image: Image.Image, data: bytes) -> Image.Image:
    """Convert to sRGB, mode RGB, transparency left out.

    :param image: the photo, with the embedded profile in its ``info``.
    :param data: the photo's file, for what Pillow does not tell.
    """
    codes = _hdr_codes(image, data)
    if codes is not None:
        return Image.fromarray(to_sdr(np.asarray(_opaque(image, "RGB")), *codes))
    profile = image.info.get("icc_profile")
    converted = _by_profile(image, profile) if profile else None
    return _opaque(image, "RGB") if converted is None else converted


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Apply an embedded profile: phones write Display P3, scanners grey, printers CMYK."""
    try:
        embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES.get(embedded.profile.xcolor_space.strip())
        if mode is None or not _describes(mode, image.mode):
            return None
        return ImageCms.profileToProfile(
            _opaque(image, mode), embedded, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError):
        return None  # a broken profile is worth less than the picture


def _describes(profile_mode: str, image_mode: str) -> bool:
    if profile_mode in _OWN or image_mode in _OWN:
        return profile_mode == image_mode
    return profile_mode == "RGB" or image_mode in _GREY


def _opaque(image: Image.Image, mode: str) -> Image.Image:
    """The colours alone, also of what is transparent."""
    if image.has_transparency_data and mode in ("RGB", "L"):
        return image.convert("RGBA").convert("RGB").convert(mode)
    return image.convert(mode)


def _hdr_codes(image: Image.Image, data: bytes) -> tuple[Transfer, Gamut] | None:
    header = data[:_HEADER_BYTES]
    if header.startswith(b"\x89PNG"):
        found = _PNG_CODES.findall(header.partition(b"IDAT")[0])
    elif header[4:8] == b"ftyp" and not image.info.get("icc_profile"):
        found = _AVIF_CODES.findall(header)
    else:
        return None
    told = [(int.from_bytes(primaries), int.from_bytes(code)) for primaries, code in found]
    transfers = {Transfer.of_code(code) for _, code in told}
    # An AVIF with a gain map tells of an SDR picture as well, which is the one that is decoded.
    transfer = transfers.pop() if len(transfers) == 1 else None
    return None if transfer is None else (transfer, Gamut.of_code(told[0][0]))
