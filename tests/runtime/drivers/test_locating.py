from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.fakes import (
    SIZE,
    FakeEstimator,
    Turning,
    marked,
    puppet,
    standing,
    street,
    with_person,
)
from tests.runtime.fakes import subject as subject_of

from bunraku.runtime.drivers.landmarks.subject import LandmarkSubject
from bunraku.runtime.drivers.locating import LOOK_AGAIN_S, SETTLING, Locator, metric_depth
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose import Pose
from bunraku.runtime.pose.turned import turn_picture, turn_points
from bunraku.runtime.source.framing import LIFT_MAX, pixels_per_metre
from bunraku.spec.arrays import Picture
from bunraku.spec.landmarks import HEAD, Bone

BACKGROUND = street()
PHOTO = with_person(BACKGROUND, 100, 60)


@pytest.fixture(scope="module")
def subject() -> LandmarkSubject:
    return subject_of(puppet().make_identity(PHOTO)[0])


def locator_of(estimator: FakeEstimator, options: PuppetOptions | None = None) -> Locator:
    """A locator to which one fake is all networks."""
    return Locator(estimator, SIZE, options)


class Dancer(FakeEstimator):
    """Whatever the picture, a person in a pose of the test's choosing."""

    def __init__(self, pose: Pose) -> None:
        super().__init__()
        self.pose = pose

    def observe(self, picture: Picture) -> Pose | None:
        return self.pose


def longer_legs(factor: float) -> Pose:
    pose = standing(60.0, 160.0, 119.5, (480, 640))
    for points in (pose.landmarks, pose.world):
        hips = points[[23, 24], 1].mean()
        points[25:, 1] = hips + (points[25:, 1] - hips) * factor
    return pose


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


def test_after_the_calibration_the_driver_does_not_jump(subject: LandmarkSubject) -> None:
    """A still is looked at otherwise than a frame that is tracked."""

    class Tracked(Dancer):
        def track(self, frame: Picture, time_s: float, *, mask: bool = True) -> Pose | None:
            landmarks = self.pose.landmarks + np.array([4.0, 0.0, 0.0, 0.0], np.float32)
            return replace(self.pose, landmarks=landmarks)

    still = longer_legs(1.0)
    locator = locator_of(Tracked(still))
    frame = street((480, 640))
    apart = []
    for time_s in (0.0, 0.1, 1.0, 30.0):
        located = locator.locate(frame, time_s, subject, eased=True)
        assert located is not None
        apart.append(float(located.in_frame[11, 0] - still.landmarks[11, 0]))
    assert apart[0] == 0.0
    assert apart[1] < 0.3
    assert apart[1] < apart[2] < apart[3] == pytest.approx(4.0, abs=0.01)


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
    airborne = longer_legs(1.0)
    airborne.world[25:, 1] -= 60.0 / pixels_per_metre(airborne)
    airborne.landmarks[25:, 1] -= 60.0
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


def test_the_drivers_outline_is_used_only_when_asked_for(subject: LandmarkSubject) -> None:
    locator = locator_of(FakeEstimator(), PuppetOptions(driving_iuv_mask=True))
    located = locator.locate(PHOTO, 0.0, subject)
    assert located is not None
    assert located.mask is not None
    assert located.mask.shape == (SIZE, SIZE)
    assert 0.02 < located.mask.mean() < 0.5


@pytest.fixture(scope="module")
def other() -> LandmarkSubject:
    return subject_of(puppet().make_identity(with_person(street((200, 200)), 80, 30))[0])


class Counting(FakeEstimator):
    """Counts the stills that it is asked for: one for each calibration."""

    stills = 0

    def observe(self, picture: Picture) -> Pose | None:
        self.stills += 1
        return super().observe(picture)

    def track(self, frame: Picture, time_s: float, *, mask: bool = True) -> Pose | None:
        return FakeEstimator.observe(self, frame)


def test_another_photo_is_driven_at_the_next_frame(
    subject: LandmarkSubject, other: LandmarkSubject
) -> None:
    estimator = Counting()
    locator = locator_of(estimator)
    locator.locate(PHOTO, 0.0, subject)
    first = locator.window
    moved = with_person(BACKGROUND, 115, 60)
    located = locator.locate(moved, 0.1, other)
    assert located is not None
    # As far from the photo's own place as the driver from the calibration's, in bodies.
    ours = other.source.landmarks
    assert locator.window is not None
    assert first is not None
    shift = located.landmarks[:, 0] - ours[:, 0]
    assert np.allclose(shift, 15 / locator.window.side, atol=0.01)
    assert locator.window != first
    back = locator.locate(PHOTO, 0.2, subject)
    assert back is not None
    assert locator.window == first
    assert estimator.stills == 1


class Vague(Counting):
    """Sees whom it tracks, and in stills nobody until told otherwise."""

    clear = False

    def observe(self, picture: Picture) -> Pose | None:
        pose = super().observe(picture)
        return pose if self.clear else None


def test_it_looks_closely_only_now_and_then_until_it_is_calibrated(
    subject: LandmarkSubject,
) -> None:
    estimator = Vague()
    locator = locator_of(estimator)
    for i in range(9):
        assert locator.locate(PHOTO, 50 + LOOK_AGAIN_S * i / 4, subject) is None
    assert estimator.stills == 3
    estimator.clear = True
    assert locator.locate(PHOTO, 50 + LOOK_AGAIN_S * 9 / 4, subject) is None
    assert estimator.stills == 3
    assert locator.locate(PHOTO, 3.0, subject) is not None  # the time has begun anew


def test_a_calibration_asked_for_is_tried_at_once(subject: LandmarkSubject) -> None:
    estimator = Vague()
    locator = locator_of(estimator)
    assert locator.locate(PHOTO, 0.0, subject) is None
    estimator.clear = True
    locator.calibrate()
    assert locator.locate(PHOTO, 0.04, subject) is not None


def test_somebody_else_is_calibrated_anew(subject: LandmarkSubject) -> None:
    frame = street((480, 640))
    dancer = Dancer(longer_legs(1.0))
    locator = locator_of(dancer)
    assert locator.locate(frame, 0.0, subject) is not None
    landmarks = dancer.pose.landmarks + np.array([90.0, 0.0, 0.0, 0.0], np.float32)
    dancer.pose = replace(dancer.pose, landmarks=landmarks)
    same = locator.locate(frame, 1.0, subject)
    assert same is not None
    assert not same.calibrated
    assert abs(same.landmarks[11, 0] - subject.source.landmarks[11, 0]) > 0.1
    dancer.pose = replace(dancer.pose, person=1)
    for time_s, calibrated in ((1.04, True), (1.08, False)):
        other = locator.locate(frame, time_s, subject)
        assert other is not None
        assert other.calibrated is calibrated
        assert np.allclose(other.landmarks, subject.source.landmarks, atol=0.01)
    assert locator.person == 1


@pytest.mark.parametrize(("right", "down"), [(330.0, 0.0), (-330.0, 0.0), (0.0, 470.0)])
def test_who_has_left_but_for_an_arm_is_gone(
    subject: LandmarkSubject, right: float, down: float
) -> None:
    """What is out of the frame is guessed: heads shrink, and necks grow."""
    frame, pose = street((480, 640)), longer_legs(1.0)
    dancer = Dancer(pose)
    locator = locator_of(dancer)
    assert locator.locate(frame, 0.0, subject) is not None
    middle = pose.landmarks[[11, 12], 0].mean()
    for share in (0.0, 1.0):  # at the middle of the frame, and beyond
        dancer.pose = replace(pose, landmarks=pose.landmarks.copy())
        dancer.pose.landmarks[:, :2] += (320.0 - middle + share * right, share * down)
        located = locator.locate(frame, 1.0 + share, subject)
        assert (located is None) == bool(share)


def test_windows_of_photos_that_are_gone_are_forgotten(subject: LandmarkSubject) -> None:
    locator = locator_of(FakeEstimator())
    passing = subject_of(puppet().make_identity(PHOTO)[0])
    locator.locate(PHOTO, 0.0, passing)
    gone = weakref.ref(passing)
    del passing
    gc.collect()
    assert gone() is None
    assert locator.locate(PHOTO, 0.1, subject) is not None


def test_proportions_settle_whatever_photo_is_driven(
    subject: LandmarkSubject, other: LandmarkSubject
) -> None:
    alone, switching = (Dancer(longer_legs(1.0)) for _ in range(2))
    locators = [locator_of(dancer) for dancer in (alone, switching)]
    frame = street((480, 640))
    for i in range(SETTLING):
        alone.pose = switching.pose = longer_legs(1.0 + 0.01 * (i % 5))
        locators[0].locate(frame, 0.1 * i, subject)
        locators[1].locate(frame, 0.1 * i, other if i % 2 else subject)
    ends = [locator.locate(frame, 9.0, subject) for locator in locators]
    assert ends[0] is not None
    assert ends[1] is not None
    assert np.array_equal(ends[0].landmarks, ends[1].landmarks)


def test_a_calibration_holds_until_the_next_one_succeeds(subject: LandmarkSubject) -> None:
    dancer = Dancer(longer_legs(1.0))
    locator = locator_of(dancer)
    frame = street((480, 640))
    locator.locate(frame, 0.0, subject)
    first = locator.window
    dancer.pose = standing(60.0, 160.0, 300.0, (480, 640))
    dancer.pose.landmarks[[11, 12], 3] = 0.1
    locator.calibrate()
    assert locator.locate(frame, 0.1, subject) is not None
    assert locator.window == first
    dancer.pose = standing(60.0, 160.0, 300.0, (480, 640))
    assert locator.locate(frame, 0.1 + 1.01 * LOOK_AGAIN_S, subject) is not None
    assert locator.window != first
    locator.reset()
    assert locator.window is None


def test_resolution_and_mirror_keep_the_calibration(subject: LandmarkSubject) -> None:
    estimator = Counting()
    locator = locator_of(estimator)
    large = with_person(street((480, 640)), 400, 100, 80, 320)
    first = locator.locate(large, 0.0, subject)
    assert first is not None
    small = with_person(street((240, 320)), 200, 50, 40, 160)
    found = locator.locate(small, 0.1, subject)
    assert found is not None
    assert np.allclose(found.landmarks, first.landmarks, atol=0.01)
    mirror = np.ascontiguousarray(small[:, ::-1])
    found = locator.locate(mirror, 0.2, subject, mirrored=True)
    assert found is not None
    assert np.allclose(found.landmarks, first.landmarks, atol=0.01)  # the fake is symmetric
    assert estimator.stills == 1
    assert estimator.resets == 1 + 3  # the tracking starts anew each time, the first one included
    tall = np.ascontiguousarray(np.pad(small, ((0, 80), (0, 0), (0, 0))))
    assert locator.locate(tall, 0.3, subject) is not None
    assert estimator.stills == 2


FRAMES = [marked(with_person(street(), 100 + 10 * i, 60)) for i in range(4)]


@pytest.mark.parametrize("turned_deg", [90, 180, 270])
def test_a_turned_driver_drives_as_an_upright_one(
    subject: LandmarkSubject, turned_deg: int
) -> None:
    turned, upright = (locator_of(Turning()) for _ in range(2))
    for i, frame in enumerate(FRAMES):
        wanted = upright.locate(frame, 0.1 * i, subject)
        located = turned.locate(turn_picture(frame, turned_deg), 0.1 * i, subject)
        assert located is not None
        assert wanted is not None
        assert np.array_equal(located.landmarks, wanted.landmarks)
        shown = turn_points(wanted.in_frame, turned_deg, frame.shape)
        assert np.array_equal(located.in_frame, shown)
    assert (turned.turned_deg, upright.turned_deg) == (turned_deg, 0)
    assert turned.window == upright.window


def test_who_turns_over_in_the_middle_is_not_turned_back(subject: LandmarkSubject) -> None:
    locator = locator_of(Turning())
    locator.locate(FRAMES[0], 0.0, subject)
    located = locator.locate(turn_picture(FRAMES[0], 180), 0.1, subject)
    assert locator.turned_deg == 0
    assert located is not None
    assert located.landmarks[0, 1] > located.landmarks[31, 1]  # the head is below the feet
    locator.calibrate()
    locator.locate(turn_picture(FRAMES[0], 180), 0.2, subject)
    assert locator.turned_deg == 180
    locator.calibrate()
    locator.locate(FRAMES[0], 0.3, subject)
    assert locator.turned_deg == 0


def test_a_turned_driver_may_change_the_mirror(subject: LandmarkSubject) -> None:
    locator = locator_of(Turning())
    frame = turn_picture(FRAMES[0], 90)
    before = locator.locate(frame, 0.0, subject)
    mirror = np.ascontiguousarray(frame[:, ::-1])
    after = locator.locate(mirror, 0.1, subject, mirrored=True)
    assert before is not None
    assert after is not None
    assert locator.turned_deg == 270
    assert after.in_frame[0, 0] == frame.shape[1] - 1 - before.in_frame[0, 0]
    assert after.landmarks[0, 1] == pytest.approx(before.landmarks[0, 1], abs=0.02)


def test_frames_that_the_user_turns_are_taken_as_they_are(subject: LandmarkSubject) -> None:
    estimator = Turning()
    locator = locator_of(estimator, PuppetOptions(upright=False))
    locator.locate(turn_picture(FRAMES[0], 180), 0.0, subject)
    assert locator.turned_deg == 0
    assert estimator.stills == 1


def test_a_reset_forgets_the_turn(subject: LandmarkSubject) -> None:
    locator = locator_of(Turning())
    locator.locate(turn_picture(FRAMES[0], 90), 0.0, subject)
    locator.reset()
    assert locator.turned_deg == 0


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
