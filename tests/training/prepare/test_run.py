from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.runtime.fakes import FakeEstimator, Turning, marked, red, street, with_person
from tests.training.prepare.people import (
    VERSIONS,
    Crowd,
    empty,
    iuv_of,
    load,
    walk,
    write_film,
    write_pictures,
)

from bunraku.errors import FetchError, InputError, OutputError
from bunraku.runtime.pose.networks import PoseModel
from bunraku.runtime.pose.turned import turn_picture
from bunraku.spec.arrays import Picture
from bunraku.training.mixture import Mixture
from bunraku.training.people.records import list_records, read_record
from bunraku.training.prepare import clip as clip_module
from bunraku.training.prepare import scenes
from bunraku.training.prepare.clip import prepare_clip
from bunraku.training.prepare.following import Follower
from bunraku.training.prepare.frames import Frame
from bunraku.training.prepare.layouts import Clip
from bunraku.training.prepare.manifest import Manifest
from bunraku.training.prepare.networks import Networks
from bunraku.training.prepare.quality import Limits
from bunraku.training.prepare.run import PrepareOptions, prepare
from bunraku.training.prepare.surfaces import DriverMapping


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Two good ones, of different sizes and kinds."""
    folder = tmp_path / "clips"
    folder.mkdir()
    write_film(folder / "a.mkv", walk(14))
    wide = [np.pad(p, ((0, 0), (40, 40), (0, 0)), "edge") for p in walk(13)]
    write_pictures(folder / "b", wide)
    return folder


Run = Callable[..., tuple[Manifest, list[str]]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Prepare clips into ``tmp_path / "out"``: the manifest, and what was told."""

    def run(
        *places: Path, workers: int = 1, limits: Limits | None = None, surface: int = 128
    ) -> tuple[Manifest, list[str]]:
        lines: list[str] = []
        options = PrepareOptions(
            tmp_path / "out", limits or Limits(), workers=workers, surface=surface
        )
        return prepare(places, options, lines.append, load), lines

    return run


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_from_clips_to_records(clips: Path, tmp_path: Path, run: Run) -> None:
    manifest, lines = run(clips, limits=Limits(rate_fps=25.0))
    out = tmp_path / "out"
    records = ("000000", "000001", "010000", "010001")
    expected = {f"{kind}_{number}.npz" for kind in ("person", "pose") for number in records}
    assert names(out) == expected | {"manifest.json"}
    assert lines == [
        f"{clips / 'a.mkv'}: 14 of 14 frames kept in 2 records of 1 scenes",
        f"{clips / 'b'}: 13 of 13 frames kept in 2 records of 1 scenes",
    ]
    assert manifest.networks == VERSIONS
    assert [outcome.kept for outcome in manifest.clips.values()] == [14, 13]
    assert len(Mixture(out, observed=True).records) == 4
    told = json.loads((out / "manifest.json").read_bytes())
    assert told["settings"]["rate_fps"] == 25.0
    assert told["clips"][0]["when"].endswith("+00:00")


@pytest.fixture
def with_surfaces(clips: Path) -> Path:
    """Official images beside the first."""
    folder = clips / "a.iuv"
    folder.mkdir()
    for index, picture in enumerate(walk(14)):
        Image.fromarray(iuv_of(picture)).save(folder / f"{index}.png")
    return clips


def test_finer_surfaces(with_surfaces: Path, tmp_path: Path, run: Run) -> None:
    manifest, _ = run(with_surfaces, surface=256)
    assert manifest.settings["surface"] == 256
    records = [read_record(path) for path in list_records(tmp_path / "out")]
    assert {record.iuv.shape[1:] for record in records} == {(256, 256, 3)}
    assert len(Mixture(tmp_path / "out", observed=True, surface=256).records) == len(records)
    with pytest.raises(InputError, match=r"was begun with other settings \(surface\)"):
        run(with_surfaces)


def test_a_size_that_records_do_not_have(clips: Path, tmp_path: Path, run: Run) -> None:
    with pytest.raises(InputError, match="Surfaces have 128 or 256 pixels, not 64"):
        run(clips, surface=64)
    assert not (tmp_path / "out").exists()


def with_fog(picture: Picture) -> Picture:
    """The person all of one colour."""
    result = picture.copy()
    result[red(picture) > 0] = (220, 20, 20)
    return result


def test_what_cannot_be_used_costs_a_line(clips: Path, tmp_path: Path, run: Run) -> None:
    (clips / "empty.mp4").touch()
    (clips / "torn.mp4").write_bytes((clips / "a.mkv").read_bytes()[:300])
    write_film(clips / "nobody.mkv", empty(5))
    write_film(clips / "tiny.mkv", [np.full((2, 2, 3), 90, np.uint8)] * 3)
    write_film(clips / "single.mkv", walk(1))
    write_film(clips / "far.mkv", [with_person(street(), 150, 60, 20, 80)] * 5)
    write_film(clips / "fog.mkv", [with_fog(picture) for picture in walk(5)])
    write_pictures(clips / "damaged", empty(1))
    (clips / "damaged" / "0.png").write_bytes(b"no picture")
    manifest, lines = run(clips)
    told = {line.split(": ", 1)[1].removeprefix(f"{clips}/") for line in lines if "left" in line}
    assert told == {
        "damaged holds no picture that can be read. Check its pictures, or copy them again.",
        "empty.mp4 is empty. Copy or export it again.",
        "nobody.mkv shows nobody who is found in its 5 frames.",
        "far.mkv has no scene to learn from; of 5 frames: 5 too small. "
        "Take a clip in which the person is larger, or lower --smallest.",
        "fog.mkv has no scene to learn from; of 5 frames: 5 blurred. "
        "--sharpness 0 keeps blurred frames.",
        "single.mkv has no scene to learn from; of 1 frame: 1 in too short a scene. "
        "Take a longer clip, or raise --rate.",
        "tiny.mkv shows nobody who is found in its 3 frames.",
        "torn.mp4 is not a clip that can be read, or its header is damaged. "
        "Use a video file such as MP4, MOV, MKV or WebM.",
    }
    assert len(lines) == 10
    assert sum(outcome.refused is not None for outcome in manifest.clips.values()) == 8
    assert len(list_records(tmp_path / "out")) == 3


def test_others_in_a_clip_and_a_lost_end_are_told(tmp_path: Path) -> None:
    def crowded(pose: PoseModel, iuv: str, surface: int) -> Networks:
        networks = load(pose, iuv, surface)
        assert isinstance(networks.tracker, FakeEstimator)
        networks.tracker.people = 2
        return networks

    film = write_film(tmp_path / "a.mkv", walk(20))
    short = tmp_path / "b.mkv"
    short.write_bytes(film.read_bytes()[: film.stat().st_size // 5])
    lines: list[str] = []
    manifest = prepare([film, short], PrepareOptions(tmp_path / "out"), lines.append, crowded)
    crowd = "several people in 1 of 1 scenes; 0 of others than the largest"
    assert lines[0] == f"{film}: 20 of 20 frames kept in 2 records of 1 scenes; {crowd}"
    assert re.fullmatch(
        rf"left out: {short} has no scene to learn from; of (\d) frames: \1 in too short a scene. "
        r"Take a longer clip, or raise --rate. "
        r"\(.*it ends early: 0\.\1 s of 2\.0 s could be read\)",
        lines[1],
    )
    first, second = manifest.clips.values()
    assert first.notes == (crowd,)
    assert second.notes[-1].startswith("it ends early")


def test_two_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "person_mask", lambda _window, body, *_: body)  # in no time

    def crowded(pose: PoseModel, iuv: str, surface: int) -> Networks:
        seeing = Crowd(size=surface)
        return Networks(seeing, seeing, versions=VERSIONS)

    film = write_film(
        tmp_path / "a.mkv", [with_person(p, 20 + i, 50) for i, p in enumerate(walk(6))]
    )
    lines: list[str] = []
    prepare([film], PrepareOptions(tmp_path / "out"), lines.append, crowded)
    crowd = "several people in 2 of 2 scenes; 1 of others than the largest"
    assert lines == [f"{film}: 12 of 12 frames kept in 2 records of 2 scenes; {crowd}"]
    assert len(list_records(tmp_path / "out")) == 2


def test_nothing_at_all(tmp_path: Path, run: Run) -> None:
    nobody = write_film(tmp_path / "nobody.mkv", empty(5))
    lines: list[str] = []
    options = PrepareOptions(tmp_path / "out")
    for _ in range(2):  # again, too, where it is done already
        with pytest.raises(InputError, match=r"^The clip cannot be learned from\. Why is told"):
            prepare([nobody], options, lines.append, load)
        assert lines[-1] == f"left out: {nobody} shows nobody who is found in its 5 frames."
        lines.clear()
    write_film(tmp_path / "too.mkv", empty(5))
    with pytest.raises(InputError, match="None of the 2 clips can be learned from"):
        prepare([tmp_path], options, lines.append, load)
    assert len(lines) == 3


def test_done_clips_are_kept(clips: Path, tmp_path: Path, run: Run) -> None:
    first, _ = run(clips)
    write_film(clips / "c.mkv", walk(5))
    before = {path: path.stat().st_mtime_ns for path in list_records(tmp_path / "out")}
    again, lines = run(clips)
    assert lines[0] == "2 of 3 clips are done already"
    assert len(lines) == 2
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert list(again.clips.values())[:2] == list(first.clips.values())
    assert [outcome.number for outcome in again.clips.values()] == [0, 1, 2]


def test_a_killed_run_goes_on(clips: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "out"
    options = PrepareOptions(out)

    def killed(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare([clips], options, killed, load)
    (out / "pose_010005.npz").touch()
    (out / "person_010000.partial-99").write_bytes(b"half a record")
    assert [path.name for path in list_records(out)] == ["person_000000.npz", "person_000001.npz"]
    _, lines = run(clips)
    assert lines[0] == "1 of 2 clips are done already"
    assert "pose_010005.npz" not in names(out)
    assert not any("partial" in name for name in names(out))
    assert len(list_records(out)) == 3


def test_a_clip_that_changed_is_done_anew(clips: Path, tmp_path: Path, run: Run) -> None:
    run(clips)
    write_film(clips / "a.mkv", walk(5))
    manifest, lines = run(clips)
    assert len(lines) == 2
    assert [o.kept for o in sorted(manifest.clips.values(), key=lambda o: o.number)] == [5, 5]
    assert "person_000001.npz" not in names(tmp_path / "out")


def test_other_settings_need_another_folder(clips: Path, run: Run) -> None:
    run(clips)
    with pytest.raises(InputError, match=r"was begun with other settings \(smallest_px\)"):
        run(clips, limits=Limits(smallest_px=150))


def test_synthetic_people_are_not_mixed_in(clips: Path, tmp_path: Path, run: Run) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "person_000000.npz").touch()
    with pytest.raises(InputError, match="holds people that are of no clips"):
        run(clips)
    assert names(tmp_path / "out") == {"person_000000.npz"}


def test_workers_change_no_byte(
    with_surfaces: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3]))  # where workers find `load`
    run(with_surfaces, surface=256)
    before = {p.name: read_record(p) for p in list_records(tmp_path / "out")}
    (tmp_path / "out").rename(tmp_path / "one")
    manifest, lines = run(with_surfaces, surface=256, workers=2)
    assert len(lines) == len(manifest.clips) == 2
    after = {p.name: read_record(p) for p in list_records(tmp_path / "out")}
    assert after.keys() == before.keys()
    for name, record in after.items():
        assert record.iuv.shape[1:] == (256, 256, 3)
        assert np.array_equal(record.iuv, before[name].iuv)
        assert np.array_equal(record.rgba, before[name].rgba)


def test_official_images_beside_a_clip(tmp_path: Path, run: Run) -> None:
    pictures = walk(6)
    film = write_film(tmp_path / "a.mkv", pictures)
    folder = tmp_path / "a.iuv"
    folder.mkdir()
    for index, picture in enumerate(pictures[:5]):
        Image.fromarray(iuv_of(picture)).save(folder / f"{index}.png")
    manifest, lines = run(film)
    (outcome,) = manifest.clips.values()
    assert outcome.iuv == str(folder)
    assert lines == [
        f"{film}: 5 of 6 frames kept in 1 records of 1 scenes; dropped: 1 no fitting IUV image"
    ]
    Image.fromarray(pictures[0]).save(folder / "0.png")
    with pytest.raises(InputError, match="The clip cannot"):
        run(film)
    told = Manifest.read(tmp_path / "out")
    assert told is not None
    assert "is no IUV image" in str(next(iter(told.clips.values())).refused)


def test_a_full_disk_ends_the_run_and_loses_nothing(
    clips: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(clips / "a.mkv")

    def full(*_: object, **__: object) -> None:
        raise OutputError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(clip_module, "pack", full)
        with pytest.raises(OutputError, match="The disk is full"):
            run(clips)
    manifest, lines = run(clips)
    assert lines[0] == "1 of 2 clips are done already"
    assert len(manifest.clips) == 2


def no_networks(pose: PoseModel, iuv: str, surface: int) -> Networks:
    raise FetchError("The pose networks are not there yet.")


def test_without_networks_nothing_is_begun(clips: Path, tmp_path: Path) -> None:
    with pytest.raises(FetchError):
        prepare([clips], PrepareOptions(tmp_path / "out"), print, no_networks)
    assert not (tmp_path / "out").exists()


def test_a_clip_on_its_side_is_turned_upright(tmp_path: Path) -> None:
    frames = [marked(picture) for picture in walk(6)]
    upright, turned = tmp_path / "upright", tmp_path / "turned"
    write_pictures(upright, frames)
    write_pictures(turned, [turn_picture(frame, 90) for frame in frames])
    records = []
    for folder in (upright, turned):
        seeing = Turning(size=128)
        networks = Networks(seeing, seeing, versions=VERSIONS)
        out = tmp_path / f"{folder.name} out"
        out.mkdir()
        outcome = prepare_clip(Clip(folder), 0, networks, Limits(rate_fps=25.0), out)
        records.append(read_record(list_records(out)[0]))
    assert outcome.notes == ("the person lies on the side, turned by 90 degrees: turned upright",)
    np.testing.assert_array_equal(records[0].rgba, records[1].rgba)
    # Official IUV images are of the frames as they are.
    follower = Follower(networks, DriverMapping(seeing), Limits(), upright=False)
    list(follower.scenes([Frame(turn_picture(frames[0], 90), 0, 0.0)]))
    assert follower.turned_deg == 0


def test_very_long_clips_are_cut_off(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_module, "RECORDS", 10)
    networks = load(PoseModel.FULL, "iuv")
    clip = Clip(clips / "a.mkv")
    outcome = prepare_clip(clip, 0, networks, Limits(), tmp_path)
    assert outcome.notes == ("only its beginning was taken, as it is very long",)


def test_a_clip_that_is_gone(tmp_path: Path) -> None:
    networks = load(PoseModel.FULL, "iuv")
    clip = Clip(tmp_path / "gone.mp4")
    outcome = prepare_clip(clip, 0, networks, Limits(), tmp_path)
    assert outcome.refused is not None
    assert "gone.mp4 does not exist" in outcome.refused
