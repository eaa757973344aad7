"""The IUV map of a scene's window: our driver's, or official IUV images cut to it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bunraku.errors import DriverEndedError, InputError
from bunraku.runtime.drivers.iuv_images.backs import BackCharts
from bunraku.runtime.drivers.iuv_images.reading import IuvImages, check_shape
from bunraku.runtime.drivers.iuv_images.surface import sample
from bunraku.runtime.drivers.landmarks.surface import SurfaceMaker
from bunraku.runtime.source.window import Window, crop
from bunraku.spec.arrays import Array
from bunraku.spec.surface import SCORE, U, V
from bunraku.training.people.records import IUV_SIZE
from bunraku.training.prepare.frames import Frame

ALIKE = 0.5
"""Overlap of an IUV image's person with the mask, below which it shows somebody else."""

Iuv = NDArray[np.uint8]
"""``[n, n, 3]``: part, 255 U, 255 V, as records have it."""


class Mapping(Protocol):
    """Maps the person of a clip, frame by frame."""

    def map(self, frame: Frame, window: Window, landmarks: Array, mask: Array) -> Iuv | None:
        """The person's IUV map in a window; None where there is none that fits.

        Args:
            frame: later ones follow earlier ones.
            window: in the frame's pixels.
            landmarks: ``[33, 4]`` in window units.
            mask: ``[n, n]`` in [0, 1], of the window.

        Raises:
            InputError: what maps cannot be of this clip; told at the first frame.
        """


class DriverMapping:
    """The surface of our driver, told the person's outline: it is to fit the picture.

    Not the body's, which moves the photo: that of a body fitted to the same picture has neither its
    clothes nor its hair.
    """

    def __init__(self, surfaces: SurfaceMaker) -> None:
        self._surfaces = surfaces

    def map(self, frame: Frame, window: Window, landmarks: Array, mask: Array) -> Iuv | None:  # noqa: ARG002 - the landmarks are in the window already
        return hard_iuv(self._surfaces.surface(landmarks, shrunken(mask, self._surfaces.size)))


class ImagesMapping:
    """IUV images that were computed elsewhere, turned into the project's charts.

    Args:
        images: one for each frame of the clip.
        size: side of the maps in pixels.
    """

    def __init__(self, images: IuvImages, size: int = IUV_SIZE) -> None:
        self._images = images
        self._size = size
        self._backs = BackCharts()
        self._fits = False

    def map(self, frame: Frame, window: Window, landmarks: Array, mask: Array) -> Iuv | None:  # noqa: ARG002 - the image says it all
        try:
            image = self._images.frame(frame.index)
        except InputError as exc:
            if isinstance(exc, DriverEndedError) or self._fits:
                return None
            raise
        height, width = frame.picture.shape[:2]
        check_shape(image, (height, width), self._images.path)
        self._fits = True
        self._backs.learn(image)
        scale = image.shape[1] / width
        there = Window(
            (window.cx + 0.5) * scale - 0.5, (window.cy + 0.5) * scale - 0.5, window.side * scale
        )
        iuv = hard_iuv(sample(image, there, self._size, turned=self._backs.turned))
        person, mapped = shrunken(mask, self._size) > 0.5, iuv[..., 0] > 0
        alike = (person & mapped).sum() / max(int((person | mapped).sum()), 1)
        return iuv if alike >= ALIKE else None


def shrunken(mask: Array, side: int) -> Array:
    """A window's mask ``[n, n]`` in another number of pixels."""
    return np.asarray(crop(mask, Window.of_box(0, 0, len(mask)), side), np.float32)


def hard_iuv(surface: Array) -> Iuv:
    """The hard form of a surface, as ``networks.densepose.densepose_from_iuv`` expands it.

    Args:
        surface: P, ``[1, 73, n, n]``.

    Returns:
        ``[n, n, 3]``: the likeliest part, and U and V of its chart in levels of 255.
    """
    parts = surface[0, SCORE].argmax(0)
    y, x = np.nonzero(parts)
    own = parts[y, x]
    iuv = np.zeros((*parts.shape, 3), np.uint8)
    uv = np.stack([surface[0, U][own - 1, y, x], surface[0, V][own - 1, y, x]], 1)
    iuv[y, x, 0] = own
    iuv[y, x, 1:] = np.round(uv.clip(0.0, 1.0) * 255.0).astype(np.uint8)
    return iuv
