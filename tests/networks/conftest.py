"""Networks small enough for milliseconds, and a person made of rectangles."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from tests.tiny import tiny_options
from torch import Tensor, nn

from bunraku.networks.presets import GeneratorOptions

Box = tuple[int, int, int, int]
"""Left, top, right, bottom; the last two are outside."""

FIGURE: dict[int, Box] = {
    2: (12, 10, 20, 20),  # torso, front
    24: (12, 4, 20, 10),  # head
    16: (6, 10, 12, 14),  # right upper arm
    15: (20, 10, 26, 14),  # left upper arm
    9: (12, 20, 16, 29),  # right thigh
    10: (16, 20, 20, 29),  # left thigh
}
"""Front parts of a standing person in 32 × 32 pixels."""


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    torch.manual_seed(20240229)
    torch.set_num_threads(1)  # tiny tensors: more threads only wait for each other
    with torch.no_grad():
        yield


@pytest.fixture(params=[False, True], ids=["without prior", "with prior"])
def tiny(request: pytest.FixtureRequest) -> GeneratorOptions:
    """A generator of a few thousand weights: window 64, size 32."""
    return tiny_options(bool(request.param))


@pytest.fixture
def tiny_paper() -> GeneratorOptions:
    return tiny_options(prior=False)


@pytest.fixture
def tiny_live() -> GeneratorOptions:
    return tiny_options(prior=True)


@pytest.fixture
def figure() -> Callable[..., Tensor]:
    """``figure(scale=1, dx=0, dy=0)``: a hard IUV map uint8 [1, 32·scale, 32·scale, 3]."""
    return draw_figure


def draw_figure(scale: int = 1, dx: int = 0, dy: int = 0) -> Tensor:
    """U runs left to right and V top to bottom over each part's rectangle."""
    iuv = torch.zeros(1, 32 * scale, 32 * scale, 3, dtype=torch.uint8)
    for part, box in FIGURE.items():
        left, top, right, bottom = (n * scale for n in box)
        left, right, top, bottom = left + dx, right + dx, top + dy, bottom + dy
        width, height = right - left, bottom - top
        u = ((torch.arange(width) + 0.5) / width * 255.0).round().byte()
        v = ((torch.arange(height) + 0.5) / height * 255.0).round().byte()
        iuv[:, top:bottom, left:right, 0] = part
        iuv[:, top:bottom, left:right, 1] = u[None, None, :]
        iuv[:, top:bottom, left:right, 2] = v[None, :, None]
    return iuv


@pytest.fixture
def stirred() -> Callable[[nn.Module], nn.Module]:
    """Gives a network weights as if it had been trained: heads that start at zero do something."""
    return stir


def stir(network: nn.Module) -> nn.Module:
    for parameter in network.parameters():
        parameter.add_(torch.randn_like(parameter), alpha=0.05)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and module.running_mean is not None:
            assert module.running_var is not None
            module.running_mean.normal_(0.0, 0.1)
            module.running_var.uniform_(0.7, 1.4)
    return network.eval()
