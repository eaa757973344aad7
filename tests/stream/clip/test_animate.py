from __future__ import annotations

import json
import shutil
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from bunraku.errors import (
    ClipError,
    DriverEndedError,
    InputError,
    NoPersonError,
    OutputError,
    PhotoError,
)
from bunraku.spec.stages import Step
from bunraku.stream.clip.animate import animate_clip
from bunraku.stream.clip.options import AnimateOptions
from bunraku.stream.clip.reader import ClipFrame, ClipReader
from bunraku.stream.core.encoding import to_i420

MakeClip = Callable[..., Path]
MakePuppet = Callable[..., Any]


@pytest.fixture
def options(tmp_path: Path, make_clip: MakeClip, make_photo: MakeClip) -> AnimateOptions:
    return AnimateOptions(make_photo(), make_clip(), tmp_path / "out.mp4")


def _frames(path: Path) -> list[ClipFrame]:
    with ClipReader(path) as reader:
        return list(reader.frames())


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_frame_is_animated_in_step(options: AnimateOptions, make_puppet: MakePuppet) -> None:
    puppet = make_puppet(notes=("two people, the larger one is taken",))
    calls: list[tuple[int, int | None]] = []
    summary = animate_clip(
        lambda: puppet, options, on_frame=lambda done, total: calls.append((done, total))
    )

    frames = _frames(options.out)
    assert len(frames) == summary.frames == 6
    assert [frame.image.shape for frame in frames] == [(30, 40, 3)] * 6
    assert np.allclose([f.image.mean() for f in frames], [20 + 8 * i for i in range(6)], atol=4)
    assert np.allclose(puppet.times_s, [0.04 * i for i in range(6)])
    assert calls == [(i + 1, 6) for i in range(6)]
    assert (summary.width, summary.height) == (40, 30)
    assert summary.clip_fps == 25
    assert summary.notes == ["two people, the larger one is taken"]
    assert not summary.interrupted


def test_summary_is_plain_json(options: AnimateOptions, make_puppet: MakePuppet) -> None:
    summary = animate_clip(make_puppet, options)
    told = json.loads(json.dumps(summary.as_json()))
    assert told["frames"] == 6
    assert told["audio"] == "none"
    assert told["drops"] == told["lost_person_frames"] == told["engine_faults"] == 0
    assert set(told["stages_ms"]) == {"decode", "animate", "encode", Step.POSE}
    assert set(told["stages_ms"][Step.POSE]) == {"p50", "p95"}


def test_variable_frame_rate_is_kept(
    options: AnimateOptions, make_clip: MakeClip, make_puppet: MakePuppet
) -> None:
    times_ms = [0, 30, 200, 210, 400]
    animate_clip(make_puppet, replace(options, clip=make_clip("v.mkv", times_ms=times_ms)))
    assert [round(frame.time_s * 1000) for frame in _frames(options.out)] == times_ms


def test_rotated_clip_drives_upright(
    options: AnimateOptions, make_clip: MakeClip, make_puppet: MakePuppet
) -> None:
    puppet = make_puppet()
    animate_clip(lambda: puppet, replace(options, clip=make_clip("r.mp4", rotation=90)))
    assert puppet.drives[0].shape == (64, 48, 3)


@pytest.mark.parametrize(("rotate_deg", "shape"), [(0, (48, 64)), (90, (64, 48)), (180, (48, 64))])
def test_frames_are_turned_as_asked_for(
    options: AnimateOptions,
    make_clip: MakeClip,
    make_puppet: MakePuppet,
    rotate_deg: int,
    shape: tuple[int, int],
) -> None:
    plain, turned = make_puppet(), make_puppet()
    animate_clip(lambda: plain, replace(options, clip=make_clip("c.mp4")))
    asked = replace(options, clip=make_clip("c.mp4"), rotate_deg=rotate_deg, calibrate=2)
    animate_clip(lambda: turned, asked)
    assert turned.drives[0].shape == (*shape, 3)  # the calibration's frame too
    wanted = np.rot90(plain.drives[0], -rotate_deg // 90)
    assert np.array_equal(turned.drives[1], wanted)


def test_a_driver_that_was_turned_is_told_of(
    options: AnimateOptions, make_puppet: MakePuppet
) -> None:
    summary = animate_clip(lambda: make_puppet(driver_turned_deg=180), options)
    (note,) = summary.notes
    assert "upside down" in note
    assert "--rotate 0" in note


def test_range_of_frames_with_its_sound(
    options: AnimateOptions, make_clip: MakeClip, make_puppet: MakePuppet
) -> None:
    clip = make_clip("long.mp4", frames=50, audio="aac")
    puppet = make_puppet()
    summary = animate_clip(lambda: puppet, replace(options, clip=clip, start=10, stop=35))
    assert summary.frames == len(puppet.drives) == 25
    assert summary.audio == "copied"
    with av.open(str(options.out)) as container:
        sound = list(container.decode(audio=0))
        seconds = sum(frame.samples / frame.sample_rate for frame in sound)
    assert sound[0].time == pytest.approx(0.0, abs=0.03)
    assert seconds == pytest.approx(1.0, abs=0.06)
    assert _frames(options.out)[0].time_s == pytest.approx(0.0, abs=0.03)


def test_calibrates_at_the_frame_asked_for(
    options: AnimateOptions, make_puppet: MakePuppet
) -> None:
    puppet = make_puppet()
    summary = animate_clip(lambda: puppet, replace(options, calibrate=4))
    assert puppet.calibrated_at == [0]
    assert puppet.drives[0][40, 40].mean() == pytest.approx(20 + 8 * 4, abs=4)
    assert len(puppet.drives) == 7
    assert summary.frames == 6


def test_nobody_to_calibrate_on(options: AnimateOptions, make_puppet: MakePuppet) -> None:
    puppet = make_puppet(absent=frozenset({0}))
    with pytest.raises(NoPersonError, match=r"No person was found in frame 4 of .* Choose"):
        animate_clip(lambda: puppet, replace(options, calibrate=4))
    assert not options.out.exists()


def test_calibration_past_the_end(options: AnimateOptions, make_puppet: MakePuppet) -> None:
    with pytest.raises(ClipError, match="frame 60 is past its end"):
        animate_clip(make_puppet, replace(options, calibrate=60))


@pytest.mark.parametrize("drawn_on", [False, True])
def test_a_gpus_i420_is_written_unless_something_is_drawn_on_it(
    options: AnimateOptions, make_puppet: MakePuppet, drawn_on: bool
) -> None:
    asked = []

    class OnGpu(make_puppet().__class__):  # type: ignore[misc]
        def animate(self, *args: Any, i420: bool = False, **kwargs: Any) -> Any:
            asked.append(i420)
            made = super().animate(*args, **kwargs)
            return to_i420(made) if i420 else made

    summary = animate_clip(OnGpu, replace(options, mark=drawn_on))
    levels = [frame.image[:8].mean() for frame in _frames(options.out)]
    assert np.allclose(levels, [20 + 8 * i for i in range(6)], atol=4)
    assert (summary.width, summary.height) == (40, 30)
    assert asked == [not drawn_on] * 6


def test_side_by_side_and_mark(options: AnimateOptions, make_puppet: MakePuppet) -> None:
    animate_clip(make_puppet, replace(options, side_by_side=True, mark=True))
    image = _frames(options.out)[0].image
    assert image.shape == (30, 80, 3)
    assert image[3, 3, 0] > 180  # the clip's red corner


def test_side_by_side_stays_recordable(options: AnimateOptions, make_puppet: MakePuppet) -> None:
    summary = animate_clip(make_puppet, replace(options, side_by_side=True, max_side_px=64))
    assert (summary.width, summary.height) == (64, 24)


def test_the_size_told_is_the_files(
    options: AnimateOptions, make_photo: MakeClip, make_puppet: MakePuppet
) -> None:
    photo = make_photo("odd.png", np.zeros((31, 41, 3), np.uint8))
    summary = animate_clip(make_puppet, replace(options, photo=photo))
    assert _frames(options.out)[0].image.shape == (summary.height, summary.width, 3) == (32, 42, 3)


def test_one_frame_is_told_as_one(options: AnimateOptions, make_puppet: MakePuppet) -> None:
    summary = animate_clip(lambda: make_puppet(absent=frozenset({2})), options)
    assert summary.notes == ["no person was found in 1 frame; the last good picture stands in"]


def test_window_only(options: AnimateOptions, make_puppet: MakePuppet) -> None:
    summary = animate_clip(make_puppet, replace(options, window_only=True))
    assert (summary.width, summary.height) == (32, 32)


def test_large_photos_are_scaled_and_told(options: AnimateOptions, make_puppet: MakePuppet) -> None:
    puppet = make_puppet()
    puppet_options = replace(
        options, photo=options.photo, max_side_px=64, out=options.out.with_name("small.mp4")
    )
    summary = animate_clip(lambda: puppet, puppet_options)
    assert summary.notes == []
    big = np.zeros((90, 128, 3), np.uint8)
    Image.fromarray(big).save(options.photo)
    summary = animate_clip(lambda: puppet, puppet_options)
    assert puppet.photo.shape == (45, 64, 3)
    assert summary.notes == ["the photo was scaled from 128 x 90 to 64 x 45 to be recorded"]


def test_lost_people_are_counted(options: AnimateOptions, make_puppet: MakePuppet) -> None:
    summary = animate_clip(lambda: make_puppet(absent=frozenset({1, 2})), options)
    assert summary.lost_person_frames == 2
    assert "no person was found in 2 frames; the last good picture stands in" in summary.notes


def test_nobody_at_all(options: AnimateOptions, make_puppet: MakePuppet) -> None:
    before = _names(options.out.parent)
    with pytest.raises(NoPersonError, match="No person was found in any of the 6 frames of"):
        animate_clip(lambda: make_puppet(absent=frozenset(range(6))), options)
    assert _names(options.out.parent) == before


def test_corrupt_tail_is_animated_as_far_as_it_goes(
    options: AnimateOptions, make_clip: MakeClip, make_puppet: MakePuppet
) -> None:
    clip = make_clip("c.mp4", frames=40, size=(160, 120), options={"movflags": "faststart"})
    clip.write_bytes(clip.read_bytes()[:-900])
    summary = animate_clip(make_puppet, replace(options, clip=clip))
    assert 5 < summary.frames == len(_frames(options.out)) < 40
    assert any(note.startswith("the clip ends early: ") for note in summary.notes)


def test_a_driver_that_ends_early_ends_the_file(
    options: AnimateOptions, make_puppet: MakePuppet
) -> None:
    class Ending(make_puppet().__class__):  # type: ignore[misc]
        last = 3

        def animate(self, *args: Any, **kwargs: Any) -> Any:
            if len(self.drives) == self.last:
                raise DriverEndedError("iuv holds 3 IUV images.", "Give more.")
            return super().animate(*args, **kwargs)

    summary = animate_clip(Ending, options)
    assert summary.frames == len(_frames(options.out)) == 3
    assert not summary.interrupted
    assert "the recording ends early: iuv holds 3 IUV images" in summary.notes
    options.out.unlink()
    Ending.last = 0
    with pytest.raises(DriverEndedError):
        animate_clip(Ending, options)
    assert not options.out.exists()


def test_size_that_changes_mid_clip(
    options: AnimateOptions, tmp_path: Path, make_clip: MakeClip, make_puppet: MakePuppet
) -> None:
    joined = tmp_path / "joined.ts"
    with joined.open("wb") as target:
        for name, size in (("a.ts", (64, 48)), ("b.ts", (96, 96))):
            with make_clip(name, size=size).open("rb") as part:
                shutil.copyfileobj(part, target)
    puppet = make_puppet()
    summary = animate_clip(lambda: puppet, replace(options, clip=joined))
    assert {drive.shape for drive in puppet.drives} == {(48, 64, 3)}
    assert {frame.image.shape for frame in _frames(options.out)} == {(30, 40, 3)}
    assert any("frames of another size had to be fitted" in note for note in summary.notes)


def test_stopping_leaves_a_playable_file(
    options: AnimateOptions, make_clip: MakeClip, make_puppet: MakePuppet
) -> None:
    puppet = make_puppet()
    clip = make_clip("s.mp4", frames=20, audio="aac")
    summary = animate_clip(
        lambda: puppet,
        replace(options, clip=clip),
        should_stop=lambda: len(puppet.drives) >= 5,
    )
    assert summary.interrupted
    assert summary.frames == len(_frames(options.out)) == 5
    with av.open(str(options.out)) as container:
        assert float(container.streams.audio[0].duration or 0) / 48_000 < 0.25


def test_stopping_before_the_first_frame_leaves_nothing(
    options: AnimateOptions, make_puppet: MakePuppet
) -> None:
    with pytest.raises(KeyboardInterrupt):
        animate_clip(make_puppet, options, should_stop=lambda: True)
    assert not options.out.exists()


def test_memory_does_not_grow_with_the_clip(
    options: AnimateOptions, make_clip: MakeClip, make_puppet: MakePuppet
) -> None:
    class Forgetful(make_puppet().__class__):  # type: ignore[misc]
        def animate(self, *args: Any, **kwargs: Any) -> Any:
            self.drives.clear()
            self.times_s.clear()
            return super().animate(*args, **kwargs)

    peaks = []
    for frames in (10, 10, 110):  # the first also pays for what is made once
        clip = make_clip(f"{frames}.mp4", frames=frames, audio="aac")
        tracemalloc.start()
        animate_clip(Forgetful, replace(options, clip=clip))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < peaks[1] + 200_000  # a fifth of what the frames take


def test_fault_leaves_nothing(options: AnimateOptions, make_puppet: MakePuppet) -> None:
    class Broken(make_puppet().__class__):  # type: ignore[misc]
        def animate(self, *args: Any, **kwargs: Any) -> Any:
            if len(self.drives) == 3:
                raise MemoryError
            return super().animate(*args, **kwargs)

    before = _names(options.out.parent)
    with pytest.raises(MemoryError):
        animate_clip(Broken, options)
    assert _names(options.out.parent) == before


def _no_puppet() -> Any:
    raise AssertionError("the puppet was made before the files were checked")


def test_files_are_checked_before_the_puppet_is_made(
    options: AnimateOptions, tmp_path: Path
) -> None:
    with pytest.raises(PhotoError, match="does not exist"):
        animate_clip(_no_puppet, replace(options, photo=tmp_path / "no.jpg"))
    with pytest.raises(ClipError, match="does not exist"):
        animate_clip(_no_puppet, replace(options, clip=tmp_path / "no.mp4"))
    with pytest.raises(OutputError, match="has no ending of a clip"):
        animate_clip(_no_puppet, replace(options, out=tmp_path / "out.txt"))


@pytest.mark.parametrize(
    ("what", "told"), [("photo", "photo"), ("clip", "clip"), ("iuv", "clip of IUV images")]
)
def test_inputs_are_not_overwritten(
    options: AnimateOptions, make_clip: MakeClip, what: str, told: str
) -> None:
    clip = make_clip("in.mp4")
    before = clip.read_bytes()
    same: AnimateOptions = replace(options, out=clip, **{what: clip})  # type: ignore[arg-type]
    with pytest.raises(OutputError, match=f"is the {told} itself"):
        animate_clip(_no_puppet, same)
    assert clip.read_bytes() == before


@pytest.mark.parametrize("what", ["photo", "clip"])
def test_a_folder_is_no_input_wherever_the_output_is(options: AnimateOptions, what: str) -> None:
    folder: AnimateOptions = replace(options, **{what: options.out.parent})  # type: ignore[arg-type]
    with pytest.raises(InputError, match=f"is a folder, not a {what}"):
        animate_clip(_no_puppet, folder)


def test_the_folder_of_iuv_images_takes_no_output(options: AnimateOptions, tmp_path: Path) -> None:
    folder = tmp_path / "iuv"
    folder.mkdir()
    with pytest.raises(OutputError, match=r"would be in .*iuv, which is read\."):
        animate_clip(_no_puppet, replace(options, out=folder / "out.mp4", iuv=folder))


def test_texts_will_do_for_paths(options: AnimateOptions) -> None:
    texts: dict[str, Any] = {name: str(getattr(options, name)) for name in ("photo", "clip", "out")}
    assert AnimateOptions(**texts) == options
    assert AnimateOptions(**texts, iuv="iuv").iuv == Path("iuv")  # type: ignore[arg-type]


@pytest.mark.parametrize("window", [{"start": 4, "stop": 4}, {"start": -1}])
def test_empty_ranges(options: AnimateOptions, window: dict[str, int]) -> None:
    with pytest.raises(InputError, match=r"Give A:B with A < B\."):
        replace(options, **window)  # type: ignore[arg-type]
