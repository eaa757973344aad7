from __future__ import annotations

import pytest

from bunraku.training.evaluate_robustness import add_robustness
from bunraku.training.faults import Fault
from bunraku.training.metrics import FrameScore, KeypointMatch, OwnError
from bunraku.training.reconstruct import ClipResult, Performance
from bunraku.training.report import Report


def result(akd: float, lost: int = 0, who: str = "ours") -> ClipResult:
    """One clip whose two keypoints are this far off each."""
    frame = FrameScore(0.1, 0.9, 0.2, 20.0, KeypointMatch(2 * akd, 2, 4))
    made = {who: Performance(OwnError(0.0, 0.0), [frame], lost=lost)}
    return ClipResult("walk", 0, made, [], (1, 1))


def test_growth_by_hand() -> None:
    report = Report({})
    broken = {Fault.HOLES: [result(2.5)], Fault.JITTER: [result(3.0, lost=4)]}
    add_robustness(report, [result(2.0)], broken, ["ours"])
    rows = [list(row) for row in report.grids[0].rows]
    assert rows == [
        ["no fault", "2.00", "0.5000", "0.2000", "–", "0"],
        ["holes", "2.50", "0.5000", "0.2000", "25", "0"],
        ["jitter", "3.00", "0.5000", "0.2000", "50", "4"],
    ]
    assert report.details["robustness"]["jitter"]["growth"] == pytest.approx(1.5)
    (target,) = report.targets
    assert (target.name, target.value, target.passed) == (
        "real clips, AKD with holes / without",
        1.25,
        False,
    )


def test_candidates_have_rows_of_their_own() -> None:
    report = Report({})
    add_robustness(report, [result(2.0, who="new")], {}, ["old", "new"])
    assert [row[0] for row in report.grids[0].rows] == ["no fault, new"]


def test_nothing_was_evaluated() -> None:
    report = Report({})
    add_robustness(report, [], {}, ["ours"])
    assert report.grids == []
