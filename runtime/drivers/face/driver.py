"""Any driver, with the driver's expression besides."""

from __future__ import annotations

from dataclasses import replace

from bunraku.runtime.drivers.face.expression import MOST, Expression, ExpressionTracker
from bunraku.runtime.drivers.face.hiding import unhidden
from bunraku.runtime.drivers.face.photo_face import PhotoFace
from bunraku.runtime.drivers.face.tracker import FaceFinder
from bunraku.runtime.drivers.protocol import Driver, Driving, Subject
from bunraku.runtime.drivers.shares import Shares
from bunraku.runtime.measure import Recorder
from bunraku.runtime.parts import Part, Parts
from bunraku.runtime.source.framing import Window
from bunraku.runtime.source.source import Source
from bunraku.spec.arrays import Picture
from bunraku.spec.stages import Step

_TRIAL = Expression(MOST)


class FacedDriver:
    """Adds to what another driver says of a frame what the driver's face does.

    See ``drivers.protocol.Driver``. The face is found by the landmarks that the other driver gives;
    one that gives none, or a photo without a face, is driven as without this.

    :param driver: the other one.
    :param finder: of faces; shared.
    :param recorder: of how long it takes.
    """

    watching = True
    """Whether faces are looked at; may change at any time, from any thread."""

    def __init__(
        self, driver: Driver, finder: FaceFinder, recorder: Recorder | None = None
    ) -> None:
        self._driver = driver
        self._finder = finder
        self._recorder = recorder or Recorder()
        self._tracker = finder.follower()
        self._expressions = ExpressionTracker()
        self._shares = Shares()
        self._forget_asked = False
        self._mirrored = False
        self._person = 0

    @property
    def following(self) -> bool:
        """Whether the photo's face is to follow."""
        return self.watching and Part.FACE in self._shares.wanted

    @property
    def window(self) -> Window | None:
        return self._driver.window

    def prepare(self, source: Source) -> Subject:
        subject = self._driver.prepare(source)
        face = self._finder.find(source.photo, source.pose.landmarks)
        moved = None if face is None else PhotoFace.of(source.photo, face)
        if moved is not None:
            moved.patch(_TRIAL)  # kernels are compiled here, not at the driver's first word
        return replace(subject, face=moved)

    def follow(
        self, frame: Picture, time_s: float, subject: Subject, *, mirrored: bool = False
    ) -> Driving | None:
        driving = self._driver.follow(frame, time_s, subject, mirrored=mirrored)
        if driving is not None and driving.person != self._person:
            self._person, self._forget_asked = driving.person, True
        if self._forget_asked or mirrored != self._mirrored:
            self._forget_asked, self._mirrored = False, mirrored
            self._forget()
        share = self._shares.follow(time_s)[Part.FACE]
        if subject.face is None or not self.watching or share == 0.0:
            return driving
        with self._recorder.measure(Step.FACE):
            face, seen = None, None
            if driving is not None and driving.landmarks is not None:
                face = self._tracker.track(frame, driving.landmarks)
            if face is not None and driving is not None and driving.landmarks is not None:
                seen = unhidden(face, driving.landmarks)
            expression = self._expressions.follow(face, time_s, seen)
        if driving is None:
            return None
        followed = replace(expression, belief=expression.belief * share)
        return replace(driving, hints=replace(driving.hints, face=followed))

    def set_parts(self, parts: Parts) -> None:
        """Which parts follow from now on. From any thread."""
        self._shares.wanted = parts
        self._driver.set_parts(parts)

    def calibrate(self) -> None:
        """As the driver's; the next face is taken to be at rest."""
        self._forget_asked = True
        self._driver.calibrate()

    def reset(self) -> None:
        self._forget()
        self._shares.reset()
        self._driver.reset()

    def _forget(self) -> None:
        self._tracker.reset()
        self._expressions.reset()
