"""How a row is measured: people never trained on drive themselves, and each drives the next.

With exact IUV maps, so that what differs is the generator: ``bunraku synth`` gives them, and
``bunraku prepare`` those of its driver.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bunraku.kernels.head.operator import HEAD_NUMBERS
from bunraku.networks.generator import Generator
from bunraku.spec.arrays import Array, Picture
from bunraku.training.evaluated import animate
from bunraku.training.judge import Judge
from bunraku.training.likeness import LikenessJudge, LikenessMatch
from bunraku.training.metrics import FrameScore, KeypointMatch, Score, match_keypoints, score_frame
from bunraku.training.people_cases import Case, cases
from bunraku.training.people_rows import over


@dataclass
class RowScore:
    """What was measured of one row; keypoints and likeness where somebody looked."""

    itself: Score
    """Self-reconstruction: a person's own frames."""
    frames: int
    """Of the animation."""
    look: float | None
    """Animation: the result against the source, by features that nobody trained for people."""
    aed: float | None
    mkr: float | None
    """Animation: keypoints of the result against the driving frame's."""
    akd: float | None

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        across = {name: getattr(self, name) for name in ("frames", "look", "aed", "mkr", "akd")}
        return {"self": asdict(self.itself), "animation": across}


@dataclass
class _Found:
    """Frames so far."""

    scores: list[FrameScore] = field(default_factory=list)
    likeness: LikenessMatch = field(default_factory=LikenessMatch)
    crossed: list[KeypointMatch] = field(default_factory=list)
    crossed_likeness: LikenessMatch = field(default_factory=LikenessMatch)
    frames: int = 0


def score_row(
    generator: Generator,
    data: Path,
    people: int | None = None,
    frames: int = 4,
    judge: Judge | None = None,
    likeness: LikenessJudge | None = None,
) -> RowScore:
    """Measure a generator.

    Args:
        generator: in evaluation mode, on the CPU.
        data: records of people never seen in training; at least two, for the animation.
        people: at most so many.
        frames: driving frames of each, at most.
        judge: finds keypoints; None leaves AKD and MKR out.
        likeness: looks at pictures; None leaves its measures out.

    Raises:
        InputError: the folder holds no people, or a damaged file.
    """
    found = _Found()
    chosen = list(cases(data, people, frames))
    for number, case in enumerate(chosen):
        _reconstruct(generator, case, found, judge, likeness)
        if len(chosen) > 1:
            driver = chosen[(number + 1) % len(chosen)]
            _animate(generator, case, driver, found, judge, likeness)
    keypoints = KeypointMatch.total(found.crossed)
    across = found.crossed_likeness.means()
    whole = Score.of(found.scores)
    return RowScore(
        itself=Score(**{**asdict(whole), **found.likeness.means()}),
        frames=found.frames,
        look=across["look"],
        aed=across["aed"],
        mkr=keypoints.mkr,
        akd=keypoints.akd,
    )


def _reconstruct(
    generator: Generator,
    case: Case,
    found: _Found,
    judge: Judge | None,
    likeness: LikenessJudge | None,
) -> None:
    backgrounds = [case.background(frame) for frame in case.driving]
    made = _moved(generator, case, case.exact()[1:], backgrounds)
    for frame, picture in zip(case.driving, made, strict=True):
        target, alpha = case.picture(frame), case.alpha(frame)
        keypoints = None if judge is None else _keypoints(judge, target, picture)
        found.scores.append(score_frame(picture, target, alpha, keypoints))
        if likeness is not None:
            found.likeness.add(likeness.look(picture, alpha), likeness.look(target, alpha))


def _animate(
    generator: Generator,
    case: Case,
    driver: Case,
    found: _Found,
    judge: Judge | None,
    likeness: LikenessJudge | None,
) -> None:
    """The case's source moved by another person's frames, before its own background."""
    backgrounds = [case.background(case.source)] * len(driver.driving)
    made = _moved(generator, case, driver.exact()[1:], backgrounds)
    source = case.picture(case.source)
    true = None if likeness is None else likeness.look(source, case.alpha(case.source))
    for frame, picture in zip(driver.driving, made, strict=True):
        found.frames += 1
        if judge is not None:
            found.crossed.append(_keypoints(judge, driver.picture(frame), picture))
        if likeness is not None and true is not None:
            # The driver's outline is where the result's person is to be.
            found.crossed_likeness.add_person(likeness.look(picture, driver.alpha(frame)), true)


def _moved(
    generator: Generator, case: Case, driving: Array, backgrounds: list[Picture]
) -> list[Picture]:
    source = np.ascontiguousarray(case.picture(case.source).transpose(2, 0, 1), np.float32)
    frames = animate(
        generator,
        source / np.float32(255.0),
        case.alpha(case.source),
        case.exact()[0],
        driving,
        np.zeros((len(driving), HEAD_NUMBERS), np.float32),  # only the prior reads the head's map
    )
    return [
        over(image, mask[0], background)
        for image, mask, background in zip(frames.image, frames.mask, backgrounds, strict=True)
    ]


def _keypoints(judge: Judge, target: Picture, picture: Picture) -> KeypointMatch:
    true, seen = judge.look(target), judge.look(picture)
    return match_keypoints(
        None if true is None else true.landmarks,
        None if seen is None else seen.landmarks,
        (target.shape[0], target.shape[1]),
    )
