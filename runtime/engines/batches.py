"""A network for two, four and eight frames at once, and the memory that they are computed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from bunraku.errors import OutOfMemoryError
from bunraku.runtime.device import Event, Queue
from bunraku.runtime.engines.protocol import BatchEngine, Engine
from bunraku.spec.arrays import Array, Tensors


@dataclass(frozen=True, eq=False)
class Row:
    """One frame of several."""

    feeds: Tensors
    """All inputs, by name."""
    out: Tensors | None
    """Where its results are wanted; None for new arrays."""


class Batches:
    """One network's engines by how many frames they take, and arrays for the largest.

    All is made at the start, and nothing grows afterwards. Whoever runs it does so one at a time.

    :param engine: for one frame.
    :param most: frames at once that are ever wanted.
    :param allocate: gives an array of a shape where the engine's arrays lie.
    :param say: told what the user should know, a line.
    :raises EngineError: its graph is for one frame, or it cannot be made for more.
    """

    def __init__(
        self,
        engine: BatchEngine,
        most: int,
        allocate: Callable[[tuple[int, ...]], Array],
        say: Callable[[str], None],
    ) -> None:
        self._name, self._outputs_of_one = engine.name, dict(engine.outputs)
        self._allocate, self._say = allocate, say
        self._last: Event | None = None
        self._engines: dict[int, Engine] = {}
        self._inputs: Tensors = {}
        self._outputs: Tensors = {}
        size = 1
        try:
            while size < most:
                size *= 2
                made = engine.of_batch(size)
                inputs, outputs = (
                    {name: allocate(shape) for name, shape in shapes.items()}
                    for shapes in (made.inputs, made.outputs)
                )
                made.run(inputs)  # what a library does at a first run is done before any frame
                self._engines[size], self._inputs, self._outputs = made, inputs, outputs
        except OutOfMemoryError:
            self.shrink(size)

    @property
    def most(self) -> int:
        """Frames that are computed at once, at most; 1 where the memory is enough for no more."""
        return max(self._engines, default=1)

    def fits(self, feeds: Tensors) -> bool:
        """Whether inputs lie where the arrays are."""
        on_host = [isinstance(a, np.ndarray) for a in (*feeds.values(), *self._inputs.values())]
        return all(on_host) or not any(on_host)

    def shrink(self, frames: int) -> None:
        """Take fewer than so many from now on, for which the memory was too little."""
        for size in [size for size in self._engines if size >= frames]:
            del self._engines[size]
        self._say(
            f"The GPU has too little memory for {frames} frames at once in the engine "
            f"{self._name!r}: it computes {self.most} at a time from now on."
        )

    def run(self, rows: Sequence[Row], queue: Queue | None) -> list[dict[str, Array]]:
        """Compute the rows together; each one's results, by name.

        :param queue: on which all of them were given; None for the caller's own thread.
        :raises EngineError: the library fails.
        """
        size = min(size for size in self._engines if size >= len(rows))
        with nullcontext() if queue is None else queue:
            if queue is not None and self._last is not None:
                queue.wait(self._last)  # another queue may still be reading what it was given
            try:
                for index, row in enumerate(rows):
                    for name, into in self._inputs.items():
                        _copy(into[index : index + 1], row.feeds[name])
                made = self._engines[size].run(
                    {name: array[:size] for name, array in self._inputs.items()},
                    out={name: array[:size] for name, array in self._outputs.items()},
                    queue=queue,
                )
                return [self._taken(made, index, row) for index, row in enumerate(rows)]
            finally:
                if queue is not None:
                    self._last = queue.record()

    def _taken(self, made: Tensors, index: int, row: Row) -> dict[str, Array]:
        results: dict[str, Array] = {}
        for name, shape in self._outputs_of_one.items():
            results[name] = self._allocate(shape) if row.out is None else row.out[name]
            _copy(results[name], made[name][index : index + 1])
        return results


def _copy(into: Any, value: Any) -> None:
    if isinstance(into, np.ndarray):
        into[...] = value
    else:
        into.copy_(value)
