from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from bunraku.kernels import sample_texture

ATLAS = np.zeros((1, 3, 2, 4, 4), np.float32)
PARTS = np.zeros((1, 3, 5, 5), np.float32)


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
