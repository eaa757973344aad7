from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.runtime.drivers.body.standing import PHOTO, SCALE, Standing
from tests.runtime.drivers.hands.people import FLAT, TEMPLATE, BlobFinder
from tests.runtime.fakes import models

from bunraku.runtime.drivers.body.driver import BodyDriver
from bunraku.runtime.drivers.body.rig import Rig
from bunraku.runtime.drivers.body.subject import BodySubject
from bunraku.runtime.drivers.hands.driver import DriverHands
from bunraku.runtime.drivers.hands.landmarks import HandLandmarker
from bunraku.runtime.drivers.hands.tracker import HandFinder
from bunraku.runtime.drivers.landmarks.driver import LandmarkDriver
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.finders import hand_finder
from bunraku.runtime.measure import Recorder
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.puppet import Puppet
from bunraku.spec.arrays import Array, Tensors

RIG = Rig(TEMPLATE.landmarks, TEMPLATE.fingers)


class Seeing(BlobFinder):
    """Sees an upright open hand that fills every crop, as long as it is told to: as large in the
    next as in this one."""

    seen = True

    def run(self, feeds: Tensors, **_: object) -> dict[str, Array]:
        self.runs += 1
        return {
            "landmarks": (FLAT * 76.0 + np.array([99.0, 178.0, 0.0])).reshape(1, -1),
            "presence": np.full((1, 1), 0.97 if self.seen else 0.01, np.float32),
            "right": np.full((1, 1), 0.5, np.float32),
            "world": (FLAT * 0.09).reshape(1, -1),
        }


def puppet_of(engine: BlobFinder, hands: bool = True) -> Puppet:
    estimator = Standing()
    finder = HandFinder(HandLandmarker(engine))

    def make_driver(options: PuppetOptions, recorder: Recorder) -> BodyDriver:
        by_landmarks = LandmarkDriver(estimator, estimator, options, recorder)
        return BodyDriver(by_landmarks, TEMPLATE, recorder, finder if hands else None)

    return Puppet(replace(models(estimator, None), make_driver=make_driver))


def test_hands_that_are_not_seen_leave_the_picture_as_it_is() -> None:
    engine = Seeing()
    engine.seen = False
    with_hands, without = puppet_of(engine), puppet_of(engine, hands=False)
    for puppet in (with_hands, without):
        puppet.set_source(PHOTO)
    assert engine.runs > 0
    shown, plain = (puppet.animate(PHOTO, 0.0) for puppet in (with_hands, without))
    person = np.abs(plain.astype(int) - PHOTO).mean()
    assert np.abs(shown.astype(int) - plain).mean() <= max(1.0, 2.0 * person)


def test_hands_that_are_seen_change_hands_and_forearms_alone() -> None:
    engine = Seeing()
    engine.seen = False
    puppet = puppet_of(engine)
    puppet.set_source(PHOTO)
    before = puppet.animate(PHOTO, 0.0)
    engine.seen = True
    for k in range(1, 9):
        after = puppet.animate(PHOTO, k / 10.0)
    changed = np.abs(after.astype(int) - before).max(-1) > 12
    assert changed.any()
    points = TEMPLATE.landmarks * SCALE
    points[:, :2] += np.array([150.0, 200.0]) - points[[23, 24], :2].mean(0)
    rows, columns = np.nonzero(changed)
    places = np.stack([columns, rows], 1)
    apart = np.linalg.norm(places[:, None] - points[None, [15, 16], :2], axis=-1).min(1)
    assert apart.max() < 0.55 * SCALE


def test_a_photo_with_hands_keeps_what_it_shows_of_them() -> None:
    puppet = puppet_of(Seeing())
    puppet.set_source(PHOTO)
    subject = puppet.identity.subject
    assert isinstance(subject, BodySubject)
    assert subject.hands is not None
    plain = puppet_of(Seeing(), hands=False)
    plain.set_source(PHOTO)
    assert isinstance(plain.identity.subject, BodySubject)
    assert plain.identity.subject.hands is None


def test_hands_that_were_not_fetched_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path))
    finder, notes = hand_finder(EngineFactory())
    assert finder is None
    assert len(notes) == 1
    assert "hand networks are not there yet" in notes[0]
    assert "bunraku fetch" in notes[0]


@pytest.mark.parametrize("turned_deg", [0, 90, 180, 270])
def test_a_driver_who_is_turned_holds_its_hands_upright(turned_deg: int) -> None:
    assert RIG.hands is not None
    hands = DriverHands(HandFinder(HandLandmarker(Seeing())), RIG.hands)
    pose = np.ones((33, 4), np.float32)
    pose[[15, 16], :2] = 100.0, 150.0
    pose[[17, 18, 19, 20, 21, 22], :2] = 100.0, 130.0
    frame = np.zeros((200, 200, 3), np.uint8)
    for k in range(4):
        left, _ = hands.follow(frame, pose, np.ones(33, np.float32), 0.1 * k, turned_deg=turned_deg)
    assert left is not None
    # In the frame the fingers point up; turned back they point the other way round.
    up = {0: (0, -1), 90: (-1, 0), 180: (0, 1), 270: (1, 0)}[turned_deg]
    assert np.allclose(left.palm[:2, 0], up, atol=0.2)
