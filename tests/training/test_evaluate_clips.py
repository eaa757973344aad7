from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.runtime.fakes import FakeEstimator, engines, models, street, with_person

from bunraku.errors import InputError
from bunraku.runtime.puppet import Puppet
from bunraku.spec.arrays import Picture
from bunraku.spec.tensors import Layout
from bunraku.stream.clip.reader import ClipFrame
from bunraku.training import evaluate_clips as module
from bunraku.training.evaluate_clips import (
    CROSS_FRAMES,
    OURS,
    UNMOVED,
    Spaced,
    clip_frames,
    clip_sample,
    evaluate_clips,
    evaluate_photos,
    files,
    reconstruct,
)
from bunraku.training.judge import Judge
from bunraku.training.report import Report

Pictures = list[Picture]


@pytest.fixture
def puppet() -> Puppet:
    """Warps a red block to where the driver's red block is."""
    return Puppet(
        models(FakeEstimator(size=128), engines(256, 128), layout=Layout(256, 128, prior=True))
    )


@pytest.fixture
def clips(monkeypatch: pytest.MonkeyPatch) -> dict[str, Pictures]:
    """Clips by name, as pictures instead of files."""
    pictures: dict[str, Pictures] = {}

    def frames(path: Path, limit: int | None) -> Iterator[ClipFrame]:
        for i, picture in enumerate(pictures[path.stem][:limit]):
            yield ClipFrame(picture, i, i, 1, Fraction(1, 25))

    monkeypatch.setattr(module, "clip_frames", frames)
    return pictures


def walk(count: int) -> Pictures:
    """A block that walks to the right."""
    return [with_person(street(), 60 + 12 * i, 50) for i in range(count)]


def test_self_reconstruction(puppet: Puppet, judge: Judge, clips: dict[str, Pictures]) -> None:
    clips["walk"] = walk(6)
    result = reconstruct(puppet, judge, Path("walk.mp4"), None)
    assert result is not None
    assert (result.name, result.source_frame, result.lost) == ("walk", 0, 0)
    assert len(result.ours) == len(result.unmoved) == 5
    assert result.source.shape == (256, 256, 3)
    for ours, unmoved in zip(result.ours, result.unmoved, strict=True):
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


def test_the_source_is_the_first_frame_with_a_person(
    puppet: Puppet, judge: Judge, clips: dict[str, Pictures]
) -> None:
    clips["late"] = [street(), street(), *walk(3)]
    result = reconstruct(puppet, judge, Path("late.mp4"), None)
    assert result is not None
    assert result.source_frame == 2
    assert len(result.ours) == 2


def test_a_clip_without_people(
    puppet: Puppet, judge: Judge, clips: dict[str, Pictures], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRIES", 3)
    clips["empty"] = [street()] * 2
    assert reconstruct(puppet, judge, Path("empty.mp4"), None) is None
    clips["empty"] = [*[street()] * 4, *walk(3)]
    assert reconstruct(puppet, judge, Path("empty.mp4"), None) is None


def test_the_limit_holds(puppet: Puppet, judge: Judge, clips: dict[str, Pictures]) -> None:
    clips["walk"] = walk(6)
    result = reconstruct(puppet, judge, Path("walk.mp4"), 3)
    assert result is not None
    assert len(result.ours) == 2


def test_clips_report(
    puppet: Puppet, judge: Judge, clips: dict[str, Pictures], tmp_path: Path
) -> None:
    clips["walk"], clips["empty"] = walk(5), [street()]
    clips["gone"] = [*walk(2), street()]
    report = Report({})
    lines: list[str] = []
    paths = [Path("empty.mp4"), Path("gone.mp4"), Path("walk.mp4")]
    evaluate_clips(puppet, judge, paths, tmp_path, report, lines.append)
    assert list(report.tables[0].rows) == [
        f"{name}, {row}" for name in ("gone", "walk", "all") for row in (UNMOVED, OURS)
    ]
    assert report.tables[0].rows[f"all, {OURS}"].frames == 6
    assert report.details["clips"]["gone"] == {"source_frame": 0, "lost_frames": 1}
    assert [path.name for path in report.sheets] == ["clip-gone.jpg", "clip-walk.jpg"]
    assert all(path.is_file() for path in report.sheets)
    assert report.targets[0].passed
    assert "empty.mp4: nobody to animate, left out" in lines


def test_only_clips_without_people(
    puppet: Puppet, judge: Judge, clips: dict[str, Pictures], tmp_path: Path
) -> None:
    clips["empty"] = [street()]
    report = Report({})
    evaluate_clips(puppet, judge, [Path("empty.mp4")], tmp_path, report, lambda _: None)
    assert report.tables == []
    assert report.targets == []


def test_photos(
    puppet: Puppet,
    judge: Judge,
    clips: dict[str, Pictures],
    make_photo: Callable[..., Path],
    tmp_path: Path,
) -> None:
    clips["walk"] = [*walk(4), street()]
    photos = [
        make_photo("block.png", with_person(street(), 140, 60)),
        make_photo("nobody.png", street()),
        make_photo("wider.png", with_person(street(), 100, 30, width=48, height=190)),
    ]
    report = Report({})
    lines: list[str] = []
    evaluate_photos(puppet, judge, photos, [Path("walk.mp4")], tmp_path, report, lines.append)
    own = report.details["photos driven by themselves"]
    assert set(own) == {"block", "wider"}
    # Driven by itself, the fake puppet warps the photo by nothing.
    assert max(own.values()) < 0.02
    assert report.targets[0].value == pytest.approx(sum(own.values()) / 2)
    crossed = report.details["photos driven by clips"]
    assert set(crossed) == {"block", "wider", "all"}
    assert crossed["all"]["akd"] < crossed["all"]["unmoved_akd"]
    assert [path.name for path in report.sheets] == [
        "photo-block.jpg", "photo-wider.jpg", "photos-by-themselves.jpg",
    ]  # fmt: skip
    assert any(line.startswith("nobody.png: left out: No person was found") for line in lines)
    assert "## Photos driven by clips" in report.markdown()


def test_photos_without_clips(
    puppet: Puppet, judge: Judge, make_photo: Callable[..., Path], tmp_path: Path
) -> None:
    photo = make_photo("block.png", with_person(street(), 140, 60))
    report = Report({})
    evaluate_photos(puppet, judge, [photo], [], tmp_path, report, lambda _: None)
    assert [path.name for path in report.sheets] == ["photos-by-themselves.jpg"]
    assert "photos driven by clips" not in report.details


@pytest.mark.parametrize("total", [1, 2, 5, 12, 100, 1000])
def test_spaced_keeps_an_even_choice(total: int) -> None:
    spaced: Spaced[int] = Spaced(5)
    for i in range(total):
        spaced.offer(i)
    chosen = spaced.chosen()
    assert len(chosen) == min(5, total)
    assert chosen[0] == 0
    steps = np.diff(chosen)
    if total >= 5:
        assert steps.min() > 0
        assert steps.max() <= 2 * steps.min()
        assert chosen[-1] >= 0.75 * (total - 1)


def test_nothing_offered() -> None:
    assert Spaced[int](3).chosen() == []


def test_real_clips_are_read(make_clip: Callable[..., Path]) -> None:
    path = make_clip(frames=9)
    assert [frame.index for frame in clip_frames(path, 4)] == [0, 1, 2, 3]
    sample = clip_sample(path)
    assert len(sample) == CROSS_FRAMES
    assert sample[0].index == 0


def test_files(tmp_path: Path) -> None:
    for name in ("b.MP4", "a.mov", "notes.txt"):
        (tmp_path / name).touch()
    suffixes = (".mp4", ".mov")
    assert [p.name for p in files(tmp_path, suffixes, "clip")] == ["a.mov", "b.MP4"]
    assert files(tmp_path / "notes.txt", suffixes, "clip") == [tmp_path / "notes.txt"]
    with pytest.raises(InputError, match="There is no photo in"):
        files(tmp_path, (".jpg",), "photo")
