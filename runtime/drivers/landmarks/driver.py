"""The driver by landmarks: from landmarks in the photo's window to surfaces."""

from __future__ import annotations

from functools import partial

import numpy as np

from bunraku.runtime.drivers.holding import hold
from bunraku.runtime.drivers.landmarks.device_surface import DeviceIuvNet
from bunraku.runtime.drivers.landmarks.head import head_map
from bunraku.runtime.drivers.landmarks.retarget import proportions
from bunraku.runtime.drivers.landmarks.subject import LandmarkSubject
from bunraku.runtime.drivers.landmarks.surface import SurfaceMaker
from bunraku.runtime.drivers.locating import Located, Locator, Tracker
from bunraku.runtime.drivers.protocol import Driving, Found, Hints, Subject
from bunraku.runtime.drivers.shares import Following, Shares
from bunraku.runtime.later import Later
from bunraku.runtime.measure import Recorder
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.parts import Parts
from bunraku.runtime.source.source import Source
from bunraku.runtime.source.window import Window, crop
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.stages import Step


class LandmarkDriver:
    """Follows the driver by landmarks alone (see ``drivers.protocol.Driver``).

    :param tracker: follows a person of this driver's own.
    :param surfaces: from landmarks to surfaces; shared.
    :param recorder: of how long the steps take.
    :param on_device: makes those of frames on a device; None to have them made by ``surfaces``.
    """

    def __init__(
        self,
        tracker: Tracker,
        surfaces: SurfaceMaker,
        options: PuppetOptions | None = None,
        recorder: Recorder | None = None,
        on_device: DeviceIuvNet | None = None,
    ) -> None:
        self._options = options or PuppetOptions()
        self.locator = Locator(tracker, surfaces.size, self._options)
        self.shares = Shares()
        self._surfaces, self._on_device = surfaces, on_device
        self._recorder = recorder or Recorder()

    def reset(self) -> None:
        """Forget the driver; the next confident frame calibrates."""
        self.locator.reset()
        self.shares.reset()

    def set_parts(self, parts: Parts) -> None:
        """Which parts follow from now on. From any thread."""
        self.shares.wanted = parts

    def calibrate(self) -> None:
        """Fix the window anew at the next confident frame; until then the last one holds.

        May be called from another thread than ``follow``.
        """
        self.locator.calibrate()

    @property
    def window(self) -> Window | None:
        """See ``Locator.window``."""
        return self.locator.window

    @property
    def size(self) -> int:
        """n, side of the surfaces in pixels."""
        return self._surfaces.size

    def prepare(self, source: Source) -> LandmarkSubject:
        return LandmarkSubject(
            source, Later.of(self.source_surface(source)), proportions(source.pose)
        )

    def source_surface(self, source: Source) -> Array:
        """P_s of a photo.

        :raises EngineError: the IUV net failed.
        """
        outline = None
        if self._options.source_iuv_mask:
            cropped = crop(source.body, source.framing.window, self._surfaces.size)
            outline = np.asarray(cropped, np.float32)
        return self._surfaces.surface(source.landmarks, outline)

    def follow(
        self,
        frame: Picture,
        time_s: float,
        subject: Subject,
        *,
        mirrored: bool = False,
        found: Found | None = None,
    ) -> Driving | None:
        assert isinstance(subject, LandmarkSubject), "subjects are of the driver's own kind"
        with self._recorder.measure(Step.POSE):
            located = self.locator.locate(frame, time_s, subject, mirrored=mirrored)
        if located is None:
            return None
        if found is not None:
            found(located.in_frame, self.locator.person)
        return self.understand(located, subject, self.shares.follow(time_s))

    def understand(
        self, located: Located, subject: LandmarkSubject, following: Following
    ) -> Driving:
        """The surface of a driver who was located.

        :param following: how far each part follows; hands go with the arms.
        :raises EngineError: the IUV net failed.
        """
        source, on_device = subject.source, self._on_device
        sent = None
        with self._recorder.measure(Step.IUV, None if on_device is None else on_device.queue):
            landmarks = hold(source.landmarks, located.landmarks, following)
            if on_device is None:
                surface = Later.of(self._surfaces.surface(landmarks, located.mask))
            else:
                sent = on_device.surface(landmarks, located.mask)
                surface = Later(partial(on_device.fetch, sent))
            head = None
            if self._options.head:
                head = head_map(source.landmarks, landmarks)
        return Driving(
            surface,
            located.in_frame,
            hints=Hints(head),
            turned_deg=self.locator.turned_deg,
            person=self.locator.person,
            surface_on_device=sent,
        )
