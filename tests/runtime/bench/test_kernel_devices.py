"""The way over a GPU, on a processor that calls itself one: what is captured, and what if not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch

from bunraku.runtime.bench import kernel_devices as module
from bunraku.runtime.bench.kernel_devices import Form, GpuBench, Unmeasured
from bunraku.runtime.bench.kernels import KernelOptions, run_kernels
from bunraku.runtime.bench.schema import check_report


class Graph:
    """Stands for a CUDA graph, and counts how often it is replayed."""

    replays = 0

    def replay(self) -> None:
        Graph.replays += 1


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was waited for and captured, in order."""
    seen: list[str] = []

    @contextmanager
    def graph(_: Graph) -> Iterator[None]:
        seen.append("capture")
        yield

    ones = torch.ones
    monkeypatch.setattr(Graph, "replays", 0)
    monkeypatch.setattr(module, "COPIED_MIB", 1)
    monkeypatch.setattr(module, "check_gpu", lambda _: None)
    monkeypatch.setattr(torch, "ones", lambda count, device: ones(count))
    monkeypatch.setattr(torch.Tensor, "cuda", lambda tensor: tensor)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: seen.append("wait"))
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "graph", graph)
    return seen


def test_the_whole_report_is_of_every_precision(pretended: list[str]) -> None:
    options = KernelOptions("cuda", 3, 0.0, compiled=False, cached_mib=1, only="texture live")
    report = run_kernels(options)
    assert check_report(report) == "kernels"
    rows = {(row["name"], row["precision"]): row for row in report["kernels"]}
    whole = rows["texture live", "f32"]
    assert whole["forms"]["triton"]["error"] < 1e-5
    for precision, least in (("f16", 1e-4), ("bf16", 1e-3)):
        texture = rows["texture live", precision]
        assert least < texture["forms"]["triton"]["error"] < 16 * least
        assert texture["must_move_bytes"] * 2 == whole["must_move_bytes"]
    assert Graph.replays > 0
    assert "capture" in pretended


def test_each_sample_waits_for_the_gpu(pretended: list[str]) -> None:
    bench = GpuBench()
    pretended.clear()
    calls: list[int] = []

    def call(x: torch.Tensor) -> torch.Tensor:
        calls.append(int(x.sum()))
        return x + 1

    form, given = Form(lambda: call), [np.ones(4, np.float32)]
    results, spread = bench.measured(form, given, "f32", 5, 4, 10.0)
    assert results[0].tolist() == [2.0] * 4
    assert len(calls) == 1 + (module.WARM_CALLS + 1) * 5  # once alone, then all sets warm, captured
    assert pretended == ["wait", "capture", *["wait"] * (3 + 4)]
    assert spread.count == 4


def test_what_cannot_be_captured_is_called(
    pretended: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def graph(_: Graph) -> Iterator[None]:
        yield
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(torch.cuda, "graph", graph)
    calls: list[Any] = []

    def call(x: Any) -> Any:
        calls.append(x)
        return x

    form = Form(lambda: call)
    GpuBench().measured(form, [np.ones(4, np.float32)], "f32", 2, 3, 0.0)
    assert Graph.replays == 0
    assert len(calls) > 2 * (module.WARM_CALLS + 1 + 3)


def test_a_form_that_fails_is_unmeasured(pretended: list[str]) -> None:
    def fail(x: torch.Tensor) -> torch.Tensor:
        raise ValueError("no such layout")

    with pytest.raises(Unmeasured, match="ValueError: no such layout"):
        GpuBench().measured(Form(lambda: fail), [np.ones(4, np.float32)], "f32", 2, 3, 0.0)
