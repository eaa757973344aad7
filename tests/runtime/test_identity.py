from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.fakes import (
    SIZE,
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
from bunraku.kernels import channels_last
from bunraku.runtime.arrays import Array, Picture
from bunraku.runtime.densepose import DensePose
from bunraku.runtime.identity import find_person
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose import Pose
from bunraku.runtime.pose.turned import turn_picture
from bunraku.runtime.skeleton import Bone

PHOTO = with_person(street(), 100, 60)


class Sees(FakeEstimator):
    """A person in a pose of the test's choosing."""

    def __init__(self, pose: Pose | None) -> None:
        super().__init__()
        self.pose = pose

    def observe(self, picture: Picture) -> Pose | None:
        return self.pose


def cut(picture: Picture, box: tuple[int, int, int]) -> Picture:
    left, top, side = box
    return picture[top : top + side, left : left + side]


def test_everything_is_computed_once() -> None:
    p = puppet()
    report = p.set_source(PHOTO)
    identity = p.identity
    assert (report.width, report.height, report.people, report.half) == (320, 240, 1, False)
    assert identity.mask.shape == (WINDOW, WINDOW)
    assert identity.tensors["image"].shape == (1, 3, WINDOW, WINDOW)
    assert identity.tensors["source_densepose"].shape == (1, 73, SIZE, SIZE)
    masked = identity.tensors["image_masked"]
    assert np.allclose(masked[:, :3], identity.tensors["image"] * masked[:, 3:])
    assert set(identity.gathered) == {"z_16", "z_32", "z_64", "atlas_prior", "image_masked"}
    for name, tensor in identity.gathered.items():
        assert np.array_equal(tensor, identity.tensors[name])
        assert np.shares_memory(channels_last(tensor), tensor)  # in the kernels' layout already
    assert Bone.THIGH in identity.proportions


def test_the_photo_is_copied() -> None:
    photo = PHOTO.copy()
    p = puppet()
    p.set_source(photo)
    photo[:] = 0
    assert np.array_equal(p.identity.photo, PHOTO)


@pytest.mark.parametrize(
    ("pose", "says"),
    [
        (None, "No person was found"),
        (standing(10.0, 60.0, 100.0, (240, 320)), r"only \d+ pixels tall; 64 are needed"),
        (standing(-200.0, 420.0, 100.0, (240, 320)), "head and shoulders"),  # legs
        (standing(100.0, 900.0, 100.0, (240, 320)), "head and shoulders"),  # a face
    ],
)
def test_a_photo_that_shows_too_little_is_refused(pose: Pose | None, says: str) -> None:
    with pytest.raises(NoPersonError, match=says) as caught:
        find_person(street(), Sees(pose))
    assert caught.value.hint is not None
    assert "\n" not in str(caught.value)


def test_head_and_shoulders_are_enough() -> None:
    pose = standing(20.0, 900.0, 160.0, (240, 320))  # shoulders at 182 of 240
    found, people = find_person(street(), Sees(pose))
    assert (found.pose, found.turned_deg, people) == (pose, 0, 1)


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
    assert p.identity.turned_deg == turned_deg
    assert np.array_equal(p.identity.photo, upright)
    assert any(told in note for note in report.notes)
    assert (report.height, report.width) == given.shape[:2]
    assert not wanted.notes
    left, top, side = report.box
    assert np.array_equal(
        given[top : top + side, left : left + side],
        turn_picture(cut(upright, wanted.box), turned_deg),
    )
    for frame in (upright, marked(with_person(street(), 120, 60)), street()):  # the last is nobody
        for window_only in (False, True):
            assert np.array_equal(
                p.animate(frame, 0.0, window_only=window_only),
                turn_picture(straight.animate(frame, 0.0, window_only=window_only), turned_deg),
            )


def test_the_mask_is_not_asked_for_on_the_source_unless_wanted() -> None:
    asked: list[Array | None] = []

    class Asked(FakeEstimator):
        def estimate(self, landmarks: Array, mask: Array | None, confidence: float) -> DensePose:
            asked.append(mask)
            return super().estimate(landmarks, mask, confidence)

    for wanted in (False, True):
        puppet(Asked(), options=PuppetOptions(source_iuv_mask=wanted)).set_source(PHOTO)
    assert asked[0] is None
    assert asked[1] is not None
    assert asked[1].shape == (SIZE, SIZE)
