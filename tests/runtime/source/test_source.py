from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.fakes import (
    WINDOW,
    FakeEstimator,
    Turning,
    marked,
    puppet,
    standing,
    street,
    with_person,
)

from bunraku.errors import NoPersonError
from bunraku.runtime.pose import Pose
from bunraku.runtime.pose.turned import turn_picture
from bunraku.runtime.source.report import SourceReport
from bunraku.runtime.source.source import find_person, make_source
from bunraku.spec.arrays import Picture
from bunraku.spec.landmarks import Bone

PHOTO = with_person(street(), 100, 60)


def cut(picture: Picture, box: tuple[int, int, int]) -> Picture:
    left, top, side = box
    return picture[top : top + side, left : left + side]


class Sees(FakeEstimator):
    """A person in a pose of the test's choosing."""

    def __init__(self, pose: Pose | None) -> None:
        super().__init__()
        self.pose = pose

    def observe(self, picture: Picture) -> Pose | None:
        return self.pose


def test_a_photo_in_which_nobody_is_found_is_looked_at_in_plain_light() -> None:
    pose = standing(20.0, 200.0, 110.0, street().shape[:2])

    class InBlueLight(Sees):
        def observe_in_plain_light(self, picture: Picture) -> Pose | None:
            return pose

    assert find_person(street(), InBlueLight(None))[0].pose is pose
    with pytest.raises(NoPersonError):
        find_person(street(), Sees(None))


def test_a_source_is_what_the_photo_shows() -> None:
    source = make_source(PHOTO, FakeEstimator(people=2), None, WINDOW)
    assert source.photo is PHOTO
    assert source.window.shape == (WINDOW, WINDOW, 3)
    assert source.mask.shape == (WINDOW, WINDOW)
    assert source.plate.shape == PHOTO.shape
    assert source.image(WINDOW).shape == (1, 3, WINDOW, WINDOW)
    assert source.image(WINDOW).max() <= 1.0
    assert source.person(WINDOW).shape == (1, 1, WINDOW, WINDOW)
    assert source.person(WINDOW).sum() < source.mask.sum()  # without the rim
    ours = source.framing.window.to_units(source.pose.landmarks)
    assert np.array_equal(source.landmarks, ours)
    report = SourceReport.of(source)
    assert (report.width, report.height, report.people, report.half) == (320, 240, 2, False)
    assert report.notes == ("2 people are in the photo; the most prominent is animated",)


@pytest.mark.parametrize(("largest", "side"), [(None, 128), (96, 128), (160, 160), (512, 211)])
def test_the_person_is_drawn_as_fine_as_the_photo_is(largest: int | None, side: int) -> None:
    source = make_source(PHOTO, FakeEstimator(), None, WINDOW, largest)
    assert WINDOW == 128
    assert source.framing.window.box[2] == 211
    assert source.window.shape == (side, side, 3)
    assert source.mask.shape == (side, side)
    seen = make_source(PHOTO, FakeEstimator(), None, WINDOW)
    assert np.abs(source.image(WINDOW) - seen.image(WINDOW)).mean() < 0.01
    assert np.abs(source.person(WINDOW) - seen.person(WINDOW)).mean() < 0.02


def test_the_photo_is_copied() -> None:
    photo = PHOTO.copy()
    p = puppet()
    p.set_source(photo)
    photo[:] = 0
    assert np.array_equal(p.identity.source.photo, PHOTO)


@pytest.mark.parametrize(
    ("pose", "says"),
    [
        (None, "No person was found"),
        (standing(10.0, 60.0, 100.0, (240, 320)), r"only \d+ pixels tall; 64 are needed"),
        (standing(-200.0, 420.0, 100.0, (240, 320)), "a face is needed"),  # legs
    ],
)
def test_a_photo_that_shows_too_little_is_refused(pose: Pose | None, says: str) -> None:
    with pytest.raises(NoPersonError, match=says) as caught:
        find_person(street(), Sees(pose))
    assert caught.value.hint is not None
    assert "\n" not in str(caught.value)


def test_head_and_shoulders_are_enough() -> None:
    pose = standing(20.0, 900.0, 160.0, (240, 320))  # shoulders at 182 of 240
    found, others = find_person(street(), Sees(pose))
    assert (found.pose, found.turned_deg, others) == (pose, 0, [])


def test_a_face_is_enough_and_what_the_driver_is_matched_by() -> None:
    mask = np.zeros((240, 320), np.float32)
    mask[90:, 110:210] = 1.0
    pose = replace(standing(90.0, 900.0, 160.0, (240, 320)), mask=mask)  # shoulders below the photo
    source = make_source(street(), Sees(pose), None, WINDOW)
    assert source.pose is pose
    assert source.framing.half
    assert source.framing.unit is Bone.HEAD
    higher = replace(standing(20.0, 900.0, 160.0, (240, 320)), mask=mask)
    with_shoulders = make_source(street(), Sees(higher), None, WINDOW)
    assert with_shoulders.framing.unit is Bone.SHOULDERS


def test_from_the_side_one_shoulder_is_enough() -> None:
    pose = standing(10.0, 200.0, 100.0, (240, 320))
    pose.landmarks[12, 3] = 0.2
    assert find_person(street(), Sees(pose))[0].pose is pose


@pytest.mark.parametrize(("turned_deg", "told"), [(180, "upside down"), (90, "by 90 degrees")])
def test_a_turned_photo_is_animated_as_it_lies(turned_deg: int, told: str) -> None:
    upright = marked(PHOTO)
    given = turn_picture(upright, turned_deg)
    p, straight = puppet(Turning()), puppet(Turning())
    report, wanted = p.set_source(given), straight.set_source(upright)
    source = p.identity.source
    assert source.turned_deg == turned_deg
    assert np.array_equal(source.photo, upright)
    assert any(told in note for note in report.notes)
    assert (report.height, report.width) == given.shape[:2]
    assert not wanted.notes
    assert np.array_equal(
        cut(given, report.box), turn_picture(cut(upright, wanted.box), turned_deg)
    )
    for frame in (upright, marked(with_person(street(), 120, 60)), street()):  # the last is nobody
        for window_only in (False, True):
            assert np.array_equal(
                p.animate(frame, 0.0, window_only=window_only),
                turn_picture(straight.animate(frame, 0.0, window_only=window_only), turned_deg),
            )


def test_a_neighbours_pixels_are_not_the_persons() -> None:
    class Two(FakeEstimator):
        """The mask of both goes over both."""

        def observe(self, picture: Picture) -> Pose | None:
            mask = np.zeros(picture.shape[:2], np.float32)
            mask[20:220, 70:230] = 1.0
            return standing(20.0, 200.0, 110.0, picture.shape[:2], mask)

        def tell_apart(self, picture: Picture, person: Pose) -> tuple[Pose, list[Pose]]:
            return person, [standing(20.0, 200.0, 190.0, picture.shape[:2], person.mask)]

    source = make_source(street(), Two(), None, WINDOW)
    assert source.people == 2
    assert source.body[100, 110] > 0.95
    assert source.body[100, 190] < 0.05
    x = source.framing.window.to_units(np.array([[110, 100, 0], [190, 100, 0]], np.float32))
    mine, theirs = (source.mask[int(y * WINDOW), int(x * WINDOW)] for x, y, _ in x)
    assert (mine, theirs) == (1.0, 0.0)
