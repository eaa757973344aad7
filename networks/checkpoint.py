"""One file holds a whole training run: the network and its options, and all that goes on with it.

format, kind, options    what the network is
network                  its weights
progress                 how far the run is, on what machines
optimiser, …             what only training reads
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

import torch

from bunraku.errors import InputError, OutputError
from bunraku.networks.ablated import make_generator
from bunraku.networks.generator import Generator
from bunraku.networks.iuv import IuvNet, IuvOptions
from bunraku.networks.pieces import is_split, join
from bunraku.networks.presets import GeneratorOptions
from bunraku.networks.touch_up import TouchUpNet, TouchUpOptions

FORMAT = 1
TOLD = ("steps", "samples", "seconds", "machines")
"""What a manifest repeats of a run's progress."""
OTHER_FILE = "Name the checkpoint.pt of a training run."

_FOREIGN = (
    *(KeyError, TypeError, AttributeError, RuntimeError, EOFError, ValueError),
    pickle.UnpicklingError,
)
"""What torch.load raises on files that are no checkpoints, and what reading their states does."""


class Kind(StrEnum):
    """The networks that are trained by themselves."""

    GENERATOR = "generator"
    IUV = "iuv"
    TOUCH_UP = "touch-up"


Network: TypeAlias = Generator | IuvNet | TouchUpNet
"""One of them."""
_OPTIONS: dict[Kind, type] = {
    Kind.GENERATOR: GeneratorOptions,
    Kind.IUV: IuvOptions,
    Kind.TOUCH_UP: TouchUpOptions,
}
_NAMES = {Kind.GENERATOR: "a generator", Kind.IUV: "an IUV net", Kind.TOUCH_UP: "a touch-up net"}


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


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds."""

    path: Path
    kind: Kind
    network: Network
    """With its weights, in evaluation mode, on the CPU."""
    progress: Progress
    states: Mapping[str, Any]
    """The rest, by name: "optimiser" and what else a training keeps."""

    def provenance(self) -> dict[str, Any]:
        """What a bundle is to say of the run."""
        told = {name: getattr(self.progress, name) for name in TOLD}
        base = self.states.get("base")
        return told if base is None else {**told, "base": dict(base)}

    def generator(self) -> Generator:
        """The network, which must be a generator.

        :raises InputError: it is another.
        """
        if not isinstance(self.network, Generator):
            raise _other_kind(self.path, self.kind, Kind.GENERATOR)
        return self.network

    def iuv(self) -> IuvNet:
        """The network, which must be an IUV net.

        :raises InputError: it is another.
        """
        if not isinstance(self.network, IuvNet):
            raise _other_kind(self.path, self.kind, Kind.IUV)
        return self.network

    def touch_up(self) -> TouchUpNet:
        """The network, which must be a touch-up net.

        :raises InputError: it is another.
        """
        if not isinstance(self.network, TouchUpNet):
            raise _other_kind(self.path, self.kind, Kind.TOUCH_UP)
        return self.network


def save_checkpoint(path: Path, network: Network, progress: Progress, **states: Any) -> None:
    """Write all to one file; a crash in between leaves the old file whole.

    :raises OutputError: the disk is full or cannot be written to; the old file is whole.
    """
    kind = _kind(network)
    part = path.with_suffix(path.suffix + ".part")
    told = {"format": FORMAT, "kind": str(kind), "options": asdict(network.options)}
    weights = {"network": network.state_dict(), "progress": vars(progress)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            torch.save({**told, **weights, **states}, file)
            file.flush()
            os.fsync(file.fileno())  # a power cut must not leave the new name with no content
        part.replace(path)
    except (OSError, RuntimeError) as error:  # torch tells a full disk as a RuntimeError
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        reason = error.strerror if isinstance(error, OSError) else None
        kept = "The checkpoint before it is whole." if path.exists() else "Free some space."
        raise OutputError(f"{path} cannot be written: {reason or 'disk full'}.", kept) from error


def read_checkpoint(path: Path, device: torch.device | str = "cpu") -> Checkpoint:
    """Read a checkpoint, whichever network it holds.

    :param path: of the file, or of a folder that holds it in pieces.
    :param device: of ``states``, such as the optimiser's; the network is on the CPU.
    :raises InputError: no such file, not one of ours, one of a newer version or another format, or
        a damaged piece.
    """
    if not path.exists():
        raise InputError(f"There is no checkpoint at {path}.", "Train first, or name another file.")
    whole = io.BytesIO(join(path)) if is_split(path) else path
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's words on files that are not its own
            held: dict[str, Any] = torch.load(whole, map_location=device, weights_only=True)
        if held["format"] != FORMAT:
            raise InputError(
                f"{path} is a checkpoint of format {held['format']!r}; "
                f"this Bunraku reads format {FORMAT}.",
                "Train anew, or use the version that wrote it.",
            )
        kind = Kind(held["kind"])
        _refuse_newer(path, "option", held["options"], _OPTIONS[kind])
        _refuse_newer(path, "field of progress", held["progress"], Progress)
        network = _make(kind, held["options"])
        network.load_state_dict(held["network"])
        progress = Progress(**held["progress"])
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", OTHER_FILE) from error
    except _FOREIGN as error:
        raise InputError(f"{path} is not a checkpoint of Bunraku.", OTHER_FILE) from error
    known = ("format", "kind", "options", "network", "progress")
    states = {name: state for name, state in held.items() if name not in known}
    return Checkpoint(path, kind, network.eval(), progress, states)


def _refuse_newer(path: Path, what: str, told: Mapping[str, Any], known: type) -> None:
    """See that a dataclass has all fields that a file holds of it: only a newer version's has more.

    :raises InputError: it lacks some.
    """
    unknown = sorted({*told} - {one.name for one in fields(known)})
    if unknown:
        raise InputError(
            f"{path} is a checkpoint of a newer version: this Bunraku knows no {what} "
            f"{', '.join(map(repr, unknown))}.",
            "Update Bunraku, or train anew.",
        )


def _kind(network: Network) -> Kind:
    match network:
        case Generator():
            return Kind.GENERATOR
        case IuvNet():
            return Kind.IUV
        case TouchUpNet():
            return Kind.TOUCH_UP


def _make(kind: Kind, options: Mapping[str, Any]) -> Network:
    match kind:
        case Kind.GENERATOR:
            return make_generator(GeneratorOptions(**options))
        case Kind.IUV:
            return IuvNet(IuvOptions(**options))
        case Kind.TOUCH_UP:
            return TouchUpNet(TouchUpOptions(**options))


def _other_kind(path: Path, is_kind: Kind, wanted: Kind) -> InputError:
    return InputError(
        f"{path} is the checkpoint of {_NAMES[is_kind]}, not of {_NAMES[wanted]}.",
        f"Make one with `bunraku train {wanted}`.",
    )
