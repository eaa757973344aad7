"""The tracker in a made-up scene: people are places, and the networks see them or not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from bunraku.runtime.pose.detector import MOST_PROPOSED, Detection, Detector
from bunraku.runtime.pose.followed import DOUBTED_S, GONE_S
from bunraku.runtime.pose.landmarks import Landmarker, Landmarks
from bunraku.runtime.pose.looks import MORE_LOOKS
from bunraku.runtime.pose.proposals import LOOKS
from bunraku.runtime.pose.roi import Roi
from bunraku.runtime.pose.tracker import PoseTracker
from bunraku.spec.arrays import Picture
from bunraku.spec.landmarks import LANDMARKS

STEP_S = 1 / 30
FRAME: Picture = np.zeros((400, 600, 3), np.uint8)
FRAME[0, -1] = 1  # is at the left in a mirror
LIGHT: Picture = np.full_like(FRAME, 200)
LIGHT[0, 0] = 0


@dataclass
class Person:
    """Hips at x, y; the circle around the body has this radius."""

    x: float
    y: float
    radius: float
    presence: float = 0.95
    clothes: tuple[int, int, int] = (200, 0, 0)

    @property
    def roi(self) -> Roi:
        return Roi(self.x, self.y, self.radius * 2.5, 0)


@dataclass
class Scene:
    people: list[Person] = field(default_factory=list)
    small: list[Person] = field(default_factory=list)
    """seen only in tiles"""
    suspected: list[Person] = field(default_factory=list)
    """too unlike people for the detector to be sure of"""
    calls: list[str] = field(default_factory=list)

    def count(self, call: str) -> int:
        return sum(c.startswith(call) for c in self.calls)


class SceneDetector(Detector):
    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def detect(self, frame: Picture, depth: int = 2) -> list[Detection]:
        self._scene.calls.append(f"detect {depth}")
        people = self._scene.people or (self._scene.small if depth else [])
        return sorted((detection(p, 0.9) for p in people), key=lambda d: -d.roi.side)

    def propose(self, frame: Picture, most: int = MOST_PROPOSED) -> list[Detection]:
        self._scene.calls.append("propose")
        if frame.shape != FRAME.shape or frame[0, 0, 0]:
            return []  # turned, with a margin or in a mirror
        return [detection(p, 0.2) for p in self._scene.suspected]


def detection(p: Person, score: float) -> Detection:
    points = [[p.x, p.y], [p.x, p.y - p.radius], [p.x, p.y - p.radius / 2], [p.x, 0]]
    return Detection(score, np.zeros(4, np.float32), np.array(points, np.float32))


class SceneLandmarker(Landmarker):
    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def run(self, frame: Picture, roi: Roi, mask: bool = True) -> Landmarks:
        self._scene.calls.append("landmarks" if mask else "landmarks without mask")
        points, presence = np.zeros((39, 3)), 0.05
        for p in self._scene.people + self._scene.small + self._scene.suspected:
            x = frame.shape[1] - 1 - p.x if frame[0, 0, 0] else p.x
            if np.hypot(x - roi.x, p.y - roi.y) < roi.side / 4:
                points[:, :2] = x, p.y
                points[34] = x, p.y - p.radius, 0
                presence = p.presence
        out = np.ones((256, 256), np.float32) if mask else None
        return Landmarks(points, np.ones(LANDMARKS), np.zeros((LANDMARKS, 3)), presence, out, roi)


@pytest.fixture
def scene() -> Scene:
    return Scene([Person(300, 200, 80)])


@pytest.fixture
def tracker(scene: Scene) -> PoseTracker:
    return PoseTracker(SceneDetector(scene), SceneLandmarker(scene))


def track(tracker: PoseTracker, frame: int) -> tuple[float, float] | None:
    pose = tracker.track(FRAME, frame * STEP_S)
    return None if pose is None else (float(pose.landmarks[0, 0]), float(pose.landmarks[0, 1]))


GONE = round(GONE_S / STEP_S)  # frames after which nobody waits for somebody any longer


def dressed(scene: Scene) -> Picture:
    """A frame in which people have the colours of their clothes."""
    frame = FRAME.copy()
    for p in scene.people:
        y, x = int(p.y), int(p.x)
        frame[y - 4 : y + 5, x - 4 : x + 5] = p.clothes
    return frame


def follow(tracker: PoseTracker, scene: Scene, frame: int) -> float | None:
    pose = tracker.track(dressed(scene), frame * STEP_S)
    return None if pose is None else float(pose.landmarks[0, 0])


def get_to_know(tracker: PoseTracker, scene: Scene) -> None:
    """Follow somebody until frame 0."""
    for k in range(-GONE, 1):
        assert follow(tracker, scene, k) == 300


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


def test_the_largest_is_followed_and_kept(tracker: PoseTracker, scene: Scene) -> None:
    scene.people.insert(0, Person(100, 200, 60))
    assert track(tracker, 0) == (300, 200)
    scene.people[0].radius = 150
    assert track(tracker, 1) == (300, 200)


def test_a_person_lost_for_a_moment_is_preferred_to_a_larger_one(
    tracker: PoseTracker, scene: Scene
) -> None:
    get_to_know(tracker, scene)
    mine = scene.people.pop()
    assert follow(tracker, scene, 1) is None
    scene.people += [Person(80, 200, 150), mine]
    mine.x += 10
    assert follow(tracker, scene, 2) == 310


def test_when_somebody_is_gone_for_long_the_largest_counts_again(
    tracker: PoseTracker, scene: Scene
) -> None:
    get_to_know(tracker, scene)
    mine = scene.people.pop()
    for k in range(1, GONE + 1):
        assert track(tracker, k) is None
    scene.people += [Person(80, 200, 150), mine]
    assert track(tracker, GONE + 1) == (80, 200)


def test_nobody_else_is_taken_for_who_was_lost(tracker: PoseTracker, scene: Scene) -> None:
    mine = scene.people[0]
    other = Person(230, 200, 80, clothes=(0, 0, 200))
    scene.people.append(other)
    get_to_know(tracker, scene)
    scene.people.remove(mine)
    assert [k for k in range(1, GONE - 1) if follow(tracker, scene, k) is not None] == []
    mine.x = 500  # comes back from the other side
    scene.people.append(mine)
    assert follow(tracker, scene, GONE - 1) == 500


def test_who_is_there_when_somebody_is_gone_is_followed_then(
    tracker: PoseTracker, scene: Scene
) -> None:
    mine = scene.people[0]
    scene.people.append(Person(230, 200, 80, clothes=(0, 0, 200)))
    get_to_know(tracker, scene)
    scene.people.remove(mine)
    seen = [follow(tracker, scene, k) for k in range(1, GONE + 2)]
    assert seen[-1] == 230
    assert seen.index(230) * STEP_S >= GONE_S - STEP_S
    scene.people.append(mine)
    assert follow(tracker, scene, GONE + 2) == 230


def test_poses_tell_who_is_followed(tracker: PoseTracker, scene: Scene) -> None:
    get_to_know(tracker, scene)
    scene.people.clear()
    for k in range(1, GONE + 2):
        follow(tracker, scene, k)
    numbers = []
    scene.people.append(Person(230, 200, 80, clothes=(0, 0, 200)))
    for k in range(GONE + 2, 2 * GONE + 2):
        pose = tracker.track(dressed(scene), k * STEP_S)
        assert pose is not None
        numbers.append(pose.person)
    assert (numbers[0], numbers[-1]) == (0, 1)
    tracker.reset()
    pose = tracker.track(dressed(scene), 3 * GONE * STEP_S)
    assert pose is not None
    assert pose.person == 1


def test_who_was_seen_in_one_frame_is_nobody_to_wait_for(
    tracker: PoseTracker, scene: Scene
) -> None:
    assert follow(tracker, scene, 0) == 300
    scene.people = [Person(100, 200, 80, clothes=(0, 0, 200))]
    assert follow(tracker, scene, 1) == 100


def test_who_comes_back_in_another_size_is_somebody_else(
    tracker: PoseTracker, scene: Scene
) -> None:
    get_to_know(tracker, scene)
    scene.people = []
    assert follow(tracker, scene, 1) is None
    scene.people = [Person(320, 200, 160)]
    assert follow(tracker, scene, 2) is None


def test_who_comes_before_somebody_is_left_again(tracker: PoseTracker, scene: Scene) -> None:
    """The crop shows the nearer one all along, so nobody is ever lost."""
    mine = scene.people[0]
    for k in range(10):
        assert follow(tracker, scene, k) == 300
    other = Person(310, 200, 80, clothes=(0, 0, 200))
    scene.people = [other]
    for k in range(10, 20):
        assert follow(tracker, scene, k) == pytest.approx(other.x, abs=8)
        other.x += 8
    scene.people.append(mine)
    assert 300 in [follow(tracker, scene, k) for k in range(20, 28)]


def test_who_looks_otherwise_for_long_looks_so_now(tracker: PoseTracker, scene: Scene) -> None:
    follow(tracker, scene, 0)
    scene.people[0].clothes = (0, 0, 200)
    last = round(DOUBTED_S / STEP_S) + 2
    for k in range(1, last):
        assert follow(tracker, scene, k) == 300
    scene.calls.clear()
    follow(tracker, scene, last)
    assert scene.calls == ["landmarks"]


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
