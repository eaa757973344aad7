from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.located import BACKGROUND, PHOTO, Dancer, locator_of, longer_legs
from tests.runtime.fakes import SIZE, FakeEstimator, standing, street, with_person

from bunraku.runtime.drivers.landmarks.subject import LandmarkSubject
from bunraku.runtime.drivers.locating import SETTLING, metric_depth
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose import Pose
from bunraku.runtime.source.framing import LIFT_MAX, pixels_per_metre
from bunraku.spec.arrays import Picture
from bunraku.spec.landmarks import HEAD, Bone


def test_the_driver_stands_where_the_source_does(subject: LandmarkSubject) -> None:
    locator = locator_of(FakeEstimator())
    frame = with_person(street((480, 640)), 400, 100, 80, 320)
    located = locator.locate(frame, 0.0, subject)
    assert located is not None
    ours = subject.source.landmarks
    assert np.allclose(located.landmarks, ours, atol=0.01)
    assert located.mask is None
    assert located.in_frame[11, 0] > 400  # in pixels of the frame


def test_a_refined_driver_is_where_their_pixels_are(subject: LandmarkSubject) -> None:
    """The tracker that says nothing has moved is put right, once it is asked for."""

    def frame_moved(x: int) -> Picture:
        noise = np.random.default_rng(1).integers(0, 255, (120, 160, 3)).astype(np.uint8)
        return np.roll(noise.repeat(4, 0).repeat(4, 1), x, 1)

    pose = replace(standing(60.0, 360.0, 319.5, (480, 640)), mask=np.ones((480, 640), np.float32))
    for refined, wanted in ((True, 3.0), (False, 0.0)):
        locator = locator_of(Dancer(pose))
        for time_s, x in ((0.0, 0), (0.04, 3)):
            located = locator.locate(frame_moved(x), time_s, subject, refined=refined)
        assert located is not None
        went = located.in_frame[[11, 12, 23, 24], 0] - pose.landmarks[[11, 12, 23, 24], 0]
        assert np.allclose(went, wanted, atol=1.0), refined


def test_who_sits_still_after_the_calibration_drifts_nowhere(subject: LandmarkSubject) -> None:
    """A still is looked at otherwise than a frame that is tracked, of which necks are longer."""

    class Tracked(Dancer):
        def track(self, frame: Picture, time_s: float, *, mask: bool = True) -> Pose | None:
            landmarks = self.pose.landmarks + np.array([4.0, 0.0, 0.0, 0.0], np.float32)
            landmarks[HEAD, 1] -= 4.0
            world = self.pose.world.copy()
            world[HEAD, 1] -= np.float32(0.05)
            return replace(self.pose, landmarks=landmarks, world=world)

    still = longer_legs(1.0)
    locator = locator_of(Tracked(still))
    frame = street((480, 640))
    first = locator.locate(frame, 0.0, subject, eased=True)
    assert first is not None
    for k in range(1, 60):
        located = locator.locate(frame, k / 4, subject, eased=True)
        assert located is not None
        assert np.allclose(located.in_frame, still.landmarks, atol=0.01)
        assert np.allclose(located.landmarks, first.landmarks, atol=1e-4)


def test_an_elbow_that_is_not_seen_for_a_moment_takes_no_hand_along(
    subject: LandmarkSubject,
) -> None:
    frame, still = street((480, 640)), longer_legs(1.0)
    dancer = Dancer(still)
    locator = locator_of(dancer)
    before = locator.locate(frame, 0.0, subject)
    astray = still.landmarks.copy()
    astray[13, :3] += 200.0
    astray[13, 3] = 0.0
    dancer.pose = replace(still, landmarks=astray)
    after = locator.locate(frame, 0.04, subject)
    assert before is not None
    assert after is not None
    assert np.allclose(after.landmarks[:, :3], before.landmarks[:, :3], atol=1e-3)
    locator.reset()
    dancer.pose = still
    assert locator.locate(frame, 0.0, subject) is not None
    locator.reset()  # another driver
    dancer.pose = replace(still, landmarks=astray)
    stranger = locator.locate(frame, 0.04, subject)
    assert stranger is not None
    assert stranger.in_frame[13, 0] == astray[13, 0]


def test_the_driver_has_the_sources_legs(subject: LandmarkSubject) -> None:
    frame = street((480, 640))
    heights = []
    for retarget in (True, False):
        locator = locator_of(Dancer(longer_legs(1.25)), PuppetOptions(retarget=retarget))
        located = locator.locate(frame, 0.0, subject)
        assert located is not None
        heights.append(float(np.ptp(located.landmarks[:, 1])))
    ours = subject.source.landmarks
    assert heights[0] == pytest.approx(float(np.ptp(ours[:, 1])), rel=0.02)
    assert heights[1] > 1.1 * heights[0]


def test_the_driver_stands_on_the_sources_ground(subject: LandmarkSubject) -> None:
    ours = subject.source.landmarks
    for factor in (1.08, 0.94):  # of the legs' length, not re-targeted
        locator = locator_of(Dancer(longer_legs(factor)), PuppetOptions(retarget=False))
        located = locator.locate(street((480, 640)), 0.0, subject)
        assert located is not None
        assert located.landmarks[:, 1].max() == pytest.approx(ours[:, 1].max(), abs=1e-3)
    airborne = longer_legs(0.5)
    locator = locator_of(Dancer(airborne), PuppetOptions(retarget=False))
    located = locator.locate(street((480, 640)), 0.0, subject)
    assert located is not None
    shift = located.landmarks[[11, 12], 1].mean() - ours[[11, 12], 1].mean()
    assert shift == pytest.approx(LIFT_MAX, abs=1e-3)  # no more than that


def test_proportions_settle_over_the_first_frames(subject: LandmarkSubject) -> None:
    dancer = Dancer(longer_legs(1.0))
    locator = locator_of(dancer)
    frame = street((480, 640))
    locator.locate(frame, 0.0, subject)
    dancer.pose = longer_legs(1.2)
    tall = []
    for i in range(SETTLING + 20):
        located = locator.locate(frame, 0.1 * (i + 1), subject)
        assert located is not None
        tall.append(float(np.ptp(located.landmarks[:, 1])))
    assert tall[0] > tall[SETTLING - 2]  # believed more and more
    assert tall[SETTLING] == tall[-1]  # then fixed


def test_one_frame_says_little_against_the_calibrations_looks(subject: LandmarkSubject) -> None:
    heights = []
    for retargeted in (True, False):
        dancer = Dancer(longer_legs(1.0))
        locator = locator_of(dancer, PuppetOptions(retarget=retargeted))
        locator.locate(street((480, 640)), 0.0, subject)
        dancer.pose = longer_legs(1.2)  # it errs, or a leg has come near the camera
        located = locator.locate(street((480, 640)), 0.1, subject)
        assert located is not None
        heights.append(float(np.ptp(located.landmarks[:, 1])))
    assert heights[0] > 0.98 * heights[1], "legs are not shortened for one frame"


def test_heads_are_as_large_as_the_calibration_saw_them(subject: LandmarkSubject) -> None:
    dancer = Dancer(longer_legs(1.0))
    locator = locator_of(dancer)
    frame = street((480, 640))
    first = locator.locate(frame, 0.0, subject)
    dancer.pose = longer_legs(1.0)
    for points in (dancer.pose.landmarks, dancer.pose.world):
        head = points[list(HEAD), :2]
        points[list(HEAD), :2] = head.mean(0) + (head - head.mean(0)) * 1.3
    later = [locator.locate(frame, 0.1 * (i + 1), subject) for i in range(SETTLING)]
    assert first is not None
    assert later[-1] is not None
    wide = [float(np.ptp(one.landmarks[list(HEAD), 0])) for one in (first, later[-1])]
    assert wide[1] / wide[0] == pytest.approx(1.3, rel=1e-3), "one that comes near grows"


def test_a_driver_without_hips_is_matched_by_the_shoulders(subject: LandmarkSubject) -> None:
    shape = (240, 320)
    pose = standing(40.0, 640.0, 160.0, shape)  # hips at 340, beyond the frame
    locator = locator_of(Dancer(pose))
    located = locator.locate(street(shape), 0.0, subject)
    assert located is not None
    assert subject.source.framing.unit is Bone.TORSO
    ours = subject.source.landmarks
    assert np.allclose(located.landmarks[[11, 12], :2], ours[[11, 12], :2], atol=0.01)


def test_nobody_and_nobody_clearly_are_lost(subject: LandmarkSubject) -> None:
    locator = locator_of(FakeEstimator())
    assert locator.locate(BACKGROUND, 0.0, subject) is None
    pose = standing(60.0, 160.0, 119.5, (240, 320))
    pose.landmarks[[11, 12], 3] = 0.1
    vague = locator_of(Dancer(pose))
    assert vague.locate(BACKGROUND, 0.0, subject) is None
    assert vague.window is None  # not calibrated on that


def test_who_sits_so_close_that_no_shoulder_shows_is_matched_by_the_head(
    subject: LandmarkSubject,
) -> None:
    pose = standing(90.0, 900.0, 160.0, (240, 320))
    pose.landmarks[[11, 12], 3] = 0.1
    close = locator_of(Dancer(pose))
    assert close.locate(BACKGROUND, 0.0, subject) is not None
    window, source = close.window, subject.source
    assert window is not None
    faces = [
        where.to_units(p.landmarks)[:11, :2]
        for where, p in ((window, pose), (source.framing.window, source.pose))
    ]
    np.testing.assert_allclose(faces[0].mean(0), faces[1].mean(0), atol=1e-3)
    sizes = [np.linalg.norm(face - face.mean(0)) for face in faces]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.2)


def test_a_head_on_another_neck_is_where_the_photos_is(subject: LandmarkSubject) -> None:
    """Close-ups sank: the photo's neck, of which one end is a guess, moved them off their place."""
    pose = standing(90.0, 900.0, 160.0, (240, 320))
    pose.landmarks[11:, 1] += 60.0
    pose.landmarks[11:, 3] = 0.7  # seen well enough to be measured, below the frame
    close = locator_of(Dancer(pose)).locate(BACKGROUND, 0.0, subject)
    assert close is not None
    head = list(HEAD)
    ours = subject.source.landmarks
    np.testing.assert_allclose(close.landmarks[head, :2].mean(0), ours[head, :2].mean(0), atol=1e-3)


def test_the_drivers_outline_is_used_only_when_asked_for(subject: LandmarkSubject) -> None:
    locator = locator_of(FakeEstimator(), PuppetOptions(driving_iuv_mask=True))
    located = locator.locate(PHOTO, 0.0, subject)
    assert located is not None
    assert located.mask is not None
    assert located.mask.shape == (SIZE, SIZE)
    assert 0.02 < located.mask.mean() < 0.5


def test_depths_may_come_from_the_metres(subject: LandmarkSubject) -> None:
    dancer = Dancer(longer_legs(1.0))
    dancer.pose.landmarks[:, 2] = 500.0
    dancer.pose.world[15, 2] = -0.5
    locator = locator_of(dancer, PuppetOptions(retarget=False))
    frame = street((480, 640))
    plain = locator.locate(frame, 0.0, subject)
    metric = locator.locate(frame, 0.1, subject, metric=True)
    assert plain is not None
    assert metric is not None
    assert locator.window is not None
    scale = pixels_per_metre(dancer.pose)
    assert metric.landmarks[15, 2] == pytest.approx(-0.5 * scale / locator.window.side, rel=1e-3)
    assert plain.landmarks[15, 2] == pytest.approx(500.0 / locator.window.side, rel=1e-3)
    assert np.array_equal(metric_depth(dancer.pose).landmarks[:, :2], dancer.pose.landmarks[:, :2])
