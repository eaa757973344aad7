"""Training of the generator on synthetic people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from bunraku.errors import InputError
from bunraku.networks.checkpoint import read_checkpoint, save_checkpoint
from bunraku.networks.discriminator import Discriminator, discriminator_loss, generator_loss
from bunraku.networks.generator import Generated, Generator, repeat_identity
from bunraku.networks.presets import OPTIONS, GeneratorOptions, Preset
from bunraku.training.generator_data import GeneratorBatch, GeneratorData
from bunraku.training.losses.terms import generator_terms
from bunraku.training.people.records import IUV_SIZE
from bunraku.training.perceptual import Perceptual
from bunraku.training.recipe import LIVE
from bunraku.training.samples import save_samples
from bunraku.training.session import (
    RunClock,
    TrainOptions,
    bf16,
    decay_groups,
    go_on,
    place,
    prepare,
)

DRIVES = 3
"""Driving frames a person in a batch: the source is encoded once for all of them."""

SAVE_STEPS = 100
SAMPLE_MINUTES = 10.0


def run(options: TrainOptions, log: Callable[[str], None]) -> Path:
    """Train, or go on training, until the run's or the sitting's end.

    Returns:
        The checkpoint's path: ``out/checkpoint.pt``. Interrupt it at any moment; at most
        ``SAVE_STEPS`` steps are lost.

    Raises:
        InputError: the preset works at another size than the data's surfaces have.
    """
    check_size(options.preset)
    device = prepare(options)
    path = options.out / "checkpoint.pt"
    data = GeneratorData(options.data, read_checkpoint(options.iuv).iuv() if options.iuv else None)
    resumed = read_checkpoint(path, device) if path.exists() else None
    generator = place(
        Generator(options.preset) if resumed is None else resumed.generator().train(), device
    )
    perceptual = place(Perceptual(), device)
    optimiser = torch.optim.AdamW(
        decay_groups(generator, 1e-4), lr=options.learning_rate, betas=(0.5, 0.99)
    )
    critic = None
    if options.adversarial > 0.0:
        critic = Critic(options, generator.options, device)
    if resumed is not None and critic is not None and "critic" in resumed.states:
        critic.load_state_dict(resumed.states["critic"])
    progress, rng = go_on(resumed, optimiser, options)
    clock = RunClock(options, progress)
    weights = LIVE.phases[0].weights
    people = max(1, options.batch // DRIVES)
    sampled_at = progress.seconds

    def save() -> None:
        states = {"optimiser": optimiser.state_dict()}
        if critic is not None:
            states["critic"] = critic.state_dict()
        save_checkpoint(path, generator, progress, **states)

    log(f"{len(data.records)} people, {progress.steps} steps done")
    try:
        while clock.running():
            clock.set_learning_rate(optimiser)
            batch = to_device(data.draw(rng, people, DRIVES), device)
            with bf16(device):
                out = drive(generator, batch)
            crop = (int(rng.integers(97)), int(rng.integers(97)))
            loss, costs, picture = generator_terms(out, batch, weights, perceptual, crop)
            terms = {name: float(cost) for name, cost in costs.items()}
            if critic is not None:
                fooled, judged = critic.step(picture, batch.target, options.learning_rate)
                loss = loss + options.adversarial * fooled
                terms |= {"adversarial": float(fooled.detach()), "critic": judged}
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            norm = nn.utils.clip_grad_norm_(generator.parameters(), 2.0)
            if torch.isfinite(norm):
                optimiser.step()
            line = clock.step(len(batch.target), terms)
            if line:
                log(line)
            if progress.steps % SAVE_STEPS == 0:
                save()
            if progress.seconds - sampled_at > SAMPLE_MINUTES * 60.0:
                sampled_at = progress.seconds
                save_samples(generator, data, options.out / f"samples-{progress.steps:06d}.jpg")
    finally:
        save()
    return path


def check_size(preset: Preset) -> None:
    """Raise InputError unless the preset's surfaces are of the size that people are stored at."""
    size = OPTIONS[preset].size
    if size != IUV_SIZE:
        fitting = ", ".join(p for p, options in OPTIONS.items() if options.size == IUV_SIZE)
        raise InputError(
            f"The preset {str(preset)!r} takes surfaces of {size} pixels, and those of synthetic "
            f"people, as of the IUV net, have {IUV_SIZE}.",
            f"Train {fitting}.",
        )


def drive(generator: Generator, batch: GeneratorBatch) -> Generated:
    """Encode the batch's sources once and drive each with its frames."""
    identity = generator.encode_source(batch.source, batch.mask, batch.source_densepose)
    drives = len(batch.target) // len(batch.source)
    return generator.drive(repeat_identity(identity, drives), batch.driving_densepose, batch.head)


def to_device(batch: GeneratorBatch, device: torch.device) -> GeneratorBatch:
    """The batch on another device."""
    return replace(batch, **{name: t.to(device) for name, t in vars(batch).items()})


class Critic:
    """The discriminator with its own optimiser."""

    def __init__(
        self, options: TrainOptions, network: GeneratorOptions, device: torch.device
    ) -> None:
        self.device = device
        self.network = place(Discriminator(network), device)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=options.learning_rate, betas=(0.5, 0.99)
        )

    def step(
        self, fake: torch.Tensor, real: torch.Tensor, learning_rate: float
    ) -> tuple[torch.Tensor, float]:
        """Teach the discriminator once; then the generator's loss, with gradients, and its own."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        with bf16(self.device):
            loss = discriminator_loss(self.network(real), self.network(fake.detach()))
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.optimiser.step()
        self.network.requires_grad_(False)
        with bf16(self.device):
            fooled = generator_loss(self.network(fake))
        self.network.requires_grad_(True)
        return fooled, float(loss.detach())

    def state_dict(self) -> dict[str, object]:
        """Weights and optimiser."""
        return {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }

    def load_state_dict(self, states: dict[str, dict[str, torch.Tensor]]) -> None:
        """The reverse of :meth:`state_dict`."""
        self.network.load_state_dict(states["network"])
        self.optimiser.load_state_dict(states["optimiser"])
