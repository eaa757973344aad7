"""Evaluation on synthetic people never seen in training, where everything is known exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from bunraku.kernels import sample_texture, warp_occlude
from bunraku.networks.densepose import densepose_from_iuv
from bunraku.networks.layers import identity_grid, push_pull, up2
from bunraku.networks.prior import fill, flow_from_prior, prior_atlas, splat
from bunraku.runtime.drivers.landmarks.head import head_map
from bunraku.runtime.surface_picture import iuv_colours
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.surface import part_charts
from bunraku.training.enlarging import enlarged_iuv
from bunraku.training.evaluated import Frames, ModelUnderTest
from bunraku.training.grid import Grid
from bunraku.training.iuv_data import IuvData
from bunraku.training.judge import Judge
from bunraku.training.likeness import LikenessJudge, LikenessMatch
from bunraku.training.metrics import FrameScore, Score, match_keypoints, score_frame
from bunraku.training.mixture import check_surfaces
from bunraku.training.observe import DEPTH_OFFSET, DEPTH_SCALE, read_observation
from bunraku.training.people.records import (
    IUV_SIZE,
    Record,
    check_record,
    compose,
    list_records,
    read_record,
    taken_down,
)
from bunraku.training.report import Report, Table, Target, ratio
from bunraku.training.sheets import contact_sheet, save_sheet
from bunraku.training.train_iuv import evaluate as evaluate_iuv

UNMOVED = "unmoved source"
COPY = "IUV copy"
EXACT = "Bunraku, exact IUV"
PREDICTED = "Bunraku, predicted IUV"
ROWS = (UNMOVED, COPY, EXACT, PREDICTED)

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

Log = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Case:
    """One person: a source and K driving frames, everything exact."""

    record: Record
    path: Path
    source: int
    driving: list[int]

    @property
    def index(self) -> list[int]:
        return [self.source, *self.driving]

    def picture(self, frame: int) -> Picture:
        """The frame as a camera sees it, [256, 256, 3]."""
        return np.asarray(compose(self.record, frame), np.uint8)

    def background(self, frame: int) -> Picture:
        """The frame without its person."""
        return np.asarray(
            compose(replace(self.record, rgba=np.zeros_like(self.record.rgba)), frame), np.uint8
        )

    def alpha(self, frame: int) -> Array:
        """The person's share of each pixel, [256, 256]."""
        return self.record.rgba[frame, ..., 3].astype(np.float32) / np.float32(255.0)

    def exact(self, size: int = IUV_SIZE) -> Array:
        """P of the source and of the driving frames, [1 + K, 73, size, size]."""
        iuv = taken_down(self.record.iuv[self.index], size)
        return densepose_from_iuv(torch.from_numpy(iuv)).numpy()

    def seen(self) -> Array:
        """Landmarks of the same frames as the pose network gives them, [1 + K, 33, 4].

        Where the pose network found nobody, the record's own landmarks stand in.
        """
        observed = read_observation(self.path)
        own = self.record.landmarks[self.index].copy()
        own[..., 2] = own[..., 2] * DEPTH_SCALE + DEPTH_OFFSET
        found = observed.found[self.index, None, None]
        return np.where(found, observed.landmarks[self.index], own).astype(np.float32)

    def predicted(self, model: ModelUnderTest) -> Array:
        """P of the same frames by the IUV net, from :meth:`seen` and without a mask, at the size
        that the generator takes."""
        landmarks = self.seen()
        no_mask = torch.zeros(len(landmarks), 1, IUV_SIZE, IUV_SIZE)
        with torch.inference_mode():
            made = model.iuv(torch.from_numpy(landmarks), no_mask)
            surface = enlarged_iuv(made, model.size).densepose()
        return np.asarray(surface.numpy(), np.float32)


def cases(data: Path, people: int | None, frames: int) -> Iterator[Case]:
    """The people of a folder, each with its most frontal frame as the source."""
    for path in list_records(data)[:people]:
        record = read_record(path)
        turned = np.abs((record.yaw + np.pi) % (2.0 * np.pi) - np.pi)
        source = int(turned.argmin())
        driving = [i for i in range(len(record)) if i != source][:frames]
        if driving:
            yield Case(record, path, source, driving)


def copy_along_iuv(source: Array, mask: Array, densepose: Array, driving: Array) -> Frames:
    """The trivial baseline: colours follow the exact IUV maps.

    Args:
        source: [3, w, w] in [0, 1].
        mask: [w, w] in [0, 1].
        densepose: P_s [73, n, n], exact.
        driving: P_d [K, 73, n, n], exact; its outline, enlarged, is the mask.
    """
    surface = torch.from_numpy(densepose)[None]
    poses = torch.from_numpy(driving)
    grid = identity_grid(surface.shape[-1])
    person = 1.0 - surface[:, :1]
    coordinates, confidence = fill(*splat(surface, person, grid))
    atlas = prior_atlas(coordinates, coordinates[:, :, :0], confidence)
    sampled = sample_texture(atlas.expand(len(poses), -1, -1, -1, -1), *part_charts(poses))
    flow, _ = flow_from_prior(sampled)
    # Beyond the source's outline its own colours go on, not the background's.
    outline = torch.from_numpy(mask)[None, None]
    colours = push_pull(torch.from_numpy(source)[None] * outline, outline)
    flow = up2(flow)
    copied = warp_occlude(
        colours.expand(len(poses), -1, -1, -1), flow, torch.ones_like(flow[:, :1])
    )
    return Frames(copied.clamp(0.0, 1.0).numpy(), up2(1.0 - poses[:, :1]).numpy())


def over(image: Array, mask: Array, background: Picture) -> Picture:
    """Compose [3, w, w] over a picture with the mask [w, w]."""
    colours = image.transpose(1, 2, 0) * np.float32(255.0)
    share = mask[..., None]
    mixed = colours * share + background * (np.float32(1.0) - share)
    return (mixed + np.float32(0.5)).clip(0.0, 255.0).astype(np.uint8)


def make_rows(case: Case, model: ModelUnderTest) -> tuple[dict[str, list[Picture]], Array]:
    """What each row of the table makes of a case, and the driver's exact IUV maps."""
    exact, own = case.exact(), case.exact(model.size)
    unmoved = case.picture(case.source)
    source = np.ascontiguousarray(unmoved.transpose(2, 0, 1), np.float32) / np.float32(255.0)
    mask = case.alpha(case.source)
    backgrounds = [case.background(i) for i in case.driving]

    def composed(frames: Frames) -> list[Picture]:
        return [
            over(image, outline[0], background)
            for image, outline, background in zip(
                frames.image, frames.mask, backgrounds, strict=True
            )
        ]

    def moved(maps: Array, landmarks: Array) -> list[Picture]:
        head = np.stack([head_map(landmarks[0], driver) for driver in landmarks[1:]])
        return composed(model.animate(source, mask, maps[0], maps[1:], head))

    made = {
        UNMOVED: [unmoved] * len(case.driving),
        COPY: composed(copy_along_iuv(source, mask, exact[0], exact[1:])),
        EXACT: moved(own, case.record.landmarks[case.index]),
        PREDICTED: moved(case.predicted(model), case.seen()),
    }
    return made, exact[1:]


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
