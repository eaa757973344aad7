"""What the trainings share: devices, precision; schedules by time and their curves on disk."""

from __future__ import annotations

import contextlib
import csv
import ctypes
import math
import platform
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from bunraku.errors import OutputError
from bunraku.networks.checkpoint import Checkpoint, Progress

Network = TypeVar("Network", bound=nn.Module)

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Of glibc's ``malloc.h``."""

CURVE_PERIOD_S = 60.0
"""Time between two points of a loss curve."""
WARM_STEPS = 100
"""In which the learning rate rises from nothing."""


@dataclass(frozen=True)
class TrainOptions:
    """One sitting of a training run."""

    data: Path
    """Folder of records with observations."""
    out: Path
    """Folder of the run: checkpoint.pt, curve.csv, samples."""
    minutes: float = 60.0
    """Length of the whole run; the learning rate falls to nothing at its end."""
    sitting_minutes: float | None = None
    """Stop this sitting after so long, to be resumed; None: at the run's end."""
    batch: int = 32
    learning_rate: float = 2e-3
    device: str = "cpu"
    threads: int | None = None
    """CPU threads; None leaves torch's choice."""
    seed: int = 0
    restart_schedule: bool = False
    """Count minutes from zero although the weights are resumed."""


def prepare(options: TrainOptions) -> torch.device:
    """Seed, threads and device of a sitting."""
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    make_folder(options.out)
    _stop_at_signals()
    return torch.device(options.device)


def make_folder(out: Path) -> None:
    """The run's folder, if it is not there.

    :raises OutputError: it cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out} cannot be made: {error.strerror}.") from error


def go_on(
    resumed: Checkpoint | None, optimiser: torch.optim.Optimizer, options: TrainOptions
) -> tuple[Progress, np.random.Generator]:
    """How far a run is, its optimiser as it was left, and numbers that this sitting alone draws.

    A resumed sitting must not see the noise of the first one again: torch's is seeded anew.
    """
    progress = Progress()
    if resumed is not None:
        optimiser.load_state_dict(resumed.states["optimiser"])
        progress = resumed.progress
        if options.restart_schedule:
            progress.seconds = 0.0
    torch.manual_seed(options.seed + progress.steps)
    return progress, np.random.default_rng([options.seed, progress.steps])


def _stop_at_signals() -> None:
    """All ways to be told to stop end a sitting the same way: with its checkpoint written."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    hangup: signal.Signals | None = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:  # as under nohup
        signal.signal(hangup, _stop_at_hangup)


def _stop_at_hangup(number: int, _frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # a terminal that is closed may send several
    raise KeyboardInterrupt


def keep_memory() -> None:
    """Let this process keep the memory that it frees, where its C library is told so (glibc's is).

    A step takes and frees the same large tensors over and over. Given back to the system in
    between, each of their pages has to be mapped and cleared anew: a tenth of a step's time.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, most in ((_M_MMAP_THRESHOLD, 1 << 30), (_M_TRIM_THRESHOLD, (1 << 31) - 1)):
            mallopt(option, most)


def place(network: Network, device: torch.device) -> Network:
    """Move a network to the device in channels-last form, which convolutions like best."""
    network.to(device)
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network


def decay_groups(network: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Weight decay for weights, none for biases and normalisation; what is frozen is left out."""
    learning = [p for p in network.parameters() if p.requires_grad]
    decayed = [p for p in learning if p.ndim > 1]
    plain = [p for p in learning if p.ndim <= 1]
    return [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]


def machine_name() -> str:
    """The processor or accelerator that trains, in words."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{model}, {torch.get_num_threads()} threads"


class RunClock:
    """Counts a run's training time over its sittings and sets the learning rate by it."""

    def __init__(self, options: TrainOptions, progress: Progress) -> None:
        self.options = options
        self.progress = progress
        self.started = time.monotonic()
        self.before = progress.seconds
        self.last_curve = self.started
        self.sums: dict[str, list[float]] = defaultdict(list)
        name = machine_name()
        if name not in progress.machines:
            progress.machines.append(name)

    def running(self) -> bool:
        """Whether this sitting goes on; also brings ``progress.seconds`` up to date."""
        here = time.monotonic() - self.started
        self.progress.seconds = self.before + here
        if self.progress.seconds >= self.options.minutes * 60.0:
            return False
        sitting = self.options.sitting_minutes
        return sitting is None or here < sitting * 60.0

    def set_learning_rate(self, optimiser: torch.optim.Optimizer) -> None:
        """Linear warm-up in steps, then a cosine over the run's time."""
        share = min(self.progress.seconds / (self.options.minutes * 60.0), 1.0)
        warm = min(1.0, (self.progress.steps + 1) / WARM_STEPS)
        rate = self.options.learning_rate * warm * (0.5 + 0.5 * math.cos(math.pi * share))
        for group in optimiser.param_groups:
            group["lr"] = rate + 1e-6

    def step(self, samples: int, losses: dict[str, float]) -> str | None:
        """Count one step; about once a minute, a line for the log."""
        self.progress.steps += 1
        self.progress.samples += samples
        for name, value in losses.items():
            self.sums[name].append(value)
        now = time.monotonic()
        if now - self.last_curve < CURVE_PERIOD_S:
            return None
        self.last_curve = now
        point = {name: sum(v) / len(v) for name, v in self.sums.items()}
        self.sums.clear()
        entry = {
            "seconds": round(self.progress.seconds, 1),
            "steps": float(self.progress.steps),
            "samples": float(self.progress.samples),
            **{k: round(v, 5) for k, v in point.items()},
        }
        self.progress.curve.append(entry)
        write_curve(self.options.out / "curve.csv", self.progress.curve)
        rate = self.progress.samples / max(self.progress.seconds, 1.0)
        terms = "  ".join(f"{k} {v:.4f}" for k, v in point.items())
        minutes = self.progress.seconds / 60.0
        return f"{minutes:6.1f} min  step {self.progress.steps}  {rate:.1f} samples/s  {terms}"


def write_curve(path: Path, curve: list[dict[str, float]]) -> None:
    """The loss curve as CSV; columns that came later are empty before."""
    columns = list(dict.fromkeys(k for entry in curve for k in entry))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(curve)


def chunks(total: int, size: int) -> Iterator[slice]:
    """Slices of at most ``size`` that cover ``range(total)``."""
    for start in range(0, total, size):
        yield slice(start, min(start + size, total))
