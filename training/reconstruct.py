"""Self-reconstruction: one clip drives its own first frame, for all candidates in step."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from bunraku.errors import NoPersonError
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Picture
from bunraku.stream.clip.reader import ClipFrame
from bunraku.training.choices import Played
from bunraku.training.contender import Contender, close_up, windowed
from bunraku.training.evaluate_frames import Spaced, clip_frames
from bunraku.training.face_match import FaceMatch
from bunraku.training.flicker import FlickerMeter, TrueFlow
from bunraku.training.likeness import LikenessMatch
from bunraku.training.metrics import (
    FrameScore,
    OwnError,
    Score,
    average,
    match_keypoints,
    score_frame,
)
from bunraku.training.sheets import Film, tile_size
from bunraku.training.watchers import Sight, Watchers

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


@dataclass
class Performance:
    """What one candidate made of one clip."""

    own: OwnError
    frames: list[FrameScore] = field(default_factory=list)
    flicker: FlickerMeter = field(default_factory=FlickerMeter)
    face: FaceMatch = field(default_factory=FaceMatch)
    likeness: LikenessMatch = field(default_factory=LikenessMatch)
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
    unmoved_likeness: LikenessMatch = field(default_factory=LikenessMatch)
    shown: Spaced[tuple[int, list[Picture]]] = field(default_factory=lambda: Spaced(SHEET_FRAMES))
    """Frame numbers and the pictures of a row, the source's first."""

    def played(self) -> Played:
        """For questions to people: what is shown, without the source's own frame."""
        (_, source), *rows = self.shown.chosen()
        columns = list(zip(*(pictures for _, pictures in rows), strict=True))
        made = dict(zip(self.headings[1:], columns[1:], strict=True))
        return Played(self.name, self.name, source[0], self.name, columns[0], made, true=True)


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
        swimming=average([part.flicker.swimming.ratio for part in parts]),
        mouth=average([part.face.mouth_correlation for part in parts]),
        eyes=average([part.face.eyes_correlation for part in parts]),
        **LikenessMatch.total([part.likeness for part in parts]).means(),
    )


def unmoved(results: Sequence[ClipResult]) -> Score:
    """The source frames as they are, of several clips together."""
    score = Score.of([frame for result in results for frame in result.unmoved])
    likeness = LikenessMatch.total([result.unmoved_likeness for result in results])
    return replace(score, **likeness.means())


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
    watchers: Watchers,
    path: Path,
    name: str,
    limit: int | None,
    film: Path | None = None,
) -> ClipResult:
    """Drive a clip's source frame with the frames from it on, in step for all candidates.

    Args:
        start: what :func:`find_source` gave.
        watchers: look at true and generated frames.
        path: the clip.
        name: what it is called.
        limit: at most so many frames of it.
        film: where to write all candidates side by side; None for nowhere.

    Raises:
        ClipError: the clip cannot be read.
        EngineError: a network failed.
        OutputError: the film cannot be written.
    """
    first = start.takers[0]
    shape = close_up(first.photo, first.window)
    headings = [DRIVING, *(contender.name for contender in start.takers)]
    made = {}
    flows: dict[tuple[int, Window], TrueFlow] = {}
    for contender in start.takers:
        contender.follow(start.frame.image, start.frame.time_s)  # calibrates
        meter = FlickerMeter(flows.setdefault(contender.view, TrueFlow()))
        made[contender.name] = Performance(contender.own_error(), flicker=meter)
    result = ClipResult(name, start.frame.index, made, headings, tile_size(shape, len(headings)))
    by_view = {contender.view: contender for contender in start.takers}
    stills = {view: _see_photo(watchers, contender) for view, contender in by_view.items()}
    still = stills[first.view]
    with ExitStack() as stack:
        reel = None if film is None else stack.enter_context(Film(film, headings, result.size))
        for frame in clip_frames(path, limit):
            if frame.index < start.frame.index:
                continue
            row = [first.upright(frame.image)]
            truths: dict[tuple[int, Window], Sight] = {}
            for contender in start.takers:
                if frame.index == start.frame.index:
                    row.append(contender.whole())
                    continue
                output = contender.follow(frame.image, frame.time_s)
                row.append(contender.whole())
                truth = _truth(truths, watchers, contender, frame)
                found = watchers.see(output, row[-1], contender.window, mask=False)
                performance = made[contender.name]
                performance.frames.append(_score(found, truth))
                performance.flicker.add(output, truth.picture, truth.mask)
                performance.face.add(truth.face, found.face)
                _liken(performance.likeness, found, truth, stills[contender.view])
            if truths:
                truth = truths[first.view]
                result.unmoved.append(_score(still, truth))
                _liken(result.unmoved_likeness, still, truth, still)
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


def _see_photo(watchers: Watchers, contender: Contender) -> Sight:
    """The source in its window."""
    picture, window = windowed(contender.photo, contender.window), contender.window
    return watchers.see(picture, contender.photo, window, mask=False)


def _truth(
    known: dict[tuple[int, Window], Sight],
    watchers: Watchers,
    contender: Contender,
    frame: ClipFrame,
) -> Sight:
    """The true frame in the candidate's window; candidates that frame alike share it."""
    if contender.view not in known:
        whole = contender.upright(frame.image)
        picture = windowed(whole, contender.window)
        known[contender.view] = watchers.see(picture, whole, contender.window, mask=True)
    return known[contender.view]


def _score(found: Sight, truth: Sight) -> FrameScore:
    size = (truth.picture.shape[0], truth.picture.shape[1])
    keypoints = match_keypoints(truth.landmarks, found.landmarks, size)
    return score_frame(found.picture, truth.picture, truth.mask, keypoints)


def _liken(match: LikenessMatch, found: Sight, truth: Sight, source: Sight) -> None:
    if found.look is not None and truth.look is not None:
        match.add(found.look, truth.look)
    match.add_faces(source.portrait, found.portrait, (source.portrait, truth.portrait))
