from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.runtime.fakes import street, with_person
from tests.training.contenders import Clips, Picky, contender, walk

from bunraku.errors import ClipError
from bunraku.spec.arrays import Picture
from bunraku.stream.clip.reader import ClipFrame, ClipReader
from bunraku.training import evaluate_crossed, evaluate_frames
from bunraku.training.evaluate_photos import evaluate_photos
from bunraku.training.judge import Judge
from bunraku.training.page import page
from bunraku.training.report import Refusal, Report
from bunraku.training.sheets import HEADING_PX
from bunraku.training.watchers import Watchers


@pytest.fixture
def clips(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Picture]]:
    made = Clips()

    def frames(path: Path, limit: int | None) -> Iterator[ClipFrame]:
        if path.stem not in made.pictures:
            raise ClipError(f"{path} cannot be read.")
        yield from made.frames(path, limit)

    monkeypatch.setattr(evaluate_frames, "clip_frames", frames)
    monkeypatch.setattr(evaluate_crossed, "clip_frames", frames)
    return made.pictures


def test_photos(
    judge: Judge,
    clips: dict[str, list[Picture]],
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
    paths = [Path("walk.mp4"), Path("lost.mp4")]
    evaluate_photos([contender()], Watchers(judge), photos, paths, tmp_path, report, lambda _: None)
    own = report.details["photos driven by themselves"]
    assert set(own) == {"block", "wider"}
    # Driven by itself, the fake puppet warps the photo by nothing.
    assert max(own.values()) < 0.02
    assert report.targets[0].value == pytest.approx(sum(own.values()) / 2)
    later = report.details["photos driven by themselves for a second"]
    assert report.targets[1].value == pytest.approx(sum(later.values()) / 2)
    assert set(later) == {"block", "wider"}
    whole = report.details["photos driven by themselves, at their own size"]
    assert set(whole) == {"block", "wider"}
    assert 0.0 < whole["block"]["l1"] < whole["block"]["person_l1"] < 0.02
    crossed = report.details["photos driven by clips"]
    assert set(crossed) == {"block", "wider", "all"}
    assert crossed["all"]["akd"] < crossed["all"]["unmoved_akd"]
    assert [path.name for path in report.sheets] == [
        "photo-block.jpg", "photo-wider.jpg", "photos-by-themselves.jpg",
    ]  # fmt: skip
    assert [(r.what, r.who) for r in report.refusals] == [("lost.mp4", None), ("nobody.png", None)]
    assert report.refusals[1].why.startswith("No person was found")
    assert "## Photos driven by clips" in report.markdown()
    assert "| block | 0.0" in report.markdown()


def test_photos_without_clips(
    judge: Judge, make_photo: Callable[..., Path], tmp_path: Path
) -> None:
    photo = make_photo("block.png", with_person(street(), 140, 60))
    report = Report({})
    evaluate_photos([contender()], Watchers(judge), [photo], [], tmp_path, report, lambda _: None)
    assert [path.name for path in report.sheets] == ["photos-by-themselves.jpg"]
    assert "photos driven by clips" not in report.details


def test_photos_by_several_candidates(
    judge: Judge,
    clips: dict[str, list[Picture]],
    make_photo: Callable[..., Path],
    tmp_path: Path,
) -> None:
    clips["walk"] = walk(3)
    photos = [
        make_photo("block.png", with_person(street(), 140, 60)),
        make_photo("edge.png", with_person(street(), 20, 60)),
    ]
    both = [contender("old"), contender("picky", Picky(size=128))]
    report = Report({})
    evaluate_photos(
        both, Watchers(judge), photos, [Path("walk.mp4")], tmp_path, report, lambda _: None
    )
    own = report.details["photos driven by themselves"]
    assert list(own) == ["block, old", "edge, old", "block, picky"]
    crossed = report.details["photos driven by clips"]
    assert {"all, old", "all, picky", "block, picky"} < set(crossed)
    assert [t.name for t in report.targets] == [
        "photo driven by itself, person L1, old",
        "photo driven by itself for a second, person L1, old",
        "photo driven by itself, person L1, picky",
        "photo driven by itself for a second, person L1, picky",
    ]
    assert [(r.what, r.who) for r in report.refusals] == [("edge.png", "picky")]


def test_photos_that_cannot_be_read(judge: Judge, tmp_path: Path) -> None:
    (tmp_path / "no.png").write_text("not a picture")
    report = Report({})
    lines: list[str] = []
    evaluate_photos(
        [contender()], Watchers(judge), [tmp_path / "no.png"], [], tmp_path, report, lines.append
    )
    assert [r.what for r in report.refusals] == ["no.png"]
    assert isinstance(report.refusals[0], Refusal)
    assert report.targets == []
    assert lines[0].startswith("left out: no.png: ")


def test_films_of_photos_moved_by_clips(
    judge: Judge,
    clips: dict[str, list[Picture]],
    make_photo: Callable[..., Path],
    tmp_path: Path,
) -> None:
    clips["walk"] = [*walk(4), street()]
    photo = make_photo("block.png", with_person(street(), 140, 60))
    both = [contender("old"), contender("new")]
    report = Report({})
    evaluate_photos(
        both,
        Watchers(judge),
        [photo],
        [Path("walk.mp4")],
        tmp_path,
        report,
        lambda _: None,
        3,
        True,
    )
    [scene] = report.scenes
    assert (scene.name, scene.sheet) == ("block, moved by walk", None)
    assert scene.film == tmp_path / "films" / "block by walk.webm"
    with ClipReader(scene.film) as reader:
        frames = list(reader.frames())
    assert len(frames) == 3
    # A column each for the driver and two candidates; the latter are alike, as the codec has them.
    width = frames[0].image.shape[1] // 3
    shown = frames[2].image[HEADING_PX:].astype(int)
    assert abs(shown[:, width : 2 * width] - shown[:, 2 * width : 3 * width]).mean() < 6.0
    assert "block%20by%20walk.webm" in page(report, tmp_path)
