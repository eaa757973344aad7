"""Training of the IUV net on the pose network's output over synthetic people."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bunraku.errors import InputError
from bunraku.networks.checkpoint import Progress, read_checkpoint, save_checkpoint
from bunraku.networks.iuv import Iuv, IuvNet
from bunraku.spec.surface import FEET, HANDS, LIMBS, SCORES
from bunraku.training.average import Average
from bunraku.training.batches import Steps
from bunraku.training.guard import Guard, is_finite
from bunraku.training.iuv_data import IuvBatch, IuvData
from bunraku.training.journal import Journal
from bunraku.training.loop import go_through
from bunraku.training.losses.terms import LossWeights
from bunraku.training.precision import bf16
from bunraku.training.recipe import Phase, learning_rate
from bunraku.training.session import decay_groups, keep_memory, machine_name, make_folder, place
from bunraku.training.stop import StopAsked, stop_at_signals

FULL_EVERY = 4
"""The coarse head is cheaper; the edge head learns in one step of so many."""
DECAY = 0.999
"""Of the averaged weights, which are what is exported."""
CLIP = 1.0
"""Longest gradient that is taken as it is."""


@dataclass(frozen=True)
class IuvRun:
    """One sitting of an IUV net's training."""

    data: Path
    """Folder of records with observations."""
    out: Path
    """Folder of the run: checkpoint.pt, losses.jsonl."""
    steps: int = 20_000
    """Of the whole run; the learning rate falls to nothing at its end."""
    minutes: float | None = None
    """The run ends after so long even if there are steps left."""
    sitting_minutes: float | None = None
    """Stop this sitting after so long, to be resumed; None: at the run's end."""
    resume: bool = False
    """There must be a checkpoint to go on from; without, a run goes on where there is one."""
    batch: int = 32
    learning_rate: float = 2e-3
    device: str = "cpu"
    threads: int | None = None
    """CPU threads; None leaves torch's choice."""
    seed: int = 0

    @property
    def phase(self) -> Phase:
        """The only one that such a run has; its losses are :func:`iuv_loss`."""
        return Phase(
            *("learn", self.steps, LossWeights()),
            learning_rate=self.learning_rate,
            warm_steps=min(100, self.steps // 10),
            falls=True,
            weight_decay=1e-3,
        )


class IuvBatches(Steps[IuvBatch]):
    """A run's batches of frames, augmented."""

    def __init__(self, data: IuvData, count: int, seed: int) -> None:
        super().__init__(seed)
        self._data, self._count = data, count

    def draw(self, rng: np.random.Generator) -> IuvBatch:
        return self._data.augmented(self._data.pick(rng, self._count))


def part_weights() -> Tensor:
    """Cross-entropy weights of the 25 parts: hands, feet and limbs are small and matter."""
    w = torch.ones(SCORES)
    w[0], w[[*HANDS, *FEET]], w[LIMBS] = 0.6, 1.5, 1.2
    return w


def iuv_loss(
    out: Iuv, batch: IuvBatch, weights: Tensor, corner: tuple[int, int] = (0, 0)
) -> tuple[Tensor, dict[str, Tensor]]:
    """Cross-entropy on S, masked L1 on U and V of the pixel's own part (spec: λ_ce 1, λ_uv).

    Args:
        out: the net's maps, of the truth's side or half of it.
        batch: the truth.
        weights: of the parts.
        corner: y and x of the fine pixel, 0 or 1, that a coarse one is compared with. Its centre
            lies between four: taken in turn, they shift nothing.
    """
    part, uv = batch.part, batch.uv
    if out.parts.shape[-1] != part.shape[-1]:
        y, x = corner
        part, uv = part[:, y::2, x::2], uv[:, :, y::2, x::2]
    ce = F.cross_entropy(out.parts, part, weight=weights)
    body = (part > 0).float()
    own = (part - 1).clamp(min=0)[:, None]
    u = ((out.u.gather(1, own)[:, 0] - uv[:, 0]).abs() * body).sum() / (body.sum() + 1.0)
    v = ((out.v.gather(1, own)[:, 0] - uv[:, 1]).abs() * body).sum() / (body.sum() + 1.0)
    terms = {"ce": ce.detach(), "u": u.detach(), "v": v.detach()}
    return ce + 2.0 * (u + v), terms


class IuvTraining:
    """All that learns, and how far it is."""

    def __init__(self, options: IuvRun, log: Callable[[str], None]) -> None:
        if options.threads:
            torch.set_num_threads(options.threads)
        torch.manual_seed(options.seed)
        keep_memory()
        make_folder(options.out)
        self.options, self.path = options, options.out / "checkpoint.pt"
        self._log, self._phase = log, options.phase
        self._device = torch.device(options.device)
        self.data = IuvData(options.data)
        self.batches = IuvBatches(self.data, options.batch, options.seed)
        self._begin()
        self._guard = Guard(
            {"net": self.net, "average": self.average.network, "optimiser": self._optimiser}, log
        )
        self._weights = part_weights().to(self._device)
        self._journal = Journal(options.out, log, step=self.progress.steps, tensorboard=False)
        if machine_name() not in self.progress.machines:
            self.progress.machines.append(machine_name())

    def _begin(self) -> None:
        """Take up the run that the folder holds, or begin one."""
        held = read_checkpoint(self.path, self._device) if self.path.exists() else None
        if held is None and self.options.resume:
            raise InputError(
                f"There is no checkpoint at {self.path} to go on from.", "Leave --resume out."
            )
        net = IuvNet() if held is None else held.iuv()
        self.average = Average(place(net, self._device), DECAY)
        self.net = net.train()
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
        self._log(f"{len(self.data)} frames, {done} steps done")
        steps = range(done, options.steps if limit_s > 0.0 else done)
        walk = zip(steps, self.batches.walk(steps.start, steps.stop, workers=0), strict=True)
        go_through(self, walk, lambda seconds: asked.asked or seconds >= limit_s, self._log)

    def step(self, number: int, batch: IuvBatch) -> None:
        """Forward, backward, and what follows from it."""
        batch = to_device(batch, self._device)
        rate = learning_rate(self._phase, number)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        corner = self.batches.random(number, 1).integers(2, size=2)
        forward = self.net if number % FULL_EVERY == FULL_EVERY - 1 else self.net.coarse
        with bf16(self._device):
            out = forward(batch.landmarks, batch.mask)
        out = Iuv(*(t.float() for t in out))
        loss, terms = iuv_loss(out, batch, self._weights, (int(corner[0]), int(corner[1])))
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
        self.progress.samples += len(batch.part)
        done, steps = self.progress.steps, self.options.steps
        self._journal.add(done, self._phase.name, rate, self.progress.seconds, terms)
        self._journal.tell(self._phase.name, done, steps, steps - done, len(batch.part))

    def save(self) -> None:
        """Write the checkpoint; the averaged weights are the network that others read."""
        states = {"weights": self.net.state_dict(), "optimiser": self._optimiser.state_dict()}
        save_checkpoint(self.path, self.average.network, self.progress, **states)

    def close(self) -> None:
        """End the journal."""
        self._journal.close()


def run(options: IuvRun, log: Callable[[str], None]) -> Path:
    """Train, or go on training, until the run's or the sitting's end.

    Returns:
        The checkpoint's path, ``out/checkpoint.pt``. Interrupt it at any moment: it finishes its
        step and saves. Killed, at most five minutes are lost, and it goes on exactly.

    Raises:
        InputError: no data, or a checkpoint of something else.
        OutputError: the checkpoint cannot be written at the end.
        EngineError: the training diverges.
    """
    with stop_at_signals() as asked:
        training = IuvTraining(options, log)
        training.run(asked)
        asked.tell()
    return training.path


def to_device(batch: IuvBatch, device: torch.device) -> IuvBatch:
    """The batch on another device."""
    return IuvBatch(*(t.to(device) for t in vars(batch).values()))
