"""One photo, moved: the runtime's front door.

puppet = Puppet.load("live")
puppet.set_source("me.jpg")
picture = puppet.animate(frame)      # HWC uint8 RGB in and out
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bunraku.errors import DeviceError, EngineError, InputError
from bunraku.runtime.drivers.face.driver import FacedDriver
from bunraku.runtime.drivers.protocol import Drawn, Driving
from bunraku.runtime.engines.libraries import EngineKind
from bunraku.runtime.engines.registry import AUTO
from bunraku.runtime.generator import Blended, Seamed
from bunraku.runtime.identity import Identity
from bunraku.runtime.machinery import Machinery
from bunraku.runtime.measure import Spread
from bunraku.runtime.models import Models
from bunraku.runtime.options import BUNDLE, DRIVER, RESOLUTION, DriverKind, PuppetOptions
from bunraku.runtime.parts import Parts
from bunraku.runtime.pose import PoseNetworks
from bunraku.runtime.pose.networks import PoseModel
from bunraku.runtime.source.photo import read_photo
from bunraku.runtime.source.picture import check_picture
from bunraku.runtime.source.report import SourceReport
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Picture
from bunraku.spec.stages import Step

log = logging.getLogger(__name__)


class Puppet:
    """A source and what moves it.

    ``set_source`` and ``animate`` are all that a clip needs, one call at a time. A live session
    calls the stages that ``animate`` is made of: ``drive``, ``move`` and ``paint`` may work on
    three frames at once in three threads (each of them on one), and ``make_identity`` in a fourth.

    :param models: what it is made of; other puppets may share them, and each follows a person of
        its own. Nothing is loaded here, so that every session can have one.
    """

    def __init__(self, models: Models, options: PuppetOptions | None = None) -> None:
        self.options = options or PuppetOptions()
        self._machinery = Machinery(models, self.options)
        self._identity: Identity | None = None
        self._last: Blended | Drawn | None = None
        self._driving: Driving | None = None
        self._frames = self._lost = self._faults = 0

    @classmethod
    def load(
        cls,
        bundle: str | Path = BUNDLE,
        *,
        engine: EngineKind | str = AUTO,
        threads: int | None = None,
        iuv: str | Path = "iuv",
        networks: PoseNetworks | None = None,
        driver: DriverKind | str = DRIVER,
        pose: PoseModel = PoseModel.FULL,
        resolution: int = RESOLUTION,
        options: PuppetOptions | None = None,
    ) -> Puppet:
        """A puppet of a bundle; see ``Models.load`` for what it takes and raises."""
        told = options or PuppetOptions()
        models = Models.load(
            bundle,
            engine=engine,
            threads=threads,
            iuv=iuv,
            networks=networks,
            face=told.face > 0,
            hands=told.hands,
            driver=driver,
            pose=pose,
            resolution=resolution,
        )
        return cls(models, told)

    def set_source(self, photo: str | Path | bytes | Picture) -> SourceReport:
        """Take the photo whose person is to move, and forget the driver.

        Takes and raises what ``make_identity`` does; a photo that is refused leaves the last one.

        :return: what was found; ``notes`` is for the user.
        """
        identity, report = self.make_identity(photo)
        self._identity, self._last, self._driving = identity, None, None
        self._machinery.driver.reset()
        return report

    def make_identity(self, photo: str | Path | bytes | Picture) -> tuple[Identity, SourceReport]:
        """Everything that depends on a photo alone; may run while frames are driven.

        :param photo: a file, its bytes, or an HWC uint8 RGB array.
        :return: the photo, ready for ``drive``, and what was found in it.
        :raises PhotoError: the photo cannot be read.
        :raises NoPersonError: nobody is in it, or too small, or too little of the body.
        :raises InputError: an array that is not a picture.
        :raises EngineError: a network failed.
        """
        if isinstance(photo, (str, Path, bytes)):
            picture = read_photo(photo)
        else:
            picture = check_picture(photo, "The photo").copy()
        works = self._machinery
        with self._surviving():
            return works.models.make_identity(picture, works.driver, works.generator)

    def calibrate(self) -> None:
        """Match the driver to the source anew at the next frame that shows a person clearly.

        Until then the last calibration holds, if there is one. From any thread.
        """
        self._machinery.driver.calibrate()

    @property
    def has_faces(self) -> bool:
        """Whether faces can follow: ``Models`` were loaded with them."""
        return isinstance(self._machinery.driver, FacedDriver)

    @property
    def face(self) -> float:
        """How strongly the photo's face does what the driver's does, 0 to 1.5. May be set at any
        time, from any thread; it changes nothing where ``Models`` were loaded without faces.
        """
        return self._machinery.face

    @face.setter
    def face(self, strength: float) -> None:
        self._machinery.set_face(strength)

    @property
    def parts(self) -> Parts:
        """Which parts of the photo's person follow the driver; the others stay as the photo has
        them, on the trunk that carries them. May be set at any time, from any thread: parts go over
        within a third of a second.
        """
        return self._machinery.parts

    @parts.setter
    def parts(self, parts: Parts) -> None:
        self._machinery.set_parts(parts)

    def drive(
        self, identity: Identity, frame: Picture, time_s: float, *, mirrored: bool = False
    ) -> Driving | None:
        """The first stage: where the driver stands, as the networks want to know it.

        Frames in their order, one at a time. The identity may change from frame to frame: the
        calibration is the driver's, and holds for all photos.

        :param frame: HWC uint8 RGB of any size.
        :param time_s: the frame's time.
        :param mirrored: whether left and right are exchanged in it; the calibration follows.
        :return: None while nobody is found, or nobody clearly enough to calibrate on.
        :raises InputError: the frame is not a picture, or the driver cannot be of it.
        :raises DriverEndedError: what drives has ended (IUV images).
        :raises EngineError: a network failed.
        """
        check_picture(frame, "A frame")
        works = self._machinery
        with self._surviving(), works.models.crops.opened(frame):
            return works.driver.follow(frame, time_s, identity.subject, mirrored=mirrored)

    def move(self, identity: Identity, driving: Driving) -> Seamed | Drawn:
        """The second stage: the photo's features where the driver's body is.

        What the driver has drawn itself goes through as it is: the generator is not asked.

        :raises EngineError: an engine failed.
        """
        patch = driving.hints.patch
        face = None if patch is None else patch.read()
        if driving.drawn is not None:
            return replace(driving.drawn, face=face)
        with self._surviving():
            features, generator = self._machinery.features(identity), self._machinery.generator
            surface = driving.surface_on_device or driving.surface
            moved = generator.move(features, surface, driving.hints.head, driving.correspondence)
            return replace(generator.seam(features, moved), face=face)

    def paint(
        self,
        identity: Identity,
        moved: Seamed | Drawn | None,
        *,
        window_only: bool = False,
        i420: bool = False,
    ) -> Picture:
        """The third stage: the person's picture, back in the photo.

        :param moved: what ``move`` gave for this identity; None for the photo as it is.
        :param window_only: only the square around the person, in the pixels it is drawn in.
        :param i420: I420 will do, ``[3H/2,W]``, odd sides made even: what a GPU has pasted comes so
            where it can, for video encoders, and all else as RGB.
        :return: a new picture of the photo's size, or of the window's.
        :raises EngineError: an engine failed.
        """
        with self._surviving():
            painted = None if moved is None else self._painted(identity, moved)
            return self._paste(identity, painted, window_only, i420)

    def animate(
        self,
        frame: Picture,
        time_s: float | None = None,
        *,
        window_only: bool = False,
        i420: bool = False,
    ) -> Picture:
        """The source, as the person in the frame stands.

        While nobody is found, or when an engine fails in one frame, the last good picture stands
        in, and before the first one the photo; ``lost`` and ``faults`` count such frames.

        :param frame: HWC uint8 RGB of any size.
        :param time_s: the frame's time; None for now.
        :param window_only: only the square around the person, in the pixels it is drawn in.
        :param i420: I420 will do; see ``paint``.
        :return: a new picture of the photo's size, or of the window's.
        :raises InputError: the frame is not a picture, or there is no source yet.
        :raises DriverEndedError: what drives has ended (IUV images).
        :raises EngineError: an engine fails before it has ever given a picture of this source.
        """
        identity = self.identity
        check_picture(frame, "A frame")
        when = time.monotonic() if time_s is None else time_s
        self._frames += 1
        models = self._machinery.models
        try:
            return self._animated(identity, frame, when, window_only, i420)
        except DeviceError:
            if self._machinery.models is models:
                raise
            return self._animated(identity, frame, when, window_only, i420)

    def _animated(
        self, identity: Identity, frame: Picture, when: float, window_only: bool, i420: bool
    ) -> Picture:
        try:
            driving = self.drive(identity, frame, when)
            if driving is None:
                self._lost += 1
            else:
                moved = self.move(identity, driving)
                with self._surviving():
                    self._last = self._painted(identity, moved)
                self._driving = driving
        except EngineError as error:
            if self._last is None:
                raise
            self._faults += 1
            if self._faults == 1:
                log.warning("a frame failed, the last good picture stands in: %s", error)
        with self._surviving():
            return self._paste(identity, self._last, window_only, i420)

    def stats(self) -> Mapping[str, Spread]:
        """How long each step took, in milliseconds, by the names of ``spec.stages.Step``."""
        return self._machinery.recorder.spreads()

    def cpu_stats(self) -> Mapping[str, Spread]:
        """The same of processor time, where the host computes and one puppet alone moves."""
        return self._machinery.recorder.cpu_spreads()

    def reset_stats(self) -> None:
        """Forget the durations and set the counts to 0."""
        self._machinery.recorder.clear()
        self._frames = self._lost = self._faults = 0

    @property
    def frames(self) -> int:
        """Frames animated so far."""
        return self._frames

    @property
    def lost(self) -> int:
        """Frames in which nobody was found."""
        return self._lost

    @property
    def faults(self) -> int:
        """Frames in which an engine failed."""
        return self._faults

    def news(self) -> list[str]:
        """What the user should know of the engines since this was asked last, a line each."""
        return self._machinery.news()

    @property
    def identity(self) -> Identity:
        """All that was computed of the source; raises InputError before ``set_source``."""
        if self._identity is None:
            raise InputError(
                "There is no photo to animate yet.", "Call set_source(photo) before animate(frame)."
            )
        return self._identity

    @property
    def driving_window(self) -> Window | None:
        """The camera's window in pixels of its frames, turned upright; None until calibrated."""
        return self._machinery.driver.window

    @property
    def driver_turned_deg(self) -> int:
        """How far the driver was turned from upright, clockwise: 0, 90, 180 or 270; its frames
        have been turned back by as much since the calibration.
        """
        return 0 if self._driving is None else self._driving.turned_deg

    @property
    def driving(self) -> Driving | None:
        """How the driver stood in the last good frame, for looking at; None before it."""
        return self._driving

    @contextmanager
    def _surviving(self) -> Iterator[None]:
        """See ``Machinery.surviving``; what a GPU that fails has painted is forgotten too."""
        models = self._machinery.models
        try:
            with self._machinery.surviving():
                yield
        finally:
            if self._machinery.models is not models:
                self._last = None

    def _painted(self, identity: Identity, moved: Seamed | Drawn) -> Blended | Drawn:
        if isinstance(moved, Drawn):
            return moved
        return self._machinery.generator.blend(self._machinery.features(identity), moved)

    def _paste(
        self,
        identity: Identity,
        painted: Blended | Drawn | None,
        window_only: bool,
        i420: bool,
    ) -> Picture:
        if painted is None:
            return identity.untouched(window_only=window_only)
        models, generator = self._machinery.models, self._machinery.generator
        with self._machinery.recorder.measure(Step.PASTE):
            return models.paste(
                *(identity, painted, generator),
                detail=self.options.detail,
                window_only=window_only,
                i420=i420,
            )
