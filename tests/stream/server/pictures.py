"""Photos of all kinds, good and bad, made on the spot."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image


def photo(kind: str = "JPEG", size: tuple[int, int] = (120, 160), level: int = 128) -> bytes:
    """A photo; of level 0 there is nobody in it (see ``fakes.identify``)."""
    noise = np.random.default_rng(level).integers(0, 20, (size[1], size[0], 3))
    pixels = np.clip(noise + level, 0, 255) if level else np.zeros_like(noise)
    data = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(data, kind)
    return data.getvalue()


def turned() -> bytes:
    """A JPEG of 40 x 20, left half red, that EXIF turns by a quarter to 20 x 40."""
    picture = Image.new("RGB", (40, 20), "blue")
    picture.paste("red", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned clockwise
    exif[0x010F] = "a camera's maker"
    data = io.BytesIO()
    picture.save(data, "JPEG", exif=exif, quality=95)
    return data.getvalue()


def png_bomb(side: int = 30_000) -> bytes:
    """A PNG of 900 megapixels in a few kilobytes."""
    compressor = zlib.compressobj(9)
    rows = b"\0" * (side // 8 + 1)
    data = b"".join(compressor.compress(rows) for _ in range(256)) + compressor.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def text_bomb() -> bytes:
    """A small PNG whose compressed comment unpacks to a hundred megabytes."""
    comment = b"zip\0\0" + zlib.compress(b"\0" * 100_000_000, 9)
    good = photo("PNG", (8, 8))
    at = good.index(b"IDAT") - 4
    return good[:at] + _chunk(b"zTXt", comment) + good[at:]


def chunk_bomb(chunks: int) -> bytes:
    """A PNG with so many chunks that say nothing."""
    good = photo("PNG", (8, 8))
    at = good.index(b"IDAT") - 4
    return good[:at] + _chunk(b"none", b"") * chunks + good[at:]


def scan_bomb(scans: int, hidden: bytes = b"") -> bytes:
    """A progressive JPEG whose last scan comes so often, after ``hidden``."""
    data = io.BytesIO()
    Image.new("RGB", (64, 48), "grey").save(data, "JPEG", progressive=True)
    good = data.getvalue()[:-2]
    last = good[good.rindex(b"\xff\xda") :]
    return good + hidden + last * scans + b"\xff\xd9"


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def mutated(count: int, seed: int = 7) -> list[bytes]:
    """So many damaged photos: bytes changed, cut, doubled, moved or left out."""
    random = np.random.default_rng(seed)
    originals = [photo("JPEG"), photo("PNG", (40, 30)), photo("WEBP"), turned()]
    result = []
    for index in range(count):
        data = bytearray(originals[index % len(originals)])
        for _ in range(int(random.integers(1, 6))):
            at = int(random.integers(len(data)))
            length = int(random.integers(1, 40))
            match int(random.integers(5)):
                case 0:
                    data[at] = int(random.integers(256))
                case 1:
                    del data[at : at + length]
                case 2:
                    data[at:at] = data[:length]
                case 3:
                    data[at : at + length] = random.bytes(length)
                case _:
                    del data[max(8, at) :]
        result.append(bytes(data))
    return result
