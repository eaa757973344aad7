from __future__ import annotations

import math

import torch
from tests.tiny import tiny_options

from bunraku.training.critic import Critic
from bunraku.training.ranks import Ranks


def small_critic() -> Critic:
    return Critic(tiny_options(True), Ranks(), beta=0.5)


def test_it_judges_for_the_generator_alone() -> None:
    critic = small_critic()
    fake = torch.rand(1, 3, 64, 64, requires_grad=True)
    said = critic.judge(fake, torch.rand(1, 3, 64, 64))
    assert set(said) == {"adversarial", "matching"}
    torch.autograd.backward(said["adversarial"] + said["matching"])
    assert fake.grad is not None
    assert bool(fake.grad.any())
    assert all(p.grad is None and p.requires_grad for p in critic.network.parameters())


def test_it_learns_and_goes_on() -> None:
    critic = small_critic()
    fake, real = torch.zeros(1, 3, 64, 64), torch.ones(1, 3, 64, 64)
    before = float(critic.learn(fake, real, 1e-2))
    for _ in range(5):
        after = float(critic.learn(fake, real, 1e-2))
    assert after < before
    other = small_critic()
    other.load_state_dict(critic.state_dict())
    assert float(other.learn(fake, real, 1e-2)) == float(critic.learn(fake, real, 1e-2))


def test_what_is_no_number_teaches_nothing() -> None:
    critic = small_critic()
    before = [p.detach().clone() for p in critic.network.parameters()]
    critic.learn(torch.full((1, 3, 64, 64), math.nan), torch.rand(1, 3, 64, 64), 1e-2)
    after = critic.network.parameters()
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
