"""Evaluation on synthetic people never seen in training, where everything is known exactly."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from bunraku.runtime.surface_picture import iuv_colours
from bunraku.spec.arrays import Array, Picture
from bunraku.training.contender import UNMOVED
from bunraku.training.evaluated import ModelUnderTest
from bunraku.training.grid import Grid
from bunraku.training.iuv_data import IuvData
from bunraku.training.judge import Judge
from bunraku.training.likeness import LikenessJudge, LikenessMatch
from bunraku.training.metrics import FrameScore, Score, match_keypoints, score_frame
from bunraku.training.mixture import check_surfaces
from bunraku.training.people.records import check_record, list_records
from bunraku.training.people_cases import Case, cases
from bunraku.training.people_rows import COPY, EXACT, PREDICTED, ROWS, make_rows
from bunraku.training.report import Log, Report, Table, Target, ratio
from bunraku.training.score_iuv import evaluate as evaluate_iuv
from bunraku.training.sheets import contact_sheet, save_sheet

EXPLANATION = (
    "Synthetic people never seen in training. The frame in which a person faces the camera most "
    "is the source, the others drive; results are compared over the true background. "
    f"*{UNMOVED}*: the source picture as it is. "
    f"*{COPY}*: each pixel takes the colour that the source's exact IUV map has at the driver's "
    "exact part, U and V (never-seen texture from its surroundings in the chart, else from the "
    "other side of the body, else from the other face of the limb), cut out by the exact IUV "
    "map's own outline. "
    f"*{EXACT}*: both IUV maps and the landmarks of the face are the exact ones. "
    f"*{PREDICTED}*: both maps are the IUV net's, without a mask, from the pose network's "
    "landmarks. "
    "L1 and SSIM are in [0, 1], PSNR in dB, AKD in pixels of 256; AKD and MKR are the pose "
    "network's, between the true and the generated frame. *perceptual*, *FED*, *look*: distances "
    "of EfficientNet-Lite0's features to the true frame's, as for real clips."
)
SURFACE_EXPLANATION = (
    "The IUV net against the exact maps, from the pose network's landmarks, on all frames in which "
    "the pose network found somebody. Part accuracy is over the person's pixels, mIoU over the 25 "
    "classes with the background, the error of U and V over pixels whose part is right."
)
SHEET_PEOPLE = 6
SHEET_DRIVES = 2
SHEET_SIDE = 192


def evaluate_people(
    model: ModelUnderTest,
    judge: Judge | None,
    data: Path,
    out: Path,
    report: Report,
    log: Log,
    people: int | None = None,
    frames: int = 4,
    sheets: int = 2,
    likeness: LikenessJudge | None = None,
) -> dict[Path, dict[str, list[FrameScore]]]:
    """Score the generator and the IUV net on a folder of people; add it all to the report.

    Args:
        model: what is evaluated.
        judge: finds keypoints; None leaves AKD and MKR out.
        data: records with observations, of people never seen in training.
        out: folder of the contact sheets.
        report: takes the table, the targets and the sheets.
        log: told how far it is.
        people: how many people at most.
        frames: how many driving frames a person at most.
        sheets: how many contact sheets of ``SHEET_PEOPLE`` people each.
        likeness: looks at pictures; None leaves its measures out.

    Returns:
        Each person's frames, by row of the table.

    Raises:
        InputError: no people in the folder, or they have not been observed, or their surfaces are
            coarser than the generator's.
    """
    records = list_records(data)[:people]
    check_surfaces(data, {check_record(path) for path in records}, model.size)
    scores: dict[str, list[FrameScore]] = {row: [] for row in ROWS}
    people_scores: dict[Path, dict[str, list[FrameScore]]] = {}
    matches = {row: LikenessMatch() for row in ROWS}
    halves: list[bool] = []
    rows: list[list[Picture | None]] = []
    names: list[str] = []
    total = len(records)
    for number, case in enumerate(cases(data, people, frames), 1):
        made, driving = make_rows(case, model)
        unmoved_seen = judge.look(made[UNMOVED][0]) if judge is not None else None
        for k, frame in enumerate(case.driving):
            target, alpha = case.picture(frame), case.alpha(frame)
            seen = judge.look(target) if judge is not None else None
            true = likeness.look(target, alpha) if likeness is not None else None
            halves.append(case.record.half)
            for row in ROWS:
                picture = made[row][k]
                keypoints = None
                if judge is not None:
                    found = unmoved_seen if row == UNMOVED else judge.look(picture)
                    keypoints = match_keypoints(
                        None if seen is None else seen.landmarks,
                        None if found is None else found.landmarks,
                        (target.shape[0], target.shape[1]),
                    )
                scores[row].append(score_frame(picture, target, alpha, keypoints))
                if likeness is not None and true is not None:
                    matches[row].add(likeness.look(picture, alpha), true)
        since = len(case.driving)
        people_scores[case.path] = {row: each[-since:] for row, each in scores.items()}
        if len(rows) < sheets * SHEET_PEOPLE:
            rows.append(sheet_row(case, made, driving))
            names.append(case.path.stem)
        if number % 10 == 0:
            log(f"{number} of {total} people")
    whole = {row: replace(Score.of(scores[row]), **matches[row].means()) for row in ROWS}
    table = Table("Synthetic people", EXPLANATION, whole)
    report.tables.append(table)
    report.targets += people_targets(table)
    report.details["synthetic people by framing"] = {
        name: {
            row: asdict(Score.of(chosen))
            for row in ROWS
            if (chosen := [s for s, h in zip(scores[row], halves, strict=True) if h is half])
        }
        for name, half in (("half body", True), ("full body", False))
    }
    headings = ["source", *["driving", "exact IUV", COPY, "ours, exact", "ours, pred."] * 2]
    for start in range(0, len(rows), SHEET_PEOPLE):
        stop = start + SHEET_PEOPLE
        sheet = contact_sheet(rows[start:stop], headings, names[start:stop], SHEET_SIDE)
        report.sheets.append(save_sheet(out / f"people-{start // SHEET_PEOPLE:02d}.jpg", sheet))
    return people_scores


def sheet_row(case: Case, made: dict[str, list[Picture]], driving: Array) -> list[Picture | None]:
    """Source; then for each of the first driving frames what the rows made of it."""
    row: list[Picture | None] = [case.picture(case.source)]
    for k, frame in enumerate(case.driving[:SHEET_DRIVES]):
        row += [case.picture(frame), iuv_colours(driving[k][None])]
        row += [made[name][k] for name in (COPY, EXACT, PREDICTED)]
    return row


def people_targets(table: Table) -> list[Target]:
    """What was asked of the generator on unseen synthetic people with the driver's own IUV."""
    ours, unmoved, copied = (table.rows[row] for row in (EXACT, UNMOVED, COPY))
    return [
        Target("person L1 / unmoved source's", ratio(ours.person_l1, unmoved.person_l1), 0.48),
        Target("person L1 / IUV copy's", ratio(ours.person_l1, copied.person_l1), 0.75),
        Target("person PSNR, dB", ours.person_psnr, 19.0, at_least=True),
        Target("AKD / unmoved source's", ratio(ours.akd, unmoved.akd), 1.0 / 3.0),
        Target("AKD", ours.akd, 3.0),
        Target("MKR", ours.mkr, 0.02),
    ]


def evaluate_surface(
    model: ModelUnderTest, data: Path, report: Report, log: Log, people: int | None = None
) -> None:
    """Score the IUV net on the pose network's input, with its mask and without one."""
    frames = IuvData(data, people)
    scores = {
        "with the pose network's mask": evaluate_iuv(model.iuv, frames, masked=True),
        "without a mask": evaluate_iuv(model.iuv, frames, masked=False),
    }
    best, plain = scores.values()
    log(f"IUV net: part accuracy {best.part_accuracy:.3f}, {plain.part_accuracy:.3f} without mask")
    rows = [
        [name, f"{s.part_accuracy:.3f}", f"{s.mean_iou:.3f}", f"{s.uv_error:.3f}", str(s.frames)]
        for name, s in scores.items()
    ]
    headings = ["", "part accuracy", "mIoU", "U, V error", "frames"]
    report.grids.append(Grid("IUV net", SURFACE_EXPLANATION, headings, rows))
    report.details["IUV net"] = {name: asdict(s) for name, s in scores.items()}
    report.targets += [
        Target("IUV net, part accuracy", best.part_accuracy, 0.84, at_least=True),
        Target("IUV net, mIoU", best.mean_iou, 0.62, at_least=True),
    ]
