"""Evaluation of the IUV net on synthetic people, whose surfaces are known exactly."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from bunraku.training.evaluated import ModelUnderTest
from bunraku.training.grid import Grid
from bunraku.training.iuv_data import IuvData
from bunraku.training.report import Log, Report, Target
from bunraku.training.score_iuv import evaluate as evaluate_iuv

EXPLANATION = (
    "The IUV net against the exact maps, from the pose network's landmarks, on all frames in which "
    "the pose network found somebody. Part accuracy is over the person's pixels, mIoU over the 25 "
    "classes with the background, the error of U and V over pixels whose part is right."
)


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
    report.grids.append(Grid("IUV net", EXPLANATION, headings, rows))
    report.details["IUV net"] = {name: asdict(s) for name, s in scores.items()}
    report.targets += [
        Target("IUV net, part accuracy", best.part_accuracy, 0.84, at_least=True),
        Target("IUV net, mIoU", best.mean_iou, 0.62, at_least=True),
    ]
