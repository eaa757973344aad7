"""Threads that all callers in a process share."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from bunraku.spec.cores import cores


class SharedThreads:
    """As many threads as there are cores beside the caller's; for several threads at once.

    They start at the first call. A forked child has threads of its own: it inherits the executor
    but none of its threads, and what that is given would wait for ever.

    :param name: of each thread, before its number.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._executor: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def submit(self, call: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """As ``Executor.submit``.

        :raises RuntimeError: no thread can be had, as when the process ends.
        """
        with self._lock:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(max(1, cores() - 1), self._name)
            executor = self._executor
        return executor.submit(call, *arguments)

    def _forget(self) -> None:
        self._executor, self._lock = None, threading.Lock()


HELPERS = SharedThreads("bunraku-helper")
"""For what takes milliseconds and waits for nothing: rows of a kernel, and parts of a frame beside
each other. One pool for all, so that there is never more work at once than there are cores."""
