"""One thread for work that would block the event loop, a call at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

WAIT_S = 3.0
"""How long ``close`` waits for the call that is under way; less than who closes a stage waits."""
_LOOK_EVERY_S = 0.002

log = logging.getLogger(__name__)


class Worker:
    """Runs functions in a thread of its own, in the order in which they were given.

    The thread starts with the first call. It is no daemon: an interpreter that ends waits for it.

    :param name: of the thread, for logs and debuggers.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._closed = False

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the function in the thread; what it returns or raises comes back.

        When the caller is cancelled, a function that has begun still finishes before the next one
        begins, and its result is thrown away; one that has not begun never does.

        :raises RuntimeError: the worker is closed.
        """
        if self._closed:
            raise RuntimeError(f"the worker {self.name!r} is closed")
        if self._thread is None:
            self._thread = Thread(target=_serve, args=(self._calls,), name=self.name)
            self._thread.start()
        future: Future[T] = Future()
        self._calls.put(_Call(future, lambda: function(*args, **kwargs)))
        return await asyncio.wrap_future(future)

    async def close(self, wait_s: float = WAIT_S) -> None:
        """End the thread. Calls that have not begun are cancelled; does not raise.

        The loop goes on meanwhile. A call that is still under way after ``wait_s`` is left to
        itself, with a line in the log.
        """
        if not self._closed:
            self._closed = True
            with contextlib.suppress(Empty):
                while (call := self._calls.get_nowait()) is not None:
                    call.future.cancel()
            self._calls.put(None)
        if self._thread is None:
            return
        # A thread's end cannot be awaited, and a helper that waits for it would outlive a give-up.
        until = time.monotonic() + wait_s
        while self._thread.is_alive() and time.monotonic() < until:
            await asyncio.sleep(_LOOK_EVERY_S)
        if self._thread.is_alive():
            log.warning(
                "%s is still at work after %g seconds: the program cannot end before it is done.",
                self.name,
                wait_s,
            )


class _Call:
    """A function and where its result goes."""

    def __init__(self, future: Future[Any], function: Callable[[], Any]) -> None:
        self.future = future
        self._function = function

    def __call__(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self._function()
        except BaseException as error:  # noqa: BLE001 - it is the caller's
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


def _serve(calls: SimpleQueue[_Call | None]) -> None:
    while (call := calls.get()) is not None:
        call()
        del call  # or it would hold the last frame while it waits for the next
