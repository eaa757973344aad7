"""What `bunraku evaluate` is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bunraku.errors import InputError
from bunraku.runtime.engines.registry import AUTO
from bunraku.runtime.options import BUNDLE, DRIVER, DriverKind, paints_nothing
from bunraku.training.contender import OURS, Candidate, check_names
from bunraku.training.judge import JudgeKind


class Protocol(StrEnum):
    """What clips drive."""

    SELF = "self"
    """Their own first frames."""
    CROSS = "cross"
    """Each other's first frames, in pairs that are always the same."""


@dataclass(frozen=True)
class EvaluateOptions:
    """What is evaluated, and on what."""

    out: Path
    """Folder of report.json, report.md and the contact sheets."""
    data: Path | None = None
    """Synthetic people never seen in training, with observations."""
    assets: Path | None = None
    """What those people were made of, to compare them by skin tone, build, age and clothing."""
    clips: Path | None = None
    """A real clip or a folder of them."""
    photos: Path | None = None
    """A photo or a folder of them, each to be driven by itself and by every clip."""
    generator: Path | None = None
    """Checkpoint of the generator; None: the bundle."""
    iuv: Path | None = None
    """Checkpoint of the IUV net, with ``generator``."""
    bundle: str | Path = BUNDLE
    """The generator's bundle, by name or folder."""
    iuv_bundle: str | Path = "iuv"
    """The IUV net's bundle."""
    engine: str = AUTO
    """The inference library of the bundles and of candidates that name none; who judges them
    always looks with the reference."""
    candidates: tuple[Candidate, ...] = ()
    """What is compared; none: what :attr:`of_candidates` says."""
    people: int | None = None
    """At most so many synthetic people."""
    frames: int = 4
    """Driving frames of a synthetic person."""
    keypoints: bool = True
    """Look for keypoints in synthetic frames (AKD, MKR); most of the time goes there."""
    clip_frames: int | None = None
    """At most so many frames of each clip, from its start."""
    films: bool = True
    """Write a film of each clip too, for the page."""
    cross_films: bool = False
    """Write a film of each photo moved by each clip as well."""
    protocol: Protocol = Protocol.SELF
    """What clips drive."""
    pairs: int = 50
    """At most so many of them, for ``Protocol.CROSS``."""
    judge: JudgeKind = JudgeKind.POSE
    """Whose keypoints AKD and MKR are of, on clips and photos."""
    likeness: bool = True
    """Whether perceptual, Fréchet, look and face distances are measured."""
    reid: Path | None = None
    """An ONNX network that tells people apart, for AED."""
    face_network: Path | None = None
    """One that tells aligned faces apart, in place of the stand-in."""
    inception: str | None = None
    """One whose rows FID is taken of, or ``torchvision`` for that library's."""
    robustness: bool = False
    """Whether each clip also drives with faults forced into what drives."""
    choices: bool = False
    """Whether sheets of forced choices for people are made."""
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.data is None and self.clips is None and self.photos is None:
            raise InputError(
                "There is nothing to evaluate on.", "Give --data, --clips or --photos."
            )
        if (self.generator is None) != (self.iuv is None):
            raise InputError(
                "A checkpoint of the generator needs one of the IUV net, and the other way round.",
                "Give both --generator and --iuv, or neither for the bundles.",
            )
        if self.generator is not None and (self.clips is not None or self.photos is not None):
            raise InputError(
                "Clips and photos are evaluated with bundles, not with checkpoints.",
                "Export the checkpoints with `bunraku export`, then give --bundle.",
            )
        if self.candidates:
            check_names(self.candidates)
            if (self.bundle, self.iuv_bundle) != (BUNDLE, "iuv"):
                raise InputError(
                    "Bundles are named twice.",
                    "Give them in --candidate, or with --bundle and --iuv-bundle, not both.",
                )
        elif self.data is None and paints_nothing(self.bundle, DRIVER):
            raise InputError(
                f"--bundle {self.bundle} would change nothing: without candidates a body drives "
                "clips and photos, and is drawn without networks that paint.",
                f"Give --candidate mine={self.bundle},driver={DriverKind.LANDMARKS}.",
            )
        if self.protocol is Protocol.CROSS and self.clips is None:
            raise InputError("Across clips there is nothing to drive.", "Give --clips.")
        if self.robustness and (self.clips is None or self.protocol is Protocol.CROSS):
            raise InputError(
                "Robustness is measured on clips that drive themselves.",
                "Give --clips, without --protocol cross.",
            )
        networks = self.reid, self.face_network, self.inception
        if not self.likeness and any(network is not None for network in networks):
            raise InputError("A network is given for what is left out.", "Leave out --no-likeness.")
        if self.assets is not None and self.data is None:
            raise InputError(
                "Nobody is there whom the assets made.", "Give --data, or leave it out."
            )
        if self.pairs < 1:
            raise InputError("At least one pair is needed.")
        if self.frames < 1 or (self.people is not None and self.people < 1):
            raise InputError("At least one person and one driving frame are needed.")

    @property
    def of_candidates(self) -> tuple[Candidate, ...]:
        """What is compared: the candidates; without any the body, beside checkpoints nothing."""
        if self.candidates or self.generator is not None:
            return self.candidates
        return (Candidate(OURS, iuv=self.iuv_bundle, engine=self.engine),)
