"""From a photo and a clip to a bundle, or to the reason why there is none."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bunraku.errors import InputError
from bunraku.export.bundle import check_place
from bunraku.export.exporter import export_bundle
from bunraku.export.restore import restore_generator
from bunraku.runtime.engines.bundle import Bundle
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.pose.networks import PoseModel
from bunraku.spec.tensors import EngineName
from bunraku.training.evaluated import EngineIuv
from bunraku.training.likeness import LikenessJudge
from bunraku.training.personal.footage import Footage, shoot
from bunraku.training.personal.scoring import Network, PersonScore, as_table, score_person
from bunraku.training.personal.tuning import TuneOptions, tune
from bunraku.training.prepare.networks import Networks
from bunraku.training.prepare.quality import Limits
from bunraku.training.prepare.run import Load

GAIN = 0.02
"""Share of the person's L1 that must be gained on the unseen half."""
OWN_LOSS = 0.1
"""Share by which the photo's own error may grow: who learns the clip must not forget the photo."""
OWN_LEAST = 0.002
"""And so much in any case: 0 cannot grow by a share."""


@dataclass(frozen=True)
class PersonalOptions:
    """Whose generator, and where to."""

    photo: Path
    clip: Path
    out: Path
    """Folder of the bundle."""
    bundle: str = "live"
    """What is trained further."""
    iuv: str = "iuv"
    """The IUV net's bundle, which maps photo and clip."""
    tuning: TuneOptions = field(default_factory=TuneOptions)
    limits: Limits = field(default_factory=Limits)
    pose: PoseModel = PoseModel.FULL


@dataclass(frozen=True)
class PersonalReport:
    """What came of it."""

    before: PersonScore
    after: PersonScore
    learned: int
    """Frames of the clip's first half."""
    minutes: float

    @property
    def gain(self) -> float:
        """Share of the person's L1 on the unseen half that is gone."""
        return 1.0 - self.after.person_l1 / max(self.before.person_l1, 1e-9)

    def check(self) -> None:
        """See that something was gained and nothing lost.

        :raises InputError: it was not.
        """
        told = (
            f"L1 of the person {self.before.person_l1:.4f} before, {self.after.person_l1:.4f} after"
        )
        if self.gain < GAIN:
            raise InputError(
                f"Nothing is gained on the clip's unseen half ({told}), and nothing was written.",
                "Take a longer clip in which the person moves as later, or more --steps.",
            )
        before, after = self.before.own_person_l1, self.after.own_person_l1
        if after > max(before * (1.0 + OWN_LOSS), before + OWN_LEAST):
            raise InputError(
                f"What the clip gives, the photo loses (its own L1 {before:.4f} before, "
                f"{after:.4f} after), and nothing was written.",
                "Take a clip in which the person looks as in the photo.",
            )


def personalize(
    options: PersonalOptions,
    log: Callable[[str], None],
    likeness: LikenessJudge | None = None,
    load: Load = Networks.load,
) -> PersonalReport:
    """Train a bundle further on one person.

    Args:
        options: see there.
        log: is told of each step, in lines.
        likeness: looks at pictures; None leaves the perceptual distance out.
        load: gives the networks that look at photo and clip.

    Raises:
        InputError: nothing is gained; nothing is written then.
        PhotoError: the photo cannot be used.
        ClipError: the clip cannot be read, or is too short.
        NoPersonError: one of them shows nobody.
        BundleError: a bundle is missing or damaged.
        FetchError: the pose networks have not been fetched yet.
        OutputError: the bundle cannot be written.
    """
    start_s = time.monotonic()
    check_place(options.out)
    base = restore_generator(options.bundle)
    surface = Bundle.load(options.iuv).path(EngineName.IUV)
    iuv = EngineIuv(EngineFactory(threads=1).make(surface, EngineName.IUV))
    networks = load(options.pose, options.iuv, base.options.size)
    footage = shoot(options.photo, options.clip, networks, options.limits)
    log(f"{len(footage.seen)} frames to learn from, {len(footage.unseen)} to measure on")
    with tempfile.TemporaryDirectory(prefix="bunraku-personal-") as folder:
        people, measured = _folders(footage, Path(folder))
        before = score_person(Network(base, iuv), *measured, likeness)
        tuned = tune(base, people, iuv, options.tuning, log)
        after = score_person(Network(tuned, iuv), *measured, likeness)
    minutes = (time.monotonic() - start_s) / 60.0
    report = PersonalReport(before, after, len(footage.seen), round(minutes, 1))
    for line in as_table(before, after).markdown().splitlines():
        log(line)
    report.check()
    export_bundle(tuned, options.out, provenance=_provenance(options, report), say=log)
    return report


def _folders(footage: Footage, folder: Path) -> tuple[Path, tuple[Path, Path]]:
    """Records to learn from, and the two that are measured."""
    people, apart = folder / "people", folder / "measured"
    people.mkdir()
    apart.mkdir()
    footage.write(people)
    return people, footage.write_measured(apart)


def _provenance(options: PersonalOptions, report: PersonalReport) -> dict[str, Any]:
    """Where the weights come from; nothing that names the person."""
    base = Bundle.load(options.bundle)
    return {
        "personal": True,
        "base": {"bundle": base.folder.name, **base.manifest.provenance},
        "frames": report.learned,
        "steps": options.tuning.steps,
        "minutes": report.minutes,
        "unseen half, before": report.before.as_json(),
        "unseen half, after": report.after.as_json(),
    }
