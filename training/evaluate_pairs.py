"""Evaluation across clips, as the paper's Table II: first frames moved by other clips."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from bunraku.errors import ClipError
from bunraku.spec.arrays import Picture
from bunraku.stream.clip.reader import ClipFrame
from bunraku.training.choices import Played
from bunraku.training.contender import WINDOW, Contender, close_up
from bunraku.training.evaluate_clips import refuse
from bunraku.training.evaluate_crossed import (
    CROSS_EXPLANATION,
    Crossed,
    Matches,
    add_crossed,
    cross,
    film_by_clip,
)
from bunraku.training.evaluate_frames import Spaced, clip_frames, short_names
from bunraku.training.metrics import KeypointMatch
from bunraku.training.paper_tables import beside_table_2
from bunraku.training.reconstruct import SHEET_FRAMES, find_source
from bunraku.training.report import Log, Refusal, Report, Scene
from bunraku.training.sheets import contact_sheet, save_sheet
from bunraku.training.watchers import Watchers

TITLE = "Across clips"
EXPLANATION = (
    "Pairs of clips, always the same ones: the first frame of one that shows a person is moved by "
    "the frames of the other. "
) + CROSS_EXPLANATION.partition(": ")[2]
FRAMES = 50
"""Of a driving clip, where nobody says how many."""

_SEED = 20240229


def choose_pairs(names: Sequence[str], count: int) -> list[tuple[str, str]]:
    """Source and driver, at most ``count`` pairs of different clips, the same for the same names.

    Every clip is a source once before one is twice.
    """
    rng = np.random.default_rng(_SEED)
    order = [names[i] for i in rng.permutation(len(names))]
    steps = range(1, len(order))
    pairs = [(name, order[(i + k) % len(order)]) for k in steps for i, name in enumerate(order)]
    return pairs[:count]


def evaluate_pairs(
    contenders: Sequence[Contender],
    watchers: Watchers,
    clips: Sequence[Path],
    out: Path,
    report: Report,
    log: Log,
    count: int,
    limit: int | None = None,
    films: bool = False,
) -> list[Played]:
    """Drive the first frames of clips by other clips: a table, and a sheet and a film a pair.

    Returns:
        What was made of each pair.
    """
    paths = dict(zip(short_names(clips), clips, strict=True))
    found: dict[str, Crossed] = {contender.name: {} for contender in contenders}
    played = []
    for source, driver in choose_pairs(list(paths), count):
        name = f"{source} by {driver}"
        try:
            start = find_source(contenders, paths[source], limit)
            if start is None:
                refuse(report, log, Refusal(paths[source].name, None, "nobody to animate"))
                continue
            frames = partial(clip_frames, paths[driver], limit or FRAMES)
            one = _drive(start.takers, watchers, source, driver, frames, found)
            if one is None:
                refuse(report, log, Refusal(paths[driver].name, None, "nobody who drives"))
                continue
            film = out / "films" / f"{name}.webm" if films else None
            if film is not None:
                film_by_clip(start.takers, paths[driver], limit or FRAMES, film)
        except ClipError as error:
            refuse(report, log, Refusal(name, None, str(error)))
            continue
        sheet = save_sheet(out / f"pair-{name}.jpg", _sheet(one))
        report.sheets.append(sheet)
        report.scenes.append(Scene(f"{source}, moved by {driver}", {}, sheet, film))
        played.append(one)
        log(f"{source}: moved by {driver}")
    if played:
        totals = add_crossed(report, found, TITLE, EXPLANATION)
        ours = {who: _paper_measures(matches) for who, matches in totals.items()}
        report.grids.append(beside_table_2(ours))
    return played


def _drive(
    takers: Sequence[Contender],
    watchers: Watchers,
    source: str,
    driver: str,
    frames_of: Callable[[], Iterator[ClipFrame]],
    found: dict[str, Crossed],
) -> Played | None:
    """One pair, as far as all candidates found the driver; None where that is in no frame."""
    columns: list[list[Picture | None]] = []
    for contender in takers:
        matches = found[contender.name].setdefault(source, Matches())
        # All are offered every frame, so that the same ones are kept of all.
        driving: Spaced[Picture] = Spaced(SHEET_FRAMES)
        shown: Spaced[Picture | None] = Spaced(SHEET_FRAMES)
        for frame, picture in cross(contender, watchers, frames_of(), matches):
            driving.offer(frame.image)
            shown.offer(picture)
        columns.append(shown.chosen())
    rows = [
        (image, [picture for picture in row if picture is not None])
        for image, *row in zip(driving.chosen(), *columns, strict=True)
    ]
    whole = [(image, row) for image, row in rows if len(row) == len(takers)]
    if not whole:
        return None
    made = {who.name: [row[i] for _, row in whole] for i, who in enumerate(takers)}
    frames = [image for image, _ in whole]
    first = takers[0]
    photo = close_up(first.photo, first.window)
    return Played(f"{source} by {driver}", source, photo, driver, frames, made, true=False)


def _sheet(one: Played) -> Picture:
    rows: list[list[Picture | None]] = [
        [frame, *(pictures[i] for pictures in one.results.values())]
        for i, frame in enumerate(one.frames)
    ]
    rows.insert(0, [one.source])
    names = [one.name, *[""] * len(one.frames)]
    return contact_sheet(rows, ["driving", *one.results], names, WINDOW)


def _paper_measures(matches: Matches) -> list[float | None]:
    """AED, MKR, AKD."""
    keypoints = KeypointMatch.total(matches.ours)
    return [matches.likeness.means()["aed"], keypoints.mkr, keypoints.akd]
