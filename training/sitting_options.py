"""What a sitting on a lent machine is asked for, and the training that comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bunraku.errors import InputError
from bunraku.networks.presets import OPTIONS, Preset
from bunraku.spec.cores import cores
from bunraku.training.mixture import DataShare
from bunraku.training.recipe import RECIPES
from bunraku.training.run_options import RunOptions

GPU_FACTOR = 4
"""Samples in a step on a GPU, in the recipe's: a small network's steps are too short for one."""


@dataclass(frozen=True)
class SittingOptions:
    """What a sitting is asked for."""

    minutes: float
    """Of everything: rendering, training, writing."""
    out: Path
    data: tuple[DataShare, ...] = ()
    """Folders of people that were carried here; none: they are rendered."""
    assets: Path | None = None
    """What people are rendered of."""
    people: int = 400
    """How many are rendered."""
    preset: Preset = Preset.LIVE
    iuv: Path | None = None
    """Checkpoint of the IUV net, or its pieces."""
    length: float = 1.0
    """Samples of the whole run, in the recipe's."""
    batch: int | None = None
    """Samples in a step; None for the recipe's, on a GPU ``GPU_FACTOR`` times."""
    workers: int | None = None
    """Processes that make batches; None for one less than there are cores."""
    device: str = "cuda"
    seed: int = 0
    dry_run: bool = False
    """A step of each phase with the smallest batch: for what is wrong with it."""

    def __post_init__(self) -> None:
        if not self.data and self.assets is None:
            raise InputError(
                "There is nobody to learn from.",
                "Give --data with a folder of people, or --assets to render them.",
            )
        if self.data and self.assets is not None:
            raise InputError("People are both carried and rendered.", "Leave out one of the two.")


def run_options(
    options: SittingOptions, run: Path, data: tuple[DataShare, ...], seconds: float
) -> RunOptions:
    """The training of a sitting.

    Args:
        options: of the sitting.
        run: folder of the training.
        data: what there is to learn from.
        seconds: how long it may train.
    """
    recipe = RECIPES[options.preset]
    on_gpu = options.device.startswith("cuda")
    samples = options.batch or recipe.samples * (GPU_FACTOR if on_gpu else 1)
    if options.dry_run:
        recipe = recipe.scaled(1e-9).with_batch(1)
    else:
        sized = recipe.with_batch(samples)
        recipe = sized.scaled(options.length * recipe.samples / sized.samples)
    spare = 1 if options.dry_run else max(cores() - 1, 1)
    return RunOptions(
        data=data,
        out=run,
        network=OPTIONS[options.preset],
        recipe=recipe,
        iuv=options.iuv,
        device=options.device,
        workers=spare if options.workers is None else options.workers,
        seed=options.seed,
        sitting_minutes=seconds / 60.0,
    )
