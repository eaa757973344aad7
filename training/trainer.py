"""A training in this process: phase by phase, step by step, saved so that it goes on exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from bunraku.networks.checkpoint import save_checkpoint
from bunraku.training.batches import StepBatches
from bunraku.training.critic import Critic
from bunraku.training.feeding import Feed
from bunraku.training.folders import make_folder
from bunraku.training.generator_batch import GeneratorBatch
from bunraku.training.generator_data import GeneratorData
from bunraku.training.going_on import start_of
from bunraku.training.guard import Guard, is_finite
from bunraku.training.hardware import keep_memory, machine_name, place
from bunraku.training.journal import Journal
from bunraku.training.loop import go_through
from bunraku.training.losses.terms import CROP
from bunraku.training.objective import Objective
from bunraku.training.parts import let_learn
from bunraku.training.perceptual import Perceptual
from bunraku.training.ranks import Ranks
from bunraku.training.recipe import Phase, decay_groups, learning_rate
from bunraku.training.run_options import RunOptions
from bunraku.training.samples import save_samples
from bunraku.training.stop import StopAsked
from bunraku.training.warm_start import Base, base_of, read_iuv

SAMPLE_STEPS = 1000
"""Steps between two sheets of samples."""


@dataclass(frozen=True)
class Sitting:
    """What came of a sitting."""

    checkpoint: Path
    steps: int
    """Made in this sitting."""
    samples: int
    """Likewise."""
    seconds: float
    """That it trained."""
    waited_s: float
    """Of these, for batches."""
    left: int
    """Steps that are still to do."""


class Training:
    """All that learns, and how far it is."""

    def __init__(self, options: RunOptions, ranks: Ranks, log: Callable[[str], None]) -> None:
        if options.threads:
            torch.set_num_threads(options.threads)
        torch.manual_seed(options.seed)
        keep_memory()
        make_folder(options.out)
        recipe = options.recipe
        self.options, self.ranks = options, ranks
        self.path = options.out / "checkpoint.pt"
        self._log = log if ranks.first else (lambda _: None)
        iuv = place(read_iuv(options.iuv), torch.device("cpu")) if options.iuv else None
        shard, surface = (ranks.index, ranks.count), options.network.size
        data = GeneratorData(options.data, iuv, shard=shard, surface=surface)
        self.batches = StepBatches(data, recipe, options.seed, ranks.index)
        start = start_of(
            self.path,
            options.network,
            recipe,
            ranks.device,
            resume=options.resume,
            base=self._base if options.begin_with is not None else None,
        )
        self.generator, self.average, self.progress = start.generator, start.average, start.progress
        self._states, self._begun_with = start.states, start.base
        self._phases = start.left(recipe, options.phase)
        self._left = sum(phase.steps - done for phase, done in self._phases)
        self._feed = Feed(ranks.device)
        wanted = any(phase.weights.features for phase, _ in self._phases)
        self._perceptual = place(Perceptual(options.features), ranks.device) if wanted else None
        self._critic: Critic | None = None
        self._begin(*self._phases[0])
        self._journal: Journal | None = None
        if ranks.first:
            at = self.progress.steps
            self._journal = Journal(options.out, log, step=at, tensorboard=options.tensorboard)
        if machine_name() not in self.progress.machines:
            self.progress.machines.append(machine_name())

    def _base(self) -> Base:
        # Every process takes the statistics on the same batches, so that all begin alike.
        told = self.options.begin_with
        assert told is not None
        self._log(f"begins with the weights of {told}")
        return base_of(told, self.options.network, self.batches)

    def run(self, asked: StopAsked) -> Sitting:
        """Go through the steps that are left, until somebody asks to stop.

        Raises:
            OutputError: the last checkpoint cannot be written.
            EngineError: the loss stays infinite, or a worker was killed.
        """
        self._log(f"{len(self.batches.data.records)} people, {self.progress.steps} steps done")
        before = replace(self.progress)
        limit_s = (self.options.sitting_minutes or math.inf) * 60.0
        go_through(
            self,
            self._steps(),
            lambda seconds: self.ranks.any(asked.asked or seconds >= limit_s),
            self._log,
        )
        return Sitting(
            checkpoint=self.path,
            steps=self.progress.steps - before.steps,
            samples=self.progress.samples - before.samples,
            seconds=self.progress.seconds - before.seconds,
            waited_s=self._feed.waited_s,
            left=self._left,
        )

    def save(self) -> None:
        """Write the checkpoint; the averaged weights are the network that others read."""
        if not self.ranks.first:
            return
        states: dict[str, Any] = {
            "weights": self.generator.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "phase": {"name": self._phase.name, "steps": self._done},
        }
        if self._begun_with is not None:
            states["base"] = dict(self._begun_with)
        if self._critic is not None:
            states["critic"] = self._critic.state_dict()
        save_checkpoint(self.path, self.average.network, self.progress, **states)

    def close(self) -> None:
        """End the journal."""
        if self._journal is not None:
            self._journal.close()

    def _steps(self) -> Iterator[tuple[int, GeneratorBatch]]:
        """Every step that is left with its batch, each phase prepared before its first."""
        for phase, done in self._phases:
            if phase is not self._phase:
                self._begin(phase, done)
            self._log(f"phase {phase.name}: {phase.steps - done} of {phase.steps} steps to do")
            first = self.progress.steps
            last = first + phase.steps - done
            pinned = self.ranks.device.type == "cuda"
            shown = self.batches.showing(neighbours=phase.weights.steadiness > 0.0)
            walk = shown.walk(first, last, self.options.workers, pinned=pinned)
            yield from zip(range(first, last), self._feed.through(walk), strict=True)

    def _begin(self, phase: Phase, done: int) -> None:
        """Freeze, and take up the optimiser and the critic where the phase was left."""
        recipe = self.options.recipe
        self._phase, self._done = phase, done
        let_learn(self.generator, phase.learns)
        self._learning = [p for p in self.generator.parameters() if p.requires_grad]
        groups = decay_groups(self.generator, phase.weight_decay)
        self._optimiser = torch.optim.AdamW(groups, betas=(recipe.beta, 0.999))
        if done:
            self._optimiser.load_state_dict(self._states["optimiser"])
        if phase.weights.judged and self._critic is None:
            torch.manual_seed(self.options.seed)  # as it begins, whenever the run goes on
            self._critic = Critic(self.options.network, self.ranks, recipe.beta)
            if "critic" in self._states:
                self._critic.load_state_dict(self._states["critic"])
        critic = self._critic if phase.weights.judged else None
        objective = Objective(self.generator, phase.weights, self._perceptual, critic)
        self._objective = self.ranks.share(objective)
        holders: dict[str, Any] = {
            "generator": self.generator,
            "average": self.average.network,
            "optimiser": self._optimiser,
        }
        if critic is not None:
            holders["critic"] = critic
        self._guard = Guard(holders, self._log)

    def step(self, number: int, batch: GeneratorBatch) -> None:
        """Forward, backward, and what follows from it."""
        rate = learning_rate(self._phase, self._done)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        rng = self.batches.random(number, 1)
        spare = batch.target.shape[-1] - CROP + 1
        crop = int(rng.integers(spare)), int(rng.integers(spare))
        loss, terms, picture = self._objective(batch, crop)
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        norm = nn.utils.clip_grad_norm_(self._learning, self.options.recipe.clip)
        if not self.ranks.any(not is_finite(loss, norm)):
            self._optimiser.step()
            self.average.update(self.generator, self.progress.steps)
            if self._phase.weights.judged and self._critic is not None:
                terms["critic"] = self._critic.learn(picture, batch.target, rate)
            self._guard.passed()
        else:
            self._guard.step_back(number)
        self._count(rate, len(batch.target) * self.ranks.count, terms)

    def _count(self, rate: float, samples: int, terms: dict[str, Tensor]) -> None:
        """What a step adds to the run's progress and its journal."""
        self._done += 1
        self._left -= 1
        self.progress.steps += 1
        self.progress.samples += samples
        if self._journal is not None:
            name = self._phase.name
            self._journal.add(self.progress.steps, name, rate, self.progress.seconds, terms)
            self._journal.tell(name, self._done, self._phase.steps, self._left, samples)
        if self.progress.steps % SAMPLE_STEPS == 0:
            self._sample()

    def _sample(self) -> None:
        if self._journal is not None:
            picture = self.options.out / f"samples-{self.progress.steps:06d}.jpg"
            with self._journal.disk.survived("samples"):
                save_samples(self.average.network, self.batches.data, picture)
                self._journal.show(self.progress.steps, picture)
