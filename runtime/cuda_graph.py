"""Work of a GPU that is the same for every frame, as a CUDA graph: one call in place of many."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

log = logging.getLogger(__name__)


class Graphs:
    """Captures one after the other; for several threads at once.

    :param torch: the module.
    :param stream: on which nothing else is queued: what others queued meanwhile on a stage's would
        be captured too.
    """

    def __init__(self, torch: Any, stream: Any) -> None:
        self._torch, self._stream = torch, stream
        self._lock = threading.Lock()

    def captured(self, work: Callable[[], None]) -> Callable[[], None]:
        """What queues the work from now on, all at once; the work itself where it cannot be
        captured, with a line in the log."""
        graph = self._torch.cuda.CUDAGraph()
        try:
            with self._lock, self._torch.no_grad(), self._torch.cuda.stream(self._stream):
                # In the same mode other sessions of the process go on meanwhile.
                graph.capture_begin(capture_error_mode="thread_local")
                try:
                    work()
                except BaseException:
                    with suppress(Exception):  # which says less
                        graph.capture_end()
                    raise
                graph.capture_end()
        except Exception as error:  # noqa: BLE001 - a GPU that fails says so when it works next
            line = str(error).strip().split("\n", 1)[0][:200]
            log.warning("A stage's kernels run without a CUDA graph: %s", line)
            return work
        replay: Callable[[], None] = graph.replay
        return replay


class Repeated:
    """See ``Device.repeated``. At first it is queued call by call, by which kernels are compiled
    and libraries take their memory; then it is captured."""

    def __init__(self, work: Callable[[], None], graphs: Graphs) -> None:
        self._work, self._graphs = work, graphs
        self._next = self._first

    def __call__(self) -> None:
        self._next()

    def _first(self) -> None:
        self._work()
        self._next = self._second

    def _second(self) -> None:
        self._next = self._graphs.captured(self._work)
        self._next()
