"""Evaluation: on synthetic people never seen in training, and on real clips and photos."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bunraku.errors import FetchError, InputError
from bunraku.training import fairness
from bunraku.training.choices import Played, write_choices
from bunraku.training.contender import Candidate
from bunraku.training.embedding import OnnxEmbedder, inception_of
from bunraku.training.evaluate_options import EvaluateOptions, Protocol
from bunraku.training.face_match import FaceJudge, MeshJudge
from bunraku.training.folders import check_writable
from bunraku.training.grid import Grid
from bunraku.training.judge import PoseJudge, load_keypoints
from bunraku.training.likeness import NetworkLikeness
from bunraku.training.page import write_page
from bunraku.training.report import Report
from bunraku.training.watchers import Watchers

MEASURED_BY = (
    "Which network each measure is taken of. *pose* also drives, and may err alike in a true frame "
    "and a result; EfficientNet-Lite0 was trained to tell things apart, not people."
)


def run_evaluation(options: EvaluateOptions, log: Callable[[str], None]) -> Report:
    """Evaluate, and write report.json, report.md, index.html, contact sheets and films.

    Raises:
        InputError: nothing to evaluate on, or nothing that can be; the report says why.
        BundleError: a bundle is missing or damaged.
        FetchError: the pose networks have not been fetched yet.
        OutputError: the report cannot be written.
    """
    started = time.monotonic()
    report = Report({})
    check_writable(options.out)  # found now, not after the work
    report.provenance = {
        c.name: {**weights_of(c), "options": c.options.as_json()} for c in options.candidates
    }
    if options.data is not None:
        evaluate_synthetic(options, options.data, report, log)
    if options.clips is not None or options.photos is not None:
        evaluate_real(options, report, log)
    report.details["seconds"] = round(time.monotonic() - started, 1)
    report.write(options.out)
    write_page(report, options.out)
    if report.refusals and not report.sheets:
        raise InputError(
            "Nothing could be evaluated.",
            f"Why is told above, and in {options.out / 'report.md'}.",
        )
    return report


def evaluate_synthetic(
    options: EvaluateOptions, data: Path, report: Report, log: Callable[[str], None]
) -> None:
    """The part on synthetic people; adds to the report."""
    from bunraku.training.evaluate_people import evaluate_people
    from bunraku.training.evaluate_surface import evaluate_surface
    from bunraku.training.evaluated import BundleModel, ModelUnderTest, TorchModel
    from bunraku.training.people_rows import PREDICTED

    candidates = options.of_candidates
    contenders = [candidate.load(options.threads) for candidate in candidates]
    model: ModelUnderTest
    if options.generator is not None and options.iuv is not None:
        model = TorchModel(options.generator, options.iuv)
    else:
        model = BundleModel(options.bundle, options.iuv_bundle, options.threads, options.engine)
    report.provenance |= model.provenance
    judge = PoseJudge(options.threads) if options.keypoints else None
    scores = evaluate_people(
        model,
        contenders,
        judge,
        data,
        options.out,
        report,
        log,
        options.people,
        options.frames,
        likeness=find_likeness(options),
    )
    evaluate_surface(model, data, report, log, options.people)
    if options.assets is not None:
        everybody = list(scores[PREDICTED])
        traits = fairness.traits_of(everybody, options.assets)
        seen = {path: fairness.sighting(path) for path in everybody}
        details = report.details["fairness"] = {}
        for row in (PREDICTED, *(candidate.name for candidate in candidates)):
            told = fairness.compare(traits, scores[row], seen)
            report.grids.append(fairness.as_grid(told, row))
            details[row] = fairness.as_json(told)


def evaluate_real(options: EvaluateOptions, report: Report, log: Callable[[str], None]) -> None:
    """The part on clips and photos, through puppets of the bundles; adds to the report."""
    from bunraku.runtime.source.named import is_clip, is_photo
    from bunraku.training.evaluate_clips import evaluate_clips
    from bunraku.training.evaluate_frames import files
    from bunraku.training.evaluate_pairs import evaluate_pairs
    from bunraku.training.evaluate_photos import evaluate_photos
    from bunraku.training.evaluate_robustness import evaluate_robustness

    clips = files(options.clips, is_clip, "clip") if options.clips else []
    photos = files(options.photos, is_photo, "photo") if options.photos else []
    across = options.protocol is Protocol.CROSS
    if across and len(clips) < 2:
        raise InputError("Across clips at least two are needed.", "Give a folder of clips.")
    watchers = find_watchers(options, report, log)
    candidates = options.of_candidates
    report.provenance = report.provenance or weights_of(candidates[0])
    contenders = [candidate.load(options.threads) for candidate in candidates]
    out, limit, films = options.out, options.clip_frames, options.films
    played: list[Played] = []
    if across:
        played += evaluate_pairs(
            contenders, watchers, clips, out, report, log, options.pairs, limit, films
        )
    elif clips:
        results = evaluate_clips(contenders, watchers, clips, out, report, log, limit, films)
        played += [result.played() for result in results]
        if options.robustness:
            alone, threads = replace(watchers, faces=None, likeness=None), options.threads
            evaluate_robustness(candidates, alone, clips, results, report, log, limit, threads)
    if photos:
        played += evaluate_photos(
            contenders, watchers, photos, clips, out, report, log, limit, options.cross_films
        )
    if options.choices:
        count = report.details["questions"] = write_choices(played, out)
        where = f"{count} questions for people in {out / 'choices'}"
        log(where if count else "there is nothing to ask people about")


def weights_of(candidate: Candidate) -> dict[str, Any]:
    """Where those of its two bundles come from.

    Raises:
        BundleError: one is missing or damaged.
    """
    from bunraku.runtime.engines.bundle import Bundle
    from bunraku.training.evaluated import bundle_provenance

    return bundle_provenance(Bundle.load(candidate.bundle), Bundle.load(candidate.iuv))


def find_watchers(options: EvaluateOptions, report: Report, log: Callable[[str], None]) -> Watchers:
    """Who looks at frames, as asked for; the report says which networks those are.

    Raises:
        FetchError: the pose or the judge's networks have not been fetched yet.
        InputError: a network that was given cannot be used.
        MissingExtraError: the network for likeness is not installed.
    """
    threads = options.threads
    likeness = find_likeness(options)
    networks: dict[str, str] = {} if likeness is None else likeness.names
    told = report.details["measured by"] = {"AKD, MKR": str(options.judge), **networks}
    rows = list(told.items())
    report.grids.append(Grid("Measured by", MEASURED_BY, ["measures", "network"], rows))
    keypoints = load_keypoints(options.judge, threads)
    return Watchers(PoseJudge(threads), face_judge(threads, log), likeness, keypoints)


def find_likeness(options: EvaluateOptions) -> NetworkLikeness | None:
    """Who looks at likeness, with the networks that were given.

    Raises:
        InputError: one of them cannot be used.
        MissingExtraError: the network for likeness, or torchvision, is not installed.
        FetchError: torchvision's weights cannot be downloaded.
    """
    if not options.likeness:
        return None
    reid, faces = (
        None if path is None else OnnxEmbedder(path, normalise=True, threads=options.threads)
        for path in (options.reid, options.face_network)
    )
    asked = options.inception
    inception = None if asked is None else inception_of(asked, options.threads)
    return NetworkLikeness(reid, faces, inception)


def face_judge(threads: int | None, log: Callable[[str], None]) -> FaceJudge | None:
    """Who looks at faces; None, and said so, where the face's network has not been fetched."""
    try:
        return MeshJudge(threads)
    except FetchError as error:
        log(f"faces are not measured: {error}")
        return None
