"""Folders for what visitors record: nobody else's, and not left behind, however a process ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from bunraku.stream.core.file_lock import lock

_PREFIX = "bunraku-serve-"


class PrivateFolders:
    """A folder of this process, where the system keeps what is temporary, and folders in it.

    Only this user of the machine can read them. While the process lives it holds a lock, by which
    ``sweep`` and systemd's tmpfiles know.
    """

    def __init__(self) -> None:
        self._root: Path | None = None
        self._lock: int | None = None

    def make(self) -> Path:
        """A new folder. :raises OSError: there is no room."""
        if self._root is None or not self._root.is_dir():
            self.close()
            self._root = Path(tempfile.mkdtemp(prefix=_PREFIX))
            with contextlib.suppress(OSError):
                self._lock = _locked(self._root)
        return Path(tempfile.mkdtemp(dir=self._root))

    def close(self) -> None:
        """Delete all of them."""
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)
            self._root = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def sweep() -> None:
    """Delete what this user's processes that were killed have left. Does nothing on Windows."""
    if sys.platform == "win32":
        return
    for folder in _left_behind():
        with contextlib.suppress(OSError):
            if folder.lstat().st_uid != os.getuid():
                continue
            descriptor = _locked(folder)
            try:
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)


def _left_behind() -> list[Path]:
    """Folders like ours, where temporary ones are made, also while that place is full."""
    places = {os.environ.get("TMPDIR") or "/tmp", "/tmp", "/var/tmp"}
    with contextlib.suppress(OSError):  # there is none that can be written to
        places.add(tempfile.gettempdir())
    found: list[Path] = []
    for place in sorted(places):
        with contextlib.suppress(OSError):
            found += Path(place).glob(f"{_PREFIX}*")
    return found


def _locked(folder: Path) -> int:
    """A descriptor that holds the folder's lock until it is closed.

    :raises OSError: another has it, or there are no locks here.
    """
    if sys.platform == "win32":
        raise OSError
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        lock(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
