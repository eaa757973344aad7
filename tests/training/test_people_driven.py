from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.runtime.fakes import FakeEstimator
from tests.training.conftest import FakeJudge
from tests.training.contenders import contender
from tests.training.test_evaluate_people import Copier

from bunraku.errors import NoPersonError
from bunraku.runtime.drivers.body import keeping
from bunraku.runtime.drivers.body.cut_arms import EASE_S as CUT_ARM_S
from bunraku.runtime.drivers.hands.follower import DOUBTED_S as HAND_DOUBTED_S
from bunraku.runtime.drivers.unseen import FADED_S
from bunraku.training.evaluate_people import driven_targets, evaluate_people
from bunraku.training.metrics import Score, mean_difference
from bunraku.training.people.records import Record, list_records, read_record, write_record
from bunraku.training.people_cases import Case
from bunraku.training.people_driven import EACH_S, SHOWN, drive_case
from bunraku.training.people_rows import COPY, EXACT
from bunraku.training.report import Report, Table


def in_red(person: Record, frames: slice = slice(None)) -> Record:
    """The same with a red block for a body, before something grey."""
    rgba = np.zeros_like(person.rgba)
    for i in range(len(person))[frames]:
        rgba[i, 40 - 4 * i : 120 - 4 * i, 100 + 8 * i : 150 + 8 * i] = 255, 0, 0, 255
    return replace(person, rgba=rgba, plate=np.full_like(person.plate, 90))


def case_of(person: Record) -> Case:
    return Case(person, Path("person_000000.npz"), 0, [1, 2, 3])


def test_the_source_does_what_the_others_do(person: Record) -> None:
    case = case_of(in_red(person))
    made = drive_case(contender(), case)
    assert len(made) == 3
    for picture, frame in zip(made, case.driving, strict=True):
        lost = mean_difference(picture, case.picture(frame), case.alpha(frame))
        unmoved = mean_difference(case.picture(0), case.picture(frame), case.alpha(frame))
        assert lost < 0.5 * unmoved


def test_each_picture_is_shown_until_it_is_followed(person: Record) -> None:
    seeing = FakeEstimator(size=128)
    drive_case(contender(estimator=seeing), case_of(in_red(person)))
    assert seeing.tracked == pytest.approx([EACH_S * k for k in range(1 + 3 * SHOWN)])


def test_each_picture_is_shown_until_nothing_of_the_one_before_is_left() -> None:
    eased = keeping.HOLD_S + keeping.EASE_S
    assert max(eased, CUT_ARM_S, FADED_S, HAND_DOUBTED_S) <= EACH_S * SHOWN


def test_nobody_in_the_source(person: Record) -> None:
    with pytest.raises(NoPersonError):
        drive_case(contender(), case_of(in_red(person, slice(1, None))))


def test_candidates_have_rows_and_targets(
    make_people: Callable[..., Path], judge: FakeJudge, tmp_path: Path
) -> None:
    """Of two people the second has nobody in its source: not in the row, and told."""
    folder = make_people(count=2, frames=3)
    for path, frames in zip(list_records(folder), (slice(None), slice(2)), strict=True):
        write_record(folder, in_red(read_record(path), frames))
    report, lines = Report({}), list[str]()
    both = [contender("one"), contender("two")]
    scores = evaluate_people(
        Copier(), both, judge, folder, tmp_path, report, lines.append, frames=2, sheets=1
    )
    [table] = report.tables
    assert [table.rows[row].frames for row in (EXACT, "one", "two")] == [4, 2, 2]
    assert [path.stem for path in scores["one"]] == ["person_000000"]
    for refusal, who in zip(report.refusals, ("one", "two"), strict=True):
        assert refusal.line.startswith(f"person_000001.npz, {who}: No person was found")
    assert "synthetic people, AKD, two" in [target.name for target in report.targets]
    assert "one" in report.details["synthetic people by framing"]["full body"]
    assert "one" not in report.details["synthetic people by framing"]["half body"]


def test_targets() -> None:
    score = Score(1, 0.0, 1.0, 0.07, 20.0, 2.5, 0.01)
    table = Table("t", "", {COPY: replace(score, person_l1=0.1), "ours": score})
    targets = driven_targets(table, "ours", ["ours"])
    assert [target.value for target in targets] == pytest.approx([0.7, 2.5, 0.01])
    assert all(target.passed for target in targets)
    assert [target.name for target in targets][1] == "synthetic people, AKD"
    assert not any(target.passed for target in driven_targets(table, "refuses all", ["ours"]))
