"""Where operators are timed: on the host, or on a GPU through torch."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from bunraku.runtime.bench.kernel_cases import Case
from bunraku.runtime.bench.precisions import PRECISIONS
from bunraku.runtime.bench.timing import spread_of, timed
from bunraku.runtime.cuda_device import check_gpu, import_torch
from bunraku.runtime.engines.present import missing_package
from bunraku.runtime.measure import Spread

COPIED_MIB = 256
COPIES = 7
WARM_CALLS = 3
"""Before a graph is captured: Triton and torch compile and choose then."""

log = logging.getLogger(__name__)


class Unmeasured(Exception):
    """Why a form has no time here, for the report."""


@dataclass(frozen=True)
class Form:
    """One form of an operator."""

    load: Callable[[], Callable[..., Any]]
    """Gives what is called with the inputs; what it imports or compiles is not timed."""
    on_arrays: bool = False
    """Whether it takes arrays, not tensors."""


Forms = Mapping[str, "Form | str"]
"""By name, or why one cannot be had here."""


class KernelDevice(Protocol):
    """What times the forms of an operator."""

    @property
    def precisions(self) -> Sequence[str]:
        """What inputs may be of."""

    copied_gb_s: float
    """Bytes read and written by a large copy, in 10⁹ a second."""

    def forms(self, case: Case) -> Forms: ...

    def measured(
        self,
        form: Form,
        given: Sequence[Any],
        precision: str,
        sets: int,
        samples: int,
        budget_s: float,
    ) -> tuple[list[Any], Spread]:
        """A form's results as arrays, and how long one call takes.

        :param given: its inputs, as arrays of values that the precision has.
        :param precision: what those of float32 are taken in.
        :param sets: copies of them, which are taken in turns.
        :raises Unmeasured: it fails.
        """


class HostBench:
    """Numba on arrays; torch, where it is installed, on tensors of the same."""

    precisions = ("f32",)

    def __init__(self, threads: int | None) -> None:
        self._threads = threads
        self._torch: Any = None if missing_package("torch") else import_torch()
        if self._torch is not None and threads is not None:
            self._torch.set_num_threads(threads)
        source = np.ones(COPIED_MIB * 2**18, np.float32)
        target = np.empty_like(source)
        self.copied_gb_s = _bandwidth(source.nbytes, lambda: np.copyto(target, source))

    def forms(self, case: Case) -> Forms:
        found: dict[str, Form | str] = {}
        if case.arrays:
            found["numba"] = Form(lambda: self._on_arrays(case), on_arrays=True)
        return {**found, **_plain_forms(self._torch, case)}

    def measured(
        self,
        form: Form,
        given: Sequence[Any],
        precision: str,  # noqa: ARG002 - it has but one
        sets: int,
        samples: int,
        budget_s: float,
    ) -> tuple[list[Any], Spread]:
        def copied(array: Any) -> Any:
            return array.copy() if form.on_arrays else self._torch.from_numpy(array.copy())

        made = [[copied(array) for array in given] for _ in range(sets)]
        with ExitStack() as context:
            if self._torch is not None:
                context.enter_context(self._torch.no_grad())
            try:
                call = form.load()
                results = results_of(call(*made[0]))
                spread = spread_of(
                    lambda number: call(*made[number % sets]), samples=samples, budget_s=budget_s
                )
            except Exception as error:  # whatever a compiler raises is this form's alone
                log.debug("a form fails", exc_info=True)
                raise Unmeasured(_reason(error)) from error
        return results, spread

    def _on_arrays(self, case: Case) -> Callable[..., Any]:
        if not case.threaded:
            return case.public
        return lambda *arrays: case.public(*arrays, threads=self._threads)


class GpuBench:
    """Triton and torch on a GPU: all sets as one captured graph, as engines run, where a form can
    be captured; else call after call.

    :raises MissingExtraError: torch is not installed. :raises EngineError: there is no GPU.
    """

    precisions = PRECISIONS

    def __init__(self) -> None:
        self._torch = torch = import_torch()
        check_gpu(torch)
        source = torch.ones(4 * COPIED_MIB * 2**18, device="cuda")
        target = torch.empty_like(source)

        def copy() -> None:
            target.copy_(source)
            torch.cuda.synchronize()

        self.copied_gb_s = _bandwidth(source.nbytes, copy)

    def forms(self, case: Case) -> Forms:
        lacking = missing_package("triton")
        return {
            "triton": lacking or Form(lambda: case.public),
            **_plain_forms(self._torch, case),
        }

    def measured(
        self,
        form: Form,
        given: Sequence[Any],
        precision: str,
        sets: int,
        samples: int,
        budget_s: float,
    ) -> tuple[list[Any], Spread]:
        torch = self._torch
        kind = {"f16": torch.float16, "bf16": torch.bfloat16}.get(precision, torch.float32)

        def there(array: Any) -> Any:
            tensor = torch.from_numpy(array.copy()).cuda()
            return tensor.to(kind) if tensor.is_floating_point() else tensor

        with torch.no_grad():
            try:
                made = [[there(array) for array in given] for _ in range(sets)]
                call = form.load()

                def every() -> None:
                    for tensors in made:
                        call(*tensors)

                results = results_of(call(*made[0]))
                replay = self._captured(every)
                spread = spread_of(
                    lambda _: replay(),
                    samples=samples,
                    budget_s=budget_s,
                    finish=torch.cuda.synchronize,
                )
            except Exception as error:  # likewise
                log.debug("a form fails", exc_info=True)
                raise Unmeasured(_reason(error)) from error
        return results, spread.divided(sets)

    def _captured(self, work: Callable[[], None]) -> Callable[[], None]:
        torch = self._torch
        for _ in range(WARM_CALLS):
            work()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                work()
        except RuntimeError as error:  # it waits for the GPU somewhere inside
            log.warning("A form is not captured: %s", _reason(error))
            torch.cuda.synchronize()
            return work
        replay: Callable[[], None] = graph.replay
        return replay


def results_of(given: Any) -> list[Any]:
    """One result or several, arrays or tensors wherever they are, as arrays on the host; what is
    of fewer bits in float32, for numpy knows no bfloat16."""
    every = given if isinstance(given, (list, tuple)) else [given]
    return [np.asarray(_on_host(one) if hasattr(one, "cpu") else one).copy() for one in every]


def _on_host(tensor: Any) -> Any:
    return (tensor.float() if tensor.is_floating_point() else tensor).cpu()


def _plain_forms(torch: Any, case: Case) -> dict[str, Form | str]:
    names = ("torch", "torch-compiled")
    load = case.plain
    if load is None:
        return dict.fromkeys(names, "its plain form is numpy's, for tests alone")
    if torch is None:
        return dict.fromkeys(names, "torch is not installed")

    def compiled() -> Callable[..., Any]:
        made: Callable[..., Any] = torch.compile(load(), dynamic=False)
        return made

    return {names[0]: Form(load), names[1]: Form(compiled)}


def _bandwidth(size: int, copy: Callable[[], object]) -> float:
    copies_ms = sorted(timed(copy) for _ in range(COPIES))
    return 2 * size / (copies_ms[COPIES // 2] * 1e6)


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
