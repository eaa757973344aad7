"""One file holds a whole training run: weights, optimiser, schedule, counters, provenance."""

from __future__ import annotations

import pickle
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from bunraku.errors import InputError

_FOREIGN = (KeyError, TypeError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError)
"""What torch.load raises on files that are no checkpoints."""


@dataclass
class Progress:
    """How far a run is; saved with it."""

    steps: int = 0
    samples: int = 0
    seconds: float = 0.0
    """Time spent training, over all the run's sittings."""
    machines: list[str] = field(default_factory=list)
    """What the run was on, in order, without repetition."""
    curve: list[dict[str, float]] = field(default_factory=list)
    """Mean losses since the last entry, about one entry a minute."""


def save_checkpoint(path: Path, progress: Progress, **states: Any) -> None:
    """Write all states to one file; a crash in between leaves the old file whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(path.suffix + ".part")
    torch.save({"progress": vars(progress), **states}, part)
    part.replace(path)


def load_checkpoint(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Read a checkpoint; ``progress`` comes back as a :class:`Progress`.

    Raises:
        InputError: no such file, or not one of ours.
    """
    if not path.exists():
        raise InputError(f"There is no checkpoint at {path}.", "Train first, or name another file.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's words on files that are not its own
            states: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        states["progress"] = Progress(**states["progress"])
    except (*_FOREIGN, OSError) as exc:
        raise InputError(f"{path} is not a checkpoint of Bunraku.", "Name another file.") from exc
    return states
