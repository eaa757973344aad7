from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from bunraku.errors import EngineError
from bunraku.training import guard
from bunraku.training.guard import Guard


def step(network: nn.Linear, optimiser: torch.optim.Optimizer) -> Tensor:
    optimiser.zero_grad()
    torch.autograd.backward(network(torch.ones(1, 1)).sum())
    optimiser.step()
    return network.weight.detach().clone()


def test_back_to_the_last_copy_and_on_as_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The optimiser's moments too: the same steps lead to the same weights, twice."""
    monkeypatch.setattr(guard, "KEEP_STEPS", 2)
    network = nn.Linear(1, 1)
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.1)
    kept = Guard({"network": network, "optimiser": optimiser})
    for _ in range(3):  # a copy is taken after the second
        after = step(network, optimiser)
        kept.passed()
    for _ in range(2):
        network.weight.data.fill_(float("nan"))
        kept.step_back(3)
        assert torch.equal(step(network, optimiser), after)


def test_it_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Guard({"network": nn.Linear(1, 1)})
    for _ in range(guard.PATIENCE):
        kept.step_back(7)
    with pytest.raises(EngineError, match=r"6 times about step 7\. .*lower --learning-rate"):
        kept.step_back(7)


def test_a_new_copy_gives_new_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "KEEP_STEPS", 1)
    kept = Guard({"network": nn.Linear(1, 1)})
    for _ in range(3 * guard.PATIENCE):
        kept.step_back(1)
        kept.passed()
