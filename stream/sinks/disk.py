"""A file that FFmpeg writes through Python, so that a full disk spoils nothing already written."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path

_NEW = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)


class DiskFile:
    """Unbuffered: what is written survives the process. At the first error the file goes back to
    its last mark and changes no more; FFmpeg, left alone, would leave half a frame at the end, or
    overwrite the start of a file whose end it could not write.
    """

    def __init__(self, path: Path) -> None:
        """Open the file without changing it.

        :raises OSError: it cannot be written to.
        """
        self._existed = path.exists()
        self._path = path
        self._file = io.FileIO(os.open(path, _NEW, 0o666), "r+b")
        self.size = 0
        self._marked = 0
        self.error: OSError | None = None

    @property
    def closed(self) -> bool:
        """PyAV asks this and then writes no trailer."""
        return self._file.closed

    def start(self) -> None:
        """Throw away what an older file of this name held."""
        self._file.truncate(0)

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:
        """Write all of it.

        :raises OSError: the disk is full, or the file must not grow.
        """
        if self.error is not None:
            raise self.error
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self.error = error
            with contextlib.suppress(OSError):
                self._file.truncate(self._marked)
            self.size = self._marked
            raise
        self.size = max(self.size, self._file.tell())
        return len(data)

    def mark(self) -> None:
        """What is written so far is whole."""
        self._marked = self.size

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        """Close it, and remove it if it is new and nothing was written."""
        if self._file.closed:
            return
        self._file.close()
        if self.size == 0 and not self._existed:
            self._path.unlink(missing_ok=True)
