"""A Python process of our own that is talked to through pipes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from bunraku import errors
from bunraku.runtime.child_signals import deaf_children


class ChildProcess:
    """Runs a module. ``send``, ``hear``, ``take`` and ``finish`` block; ``kill`` may come from any
    thread.
    """

    def __init__(self, module: str) -> None:
        """Start it. What it needs to know is sent: every user may read a process's arguments.

        :raises OSError: it cannot be started.
        """
        root = str(Path(errors.__file__).parents[1])
        paths = [root, os.environ.get("PYTHONPATH", "")]
        with deaf_children():
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # FFmpeg writes addresses there, Qt what none can mend
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout

    def send(self, *parts: bytes | memoryview) -> None:
        """Write to its standard input.

        :raises OSError: it has ended.
        """
        for part in parts:
            self._input.write(part)
        self._input.flush()

    def hear(self) -> bytes:
        """The next line of its standard output; empty when it has ended."""
        with contextlib.suppress(OSError, ValueError):
            return self._output.readline()
        return b""

    def take(self, size: int) -> bytes:
        """``size`` bytes of its standard output; fewer when it has ended."""
        with contextlib.suppress(OSError, ValueError):
            return self._output.read(size)
        return b""

    def finish(self, wait_s: float) -> None:
        """Let it see the end of its input, wait so long for it to end, and then end it."""
        with contextlib.suppress(OSError):
            self._input.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(wait_s)
        self.kill()
        self._process.wait()
        self._output.close()

    def kill(self) -> None:
        """End it at once: who waits for it sees its end."""
        self._process.kill()
