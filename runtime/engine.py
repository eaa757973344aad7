"""What the runtime asks of an inference library: named float32 arrays in, named arrays out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bunraku.errors import EngineError
from bunraku.runtime.arrays import Array, Tensors


class EngineKind(StrEnum):
    """The inference libraries that can run a bundle."""

    ONNXRUNTIME = "onnxruntime"
    """ONNX Runtime on the CPU, the form that ships."""


class Engine(Protocol):
    """One network, ready to run; batch 1, float32 in and out.

    An engine may be called from several threads at once: sessions share it.
    """

    @property
    def name(self) -> str:
        """The engine's name in its bundle: "iuv", "source", "motion", "blend"."""

    @property
    def inputs(self) -> Mapping[str, tuple[int, ...]]:
        """Shapes of the inputs by name."""

    @property
    def outputs(self) -> Mapping[str, tuple[int, ...]]:
        """Shapes of the outputs by name."""

    def run(self, feeds: Tensors) -> dict[str, Array]:
        """Run once; ``feeds`` may hold more than the engine's inputs, the rest is ignored.

        The results are the caller's own: a later run does not touch them.

        :raises EngineError: an input is missing or has another shape, or the library fails.
        """


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
                "The bundle's engines do not belong together: export it again.",
            )
        if tuple(value.shape) != tuple(shape):
            raise EngineError(
                f"The engine {engine.name!r} takes {name!r} as {list(shape)}, "
                f"not {list(value.shape)}.",
                "The bundle's engines do not belong together: export it again.",
            )
        feeds[name] = value
    return feeds


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


LIVE_STAGES = 3
"""DensePose, motion, blending: as many frames can be worked on at once."""


@dataclass(frozen=True)
class Shares:
    """How the stages of a live session share the cores."""

    in_flight: int
    """Frames that are worked on at once."""
    threads: int
    """Threads of each engine."""


def live_shares(available: int | None = None, *, spare: int = 0) -> Shares:
    """A core for each frame in flight, and what is left over for its engines.

    On two cores, stages whose engines want both wait for each other: twice the age and two fifths
    fewer frames. And where something else wants a core too, a frame in flight that has none makes
    all of them older and hardly any more: 107 ms from page to page at 15 frames a second with one,
    165 ms at 16.5 with two, beside a browser on the same two cores.

    :param available: cores; None for those that this process may use.
    :param spare: cores to leave to others, such as a server's video codecs.
    """
    free = max(1, (available or cores()) - spare)
    in_flight = min(LIVE_STAGES, free)
    return Shares(in_flight, free // in_flight)


SERVER_SPARE = 1
"""Cores that a server leaves to its video codecs."""


def make_engine(kind: EngineKind | str, path: Path, name: str, threads: int | None) -> Engine:
    """An engine of the given kind from the file that a bundle names.

    :param threads: how many threads it may use; None for all cores.
    :raises EngineError: the kind is unknown, or the file cannot be loaded.
    :raises MissingExtraError: the library is not installed.
    """
    try:
        kind = EngineKind(kind)
    except ValueError:
        known = ", ".join(EngineKind)
        raise EngineError(f"There is no engine called {kind!r}.", f"Use one of: {known}.") from None
    from bunraku.runtime.ort import OnnxEngine

    return OnnxEngine(path, name, threads)
