"""Photos driven by clips: keypoints, a sheet a photo, and films."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from bunraku.spec.arrays import Picture
from bunraku.stream.clip.reader import ClipFrame
from bunraku.training.contender import UNMOVED, WINDOW, Contender, close_up, windowed
from bunraku.training.evaluate_clips import row_name
from bunraku.training.evaluate_frames import clip_frames
from bunraku.training.judge import Judge
from bunraku.training.metrics import KeypointMatch, match_keypoints
from bunraku.training.report import Report, number
from bunraku.training.sheets import Film, contact_sheet, tile_size

CROSS_EXPLANATION = (
    "Each photo driven by each clip: AKD and MKR between the driver in the driving window and the "
    "result, which keeps the source's own limb lengths, so that AKD does not fall to nothing."
)


@dataclass
class Matches:
    """Keypoints of drivers against those of a photo, driven by one candidate."""

    unmoved: list[KeypointMatch] = field(default_factory=list)
    ours: list[KeypointMatch] = field(default_factory=list)


Crossed: TypeAlias = dict[str, Matches]
"""One candidate's matches, by photo."""


def drive_by_clips(
    takers: Sequence[Contender],
    judge: Judge,
    name: str,
    drivers: Mapping[str, list[ClipFrame]],
    found: Mapping[str, Crossed],
) -> Picture:
    """Measure a photo driven by some frames of each clip; the sheet of them."""
    rows: list[list[Picture | None]] = []
    labels = []
    for clip, frames in drivers.items():
        made = {
            contender.name: cross(contender, judge, frames, found[contender.name], name)
            for contender in takers
        }
        for k, frame in enumerate(frames):
            rows.append([frame.image, *(pictures[k] for pictures in made.values())])
            labels.append(f"{clip}, frame {frame.index}")
    return contact_sheet(rows, ["driving", *(c.name for c in takers)], labels, WINDOW)


def cross(
    contender: Contender, judge: Judge, frames: Sequence[ClipFrame], found: Crossed, name: str
) -> list[Picture | None]:
    """One candidate's photo driven by some frames of a clip; None where nobody was found."""
    matches = found.setdefault(name, Matches())
    contender.calibrate()
    still = judge.look(windowed(contender.photo, contender.window))
    pictures: list[Picture | None] = []
    for frame in frames:
        lost = contender.lost
        output = contender.follow(frame.image, frame.time_s)
        driver = contender.driver(frame.image)
        if contender.lost > lost or driver is None:
            pictures.append(None)
            continue
        pictures.append(output)
        true, seen = judge.look(windowed(*driver)), judge.look(output)
        for kept, looked in ((matches.unmoved, still), (matches.ours, seen)):
            kept.append(
                match_keypoints(
                    None if true is None else true.landmarks,
                    None if looked is None else looked.landmarks,
                    (WINDOW, WINDOW),
                )
            )
    return pictures


def film_by_clip(takers: Sequence[Contender], clip: Path, limit: int | None, film: Path) -> None:
    """Write a photo moved by a whole clip, all candidates side by side, at the photo's own size.

    Args:
        takers: each with the photo.
        clip: what drives.
        limit: at most so many frames of it.
        film: the file.

    Raises:
        ClipError: the clip cannot be read.
        OutputError: the film cannot be written.
    """
    first = takers[0]
    headings = ["driving", *(contender.name for contender in takers)]
    size = tile_size(close_up(first.photo, first.window), len(headings))
    for contender in takers:
        contender.calibrate()
    with Film(film, headings, size) as reel:
        for frame in clip_frames(clip, limit):
            for contender in takers:
                contender.follow(frame.image, frame.time_s)
            driver = first.driver(frame.image)
            row = [frame.image if driver is None else close_up(*driver)]
            row += [close_up(contender.whole(), first.window) for contender in takers]
            reel.write(row, frame)


def add_crossed(report: Report, found: Mapping[str, Crossed]) -> None:
    """The photos driven by clips, as Markdown and as details."""
    lines = ["## Photos driven by clips", "", CROSS_EXPLANATION, ""]
    lines += [f"| photo | AKD | {UNMOVED}'s | MKR | frames |", "|---|---|---|---|---|"]
    details = {}
    for who, made in found.items():
        every = Matches()
        for matches in made.values():
            every.unmoved += matches.unmoved
            every.ours += matches.ours
        for photo, matches in {**made, "all": every}.items():
            name = row_name(photo, who, list(found))
            still, ours = KeypointMatch.total(matches.unmoved), KeypointMatch.total(matches.ours)
            details[name] = {"akd": ours.akd, "unmoved_akd": still.akd, "mkr": ours.mkr}
            cells = [number(ours.akd, 2), number(still.akd, 2), number(ours.mkr, 4)]
            lines.append(f"| {name} | {' | '.join(cells)} | {len(matches.ours)} |")
    report.sections.append("\n".join(lines))
    report.details["photos driven by clips"] = details
