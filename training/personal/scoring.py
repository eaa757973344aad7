"""What a generator makes of a person: of the clip's unseen half, and of the photo itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import nn

from bunraku.networks.generator import Generator
from bunraku.spec.arrays import Array
from bunraku.training.evaluated import Frames, animate
from bunraku.training.grid import Grid
from bunraku.training.likeness import LikenessJudge, LikenessMatch
from bunraku.training.metrics import FrameScore, Score, score_frame
from bunraku.training.people.records import read_record
from bunraku.training.people_cases import Case
from bunraku.training.people_rows import PREDICTED, make_rows
from bunraku.training.report import number


@dataclass(frozen=True, eq=False)
class Network:
    """A generator in torch behind ``ModelUnderTest``, with any IUV net."""

    generator: Generator
    iuv: nn.Module

    @property
    def size(self) -> int:
        """See ``ModelUnderTest``."""
        return self.generator.options.size

    @property
    def provenance(self) -> dict[str, Any]:
        """Told by who asks."""
        return {}

    def animate(
        self, source: Array, mask: Array, densepose: Array, driving: Array, head: Array
    ) -> Frames:
        """See ``ModelUnderTest``."""
        return animate(self.generator, source, mask, densepose, driving, head)


@dataclass(frozen=True)
class PersonScore:
    """How well one person is made; surfaces are the IUV net's, as when a camera drives."""

    frames: int
    """Of the clip's unseen half."""
    person_l1: float
    person_psnr: float
    """In dB."""
    ssim: float
    perceptual: float | None
    """None where nobody looked."""
    own_person_l1: float
    """Of the photo, driven by itself."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            name: round(value, 5) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def score_person(
    network: Network, clip: Path, photo: Path, likeness: LikenessJudge | None = None
) -> PersonScore:
    """Measure a generator.

    Args:
        network: in evaluation mode, on the CPU.
        clip: record whose first frame is the source of all others.
        photo: record of the photo alone.
        likeness: looks at pictures; None leaves ``perceptual`` out.
    """
    frames, match = _scores(network, clip, likeness)
    own, _ = _scores(network, photo, None)
    score = Score.of(frames)
    return PersonScore(
        frames=score.frames,
        person_l1=score.person_l1 or 0.0,
        person_psnr=score.person_psnr or 0.0,
        ssim=score.ssim,
        perceptual=match.means()["perceptual"],
        own_person_l1=Score.of(own).person_l1 or 0.0,
    )


def as_table(before: PersonScore, after: PersonScore) -> Grid:
    """Both, for people."""
    explanation = (
        f"{after.frames} frames of the clip's second half, which was not learned from, made of a "
        "frame of its first half; *photo*: the photo driven by itself."
    )
    headings = ("", "L1 person", "PSNR person", "SSIM", "perceptual", "photo, L1 person")
    rows = [
        [
            name,
            f"{score.person_l1:.4f}",
            f"{score.person_psnr:.2f}",
            f"{score.ssim:.3f}",
            number(score.perceptual, 3),
            f"{score.own_person_l1:.4f}",
        ]
        for name, score in (("before", before), ("after", after))
    ]
    return Grid("Before and after", explanation, headings, rows)


def _scores(
    network: Network, path: Path, likeness: LikenessJudge | None
) -> tuple[list[FrameScore], LikenessMatch]:
    record = read_record(path)
    # One picture alone drives itself.
    driving = list(range(1, len(record))) or [0]
    case = Case(record, path, 0, driving)
    made, _ = make_rows(case, network)
    scores, match = [], LikenessMatch()
    for frame, picture in zip(driving, made[PREDICTED], strict=True):
        target, alpha = case.picture(frame), case.alpha(frame)
        scores.append(score_frame(picture, target, alpha))
        if likeness is not None:
            match.add(likeness.look(picture, alpha), likeness.look(target, alpha))
    return scores, match
