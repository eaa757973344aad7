"""The death of a DataLoader's worker, told where its batch is asked for and nowhere else."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_CHILD: signal.Signals | None = getattr(signal, "SIGCHLD", None)  # Windows has none


class WorkerDeaths:
    """Keeps back what torch says of a dead worker.

    torch raises it in the main thread wherever that happens to be: in the middle of a step, or of
    a checkpoint. Enter this once the loader has begun, for as long as it is asked.
    """

    def __init__(self) -> None:
        self._taking = False
        self._death: RuntimeError | None = None
        self._torch: Any = None

    def __enter__(self) -> WorkerDeaths:
        # In another thread torch hears nothing either, and asks after its workers while it waits.
        if _CHILD is not None and threading.current_thread() is threading.main_thread():
            self._torch = signal.getsignal(_CHILD)
            signal.signal(_CHILD, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        if _CHILD is not None and self._torch is not None:
            signal.signal(_CHILD, self._torch)

    @contextmanager
    def told(self) -> Iterator[None]:
        """While a batch is asked for.

        Raises:
            RuntimeError: torch's, of a worker that died now or since the last batch.
        """
        self._taking = True
        try:
            if self._death is not None:
                raise self._death
            yield
        finally:
            self._taking = False

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if not callable(self._torch):
            return
        try:
            self._torch(number, frame)
        except RuntimeError as error:
            if self._taking:
                raise
            self._death = error
