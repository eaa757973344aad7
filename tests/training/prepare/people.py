"""Clips of a red block that is a person, and networks that find it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from PIL import Image
from tests.runtime.fakes import FakeEstimator, red, street, with_person

from bunraku.runtime.pose.networks import PoseModel
from bunraku.spec.arrays import Picture
from bunraku.training.people.records import IUV_SIZE
from bunraku.training.prepare.networks import Networks

VERSIONS = {"pose.onnx": "aa", "iuv.onnx": "bb"}


def load(pose: PoseModel, iuv: str, surface: int = IUV_SIZE) -> Networks:
    """Networks without networks; a module's, so that other processes find it."""
    seeing = FakeEstimator(size=surface)
    return Networks(seeing, seeing, versions=VERSIONS)


def walk(frames: int, first: int = 120, step: int = 2) -> list[Picture]:
    """A person of 160 rows and 40 columns who goes to the right."""
    return [with_person(street(), first + step * i, 40) for i in range(frames)]


def empty(frames: int) -> list[Picture]:
    """The street without anybody."""
    return [street()] * frames


def write_film(path: Path, pictures: Sequence[Picture], fps: int = 10) -> Path:
    """A film without loss; the pictures are of one size."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=fps)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "bgr0"
        for pts, picture in enumerate(pictures):
            frame = VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = pts, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_pictures(folder: Path, pictures: Sequence[Picture]) -> Path:
    """A clip as a folder of PNG files: 0.png, 1.png, …"""
    folder.mkdir(parents=True)
    for index, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{index}.png")
    return folder


def iuv_of(picture: Picture, part: int = 2) -> Picture:
    """The official IUV image of such a picture, as RGB: blue is the part, U runs to the right and V
    down."""
    rows, columns = np.nonzero(red(picture))
    image = np.zeros_like(picture)
    image[rows, columns, 2] = part
    image[rows, columns, 1] = 1 + (columns - columns.min()) * 6
    image[rows, columns, 0] = 1 + (rows - rows.min()) * 254 // 160
    return image
