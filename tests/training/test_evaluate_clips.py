from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.runtime.fakes import street, with_person
from tests.training.contenders import Clips, Picky, contender, walk

from bunraku.errors import ClipError
from bunraku.spec.arrays import Picture
from bunraku.stream.clip.reader import ClipFrame
from bunraku.training import reconstruct
from bunraku.training.contender import OURS, UNMOVED
from bunraku.training.evaluate_clips import clip_targets, evaluate_clips
from bunraku.training.judge import Judge
from bunraku.training.metrics import Score
from bunraku.training.report import Refusal, Report
from bunraku.training.watchers import Watchers

DAMAGED = "damaged.mp4 holds no frame that can be decoded."


@pytest.fixture
def clips(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Picture]]:
    made = Clips()

    def frames(path: Path, limit: int | None) -> Iterator[ClipFrame]:
        if path.stem == "damaged":
            raise ClipError(DAMAGED)
        yield from made.frames(path, limit)

    monkeypatch.setattr(reconstruct, "clip_frames", frames)
    return made.pictures


def test_report(judge: Judge, clips: dict[str, list[Picture]], tmp_path: Path) -> None:
    clips["walk"], clips["gone"] = walk(5), [*walk(2), street()]
    report = Report({})
    paths = [Path("gone.mp4"), Path("walk.mp4")]
    evaluate_clips([contender()], Watchers(judge), paths, tmp_path, report, lambda _: None)
    assert list(report.tables[0].rows) == [
        f"{name}, {row}" for name in ("gone", "walk", "all") for row in (UNMOVED, OURS)
    ]
    assert report.tables[0].rows[f"all, {OURS}"].frames == 6
    gone = report.details["clips"]["gone"]
    assert (gone["source_frame"], gone["lost_frames"]) == (0, 1)
    assert set(gone["driven_by_itself"]) == {"l1", "person_l1"}
    walked = report.details["clips"]["walk"]["trembling"]
    assert walked["result"] == pytest.approx(walked["true"], rel=0.2)
    assert [path.name for path in report.sheets] == ["clip-gone.jpg", "clip-walk.jpg"]
    assert all(path.is_file() for path in report.sheets)
    targets = {target.name: target for target in report.targets}
    assert targets["real clips, AKD / unmoved source's"].passed
    assert targets["real clips, refused"].passed
    assert set(targets) == {
        "real clips, refused",
        "real clips, AKD / unmoved source's",
        "real clips, AKD",
        "real clips, MKR",
        "real clips, person L1",
        "real clips, flicker",
        "real clips, swimming",
        "real clips, source driven by itself, person L1",
    }
    assert report.refusals == []


def test_what_is_refused_is_named(
    judge: Judge, clips: dict[str, list[Picture]], tmp_path: Path
) -> None:
    clips["empty"], clips["short"] = [street()] * 2, walk(1)
    clips["walk"] = walk(3)
    report = Report({})
    lines: list[str] = []
    paths = [Path(f"{name}.mp4") for name in ("empty", "damaged", "short", "walk")]
    evaluate_clips([contender()], Watchers(judge), paths, tmp_path, report, lines.append)
    assert report.refusals == [
        Refusal("empty.mp4", None, "nobody to animate"),
        Refusal("damaged.mp4", None, DAMAGED),
        Refusal("short.mp4", None, "no frame follows the source frame"),
    ]
    assert lines[0] == "left out: empty.mp4: nobody to animate"
    target = report.targets[0]
    assert (target.name, target.value, target.passed) == ("real clips, refused", 3.0, False)


def test_only_clips_without_people(
    judge: Judge, clips: dict[str, list[Picture]], tmp_path: Path
) -> None:
    clips["empty"] = [street()]
    report = Report({})
    evaluate_clips(
        [contender()], Watchers(judge), [Path("empty.mp4")], tmp_path, report, lambda _: None
    )
    assert report.tables == []
    assert [target.name for target in report.targets] == ["real clips, refused"]


def test_candidates_beside_each_other(
    judge: Judge, clips: dict[str, list[Picture]], tmp_path: Path
) -> None:
    clips["walk"] = walk(4)
    clips["edge"] = [with_person(street(), 20, 50)] * 3  # which the picky one refuses
    report = Report({})
    both = [contender("old"), contender("picky", Picky(size=128))]
    paths = [Path("walk.mp4"), Path("edge.mp4")]
    evaluate_clips(both, Watchers(judge), paths, tmp_path, report, lambda _: None, films=True)
    rows = list(report.tables[0].rows)
    assert rows == [
        f"walk, {UNMOVED}", "walk, old", "walk, picky",
        f"edge, {UNMOVED}", "edge, old",
        f"all, {UNMOVED}", "all, old", "all, picky",
    ]  # fmt: skip
    # "all" are the clips that everybody took: both are given the same two frames of one.
    assert report.overall["old"].frames == report.overall["picky"].frames == 1
    assert report.refusals == [Refusal("edge.mp4", "picky", "nobody to animate")]
    assert set(report.details["clips"]) == {"walk, old", "walk, picky", "edge, old"}
    refused = {t.name: t.value for t in report.targets if "refused" in t.name}
    assert refused == {"real clips, refused, old": 0.0, "real clips, refused, picky": 1.0}
    scene = report.scenes[0]
    assert (scene.name, list(scene.scores)) == ("walk", ["old", "picky"])
    assert scene.film == tmp_path / "films" / "walk.webm"
    assert scene.film.is_file()
    assert scene.sheet == tmp_path / "clip-walk.jpg"


def test_faces_are_asked_for_where_a_true_face_moves() -> None:
    score = Score(4, 0.01, 0.9, 0.05, 20.0, 2.0, 0.0, 1.2, 0.01, 0.01, mouth=0.9)
    targets = clip_targets(score, score, "new", ["old", "new"])
    assert all(target.name.endswith(", new") for target in targets)
    asked = {target.name: target for target in targets if target.at_least}
    assert list(asked) == ["real clips, mouth, new"]
    assert asked["real clips, mouth, new"].passed
