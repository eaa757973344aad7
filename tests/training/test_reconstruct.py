from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.drivers.face.faces import Made, made
from tests.runtime.fakes import Turning, marked, street, with_person
from tests.training.contenders import Clips, Picky, contender, walk

from bunraku.runtime.pose.turned import turn_picture
from bunraku.spec.arrays import Array, Picture
from bunraku.stream.clip.reader import ClipReader
from bunraku.training import reconstruct as module
from bunraku.training.contender import OURS, Contender
from bunraku.training.flicker import Trembling
from bunraku.training.judge import Judge
from bunraku.training.metrics import FrameScore, OwnError
from bunraku.training.reconstruct import ClipResult, Performance, find_source, reconstruct, total
from bunraku.training.sheets import HEADING_PX
from bunraku.training.watchers import Watchers


@pytest.fixture
def clips(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Picture]]:
    made = Clips()
    monkeypatch.setattr(module, "clip_frames", made.frames)
    return made.pictures


def run(
    judge: Judge, name: str, *contenders: Contender, limit: int | None = None
) -> ClipResult | None:
    path = Path(f"{name}.mp4")
    start = find_source(contenders or [contender()], path, limit)
    return None if start is None else reconstruct(start, Watchers(judge), path, name, limit)


def test_self_reconstruction(judge: Judge, clips: dict[str, list[Picture]]) -> None:
    clips["walk"] = walk(6)
    result = run(judge, "walk")
    assert result is not None
    performance = result.made[OURS]
    assert (result.name, result.source_frame, performance.lost) == ("walk", 0, 0)
    assert len(performance.frames) == len(result.unmoved) == 5
    for ours, unmoved in zip(performance.frames, result.unmoved, strict=True):
        assert ours.keypoints is not None
        assert unmoved.keypoints is not None
        assert ours.keypoints.akd is not None
        assert ours.keypoints.akd < 0.25 * (unmoved.keypoints.akd or 0.0)
        assert (ours.person_l1 or 1.0) < (unmoved.person_l1 or 0.0)
    # The block walks 12 pixels a frame; the window is larger than the picture's 240 pixels.
    first, last = result.unmoved[0].keypoints, result.unmoved[-1].keypoints
    assert first is not None
    assert last is not None
    assert (last.akd or 0.0) == pytest.approx(5.0 * (first.akd or 0.0), rel=0.1)


def test_the_source_is_measured_driven_by_itself(
    judge: Judge, clips: dict[str, list[Picture]]
) -> None:
    clips["walk"] = walk(4)
    result = run(judge, "walk")
    assert result is not None
    own = result.made[OURS].own
    # The fake puppet warps it by nothing; what is lost is at the block's rim.
    assert 0.0 < own.l1 < 0.005
    assert own.l1 < own.person_l1 < 0.02


def test_flicker_is_told(judge: Judge, clips: dict[str, list[Picture]]) -> None:
    clips["walk"] = walk(6)
    result = run(judge, "walk")
    assert result is not None
    assert result.made[OURS].score.flicker == pytest.approx(1.0, abs=0.2)


def test_rows_of_the_sheet_are_at_their_own_size(
    judge: Judge, clips: dict[str, list[Picture]]
) -> None:
    clips["walk"] = walk(3)
    result = run(judge, "walk", contender("old"), contender("new"))
    assert result is not None
    assert result.headings == ["true frame", "old", "new"]
    index, (true, old, new) = result.shown.chosen()[0]
    assert index == 0
    assert result.size == (true.shape[1], true.shape[0])
    assert true.shape == old.shape == new.shape
    np.testing.assert_array_equal(old, new)


def test_candidates_share_the_look_at_the_true_frame(
    judge: Judge, clips: dict[str, list[Picture]]
) -> None:
    clips["walk"] = walk(4)
    run(judge, "walk", contender("old"), contender("new"))
    # One of the source; then of three frames the true one and two results.
    assert judge.looks == 1 + 3 * 3  # type: ignore[attr-defined]


def test_a_turned_clip_is_measured_upright(judge: Judge, clips: dict[str, list[Picture]]) -> None:
    upright = [marked(picture) for picture in walk(5)]
    clips["upright"] = upright
    clips["turned"] = [turn_picture(picture, 90) for picture in upright]
    found = {}
    for name in clips:
        result = run(judge, name, contender(estimator=Turning(size=128)))
        assert result is not None
        found[name] = result.made[OURS].score
    assert found["turned"].l1 == pytest.approx(found["upright"].l1, abs=1e-3)
    assert found["turned"].person_l1 == pytest.approx(found["upright"].person_l1, abs=1e-2)
    assert found["turned"].akd == pytest.approx(found["upright"].akd, abs=0.3)
    assert found["turned"].own_l1 == pytest.approx(found["upright"].own_l1, abs=1e-3)


def test_the_source_is_the_first_frame_with_a_person(
    judge: Judge, clips: dict[str, list[Picture]]
) -> None:
    clips["late"] = [street(), street(), *walk(3)]
    result = run(judge, "late")
    assert result is not None
    assert result.source_frame == 2
    assert len(result.made[OURS].frames) == 2


def test_the_source_is_one_that_all_can_animate(
    judge: Judge, clips: dict[str, list[Picture]]
) -> None:
    clips["walk"] = walk(6)  # the block leaves the left quarter with its third frame
    result = run(judge, "walk", contender("old"), contender("picky", Picky(size=128)))
    assert result is not None
    assert result.source_frame == 2
    assert list(result.made) == ["old", "picky"]


def test_who_can_animate_no_frame_is_left_out(
    judge: Judge, clips: dict[str, list[Picture]]
) -> None:
    clips["still"] = [with_person(street(), 20, 50)] * 4
    result = run(judge, "still", contender("picky", Picky(size=128)), contender("old"))
    assert result is not None
    assert (result.source_frame, list(result.made)) == (0, ["old"])
    assert len(result.made["old"].frames) == 3


def test_a_clip_without_people(
    judge: Judge, clips: dict[str, list[Picture]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRIES", 3)
    clips["empty"] = [street()] * 2
    assert run(judge, "empty") is None
    clips["empty"] = [*[street()] * 4, *walk(3)]
    assert run(judge, "empty") is None


def test_the_limit_holds(judge: Judge, clips: dict[str, list[Picture]]) -> None:
    clips["walk"] = walk(6)
    result = run(judge, "walk", limit=3)
    assert result is not None
    assert len(result.made[OURS].frames) == 2


def test_lost_frames_are_counted(judge: Judge, clips: dict[str, list[Picture]]) -> None:
    clips["gone"] = [*walk(3), street(), street()]
    result = run(judge, "gone")
    assert result is not None
    assert result.made[OURS].lost == 2
    assert len(result.made[OURS].frames) == 4


def test_the_film_shows_every_frame(
    judge: Judge, clips: dict[str, list[Picture]], tmp_path: Path
) -> None:
    clips["walk"] = [street(), *walk(3)]
    path, film = Path("walk.mp4"), tmp_path / "films" / "walk.webm"
    start = find_source([contender()], path, None)
    assert start is not None
    result = reconstruct(start, Watchers(judge), path, "walk", None, film)
    with ClipReader(film) as reader:
        frames = list(reader.frames())
    assert len(frames) == 3
    assert frames[0].time_s == pytest.approx(0.0, abs=0.002)
    width, height = result.size
    rows = HEADING_PX + height
    assert frames[0].image.shape == (rows + rows % 2, 2 * width, 3)


class FakeFaces:
    """A face whose mouth is as far open as the red block is to the right."""

    def __init__(self) -> None:
        self.poses: list[tuple[float, float]] = []

    def look(self, picture: Picture, pose: Array) -> NDArray[np.float32]:
        self.poses.append((float(pose[0, 0]), float(pose[0, 1])))
        return made(Made(gap=0.002 * float(pose[0, 0]))).points


def test_faces_are_looked_for_in_whole_pictures(
    judge: Judge, clips: dict[str, list[Picture]]
) -> None:
    clips["walk"] = [with_person(street(), 60 + 6 * i, 50) for i in range(15)]
    start = find_source([contender()], Path("walk.mp4"), None)
    assert start is not None
    faces = FakeFaces()
    result = reconstruct(start, Watchers(judge, faces), Path("walk.mp4"), "walk", None)
    # The block's middle in pixels of the frame: of the source, then of each true frame and result.
    for i, (x, y) in enumerate(faces.poses[1:]):
        assert x == pytest.approx(60 + 6 * (1 + i // 2) + 19.5, abs=1.0)
        assert y == pytest.approx(50 + 79.5, abs=1.0)
    assert len(faces.poses) == 1 + 2 * 14
    score = result.made[OURS].score
    assert score.mouth == pytest.approx(1.0, abs=0.01)
    assert score.eyes is None  # they do not move


def test_every_clip_counts_the_same_in_flicker() -> None:
    def performed(result: float, true: float) -> Performance:
        performance = Performance(OwnError(0.1, 0.2), [FrameScore(0.1, 0.9, None, None, None)])
        performance.flicker.trembling = Trembling(result, true, 1.0)
        return performance

    score = total([performed(1.0, 1.0), performed(300.0, 100.0), performed(0.0, 0.0)])
    assert score.flicker == pytest.approx(2.0)
    assert score.own_l1 == pytest.approx(0.1)
    assert score.own_person_l1 == pytest.approx(0.2)
