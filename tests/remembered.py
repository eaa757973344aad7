"""What takes long of a photo or a frame that many tests show is computed once in a process.

Outlines, the pieces that fill holes and the bones of a person's pixels depend on nothing but what
they are told, and have tests of their own; most tests only need them.
"""

from __future__ import annotations

import copy
import hashlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

SMALL, LARGE = 128, 6
"""How many results are kept: of a megabyte or so, and of fifty."""
SLOW = {
    "bunraku.runtime.source.source": {"person_mask": SMALL},
    "bunraku.training.prepare.scenes": {"person_mask": SMALL},
    "bunraku.runtime.source.texture": {"complete": SMALL},
    "bunraku.runtime.drivers.body.filling": {"complete": SMALL},
    "bunraku.runtime.drivers.body.making": {"bind_photo": LARGE},
}
"""Where they are called by which name."""


def remember() -> None:
    """Let this process remember what those of its modules give that it has loaded."""
    known: dict[Any, Any] = {}
    for module, names in SLOW.items():
        for name, most in names.items():
            if module in sys.modules:
                function = getattr(sys.modules[module], name)
                known.setdefault(function, remembering(function, most))
                setattr(sys.modules[module], name, known[function])
    if "onnxscript" in sys.modules:
        _remember_translations()


def _remember_translations() -> None:
    """Every export of a network asks for all of onnxscript's operators and reads their signatures,
    and those that are traced parse their own source anew each time."""
    traced = sys.modules["onnxscript"].values.TracedOnnxFunction
    traced.function_ir = property(cache(traced.function_ir.fget))
    registry: Any = import_module("torch.onnx._internal.exporter._registration").ONNXRegistry
    whole = cache(registry.from_torchlib)

    def its_own(**named: Any) -> Any:
        known = whole(**named)
        made = copy.copy(known)
        made.functions = {name: [*metas] for name, metas in known.functions.items()}
        return made

    registry.from_torchlib = staticmethod(its_own)


def remembering(function: Callable[..., Any], most: int) -> Callable[..., Any]:
    """The function, computed once for each of the last ``most`` things that it was told.

    Each caller gets a copy of its own, to write into.

    :raises TypeError: from the call: told something of which nobody knows when it is the same.
    """
    found: dict[bytes, Any] = {}

    def known(*given: Any, **named: Any) -> Any:
        digest = hashlib.blake2b()
        for told in _told((given, named)):
            digest.update(told)
        result = found.pop(digest.digest(), found)
        if result is found:
            result = function(*given, **named)
            if len(found) >= most:
                del found[next(iter(found))]  # asked for longest ago
        found[digest.digest()] = result
        return copy.deepcopy(result)

    return known


def _told(value: Any) -> Iterator[bytes]:
    yield type(value).__qualname__.encode()
    if isinstance(value, np.ndarray):
        yield repr((value.shape, value.dtype)).encode()
        yield value.tobytes()
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _told(getattr(value, field.name))
    elif isinstance(value, dict):
        yield from _told(tuple(value.items()))
    elif isinstance(value, list | tuple):
        yield str(len(value)).encode()
        for one in value:
            yield from _told(one)
    elif value is None or isinstance(value, str | int | float | Enum | np.generic):
        yield repr(value).encode()
    else:
        raise TypeError(f"{type(value).__name__} is nothing that can be compared by its bytes")
