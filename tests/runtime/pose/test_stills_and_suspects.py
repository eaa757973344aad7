"""Looking closely: at stills, and at what the detector merely suspects."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.runtime.pose.scenes import (
    FRAME,
    STEP_S,
    Person,
    Scene,
    SceneDetector,
    SceneLandmarker,
    track,
)

from bunraku.runtime.pose.landmarks import Landmarks
from bunraku.runtime.pose.looks import MORE_LOOKS
from bunraku.runtime.pose.proposals import LOOKS
from bunraku.runtime.pose.roi import Roi
from bunraku.runtime.pose.tracker import PoseTracker
from bunraku.spec.arrays import Picture


def test_a_still_picture_is_observed_with_a_better_crop(tracker: PoseTracker, scene: Scene) -> None:
    pose = tracker.observe(FRAME)
    assert pose is not None
    assert pose.mask is not None
    assert scene.calls == ["detect 2", "landmarks without mask", "landmarks"]
    scene.people.clear()
    assert tracker.observe(FRAME) is None


def test_a_thorough_tracker_looks_at_stills_several_times_but_not_at_frames(scene: Scene) -> None:
    tracker = PoseTracker(SceneDetector(scene), SceneLandmarker(scene), thorough=True).another()
    pose = tracker.observe(FRAME)
    assert pose is not None
    assert pose.landmarks[0, :2].tolist() == [300, 200]
    assert scene.count("landmarks") == 2 + len(MORE_LOOKS)
    scene.calls.clear()
    assert track(tracker, 0) == (300, 200)
    assert scene.count("landmarks") == 1


def test_estimate_tells_the_presence_of_whatever_is_there(tracker: PoseTracker) -> None:
    assert tracker.estimate(FRAME, Roi(300, 200, 210, 0.1)).presence == 0.95
    assert tracker.estimate(FRAME, Roi(30, 20, 100, 0)).presence == 0.05


def test_a_still_of_somebody_suspected_is_judged(tracker: PoseTracker, scene: Scene) -> None:
    scene.people.clear()
    scene.suspected.append(Person(200, 150, 60))
    pose = tracker.observe(FRAME)
    assert pose is not None
    assert pose.landmarks[0, :2].tolist() == [200, 150]
    assert pose.mask is not None
    assert scene.count("propose") == len(LOOKS)
    scene.suspected[0].presence = 0.55  # a real person's, but for a mere suspicion too little
    assert tracker.observe(FRAME) is None


def test_whoever_the_detector_is_sure_of_is_never_judged(
    tracker: PoseTracker, scene: Scene
) -> None:
    scene.suspected.append(Person(100, 150, 150))  # larger
    for pose in (tracker.observe(FRAME), tracker.track(FRAME, 0.0)):
        assert pose is not None
        assert pose.landmarks[0, 0] == 300
    assert scene.count("propose") == 0


def test_somebody_suspected_is_followed_from_the_first_frames_on(
    tracker: PoseTracker, scene: Scene
) -> None:
    scene.people.clear()
    scene.suspected.append(Person(200, 150, 60))
    seen = [track(tracker, k) for k in range(8)]
    first = next(k for k, place in enumerate(seen) if place is not None)
    assert first < len(LOOKS)
    assert all(place == (200, 150) for place in seen[first:])
    assert scene.count("propose") == 1  # once, as for everybody


def test_the_second_round_looks_at_what_is_second_likeliest(
    tracker: PoseTracker, scene: Scene
) -> None:
    scene.people.clear()
    scene.suspected += [Person(80, 300, 60, presence=0.1), Person(400, 150, 60)]
    seen = [track(tracker, k) for k in range(2 * len(LOOKS) + 1)]
    assert (400, 150) in seen
    assert seen.index((400, 150)) > len(LOOKS)


def test_a_scene_that_stays_empty_costs_no_more(tracker: PoseTracker, scene: Scene) -> None:
    scene.people.clear()
    scene.suspected.append(Person(200, 150, 60, presence=0.65))  # a coat stand
    first = 2 * len(LOOKS)
    for k in range(first + 1):
        track(tracker, k)
    assert scene.count("propose") == first  # one a frame at first, beside the search
    scene.calls.clear()
    for k in range(first + 1, 600):
        track(tracker, k)
    assert 18 <= scene.count("propose") <= 20
    searches = scene.count("detect") + scene.count("propose")
    assert searches + 2 * scene.count("landmarks") <= 600  # which take twice as long


def test_who_comes_into_an_empty_scene_is_seen_soon(tracker: PoseTracker, scene: Scene) -> None:
    mine = scene.people.pop()
    scene.suspected.append(Person(200, 150, 60, presence=0.65))
    for k in range(300):
        track(tracker, k)
    scene.suspected.clear()
    scene.people.append(mine)
    assert next(k for k in range(300, 400) if track(tracker, k) is not None) <= 314


class Doubting(SceneLandmarker):
    """Sees nobody in the mirror."""

    def run(self, frame: Picture, roi: Roi, mask: bool = True) -> Landmarks:
        found = super().run(frame, roi, mask)
        return replace(found, presence=0.1) if frame[0, 0, 0] else found


@pytest.mark.parametrize("face", [True, False])
def test_a_face_settles_doubts_in_stills_and_films(scene: Scene, face: bool) -> None:
    scene.people.clear()
    scene.suspected.append(Person(200, 150, 60))
    tracker = PoseTracker(
        SceneDetector(scene), Doubting(scene), shows_face=lambda picture, pose: face
    )
    assert (tracker.observe(FRAME) is not None) == face
    follower = tracker.another()
    assert any(follower.track(FRAME, k * STEP_S) is not None for k in range(15)) == face


def test_the_others_of_a_still(tracker: PoseTracker, scene: Scene) -> None:
    scene.suspected.append(Person(500, 200, 80))
    person = tracker.observe(FRAME)
    assert person is not None
    assert tracker.tell_apart(FRAME, person).others == []  # suspects without a face are nobody
    with_faces = PoseTracker(
        SceneDetector(scene), SceneLandmarker(scene), shows_face=lambda picture, pose: True
    )
    others = with_faces.tell_apart(FRAME, person).others
    assert [pose.landmarks[0, 0] for pose in others] == [500]
