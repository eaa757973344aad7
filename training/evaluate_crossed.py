"""Photos driven by clips: keypoints, a sheet a photo, and films."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from bunraku.spec.arrays import Picture
from bunraku.stream.clip.reader import ClipFrame
from bunraku.training.choices import Played
from bunraku.training.contender import UNMOVED, WINDOW, Contender, close_up, windowed
from bunraku.training.evaluate_clips import row_name
from bunraku.training.evaluate_frames import clip_frames
from bunraku.training.grid import Grid
from bunraku.training.likeness import LikenessMatch
from bunraku.training.metrics import KeypointMatch, match_keypoints
from bunraku.training.report import Report, number
from bunraku.training.sheets import Film, contact_sheet, tile_size
from bunraku.training.watchers import Sight, Watchers

CROSS_TITLE = "Photos driven by clips"
CROSS_EXPLANATION = (
    "Each photo driven by each clip: AKD and MKR between the driver in the driving window and the "
    "result, which keeps the source's own limb lengths, so that AKD does not fall to nothing. "
    "*look* (AED, where its network is given): distance from the photo's person to the result's. "
    "*face*: distance from the photo's face to the result's, beside that from the driver's first "
    "face to its later ones, the *true faces*."
)
LIKENESS = ("look", "AED", "face", "true faces")
"""What of likeness is told."""


@dataclass
class Matches:
    """Keypoints of drivers against those of a photo, driven by one candidate."""

    unmoved: list[KeypointMatch] = field(default_factory=list)
    ours: list[KeypointMatch] = field(default_factory=list)
    likeness: LikenessMatch = field(default_factory=LikenessMatch)
    """Of results to the photo; true faces are the driver's, its first to each later one."""

    @classmethod
    def total(cls, parts: Iterable[Matches]) -> Matches:
        """Of all photos together."""
        every = list(parts)
        return cls(
            [match for part in every for match in part.unmoved],
            [match for part in every for match in part.ours],
            LikenessMatch.total([part.likeness for part in every]),
        )


Crossed: TypeAlias = dict[str, Matches]
"""One candidate's matches, by photo."""


def drive_by_clips(
    takers: Sequence[Contender],
    watchers: Watchers,
    name: str,
    drivers: Mapping[str, list[ClipFrame]],
    found: Mapping[str, Crossed],
) -> tuple[Picture, list[Played]]:
    """Measure a photo driven by some frames of each clip; the sheet of them, and what was made."""
    rows: list[list[Picture | None]] = []
    labels = []
    played = []
    first = takers[0]
    photo = close_up(first.photo, first.window)
    for clip, frames in drivers.items():
        made = {}
        for contender in takers:
            matches = found[contender.name].setdefault(name, Matches())
            driven = cross(contender, watchers, frames, matches)
            made[contender.name] = [picture for _, picture in driven]
        for k, frame in enumerate(frames):
            rows.append([frame.image, *(pictures[k] for pictures in made.values())])
            labels.append(f"{clip}, frame {frame.index}")
        whole = {who: [p for p in made[who] if p is not None] for who in made}
        if all(len(pictures) == len(frames) for pictures in whole.values()):
            images = [frame.image for frame in frames]
            played.append(Played(f"{name} by {clip}", name, photo, clip, images, whole, true=False))
    sheet = contact_sheet(rows, ["driving", *(c.name for c in takers)], labels, WINDOW)
    return sheet, played


def cross(
    contender: Contender, watchers: Watchers, frames: Iterable[ClipFrame], matches: Matches
) -> Iterator[tuple[ClipFrame, Picture | None]]:
    """One candidate's photo driven by frames of a clip; None where nobody was found."""
    contender.calibrate()
    photo = windowed(contender.photo, contender.window)
    still = watchers.see(photo, contender.photo, contender.window, mask=False)
    first: Sight | None = None
    for frame in frames:
        lost = contender.lost
        output = contender.follow(frame.image, frame.time_s)
        driver = contender.driver(frame.image)
        if contender.lost > lost or driver is None:
            yield frame, None
            continue
        true = watchers.see(windowed(*driver), *driver, mask=False)
        seen = watchers.see(output, contender.whole(), contender.window, mask=False)
        for kept, sight in ((matches.unmoved, still), (matches.ours, seen)):
            kept.append(match_keypoints(true.landmarks, sight.landmarks, (WINDOW, WINDOW)))
        if seen.look is not None and still.look is not None:
            matches.likeness.add_person(seen.look, still.look)
        if first is None and true.portrait is not None:
            first = true  # from the next frame on there are two faces of the driver
        elif first is not None:
            pair = first.portrait, true.portrait
            matches.likeness.add_faces(still.portrait, seen.portrait, pair)
        yield frame, output


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


def add_crossed(
    report: Report, found: Mapping[str, Crossed], title: str, explanation: str
) -> dict[str, Matches]:
    """What is driven by others' clips, as a table and as details.

    Returns:
        Each candidate's matches of all photos together.
    """
    rows, details, totals = [], {}, {}
    for who, made in found.items():
        every = totals[who] = Matches.total(made.values())
        for photo, matches in {**made, "all": every}.items():
            name = row_name(photo, who, list(found))
            still, ours = KeypointMatch.total(matches.unmoved), KeypointMatch.total(matches.ours)
            means = matches.likeness.means()
            values = (means["look"], means["aed"], means["face"], means["face_true"])
            likeness = dict(zip(LIKENESS, values, strict=True))
            details[name] = {"akd": ours.akd, "unmoved_akd": still.akd, "mkr": ours.mkr, **likeness}
            cells = [number(ours.akd, 2), number(still.akd, 2), number(ours.mkr, 4)]
            cells += [number(value, 3) for value in values]
            rows.append([name, *cells, str(len(matches.ours))])
    headings = ["photo", "AKD", f"{UNMOVED}'s", "MKR", *LIKENESS, "frames"]
    report.grids.append(Grid(title, explanation, headings, rows))
    report.details[title.lower()] = details
    return totals
