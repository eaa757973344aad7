"""Evaluation on photos: each driven by itself and by clips, for all candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from bunraku.errors import ClipError, NoPersonError, PhotoError
from bunraku.runtime.source.photo import read_photo
from bunraku.runtime.surface_picture import iuv_colours
from bunraku.spec.arrays import Picture
from bunraku.stream.clip.reader import ClipFrame
from bunraku.training.choices import Played
from bunraku.training.contender import WINDOW, Contender, windowed
from bunraku.training.evaluate_clips import refuse, row_name
from bunraku.training.evaluate_crossed import (
    CROSS_EXPLANATION,
    CROSS_TITLE,
    Crossed,
    add_crossed,
    drive_by_clips,
    film_by_clip,
)
from bunraku.training.evaluate_frames import clip_sample, short_names
from bunraku.training.grid import Grid
from bunraku.training.metrics import OwnError, mean_difference
from bunraku.training.report import Log, Refusal, Report, Scene, Target
from bunraku.training.sheets import contact_sheet, save_sheet
from bunraku.training.watchers import Watchers

SELF_EXPLANATION = (
    "Each photo drives itself: the difference on the person's pixels in its window at "
    f"{WINDOW} × {WINDOW}, and at the photo's own size on the person's pixels and in the whole. "
    "*later*: in the window again, when the photo has been before the camera for a second."
)
STILL_S, EACH_S = 1.0, 1 / 25
"""For how long a photo is shown to the camera, and how long each frame."""


@dataclass
class Found:
    """What was measured of one candidate, by photo."""

    own: dict[str, float] = field(default_factory=dict)
    """L1 of the person in the window, driven by itself,"""
    later: dict[str, float] = field(default_factory=dict)
    """and for ``STILL_S``."""
    whole: dict[str, OwnError] = field(default_factory=dict)
    """The same at the photo's own size."""
    rows: list[list[Picture | None]] = field(default_factory=list)
    """Of the sheet of photos driven by themselves, in the same order."""
    crossed: Crossed = field(default_factory=dict)


def evaluate_photos(
    contenders: Sequence[Contender],
    watchers: Watchers,
    photos: Sequence[Path],
    clips: Sequence[Path],
    out: Path,
    report: Report,
    log: Log,
    limit: int | None = None,
    films: bool = False,
) -> list[Played]:
    """Each photo driven by itself and by each clip: tables, targets, and a sheet a photo.

    ``films`` also writes each photo moved by the first ``limit`` frames of each clip.

    Returns:
        What clips made of photos.
    """
    played: list[Played] = []
    drivers = clip_samples(clips, report, log)
    paths = dict(zip(short_names(clips), clips, strict=True))
    found = {contender.name: Found() for contender in contenders}
    crossed = {name: made.crossed for name, made in found.items()}
    for path, name in zip(photos, short_names(photos), strict=True):
        takers = take_photo(contenders, path, report, log)
        for contender in takers:
            own = drive_by_itself(contender, name, found[contender.name])
            log(f"{path.name}, {contender.name}: driven by itself, L1 on the person {own:.4f}")
        if drivers and takers:
            sheet, made = drive_by_clips(takers, watchers, name, drivers, crossed)
            played += made
            report.sheets.append(save_sheet(out / f"photo-{name}.jpg", sheet))
        if takers and films:
            for clip in drivers:
                film = out / "films" / f"{name} by {clip}.webm"
                film_by_clip(takers, paths[clip], limit, film)
                report.scenes.append(Scene(f"{name}, moved by {clip}", {}, None, film))
                log(f"{path.name}: filmed, moved by {clip}")
    if any(made.own for made in found.values()):
        add_own(report, found, out)
    if any(crossed.values()):
        add_crossed(report, crossed, CROSS_TITLE, CROSS_EXPLANATION)
    return played


def clip_samples(clips: Sequence[Path], report: Report, log: Log) -> dict[str, list[ClipFrame]]:
    """Some frames of each clip that can be read, by its name."""
    drivers = {}
    for path, name in zip(clips, short_names(clips), strict=True):
        try:
            drivers[name] = clip_sample(path)
        except ClipError as error:
            refuse(report, log, Refusal(path.name, None, str(error)))
    return drivers


def take_photo(
    contenders: Sequence[Contender], path: Path, report: Report, log: Log
) -> list[Contender]:
    """Those who can animate a photo, each with it; the others are told of."""
    takers = []
    try:
        photo = read_photo(path)
    except PhotoError as error:
        refuse(report, log, Refusal(path.name, None, str(error)))
        return []
    for contender in contenders:
        try:
            contender.take(photo)
        except NoPersonError as error:
            who = None if len(contenders) == 1 else contender.name
            refuse(report, log, Refusal(path.name, who, str(error)))
        else:
            takers.append(contender)
    return takers


def drive_by_itself(contender: Contender, name: str, found: Found) -> float:
    """Measure the photo driven by itself; what is lost of the person in the window."""
    window = windowed(contender.photo, contender.window)
    output = contender.follow_self()
    own = found.own[name] = mean_difference(output, window, contender.person)
    found.whole[name] = contender.own_error()
    difference = np.clip(4 * np.abs(output.astype(np.int16) - window), 0, 255).astype(np.uint8)
    driving = contender.driving
    surface = None if driving is None else iuv_colours(driving.surface)
    found.rows.append([window, surface, output, difference])
    for k in range(1, round(STILL_S / EACH_S) + 1):
        output = contender.follow_self(k * EACH_S)
    found.later[name] = mean_difference(output, window, contender.person)
    return own


def add_own(report: Report, found: Mapping[str, Found], out: Path) -> None:
    """The photos driven by themselves: Markdown, details, targets and a sheet."""
    names = list(found)
    lines = []
    window: dict[str, float] = {}
    later: dict[str, float] = {}
    whole: dict[str, dict[str, float]] = {}
    rows: list[list[Picture | None]] = []
    for who, made in found.items():
        if not made.own:
            continue
        for photo, own in made.own.items():
            name = row_name(photo, who, names)
            window[name], whole[name] = own, asdict(made.whole[photo])
            later[name] = made.later[photo]
            lines.append(_row(name, own, later[name], made.whole[photo]))
        rows += made.rows
        mean, at_last = (sum(of.values()) / len(of) for of in (made.own, made.later))
        errors = list(made.whole.values())
        every = OwnError(
            sum(e.l1 for e in errors) / len(errors), sum(e.person_l1 for e in errors) / len(errors)
        )
        lines.append(_row(row_name("mean", who, names), mean, at_last, every))
        for what, value in (("itself", mean), ("itself for a second", at_last)):
            target = row_name(f"photo driven by {what}, person L1", who, names)
            report.targets.append(Target(target, value, 0.01))
    headings = ["photo", "IUV", "output", "difference × 4"]
    sheet = contact_sheet(rows, headings, list(window))
    report.sheets.append(save_sheet(out / "photos-by-themselves.jpg", sheet))
    heads = ["photo", "L1 person", "later", "own size, person", "own size, whole"]
    report.grids.append(Grid("Photos driven by themselves", SELF_EXPLANATION, heads, lines))
    report.details["photos driven by themselves"] = window
    report.details["photos driven by themselves for a second"] = later
    report.details["photos driven by themselves, at their own size"] = whole


def _row(name: str, own: float, later: float, whole: OwnError) -> list[str]:
    return [name, f"{own:.4f}", f"{later:.4f}", f"{whole.person_l1:.4f}", f"{whole.l1:.4f}"]
