"""What takes long of a photo or a frame that many tests show is computed once in a process.

Outlines and the pieces that fill holes depend on nothing but what they are told, and have tests of
their own; most tests only need them.
"""

from __future__ import annotations

import copy
import hashlib
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

SLOW = {
    "bunraku.runtime.source.source": ("person_mask",),
    "bunraku.training.prepare.following": ("person_mask",),
    "bunraku.runtime.source.texture": ("complete",),
    "bunraku.runtime.drivers.body.filling": ("complete",),
}
"""Where they are called by which name."""
KEPT = 128
"""Results of each, of a megabyte or so."""


def remember() -> None:
    """Let this process remember what those of its modules give that it has loaded."""
    remembered: dict[Any, Any] = {}
    for module, names in SLOW.items():
        for name in names:
            if module in sys.modules:
                function = getattr(sys.modules[module], name)
                known = remembered.setdefault(function, _remembering(function))
                setattr(sys.modules[module], name, known)
    if "onnxscript" in sys.modules:
        _remember_translations()


def _remember_translations() -> None:
    """Every export of a network asks for all of onnxscript's operators, and those that are traced
    parse their own source anew each time."""
    traced = sys.modules["onnxscript"].values.TracedOnnxFunction
    traced.function_ir = property(cache(traced.function_ir.fget))


def _remembering(function: Callable[..., Any]) -> Callable[..., Any]:
    found: dict[bytes, Any] = {}

    def known(*given: Any, **named: Any) -> Any:
        digest = hashlib.blake2b()
        for told in _told((*given, *sorted(named.items()))):
            digest.update(told)
        result = found.get(digest.digest(), found)
        if result is found:
            result = function(*given, **named)
            if len(found) >= KEPT:
                found.clear()
            found[digest.digest()] = result
        return copy.deepcopy(result)

    return known


def _told(given: tuple[Any, ...]) -> Iterator[bytes]:
    for value in given:
        if isinstance(value, np.ndarray):
            yield repr((value.shape, value.dtype)).encode()
            yield value.tobytes()
        elif isinstance(value, tuple):
            yield from _told(value)
        else:
            yield repr(value).encode()
