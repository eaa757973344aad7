"""Standard output and error as they may be: full disks, closed pipes, terminals that are gone.

What cannot be said on standard output is an error of one line, said once; what cannot be said on
standard error cannot be said at all, and ends nothing.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

from bunraku.errors import OutputError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STDIN, _STDOUT, _STDERR = 0, 1, 2
# Whoever read it has seen enough.
_LEFT = (errno.EPIPE, errno.ECONNRESET, errno.ESHUTDOWN)


def take_streams() -> None:
    """Put streams that know what may happen in place of this process's.

    A number that is closed would go to the next file that is opened, which libraries would then
    write their messages into: it is filled first.
    """
    closed = [number for number in (_STDIN, _STDOUT, _STDERR) if _fill(number)]
    sys.stdout = _text(_Output(_STDOUT, closed=_STDOUT in closed), sys.stdout)
    sys.stderr = _text(_Messages(_STDERR, closed=_STDERR in closed), sys.stderr)


def _fill(number: int) -> bool:
    """Whether the descriptor was closed; then it leads nowhere now."""
    try:
        os.fstat(number)
    except OSError:
        nowhere = os.open(os.devnull, os.O_RDWR)
        if nowhere != number:
            os.dup2(nowhere, number)
            os.close(nowhere)
        return True
    return False


class _Stream(io.FileIO):
    """A descriptor that is written to until it fails; what comes afterwards goes nowhere."""

    def __init__(self, number: int, *, closed: bool) -> None:
        super().__init__(number, "w", closefd=False)
        self._error: OSError | None = OSError(errno.EBADF, "it is closed") if closed else None
        self._told = False

    def write(self, data: ReadableBuffer) -> int:
        """Write all of it, or tell once why not."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        while rest and self._error is None:
            try:
                written = super().write(rest)
                if written is None:  # somebody made it a non-blocking one
                    select.select([], [self], [])
                else:
                    rest = rest[written:]
            except OSError as error:
                self._error = error
        if self._error is not None and not self._told:
            self._told = True
            self._fail(self._error)
        return size

    def _fail(self, error: OSError) -> None:
        raise NotImplementedError


class _Output(_Stream):
    """Standard output."""

    def __init__(self, number: int, *, closed: bool) -> None:
        super().__init__(number, closed=closed)
        self._terminal = not closed and self.isatty()

    def _fail(self, error: OSError) -> None:
        """:raises BrokenPipeError: who read it has gone; nothing needs to be said.
        :raises OutputError: it cannot be written, as on a full disk.
        """
        if error.errno in _LEFT:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        if self._terminal:
            return  # it was closed: nobody is there who could be told
        raise OutputError(
            f"The result cannot be written to standard output: {error.strerror}.",
            "Send it to a file or a program that can take it.",
        )


class _Messages(_Stream):
    """Standard error."""

    def _fail(self, error: OSError) -> None:
        """There is nowhere to tell it."""


def _text(raw: _Stream, former: TextIO | None) -> TextIO:
    """Encoded as before; a character that has no code there is written as its number."""
    encoding = "utf-8" if former is None else former.encoding
    at_once = isinstance(raw, _Messages) or raw.isatty()
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding, "backslashreplace", line_buffering=at_once
    )
