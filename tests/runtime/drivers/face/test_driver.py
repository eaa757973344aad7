"""A driver with a face, over a fake one and a fake network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from tests.runtime.drivers.face.drivers import BACKGROUND, FRAME, Body, Mouth
from tests.runtime.drivers.face.faces import Made
from tests.runtime.fakes import models, with_person

from bunraku.runtime.canvas import Patch
from bunraku.runtime.drivers.face.driver import FacedDriver
from bunraku.runtime.drivers.face.expression import Expression
from bunraku.runtime.drivers.face.photo_face import PhotoFace
from bunraku.runtime.drivers.face.tracker import FaceFinder
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.finders import face_finder
from bunraku.runtime.later import Later
from bunraku.runtime.measure import Recorder
from bunraku.runtime.models import FACELESS, Models
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.parts import ALL_PARTS, Part
from bunraku.runtime.puppet import Puppet
from bunraku.runtime.source.source import Source
from bunraku.spec.stages import Step


def test_the_photo_s_mouth_opens_with_the_driver_s(
    mouth: Mouth, finder: FaceFinder, source: Source
) -> None:
    body = Body()
    driver = FacedDriver(body, finder)
    subject = driver.prepare(source)
    assert subject.face is not None
    for k in range(5):
        calm = driver.follow(FRAME, k / 30, subject)
        assert calm is not None
        assert calm.hints.face is not None
        assert subject.face.patch(calm.hints.face) is None
    mouth.does = Made(gap=0.2)
    for k in range(5, 10):
        talking = driver.follow(FRAME, k / 30, subject)
    assert talking is not None
    assert talking.hints.face is not None
    patch = subject.face.patch(talking.hints.face)
    assert patch is not None
    assert (patch.on(FRAME) != FRAME).any()
    assert talking.hints.patch is not None
    shown = talking.hints.patch.read()
    assert shown is not None
    assert np.array_equal(shown.pixels, patch.pixels)
    driver.strength = 0.0
    unseen = driver.follow(FRAME, 0.35, subject)
    assert unseen is not None
    assert unseen.hints.face is None
    assert unseen.hints.patch is None
    body.there = False
    assert driver.follow(FRAME, 0.4, subject) is None


def test_a_face_that_is_left_out_goes_back_without_a_jump(
    mouth: Mouth, finder: FaceFinder, source: Source
) -> None:
    body = Body()
    driver = FacedDriver(body, finder)
    subject = driver.prepare(source)
    beliefs = []
    for k in range(24):
        if k == 8:
            driver.set_parts(ALL_PARTS - {Part.FACE})
            assert Part.FACE not in body.parts
            assert not driver.following
        driving = driver.follow(FRAME, k / 30, subject)
        assert driving is not None
        told = driving.hints.face
        beliefs.append(0.0 if told is None else float(told.belief.max()))
    assert beliefs[7] == 1.0
    assert beliefs[-1] == 0.0
    assert np.abs(np.diff(beliefs[7:])).max() < 0.2
    assert sum(0.0 < b < 1.0 for b in beliefs[7:]) >= 7


def test_calibrating_takes_the_face_for_one_at_rest(
    mouth: Mouth, finder: FaceFinder, source: Source
) -> None:
    body = Body()
    driver = FacedDriver(body, finder)
    subject = driver.prepare(source)
    driver.follow(FRAME, 0.0, subject)
    mouth.does = Made(mouth_half=0.3)
    smiling = driver.follow(FRAME, 0.1, subject)
    assert subject.face is not None
    assert smiling is not None
    assert smiling.hints.face is not None
    assert subject.face.patch(smiling.hints.face) is not None
    driver.calibrate()
    assert body.asked == ["calibrate"]
    again = driver.follow(FRAME, 0.2, subject)
    assert again is not None
    assert again.hints.face is not None
    assert subject.face.patch(again.hints.face) is None
    driver.reset()
    assert body.asked == ["calibrate", "reset"]


def test_the_face_of_somebody_else_is_at_rest_in_its_own_way(
    mouth: Mouth, finder: FaceFinder, source: Source
) -> None:
    body = Body()
    driver = FacedDriver(body, finder)
    subject = driver.prepare(source)
    assert subject.face is not None
    driver.follow(FRAME, 0.0, subject)
    mouth.does = Made(mouth_half=0.3)
    body.person = 1
    for time_s, smiles in ((0.1, False), (0.2, True)):
        driving = driver.follow(FRAME, time_s, subject)
        assert driving is not None
        assert driving.hints.face is not None
        assert (subject.face.patch(driving.hints.face) is not None) is smiles
        mouth.does = Made(mouth_half=0.38)


def test_a_photo_without_a_face_is_driven_as_without(finder: FaceFinder, source: Source) -> None:
    driver = FacedDriver(Body(), finder)
    subject = driver.prepare(replace(source, photo=np.zeros_like(FRAME)))
    assert subject.face is None
    driving = driver.follow(FRAME, 0.0, subject)
    assert driving is not None
    assert driving.hints.face is None


def test_a_puppet_is_told_of_a_face_that_cannot_follow(finder: FaceFinder) -> None:
    photo = with_person(BACKGROUND, 100, 60)
    faced: Models = replace(models(), faces=finder, notes=("something to know",))
    _, report = Puppet(faced, PuppetOptions(face=1.0)).make_identity(photo)
    assert report.notes[-2:] == ("something to know", FACELESS)
    plain = Puppet(replace(models(), faces=finder), PuppetOptions(face=0.0))
    _, report = plain.make_identity(photo)
    assert FACELESS not in report.notes
    arms = PuppetOptions(parts=frozenset({Part.ARMS}))
    _, report = Puppet(replace(models(), faces=finder), arms).make_identity(photo)
    assert FACELESS not in report.notes
    assert (plain.has_faces, Puppet(models()).has_faces) == (True, False)


def test_the_patch_reaches_the_picture_and_the_window() -> None:
    photo = with_person(BACKGROUND, 100, 60)
    puppet = Puppet(models())
    identity, _ = puppet.make_identity(photo)
    driving = puppet.drive(identity, photo, 0.0)
    assert driving is not None
    green = Patch(110, 100, np.full((24, 20, 3), (0, 255, 0), np.uint8))
    told = replace(driving, hints=replace(driving.hints, patch=Later.of(green)))
    for window_only in (False, True):
        before = puppet.paint(identity, puppet.move(identity, driving), window_only=window_only)
        after = puppet.paint(identity, puppet.move(identity, told), window_only=window_only)
        changed = (after[..., 1].astype(int) - before[..., 1]) > 100
        left, top, side = identity.source.framing.window.box
        scale = identity.source.window.shape[0] / side if window_only else 1.0
        y, x = np.nonzero(changed)
        middle = np.array([120.0, 112.0]) - ([left, top] if window_only else [0, 0])
        assert np.abs(np.array([x.mean(), y.mean()]) - middle * scale).max() < 2.0
        assert changed.sum() == pytest.approx(20 * 24 * scale**2, rel=0.15)


def test_a_puppet_s_face_is_as_strong_as_it_is_told(
    mouth: Mouth, finder: FaceFinder, source: Source
) -> None:
    asked: list[float] = []

    class Painted:
        def patch(self, expression: Expression, strength: float) -> None:
            asked.append(strength)

    recorder = Recorder()
    driver = replace(models(), faces=finder).driver(PuppetOptions(face=0.7), recorder)
    assert isinstance(driver, FacedDriver)
    driver._driver = Body()
    subject = replace(driver.prepare(source), face=cast(PhotoFace, Painted()))
    for time_s, strength in ((0.0, 0.7), (0.1, 1.5)):
        driver.strength = strength
        driving = driver.follow(FRAME, time_s, subject)
        assert driving is not None
        assert driving.hints.patch is not None
        driving.hints.patch.read()
    assert asked == [0.7, 1.5]
    assert recorder.spreads()[Step.EXPRESSION].count == 2


def test_networks_that_are_not_fetched_are_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path))
    finder, notes = face_finder(EngineFactory())
    assert finder is None
    (note,) = notes
    assert note.startswith("the face stays as it is in the photo: The face networks are not there")
    assert "bunraku fetch" in note
