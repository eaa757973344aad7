"""What a sitting on a lent machine tells: what ran, how fast, and whether the GPU was busy."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import torch

from bunraku.errors import OutputError
from bunraku.networks.presets import preset_name
from bunraku.spec.cores import cores
from bunraku.training.hardware import machine_name
from bunraku.training.mixture import DataShare
from bunraku.training.run_options import RunOptions
from bunraku.training.sitting_options import SittingOptions
from bunraku.training.trainer import Sitting

BUSY = 0.85
"""Share of time that a GPU is to be busy."""


def facts(options: SittingOptions, wanted: RunOptions) -> dict[str, Any]:
    """What was asked for, and of whom."""
    return {
        "dry_run": options.dry_run,
        "minutes": options.minutes,
        "preset": preset_name(wanted.network),
        "data": [{"folder": s.folder.name, "weight": s.weight} for s in map(_share, wanted.data)],
        "iuv": options.iuv is not None,
        "batch": wanted.recipe.samples,
        "steps_in_all": wanted.recipe.steps,
        "workers": wanted.workers,
        "seed": wanted.seed,
        "machine": machine_name(),
        "cores": cores(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _share(share: DataShare | Path) -> DataShare:
    return DataShare(share) if isinstance(share, Path) else share


def speed(sitting: Sitting, busy: float | None) -> dict[str, Any]:
    """How fast it was.

    Args:
        sitting: what came of the training.
        busy: the GPU's share of time; None where it is not known.
    """
    seconds = max(sitting.seconds, 1e-9)
    fed = max(0.0, 1.0 - sitting.waited_s / seconds)
    return {
        "steps": sitting.steps,
        "samples": sitting.samples,
        "steps_left": sitting.left,
        "training_s": round(sitting.seconds, 1),
        "samples_per_s": round(sitting.samples / seconds, 2),
        "fed_share": round(fed, 3),
        "gpu_busy_share": None if busy is None else round(busy, 3),
    }


def lines_of(told: dict[str, Any]) -> list[str]:
    """The speed for people, and what to do where the GPU waits."""
    busy = told["gpu_busy_share"]
    words = "not known" if busy is None else f"{busy:.0%}"
    lines = [
        f"{told['samples']} samples at {told['samples_per_s']:.1f} a second, "
        f"{told['steps_left']} steps left; fed {told['fed_share']:.0%} of the time, "
        f"GPU busy: {words}"
    ]
    if busy is not None and busy < BUSY:
        more = "more --workers" if told["fed_share"] < BUSY else "a larger --batch"
        lines.append(f"the GPU was to be busy {BUSY:.0%} of the time: try {more}")
    return lines


def write_json(path: Path, told: dict[str, Any]) -> None:
    """Write the report whole or not at all.

    :raises OutputError: it cannot be written.
    """
    part = path.with_suffix(".part")
    try:
        part.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise OutputError.of(path, error) from error
