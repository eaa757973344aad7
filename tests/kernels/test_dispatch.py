from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from bunraku.kernels import sample_texture, warp_occlude

ATLAS = np.zeros((1, 3, 2, 4, 4), np.float32)
PARTS = np.zeros((1, 3, 5, 5), np.float32)
FLOW = np.zeros((1, 2, 5, 5), np.float32)
OCCLUSION = np.zeros((1, 1, 5, 5), np.float32)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((ATLAS[0], PARTS, PARTS, PARTS), r"atlas must be \[B,K,C,h,w\], not \[3, 2, 4, 4\]"),
        ((ATLAS, PARTS[0], PARTS, PARTS), r"parts must be \[B,K,H,W\]"),
        (
            (ATLAS, np.zeros((1, 4, 5, 5), np.float32), PARTS, PARTS),
            "leave the background channel out",
        ),
        (
            (ATLAS, PARTS, PARTS[..., :4], PARTS),
            r"u must be like parts, \[1, 3, 5, 5\], not \[1, 3, 5, 4\]",
        ),
        ((ATLAS, PARTS, PARTS, PARTS[:, :2]), "v must be like parts"),
        ((ATLAS[..., :0], PARTS, PARTS, PARTS), "has no texels"),
    ],
)
def test_shapes_of_textures_that_do_not_fit(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sample_texture(*arguments)
    with pytest.raises(ValueError, match=message):
        sample_texture(*(torch.from_numpy(array) for array in arguments))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((ATLAS, FLOW, OCCLUSION), r"features must be \[B,C,h,w\], not \[1, 3, 2, 4, 4\]"),
        ((PARTS, OCCLUSION, OCCLUSION), r"flow must be \[B,2,H,W\], not \[1, 1, 5, 5\]"),
        ((PARTS, FLOW, FLOW), r"occlusion must be \[1, 1, 5, 5\], not \[1, 2, 5, 5\]"),
        ((np.concatenate([PARTS, PARTS]), FLOW, OCCLUSION), "differ in batch"),
        ((PARTS[:, :, :0], FLOW, OCCLUSION), "have no pixels"),
    ],
)
def test_shapes_of_warps_that_do_not_fit(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        warp_occlude(*arguments)
    with pytest.raises(ValueError, match=message):
        warp_occlude(*(torch.from_numpy(array) for array in arguments))


def test_arrays_must_be_float32() -> None:
    with pytest.raises(TypeError, match="u must be float32, not float64"):
        sample_texture(ATLAS, PARTS, PARTS.astype(np.float64), PARTS)
    mixed: Any = torch.from_numpy(FLOW)
    with pytest.raises(TypeError, match="flow must be a numpy array"):
        warp_occlude(PARTS, mixed, OCCLUSION)


def test_an_out_that_cannot_take_the_result() -> None:
    with pytest.raises(ValueError, match=r"out must be contiguous and writable, \[1, 3, 5, 5\]"):
        warp_occlude(PARTS, FLOW, OCCLUSION, out=np.zeros((1, 3, 5, 6), np.float32))
    with pytest.raises(ValueError, match="contiguous"):
        warp_occlude(PARTS, FLOW, OCCLUSION, out=np.zeros((1, 3, 5, 10), np.float32)[..., ::2])
    wide: Any = np.zeros((1, 3, 5, 5))
    with pytest.raises(TypeError, match="float64"):
        warp_occlude(PARTS, FLOW, OCCLUSION, out=wide)


def test_a_float64_tensor_stays_float64() -> None:
    tensors = [torch.from_numpy(array).double() for array in (ATLAS, PARTS, PARTS, PARTS)]
    assert sample_texture(*tensors).dtype == torch.float64


def test_a_traced_call_takes_the_plain_form() -> None:
    class Sampler(torch.nn.Module):
        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            return sample_texture(*tensors)

    tensors = tuple(torch.from_numpy(array) for array in (ATLAS, PARTS, PARTS, PARTS))
    program = torch.export.export(Sampler(), tensors)
    assert "grid_sampler" in str(program.graph)


def test_importing_loads_neither_torch_nor_numba() -> None:
    code = (
        "import sys, bunraku.kernels;"
        "raise SystemExit(', '.join({'torch', 'numba'} & sys.modules.keys()) or 0)"
    )
    paths = [path for path in sys.path if path.endswith("src")]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {paths!r}; {code}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")
