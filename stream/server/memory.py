"""How the process of a server that runs for weeks keeps its memory together."""

from __future__ import annotations

import contextlib
import ctypes
import platform

MOST_ARENAS = 2
_M_ARENA_MAX = -8  # malloc.h


def keep_arenas_few() -> bool:
    """Have all threads share a few of the C library's arenas; whether that could be asked for.

    glibc gives threads arenas of their own, up to eight a core, and each keeps pages for whatever
    it once held: sessions come with threads, so a server would grow until all arenas have seen
    everything. Arenas that exist stay, so this is called first. Elsewhere than on Linux with glibc
    nothing is done.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    with contextlib.suppress(OSError, AttributeError):
        return bool(ctypes.CDLL("libc.so.6").mallopt(_M_ARENA_MAX, MOST_ARENAS))
    return False
