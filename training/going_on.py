"""What a training starts from: nothing, or the run that its folder holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from bunraku.errors import InputError
from bunraku.networks.ablated import make_generator
from bunraku.networks.checkpoint import Progress, read_checkpoint
from bunraku.networks.generator import Generator
from bunraku.networks.presets import GeneratorOptions, preset_name
from bunraku.training.average import Average
from bunraku.training.hardware import place
from bunraku.training.recipe import Phase, Recipe
from bunraku.training.run_options import ALL
from bunraku.training.warm_start import Base


@dataclass(frozen=True)
class Start:
    """Where a sitting begins."""

    generator: Generator
    """With the weights of its last step."""
    average: Average[Generator]
    progress: Progress
    phase: str | None
    """The phase it was in; None for a new run, and for a checkpoint from before there were any."""
    done: int
    """Steps of that phase."""
    states: Mapping[str, Any]
    """Of the optimiser and the critic."""
    base: Mapping[str, Any] | None = None
    """What the run began with, where that was a bundle."""

    def left(self, recipe: Recipe, chosen: str) -> list[tuple[Phase, int]]:
        """The phases to do, and how many steps of each are done.

        Args:
            recipe: of the run.
            chosen: a phase's name, or ``ALL`` from where the run is.

        Raises:
            InputError: the recipe has no such phase.
        """
        if chosen != ALL:
            phase = recipe.phase(chosen)
            return [(phase, min(self.done, phase.steps) if self.phase == chosen else 0)]
        if self.phase is None:
            return [(phase, 0) for phase in recipe.phases]
        current = next((phase for phase in recipe.phases if phase.name == self.phase), None)
        if current is None:
            raise InputError(
                f"The run was left in a phase {self.phase!r}, which this recipe does not have.",
                f"Name one with --phase: {', '.join(phase.name for phase in recipe.phases)}.",
            )
        after = recipe.phases[recipe.phases.index(current) + 1 :]
        return [(current, min(self.done, current.steps)), *((phase, 0) for phase in after)]


def start_of(
    path: Path,
    network: GeneratorOptions,
    recipe: Recipe,
    device: torch.device,
    *,
    resume: bool,
    base: Callable[[], Base] | None = None,
) -> Start:
    """Read a run's checkpoint, or begin one.

    Args:
        path: of the checkpoint, there or not.
        network: what is trained.
        recipe: how.
        device: on what.
        resume: there must be a checkpoint.
        base: gives what a new run begins with; None: with new weights.

    Raises:
        InputError: there is none and must be, or it is of another network or a newer Bunraku.
    """
    if not path.exists():
        if resume:
            raise InputError(
                f"There is no checkpoint at {path} to go on from.", "Leave --resume out."
            )
        begun = base() if base is not None else None
        generator = place(begun.generator if begun else make_generator(network), device)
        average = Average(generator, recipe.ema)
        return Start(generator, average, Progress(), None, 0, {}, begun.told if begun else None)
    held = read_checkpoint(path, device)
    if held.generator().options != network:
        is_preset, wanted = preset_name(held.generator().options), preset_name(network)
        raise InputError(
            f"{path} is a run of the preset {is_preset!r}, not of {wanted!r}.",
            f"Name another --out, or train with --preset {is_preset}.",
        )
    generator = make_generator(network)
    averaged = held.network.state_dict()
    generator.load_state_dict(held.states.get("weights", averaged))
    place(generator, device)
    average = Average(generator, recipe.ema)
    average.network.load_state_dict(averaged)
    at = held.states.get("phase", {"name": None, "steps": 0})
    begun_with = held.states.get("base")
    return Start(
        generator, average, held.progress, at["name"], at["steps"], held.states, begun_with
    )
