"""One engine for several sessions: what they ask at the same time is computed in one run.

There is no thread for it: whoever has waited longest computes for all that have come meanwhile,
while the next gather. A session that is alone waits for nobody.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bunraku.errors import DeviceError, OutOfMemoryError
from bunraku.runtime.device import Queue
from bunraku.runtime.engines.batches import Batches, Row
from bunraku.runtime.engines.company import asker
from bunraku.runtime.engines.host_arrays import check_results
from bunraku.runtime.engines.protocol import Engine, select
from bunraku.spec.arrays import Array, Tensors

WAIT_S = 0.002
"""How long a session waits for others, at most."""
COMPANY_S = 0.25
"""How long after its last question a session is still expected: eight frames of a camera."""


class _Request:
    """What one session asks, and what becomes of it."""

    def __init__(self, row: Row, queue: Queue | None, asked_s: float, lock: threading.Lock) -> None:
        self.row, self.queue, self.asked_s = row, queue, asked_s
        self.turn = threading.Condition(lock)
        """Told when it is done, when it may compute, and, while it gathers, when others come."""
        self.result: dict[str, Array] | None = None
        self.error: Exception | None = None

    @property
    def done(self) -> bool:
        return self.result is not None or self.error is not None


class Batching:
    """See ``Engine``; each of several threads gets its own rows back.

    Requests are served in the order in which they came, and a session waits for its answer before
    it asks again, so that none is served twice while another waits. What fails for several is
    computed again, each by itself, so that only who asked for it is told; a GPU that fails is told
    to all. Where its memory is too little, fewer are computed at once.

    :param engine: for one frame.
    :param batches: the same network for several.
    :param clock: seconds, monotonic.
    """

    def __init__(
        self, engine: Engine, batches: Batches, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name, self.advice = engine.name, engine.advice
        self.inputs: Mapping[str, tuple[int, ...]] = engine.inputs
        self.outputs: Mapping[str, tuple[int, ...]] = engine.outputs
        self._engine, self._batches, self._clock = engine, batches, clock
        self._lock = threading.Lock()
        self._waiting: deque[_Request] = deque()
        self._computing = False
        self._gathering: _Request | None = None
        """Who waits for company."""
        self._seen: dict[object, float] = {}
        """Sessions, and when each asked last."""

    def run(
        self, feeds: Tensors, *, out: Tensors | None = None, queue: Queue | None = None
    ) -> dict[str, Array]:
        chosen, session = select(self, feeds), asker()
        if session is None or not self._has_company(session) or not self._batches.fits(chosen):
            return self._engine.run(chosen, out=out, queue=queue)
        if out is not None and any(isinstance(array, np.ndarray) for array in out.values()):
            check_results(self, out)
        request = _Request(Row(chosen, out), queue, self._clock(), self._lock)
        if self._may_compute(request):
            self._compute(request)
        if request.error is not None:
            raise request.error
        assert request.result is not None, "a request is done before its turn ends"
        return request.result

    def _has_company(self, session: object) -> bool:
        """Whether another session has asked just now."""
        with self._lock:
            now_s = self._clock()
            self._seen[session] = now_s
            if len(self._seen) > 1:
                self._seen = {s: at for s, at in self._seen.items() if now_s - at < COMPANY_S}
            return len(self._seen) > 1

    def _may_compute(self, request: _Request) -> bool:
        """Wait until somebody has computed it, or nobody does and it has waited longest."""
        with self._lock:
            self._waiting.append(request)
            if self._gathering is not None:
                self._gathering.turn.notify()
            try:
                while not request.done and (self._computing or self._waiting[0] is not request):
                    request.turn.wait()
            except BaseException:
                self._give_up(request)
                raise
            if not request.done:
                self._computing = True
            return not request.done

    def _compute(self, request: _Request) -> None:
        """Compute it, and what others ask by then."""
        together: list[_Request] = []
        try:
            together = self._gathered(request)
            self._serve(together)
        finally:
            with self._lock:
                self._computing = False
                undone = [r for r in together if not (r.done or r is request)]
                self._waiting.extendleft(reversed(undone))  # of whoever was interrupted
                for other in together:
                    other.turn.notify()
                self._give_up(request)

    def _give_up(self, request: _Request) -> None:
        """Nobody waits for it any more: the next may have its turn. The lock is held."""
        if request in self._waiting:
            self._waiting.remove(request)
        if self._waiting:
            self._waiting[0].turn.notify()

    def _gathered(self, request: _Request) -> list[_Request]:
        """The request, and those that have come after it or come soon."""
        most, until_s = self._batches.most, request.asked_s + WAIT_S
        with self._lock:
            self._gathering = request
            try:
                while len(self._waiting) < min(most, len(self._seen)):
                    left_s = until_s - self._clock()
                    if left_s <= 0:
                        break
                    request.turn.wait(left_s)
            finally:
                self._gathering = None
            together = [r for r in self._waiting if r.queue is request.queue][:most]
            for taken in together:
                self._waiting.remove(taken)
            return together

    def _serve(self, together: Sequence[_Request]) -> None:
        if len(together) == 1:
            self._serve_alone(together[0])
            return
        try:
            results = self._batches.run([r.row for r in together], together[0].queue)
        except OutOfMemoryError:
            self._batches.shrink(len(together))
            half = len(together) // 2
            self._serve(together[:half])
            self._serve(together[half:])
        except DeviceError as error:
            for request in together:
                request.error = type(error)(error.message, error.hint)
                request.error.__cause__ = error
        except Exception:  # noqa: BLE001 - whose fault it is shows when each is computed alone
            for request in together:
                self._serve_alone(request)
        else:
            for request, result in zip(together, results, strict=True):
                request.result = result

    def _serve_alone(self, request: _Request) -> None:
        row = request.row
        try:
            request.result = self._engine.run(row.feeds, out=row.out, queue=request.queue)
        except Exception as error:  # noqa: BLE001 - raised where it was asked for
            request.error = error
