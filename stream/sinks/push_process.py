"""The parent's end of a push: starts the process that sends, feeds it, and ends it."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import bunraku
from bunraku.stream.orientation import Picture
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


class PushLost(Exception):
    """The other side cannot be reached, or is gone; the text says why, without the address."""


class PushProcess:
    """One connection. ``send`` and ``finish`` block; ``kill`` may come from any thread."""

    def __init__(self, order: Order) -> None:
        """Start the process; it connects when the first picture comes.

        :raises OSError: it cannot be started.
        """
        root = str(Path(bunraku.__file__).parents[1])
        paths = [root, os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "bunraku.stream.sinks.push_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # FFmpeg writes addresses there
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )
        # Not in the arguments, which every user of the machine may read.
        self._unsent: bytes = order.line()

    def send(self, planes: Picture, time_ms: int) -> None:
        """Send a picture, ``[H*3/2,W]`` uint8 I420, and wait until it has left.

        :raises PushLost: it has not.
        """
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError):  # the answer tells why
            process.stdin.write(self._unsent + HEADER.pack(time_ms))
            process.stdin.write(memoryview(planes).cast("B"))
            process.stdin.flush()
            self._unsent = b""
        try:
            line = process.stdout.readline()
        except (OSError, ValueError):
            line = b""
        if line != b"{}\n":
            raise PushLost(_reason(line))

    def finish(self) -> None:
        """Let it say goodbye, and end it."""
        process = self._process
        if process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PARTING_S)
        self.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def kill(self) -> None:
        """End it at once; who waits in ``send`` gets PushLost."""
        self._process.kill()


def _reason(line: bytes) -> str:
    if not line:
        return "it does not answer"  # the process's patience ended
    answer = json.loads(line)
    known = _NAMES.get(answer["error"]) or _REASONS.get(answer["errno"] or 0)
    return known or answer["text"] or answer["error"]
