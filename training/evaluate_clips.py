"""Evaluation on real clips and photos, through the runtime as a user has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np

from bunraku.errors import InputError, NoPersonError, PhotoError
from bunraku.runtime.drivers.protocol import Driving
from bunraku.runtime.identity import Identity
from bunraku.runtime.source.framing import Window, crop
from bunraku.runtime.source.photo import read_photo
from bunraku.runtime.surface_picture import iuv_colours
from bunraku.spec.arrays import Array, Picture
from bunraku.stream.clip.reader import ClipFrame, ClipReader
from bunraku.training.judge import Judge
from bunraku.training.metrics import (
    FrameScore,
    KeypointMatch,
    Score,
    match_keypoints,
    mean_difference,
    score_frame,
)
from bunraku.training.report import Report, Table, Target, ratio
from bunraku.training.sheets import contact_sheet, save_sheet

CLIP_SUFFIXES = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm")
PHOTO_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")

WINDOW = 256
"""Side of the windows that are compared, in pixels."""
SHEET_FRAMES = 6
"""Frames of a clip on its sheet."""
CROSS_FRAMES = 3
"""Frames of a clip that each photo is driven by."""
CROSS_SIDE = 192
TRIES = 60
"""A clip's source is the first of so many frames that shows a person."""

UNMOVED = "unmoved source"
OURS = "Bunraku"

CLIPS_EXPLANATION = (
    "Self-reconstruction: a clip's first frame is the source, the whole clip drives it, and each "
    f"result is compared with the true frame in the source's window at {WINDOW} × {WINDOW} "
    f"pixels. *{UNMOVED}*: the first frame as it is. The person's share of a pixel is the pose "
    "network's mask of the true frame. Where the camera moves, the background counts against both."
)
SELF_EXPLANATION = (
    "Each photo drives itself; the difference on the person's pixels, in its window at "
    f"{WINDOW} × {WINDOW}."
)
CROSS_EXPLANATION = (
    "Each photo driven by each clip: AKD and MKR between the driver in the driving window and the "
    "result, which keeps the source's own limb lengths, so that AKD does not fall to nothing."
)

Log = Callable[[str], None]
T = TypeVar("T")


class Moving(Protocol):
    """What is asked of :class:`bunraku.Puppet`."""

    def set_source(self, photo: Picture, /) -> object: ...

    def calibrate(self) -> None: ...

    def animate_window(self, frame: Picture, time_s: float | None = None) -> Picture: ...

    @property
    def identity(self) -> Identity: ...

    @property
    def driving(self) -> Driving | None: ...

    @property
    def driving_window(self) -> Window | None: ...

    @property
    def lost(self) -> int: ...


@dataclass(frozen=True)
class Shown:
    """One driving frame for a sheet."""

    driving: Picture
    iuv: Picture | None
    output: Picture


class Spaced(Generic[T]):
    """Keeps about ``count`` things, evenly spaced, of a row whose length is not known."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._stride = 1
        self._seen = 0
        self._kept: list[T] = []

    def offer(self, thing: T) -> None:
        """The row's next."""
        if self._seen % self._stride == 0:
            self._kept.append(thing)
            if len(self._kept) > 2 * self._count:
                self._kept = self._kept[::2]
                self._stride *= 2
        self._seen += 1

    def chosen(self) -> list[T]:
        """At most ``count``, the first among them."""
        last = len(self._kept) - 1
        steps = min(self._count, len(self._kept))
        return [self._kept[round(i * last / max(steps - 1, 1))] for i in range(steps)]


@dataclass
class ClipResult:
    """One clip driving its own first frame."""

    name: str
    source: Picture
    """The window of the source frame."""
    source_frame: int
    """Its number: the first that shows a person."""
    unmoved: list[FrameScore] = field(default_factory=list)
    ours: list[FrameScore] = field(default_factory=list)
    shown: Spaced[Shown] = field(default_factory=lambda: Spaced(SHEET_FRAMES))
    lost: int = 0
    """Frames in which the driver was not found."""


def files(path: Path, suffixes: tuple[str, ...], what: str) -> list[Path]:
    """A file, or the files of a folder with one of these suffixes, in order.

    Raises:
        InputError: there are none.
    """
    if path.is_file():
        return [path]
    found = sorted(p for p in path.glob("*") if p.suffix.lower() in suffixes)
    if not found:
        raise InputError(f"There is no {what} in {path}.", "Name a file, or a folder with some.")
    return found


def reconstruct(puppet: Moving, judge: Judge, path: Path, limit: int | None) -> ClipResult | None:
    """Drive a clip's first frame with the clip; None where no frame shows a person."""
    result: ClipResult | None = None
    unmoved_points: Array | None = None
    lost_before = 0
    for frame in clip_frames(path, limit):
        if result is None:
            if frame.index >= TRIES:
                return None
            try:
                puppet.set_source(frame.image)
            except NoPersonError:
                continue
            source = windowed(frame.image, puppet.identity.source.framing.window)
            result = ClipResult(path.stem, source, frame.index)
            seen = judge.look(source)
            unmoved_points = None if seen is None else seen.landmarks
            lost_before = puppet.lost
            puppet.animate_window(frame.image, frame.time_s)  # calibrates
            continue
        output = puppet.animate_window(frame.image, frame.time_s)
        true = windowed(frame.image, puppet.identity.source.framing.window)
        compare(result, judge, true, output, unmoved_points)
        result.shown.offer(Shown(true, _iuv(puppet), output))
    if result is not None:
        result.lost = puppet.lost - lost_before
    return result


def compare(
    result: ClipResult, judge: Judge, true: Picture, output: Picture, unmoved_points: Array | None
) -> None:
    """Score one frame of a clip, and the unmoved source beside it."""
    seen = judge.look(true, mask=True)
    found = judge.look(output)
    points = None if seen is None else seen.landmarks
    alpha = None if seen is None else seen.mask
    size = (true.shape[0], true.shape[1])
    for scores, picture, got in (
        (result.unmoved, result.source, unmoved_points),
        (result.ours, output, None if found is None else found.landmarks),
    ):
        scores.append(score_frame(picture, true, alpha, match_keypoints(points, got, size)))


def evaluate_clips(
    puppet: Moving,
    judge: Judge,
    clips: list[Path],
    out: Path,
    report: Report,
    log: Log,
    limit: int | None = None,
) -> None:
    """Self-reconstruction of each clip: a table with its target, and a sheet a clip."""
    results = []
    for path in clips:
        result = reconstruct(puppet, judge, path, limit)
        if result is None or not result.ours:
            log(f"{path.name}: nobody to animate, left out")
            continue
        results.append(result)
        report.sheets.append(save_sheet(out / f"clip-{result.name}.jpg", clip_sheet(result)))
        score = Score.of(result.ours)
        log(f"{path.name}: L1 {score.l1:.4f}, AKD {score.akd or float('nan'):.2f}")
    if not results:
        return
    rows = {}
    for result in results:
        rows[f"{result.name}, {UNMOVED}"] = Score.of(result.unmoved)
        rows[f"{result.name}, {OURS}"] = Score.of(result.ours)
    rows[f"all, {UNMOVED}"] = Score.of([s for r in results for s in r.unmoved])
    rows[f"all, {OURS}"] = Score.of([s for r in results for s in r.ours])
    report.tables.append(Table("Real clips", CLIPS_EXPLANATION, rows))
    report.details["clips"] = {
        r.name: {"source_frame": r.source_frame, "lost_frames": r.lost} for r in results
    }
    akd = ratio(rows[f"all, {OURS}"].akd, rows[f"all, {UNMOVED}"].akd)
    report.targets.append(Target("real clips, AKD / unmoved source's", akd, 0.4))


def evaluate_photos(
    puppet: Moving,
    judge: Judge,
    photos: list[Path],
    clips: list[Path],
    out: Path,
    report: Report,
    log: Log,
) -> None:
    """Each photo driven by itself and by each clip: tables, a target, and a sheet a photo."""
    drivers = {path.stem: clip_sample(path) for path in clips}
    own: dict[str, float] = {}
    crossed: dict[str, tuple[list[KeypointMatch], list[KeypointMatch]]] = {}
    mirror_rows: list[list[Picture | None]] = []
    for path in photos:
        try:
            photo = read_photo(path)
            puppet.set_source(photo)
        except PhotoError as error:
            log(f"{path.name}: left out: {error}")
            continue
        window = windowed(photo, puppet.identity.source.framing.window)
        output = puppet.animate_window(photo, 0.0)
        own[path.stem] = mean_difference(output, window, puppet.identity.source.mask)
        difference = np.clip(4 * np.abs(output.astype(np.int16) - window), 0, 255).astype(np.uint8)
        mirror_rows.append([window, _iuv(puppet), output, difference])
        log(f"{path.name}: driven by itself, L1 on the person {own[path.stem]:.4f}")
        if not drivers:
            continue
        matches: tuple[list[KeypointMatch], list[KeypointMatch]] = ([], [])
        rows = [cross_row(puppet, judge, window, frames, matches) for frames in drivers.values()]
        crossed[path.stem] = matches
        headings = ["source", *["driving", "IUV", "output"] * CROSS_FRAMES]
        sheet = contact_sheet(rows, headings, list(drivers), CROSS_SIDE)
        report.sheets.append(save_sheet(out / f"photo-{path.stem}.jpg", sheet))
    if not own:
        return
    sheet = contact_sheet(mirror_rows, ["photo", "IUV", "output", "difference × 4"], list(own))
    report.sheets.append(save_sheet(out / "photos-by-themselves.jpg", sheet))
    report.sections.append(own_section(own))
    report.details["photos driven by themselves"] = own
    mean = sum(own.values()) / len(own)
    report.targets.append(Target("photo driven by itself, person L1", mean, 0.02))
    if crossed:
        add_crossed(report, crossed)


def cross_row(
    puppet: Moving,
    judge: Judge,
    source: Picture,
    frames: list[ClipFrame],
    matches: tuple[list[KeypointMatch], list[KeypointMatch]],
) -> list[Picture | None]:
    """A photo driven by some frames of a clip: a sheet's row, and matches (unmoved, ours)."""
    row: list[Picture | None] = [source]
    puppet.calibrate()
    still = judge.look(source)
    for frame in frames:
        lost = puppet.lost
        output = puppet.animate_window(frame.image, frame.time_s)
        if puppet.lost > lost or puppet.driving_window is None:
            row += [frame.image, None, None]
            continue
        driving = windowed(frame.image, puppet.driving_window)
        row += [driving, _iuv(puppet), output]
        true, found = judge.look(driving), judge.look(output)
        for kept, seen in zip(matches, (still, found), strict=True):
            kept.append(
                match_keypoints(
                    None if true is None else true.landmarks,
                    None if seen is None else seen.landmarks,
                    (WINDOW, WINDOW),
                )
            )
    return row


def own_section(own: Mapping[str, float]) -> str:
    """The photos driven by themselves, as Markdown."""
    lines = ["## Photos driven by themselves", "", SELF_EXPLANATION, "", "| photo | L1 person |"]
    lines += ["|---|---|", *(f"| {name} | {value:.4f} |" for name, value in own.items())]
    return "\n".join([*lines, f"| mean | {sum(own.values()) / len(own):.4f} |"])


def add_crossed(
    report: Report, crossed: Mapping[str, tuple[list[KeypointMatch], list[KeypointMatch]]]
) -> None:
    """The photos driven by clips, as Markdown and as details."""
    lines = ["## Photos driven by clips", "", CROSS_EXPLANATION, ""]
    lines += [f"| photo | AKD | {UNMOVED}'s | MKR | frames |", "|---|---|---|---|---|"]
    every: tuple[list[KeypointMatch], list[KeypointMatch]] = ([], [])
    for unmoved, ours in crossed.values():
        every[0].extend(unmoved)
        every[1].extend(ours)
    found = {}
    for name, (unmoved, ours) in {**crossed, "all": every}.items():
        still, made = KeypointMatch.total(unmoved), KeypointMatch.total(ours)
        found[name] = {"akd": made.akd, "unmoved_akd": still.akd, "mkr": made.mkr}
        cells = [_cell(made.akd, 2), _cell(still.akd, 2), _cell(made.mkr, 4), str(len(ours))]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    report.sections.append("\n".join(lines))
    report.details["photos driven by clips"] = found


def clip_sheet(result: ClipResult) -> Picture:
    """Source and, below each other, driving frames, IUV maps and results."""
    shown = result.shown.chosen()
    rows: list[list[Picture | None]] = [
        [result.source, *(s.driving for s in shown)],
        [None, *(s.iuv for s in shown)],
        [None, *(s.output for s in shown)],
    ]
    return contact_sheet(rows, (), ["source, driving", "IUV", "output"])


def clip_frames(path: Path, limit: int | None) -> Iterator[ClipFrame]:
    """The clip's first ``limit`` frames."""
    with ClipReader(path) as reader:
        yield from reader.frames(0, limit)


def clip_sample(path: Path) -> list[ClipFrame]:
    """Some frames of a clip, evenly spaced, the first among them."""
    kept: Spaced[ClipFrame] = Spaced(CROSS_FRAMES)
    for frame in clip_frames(path, None):
        kept.offer(frame)
    return kept.chosen()


def windowed(picture: Picture, window: Window) -> Picture:
    """The window's pixels, [256, 256, 3]."""
    return np.asarray(crop(picture, window, WINDOW), np.uint8)


def _iuv(puppet: Moving) -> Picture | None:
    driving = puppet.driving
    return None if driving is None else iuv_colours(driving.surface)


def _cell(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
