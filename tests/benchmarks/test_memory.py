from __future__ import annotations

import ctypes.util
import os
import subprocess
import sys

import pytest
from benchmarks.live import memory

REPORT = b"""<malloc version="1">
<heap nr="0"><total type="rest" size="9"/><system type="current" size="9"/></heap>
<total type="fast" count="1" size="1048576"/>
<total type="rest" count="2" size="2097152"/>
<total type="mmap" count="3" size="8388608"/>
<system type="current" size="5242880"/>
<system type="max" size="99999999"/>
</malloc>"""

BLOCK_MIB = 1100


def test_in_use_is_what_is_taken_less_what_is_free() -> None:
    assert memory.in_use_mib(REPORT) == 5 + 8 - 1 - 2


def test_resident() -> None:
    assert 5 < memory.resident_mib() < 100_000


ALLOCATING = f"""
import ctypes
from benchmarks.live import memory
libc = ctypes.CDLL("libc.so.6")
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
before = memory.allocated_mib()
held = libc.malloc({BLOCK_MIB} * 2**20)
during = memory.allocated_mib()
libc.free(held)
print(before, during, memory.allocated_mib())
"""
"""The block is too large for the heap, and never touched."""


def test_allocated_follows_malloc() -> None:
    if memory.allocated_mib() is None:  # another C library than GNU's
        assert "libc.so.6" not in (ctypes.util.find_library("c") or "")
        return
    # In a process of its own: threads of other tests take and free memory meanwhile.
    told = subprocess.run(
        [sys.executable, "-c", ALLOCATING],
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    before, during, after = (float(mib) for mib in told.split())
    assert during - before == pytest.approx(BLOCK_MIB, abs=2)
    assert after - before == pytest.approx(0, abs=2)
