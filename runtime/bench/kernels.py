"""How fast each operator's forms are, beside plain torch and beside what memory allows.

The plain form is torch's grid_sample and a sum, eager and compiled. The roofline is the bytes that
an operator must move over the bandwidth of a copy, measured in the same run. A form whose result is
wrong has no time.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bunraku.errors import InputError
from bunraku.runtime.bench.facts import facts
from bunraku.runtime.bench.kernel_cases import CASES, Case
from bunraku.runtime.bench.kernel_devices import (
    GpuBench,
    HostBench,
    KernelDevice,
    Unmeasured,
    results_of,
)
from bunraku.runtime.bench.precisions import rounded_to, stored_as
from bunraku.runtime.bench.timing import missing, plain, rounded
from bunraku.runtime.engines.present import missing_package
from bunraku.runtime.measure import Spread

SEED = 5
CACHED_MIB = 128
"""The calls' own inputs are so many MiB together, more than caches hold."""
MOST_SETS = 32


@dataclass(frozen=True)
class KernelOptions:
    """What is measured."""

    device: str = "cpu"
    """``cpu`` or ``cuda``."""
    samples: int = 50
    budget_s: float = 1.0
    """For each form; samples are fewer then, but three."""
    threads: int | None = None
    compiled: bool = True
    """Whether the plain form is compiled by torch too, which takes a while each time."""
    only: str = ""
    """Operators whose names begin with this."""
    cached_mib: int = CACHED_MIB


def run_kernels(
    options: KernelOptions | None = None, on_case: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Measure the operators on this machine.

    :param on_case: told the name of each operator before it.
    :return: ``kernels[]``, each with ``name``, ``precision``, ``must_move_bytes``, ``roofline_ms``
        and ``forms`` by name: p50, p95, min, ``error``, ``of_roofline``, and ``speedup`` over eager
        torch, or ``missing`` with the reason; ``copy_gb_s``, and what was measured on what.
    :raises InputError: nothing of this name, or no such device here.
    """
    options = options or KernelOptions()
    cases = [case for case in CASES if case.name.startswith(options.only)]
    if not cases:
        known = ", ".join(case.name for case in CASES)
        raise InputError(f"No kernel's name begins with {options.only!r}.", f"There are: {known}.")
    device = _device(options)
    rows = []
    for case, precision in itertools.product(cases, device.precisions):
        if precision != "f32" and not case.narrow:
            continue
        if on_case is not None:
            on_case(f"{case.name} {precision}")
        rows.append(_row(case, precision, device, options))
    return {
        "kind": "kernels",
        "device": options.device,
        "copy_gb_s": rounded(device.copied_gb_s),
        "kernels": rows,
        "samples": options.samples,
        "threads": options.threads,
        **facts(),
    }


def _device(options: KernelOptions) -> KernelDevice:
    if options.device == "cpu":
        return HostBench(options.threads)
    if options.device != "cuda":
        raise InputError(f"There is no device {options.device!r}.", "Use cpu or cuda.")
    return GpuBench()


def _row(
    case: Case, precision: str, device: KernelDevice, options: KernelOptions
) -> dict[str, Any]:
    # Of the rounded inputs: how an operator computes is compared, not what its inputs lose.
    given = tuple(rounded_to(precision, array) for array in case.make(np.random.default_rng(SEED)))
    wanted = _expected(case, [array.copy() for array in given])  # some are written into
    kept = tuple(stored_as(precision, array) for array in given)
    moved = case.must_move(kept, [stored_as(precision, array) for array in wanted])
    roofline_ms = moved / device.copied_gb_s / 1e6
    size = sum(array.nbytes for array in kept)
    sets = min(MOST_SETS, max(2, -(-options.cached_mib * 2**20 // size)))
    forms: dict[str, Any] = {}
    for name, form in device.forms(case).items():
        if isinstance(form, str):
            forms[name] = missing(form)
            continue
        if name == "torch-compiled" and not options.compiled:
            forms[name] = missing("left out")
            continue
        try:
            results, spread = device.measured(
                form, given, precision, sets, options.samples, options.budget_s
            )
        except Unmeasured as reason:
            forms[name] = missing(str(reason))
            continue
        allowed = max(TOLERANCES[precision], case.tolerance)
        forms[name] = _told(results, wanted, allowed, spread, roofline_ms)
    _compare(forms)
    return {
        "name": case.name,
        "precision": precision,
        "shapes": [list(array.shape) for array in given],
        "sets": sets,
        "must_move_bytes": moved,
        "roofline_ms": rounded(roofline_ms),
        "forms": forms,
    }


def _expected(case: Case, given: Sequence[Any]) -> list[Any]:
    """What every form must give: of the plain form, in float32 on the host."""
    if case.plain is None or missing_package("torch"):
        return results_of(case.public(*given))
    import torch

    with torch.no_grad():
        return results_of(case.plain()(*(torch.from_numpy(array) for array in given)))


TOLERANCES = {"f32": 1e-3, "f16": 5e-3, "bf16": 2e-2}
"""How far a result may be off, beside its own size; levels of 8 bits may be off by one."""


def _told(
    results: Sequence[Any],
    wanted: Sequence[Any],
    tolerance: float,
    spread: Spread,
    roofline_ms: float,
) -> dict[str, Any]:
    error, right = 0.0, True
    for one, other in zip(results, wanted, strict=True):
        exact = other.astype(np.float64)
        with np.errstate(invalid="ignore"):  # infinitely far is as far as infinitely far
            apart = np.where(one == other, 0.0, np.abs(one.astype(np.float64) - exact))
        allowed = tolerance * (1.0 + np.abs(exact))
        right &= bool((apart <= (1.0 if other.dtype == np.uint8 else allowed)).all())
        error = max(error, float(apart.max()))
    if not right:
        return missing(f"its result is wrong by up to {error:.3g}")
    of_roofline = rounded(roofline_ms / spread.p50)
    return {**plain(spread), "error": rounded(error), "of_roofline": of_roofline}


def _compare(forms: dict[str, Any]) -> None:
    eager = forms.get("torch", {})
    if "p50" not in eager:
        return
    for told in forms.values():
        if "p50" in told:
            told["speedup"] = rounded(eager["p50"] / told["p50"])
