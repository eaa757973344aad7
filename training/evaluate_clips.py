"""Evaluation on real clips: what all candidates made of them, as tables, targets and sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bunraku.errors import ClipError
from bunraku.spec.arrays import Picture
from bunraku.training.contender import UNMOVED, WINDOW, Contender
from bunraku.training.evaluate_frames import short_names
from bunraku.training.metrics import Score
from bunraku.training.paper_tables import beside_table_1
from bunraku.training.reconstruct import ClipResult, find_source, reconstruct, total, unmoved
from bunraku.training.report import Log, Refusal, Report, Scene, Table, Target, ratio
from bunraku.training.sheets import contact_sheet, save_sheet
from bunraku.training.watchers import Watchers

EXPLANATION = (
    "Self-reconstruction: a clip's first frame is the source, the whole clip drives it, and each "
    f"result is compared with the true frame in the source's window at {WINDOW} × {WINDOW} "
    f"pixels. *{UNMOVED}*: the first frame as it is. The person's share of a pixel is the pose "
    "network's mask of the true frame. Where the camera moves, the background counts against both. "
    "*flicker*: how much the person's pixels tremble from frame to frame, by how much the true "
    "clip's do; *swimming*: likewise, from one frame to the next along the true clip's flow. "
    "*mouth*, *eyes*: correlation of their opening with the true clip's, of faces of 80 pixels "
    "(48 between the outer corners of the eyes) and more that move it; the report's details say of "
    "each clip what its face is. *perceptual*: LPIPS-style distance of "
    "EfficientNet-Lite0's features to the true frame's. *FED*: Fréchet distance of the same "
    "features over all frames; few frames make it large. *look*: distance of the person's features "
    "to the true frame's, by a network that nobody trained to tell people apart (AED, where one "
    "that was is given). *face*: distance of the source's face to the result's, beside that of the "
    "source's to the *true faces* of the same frames. *own*: the source frame driven by itself, at "
    "its own size."
)


def evaluate_clips(
    contenders: Sequence[Contender],
    watchers: Watchers,
    clips: Sequence[Path],
    out: Path,
    report: Report,
    log: Log,
    limit: int | None = None,
    films: bool = False,
) -> list[ClipResult]:
    """Self-reconstruction of each clip: a table with targets, and a sheet and a film a clip.

    What cannot be evaluated is told in the report's refusals. The rows of all clips together count
    those that every candidate took, so that they can be compared.

    Returns:
        What was made of each clip.
    """
    results = []
    refused = len(report.refusals)
    for path, name in zip(clips, short_names(clips), strict=True):
        film = out / "films" / f"{name}.webm" if films else None
        try:
            start = find_source(contenders, path, limit)
            result = (
                None if start is None else reconstruct(start, watchers, path, name, limit, film)
            )
        except ClipError as error:
            refuse(report, log, Refusal(path.name, None, str(error)))
            continue
        if result is None:
            refuse(report, log, Refusal(path.name, None, "nobody to animate"))
            continue
        if not result.unmoved:
            refuse(report, log, Refusal(path.name, None, "no frame follows the source frame"))
            continue
        for contender in contenders:
            if contender.name not in result.made:
                refuse(report, log, Refusal(path.name, contender.name, "nobody to animate"))
        results.append(result)
        sheet = save_sheet(out / f"clip-{name}.jpg", clip_sheet(result))
        report.sheets.append(sheet)
        scores = {who: performance.score for who, performance in result.made.items()}
        report.scenes.append(Scene(name, scores, sheet, film))
        for who, score in scores.items():
            log(f"{path.name}, {who}: L1 {score.l1:.4f}, AKD {score.akd or float('nan'):.2f}")
    names = [contender.name for contender in contenders]
    report.targets += refused_targets(report.refusals[refused:], names)
    if results:
        add_results(report, results, names)
    return results


def add_results(report: Report, results: Sequence[ClipResult], names: Sequence[str]) -> None:
    """The table of all clips, its targets and details."""
    rows = {}
    details = {}
    for result in results:
        rows[f"{result.name}, {UNMOVED}"] = unmoved([result])
        for who, performance in result.made.items():
            rows[f"{result.name}, {who}"] = performance.score
            flicker = {
                name: means and dict(zip(("result", "true"), means, strict=True))
                for name, means in (
                    ("trembling", performance.flicker.trembling.means),
                    ("swimming", performance.flicker.swimming.means),
                )
            }
            details[row_name(result.name, who, names)] = {
                "source_frame": result.source_frame,
                "lost_frames": performance.lost,
                "face": performance.face.details,
                "frames_with_portrait": len(performance.likeness.face),
                **flicker,
                "driven_by_itself": asdict(performance.own),
            }
    report.details["clips"] = details
    shared = [result for result in results if len(result.made) == len(names)]
    if shared:
        still = rows[f"all, {UNMOVED}"] = unmoved(shared)
        for who in names:
            score = total([result.made[who] for result in shared])
            rows[f"all, {who}"] = report.overall[who] = score
            report.targets += clip_targets(score, still, who, names)
    report.tables.append(Table("Real clips", EXPLANATION, rows))
    if shared:
        every = report.overall.items()
        ours = {who: [s.l1, s.fid, s.aed, s.mkr, s.akd] for who, s in every}
        report.grids.append(beside_table_1(ours))


def clip_targets(score: Score, still: Score, who: str, names: Sequence[str]) -> list[Target]:
    """What is asked of one candidate on all clips together."""
    found = {
        "AKD / unmoved source's": (ratio(score.akd, still.akd), 0.4),
        "AKD": (score.akd, 2.5),
        "MKR": (score.mkr, 0.005),
        "person L1": (score.person_l1, 0.055),
        "flicker": (score.flicker, 1.2),
        "swimming": (score.swimming, 1.2),
        "source driven by itself, person L1": (score.own_person_l1, 0.010),
    }
    if score.face is not None:
        found["face distance / true faces'"] = (ratio(score.face, score.face_true), 1.0)
    faces = {"mouth": (score.mouth, 0.85), "eyes": (score.eyes, 0.8)}
    return [
        Target(row_name(f"real clips, {name}", who, names), value, limit)
        for name, (value, limit) in found.items()
    ] + [
        Target(row_name(f"real clips, {name}", who, names), value, limit, at_least=True)
        for name, (value, limit) in faces.items()
        if value is not None  # nothing is asked where no true face moves
    ]


def refused_targets(refusals: Sequence[Refusal], names: Sequence[str]) -> list[Target]:
    """That no clip is refused, of each candidate."""
    return [
        Target(
            row_name("real clips, refused", who, names),
            float(sum(refusal.who in (None, who) for refusal in refusals)),
            0.0,
        )
        for who in names
    ]


def row_name(what: str, who: str, names: Sequence[str]) -> str:
    """What a number is called: with its candidate, where there are several."""
    return what if len(names) == 1 else f"{what}, {who}"


def refuse(report: Report, log: Log, refusal: Refusal) -> None:
    """Count what could not be evaluated, once, and say so."""
    if refusal in report.refusals:
        return
    report.refusals.append(refusal)
    log(f"left out: {refusal.line}")


def clip_sheet(result: ClipResult) -> Picture:
    """Rows of frames, the source's first, and a column for each candidate."""
    shown = result.shown.chosen()
    names = [f"frame {index}" for index, _ in shown]
    names[0] += " (source)"
    return contact_sheet([row for _, row in shown], result.headings, names, *result.size)
