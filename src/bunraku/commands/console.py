"""What a command that runs on tells: lines that stay, and one that changes."""

from __future__ import annotations

import contextlib
import logging
import shutil
import sys
import threading
from collections.abc import Iterator
from typing import TextIO

_CLEAR = "\r\x1b[K"


class Console:
    """Stderr, with one line at the bottom that is written over; that one on terminals only."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._status = ""
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """A line that stays."""
        with self._lock:  # log lines come from all threads
            self._write(f"{_CLEAR if self._status else ''}{text}\n{self._status}")

    def status(self, text: str) -> None:
        """Change the line at the bottom; "" removes it."""
        if self._live and (text or self._status):
            with self._lock:
                # A line that wraps could not be written over.
                self._status = text[: shutil.get_terminal_size().columns - 1]
                self._write(f"{_CLEAR}{self._status}")

    @contextlib.contextmanager
    def logging(self) -> Iterator[None]:
        """Write Bunraku's log lines here meanwhile, lest they run into the line at the bottom."""
        handler = _Teller(self)
        logger = logging.getLogger("bunraku")
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


class _Teller(logging.Handler):
    """Passes log lines to a console."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        self._console.say(self.format(record))
