"""The driver whose surfaces were computed elsewhere: one IUV image for each frame."""

from __future__ import annotations

import logging
from collections.abc import Callable
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from bunraku.errors import DriverEndedError, InputError
from bunraku.runtime.drivers.iuv_images.backs import BackCharts
from bunraku.runtime.drivers.iuv_images.mending import Mender
from bunraku.runtime.drivers.iuv_images.order import FrameOrder
from bunraku.runtime.drivers.iuv_images.placing import (
    Stance,
    driving_window,
    stance_of_image,
    stance_of_surface,
)
from bunraku.runtime.drivers.iuv_images.reading import IuvImages, check_shape
from bunraku.runtime.drivers.iuv_images.surface import sample
from bunraku.runtime.drivers.protocol import Driving, Found, Subject
from bunraku.runtime.later import Later
from bunraku.runtime.measure import Recorder
from bunraku.runtime.parts import ALL_PARTS, Parts
from bunraku.runtime.source.source import Source
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.stages import Step
from bunraku.spec.surface import PART

log = logging.getLogger(__name__)


class IuvImagesDriver:
    """Follows the person of IUV images (see ``Driver``); of the frames only the size is looked at.

    The window is fixed by one image, so that the person's way through the picture survives; the
    photo's person is measured in its own surface, by the same charts. There are no landmarks, so
    limbs keep the driver's lengths and the head is mapped by its charts alone.

    :param images: one for each frame.
    :param surface_of: the photo's own surface, P_s ``[1, 73, n, n]`` in its window.
    :param size: n, side of the surfaces in pixels.
    :param index_of: the number of the frame at a time; None to count them as they come.
    :param mend: whether what images lose for a moment is put back.
    :param recorder: of how long reading and placing an image takes; None to tell nobody.
    """

    def __init__(
        self,
        images: IuvImages,
        surface_of: Callable[[Source], Array],
        size: int,
        *,
        index_of: Callable[[float], int] | None = None,
        mend: bool = True,
        recorder: Recorder | None = None,
    ) -> None:
        self._images = images
        self._surface_of = surface_of
        self._size = size
        self._index_of = FrameOrder() if index_of is None else index_of
        self._recorder = recorder or Recorder()
        self._backs = BackCharts()
        self._mender = Mender() if mend else None
        self._faults = 0
        self._fits = False
        self.reset()

    def reset(self) -> None:
        """Forget the calibration; the next image that shows a person calibrates."""
        self._stance: Stance | None = None
        self._windows: WeakKeyDictionary[Subject, Window] = WeakKeyDictionary()
        self._mirrored = False
        self._window: Window | None = None
        self._looked: tuple[Window, bool] | None = None
        self.calibrate()

    def set_parts(self, parts: Parts) -> None:
        """Images without landmarks show the person as one.

        :raises InputError: not all parts are to follow.
        """
        if parts != ALL_PARTS:
            raise InputError(
                "IUV images move the whole person.",
                "Leave out --parts, or let the body drive (--driver body).",
            )

    def calibrate(self) -> None:
        """Fix the window anew at the next image that shows a person. From any thread."""
        self._calibrate_asked = True

    @property
    def window(self) -> Window | None:
        """The last subject's window in pixels of the frames; None until calibrated."""
        return self._window

    def prepare(self, source: Source) -> Subject:
        """What is kept of a photo.

        :raises EngineError: a network failed.
        """
        return Subject(source, Later.of(self._surface_of(source)))

    def follow(
        self,
        frame: Picture,
        time_s: float,
        subject: Subject,
        *,
        mirrored: bool = False,
        found: Found | None = None,  # noqa: ARG002 - there are no landmarks
    ) -> Driving | None:
        """The surface of the frame's image; None where it shows nobody, or is damaged.

        :param frame: HWC uint8 RGB; frames come one by one, in their order.
        :param mirrored: left and right are exchanged in the frames, but not in the images.
        :raises DriverEndedError: there is no image for the frame.
        :raises InputError: the first image is not of the frame's shape; a later one that is not
            counts as damaged.
        """
        with self._recorder.measure(Step.IUV):
            surface = self._surface(frame, time_s, subject, mirrored=mirrored)
            if surface is None or not surface[:, PART].any():
                return None
            if self._mender is not None:
                surface = self._mender.mend(surface, time_s)
        return Driving(Later.of(surface), landmarks=None)

    def _surface(
        self, frame: Picture, time_s: float, subject: Subject, *, mirrored: bool
    ) -> Array | None:
        iuv = self._image(self._index_of(time_s), (frame.shape[0], frame.shape[1]))
        if iuv is None:
            return None
        self._backs.learn(iuv)
        if self._calibrate_asked or self._stance is None:
            self._start(iuv)
        if mirrored is not self._mirrored:
            self._windows.clear()
            self._mirrored = mirrored
        window = self._window_of(subject, iuv.shape[1])
        if window is None:
            return None
        scale = frame.shape[1] / iuv.shape[1]
        self._window = Window(
            (window.cx + 0.5) * scale - 0.5, (window.cy + 0.5) * scale - 0.5, window.side * scale
        )
        if self._mender is not None and self._looked != (window, mirrored):
            self._mender.reset()
        self._looked = window, mirrored
        return sample(iuv, window, self._size, turned=self._backs.turned, mirrored=mirrored)

    def _image(self, index: int, shape: tuple[int, int]) -> NDArray[np.uint8] | None:
        read = False
        try:
            iuv = self._images.frame(index)
            read = True
            check_shape(iuv, shape, self._images.path)
            self._fits = True
            return iuv
        except DriverEndedError:
            raise
        except InputError as exc:
            if read and not self._fits:
                raise
            self._faults += 1
            if self._faults == 1:
                log.warning("An IUV image is left out: %s", exc)
            return None

    def _start(self, iuv: NDArray[np.uint8]) -> None:
        stance = stance_of_image(iuv, self._backs.turned)
        if stance is not None:
            self._stance, self._calibrate_asked = stance, False
            self._windows.clear()

    def _window_of(self, subject: Subject, width: int) -> Window | None:
        """The subject's window in pixels of the images, or of their mirror images."""
        window = self._windows.get(subject)
        if window is None and self._stance is not None:
            there = stance_of_surface(subject.surface)
            mirror_width = width if self._mirrored else None
            if there is not None:
                window = driving_window(there, self._stance, mirror_width=mirror_width)
            if window is not None:
                self._windows[subject] = window
        return window
