"""Terms of the finished picture and of the branches, against values computed by hand.

The scene has a window of 8 pixels and networks of 4. The left half is the person: 0.5 over a
background of 0.25; the surface knows the upper half of the picture, as a torso.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from bunraku.kernels.seam import Moved, Seamed
from bunraku.networks.blender import Blend
from bunraku.networks.generator import Generated
from bunraku.networks.layers import down
from bunraku.training.generator_batch import GeneratorBatch
from bunraku.training.losses import motion
from bunraku.training.losses import scene as scene_of
from bunraku.training.losses import terms as terms_of
from bunraku.training.losses.terms import LossWeights, generator_terms
from bunraku.training.perceptual import Perceptual

OWN = 0.5 / 1.001
"""The person's colour, as it comes back from what is premultiplied."""
TORSO = 2


def full(channels: int, side: int, value: float) -> Tensor:
    return torch.full((1, channels, side, side), value)


def left(side: int) -> Tensor:
    mask = full(1, side, 0.0)
    mask[..., : side // 2] = 1.0
    return mask


@pytest.fixture
def batch() -> GeneratorBatch:
    alpha = left(8)
    surface = full(3, 4, 0.0)
    surface[:, 0, :2] = TORSO
    colour, background = 0.5 * alpha.expand(-1, 3, -1, -1), full(3, 8, 0.25)
    target = colour + background * (1.0 - alpha)
    given = {"source": target, "mask": alpha, "head": torch.zeros(1, 7)}
    maps = ("source_iuv", "source_iuv_exact", "driving_iuv", "driving_iuv_exact")
    seen = {"target": target, "colour": colour, "alpha": alpha, "background": background}
    return GeneratorBatch(**given, **dict.fromkeys(maps, surface), **seen)


@pytest.fixture
def out(batch: GeneratorBatch) -> Generated:
    alpha = batch.alpha
    sure = (left(4) - 0.5) * 100.0
    flow = full(2, 1, 0.0), full(2, 2, 0.0), full(2, 4, 0.0)
    occlusion = full(1, 1, 1.0), full(1, 2, 1.0), full(1, 4, 1.0)
    nothing = torch.zeros(1, 24, 3, 4, 4)
    warped = torch.cat([full(3, 8, 0.6), full(2, 8, 1.0)], 1)
    return Generated(
        blend=Blend(full(3, 8, 0.8), alpha, alpha, (alpha - 0.5) * 100.0, full(3, 8, 0.9)),
        moved=Moved(flow, occlusion, nothing),
        seamed=Seamed((flow[0], flow[1], flow[2]), full(4, 4, 0.2), warped_image=warped),
        prior=None,
        app=torch.cat([full(3, 4, 0.7), sure], 1),
        geo=torch.cat([full(3, 4, 0.1), sure], 1),
    )


def cost(name: str, out: Generated, batch: GeneratorBatch) -> float:
    weights = LossWeights(**{name: 1.0})
    return float(generator_terms(out, batch, weights, None)[1][name])


def test_image(out: Generated, batch: GeneratorBatch) -> None:
    """0.3 off on the person, who weighs 0.6 + 2.4: 0.45 at the full side, half of that at a half
    and a quarter. And on its own, 32 pixels of three colours; the divisor is one larger."""
    alone = (0.8 - OWN) * 96.0 / 97.0
    assert cost("image", out, batch) == pytest.approx(0.45 * 2.0 + alone, rel=1e-5)


def test_app(out: Generated, batch: GeneratorBatch) -> None:
    """0.2 off on the person, three times as heavy, over half of the picture."""
    assert cost("app", out, batch) == pytest.approx(0.2 * 3.0 * 0.5, rel=1e-5)


def test_synthesis(out: Generated, batch: GeneratorBatch) -> None:
    assert cost("synthesis", out, batch) == pytest.approx((0.9 - OWN) * 96.0 / 97.0, rel=1e-5)


@pytest.mark.parametrize("known", [0.0, 1.0])
def test_warped(
    out: Generated, batch: GeneratorBatch, known: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the person alone, and where the correspondence is known."""
    exact = full(2, 4, 0.0), full(1, 4, known)
    monkeypatch.setattr(scene_of, "exact_flow", lambda *_: exact)
    wanted = known * (0.6 / 1.001 - OWN) * 96.0 / 97.0
    assert cost("warped", out, batch) == pytest.approx(wanted, rel=1e-4)


def test_texture(out: Generated, batch: GeneratorBatch) -> None:
    """The four pixels of the person that the surface knows."""
    assert cost("texture", out, batch) == pytest.approx((OWN - 0.2) * 12.0 / 13.0, rel=1e-5)


def test_l1_geo(out: Generated, batch: GeneratorBatch) -> None:
    """The eight pixels of the surface: four of the person, four where it stands over nothing."""
    wanted = 3.0 * (4 * (0.5 - 0.1) + 4 * (0.25 - 0.1)) / 25.0
    assert cost("l1_geo", out, batch) == pytest.approx(wanted, rel=1e-5)


def test_source_warped(out: Generated, batch: GeneratorBatch) -> None:
    """Supplement, B: the source, dark on its left, against a target that is bright all over.

    At 4 the flow reads a pixel further right and leaves one dark column of four: 4 pixels, three
    colours, divisor 49. At 2 the dark column counts half: 3 of 10. At 1 all is half as bright.
    """
    dark = (1.0 - left(8)).expand(-1, 3, -1, -1)
    batch = replace(batch, source=dark, target=full(3, 8, 1.0))
    shift = full(2, 4, 0.0)
    shift[:, 0] = 0.5
    flow = out.moved.flow[0], out.moved.flow[1], shift
    half = 1.0 - 0.5 * left(2)
    occlusion = out.moved.occlusion[0], half, out.moved.occlusion[2]
    moved = replace(out.moved, flow=flow, occlusion=occlusion)
    wanted = 12.0 / 49.0 + 3.0 / 10.0 + 0.5 * 3.0 / 4.0
    assert cost("source_warped", replace(out, moved=moved), batch) == pytest.approx(wanted)


def test_source_warped_teaches_flow_and_occlusion(out: Generated, batch: GeneratorBatch) -> None:
    flow = [torch.full_like(f, 0.1).requires_grad_() for f in out.moved.flow]
    occlusion = [torch.full_like(o, 0.5).requires_grad_() for o in out.moved.occlusion]
    moved = replace(
        out.moved,
        flow=(flow[0], flow[1], flow[2]),
        occlusion=(occlusion[0], occlusion[1], occlusion[2]),
    )
    batch = replace(batch, source=torch.rand(1, 3, 8, 8))
    total = generator_terms(replace(out, moved=moved), batch, LossWeights(source_warped=1.0), None)
    torch.autograd.backward(total[0])
    for learning in (*flow[1:], *occlusion[1:]):
        assert learning.grad is not None
        assert bool(learning.grad.any())


def test_matches_are_looked_for_at_all_three_scales(
    out: Generated, batch: GeneratorBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equation 10, λ_cor, sums over the flows of 32, 64 and 128 pixels."""
    sides: list[int] = []

    def noted(source: Tensor, target: Tensor, flow: Tensor, where: Tensor) -> Tensor:
        assert source.shape[-1] == target.shape[-1] == flow.shape[-1] == where.shape[-1]
        sides.append(flow.shape[-1])
        return torch.zeros(())

    class Maps(Perceptual):
        def __init__(self) -> None: ...

        def features(self, image: Tensor) -> list[Tensor]:
            return [down(image, factor) for factor in (2, 4, 8, 16)]

    monkeypatch.setattr(motion, "correctness", noted)
    flow = full(2, 32, 0.0), full(2, 64, 0.0), full(2, 128, 0.0)
    batch = batch.each(
        lambda t: t.repeat_interleave(32, 2).repeat_interleave(32, 3) if t.ndim == 4 else t
    )
    moved = replace(out.moved, flow=flow)
    terms_of._correctness(scene_of.Scene(replace(out, moved=moved), batch), Maps())
    assert sides == [32, 64, 128]
