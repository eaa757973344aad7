"""How the Numba kernels are compiled, cached and shared among threads.

Threads are ours, not Numba's: its OpenMP layer dies in a forked child, its own pool aborts the
process when two threads enter it, and both want to own the cores that the engines use as well. A
kernel here releases the GIL and does every ``step``-th row; ``share`` calls it once per thread.
On two threads that is as fast as ``prange`` (1.05 ms against 1.03 for the texture operator).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from bunraku.spec.cores import cores
from bunraku.spec.threads import HELPERS

BYTE = numba.uint8
FLAG = numba.boolean
FLOAT = numba.float32
INDEX = numba.int64

# How sums may be rounded, as the flags of LLVM.
FAST = frozenset({"nsz", "arcp", "contract", "afn", "reassoc"})
"""All of fastmath but its promise that no value is NaN or infinite: under that promise the clamping
of a NaN coordinate may be dropped, and the read then falls outside the array."""
FUSED = frozenset({"contract"})
"""In the written order; a product and a sum are rounded once where the CPU can, as image libraries
do."""
STRICT: frozenset[str] = frozenset()
"""In the written order, every step rounded by itself, as numpy does."""


def kernel(
    signature: tuple[Any, ...], rounding: frozenset[str] = FAST
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function for these arguments, at once, without the GIL, and cache it on disk.

    The cache lies beside the source file, in ``NUMBA_CACHE_DIR`` or in the user's cache folder,
    whichever can be written; where none can (a read-only container), it compiles in each process.
    """
    options = {"nogil": True, "fastmath": set(rounding), "error_model": "numpy"}
    njit: Any = numba.njit  # typed in some of the versions that we take

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        result: Callable[..., Any]
        try:
            result = njit(signature, cache=True, **options)(function)
        except (RuntimeError, OSError):  # "no locator available", or the disk is full
            result = njit(signature, **options)(function)
        return result

    return compiled


def read_only(dimensions: int, element: Any = FLOAT) -> Any:
    """The Numba type of a contiguous input: arrays that may be written pass too."""
    return numba.types.Array(element, dimensions, "C", readonly=True)


def strided(dimensions: int, element: Any = FLOAT) -> Any:
    """The Numba type of an input of any layout, such as some channels of a map."""
    return numba.types.Array(element, dimensions, "A", readonly=True)


def written(dimensions: int, element: Any = FLOAT) -> Any:
    """The Numba type of a contiguous output."""
    return numba.types.Array(element, dimensions, "C")


@numba.njit(inline="always")
def clamped(position: Any, last: Any) -> Any:
    """A position within [0, last]; NaN becomes 0, so that no read can leave the array."""
    inside = position if position > 0 else np.float32(0)
    return inside if inside < last else last


@numba.njit(inline="always")
def between(position: Any, last: Any) -> Any:
    """The pixel before a position within [0, last], the one after it, and how far it is towards
    that one; beyond the last there is none."""
    before = int(position)
    return before, min(before + 1, int(last)), position - np.float32(before)


def share(task: Callable[[int, int], object], rows: int, threads: int | None) -> None:
    """Call ``task(first, step)`` on up to ``threads`` threads, this one among them.

    Rows are dealt out in turn (0, n, 2n, …), because a person fills the middle of the picture and
    halves would be uneven. An exception of any of them is raised here.
    """
    count = max(1, min(rows, threads if threads is not None else cores()))
    if count == 1:
        task(0, 1)
        return
    pending = [HELPERS.submit(task, first, count) for first in range(1, count)]
    task(0, count)
    for first, future in enumerate(pending, start=1):
        if future.cancel():  # the pool is busy for others: rather do these rows than wait
            task(first, count)
        else:
            future.result()
