"""The parent's end of a push: starts the process that sends, feeds it, and ends it."""

from __future__ import annotations

import contextlib
import errno
import json
import signal
import threading
from collections.abc import Iterator

from bunraku.spec.arrays import Picture
from bunraku.stream.core.child_process import ChildProcess
from bunraku.stream.sinks.push_child import HEADER, PARTING_S, Order

_REASONS = {
    errno.ECONNREFUSED: "nobody listens there",
    errno.ETIMEDOUT: "it does not answer",
    errno.EHOSTUNREACH: "it cannot be reached",
    errno.ENETUNREACH: "it cannot be reached",
    errno.ECONNRESET: "it hung up",
    errno.EPIPE: "it hung up",
    errno.EIO: "it does not take the stream; is the key right?",
    errno.ENOSPC: "the disk is full",
    errno.EACCES: "permission denied",
}
# FFmpeg's own errors have no number of the system's.
_NAMES = {
    "ProtocolNotFoundError": "this PyAV was built without the protocol",
    "HTTPUnauthorizedError": "it wants another name or password",
    "HTTPForbiddenError": "it refuses",
    "HTTPNotFoundError": "there is no such place",
}

ALARMS = hasattr(signal, "alarm")
"""Whether the process can end itself; on Windows it cannot."""
GRACE_S = 10.0
"""How long the process may take to start, or to lose patience by itself."""


class PushLost(Exception):
    """The other side cannot be reached, or is gone; the text says why, without the address."""


class PushProcess:
    """One connection. ``send`` and ``finish`` block; ``kill`` may come from any thread."""

    def __init__(self, order: Order) -> None:
        """Start the process; it connects when the first picture comes.

        :raises OSError: it cannot be started.
        """
        self._child = ChildProcess("bunraku.stream.sinks.push_child")
        self._unsent = order.line()
        self._patience_s = order.patience_s + GRACE_S

    def send(self, planes: Picture, time_ms: int) -> None:
        """Send a picture, ``[H*3/2,W]`` uint8 I420, and wait until it has left.

        :raises PushLost: it has not.
        """
        with self._watchdog():
            with contextlib.suppress(OSError):  # the answer tells why
                self._child.send(self._unsent, HEADER.pack(time_ms), planes.data.cast("B"))
            self._unsent = b""
            line = self._child.hear()
        if line != b"{}\n":
            raise PushLost(_reason(line))

    @contextlib.contextmanager
    def _watchdog(self) -> Iterator[None]:
        """End the process if it takes too long, where it has no alarms to end itself."""
        if ALARMS:
            yield
            return
        patience = threading.Timer(self._patience_s, self._child.kill)
        patience.start()
        try:
            yield
        finally:
            patience.cancel()

    def finish(self) -> None:
        """Let it say goodbye, and end it."""
        self._child.finish(PARTING_S)

    def kill(self) -> None:
        """End it at once; who waits in ``send`` gets PushLost."""
        self._child.kill()


def _reason(line: bytes) -> str:
    if not line:
        return "it does not answer"  # the process's patience ended
    answer = json.loads(line)
    known = _NAMES.get(answer["error"]) or _REASONS.get(answer["errno"] or 0)
    return known or answer["text"] or answer["error"]
