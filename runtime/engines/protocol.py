"""What the runtime asks of an inference library: named float32 arrays in, named arrays out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bunraku.errors import EngineError
from bunraku.runtime.device import Queue
from bunraku.spec.arrays import Array, Tensors


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
