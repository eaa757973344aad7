"""Weights that a training begins with: a bundle's, made ready to learn on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from bunraku.errors import InputError
from bunraku.export.fold import folded
from bunraku.export.restore import restore_generator, restore_iuv
from bunraku.export.unfold import unfold
from bunraku.networks.checkpoint import read_checkpoint
from bunraku.networks.generator import Generator
from bunraku.networks.iuv import IuvNet
from bunraku.networks.presets import GeneratorOptions, preset_name
from bunraku.runtime.engines.bundle import Bundle, is_bundle
from bunraku.training.batches import StepBatches
from bunraku.training.hardware import place
from bunraku.training.objective import drive

STEPS = 16
"""Batches on which a bundle's normalisation takes its statistics."""


@dataclass(frozen=True)
class Base:
    """A bundle's generator, unfolded."""

    generator: Generator
    """In training mode, on the CPU."""
    told: dict[str, Any]
    """Which bundle, and where its weights came from: what a later bundle repeats."""


def base_of(bundle: str | Path, options: GeneratorOptions, batches: StepBatches) -> Base:
    """The generator of a bundle, ready to be trained on.

    Args:
        bundle: the name of one that ships, or a folder.
        options: what is to be trained.
        batches: of the training; the statistics are taken on the first of them.

    Raises:
        BundleError: no such bundle, or it does not hold its weights by name.
        InputError: its generator is another than the one to be trained.
    """
    held = Bundle.load(bundle)
    restored = restore_generator(bundle)
    if restored.options != options:
        theirs, ours = preset_name(restored.options), preset_name(options)
        raise InputError(
            f"The bundle {held.folder} is of the preset {theirs!r}, not of {ours!r}.",
            f"Train with --preset {theirs}, or begin with another bundle.",
        )
    generator = place(Generator(options), torch.device("cpu"))

    def show() -> None:
        for step in range(STEPS):
            drive(generator, batches[step])

    unfold(generator, restored, show)
    return Base(generator, {"bundle": held.folder.name, **held.manifest.provenance})


def read_iuv(told: Path) -> IuvNet:
    """The IUV net to train beside, in evaluation mode, folded.

    Args:
        told: a checkpoint, its folder of pieces, or a bundle: its folder, or the name of one that
            ships where nothing else has that name.

    Raises:
        InputError: the checkpoint cannot be read, or holds another network.
        BundleError: the bundle is damaged, or holds no IUV net.
    """
    if is_bundle(told):
        return restore_iuv(told if told.exists() else str(told))
    return folded(read_checkpoint(told).iuv())
