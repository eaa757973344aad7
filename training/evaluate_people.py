"""Evaluation on synthetic people never seen in training, where everything is known exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from bunraku.errors import NoPersonError
from bunraku.runtime.surface_picture import iuv_colours
from bunraku.spec.arrays import Array, Picture
from bunraku.training.contender import UNMOVED, Contender
from bunraku.training.evaluate_clips import refuse, row_name
from bunraku.training.evaluated import ModelUnderTest
from bunraku.training.judge import Judge
from bunraku.training.likeness import LikenessJudge, LikenessMatch
from bunraku.training.metrics import FrameScore, Score, match_keypoints, score_frame
from bunraku.training.mixture import check_surfaces
from bunraku.training.people.records import check_record, list_records
from bunraku.training.people_cases import Case, cases
from bunraku.training.people_driven import drive_case
from bunraku.training.people_rows import COPY, EXACT, PREDICTED, ROWS, make_rows
from bunraku.training.report import Log, Refusal, Report, Table, Target, ratio
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
    "Every other row is a candidate, which is given nothing but pictures, without exact maps or "
    "masks: the source is its photo, the others are shown to it as a camera's; whom it refuses is "
    "not in its row. "
    "L1 and SSIM are in [0, 1], PSNR in dB, AKD in pixels of 256; AKD and MKR are the pose "
    "network's, between the true and the generated frame. *perceptual*, *FED*, *look*: distances "
    "of EfficientNet-Lite0's features to the true frame's, as for real clips."
)
SHEET_PEOPLE = 6
SHEET_DRIVES = 2
SHEET_SIDE = 192


def evaluate_people(
    model: ModelUnderTest,
    contenders: Sequence[Contender],
    judge: Judge | None,
    data: Path,
    out: Path,
    report: Report,
    log: Log,
    people: int | None = None,
    frames: int = 4,
    sheets: int = 2,
    likeness: LikenessJudge | None = None,
) -> dict[str, dict[Path, list[FrameScore]]]:
    """Score a generator, an IUV net and candidates on a folder of people; add it to the report.

    Args:
        model: the generator and the IUV net, which are told exact maps too.
        contenders: candidates, which are given pictures alone.
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
        For each row of the table, each person's frames.

    Raises:
        InputError: no people in the folder, or they have not been observed, or their surfaces are
            coarser than the generator's.
    """
    records = list_records(data)[:people]
    check_surfaces(data, {check_record(path) for path in records}, model.size)
    names = [contender.name for contender in contenders]
    scores: dict[str, dict[Path, list[FrameScore]]] = {row: {} for row in (*ROWS, *names)}
    matches = {row: LikenessMatch() for row in scores}
    halves: set[Path] = set()
    rows: list[list[Picture | None]] = []
    shown: list[str] = []
    for number, case in enumerate(cases(data, people, frames), 1):
        made, driving = make_rows(case, model)
        for contender in contenders:
            try:
                made[contender.name] = drive_case(contender, case)
            except NoPersonError as error:
                who = None if len(names) == 1 else contender.name
                refuse(report, log, Refusal(case.path.name, who, str(error)))
        for row, each in score_case(case, made, judge, likeness, matches).items():
            scores[row][case.path] = each
        if case.record.half:
            halves.add(case.path)
        if len(rows) < sheets * SHEET_PEOPLE:
            rows.append(sheet_row(case, made, driving, names))
            shown.append(case.path.stem)
        if number % 10 == 0:
            log(f"{number} of {len(records)} people")
    whole = {
        row: replace(Score.of(every), **matches[row].means())
        for row, found in scores.items()
        if (every := [score for each in found.values() for score in each])
    }
    table = Table("Synthetic people", EXPLANATION, whole)
    report.tables.append(table)
    report.targets += people_targets(table)
    for who in names:
        report.targets += driven_targets(table, who, names)
    report.details["synthetic people by framing"] = {
        name: {
            row: asdict(Score.of(every))
            for row, found in scores.items()
            if (every := [s for path in found if (path in halves) is half for s in found[path]])
        }
        for name, half in (("half body", True), ("full body", False))
    }
    columns = ["driving", "exact IUV", COPY, "ours, exact", "ours, pred.", *names]
    headings = ["source", *columns * SHEET_DRIVES]
    for start in range(0, len(rows), SHEET_PEOPLE):
        stop = start + SHEET_PEOPLE
        sheet = contact_sheet(rows[start:stop], headings, shown[start:stop], SHEET_SIDE)
        report.sheets.append(save_sheet(out / f"people-{start // SHEET_PEOPLE:02d}.jpg", sheet))
    return scores


def score_case(
    case: Case,
    made: Mapping[str, Sequence[Picture]],
    judge: Judge | None,
    likeness: LikenessJudge | None,
    matches: Mapping[str, LikenessMatch],
) -> dict[str, list[FrameScore]]:
    """Every row's pictures of one person against the true ones; ``matches`` grow by them."""
    scores: dict[str, list[FrameScore]] = {row: [] for row in made}
    unmoved_seen = judge.look(made[UNMOVED][0]) if judge is not None else None
    for k, frame in enumerate(case.driving):
        target, alpha = case.picture(frame), case.alpha(frame)
        seen = judge.look(target) if judge is not None else None
        true = likeness.look(target, alpha) if likeness is not None else None
        for row, pictures in made.items():
            picture = pictures[k]
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
    return scores


def sheet_row(
    case: Case, made: Mapping[str, Sequence[Picture]], driving: Array, candidates: Sequence[str]
) -> list[Picture | None]:
    """Source; then for each of the first driving frames what the rows made of it, and nothing
    where a candidate refused the source or there are no more frames."""
    row: list[Picture | None] = [case.picture(case.source)]
    for k, frame in enumerate(case.driving[:SHEET_DRIVES]):
        row += [case.picture(frame), iuv_colours(driving[k][None])]
        row += [made[name][k] if name in made else None for name in (*ROWS[1:], *candidates)]
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


def driven_targets(table: Table, who: str, names: Sequence[str]) -> list[Target]:
    """What was asked of whatever ships, of one candidate that is given pictures alone."""
    ours = table.rows.get(who)
    l1, akd, mkr = (None,) * 3 if ours is None else (ours.person_l1, ours.akd, ours.mkr)
    found = {
        "person L1 / IUV copy's": (ratio(l1, table.rows[COPY].person_l1), 0.75),
        "AKD": (akd, 3.0),
        "MKR": (mkr, 0.02),
    }
    return [
        Target(row_name(f"synthetic people, {name}", who, names), value, limit)
        for name, (value, limit) in found.items()
    ]
