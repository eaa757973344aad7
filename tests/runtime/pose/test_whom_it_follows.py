"""Which of several people the tracker follows, and for how long it waits for one."""

from __future__ import annotations

import pytest
from tests.runtime.pose.scenes import FRAME, STEP_S, Person, Scene, track

from bunraku.runtime.pose.followed import DOUBTED_S, GONE_S
from bunraku.runtime.pose.tracker import PoseTracker
from bunraku.spec.arrays import Picture

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


def test_another_one_goes_on_from_who_stands_beside(tracker: PoseTracker, scene: Scene) -> None:
    scene.people.insert(0, Person(100, 200, 60))
    assert track(tracker, 0) == (300, 200)
    (_, other) = tracker.detect(FRAME)
    beside = tracker.beside(FRAME, tracker.estimate(FRAME, other.roi))
    searches = scene.count("detect")
    for k in range(1, 4):
        scene.people[0].x += 5
        assert track(beside, k) == (100 + 5 * k, 200)
        assert track(tracker, k) == (300, 200)
    assert scene.count("detect") == searches
