"""Locks that tell what a living process uses from what a killed one has left."""

from __future__ import annotations

import sys

if sys.platform != "win32":
    import fcntl


def lock(descriptor: int) -> None:
    """Lock an open file or folder until it is closed, or its process ends, however it ends.

    :raises OSError: another has it, or there are no locks here (Windows, some network drives).
    """
    if sys.platform == "win32":
        raise OSError
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
