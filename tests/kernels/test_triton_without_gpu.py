"""What a machine without a GPU can say of the Triton kernels: that they are right, interpreted, and
what they would take of a GPU, compiled. Not how fast they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.kernels.compiling import Launch, compiled, launches_of
from tests.kernels.operators import TEXTURE, WARP
from tests.kernels.tensor_operators import SCALES
from tests.kernels.triton_forms import FORMS, Form

pytest.importorskip("triton", reason="Triton is not installed")
HERE = Path(__file__).parent
FAMILIES = ((80, 86, 89), (90, 100, 120))
"""A100, RTX 30, RTX 40 and L4; H100, B200, RTX 50."""
ALL_ON_80 = (TEXTURE, WARP)
"""What training runs too, in any type."""


@pytest.mark.skipif(torch.cuda.is_available(), reason="they run on the GPU that is here")
@pytest.mark.timeout(900)  # a loaded machine takes minutes for what is half a minute's work
def test_the_forms_are_right_in_tritons_interpreter() -> None:
    """In a process of its own: Triton decides when it is imported."""
    done = subprocess.run(
        [
            *(sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-p", "no:unraisableexception"),  # it ends with collecting garbage, again and again
            HERE / "test_triton_forms.py",
            HERE / "test_triton_frame.py",
            HERE.parent / "runtime" / "test_body_on_gpu.py",
        ],
        env=dict(os.environ, TRITON_INTERPRET="1"),
        cwd=HERE.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


@pytest.mark.parametrize(
    ("form", "family"),
    [
        pytest.param(form, family, id=f"{form.name}-{family[0]}")
        for form in FORMS
        for family in FAMILIES
        # Three scales are one scale's kernel three times over, and take as long to compile.
        if form.operator is not SCALES or 90 in family
    ],
)
def test_kernels_fit_into_registers(
    form: Form,
    family: tuple[int, ...],
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    narrow = [torch.float16] if form.narrow else []
    wide = [torch.float32] if 90 in family or not form.narrow else []
    # On the oldest, which have the fewest instructions for bfloat16.
    further = [torch.bfloat16, torch.float32] if form.operator in ALL_ON_80 and 80 in family else []
    for dtype in narrow + wide + further:
        for launch in _launches(form, dtype, rng, monkeypatch):
            for capability, taken in compiled(launch, *family).items():
                assert taken.spilled_bytes == 0, (launch.name, dtype, capability, taken)
                assert taken.registers <= form.registers, (launch.name, dtype, capability, taken)


def _launches(
    form: Form, dtype: torch.dtype, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> list[Launch]:
    call = form.operator.call(rng, form.operator.shapes[-1])
    tensors = call.tensors(dtype)
    pulls = form.expected(tensors, call.options)
    module = form.module(monkeypatch)

    def both() -> None:
        form.run(module, tensors, call.options)
        if form.gradients is not None:
            form.gradients(module, tensors, pulls, call.options)

    launches = launches_of(module, both, monkeypatch)
    assert launches
    return launches
