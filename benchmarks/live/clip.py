"""Clips for Chromium's fake camera: every frame carries its number in a bar code along the top."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from PIL import Image

from bunraku.spec.arrays import Picture
from bunraku.stream.clip.reader import ClipReader
from bunraku.stream.sources.barcode import draw_code

SIDE_PX = 512
RATE = 30
FRAMES = 600
"""After these it begins anew: 20 s."""
NOISE = 2.0
"""Standard deviation of the sensor's noise, of 255: pictures without it compress too well."""
QUALITY = "3"

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PHOTO = EXAMPLES / "photo.jpg"
PERSON = EXAMPLES / "clip.mp4"


def read_photo() -> Picture:
    """The example photo."""
    with Image.open(PHOTO) as photo:
        return np.asarray(photo.convert("RGB"), np.uint8)


def make_panning(path: Path, *, frames: int = FRAMES, side_px: int = SIDE_PX) -> None:
    """Write a clip that pans over the example photo: detail everywhere, all of it moving."""
    margin = side_px // 8
    photo = _square(read_photo(), side_px + 2 * margin)

    def pictures() -> Iterator[Picture]:
        for index in range(frames):
            # Whole periods within the clip, so that its end meets its beginning.
            turn = 2 * np.pi * index / frames
            left = round(margin * (1 + 0.9 * np.sin(10 * turn)))
            top = round(margin * (1 + 0.6 * np.cos(8 * turn)))
            yield photo[top : top + side_px, left : left + side_px]

    _write(path, pictures(), side_px)


def make_person(path: Path, *, frames: int = FRAMES, side_px: int = SIDE_PX) -> None:
    """Write a clip of the example's moving person, to and fro, so that nothing ever jumps."""
    with ClipReader(PERSON) as reader:
        pictures = [_square(frame.image, side_px) for frame in reader.frames()]
        share = float(reader.rate) / RATE

    def repeated() -> Iterator[Picture]:
        last = len(pictures) - 1
        for index in range(frames):
            place = round(index * share) % (2 * last)
            yield pictures[min(place, 2 * last - place)]

    _write(path, repeated(), side_px)


def _square(picture: Picture, side_px: int) -> Picture:
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    crop = picture[top : top + side, left : left + side]
    return np.asarray(cv2.resize(crop, (side_px, side_px), interpolation=cv2.INTER_AREA), np.uint8)


def _write(path: Path, pictures: Iterator[Picture], side_px: int) -> None:
    """Motion JPEG, one picture after the other, as Chromium's fake camera takes it."""
    random = np.random.default_rng(0)
    noise = [random.normal(0, NOISE, (side_px, side_px, 3)).astype(np.int16) for _ in range(8)]
    with av.open(str(path), "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=RATE)
        stream.width = stream.height = side_px
        stream.pix_fmt = "yuvj420p"
        stream.options = {"qmin": QUALITY, "qmax": QUALITY}
        for number, picture in enumerate(pictures):
            noisy = np.clip(picture + noise[number % len(noise)], 0, 255).astype(np.uint8)
            draw_code(noisy, number)
            frame = VideoFrame.from_ndarray(noisy, format="rgb24").reformat(format="yuvj420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
