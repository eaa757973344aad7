"""Any driver, with the driver's expression besides."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

from bunraku.runtime.canvas import Patch
from bunraku.runtime.drivers.face.expression import MOST, Expression, ExpressionTracker, belief
from bunraku.runtime.drivers.face.hiding import unhidden
from bunraku.runtime.drivers.face.landmarks import Face
from bunraku.runtime.drivers.face.photo_face import PhotoFace
from bunraku.runtime.drivers.face.tracker import FaceFinder
from bunraku.runtime.drivers.protocol import Driver, Driving, Found, Subject
from bunraku.runtime.drivers.shares import Shares
from bunraku.runtime.later import Later
from bunraku.runtime.measure import Recorder
from bunraku.runtime.parts import Part, Parts
from bunraku.runtime.source.source import Source
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array, Exact, Picture
from bunraku.spec.stages import Step

IN_VAIN, AGAIN_S = 3, 0.2
"""After so many looks in a row that say nothing of an expression (the face is turned away, small or
not seen) it is looked at so often."""
_TRIAL = Expression(MOST)


@dataclass(frozen=True, eq=False)
class _Told:
    """What is told of a driver's face (``Hints``)."""

    expression: Expression
    patch: Later[Patch | None]


class FacedDriver:
    """Adds to what another driver says of a frame what the driver's face does.

    See ``drivers.protocol.Driver``. The face is found by the landmarks that the other driver gives;
    one that gives none, or a photo without a face, is driven as without this.

    :param driver: the other one.
    :param finder: of faces; shared.
    :param recorder: of how long it takes.
    :param ahead: whether the face is looked at, and the photo's redrawn, while the other driver
        goes on, as soon as that has found its landmarks; for where there is a processor for it.
    """

    strength = 1.0
    """How strongly the photo's face follows, 0 for not at all: then none is looked at. May change
    at any time, from any thread."""

    def __init__(
        self,
        driver: Driver,
        finder: FaceFinder,
        recorder: Recorder | None = None,
        *,
        ahead: bool = False,
    ) -> None:
        self._driver = driver
        self._finder = finder
        self._recorder = recorder or Recorder()
        self._ahead = ahead
        self._tracker = finder.follower()
        self._expressions = ExpressionTracker()
        self._shares = Shares()
        self._forget_asked = False
        self._mirrored = False
        self._person = 0
        self._in_vain, self._looked_s = 0, 0.0

    @property
    def following(self) -> bool:
        """Whether the photo's face is to follow."""
        return self.strength > 0.0 and Part.FACE in self._shares.wanted

    @property
    def window(self) -> Window | None:
        return self._driver.window

    def prepare(self, source: Source) -> Subject:
        subject = self._driver.prepare(source)
        face = self._finder.find(source.photo, source.pose.landmarks)
        moved = None
        if face is not None:
            moved = PhotoFace.of(source.photo, face, unhidden(face, source.pose.landmarks))
        if moved is not None:
            moved.patch(_TRIAL)  # kernels are compiled here, not at the driver's first word
        return replace(subject, face=moved)

    def follow(
        self,
        frame: Picture,
        time_s: float,
        subject: Subject,
        *,
        mirrored: bool = False,
        found: Found | None = None,
    ) -> Driving | None:
        share = self._shares.follow(time_s)[Part.FACE]
        photo, strength = subject.face, self.strength
        looks = photo is not None and strength > 0.0 and share > 0.0
        looked: Later[_Told] | None = None

        def tell(face: Face | None, seen: Exact | None) -> _Told:
            expression = self._expressions.follow(face, time_s, seen)
            followed = replace(expression, belief=expression.belief * share)
            return _Told(followed, Later(lambda: self._redrawn(photo, followed, strength)))

        def all_of_it(landmarks: Array) -> _Told:
            told = tell(*self._look(frame, landmarks, time_s))
            if self._ahead:
                with contextlib.suppress(Exception):  # whoever reads it tries again, and is told
                    told.patch.read()
            return told

        def look(landmarks: Array, person: int) -> None:
            nonlocal looked
            if found is not None:
                found(landmarks, person)
            self._meet(person, mirrored=mirrored)
            if looks:
                make = Later.ahead if self._ahead else Later
                looked = make(lambda: all_of_it(landmarks))

        try:
            driving = self._driver.follow(frame, time_s, subject, mirrored=mirrored, found=look)
        except BaseException:
            # The next frame's look must not meet this one, whose own failure says less.
            if looked is not None:
                with contextlib.suppress(Exception):
                    looked.read()
            raise
        if not looks:
            return driving
        told = tell(None, None) if looked is None else looked.read()
        if driving is None:
            return None
        hints = replace(driving.hints, face=told.expression, patch=told.patch)
        return replace(driving, hints=hints)

    def _meet(self, person: int, *, mirrored: bool) -> None:
        """Forget the face of somebody else, or of another side."""
        if person != self._person or mirrored != self._mirrored or self._forget_asked:
            self._person, self._mirrored, self._forget_asked = person, mirrored, False
            self._forget()

    def _look(
        self, frame: Picture, landmarks: Array, time_s: float
    ) -> tuple[Face | None, Exact | None]:
        """A face, and how much of what tells its expression nothing is before."""
        if self._in_vain >= IN_VAIN and 0.0 <= time_s - self._looked_s < AGAIN_S:
            return None, None
        with self._recorder.measure(Step.FACE):
            face = self._tracker.track(frame, landmarks)
            self._looked_s = time_s
            self._in_vain = 0 if face is not None and belief(face) > 0.0 else self._in_vain + 1
            return face, None if face is None else unhidden(face, landmarks)

    def _redrawn(
        self, photo: PhotoFace | None, expression: Expression, strength: float
    ) -> Patch | None:
        if photo is None:
            return None
        with self._recorder.measure(Step.EXPRESSION):
            return photo.patch(expression, strength)

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
        self._in_vain, self._looked_s = 0, 0.0
