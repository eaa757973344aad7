"""Several people in one clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.fakes import FakeEstimator, red, street, with_person
from tests.training.prepare.people import Crowd, empty, walk

from bunraku.runtime.pose import Pose
from bunraku.spec.arrays import Array, Picture
from bunraku.training.prepare import scenes as module
from bunraku.training.prepare.following import Follower
from bunraku.training.prepare.frames import Frame
from bunraku.training.prepare.networks import Networks
from bunraku.training.prepare.packing import plate_of
from bunraku.training.prepare.quality import Limits
from bunraku.training.prepare.scenes import Scene
from bunraku.training.prepare.surfaces import DriverMapping

SIDE = 211
"""Of the window in pixels: 1.3 times 3.5 torsos of 0.29 heights of 160."""


@pytest.fixture(autouse=True)
def plain_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose edges are not looked for in the picture."""

    def coarse(_window: Picture, body: Array, *_: object) -> Array:
        return body

    monkeypatch.setattr(module, "person_mask", coarse)


def follow_all(
    pictures: Sequence[Picture], most: int = 4, limits: Limits | None = None
) -> tuple[list[Scene], dict[str, int]]:
    """The scenes of several people, ten frames a second, and what was dropped."""
    seeing = Crowd(size=128)
    networks = Networks(seeing, seeing)
    follower = Follower(networks, DriverMapping(seeing), limits or Limits(), most)
    frames = (Frame(picture, i, 0.1 * i) for i, picture in enumerate(pictures))
    scenes = list(follower.scenes(frames))
    assert follower.read == sum(len(s.shots) for s in scenes) + follower.dropped.total()
    return scenes, {str(k): v for k, v in follower.dropped.items() if v}


def told(scenes: Sequence[Scene]) -> list[tuple[bool, int]]:
    """Whether each is the largest's, and how long it is."""
    return [(scene.first, len(scene.shots)) for scene in scenes]


def pair(frames: int, apart: int = 90, step: int = 2) -> list[Picture]:
    """Two who go to the right, the right one smaller."""
    return [
        with_person(with_person(street(), 90 + step * i, 40), 90 + apart + step * i, 50, 38, 150)
        for i in range(frames)
    ]


def test_two_side_by_side_are_two_scenes() -> None:
    scenes, dropped = follow_all(pair(7))
    assert dropped == {}
    large, small = scenes
    assert (large.first, small.first) == (True, False)
    assert large.people == small.people == 2
    for scene in (large, small):
        assert [shot.index for shot in scene.shots] == list(range(7))
    for scene, heights in ((large, 160), (small, 150)):
        for shot in scene.shots:
            columns = np.flatnonzero((shot.mask > 0.5).any(0))
            assert columns[-1] - columns[0] < 0.4 * 256  # of one alone
            hips = shot.landmarks[[23, 24], 0].mean()
            assert (columns[0] + columns[-1] + 1) / 512 == pytest.approx(hips, abs=0.01)
            tall = np.ptp(np.flatnonzero((shot.mask > 0.5).any(1))) + 1
            assert tall == pytest.approx(heights * 256 / side_of(heights), abs=4)
    for shot in (*large.shots, *small.shots):
        assert shot.others is not None
        assert shot.others.any()
        assert not (shot.others & (shot.mask > 0.5)).any()


def side_of(height: int) -> float:
    """Of such a person's window in pixels, as ``SIDE``."""
    return SIDE * height / 160


def test_the_background_of_one_is_without_the_other() -> None:
    for scene in follow_all(pair(7))[0]:
        plate = plate_of(scene.shots)
        assert plate[..., 0].max() < 190  # where red begins, over 200


def test_whose_masks_go_over_to_the_other() -> None:
    class Greedy(Crowd):
        """Half sees the other in everybody's mask."""

        def observe(self, picture: Picture) -> Pose | None:
            pose = super().observe(picture)
            assert pose is not None
            assert pose.mask is not None
            return replace(pose, mask=np.maximum(pose.mask, np.float32(0.6) * self.whole))

        def _everybody(self, picture: Picture) -> list[Pose]:
            self.whole = red(picture)
            return super()._everybody(picture)

        def beside(self, picture: Picture, person: Pose) -> Crowd:
            return Greedy(size=self.size, at=float(person.landmarks[0, 0]))

    seeing = Greedy(size=128)
    networks, mapping = Networks(seeing, seeing), DriverMapping(seeing)
    follower = Follower(networks, mapping, Limits(), upright=False)  # it is no still's fake
    frames = (Frame(picture, i, 0.1 * i) for i, picture in enumerate(pair(7)))
    large, small = follower.scenes(frames)
    for shot in (*large.shots, *small.shots):
        columns = np.flatnonzero((shot.mask > 0.5).any(0))
        assert columns[-1] - columns[0] < 0.4 * 256


def test_who_is_small_or_one_too_many_is_not_followed() -> None:
    small = [with_person(picture, 10, 60, 24, 96) for picture in walk(6)]
    assert [len(scene.shots) for scene in follow_all(small)[0]] == [6]
    assert [scene.people for scene in follow_all(pair(6), most=1)[0]] == [2]


def test_who_leaves_is_not_followed_any_more() -> None:
    """And the other's tracker, which finds the largest then, adds nothing of them."""
    pictures = [*pair(6), *(with_person(street(), 102 + 2 * i, 40) for i in range(16))]
    scenes, dropped = follow_all(pictures)
    assert told(scenes) == [(False, 6), (True, 22)]
    assert set(dropped) == {"person lost"}
    assert 8 <= dropped["person lost"] <= 12


def test_who_stays_when_the_largest_leaves_is_followed_on() -> None:
    alone = [with_person(street(), 192 + 2 * i, 50, 38, 150) for i in range(9)]
    scenes, _ = follow_all([*pair(6), *alone])
    assert told(scenes) == [(True, 6), (True, 8), (False, 6)]


def test_at_a_cut_both_scenes_end() -> None:
    bright = np.full_like(street(), 250)
    after = [with_person(bright, 120 + 2 * i, 40) for i in range(6)]
    scenes, dropped = follow_all([*pair(6), *after])
    assert told(scenes) == [(True, 6), (False, 6), (True, 5)]
    assert dropped == {"at a cut": 2}


def test_others_who_are_there_when_a_scene_begins_are_counted() -> None:
    class Several(FakeEstimator):
        def count(self, picture: Picture) -> int:
            return 3 if self.tracked[-1] < 0.6 else 1

        def tell_apart(self, picture: Picture, person: Pose) -> tuple[Pose, list[Pose]]:
            return person, []

    seeing = Several(size=128)
    follower = Follower(Networks(seeing, seeing), DriverMapping(seeing), Limits())
    pictures = [*walk(6), *empty(1), *walk(6, first=20)]
    frames = (Frame(picture, i, 0.1 * i) for i, picture in enumerate(pictures))
    assert [scene.people for scene in follower.scenes(frames)] == [3, 1]
