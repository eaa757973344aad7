from __future__ import annotations

import subprocess
import sys


def run(code: str) -> None:
    """Run code in an interpreter of its own; what it raises fails the test."""
    paths = [path for path in sys.path if path.endswith("src")]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {paths!r}; {code}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_importing_loads_neither_torch_nor_numba() -> None:
    run(
        "import bunraku.kernels;"
        "raise SystemExit(', '.join({'torch', 'numba', 'triton'} & sys.modules.keys()) or 0)"
    )


def test_tensors_on_a_processor_are_taken_without_triton() -> None:
    run(
        "import torch; from bunraku.kernels import torch_operators, warp_occlude;"
        "a, f, o = torch.ones(1, 1, 4, 4), torch.zeros(1, 2, 4, 4), torch.ones(1, 1, 4, 4);"
        "assert torch.equal(warp_occlude(a, f, o), torch_operators.warp_occlude(a, f, o));"
        "raise SystemExit(', '.join(m for m in sys.modules if 'triton_cuda' in m) or 0)"
    )


def test_arrays_are_taken_without_torch() -> None:
    run(
        "import numpy; from bunraku.kernels import enlarge_flow;"
        "enlarge_flow(numpy.zeros((1, 2, 4, 4), numpy.float32), 8);"
        "raise SystemExit(', '.join({'torch'} & sys.modules.keys()) or 0)"
    )
