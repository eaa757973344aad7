"""What the runtime asks of an inference library: named float32 arrays in, named arrays out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

from bunraku.errors import EngineError
from bunraku.runtime.device import Device, Queue
from bunraku.spec.arrays import Array, Tensors

MOST_FRAMES = 8
"""How many frames are computed at once, at most."""


class Engine(Protocol):
    """One network, ready to run; batch 1, float32 in and out.

    An engine may be called from several threads at once: sessions share it.
    """

    @property
    def name(self) -> str:
        """The engine's name in its bundle (``spec.tensors.EngineName``), or a network's."""

    @property
    def advice(self) -> str:
        """What to do where the network is not what it should be: how its file is made anew."""

    @property
    def inputs(self) -> Mapping[str, tuple[int, ...]]:
        """Shapes of the inputs by name."""

    @property
    def outputs(self) -> Mapping[str, tuple[int, ...]]:
        """Shapes of the outputs by name."""

    def run(
        self, feeds: Tensors, *, out: Tensors | None = None, queue: Queue | None = None
    ) -> dict[str, Array]:
        """Run once; ``feeds`` may hold more than the engine's inputs, the rest is ignored.

        :param out: arrays to write all results into, by name, contiguous and of the outputs'
            shapes; None for new ones, which are the caller's own: a later run does not touch them.
        :param queue: of the stage that runs it; None for the caller's own thread.
        :raises EngineError: an input is missing or has another shape, or the library fails.
        """


@runtime_checkable
class BatchEngine(Engine, Protocol):
    """An engine that can be had for several frames at once, if its graph leaves their number free.

    The rows of its arrays, along their first axis, are the frames'; none depends on another.
    """

    def of_batch(self, frames: int) -> Engine:
        """The same network for so many frames at once; weights are shared where that can be.

        :raises OutOfMemoryError: the GPU has too little memory for so many.
        :raises EngineError: the graph is for one frame.
        """


class Precision(StrEnum):
    """The numbers that an engine computes with inside; it takes and gives float32 all the same."""

    F32 = "f32"
    F16 = "f16"
    BF16 = "bf16"
    INT8 = "int8"


@dataclass(frozen=True, eq=False)
class EngineRequest:
    """All that an inference library may need to make an engine."""

    model: Path | bytes
    """An ONNX file, or the serialised model itself."""
    name: str
    """Of the engine, for messages and to find it by."""
    advice: str
    """For errors: how the model is made anew."""
    device: Device
    """Where the arrays live that the engine takes and gives."""
    threads: int | None = None
    """Of an engine on the processor; None for as many as the process may use."""
    precision: Precision | None = None
    """None for the fastest of the library's that loses next to nothing on this machine."""
    coarse: bool = False
    """Whether its results are pictures, which rounded numbers hardly change; places of landmarks
    are another matter."""
    bears_bf16: bool = False
    """Whether places that it tells are no worse for bf16 than for a grey level's noise: OpenVINO
    computes it so where the processor can and no precision is asked for."""
    eight_bits: bool = False
    """Whether what a recipe is for is computed in 8 bits, though no precision is asked for."""
    lasting: bool = False
    """Whether the same model will be asked for at the next start, so that what was compiled of it
    is worth keeping."""

    def __post_init__(self) -> None:
        # An enumeration's member would tell its class in every message.
        object.__setattr__(self, "name", str(self.name))


Loader = Callable[[EngineRequest], Engine]
"""Raises MissingExtraError if the library is not installed, EngineError if the model cannot run."""


def of_frames(shapes: Mapping[str, tuple[int, ...]], frames: int) -> dict[str, tuple[int, ...]]:
    """Shapes of so many frames, by name.

    :param shapes: of one frame.
    """
    if frames == 1:
        return dict(shapes)
    return {name: (frames, *shape[1:]) for name, shape in shapes.items()}


def only_one_frame(engine: Engine, frames: int) -> EngineError:
    """For an engine whose graph is for one frame and nothing else."""
    return EngineError(
        f"The graph of the engine {engine.name!r} is for one frame at a time, not {frames}.",
        engine.advice,
    )


def select(engine: Engine, known: Tensors) -> dict[str, Array]:
    """The engine's inputs out of everything known so far, by name.

    :raises EngineError: one is missing or has another shape.
    """
    feeds: dict[str, Array] = {}
    for name, shape in engine.inputs.items():
        value = known.get(name)
        if value is None:
            raise EngineError(
                f"The engine {engine.name!r} needs {name!r}, which no earlier stage gave.",
                engine.advice,
            )
        if tuple(value.shape) != tuple(shape):
            raise EngineError(
                f"The engine {engine.name!r} takes {name!r} as {list(shape)}, "
                f"not {list(value.shape)}.",
                engine.advice,
            )
        feeds[name] = value
    return feeds
