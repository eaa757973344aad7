"""Some hundred steps on one person: a generator that has learned people learns this one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from bunraku.networks.generator import Generator
from bunraku.training.average import Average
from bunraku.training.generator_batch import GeneratorBatch, collate
from bunraku.training.generator_data import GeneratorData
from bunraku.training.guard import Guard, is_finite
from bunraku.training.hardware import place
from bunraku.training.losses.terms import CROP, LossWeights
from bunraku.training.objective import Objective
from bunraku.training.perceptual import FeatureKind, Perceptual
from bunraku.training.recipe import LIVE, PAPER256, decay_groups
from bunraku.training.variation import augment_source

PEOPLE, DRIVES = 2, 2
"""Sources in a step, and driving frames of each."""
EMA, CLIP = 0.99, 1.0
WARM_STEPS = 10
UNPAID = {"adversarial": 0.0, "l1_geo": 0.0, "mask_geo": 0.0}
"""Of the paper's terms those left out: one person is too few for a discriminator, and no bundle
holds the heads of Î_geo."""
TOLD = 5
"""Lines of progress."""


@dataclass(frozen=True)
class TuneOptions:
    """How long, and how fast."""

    steps: int = 300
    learning_rate: float = 3e-4
    """At its highest; it falls to nothing."""
    seed: int = 0


def tune(
    generator: Generator,
    people: Path,
    iuv: nn.Module,
    options: TuneOptions,
    log: Callable[[str], None],
) -> Generator:
    """Train a generator further; it is left as it was.

    Args:
        generator: with its normalisation folded or at rest: statistics of one person would forget
            all others.
        people: folder of the person's records.
        iuv: gives surfaces as when a camera drives.
        options: see there.
        log: is told of the progress.

    Returns:
        The averaged weights, in evaluation mode.

    Raises:
        InputError: the folder holds nobody.
        EngineError: the loss stays infinite.
    """
    device = torch.device("cpu")
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    data = GeneratorData(people, iuv, surface=generator.options.size)
    average = Average(generator, EMA)
    learning = place(Average(generator, EMA).network.requires_grad_(True), device)
    perceptual = Perceptual(FeatureKind.EFFICIENTNET_LITE0)
    objective = Objective(learning, loss_weights(prior=generator.options.prior), perceptual, None)
    weights = [p for p in learning.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(decay_groups(learning, 1e-4), lr=0.0, betas=(0.5, 0.999))
    holders: dict[str, Any] = {"generator": learning, "optimiser": optimiser}
    guard = Guard({**holders, "average": average.network})
    start_s = time.monotonic()
    for step in range(options.steps):
        rate = options.learning_rate * min(1.0, (step + 1) / WARM_STEPS)
        for group in optimiser.param_groups:
            group["lr"] = rate * (0.5 + 0.5 * math.cos(math.pi * step / options.steps))
        batch = draw(data, rng)
        spare = batch.target.shape[-1] - CROP + 1
        crop = int(rng.integers(spare)), int(rng.integers(spare))
        cost = objective(batch, crop)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(cost.loss)
        norm = nn.utils.clip_grad_norm_(weights, CLIP)
        if is_finite(cost.loss, norm):
            optimiser.step()
            average.update(learning, step)
            guard.passed()
        else:
            guard.step_back(step)
        if (step + 1) % max(options.steps // TOLD, 1) == 0:
            a_step_s = (time.monotonic() - start_s) / (step + 1)
            left_s = a_step_s * (options.steps - step - 1)
            log(f"step {step + 1} of {options.steps}, {left_s / 60.0:.1f} min left")
    return average.network


def loss_weights(*, prior: bool) -> LossWeights:
    """By what one person is learned: with the prior as ``live`` learns, without as ``paper256``."""
    if prior:
        return LIVE.phases[0].weights
    return replace(PAPER256.phases[0].weights, **UNPAID)


def draw(data: GeneratorData, rng: np.random.Generator) -> GeneratorBatch:
    """A step's batch: the person as filmed, in the own colours, sources moved a little."""
    chosen = data.mixture.draw(rng, PEOPLE)
    parts = [data.person(rng, data.records[i], DRIVES, predicted=True) for i in chosen]
    return augment_source(rng, collate(parts))
