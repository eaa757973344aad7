from __future__ import annotations

import pytest

from bunraku.spec import tensors
from bunraku.spec.tensors import GENERATOR_ENGINES, EngineName, Layout

LAYOUTS = [Layout(256, 128, prior=True), Layout(256, 256, prior=False), Layout(64, 32, prior=True)]


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_an_engine_finds_its_inputs_in_what_came_before(layout: Layout) -> None:
    known = {tensors.IMAGE, tensors.MASK, tensors.SURFACE}
    gathered = {tensors.Z_GEO, *(tensors.warped(n) for n in layout.scales)}
    if layout.prior:
        gathered |= {tensors.PRIOR, tensors.WARPED_IMAGE}
    for engine in GENERATOR_ENGINES:
        if engine is EngineName.MOTION and layout.prior:
            known.add(tensors.PRIOR)
        if engine is EngineName.BLEND:
            known |= gathered
        assert set(layout.inputs(engine)) <= known, engine
        assert len(set(layout.outputs(engine))) == len(layout.outputs(engine))
        known |= set(layout.outputs(engine))


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_only_the_prior_asks_for_the_prior(layout: Layout) -> None:
    named = {n for e in GENERATOR_ENGINES for n in (*layout.inputs(e), *layout.outputs(e))}
    assert (tensors.PRIOR in named) is layout.prior
    assert (tensors.TRUST in named) is layout.prior
    assert (tensors.TRANSLATED[0] in named) is not layout.prior


def test_shapes_follow_from_the_sizes() -> None:
    layout = Layout(256, 128, prior=True)
    assert layout.scales == (32, 64, 128)
    assert layout.shape(tensors.SURFACE) == (1, 73, 128, 128)
    assert layout.shape(tensors.WARPED_IMAGE) == (1, 5, 256, 256)
    assert layout.shape(tensors.flow(64)) == (1, 2, 64, 64)
    assert layout.shape(tensors.ATLAS) is None, "its width is a preset's"


def test_the_iuv_net_is_an_engine_too() -> None:
    layout = Layout(256, 128, prior=False)
    assert layout.inputs(EngineName.IUV) == ("landmarks", "mask")
    assert layout.outputs(EngineName.IUV) == ("densepose",)
    assert layout.inputs(EngineName.IUV) == tuple(tensors.iuv_inputs(128))
    assert tensors.iuv_inputs(64) == {"landmarks": (1, 33, 4), "mask": (1, 1, 64, 64)}
    assert tensors.iuv_outputs(64) == {"densepose": (1, 73, 64, 64)}
