from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.fakes import FakeEstimator, standing, street, with_person
from tests.training.prepare.people import empty, load, walk

from bunraku.runtime.pose import Pose
from bunraku.runtime.pose.networks import PoseModel
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Picture
from bunraku.training.prepare import scenes
from bunraku.training.prepare.following import Follower
from bunraku.training.prepare.frames import Frame
from bunraku.training.prepare.networks import Networks
from bunraku.training.prepare.quality import Limits
from bunraku.training.prepare.scenes import Scene, shown, yaw_of
from bunraku.training.prepare.surfaces import DriverMapping

SIDE = 211
"""Of the window in pixels: 1.3 times 3.5 torsos of 0.29 heights of 160."""


def follow(
    pictures: Sequence[Picture], limits: Limits | None = None
) -> tuple[list[Scene], dict[str, int]]:
    """The scenes of pictures, ten a second, and what was dropped."""
    networks = load(PoseModel.FULL, "iuv")
    follower = Follower(networks, DriverMapping(networks.surfaces), limits or Limits())
    frames = (Frame(picture, i, 0.1 * i) for i, picture in enumerate(pictures))
    scenes = list(follower.scenes(frames))
    assert follower.read == len(pictures)
    assert follower.read == sum(len(s.shots) for s in scenes) + follower.dropped.total()
    return scenes, {str(k): v for k, v in follower.dropped.items() if v}


def test_one_person_is_one_scene() -> None:
    (scene,), dropped = follow(walk(6))
    assert dropped == {}
    assert not scene.half
    assert [shot.index for shot in scene.shots] == list(range(6))
    first, last = scene.shots[0], scene.shots[-1]
    assert first.picture.shape == (256, 256, 3)
    assert first.iuv.shape == (128, 128, 3)
    # The window stands still: the person walks 10 pixels of it.
    moved = last.landmarks[:, 0] - first.landmarks[:, 0]
    assert moved == pytest.approx(np.full(33, 10 / SIDE), abs=1e-4)
    for shot in scene.shots:
        columns = np.flatnonzero((shot.mask > 0.5).any(0))
        middle = (columns[0] + columns[-1] + 1) / 2 / 256
        assert middle == pytest.approx(shot.landmarks[[23, 24], 0].mean(), abs=0.01)
        assert np.abs(shot.yaw) < 1e-6


def test_nobody() -> None:
    assert follow(empty(5)) == ([], {"person lost": 5})


def test_a_person_lost_for_a_moment_goes_on() -> None:
    (scene,), dropped = follow([*walk(5), *empty(3), *walk(5)])
    assert len(scene.shots) == 10
    assert dropped == {"person lost": 3}


def test_a_person_lost_for_long_is_another_scene() -> None:
    scenes, dropped = follow([*walk(5), *empty(12), *walk(5)])
    assert [len(scene.shots) for scene in scenes] == [5, 5]
    assert dropped == {"person lost": 12}


def test_a_cut_to_other_surroundings() -> None:
    bright = np.full_like(street(), 250)
    after = [with_person(bright, 120 + 2 * i, 40) for i in range(6)]
    scenes, dropped = follow([*walk(6), *after])
    assert [len(scene.shots) for scene in scenes] == [6, 5]
    assert dropped == {"at a cut": 1}
    assert scenes[1].shots[0].picture[0, 0].min() == 250


def test_a_jump_is_a_cut() -> None:
    scenes, dropped = follow([*walk(5, first=60), *walk(5, first=200)])
    assert [len(scene.shots) for scene in scenes] == [5, 4]
    assert dropped == {"at a cut": 1}


def test_who_moved_far_is_looked_at_twice() -> None:
    class Late(FakeEstimator):
        """Looks where the person was: elsewhere, the mask ends at the hips."""

        last = -1.0

        def track(self, frame: Picture, time_s: float, *, mask: bool = True) -> Pose | None:
            pose = super().track(frame, time_s, mask=mask)
            assert pose is not None
            assert pose.mask is not None
            x = float(pose.landmarks[0, 0])
            if abs(x - self.last) > 5.0:
                pose = replace(pose, mask=pose.mask * (np.arange(240) > 120)[:, None])
            self.last = x
            return pose

    seeing = Late(size=128)
    follower = Follower(Networks(seeing, seeing), DriverMapping(seeing), Limits())
    pictures = [*walk(3, first=100), *walk(3, first=120)]
    frames = [Frame(picture, i, 0.1 * i) for i, picture in enumerate(pictures)]
    (scene,) = follower.scenes(frames)
    assert len(scene.shots) == 6
    covered = [shot.mask.mean() for shot in scene.shots]
    assert covered == pytest.approx([40 * 160 / SIDE**2] * 6, rel=0.03)
    assert len(seeing.tracked) == 8


def test_frames_of_another_size_are_another_scene() -> None:
    wide = [np.pad(picture, ((0, 0), (0, 80), (0, 0)), "edge") for picture in walk(5)]
    scenes, dropped = follow([*walk(5), *wide])
    assert [len(scene.shots) for scene in scenes] == [5, 4]
    assert dropped == {"at a cut": 1}


def test_who_leaves_the_window_gets_another() -> None:
    scenes, dropped = follow(walk(30, first=40, step=8))
    assert len(scenes) == 2
    assert dropped == {"out of the window": 5}


def test_people_who_are_too_small() -> None:
    pictures = [with_person(street(), 120 + i, 40, 20, 80) for i in range(5)]
    assert follow(pictures)[1] == {"too small": 5}
    assert len(follow(pictures, Limits(smallest_px=60))[0]) == 1


def test_a_scene_that_is_too_short() -> None:
    assert follow(walk(3)) == ([], {"in too short a scene": 3})


def test_blurred_frames() -> None:
    pictures = walk(8)
    pictures[3] = with_person(street(), 126, 40)
    pictures[3][40:200, 126:166] = (220, 20, 20)  # as if no stripe of it were seen
    (scene,), dropped = follow(pictures)
    assert dropped == {"blurred": 1}
    assert [shot.index for shot in scene.shots] == [0, 1, 2, 4, 5, 6, 7]
    assert len(follow(pictures, Limits(sharpness=0.0, sharpness_share=0.0))[0][0].shots) == 8


def test_long_scenes_are_given_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "MOST", 12)
    found, _ = follow(walk(1) * 22)
    assert [len(scene.shots) for scene in found] == [12, 10]


def test_nobody_is_beyond_the_picture() -> None:
    inside = shown(Window.of_box(-10, -20, 40), (50, 25), 4)
    assert inside.tolist() == [[0, 0, 0, 0], [0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0]]
    (scene,), _ = follow([with_person(street(), 0, 40)] * 4)  # at the picture's edge
    edge = scene.shots[0].mask[100]
    columns = np.flatnonzero(edge > 0.5)
    assert len(columns) == pytest.approx(40 * 256 / SIDE, abs=3)


def test_which_way_somebody_faces() -> None:
    pose = standing(10.0, 100.0, 50.0, (120, 100))
    assert yaw_of(pose) == pytest.approx(0.0)
    x = pose.world[:, 0].copy()
    # A quarter turn to the person's own right: the left side, at +x, comes to the camera.
    pose.world[:, 0], pose.world[:, 2] = 0.0, -x
    assert yaw_of(pose) == pytest.approx(np.pi / 2)
