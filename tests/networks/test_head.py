from __future__ import annotations

import torch

from bunraku.networks.prior import guide_head
from bunraku.runtime.head import guide_head as guide_in_place


def test_training_and_runtime_guide_the_head_alike() -> None:
    torch.manual_seed(0)
    prior = torch.rand(1, 6, 16, 16)
    densepose = torch.rand(1, 73, 16, 16)
    head = torch.tensor([[1.1, 0.1, 0.2, -0.1, 0.9, -0.3, 0.8]])
    guided = guide_head(prior, densepose, head)
    plain = prior.numpy().copy()
    guide_in_place(plain, densepose.numpy(), head[0].numpy())
    assert torch.allclose(guided, torch.from_numpy(plain), atol=1e-6)
    assert torch.equal(guided[:, 2:], prior[:, 2:])
