from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.face.faces import Made, made, pose_of

from bunraku.runtime.drivers.face.landmarks import Face
from bunraku.spec.arrays import Array, Picture
from bunraku.training.face_match import FEWEST, FaceMatch, MeshJudge, Told, correlation

FRAMES = 24


def wave(i: int) -> float:
    return 0.5 - 0.5 * float(np.cos(i))


def match(strength: float, *, unit_px: float = 60.0, frames: int = FRAMES) -> FaceMatch:
    """A driver who speaks and blinks, and a result that does so by this share, head turned."""
    found = FaceMatch()
    for i in range(frames):
        driver = Made(gap=0.2 * wave(i), right_eye=0.05 + 0.1 * wave(2 * i), left_eye=0.1)
        result = Made(
            gap=0.1 + strength * 0.2 * wave(i),
            right_eye=0.1 + strength * 0.1 * wave(2 * i),
            left_eye=0.1,
        )
        found.add(
            made(driver, unit_px=unit_px).points,
            made(result, unit_px=150.0, yaw_deg=10.0, roll_deg=20.0).points,
        )
    return found


def test_a_face_that_follows() -> None:
    found = match(0.7)
    assert len(found.mouth) == len(found.eyes) == FRAMES
    assert found.mouth_correlation == pytest.approx(1.0, abs=0.01)
    assert found.eyes_correlation == pytest.approx(1.0, abs=0.01)


def test_a_face_that_does_the_contrary() -> None:
    found = match(-0.3)
    assert found.mouth_correlation == pytest.approx(-1.0, abs=0.01)


@pytest.mark.parametrize("strength", [0.0, 0.05])
def test_a_dead_face(strength: float) -> None:
    found = match(strength)  # with 0.05, its noise goes with the driver
    assert found.mouth_correlation == 0.0
    assert found.eyes_correlation == 0.0


def test_lids_that_follow_by_a_third_are_not_dead() -> None:
    assert match(0.35).eyes_correlation == pytest.approx(1.0, abs=0.02)


def test_faces_that_are_too_small_or_unseen_are_left_out() -> None:
    assert match(1.0, unit_px=47.0).mouth == []
    assert len(match(1.0, unit_px=49.0).mouth) == FRAMES
    found = FaceMatch()
    found.add(None, made().points)
    found.add(made().points, None)
    assert found.mouth == found.eyes == []
    assert found.mouth_correlation is None


def test_too_few_frames() -> None:
    assert match(1.0, frames=FEWEST - 1).mouth_correlation is None
    assert match(1.0, frames=FEWEST).mouth_correlation is not None


def test_a_driver_at_rest_tells_nothing() -> None:
    found = FaceMatch()
    for i in range(FRAMES):
        found.add(made().points, made(Made(gap=0.1 * wave(i))).points)
    assert found.mouth_correlation is None
    assert found.eyes_correlation is None


def test_what_a_clip_tells_is_said() -> None:
    assert match(0.7).details == {
        "frames": FRAMES,
        "eye_corners_px": 60.0,
        "mouth": Told.MOVES,
        "eyes": Told.MOVES,
    }
    small, few = match(1.0, unit_px=30.0).details, match(1.0, frames=FEWEST - 1).details
    assert (small["frames"], small["eye_corners_px"]) == (0, 30.0)
    assert small["mouth"] is small["eyes"] is Told.SMALL
    assert few["mouth"] is few["eyes"] is Told.UNSEEN
    assert FaceMatch().details["eye_corners_px"] is None
    rest = FaceMatch()
    for _ in range(FRAMES):
        rest.add(made().points, made().points)
    assert rest.details["mouth"] is rest.details["eyes"] is Told.STILL


def test_correlation_is_pearsons() -> None:
    rng = np.random.default_rng(4)
    driver, result = rng.normal(size=40), rng.normal(size=40)
    result += driver
    pairs = [(float(a), float(b)) for a, b in zip(driver, result, strict=True)]
    assert correlation(pairs, 0.01) == pytest.approx(float(np.corrcoef(driver, result)[0, 1]))


class Found:
    """A finder of one made face."""

    def find(self, picture: Picture, pose: Array) -> Face:
        return made(middle=(150.0, 110.0), unit_px=60.0)


def test_a_face_behind_a_hand_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = MeshJudge.__new__(MeshJudge)
    monkeypatch.setattr(judge, "_finder", Found(), raising=False)
    pose, picture = pose_of(made()), np.zeros((9, 9, 3), np.uint8)
    pose[15:23, :2] = 150.0, 400.0
    assert judge.look(picture, pose) is not None
    pose[15:23:2, :2] = 150.0, 110.0 + 0.72 * 60.0
    assert judge.look(picture, pose) is None
