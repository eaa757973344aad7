"""What a training of the generator is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bunraku.networks.presets import OPTIONS, GeneratorOptions, Preset
from bunraku.training.mixture import DataShare
from bunraku.training.perceptual import FeatureKind
from bunraku.training.recipe import LIVE, Recipe

ALL = "all"
"""In place of a phase's name: all that are still to do."""


@dataclass(frozen=True)
class RunOptions:
    """One sitting of a generator's training."""

    data: tuple[DataShare | Path, ...]
    """Folders of records with observations; without a weight each counts one."""
    out: Path
    """Folder of the run: checkpoint.pt, losses.jsonl, samples."""
    network: GeneratorOptions = OPTIONS[Preset.LIVE]
    recipe: Recipe = LIVE
    phase: str = ALL
    """One phase of the recipe, or all that are still to do."""
    resume: bool = False
    """There must be a checkpoint to go on from; without, a run goes on where there is one."""
    iuv: Path | None = None
    """Checkpoint or bundle of a trained IUV net, for training on predicted IUV maps."""
    begin_with: str | Path | None = None
    """The bundle whose weights a new run begins with; a run that goes on has its own."""
    features: FeatureKind = FeatureKind.EFFICIENTNET_LITE0
    device: str = "cpu"
    threads: int | None = None
    """CPU threads; None leaves torch's choice."""
    workers: int = 0
    """Processes that make batches ahead."""
    seed: int = 0
    sitting_minutes: float | None = None
    """Stop this sitting after so long, to be resumed; None: at the run's end."""
    tensorboard: bool = False
