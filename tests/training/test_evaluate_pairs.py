from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.runtime.fakes import street, with_person
from tests.training.contenders import Clips, Picky, contender, walk

from bunraku.errors import ClipError
from bunraku.spec.arrays import Picture
from bunraku.stream.clip.reader import ClipFrame
from bunraku.training import evaluate_crossed, evaluate_pairs, reconstruct
from bunraku.training.evaluate_pairs import choose_pairs
from bunraku.training.judge import Judge
from bunraku.training.report import Refusal, Report
from bunraku.training.watchers import Watchers


@pytest.fixture
def clips(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Picture]]:
    made = Clips()

    def frames(path: Path, limit: int | None) -> Iterator[ClipFrame]:
        if path.stem not in made.pictures:
            raise ClipError(f"{path} cannot be read.")
        yield from made.frames(path, limit)

    for module in (reconstruct, evaluate_pairs, evaluate_crossed):
        monkeypatch.setattr(module, "clip_frames", frames)
    return made.pictures


def test_pairs_are_fixed_and_fair() -> None:
    names = list("abcd")
    pairs = choose_pairs(names, 50)
    assert len(set(pairs)) == 12
    assert all(source != driver for source, driver in pairs)
    assert choose_pairs(names, 5) == pairs[:5]
    assert set(Counter(source for source, _ in pairs[:4]).values()) == {1}
    assert set(Counter(driver for _, driver in pairs[:4]).values()) == {1}
    assert choose_pairs(["alone"], 50) == []


def test_clips_move_each_other(
    judge: Judge, clips: dict[str, list[Picture]], tmp_path: Path
) -> None:
    clips["walk"], clips["back"] = walk(4), walk(5)[::-1]
    report = Report({})
    paths = [Path("walk.mp4"), Path("back.mp4")]
    both = [contender("old"), contender("new")]
    played = evaluate_pairs.evaluate_pairs(
        both, Watchers(judge), paths, tmp_path, report, lambda _: None, 50, films=True
    )
    assert {(one.name, one.driver) for one in played} == {
        ("walk by back", "back"),
        ("back by walk", "walk"),
    }
    assert all(set(one.results) == {"old", "new"} and not one.true for one in played)
    details = report.details["across clips"]
    assert set(details) == {f"{a}, {b}" for a in ("walk", "back", "all") for b in ("old", "new")}
    # A red block follows a red block.
    assert details["all, new"]["akd"] < 0.5 * details["all, new"]["unmoved_akd"]
    assert [grid.title for grid in report.grids] == ["Across clips", "Beside the paper's Table II"]
    assert {path.name for path in report.sheets} == {
        "pair-walk by back.jpg",
        "pair-back by walk.jpg",
    }
    for scene in report.scenes:
        assert scene.film is not None
        assert scene.film.is_file()


def test_frames_that_one_candidate_lost_are_not_shown(
    judge: Judge, clips: dict[str, list[Picture]], tmp_path: Path
) -> None:
    # The picky one loses the second frame, whose block reaches into the left quarter.
    clips["walk"] = walk(3)
    clips["edge"] = [with_person(street(), x, 50) for x in (100, 20, 110)]
    both = [contender("old"), contender("picky", Picky(size=128))]
    paths = [Path("walk.mp4"), Path("edge.mp4")]
    report = Report({})
    played = evaluate_pairs.evaluate_pairs(
        both, Watchers(judge), paths, tmp_path, report, lambda _: None, 50
    )
    (one,) = [one for one in played if one.driver == "edge"]
    assert len(one.frames) == 2
    assert {len(pictures) for pictures in one.results.values()} == {2}


def test_what_cannot_be_driven_is_named(
    judge: Judge, clips: dict[str, list[Picture]], tmp_path: Path
) -> None:
    clips["walk"], clips["empty"] = walk(3), [street()] * 2
    report = Report({})
    paths = [Path(f"{name}.mp4") for name in ("walk", "empty", "damaged")]
    played = evaluate_pairs.evaluate_pairs(
        [contender()], Watchers(judge), paths, tmp_path, report, lambda _: None, 50
    )
    assert played == []
    assert report.grids == []
    assert Refusal("empty.mp4", None, "nobody to animate") in report.refusals
    assert Refusal("empty.mp4", None, "nobody who drives") in report.refusals
    assert any("damaged.mp4 cannot be read" in refusal.why for refusal in report.refusals)
