"""Training of one small network by one loss, by steps: the IUV net and the touch-up net."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from bunraku.errors import InputError
from bunraku.networks.checkpoint import Checkpoint, Progress, read_checkpoint, save_checkpoint
from bunraku.networks.iuv import IuvNet
from bunraku.networks.touch_up import TouchUpNet
from bunraku.training.average import Average
from bunraku.training.batches import Steps
from bunraku.training.folders import make_folder
from bunraku.training.guard import Guard, is_finite
from bunraku.training.hardware import keep_memory, machine_name, place
from bunraku.training.journal import Journal
from bunraku.training.loop import go_through
from bunraku.training.losses.terms import LossWeights
from bunraku.training.recipe import Phase, decay_groups, learning_rate
from bunraku.training.stop import StopAsked, stop_at_signals

DECAY = 0.999
"""Of the averaged weights, which are what is exported."""
CLIP = 1.0
"""Longest gradient that is taken as it is."""

Net = TypeVar("Net", bound=IuvNet | TouchUpNet)
Batch = TypeVar("Batch")


@dataclass(frozen=True)
class NetRun:
    """One sitting of such a training."""

    data: Path
    """What it learns from."""
    out: Path
    """Folder of the run: checkpoint.pt, losses.jsonl."""
    steps: int
    """Of the whole run; the learning rate falls to nothing at its end."""
    batch: int
    """Samples of a step."""
    learning_rate: float
    """At its highest."""
    minutes: float | None = None
    """The run ends after so long even if there are steps left."""
    sitting_minutes: float | None = None
    """Stop this sitting after so long, to be resumed; None: at the run's end."""
    resume: bool = False
    """There must be a checkpoint to go on from; without, a run goes on where there is one."""
    device: str = "cpu"
    threads: int | None = None
    """CPU threads; None leaves torch's choice."""
    seed: int = 0

    @property
    def phase(self) -> Phase:
        """The only one that such a run has; its loss is the training's."""
        return Phase(
            *("learn", self.steps, LossWeights()),
            learning_rate=self.learning_rate,
            warm_steps=min(100, self.steps // 10),
            falls=True,
            weight_decay=1e-3,
        )


class NetTraining(ABC, Generic[Net, Batch]):
    """All that learns, and how far it is.

    Args:
        options: of this sitting.
        batches: what is learned from, by the step.
        told: what that is, for a line.
        log: takes lines for people.

    Raises:
        InputError: a checkpoint of something else, or none where there must be one.
        OutputError: the folder cannot be written to.
    """

    def __init__(
        self, options: NetRun, batches: Steps[Batch], told: str, log: Callable[[str], None]
    ) -> None:
        self.options, self.path = options, options.out / "checkpoint.pt"
        self.batches, self._told = batches, told
        self._log, self._phase = log, options.phase
        self._device = torch.device(options.device)
        make_folder(options.out)
        self._begin()
        self._guard = Guard(
            {"net": self.net, "average": self.average.network, "optimiser": self._optimiser}, log
        )
        self._journal = Journal(options.out, log, step=self.progress.steps, tensorboard=False)
        if machine_name() not in self.progress.machines:
            self.progress.machines.append(machine_name())

    @abstractmethod
    def new(self) -> Net:
        """The network as it is before the first step."""

    @abstractmethod
    def held(self, checkpoint: Checkpoint) -> Net:
        """That of a checkpoint. Raises InputError: it is of something else."""

    @abstractmethod
    def loss(self, number: int, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """What a step makes smaller, and its terms, which the journal keeps; no gradient."""

    def _begin(self) -> None:
        """Take up the run that the folder holds, or begin one."""
        held = read_checkpoint(self.path, self._device) if self.path.exists() else None
        if held is None and self.options.resume:
            raise InputError(
                f"There is no checkpoint at {self.path} to go on from.", "Leave --resume out."
            )
        net: Net = self.new() if held is None else self.held(held)
        self.average: Average[Net] = Average(place(net, self._device), DECAY)
        self.net: Net = net
        self.net.train()
        self.progress = Progress() if held is None else held.progress
        if held is not None and "weights" in held.states:
            self.net.load_state_dict(held.states["weights"])
        groups = decay_groups(self.net, self._phase.weight_decay)
        self._optimiser = torch.optim.AdamW(groups, lr=self._phase.learning_rate)
        if held is not None:
            self._optimiser.load_state_dict(held.states["optimiser"])

    def run(self, asked: StopAsked) -> None:
        """Go through the steps that are left, until somebody asks to stop.

        Raises:
            OutputError: the last checkpoint cannot be written.
            EngineError: the loss stays infinite.
        """
        options, done = self.options, self.progress.steps
        left_s = (options.minutes or math.inf) * 60.0 - self.progress.seconds
        limit_s = min((options.sitting_minutes or math.inf) * 60.0, left_s)
        self._log(f"{self._told}, {done} steps done")
        steps = range(done, options.steps if limit_s > 0.0 else done)
        walk = zip(steps, self.batches.walk(steps.start, steps.stop, workers=0), strict=True)
        go_through(self, walk, lambda seconds: asked.asked or seconds >= limit_s, self._log)

    def step(self, number: int, batch: Batch) -> None:
        """Forward, backward, and what follows from it."""
        rate = learning_rate(self._phase, number)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        loss, terms = self.loss(number, batch)
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        norm = nn.utils.clip_grad_norm_(self.net.parameters(), CLIP)
        if is_finite(loss, norm):
            self._optimiser.step()
            self.average.update(self.net, number)
            self._guard.passed()
        else:
            self._guard.step_back(number)
        self.progress.steps += 1
        self.progress.samples += self.options.batch
        done, steps = self.progress.steps, self.options.steps
        self._journal.add(done, self._phase.name, rate, self.progress.seconds, terms)
        self._journal.tell(self._phase.name, done, steps, steps - done, self.options.batch)

    def save(self) -> None:
        """Write the checkpoint; the averaged weights are the network that others read."""
        states = {"weights": self.net.state_dict(), "optimiser": self._optimiser.state_dict()}
        save_checkpoint(self.path, self.average.network, self.progress, **states)

    def close(self) -> None:
        """End the journal."""
        self._journal.close()


def run_net(
    begin: Callable[[NetRun, Callable[[str], None]], NetTraining[Any, Any]],
    options: NetRun,
    log: Callable[[str], None],
) -> Path:
    """Train, or go on training, until the run's or the sitting's end.

    Args:
        begin: makes the training, once threads and seed are set.
        options: of this sitting.
        log: takes lines for people.

    Returns:
        The checkpoint's path, ``out/checkpoint.pt``. Interrupt it at any moment: it finishes its
        step and saves. Killed, at most five minutes are lost, and it goes on exactly.

    Raises:
        InputError: no data, or a checkpoint of something else.
        OutputError: the checkpoint cannot be written at the end.
        EngineError: the training diverges.
    """
    with stop_at_signals() as asked:
        if options.threads:
            torch.set_num_threads(options.threads)
        torch.manual_seed(options.seed)
        keep_memory()
        training = begin(options, log)
        training.run(asked)
        asked.tell()
    return training.path
