"""What a command that runs on tells: lines that stay, and one that changes."""

from __future__ import annotations

import shutil
import sys
from typing import TextIO

_CLEAR = "\r\x1b[K"


class Console:
    """Stderr, with one line at the bottom that is written over; that one on terminals only."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._status = ""

    def say(self, text: str) -> None:
        """A line that stays."""
        self._write(f"{_CLEAR if self._status else ''}{text}\n{self._status}")

    def status(self, text: str) -> None:
        """Change the line at the bottom; "" removes it."""
        if self._live and (text or self._status):
            # A line that wraps could not be written over.
            self._status = text[: shutil.get_terminal_size().columns - 1]
            self._write(f"{_CLEAR}{self._status}")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
