"""Evaluation: on synthetic people never seen in training, and on real clips and photos."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from bunraku.errors import FetchError, InputError
from bunraku.runtime.engines.registry import AUTO
from bunraku.training.contender import OURS, Candidate, check_names
from bunraku.training.face_match import FaceJudge, MeshJudge
from bunraku.training.page import write_page
from bunraku.training.report import Report


@dataclass(frozen=True)
class EvaluateOptions:
    """What is evaluated, and on what."""

    out: Path
    """Folder of report.json, report.md and the contact sheets."""
    data: Path | None = None
    """Synthetic people never seen in training, with observations."""
    clips: Path | None = None
    """A real clip or a folder of them."""
    photos: Path | None = None
    """A photo or a folder of them, each to be driven by itself and by every clip."""
    generator: Path | None = None
    """Checkpoint of the generator; None: the bundle."""
    iuv: Path | None = None
    """Checkpoint of the IUV net, with ``generator``."""
    bundle: str | Path = "live"
    """The generator's bundle, by name or folder."""
    iuv_bundle: str | Path = "iuv"
    """The IUV net's bundle."""
    engine: str = AUTO
    """The inference library of the bundles and of candidates that name none; who judges them
    always looks with the reference."""
    candidates: tuple[Candidate, ...] = ()
    """What is compared on clips and photos; none: the two bundles alone."""
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
            if self.data is not None or self.generator is not None:
                raise InputError(
                    "Candidates are compared on clips and photos, not on synthetic people.",
                    "Leave out --candidate, or --data and the checkpoints.",
                )
            if (self.bundle, self.iuv_bundle) != ("live", "iuv"):
                raise InputError(
                    "Bundles are named twice.",
                    "Give them in --candidate, or with --bundle and --iuv-bundle, not both.",
                )
        if self.frames < 1 or (self.people is not None and self.people < 1):
            raise InputError("At least one person and one driving frame are needed.")


def run_evaluation(options: EvaluateOptions, log: Callable[[str], None]) -> Report:
    """Evaluate, and write report.json, report.md, index.html, contact sheets and films.

    Raises:
        InputError: nothing to evaluate on, or files that cannot be read.
        BundleError: a bundle is missing or damaged.
        FetchError: the pose networks have not been fetched yet.
        OutputError: the report cannot be written.
    """
    started = time.monotonic()
    report = Report({})
    report.write(options.out)  # an unwritable folder is found now, not after the work
    if options.data is not None:
        evaluate_synthetic(options, options.data, report, log)
    if options.clips is not None or options.photos is not None:
        evaluate_real(options, report, log)
    report.details["seconds"] = round(time.monotonic() - started, 1)
    report.write(options.out)
    write_page(report, options.out)
    return report


def evaluate_synthetic(
    options: EvaluateOptions, data: Path, report: Report, log: Callable[[str], None]
) -> None:
    """The part on synthetic people; adds to the report."""
    from bunraku.training.evaluate_people import evaluate_people, evaluate_surface
    from bunraku.training.evaluated import BundleModel, ModelUnderTest, TorchModel
    from bunraku.training.judge import PoseJudge

    model: ModelUnderTest
    if options.generator is not None and options.iuv is not None:
        model = TorchModel(options.generator, options.iuv)
    else:
        model = BundleModel(options.bundle, options.iuv_bundle, options.threads, options.engine)
    report.provenance = model.provenance
    judge = PoseJudge(options.threads) if options.keypoints else None
    evaluate_people(model, judge, data, options.out, report, log, options.people, options.frames)
    evaluate_surface(model, data, report, log, options.people)


def evaluate_real(options: EvaluateOptions, report: Report, log: Callable[[str], None]) -> None:
    """The part on clips and photos, through puppets of the bundles; adds to the report."""
    from bunraku.runtime.engines.bundle import Bundle
    from bunraku.training.evaluate_clips import evaluate_clips
    from bunraku.training.evaluate_frames import CLIP_SUFFIXES, PHOTO_SUFFIXES, files
    from bunraku.training.evaluate_photos import evaluate_photos
    from bunraku.training.evaluated import bundle_provenance
    from bunraku.training.judge import PoseJudge

    clips = files(options.clips, CLIP_SUFFIXES, "clip") if options.clips else []
    photos = files(options.photos, PHOTO_SUFFIXES, "photo") if options.photos else []
    candidates = options.candidates or (
        Candidate(OURS, options.bundle, options.iuv_bundle, options.engine),
    )
    sources = {
        c.name: bundle_provenance(Bundle.load(c.bundle), Bundle.load(c.iuv)) for c in candidates
    }
    if options.candidates:
        report.provenance = {
            c.name: {**sources[c.name], "options": asdict(c.options)} for c in candidates
        }
    else:
        report.provenance = report.provenance or sources[OURS]
    contenders = [candidate.load(options.threads) for candidate in candidates]
    judge = PoseJudge(options.threads)
    if clips:
        evaluate_clips(
            contenders,
            judge,
            clips,
            options.out,
            report,
            log,
            options.clip_frames,
            options.films,
            face_judge(options.threads, log),
        )
    if photos:
        evaluate_photos(
            contenders,
            judge,
            photos,
            clips,
            options.out,
            report,
            log,
            options.clip_frames,
            options.cross_films,
        )


def face_judge(threads: int | None, log: Callable[[str], None]) -> FaceJudge | None:
    """Who looks at faces; None, and said so, where the face's network has not been fetched."""
    try:
        return MeshJudge(threads)
    except FetchError as error:
        log(f"faces are not measured: {error}")
        return None
