from __future__ import annotations

import torch
from torch import nn

from bunraku.export.cuts import run_cuts
from bunraku.export.fold import folded, frozen
from bunraku.export.samples import driving_sample, source_sample
from bunraku.networks.generator import Generator


def test_the_folded_network_computes_the_same(generator: Generator) -> None:
    options = generator.options
    source, driving = source_sample(options), driving_sample(options, 3)
    expected = run_cuts(frozen(generator), source, driving)
    result = run_cuts(folded(generator), source, driving)
    for stage, tensors in expected.items():
        for name, tensor in tensors.items():
            torch.testing.assert_close(result[stage][name], tensor, atol=1e-4, rtol=1e-4)


def test_no_normalisation_follows_a_convolution(generator: Generator) -> None:
    for part in folded(generator).modules():
        if isinstance(part, nn.Sequential):
            pairs = zip(part, list(part)[1:], strict=False)
            assert not any(
                isinstance(a, nn.Conv2d) and isinstance(b, nn.BatchNorm2d) for a, b in pairs
            )


def test_the_network_itself_stays_as_it_is(generator: Generator) -> None:
    before = {name: tensor.clone() for name, tensor in generator.state_dict().items()}
    folded(generator)
    assert generator.training
    assert all(parameter.requires_grad for parameter in generator.parameters())
    after = generator.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())
