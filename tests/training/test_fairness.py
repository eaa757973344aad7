from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bunraku.training.fairness import Sighting, as_grid, as_json, compare, sighting
from bunraku.training.metrics import FrameScore, KeypointMatch
from bunraku.training.observe import observation_path
from bunraku.training.people.traits import Age, Build, Clothing, Tone, Traits
from bunraku.training.report import Report


def score(person_l1: float) -> FrameScore:
    return FrameScore(0.1, 0.9, person_l1, 20.0, KeypointMatch(30.0, 10, 12))


def traits(tone: Tone) -> Traits:
    return Traits(tone, Build.SLIM, Age.OLD, Clothing.SKIRT)


PEOPLE = [Path(f"person_{i}.npz") for i in range(4)]


def test_people_are_compared_in_groups() -> None:
    told = compare(
        {PEOPLE[0]: traits(Tone.DARK), PEOPLE[1]: traits(Tone.DARK), PEOPLE[2]: traits(Tone.LIGHT)},
        {path: [score(0.1 * (i + 1))] * 2 for i, path in enumerate(PEOPLE)},
        {path: Sighting(4, (0.01, 0.03)) for path in PEOPLE},
    )
    assert set(told["tone"]) == {"dark", "light"}
    dark = told["tone"]["dark"]
    assert dark.people == 2
    assert dark.found == 0.5
    assert dark.landmarks_px == pytest.approx(0.02 * 256)
    assert dark.person_l1 == pytest.approx(0.15)
    assert dark.person_l1_error == pytest.approx(0.05)
    assert dark.akd == 3.0
    assert dark.mkr == pytest.approx(2 / 12)
    assert told["tone"]["light"].person_l1_error is None
    assert told["all"]["all"].people == 3  # whose seed is not known is not in it
    grid = as_grid(told, "ours")
    assert [row[0] for row in grid.rows[:3]] == ["all", "tone: dark", "tone: light"]
    assert grid.rows[1][1:6] == ["2", "0.500", "5.12", "0.1500", "0.0500"]
    both = Report({}, grids=[grid, as_grid(told, "theirs")])
    assert len(both.as_json()["grids"]) == 2, "by title"
    assert as_json(told)["build"]["slim"]["people"] == 3


def test_how_the_pose_networks_saw_somebody(make_people: Callable[..., Path]) -> None:
    path = make_people(count=1, frames=3) / "person_000000.npz"
    told = sighting(path)
    assert told.frames == 3
    assert told.distances == pytest.approx((0.0, 0.0), abs=1e-6)  # the second was not found
    seen = dict(np.load(observation_path(path)))
    seen["landmarks"][0, :, 0] += 0.02
    seen["landmarks"][2, :, 0] += 0.2  # somebody else
    np.savez(observation_path(path), **seen)
    assert sighting(path).distances == pytest.approx((0.02,), abs=1e-4)
