"""What the commands that train share: options, and what is looked at before they begin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias, TypeVar

import typer

from bunraku.errors import InputError

Choice = TypeVar("Choice", bound=StrEnum)

LONGEST = 1000.0
"""Times a recipe's length; infinity has no number of steps."""

Device: TypeAlias = Annotated[str, typer.Option(help="cpu, cuda or cuda:N.")]
Seed: TypeAlias = Annotated[int, typer.Option(help="Seed of the run.")]


def one_of(choices: type[Choice], name: str, what: str) -> Choice:
    """The choice of this name.

    :raises InputError: there is none.
    """
    try:
        return choices(name)
    except ValueError:
        raise InputError(f"There is no {what} {name!r}.", f"Use {', '.join(choices)}.") from None


def check_inputs(data: Sequence[Path], device: str, iuv_checkpoint: Path | None = None) -> None:
    """See that what a training reads is there, before anything heavy is loaded.

    :raises InputError: it is not.
    """
    import torch

    from bunraku.runtime.engines.bundle import is_bundle

    for folder in data:
        if not folder.is_dir():
            raise InputError(f"{folder} is not a folder.", "Make it with `bunraku synth`.")
    if iuv_checkpoint is not None and not (iuv_checkpoint.exists() or is_bundle(iuv_checkpoint)):
        raise InputError(
            f"{iuv_checkpoint} does not exist.",
            "Make it with `bunraku train iuv`, or name the bundle that ships: --iuv iuv.",
        )
    if re.fullmatch(r"cpu|cuda(:\d{1,3})?", device) is None:
        raise InputError(f"There is no device {device!r}.", "Use cpu, cuda or cuda:N.")
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise InputError(
            "torch finds no CUDA here.", "Leave out --device, or see `bunraku doctor`."
        )
