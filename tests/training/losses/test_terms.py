from __future__ import annotations

from dataclasses import fields, replace

import pytest
import torch
from tests.tiny import tiny_options
from torch import Tensor

from bunraku.kernels.seam import Moved, Seamed
from bunraku.networks.blender import Blend
from bunraku.networks.densepose import hard_from_iuv
from bunraku.networks.generator import Generated, Generator
from bunraku.networks.layers import down
from bunraku.training.generator_batch import GeneratorBatch
from bunraku.training.losses.motion import exact_flow
from bunraku.training.losses.terms import LossWeights, generator_terms
from bunraku.training.people.records import Record
from bunraku.training.perceptual import Perceptual
from bunraku.training.recipe import LIVE, PAPER

LIVE_WEIGHTS = replace(LIVE.phases[0].weights, perceptual=0.0)


def batch_of(person: Record, source: int, driving: int) -> GeneratorBatch:
    rgba = torch.from_numpy(person.rgba[[source, driving]]).permute(0, 3, 1, 2).float() / 255.0
    exact = hard_from_iuv(torch.from_numpy(person.iuv[[source, driving]]))
    background = torch.from_numpy(person.plate).permute(2, 0, 1)[None].float() / 255.0
    picture = rgba[:, :3] + background * (1.0 - rgba[:, 3:])
    return GeneratorBatch(
        source=picture[:1],
        mask=rgba[:1, 3:],
        source_iuv=exact[:1],
        source_iuv_exact=exact[:1],
        driving_iuv=exact[1:],
        driving_iuv_exact=exact[1:],
        head=torch.zeros(1, 7),
        target=picture[1:],
        colour=rgba[1:, :3],
        alpha=rgba[1:, 3:],
        background=background,
    )


def perfect(batch: GeneratorBatch) -> Generated:
    """What a generator without fault would make of the batch."""
    own = batch.colour / (batch.alpha + 1e-3)
    logit = (batch.alpha - 0.5) * 60.0
    blend = Blend(own, batch.alpha, torch.zeros_like(batch.alpha), logit, own)
    wanted, known = exact_flow(batch.source_exact, batch.driving_exact)
    # Straight on beyond the person, so that neither bends nor scales cost anything.
    mean = wanted.sum((2, 3), keepdim=True) / known.sum()
    fine = mean.expand(-1, -1, 128, 128).contiguous()
    flow = down(fine, 4), down(fine, 2), fine
    occlusion = tuple(torch.ones(1, 1, n, n) for n in (32, 64, 128))
    half_alpha = down(batch.alpha, 2)
    app = torch.cat([down(batch.target, 2), (half_alpha - 0.5) * 60.0], 1)
    texture = down(batch.colour, 2) / (half_alpha + 1e-3)
    z_geo = torch.cat([texture, torch.zeros(1, 5, 128, 128)], 1)
    warped_image = torch.cat([batch.colour, batch.alpha, torch.zeros_like(batch.alpha)], 1)
    empty: Tensor = torch.zeros(1, 24, 8, 32, 32)
    return Generated(
        blend,
        Moved(flow, (occlusion[0], occlusion[1], occlusion[2]), empty),
        Seamed((empty[0], empty[0], empty[0]), z_geo, warped_image=warped_image),
        torch.zeros(1, 6, 128, 128),
        app,
        None,
    )


def test_a_perfect_frame_costs_next_to_nothing(person: Record) -> None:
    batch = batch_of(person, 0, 1)
    total, terms, picture = generator_terms(perfect(batch), batch, LIVE_WEIGHTS, None)
    assert torch.allclose(picture, batch.target, atol=3e-3)
    assert set(terms) == {name for name, w in vars(LIVE_WEIGHTS).items() if w > 0.0}
    for name, term in terms.items():
        # The app branch sees the target over its own mask; the flow's exact value is rounded to
        # texels of the charts.
        limit = {"app": 0.05, "flow": 0.03}.get(name, 0.01)
        assert 0.0 <= float(term) < limit, name
    weighted = sum(getattr(LIVE_WEIGHTS, name) * float(term) for name, term in terms.items())
    assert float(total) == pytest.approx(weighted, rel=1e-4)


@pytest.mark.parametrize(
    "name", ["image", "app", "synthesis", "warped", "texture", "flow", "smooth", "consistency",
             "mask", "mask_app"],
)  # fmt: skip
def test_each_fault_costs_its_term(person: Record, name: str) -> None:
    torch.manual_seed(1)
    batch = batch_of(person, 0, 1)
    good = perfect(batch)
    blend, moved, seamed = good.blend, good.moved, good.seamed
    noise = 0.2 * torch.rand(1, 3, 256, 256)
    coarse, middle, fine = moved.flow
    assert seamed.warped_image is not None
    bad = {
        "image": replace(good, blend=blend._replace(image=blend.image - noise)),
        "app": replace(good, app=good.app - down(torch.cat([noise, noise[:, :1] * 0], 1), 2)),
        "synthesis": replace(good, blend=blend._replace(synthesis=blend.synthesis - noise)),
        "warped": replace(
            good,
            seamed=replace(
                seamed,
                warped_image=seamed.warped_image
                * torch.tensor([0.7, 0.7, 0.7, 1.0, 1.0])[None, :, None, None],
            ),
        ),
        "texture": replace(good, seamed=replace(seamed, z_geo=seamed.z_geo * 0.5)),
        "flow": replace(good, moved=replace(moved, flow=(coarse + 0.1, middle + 0.1, fine + 0.1))),
        "smooth": replace(
            good,
            moved=replace(moved, flow=(coarse, middle, fine + 0.02 * torch.rand(1, 2, 128, 128))),
        ),
        "consistency": replace(good, moved=replace(moved, flow=(coarse, middle, fine + 0.1))),
        "mask": replace(good, blend=blend._replace(mask_logit=-blend.mask_logit)),
        "mask_app": replace(good, app=good.app * torch.tensor([1, 1, 1, -1])[:, None, None]),
    }[name]
    before = generator_terms(good, batch, LIVE_WEIGHTS, None)[1]
    after = generator_terms(bad, batch, LIVE_WEIGHTS, None)[1]
    assert after[name] > before[name] + 0.005
    assert all(bool(torch.isfinite(v)) for v in after.values())


def test_a_term_without_weight_is_not_computed(person: Record) -> None:
    batch = batch_of(person, 0, 1)
    total, terms, _ = generator_terms(perfect(batch), batch, LossWeights(smooth=2.0), None)
    assert set(terms) == {"smooth"}
    assert float(total) == pytest.approx(2.0 * float(terms["smooth"]))


def test_which_networks_the_weights_ask_for() -> None:
    assert not LossWeights(l1=1.0).features
    assert not LossWeights(l1=1.0).judged
    assert LossWeights(correctness=1.0).features
    assert LossWeights(matching=1.0).judged


def small_paper() -> Generator:
    narrow = tiny_options(False)
    return Generator(replace(narrow, window=256, size=128)).train()


def test_all_terms_of_the_paper_teach_a_generator_without_the_prior(person: Record) -> None:
    """Equations 10 to 13 together, as the third of the paper's stages weighs them."""
    torch.manual_seed(2)
    batch, generator = batch_of(person, 0, 1), small_paper()
    out = generator(batch.source, batch.mask, batch.source_densepose, batch.driving_densepose)
    weights = PAPER.phase("together").weights
    total, terms, picture = generator_terms(out, batch, weights, Perceptual())
    assert set(terms) == {
        *("correctness", "affine", "variation", "consistency", "uv", "parts", "source_warped"),
        *("pyramid", "pyramid_app", "l1", "l1_app", "l1_geo", "mask", "mask_app", "mask_geo"),
    }
    assert picture.shape == (1, 3, 256, 256)
    weighted = sum(getattr(weights, name) * float(term) for name, term in terms.items())
    assert float(total.detach()) == pytest.approx(weighted, rel=1e-3)
    torch.autograd.backward(total)
    silent = [name for name, p in generator.named_parameters() if p.grad is None]
    assert silent == []


def test_steadiness_compares_the_frames_of_one_person(person: Record) -> None:
    first, second = batch_of(person, 0, 1), batch_of(person, 0, 2)
    names = [field.name for field in fields(first)]
    both = {
        name: getattr(first, name)
        if name.startswith("source") or name == "mask"
        else torch.cat([getattr(first, name), getattr(second, name)])
        for name in names
    }
    batch = GeneratorBatch(**both)
    shown = batch.target.clone()
    shown[1] += 0.2 * batch.alpha[1]

    def cost(pictures: Tensor, of: GeneratorBatch) -> float:
        alone = replace(perfect(first), blend=Blend(pictures, torch.ones_like(of.alpha), *of_three))
        return float(generator_terms(alone, of, LossWeights(steadiness=1.0), None)[1]["steadiness"])

    of_three = torch.zeros(1), torch.zeros(1), torch.zeros(1)
    assert cost(batch.target, batch) == pytest.approx(0.0, abs=1e-6)
    assert cost(shown, batch) == pytest.approx(0.2, abs=0.02)
    assert cost(first.target + 0.5, first) == 0.0  # one frame has no neighbour
