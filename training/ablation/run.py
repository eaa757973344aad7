"""All nine rows, one after the other: each is trained, measured and written down."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bunraku.errors import InputError, OutputError
from bunraku.networks.checkpoint import read_checkpoint
from bunraku.networks.generator import Generator
from bunraku.training.ablation.recipes import parts_of, recipe_of
from bunraku.training.ablation.rows import ROWS, Row
from bunraku.training.ablation.scoring import score_row
from bunraku.training.ablation.table import paper_json, table_of
from bunraku.training.folders import make_folder
from bunraku.training.hardware import machine_name
from bunraku.training.judge import Judge
from bunraku.training.likeness import LikenessJudge
from bunraku.training.mixture import DataShare
from bunraku.training.parts import modules_of
from bunraku.training.perceptual import FeatureKind
from bunraku.training.recipe import PAPER, Recipe
from bunraku.training.run_options import RunOptions
from bunraku.training.train_generator import run as train

REPORT = "ablations.json"
TABLE = "ablations.md"


@dataclass(frozen=True)
class AblationOptions:
    """What is trained and measured, at which size."""

    data: tuple[DataShare, ...]
    """To learn from."""
    unseen: Path
    """People who are not in it, to measure on."""
    out: Path
    """Folder of the report, and of each row's run."""
    width: float = 1.0
    """The paper's channels, times this."""
    length: float = 1.0
    """The paper's steps, times this."""
    batch: int | None = None
    """Samples in a step; None for the paper's."""
    people: int | None = None
    """Of the unseen ones, at most."""
    frames: int = 4
    """Driving frames of each, at most."""
    iuv: Path | None = None
    """Checkpoint of the IUV net, for training on predicted maps."""
    features: FeatureKind = FeatureKind.EFFICIENTNET_LITE0
    device: str = "cpu"
    threads: int | None = None
    workers: int = 0
    seed: int = 0
    rows: tuple[str, ...] = ()
    """Keys of those that are wanted; none: all."""

    @property
    def recipe(self) -> Recipe:
        """The paper's at this size."""
        recipe = PAPER.scaled(self.length)
        return recipe if self.batch is None else recipe.with_batch(self.batch)

    def chosen(self) -> Sequence[Row]:
        """The rows that are wanted.

        :raises InputError: one is none of the nine.
        """
        known = {row.key: row for row in ROWS}
        for key in self.rows:
            if key not in known:
                raise InputError(f"There is no row {key!r}.", f"Use {', '.join(known)}.")
        return [row for row in ROWS if not self.rows or row.key in self.rows]


def run_ablations(
    options: AblationOptions,
    log: Callable[[str], None],
    judge: Judge | None = None,
    likeness: LikenessJudge | None = None,
) -> dict[str, Any]:
    """Train and measure the rows that are not done yet.

    Interrupted or killed, it goes on in the middle of the row when it is run again.

    Args:
        options: see there.
        log: is told of each step, in lines.
        judge: finds keypoints; None leaves AKD and MKR out.
        likeness: None leaves FED, look, AED and FID out.

    Returns:
        What ``ablations.json`` holds.

    Raises:
        InputError: no such row, no people, or the folder was begun at another size.
        OutputError: the folder cannot be written to.
        EngineError: a training diverges.
    """
    chosen = options.chosen()
    make_folder(options.out)
    report = _begin(options)
    for number, row in enumerate(chosen, 1):
        if row.key in report["rows"]:
            log(f"{row.name}: done already")
            continue
        log(f"{row.name}: row {number} of {len(chosen)}")
        report["rows"][row.key] = _row(row, options, log, judge, likeness)
        _write(options.out, report)
    return report


def _row(
    row: Row,
    options: AblationOptions,
    log: Callable[[str], None],
    judge: Judge | None,
    likeness: LikenessJudge | None,
) -> dict[str, Any]:
    network = row.options(options.width)
    wanted = RunOptions(
        data=options.data,
        out=options.out / row.key,
        network=network,
        recipe=recipe_of(network, options.recipe),
        iuv=options.iuv,
        features=options.features,
        device=options.device,
        threads=options.threads,
        workers=options.workers,
        seed=options.seed,
    )
    checkpoint = train(wanted, log).checkpoint
    held = read_checkpoint(checkpoint)
    generator = held.generator()
    scores = score_row(generator, options.unseen, options.people, options.frames, judge, likeness)
    return {
        "name": row.name,
        "parameters": used_parameters(generator),
        "steps": held.progress.steps,
        "samples": held.progress.samples,
        "training_s": round(held.progress.seconds, 1),
        "scores": scores.as_json(),
    }


def used_parameters(generator: Generator) -> int:
    """Trained numbers of the parts that take part."""
    modules = [m for part in parts_of(generator.options) for m in modules_of(generator, part)]
    return sum(p.numel() for module in modules for p in module.parameters())


def _begin(options: AblationOptions) -> dict[str, Any]:
    """The report so far, or a new one.

    :raises InputError: what is there is of another size, or damaged.
    """
    settings = _settings(options)
    path = options.out / REPORT
    if not path.exists():
        return {
            "settings": settings,
            "machine": machine_name(),
            "paper": paper_json(),
            "rows": {},
        }
    try:
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        there: Mapping[str, Any] = report["settings"]
        report["rows"].keys()
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise InputError(f"{path} is damaged or no report.", "Name another folder.") from error
    differing = sorted(n for n in {*there, *settings} if there.get(n) != settings.get(n))
    if differing:
        raise InputError(
            f"{options.out} was begun with another {', '.join(differing)}.",
            "Choose an empty folder, or the same as then.",
        )
    return report


def _settings(options: AblationOptions) -> dict[str, Any]:
    """What must not change between two rows of one table."""
    recipe = options.recipe
    told = asdict(options)
    free = ("out", "rows", "device", "threads", "workers", "length", "batch")
    settings = {name: value for name, value in told.items() if name not in free}
    folders = [{"folder": str(share.folder), "weight": share.weight} for share in options.data]
    return {
        **settings,
        "data": folders,
        "unseen": str(options.unseen),
        "iuv": None if options.iuv is None else str(options.iuv),
        "steps": recipe.steps,
        "batch": recipe.samples,
    }


def _write(out: Path, report: Mapping[str, Any]) -> None:
    texts = {
        REPORT: json.dumps(report, indent=2, ensure_ascii=False) + "\n",
        TABLE: table_of(report["rows"]).markdown() + "\n",
    }
    for name, text in texts.items():
        part = out / f"{name}.part"
        try:
            part.write_text(text, encoding="utf-8")
            part.replace(out / name)
        except OSError as error:
            raise OutputError.of(out / name, error) from error
