from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from bunraku.kernels import warp_occlude
from bunraku.kernels.seam import Moved, Seamed
from bunraku.networks.blender import Blend
from bunraku.networks.densepose import densepose_from_iuv
from bunraku.networks.generator import Generated
from bunraku.networks.layers import down, identity_grid, up2
from bunraku.training.generator_data import GeneratorBatch
from bunraku.training.losses import (
    LossWeights,
    attention,
    exact_flow,
    generator_terms,
    total_variation,
)
from bunraku.training.people.records import Record


def batch_of(person: Record, source: int, driving: int) -> GeneratorBatch:
    rgba = torch.from_numpy(person.rgba[[source, driving]]).permute(0, 3, 1, 2).float() / 255.0
    exact = densepose_from_iuv(torch.from_numpy(person.iuv[[source, driving]]))
    background = torch.from_numpy(person.plate).permute(2, 0, 1)[None].float() / 255.0
    picture = rgba[:, :3] + background * (1.0 - rgba[:, 3:])
    return GeneratorBatch(
        source=picture[:1],
        mask=rgba[:1, 3:],
        source_densepose=exact[:1],
        source_exact=exact[:1],
        driving_densepose=exact[1:],
        driving_exact=exact[1:],
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
    warped_image = torch.cat([batch.colour, batch.alpha], 1)
    empty: Tensor = torch.zeros(1, 24, 8, 32, 32)
    return Generated(
        blend,
        Moved(flow, (occlusion[0], occlusion[1], occlusion[2]), empty),
        Seamed((empty[0], empty[0], empty[0]), z_geo, warped_image=warped_image),
        torch.zeros(1, 6, 128, 128),
        app,
        None,
    )


def test_exact_flow_of_a_moved_person(person: Record) -> None:
    """Frame i stands 4 pixels further right and 2 further up than frame i - 1."""
    exact = densepose_from_iuv(torch.from_numpy(person.iuv))
    flow, known = exact_flow(exact[:1], exact[3:4])
    body = 1.0 - exact[3:4, :1]
    assert float(known.sum()) > 0.95 * float(body.sum())
    assert not bool((known * (1.0 - body)).any())
    pixels = flow[:, :, known[0, 0] > 0] * 64.0
    assert pixels[0, 0].mean() == pytest.approx(-12.0, abs=0.1)
    assert pixels[0, 1].mean() == pytest.approx(6.0, abs=0.1)
    assert float((pixels[0, 0] + 12.0).abs().max()) < 1.5
    assert not flow[:, :, known[0, 0] == 0].any()


def test_exact_flow_takes_the_colours_along(person: Record) -> None:
    batch = batch_of(person, 0, 2)
    flow, known = exact_flow(batch.source_exact, batch.driving_exact)
    flow, known = up2(flow), up2(known)
    warped = warp_occlude(batch.source, flow, torch.ones_like(flow[:, :1]))
    difference = ((warped - batch.target).abs() * (known > 0.99)).sum() / (known > 0.99).sum() / 3
    unmoved = ((batch.source - batch.target).abs() * (known > 0.99)).sum() / known.sum() / 3
    assert float(difference) < 0.1 * float(unmoved)


def test_exact_flow_knows_nothing_of_unseen_parts(person: Record) -> None:
    iuv = torch.from_numpy(person.iuv[:1])
    back = iuv.clone()
    back[..., 0][iuv[..., 0] == 2] = 1  # the back of the torso, never seen in the source
    flow, known = exact_flow(densepose_from_iuv(iuv), densepose_from_iuv(back))
    torso = (back[..., 0] == 1)[:, None]
    assert not bool((known.bool() & torso).any())
    assert bool(torch.isfinite(flow).all())


@pytest.mark.parametrize("slope", [0.0, 0.3])
def test_steady_motion_costs_nothing(slope: float) -> None:
    flow = 0.1 + slope * identity_grid(16)
    assert float(total_variation(flow)) == pytest.approx(0.0, abs=1e-6)
    bent = flow + 0.1 * identity_grid(16) ** 2
    assert float(total_variation(bent)) > 1e-4


def test_attention_is_on_face_and_hands(person: Record) -> None:
    weight = attention(batch_of(person, 0, 0))
    assert weight.shape == (1, 1, 256, 256)
    background, torso, face = weight[0, 0, 250, 5], weight[0, 0, 120, 128], weight[0, 0, 50, 128]
    assert float(background) == pytest.approx(0.6)
    assert float(torso) == pytest.approx(3.0)
    assert float(face) == pytest.approx(6.0)


def test_a_perfect_frame_costs_next_to_nothing(person: Record) -> None:
    batch = batch_of(person, 0, 1)
    total, terms, picture = generator_terms(perfect(batch), batch, LossWeights(), None)
    assert torch.allclose(picture, batch.target, atol=3e-3)
    assert set(terms) == set(vars(LossWeights())) - {"perceptual"}
    for name, term in terms.items():
        # The app branch sees the target over its own mask; the flow's exact value is rounded to
        # texels of the charts.
        limit = {"app": 0.05, "flow": 0.03}.get(name, 0.01)
        assert 0.0 <= term < limit, name
    weighted = sum(getattr(LossWeights(), name) * term for name, term in terms.items())
    assert float(total) == pytest.approx(weighted, rel=1e-4)


@pytest.mark.parametrize(
    "name", ["image", "app", "synthesis", "warped", "texture", "flow", "smooth", "consistency",
             "mask"],
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
                * torch.tensor([0.7, 0.7, 0.7, 1.0])[None, :, None, None],
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
    }[name]
    before = generator_terms(good, batch, LossWeights(), None)[1]
    after = generator_terms(bad, batch, LossWeights(), None)[1]
    assert after[name] > before[name] + 0.005
    assert all(torch.isfinite(torch.tensor(v)) for v in after.values())
