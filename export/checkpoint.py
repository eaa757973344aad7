"""Networks out of a training run's checkpoint, with what is to be said of their making."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from bunraku.errors import InputError
from bunraku.networks.generator import Generator
from bunraku.networks.iuv import IuvNet
from bunraku.networks.presets import GeneratorOptions, Preset

TOLD = ("steps", "samples", "seconds", "machines")
"""What a manifest repeats of a run's progress."""

OTHER_FILE = "Name the checkpoint.pt of a training run."


@dataclass(frozen=True)
class Trained:
    """A network in evaluation mode, and where it comes from."""

    network: Generator | IuvNet
    provenance: dict[str, Any]


def read_checkpoint(path: Path, preset: Preset | GeneratorOptions = Preset.LIVE) -> Trained:
    """Read a generator or an IUV net, whichever the file holds.

    :param preset: of the generator; an IUV net has none.
    :raises InputError: no such file, not a checkpoint, or another preset's.
    """
    try:
        states = torch.load(path, map_location="cpu", weights_only=True)
        weights, progress = states["network"], states["progress"]
        network: Generator | IuvNet
        network = Generator(preset) if _is_generator(weights) else IuvNet()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", OTHER_FILE) from error
    except (
        KeyError,
        TypeError,
        AttributeError,
        RuntimeError,
        EOFError,
        ValueError,
        pickle.UnpicklingError,
    ) as error:
        raise InputError(f"{path} is not a checkpoint of Bunraku.", OTHER_FILE) from error
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise InputError(
            f"The weights in {path} do not fit the network.",
            "Name the preset that they were trained for, or train anew.",
        ) from error
    return Trained(network.eval(), {key: progress[key] for key in TOLD if key in progress})


def _is_generator(weights: dict[str, Any]) -> bool:
    return any(name.startswith("motion_net.") for name in weights)
