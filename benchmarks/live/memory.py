"""How much memory a process holds, and how much of it is in use."""

from __future__ import annotations

import contextlib
import ctypes
import os
import tempfile
from xml.etree import ElementTree as ET

import psutil

_MIB = 2**20


def trim() -> None:
    """Give freed memory back to the system, or the allocator's habits would look like a leak."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def resident_mib() -> float:
    """What the process holds of the machine's memory."""
    return round(float(psutil.Process().memory_info().rss) / _MIB, 2)


def allocated_mib() -> float | None:
    """What C code has asked for and not freed; what is resident beside it, the allocator keeps for
    later. None where the C library is not GNU's.
    """
    try:
        libc = ctypes.CDLL("libc.so.6")
        malloc_info = libc.malloc_info
    except (OSError, AttributeError):
        return None
    libc.fdopen.restype = ctypes.c_void_p
    libc.fdopen.argtypes = [ctypes.c_int, ctypes.c_char_p]
    with tempfile.TemporaryFile() as file:
        stream = ctypes.c_void_p(libc.fdopen(os.dup(file.fileno()), b"w"))
        malloc_info(0, stream)
        libc.fclose(stream)
        file.seek(0)
        return in_use_mib(file.read())


def in_use_mib(report: bytes) -> float:
    """The same, from the report of malloc_info(3): all areas, less what is free in them."""
    root = ET.fromstring(report)
    taken = sum(_size(one) for one in root.findall("system") if one.get("type") == "current")
    mapped = sum(_size(one) for one in root.findall("total") if one.get("type") == "mmap")
    free = sum(_size(one) for one in root.findall("total") if one.get("type") in ("fast", "rest"))
    return round((taken + mapped - free) / _MIB, 2)


def _size(element: ET.Element) -> int:
    return int(element.get("size", 0))
