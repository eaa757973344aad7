"""The tracker in a made-up scene, from frame to frame."""

from __future__ import annotations

import numpy as np
from tests.runtime.pose.scenes import (
    FRAME,
    LIGHT,
    STEP_S,
    Person,
    Scene,
    SceneDetector,
    SceneLandmarker,
    track,
)

from bunraku.runtime.pose.roi import Roi
from bunraku.runtime.pose.tracker import PoseTracker


def test_the_detector_runs_once_while_the_person_moves(tracker: PoseTracker, scene: Scene) -> None:
    for k in range(30):
        scene.people[0].x = 300 + 4 * k
        assert track(tracker, k) is not None
    assert [c for c in scene.calls if c.startswith("detect")] == ["detect 1"]
    assert scene.calls.count("landmarks") == 30


def test_what_a_pose_holds(tracker: PoseTracker) -> None:
    pose = tracker.track(FRAME, 0.0)
    assert pose is not None
    assert pose.landmarks.shape == (33, 4)
    assert pose.landmarks.dtype == np.float32
    np.testing.assert_array_equal(pose.landmarks[0], [300, 200, 0, 1])
    assert pose.world.shape == (33, 3)
    assert pose.mask is not None
    assert pose.mask.shape == (400, 600)
    assert pose.mask[200, 300] == 1
    assert pose.mask[0, 0] == 0
    assert pose.roi == Roi(300, 200, 200, 0)


def test_no_mask_is_made_unless_it_is_wanted(tracker: PoseTracker, scene: Scene) -> None:
    pose = tracker.track(FRAME, 0.0, mask=False)
    assert pose is not None
    assert pose.mask is None
    assert "landmarks" not in scene.calls


def test_lost_and_regained(tracker: PoseTracker, scene: Scene) -> None:
    assert track(tracker, 0) is not None
    person = scene.people.pop()
    assert track(tracker, 1) is None
    assert track(tracker, 2) is None
    scene.people.append(person)
    person.x = 100
    assert track(tracker, 3) == (100, 200)  # no smoothing across the gap
    assert scene.calls[-2:] == ["detect 0", "landmarks"]


def test_who_comes_back_at_the_side_is_shown_from_the_second_look_on(
    tracker: PoseTracker, scene: Scene
) -> None:
    assert track(tracker, 0) is not None
    person = scene.people.pop()
    assert track(tracker, 1) is None
    scene.people.append(person)
    person.x = 590
    assert track(tracker, 2) is None
    assert track(tracker, 3) == (590, 200)


def test_low_presence_is_searched_again_in_the_same_frame(
    tracker: PoseTracker, scene: Scene
) -> None:
    track(tracker, 0)
    scene.people[0].x = 520  # jumped out of the crop, as after a cut
    assert track(tracker, 1) == (520, 200)


def test_a_detection_that_is_nobody_is_not_believed(tracker: PoseTracker, scene: Scene) -> None:
    scene.people[0].presence = 0.3
    assert track(tracker, 0) is None
    scene.people.append(Person(100, 200, 40))
    assert track(tracker, 1) == (100, 200)  # the largest is nobody, so the next is taken


def test_small_people_are_looked_for_now_and_then(tracker: PoseTracker, scene: Scene) -> None:
    scene.people.clear()
    for k in range(62):
        track(tracker, k)
    assert scene.calls.count("detect 1") == 3
    scene.small.append(Person(50, 50, 8))
    assert next(k for k in range(62, 100) if track(tracker, k) is not None) <= 92


def test_at_a_cut_the_new_scene_is_searched(tracker: PoseTracker, scene: Scene) -> None:
    track(tracker, 0)
    scene.people.append(Person(100, 200, 150))
    assert track(tracker, 1) == (300, 200)
    pose = tracker.track(LIGHT, 2 * STEP_S)  # the crop of the last scene shows somebody here, too
    assert pose is not None
    assert tuple(pose.landmarks[0, :2]) == (100, 200)
    assert tracker.track(LIGHT, 3 * STEP_S) is not None
    assert sum(c.startswith("detect") for c in scene.calls) == 2


def test_who_was_lost_before_a_cut_is_not_waited_for_in_the_new_scene(
    tracker: PoseTracker, scene: Scene
) -> None:
    for k in range(60):
        track(tracker, k)
    scene.people.clear()
    assert track(tracker, 60) is None
    scene.people.append(Person(100, 200, 150))
    assert track(tracker, 61) is None  # somebody else
    assert tracker.track(LIGHT, 62 * STEP_S) is not None


def test_when_the_light_goes_on_the_person_is_kept(tracker: PoseTracker, scene: Scene) -> None:
    """The detector is sure of nobody now, and the crop still shows them."""
    track(tracker, 0)
    scene.suspected.append(scene.people.pop())
    pose = tracker.track(LIGHT, STEP_S)
    assert pose is not None
    assert tuple(pose.landmarks[0, :2]) == (300, 200)


def test_another_frame_size_starts_anew(tracker: PoseTracker, scene: Scene) -> None:
    track(tracker, 0)
    assert tracker.track(np.zeros((200, 300, 3), np.uint8), STEP_S) is not None
    assert scene.calls.count("detect 1") == 2


def test_a_crop_that_leaves_the_frame_is_given_up(tracker: PoseTracker, scene: Scene) -> None:
    track(tracker, 0)
    for k in range(1, 60):
        scene.people[0].x += 20
        if scene.people[0].x > 900:
            break
        track(tracker, k)
    searches = scene.calls.count("detect 0") + scene.calls.count("detect 1")
    scene.people.clear()
    assert track(tracker, 60) is None
    assert scene.calls.count("detect 0") + scene.calls.count("detect 1") == searches + 1


def test_reset_forgets(tracker: PoseTracker, scene: Scene) -> None:
    track(tracker, 0)
    tracker.reset()
    scene.people[0].x = 310
    assert track(tracker, 1) == (310, 200)
    assert scene.calls.count("detect 1") == 2


def test_without_smoothing_every_frame_stands_for_itself(scene: Scene) -> None:
    tracker = PoseTracker(SceneDetector(scene), SceneLandmarker(scene), smooth=False)
    for k in range(5):
        scene.people[0].x = 300 + k % 2
        assert track(tracker, k) == (300 + k % 2, 200)


def test_smoothing_holds_a_trembling_person(tracker: PoseTracker, scene: Scene) -> None:
    seen = []
    for k in range(60):
        scene.people[0].x = 300 + 0.5 * (k % 2)
        place = track(tracker, k)
        assert place is not None
        seen.append(place[0])
    assert np.ptp(seen[20:]) < 0.4


def test_who_is_doubtful_gives_way_to_somebody_small_who_is_not(
    tracker: PoseTracker, scene: Scene
) -> None:
    """Of a small person before much else the detector makes a large one; the landmark network makes
    a body of that, too, but another one each time it looks."""
    scene.people[0].score, scene.people[0].torn = 0.6, True
    assert track(tracker, 0) == (300, 200)
    scene.small.append(Person(100, 100, 8))
    tracker.reset()
    assert track(tracker, 1) == (100, 100)
    still = tracker.observe(FRAME)
    assert still is not None
    assert tuple(still.landmarks[0, :2]) == (100, 100)


def test_who_scores_low_and_is_seen_again_is_followed(tracker: PoseTracker, scene: Scene) -> None:
    scene.people[0].score = 0.6
    scene.small.append(Person(100, 100, 8))
    assert track(tracker, 0) == (300, 200)
    assert scene.calls.count("detect 1") == 1
