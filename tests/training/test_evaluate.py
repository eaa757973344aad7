from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bunraku.errors import FetchError, InputError, MissingExtraError, OutputError
from bunraku.training import evaluate as module
from bunraku.training.contender import OURS, Candidate
from bunraku.training.evaluate import run_evaluation
from bunraku.training.evaluate_options import EvaluateOptions, Protocol
from bunraku.training.judge import JudgeKind
from bunraku.training.report import Refusal, Report

HERE = Path("somewhere")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "nothing to evaluate on. Give --data, --clips or --photos"),
        ({"data": HERE, "generator": HERE}, "needs one of the IUV net"),
        ({"data": HERE, "iuv": HERE}, "needs one of the IUV net"),
        ({"clips": HERE, "generator": HERE, "iuv": HERE}, "bundles, not with checkpoints"),
        ({"photos": HERE, "generator": HERE, "iuv": HERE}, "bundles, not with checkpoints"),
        ({"clips": HERE, "bundle": "b", "candidates": (Candidate(),)}, "Bundles are named twice"),
        ({"clips": HERE, "candidates": (Candidate(), Candidate())}, "Two candidates are called"),
        ({"data": HERE, "frames": 0}, "At least one person"),
        ({"data": HERE, "people": 0}, "At least one person"),
        ({"photos": HERE, "protocol": Protocol.CROSS}, "nothing to drive. Give --clips"),
        ({"clips": HERE, "protocol": Protocol.CROSS, "robustness": True}, "without --protocol"),
        ({"photos": HERE, "robustness": True}, "clips that drive themselves"),
        ({"clips": HERE, "likeness": False, "reid": HERE}, "Leave out --no-likeness"),
        ({"clips": HERE, "pairs": 0}, "At least one pair"),
        ({"photos": HERE, "bundle": "b"}, "would change nothing.* --candidate mine=b,driver="),
    ],
)
def test_options_that_make_no_sense(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        EvaluateOptions(out=HERE, **given)


def test_what_is_compared() -> None:
    """The body; beside checkpoints nothing; else what is asked for."""
    [ours] = EvaluateOptions(out=HERE, data=HERE, bundle="b", engine="torch").of_candidates
    assert ours == Candidate(OURS, engine="torch")
    assert not EvaluateOptions(out=HERE, data=HERE, generator=HERE, iuv=HERE).of_candidates
    asked = (Candidate("a"), Candidate("b"))
    assert EvaluateOptions(out=HERE, data=HERE, candidates=asked).of_candidates == asked


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which parts of the evaluation were asked for, instead of doing them."""
    called: list[str] = []

    def synthetic(_options: object, data: Path, report: Report, _log: object) -> None:
        called.append(f"synthetic {data.name}")
        report.details["seen"] = True

    def real(options: EvaluateOptions, _report: Report, _log: object) -> None:
        called.append("real")

    monkeypatch.setattr(module, "evaluate_synthetic", synthetic)
    monkeypatch.setattr(module, "evaluate_real", real)
    return called


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"data": HERE}, ["synthetic somewhere"]),
        ({"clips": HERE}, ["real"]),
        ({"photos": HERE}, ["real"]),
        ({"data": HERE, "clips": HERE, "photos": HERE}, ["synthetic somewhere", "real"]),
    ],
)
def test_parts(
    parts: list[str], tmp_path: Path, given: dict[str, Any], expected: list[str]
) -> None:
    report = run_evaluation(EvaluateOptions(out=tmp_path, **given), lambda _: None)
    assert parts == expected
    assert report.details["seconds"] >= 0.0
    assert (tmp_path / "report.json").is_file()
    assert (tmp_path / "report.md").is_file()
    assert (tmp_path / "index.html").is_file()


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize("on", ["data", "clips"])
def test_the_report_says_what_candidates_are(tmp_path: Path, on: str) -> None:
    given: dict[str, Any] = {on: HERE, "candidates": (Candidate("plain", "live"),)}
    report = run_evaluation(EvaluateOptions(out=tmp_path, **given), lambda _: None)
    told = report.provenance["plain"]
    assert (told["generator"]["bundle"], told["iuv"]["bundle"]) == ("live", "iuv")
    assert told["options"]["retarget"] is True


def test_an_unwritable_folder_is_found_before_the_work(parts: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        run_evaluation(EvaluateOptions(out=tmp_path / "file", data=HERE), lambda _: None)
    assert parts == []


def test_nothing_that_can_be_evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_options: object, report: Report, _log: object) -> None:
        report.refusals.append(Refusal("a.mp4", None, "nobody to animate"))

    monkeypatch.setattr(module, "evaluate_real", refused)
    with pytest.raises(InputError, match=r"Nothing could be evaluated\. Why is told above, and in"):
        run_evaluation(EvaluateOptions(out=tmp_path, clips=HERE), lambda _: None)
    assert "nobody to animate" in (tmp_path / "report.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("parts")
def test_what_ends_early_leaves_the_report_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = EvaluateOptions(out=tmp_path, clips=HERE)
    run_evaluation(options, lambda _: None)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "evaluate_real", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_evaluation(options, lambda _: None)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_checkpoints_that_are_none(make_people: Callable[..., Path], tmp_path: Path) -> None:
    options = EvaluateOptions(
        out=tmp_path / "out",
        data=make_people(count=1),
        generator=tmp_path / "g.pt",
        iuv=tmp_path / "i.pt",
    )
    with pytest.raises(InputError, match="There is no checkpoint at"):
        run_evaluation(options, lambda _: None)


def test_across_clips_there_must_be_two(tmp_path: Path) -> None:
    (tmp_path / "alone.mp4").touch()
    options = EvaluateOptions(out=tmp_path / "out", clips=tmp_path, protocol=Protocol.CROSS)
    with pytest.raises(InputError, match=r"at least two are needed. Give a folder of clips"):
        run_evaluation(options, lambda _: None)


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no clip in"):
        run_evaluation(EvaluateOptions(out=tmp_path / "out", clips=tmp_path), lambda _: None)


def test_a_place_that_is_missing_is_told_as_that(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(InputError, match=r"gone does not exist. Check the path of the photos."):
        run_evaluation(EvaluateOptions(out=tmp_path / "out", photos=gone), lambda _: None)


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No networks for poses and faces."""
    monkeypatch.setattr(module, "PoseJudge", lambda _threads: None)
    monkeypatch.setattr(module, "face_judge", lambda _threads, _log: None)


@pytest.mark.usefixtures("nobody")
def test_who_measures_is_told(tmp_path: Path) -> None:
    report = Report({})
    watchers = module.find_watchers(
        EvaluateOptions(out=tmp_path, clips=tmp_path), report, lambda _: None
    )
    assert watchers.likeness is not None
    assert watchers.keypoints is None
    told = report.details["measured by"]
    assert told["AKD, MKR"] == "pose"
    assert set(told) == {"AKD, MKR", "perceptual", "FED", "look", "face"}
    assert "| AKD, MKR | pose |" in report.markdown()


@pytest.mark.usefixtures("nobody")
def test_likeness_is_left_out(tmp_path: Path) -> None:
    options = EvaluateOptions(out=tmp_path, clips=tmp_path, likeness=False)
    assert module.find_watchers(options, Report({}), lambda _: None).likeness is None


@pytest.mark.usefixtures("nobody")
def test_what_is_missing_is_found_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path))
    given = EvaluateOptions(out=tmp_path, clips=tmp_path, reid=tmp_path / "no.onnx")
    with pytest.raises(InputError, match=r"There is no network .*no\.onnx"):
        module.find_watchers(given, Report({}), lambda _: None)
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    asked = EvaluateOptions(out=tmp_path, clips=tmp_path, inception="torchvision")
    with pytest.raises(MissingExtraError, match="Inception comes with torchvision"):
        module.find_watchers(asked, Report({}), lambda _: None)
    judged = EvaluateOptions(out=tmp_path, clips=tmp_path, judge=JudgeKind.MOVENET, likeness=False)
    with pytest.raises(FetchError, match="bunraku fetch --judge"):
        module.find_watchers(judged, Report({}), lambda _: None)
