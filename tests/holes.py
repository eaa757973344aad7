"""Holes of photos that many tests show are filled once: that takes longer than most of these tests.

What fills them is told the same and gives the same, as its own tests say.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from numpy.typing import NDArray

KEPT = 64
"""Of a megabyte or so each."""


def fill_once() -> None:
    """Let this process remember what it fills holes with, if it has loaded what fills them."""
    if "bunraku.runtime.puppet" not in sys.modules:
        return
    from bunraku.runtime.drivers.body import filling
    from bunraku.runtime.source import texture

    remembering = _remembering(texture.complete)
    texture.complete = filling.complete = remembering


@dataclass(frozen=True)
class _Hole:
    """What ``complete`` is given."""

    digest: bytes
    given: tuple[NDArray[Any] | None, ...] = field(compare=False)


def _remembering(complete: Callable[..., Any]) -> Callable[..., Any]:
    filled = lru_cache(KEPT)(lambda hole: complete(*hole.given))

    def completed(*given: NDArray[Any] | None) -> Any:
        told = hashlib.blake2b()
        for array in given:
            told.update(b"" if array is None else repr((array.shape, array.dtype)).encode())
            told.update(b"" if array is None else array.tobytes())
        found = filled(_Hole(told.digest(), given))
        if found is None:
            return None
        return replace(found, offsets=found.offsets.copy(), shade=found.shade.copy())

    return completed
