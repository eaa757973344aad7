"""Self-reconstruction: one clip drives its own first frame, for all candidates in step."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bunraku.errors import NoPersonError
from bunraku.runtime.source.framing import Window
from bunraku.spec.arrays import Array, Picture
from bunraku.stream.clip.reader import ClipFrame
from bunraku.training.contender import Contender, close_up, in_picture, windowed
from bunraku.training.evaluate_frames import Spaced, clip_frames
from bunraku.training.face_match import FaceJudge, FaceMatch
from bunraku.training.flicker import FlickerMeter
from bunraku.training.judge import Judge, Seen
from bunraku.training.metrics import (
    FrameScore,
    OwnError,
    Score,
    average,
    match_keypoints,
    score_frame,
)
from bunraku.training.sheets import Film, tile_size

SHEET_FRAMES = 6
"""Frames of a clip on its sheet."""
TRIES = 60
"""A clip's source is one of so many frames."""
DRIVING = "true frame"


@dataclass(frozen=True, eq=False)
class Start:
    """The frame of a clip that is its source."""

    frame: ClipFrame
    takers: list[Contender]
    """Who can animate it."""


@dataclass(frozen=True, eq=False)
class Truth:
    """A true frame in a window."""

    picture: Picture
    seen: Seen | None
    face: npt.NDArray[np.float32] | None
    """The face's points in pixels of the whole frame, upright."""


@dataclass
class Performance:
    """What one candidate made of one clip."""

    own: OwnError
    frames: list[FrameScore] = field(default_factory=list)
    flicker: FlickerMeter = field(default_factory=FlickerMeter)
    face: FaceMatch = field(default_factory=FaceMatch)
    lost: int = 0
    """Frames in which the driver was not found."""

    @property
    def score(self) -> Score:
        """All its frames together."""
        return total([self])


@dataclass
class ClipResult:
    """One clip driving its own first frame."""

    name: str
    source_frame: int
    """Its number: the first that shows a person to all candidates, or to most."""
    made: dict[str, Performance]
    """By candidate."""
    headings: list[str]
    """Of the sheet's columns."""
    size: tuple[int, int]
    """Width and height of its tiles."""
    unmoved: list[FrameScore] = field(default_factory=list)
    shown: Spaced[tuple[int, list[Picture]]] = field(default_factory=lambda: Spaced(SHEET_FRAMES))
    """Frame numbers and the pictures of a row, the source's first."""


def total(parts: Sequence[Performance]) -> Score:
    """One candidate's frames of several clips together.

    Flicker and the face's correlations are the mean of the clips': summed up, the trembling of one
    clip with a restless camera would hide that of all others.
    """
    score = Score.of(
        [frame for part in parts for frame in part.frames],
        average([part.flicker.trembling.ratio for part in parts]),
        [part.own for part in parts],
    )
    return replace(
        score,
        mouth=average([part.face.mouth_correlation for part in parts]),
        eyes=average([part.face.eyes_correlation for part in parts]),
    )


def find_source(contenders: Sequence[Contender], path: Path, limit: int | None) -> Start | None:
    """The first frame that all can animate, else the first that most can; each has taken it.

    Raises:
        ClipError: the clip cannot be read.
    """
    best: Start | None = None
    for frame in clip_frames(path, TRIES if limit is None else min(limit, TRIES)):
        takers = [contender for contender in contenders if _takes(contender, frame)]
        if takers and (best is None or len(takers) > len(best.takers)):
            best = Start(frame, takers)
        if len(takers) == len(contenders):
            return best
    if best is not None:
        for contender in best.takers:
            _takes(contender, best.frame)
    return best


def reconstruct(
    start: Start,
    judge: Judge,
    path: Path,
    name: str,
    limit: int | None,
    film: Path | None = None,
    faces: FaceJudge | None = None,
) -> ClipResult:
    """Drive a clip's source frame with the frames from it on, in step for all candidates.

    Args:
        start: what :func:`find_source` gave.
        judge: finds the person in true and generated frames.
        path: the clip.
        name: what it is called.
        limit: at most so many frames of it.
        film: where to write all candidates side by side; None for nowhere.
        faces: finds their faces; None to leave them out.

    Raises:
        ClipError: the clip cannot be read.
        EngineError: a network failed.
        OutputError: the film cannot be written.
    """
    first = start.takers[0]
    shape = close_up(first.photo, first.window)
    headings = [DRIVING, *(contender.name for contender in start.takers)]
    made = {}
    for contender in start.takers:
        contender.follow(start.frame.image, start.frame.time_s)  # calibrates
        made[contender.name] = Performance(contender.own_error())
    result = ClipResult(name, start.frame.index, made, headings, tile_size(shape, len(headings)))
    source = windowed(first.photo, first.window)
    still = judge.look(source)
    with ExitStack() as stack:
        reel = None if film is None else stack.enter_context(Film(film, headings, result.size))
        for frame in clip_frames(path, limit):
            if frame.index < start.frame.index:
                continue
            row = [first.upright(frame.image)]
            truths: dict[tuple[int, Window], Truth] = {}
            for contender in start.takers:
                if frame.index == start.frame.index:
                    row.append(contender.whole())
                    continue
                output = contender.follow(frame.image, frame.time_s)
                row.append(contender.whole())
                truth, found = _truth(truths, judge, contender, frame, faces), judge.look(output)
                performance = made[contender.name]
                performance.frames.append(_score(found, output, truth))
                performance.flicker.add(output, truth.picture, _mask(truth))
                performance.face.add(truth.face, _face(faces, row[-1], found, contender.window))
            if truths:
                result.unmoved.append(_score(still, source, truths[first.view]))
            row = [close_up(picture, first.window) for picture in row]
            result.shown.offer((frame.index, row))
            if reel is not None:
                reel.write(row, frame)
    for contender in start.takers:
        made[contender.name].lost = contender.lost
    return result


def _takes(contender: Contender, frame: ClipFrame) -> bool:
    try:
        contender.take(frame.image)
    except NoPersonError:
        return False
    return True


def _truth(
    known: dict[tuple[int, Window], Truth],
    judge: Judge,
    contender: Contender,
    frame: ClipFrame,
    faces: FaceJudge | None,
) -> Truth:
    """The true frame in the candidate's window; candidates that frame alike share it."""
    if contender.view not in known:
        whole = contender.upright(frame.image)
        picture = windowed(whole, contender.window)
        seen = judge.look(picture, mask=True)
        face = _face(faces, whole, seen, contender.window)
        known[contender.view] = Truth(picture, seen, face)
    return known[contender.view]


def _face(
    faces: FaceJudge | None, whole: Picture, seen: Seen | None, window: Window
) -> npt.NDArray[np.float32] | None:
    """The face of a person seen in a window, at the whole picture's own size."""
    if faces is None or seen is None:
        return None
    return faces.look(whole, in_picture(seen.landmarks, window))


def _mask(truth: Truth) -> Array | None:
    return None if truth.seen is None else truth.seen.mask


def _score(found: Seen | None, picture: Picture, truth: Truth) -> FrameScore:
    size = (truth.picture.shape[0], truth.picture.shape[1])
    points = None if truth.seen is None else truth.seen.landmarks
    keypoints = match_keypoints(points, None if found is None else found.landmarks, size)
    return score_frame(picture, truth.picture, _mask(truth), keypoints)
