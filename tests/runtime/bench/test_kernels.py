"""Operators timed on a processor, and what is said where a form is wrong or not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from bunraku.errors import EngineError, InputError
from bunraku.kernels import NEGLIGIBLE_WEIGHT
from bunraku.runtime.bench import kernel_cases, kernel_inputs
from bunraku.runtime.bench import kernels as module
from bunraku.runtime.bench.kernel_cases import CASES
from bunraku.runtime.bench.kernels import KernelOptions, run_kernels
from bunraku.runtime.bench.precisions import rounded_to, stored_as
from bunraku.runtime.bench.schema import check_report

QUICK = KernelOptions(samples=3, budget_s=0.0, threads=1, compiled=False, cached_mib=1)


@pytest.fixture(autouse=True)
def small_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain torch takes half a second for a photo of the usual size."""
    monkeypatch.setattr(kernel_inputs, "PHOTO", (90, 120))
    for place in (kernel_inputs, kernel_cases):
        monkeypatch.setattr(place, "BOX", (20, 0, 90))
        monkeypatch.setattr(place, "FACE", (30, 20, 40, 32))


def _row(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in report["kernels"] if row["name"] == name)


def test_every_operator_is_right_and_timed() -> None:
    told: list[str] = []
    report = run_kernels(QUICK, told.append)
    assert check_report(report) == "kernels"
    assert [row["name"] for row in report["kernels"]] == [case.name for case in CASES]
    assert told == [f"{case.name} f32" for case in CASES]
    for case in CASES:
        forms = _row(report, case.name)["forms"]
        for name in (*(["numba"] if case.arrays else []), *(["torch"] if case.plain else [])):
            assert "missing" not in forms[name], (case.name, forms[name])
            assert forms[name]["of_roofline"] > 0
    texture = _row(report, "texture live")
    assert texture["forms"]["torch"]["speedup"] == 1.0
    assert texture["forms"]["torch-compiled"] == {"missing": "left out"}


def test_what_must_move_is_counted_once() -> None:
    rng = np.random.default_rng(0)
    photo = next(case for case in CASES if case.name == "warp live, photo")
    features, flow, occlusion = photo.make(rng)
    result = np.zeros((1, 5, 256, 256), np.float32)
    side = 256 * 256 * 4
    assert photo.must_move((features, flow, occlusion), [result]) == (5 + 2 + 1 + 5) * side

    texture = next(case for case in CASES if case.name == "texture paper")
    atlas, weights, u, v = texture.make(rng)
    assert weights.min() > 0, "no weight of a softmax is nothing"
    seen = int((weights > NEGLIGIBLE_WEIGHT).sum())
    assert 0 < seen < 0.2 * weights.size
    read = weights.nbytes + 8 * seen + min(atlas.nbytes, 4 * seen * 16 * 4)
    assert texture.must_move((atlas, weights, u, v), []) == read


def test_numbers_of_fewer_bits_are_rounded_as_torch_rounds_them() -> None:
    values = np.random.default_rng(1).standard_normal(4096, np.float32)
    values[:2] = 1 + 2**-8, 1 + 3 * 2**-8  # as near to two
    for precision, kind in (("f16", torch.float16), ("bf16", torch.bfloat16)):
        wanted = torch.from_numpy(values).to(kind).float().numpy()
        assert (rounded_to(precision, values) == wanted).all()
        assert stored_as(precision, values).itemsize == 2
    levels = np.zeros(3, np.uint8)
    assert rounded_to("bf16", levels) is stored_as("bf16", levels) is levels


def test_a_form_that_is_wrong_has_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    case = next(case for case in CASES if case.name == "enlarge")
    wrong = replace(case, public=lambda flow, threads: case.public(flow) + 0.5)
    monkeypatch.setattr(module, "CASES", (wrong,))
    report = run_kernels(QUICK)
    forms = report["kernels"][0]["forms"]
    assert forms["numba"] == {"missing": "its result is wrong by up to 0.5"}
    assert forms["torch"]["speedup"] == 1.0


def test_a_form_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no compiler\nand more")

    monkeypatch.setattr(torch, "compile", fail)
    report = run_kernels(replace(QUICK, only="enlarge", compiled=True))
    forms = report["kernels"][0]["forms"]
    assert forms["torch-compiled"] == {"missing": "RuntimeError: no compiler"}


def test_without_torch_numba_is_timed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("kernels", "kernel_devices"):
        monkeypatch.setattr(
            f"bunraku.runtime.bench.{name}.missing_package", lambda *_: "torch is not installed"
        )
    report = run_kernels(replace(QUICK, only="warp live, photo"))
    forms = report["kernels"][0]["forms"]
    assert forms["torch"] == {"missing": "torch is not installed"}
    assert forms["numba"]["error"] == 0.0


def test_names_and_devices_that_are_not_there() -> None:
    with pytest.raises(InputError, match="No kernel's name begins with 'paint'"):
        run_kernels(replace(QUICK, only="paint"))
    with pytest.raises(InputError, match="no device 'tpu'"):
        run_kernels(replace(QUICK, device="tpu"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_that_is_said() -> None:
    with pytest.raises(EngineError, match="finds no GPU here"):
        run_kernels(replace(QUICK, device="cuda"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
def test_every_operator_is_right_and_timed_on_a_gpu() -> None:
    report = run_kernels(replace(QUICK, device="cuda"))
    assert {row["precision"] for row in report["kernels"]} == {"f32", "f16", "bf16"}
    for row in report["kernels"]:
        assert "missing" not in row["forms"]["triton"], (row["name"], row["forms"]["triton"])
