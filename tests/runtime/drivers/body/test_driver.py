from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from tests.runtime.drivers.body.standing import (
    HEIGHT,
    PHOTO,
    SCALE,
    TEMPLATE,
    WIDTH,
    Standing,
    puppet_of,
)
from tests.runtime.fakes import engines, models
from tests.runtime.torch_device import TorchDevice

from bunraku.errors import EngineError
from bunraku.kernels import rasterise, skin
from bunraku.runtime.drivers.body.driver import TOO_SMALL, BodyDriver
from bunraku.runtime.drivers.body.showing import LEGLESS, NOT_FITTED, SIDEWAYS
from bunraku.runtime.drivers.body.sideways import Sideways
from bunraku.runtime.drivers.body.steadying import Steadying
from bunraku.runtime.drivers.body.subject import BodySubject
from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.drivers.face.landmarks import Face
from bunraku.runtime.drivers.face.tracker import FaceFinder
from bunraku.runtime.drivers.landmarks.driver import LandmarkDriver
from bunraku.runtime.drivers.protocol import Drawn
from bunraku.runtime.measure import Recorder
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose import Pose
from bunraku.runtime.puppet import Puppet
from bunraku.spec.arrays import Array, Picture


def test_the_photo_itself_gives_the_photo_back_and_no_network_paints() -> None:
    made = engines()
    puppet = puppet_of(Standing(), made)
    report = puppet.set_source(PHOTO)
    assert report.notes == ()
    assert isinstance(puppet.identity.subject, BodySubject)
    shown = puppet.animate(PHOTO, 0.0)
    person = silhouette_inside()
    assert np.abs(shown.astype(int) - PHOTO)[person].mean() / 255.0 <= 0.01
    assert made["source"].runs == made["motion"].runs == made["blend"].runs == 0
    assert puppet.driving is not None
    assert puppet.driving.drawn is not None
    assert puppet.driving.surface.shape[1] == 73


def test_what_the_calibration_saw_of_the_driver_is_turned_round_in_a_mirror(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turned: list[Steadying] = []
    monkeypatch.setattr(Steadying, "seen_in_mirror", lambda one: turned.append(one))
    puppet = puppet_of(Standing())
    puppet.set_source(PHOTO)
    times = []
    for k, mirrored in enumerate((False, False, True, True, False)):
        puppet.drive(puppet.identity, PHOTO, k / 25, mirrored=mirrored)
        times.append(len(turned))
    assert times == [0, 0, 1, 1, 2]


def silhouette_inside() -> Array:
    seen = Standing().observe(PHOTO)
    assert seen is not None
    assert seen.mask is not None
    return np.asarray(cv2.erode(seen.mask, np.ones((5, 5), np.uint8)) > 0)


def test_the_person_moves_with_the_driver() -> None:
    estimator = Standing()
    puppet = puppet_of(estimator)
    puppet.set_source(PHOTO)
    puppet.animate(PHOTO, 0.0)
    estimator.right = 12.0
    identity = puppet.identity
    driving = puppet.drive(identity, np.roll(PHOTO, 12, 1), 0.1)
    assert driving is not None
    shown = puppet.paint(identity, puppet.move(identity, driving))
    person = np.roll(silhouette_inside(), 12, 1)
    off = np.abs(shown.astype(int) - np.roll(PHOTO, 12, 1))[person].mean()
    assert off < 20.0  # the window of the fakes is small: stripes are read between its pixels
    assert off < 0.5 * np.abs(PHOTO.astype(int) - np.roll(PHOTO, 12, 1))[person].mean()
    window_only = puppet.paint(identity, puppet.move(identity, driving), window_only=True)
    assert window_only.shape == identity.source.window.shape


def test_clothes_slip_as_the_drivers_do() -> None:
    noise = np.random.default_rng(0).integers((90, 0, 0), (255, 60, 60), (40, 30, 3))
    blobs = cv2.resize(noise.astype(np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    person = Standing().observe(PHOTO)
    assert person is not None
    assert person.mask is not None
    worn = np.where(person.mask[..., None] > 0, blobs, PHOTO).astype(np.uint8)
    x, y = person.landmarks[[11, 12, 23, 24], :2].mean(0)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    far = np.hypot(columns - x, rows - y)
    slipped = columns - 4.0 * np.clip(2.0 - far / 24.0, 0.0, 1.0).astype(np.float32)
    frame = np.asarray(cv2.remap(worn, slipped, rows, cv2.INTER_LINEAR), np.uint8)
    puppet = puppet_of(Standing())
    puppet.set_source(worn)
    puppet.animate(worn, 0.0)
    shown = puppet.animate(frame, 0.1)
    off, unmoved = (np.abs(one.astype(int) - frame)[far < 25.0].mean() for one in (shown, worn))
    assert off < 0.5 * unmoved
    still = np.abs(shown.astype(int) - worn)[(far > 60.0) & silhouette_inside()].mean()
    assert still < 0.1 * unmoved


def test_on_a_device_a_frame_is_drawn_and_pasted_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, form in quick_forms():
        monkeypatch.setattr(module, name, form)
    estimator, device = Standing(), TorchDevice()
    puppet = puppet_of(estimator)
    puppet.set_source(PHOTO)
    identity = puppet.identity
    late = puppet_of(estimator, device=device)
    for person in (puppet, late):
        assert person.drive(identity, PHOTO, 0.0) is not None  # calibrates
    estimator.right = 12.0
    shown: list[list[Any]] = []
    for person in (puppet, late):
        driving = person.drive(identity, PHOTO, 0.1)
        assert driving is not None
        moved = person.move(identity, driving)
        assert isinstance(moved, Drawn)
        assert (moved.made is None) == (person is puppet)
        both = (person.paint(identity, moved, window_only=only) for only in (False, True))
        shown.append([picture.astype(int) for picture in both])
    for here, there in zip(*shown, strict=True):
        assert (np.abs(there - here) <= 2).mean() > 0.999
    host_only = puppet_of(estimator)
    with pytest.raises(EngineError, match="was on a GPU that has failed"):
        host_only.paint(identity, moved)


def quick_forms() -> list[tuple[Any, str, Any]]:
    """Arrays' own forms in place of the plain ones, which take seconds for a whole body."""
    from bunraku.kernels.layers import numba_cpu as layers
    from bunraku.kernels.layers import reference as layers_reference
    from bunraku.kernels.raster import reference as raster_reference
    from bunraku.kernels.skin import reference as skin_reference

    def raster(vertices: Any, triangles: Any, size: Any, keep: Any, cull: bool) -> Any:
        made = rasterise(vertices, triangles, size, keep=keep, cull=cull)
        return made.depth, made.triangle, made.bary

    return [
        (raster_reference, "rasterise", raster),
        (skin_reference, "skin", skin),
        (layers_reference, "compose", layers.compose),
    ]


def test_what_nobody_reads_is_not_made() -> None:
    class Counting(Standing):
        surfaces = 0

        def surface(self, landmarks: Array, mask: Array | None) -> Array:
            self.surfaces += 1
            return super().surface(landmarks, mask)

    made, estimator = engines(), Counting()
    puppet = puppet_of(estimator, made)
    puppet.set_source(PHOTO)
    puppet.animate(PHOTO, 0.0)
    assert estimator.surfaces == made["source"].runs == 0
    assert puppet.identity.features is puppet.identity.features
    assert estimator.surfaces == made["source"].runs == 1


def test_half_a_body_from_the_side_goes_on_standing_so(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Sideways(trunk=math.radians(60.0))
    monkeypatch.setattr(Sideways, "of", lambda photo, half: held)
    puppet = puppet_of(Standing())
    assert puppet.set_source(PHOTO).notes == (SIDEWAYS,)
    shown = puppet.animate(PHOTO, 0.0)
    apart = np.abs(shown.astype(int) - PHOTO)[silhouette_inside()].mean()
    assert apart > 5.0  # turned away from who faces the camera, as its photo is told to be


class Crowd(Standing):
    """The outline is of somebody else."""

    def observe(self, picture: Picture) -> Pose | None:
        pose = super().observe(picture)
        assert pose is not None
        assert pose.mask is not None
        return replace(pose, mask=np.roll(pose.mask, 130, 1))


def test_a_photo_that_no_body_fits_stays_and_says_so() -> None:
    made, estimator = engines(), Crowd()
    puppet = puppet_of(estimator, made)
    report = puppet.set_source(PHOTO)
    assert report.notes == (NOT_FITTED,)
    puppet.animate(PHOTO, 0.0)
    estimator.right = 12.0
    shown = puppet.animate(np.roll(PHOTO, 12, 1), 0.1)
    assert np.abs(shown.astype(int) - PHOTO).mean() < 1.0
    assert made["blend"].runs == 0


class Squat(Standing):
    """The photo's trunk points at the camera."""

    def observe(self, picture: Picture) -> Pose | None:
        pose = super().observe(picture)
        assert pose is not None
        landmarks = pose.landmarks.copy()
        landmarks[[23, 24], :2] = landmarks[[11, 12], :2]
        return replace(pose, landmarks=landmarks)


def test_a_person_too_small_for_a_body_is_driven_by_landmarks_and_says_so() -> None:
    made = engines()
    puppet = puppet_of(Squat(), made)
    report = puppet.set_source(PHOTO)
    assert TOO_SMALL in report.notes
    shown = puppet.animate(PHOTO, 0.0)
    assert shown.shape == PHOTO.shape
    assert made["blend"].runs == 1
    assert puppet.driving is not None
    assert puppet.driving.drawn is None


class AtDesk(Standing):
    """The photo's person is hidden from the hips down, and only the photo's."""

    def observe(self, picture: Picture) -> Pose | None:
        pose = super().observe(picture)
        assert pose is not None
        assert pose.mask is not None
        mask = pose.mask.copy()
        mask[round(float(pose.landmarks[23, 1])) + 8 :] = 0.0
        return replace(pose, mask=mask)


def test_a_photo_that_hides_the_legs_moves_the_rest_and_says_so() -> None:
    made = engines()
    puppet = puppet_of(AtDesk(), made)
    report = puppet.set_source(PHOTO)
    assert report.notes == (LEGLESS,)
    shown = puppet.animate(PHOTO, 0.0)
    knees = round(float(TEMPLATE.landmarks[25, 1] * SCALE + 200.0))
    assert np.array_equal(shown[knees:], PHOTO[knees:])
    assert made["blend"].runs == 0


class OneFace(FaceFinder):
    """Finds the same face in every picture."""

    def __init__(self, points: Array) -> None:
        self._face = Face(points, 1.0)

    def find(self, picture: Picture, pose: Array) -> Face | None:
        return self._face


def depths_with(faces: FaceFinder | None) -> Array:
    """Depths of the photo's own pixels."""
    estimator = Standing()

    def make_driver(options: PuppetOptions, recorder: Recorder) -> BodyDriver:
        by_landmarks = LandmarkDriver(estimator, estimator, options, recorder)
        return BodyDriver(by_landmarks, TEMPLATE, recorder, faces=faces)

    puppet = Puppet(replace(models(estimator), make_driver=make_driver))
    puppet.set_source(PHOTO)
    subject = puppet.identity.subject
    assert isinstance(subject, BodySubject)
    assert subject.fitted is not None
    return subject.fitted.body.grid.vertices


def test_the_photos_face_says_how_deep_it_is() -> None:
    seen = Standing().observe(PHOTO)
    assert seen is not None
    nose, wide = seen.landmarks[0], abs(float(np.diff(seen.landmarks[[7, 8], 0])[0]))
    angle = np.linspace(0.0, 2.0 * np.pi, mesh.POINTS)
    around = 0.5 * wide * np.stack([np.sin(angle), np.cos(angle), -np.sin(angle)], -1)
    points = (around + [nose[0], nose[1], 0.0]).astype(np.float32)
    without, found = depths_with(None), depths_with(OneFace(points))
    assert np.array_equal(found[:, :2], without[:, :2])
    changed = np.abs(found[:, 2] - without[:, 2]) > 0.5
    assert changed.any()
    assert found[changed, 1].max() < seen.landmarks[11, 1]
