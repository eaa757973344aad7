from __future__ import annotations

import torch

from bunraku.export.cuts import IuvCut, generator_cuts, run_cuts
from bunraku.export.fold import frozen
from bunraku.export.samples import driving_sample, iuv_sample, source_sample
from bunraku.networks.generator import Generator
from bunraku.networks.iuv import IuvNet


def test_the_cuts_in_a_row_are_the_generator(generator: Generator) -> None:
    copy = frozen(generator)
    source, driving = source_sample(copy.options), driving_sample(copy.options, 3)
    given = run_cuts(copy, source, driving)["blend"]
    whole = copy(source["image"], source["mask"], source["densepose"], driving).blend
    torch.testing.assert_close(given["image"], whole.image.clamp(0.0, 1.0))
    torch.testing.assert_close(given["mask"], whole.mask)
    torch.testing.assert_close(given["trust"], whole.trust)


def test_each_cut_finds_its_inputs_in_what_came_before(generator: Generator) -> None:
    copy = frozen(generator)
    source, driving = source_sample(copy.options), driving_sample(copy.options, 3)
    given = run_cuts(copy, source, driving)
    known = {**given["source"], **given["prior"], "densepose": driving}
    first, motion, blend = generator_cuts(copy)
    assert set(first.inputs) == set(source)
    assert set(motion.inputs) <= known.keys()
    known |= given["motion"] | given["seam"]
    assert set(blend.inputs) <= known.keys()
    outputs = blend(*(known[name] for name in blend.inputs))
    for name, tensor in zip(blend.outputs, outputs, strict=True):
        assert torch.equal(tensor, given["blend"][name])


def test_trust_is_an_output_with_the_prior_alone(generator: Generator) -> None:
    assert ("trust" in generator_cuts(generator)[2].outputs) is generator.options.prior


def test_the_iuv_cut_gives_a_whole_map(iuv_network: IuvNet) -> None:
    (densepose,) = IuvCut(frozen(iuv_network))(*iuv_sample().values())
    assert densepose.shape == (1, 73, 128, 128)
    torch.testing.assert_close(densepose[:, :25].sum(1), torch.ones(1, 128, 128))
