"""A driver whose person has a face, and a network that sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from tests.runtime.drivers.face.faces import Made, made, pose_of
from tests.runtime.drivers.face.networks import square
from tests.runtime.fakes import models, street, with_person

from bunraku.runtime.drivers.protocol import Driving, Found, Subject
from bunraku.runtime.later import Later
from bunraku.runtime.parts import Parts
from bunraku.runtime.puppet import Puppet
from bunraku.runtime.source.source import Source
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array, Picture


class Body:
    """A driver whose person has its head where it is told."""

    window: Window | None = None

    def __init__(self) -> None:
        self.face = made(middle=(150.0, 110.0), unit_px=60.0)
        self.there = True
        self.person = 0
        self.asked: list[str] = []
        self.goes_on: Callable[[], None] = lambda: None

    def prepare(self, source: Source) -> Subject:
        return Subject(source, Later.of(np.zeros((1, 1), np.float32)))

    def follow(
        self,
        frame: Picture,
        time_s: float,
        subject: Subject,
        *,
        mirrored: bool = False,
        found: Found | None = None,
    ) -> Driving | None:
        landmarks = pose_of(self.face)
        if self.there and found is not None:
            found(landmarks, self.person)
            self.goes_on()
        driving = Driving(subject.surface_later, landmarks, person=self.person)
        return driving if self.there else None

    def set_parts(self, parts: Parts) -> None:
        self.parts = parts

    def calibrate(self) -> None:
        self.asked.append("calibrate")

    def reset(self) -> None:
        self.asked.append("reset")


class Mouth:
    """What the fake network's faces do."""

    def __init__(self) -> None:
        self.does = Made()

    def points(self, x: float, y: float, side: float) -> Array:
        return made(self.does, middle=(x, y), unit_px=side).points


FRAME = square(150, 110, 60)
BACKGROUND = street()


def source_with_face() -> Source:
    """Any source, with the bright square for a photo."""
    puppet = Puppet(models())
    identity, _ = puppet.make_identity(with_person(BACKGROUND, 100, 60))
    given = identity.source
    return replace(given, photo=FRAME, pose=replace(given.pose, landmarks=pose_of(Body().face)))
