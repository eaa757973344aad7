from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bunraku.kernels import sample_texture
from bunraku.networks.densepose import densepose_from_iuv
from bunraku.networks.layers import identity_grid
from bunraku.networks.presets import GeneratorOptions
from bunraku.networks.texture import SeededTextureNet, TextureHeads, TextureNet
from bunraku.spec.surface import part_charts

Figure = Callable[..., Tensor]


def test_paper_branch(tiny_paper: GeneratorOptions, figure: Figure) -> None:
    net = TextureNet(tiny_paper).eval()
    conv1, conv2 = net.encode(
        torch.rand(2, 3, 32, 32), densepose_from_iuv(figure()).repeat(2, 1, 1, 1)
    )
    assert conv1.shape == (2, 24 * 4, 8, 8)
    assert conv2.shape == (2, 8, 8, 8)
    atlas = net.translate_atlas(conv1, torch.rand(2, 24 * 4))
    assert atlas.shape == (2, 24, 4, 32, 32)
    parts, u, v = net.translate_densepose(conv2, torch.rand(2, 8))
    assert parts.shape == (2, 25, 32, 32)
    assert torch.allclose(parts.sum(1), torch.ones(2, 32, 32), atol=1e-5)
    for chart in (u, v):
        assert chart.shape == (2, 24, 32, 32)
        assert 0.0 <= float(chart.min()) <= float(chart.max()) <= 1.0
    heads = TextureHeads(tiny_paper)(sample_texture(atlas, parts[:, 1:], u, v))
    assert heads.shape == (2, 4, 32, 32)


def test_seeds_are_the_photos_own_colours(tiny_live: GeneratorOptions, figure: Figure) -> None:
    """Sampling the prior's atlas at P_s gives the photo back, before anything is learned."""
    net = SeededTextureNet(tiny_live).eval()
    densepose = densepose_from_iuv(figure())
    x, y = identity_grid(32).unbind(1)
    image = torch.stack([0.5 + 0.4 * x, 0.5 + 0.4 * y, 0.5 + 0.2 * x * y], 1)
    person = 1.0 - densepose[:, :1]
    wide = torch.nn.functional.max_pool2d(person, 3, 1, 1)
    prior, texture = net.encode(image, wide, densepose)
    assert prior.shape == (1, 24, 6, 32, 32)
    assert texture.shape == (1, 24, 4, 32, 32)
    sampled = sample_texture(prior, *part_charts(densepose))
    inside = sampled[:, 2:3] > 0.9
    assert int(inside.sum()) > 0.5 * int(person.sum())
    colours = sampled[:, 3:] / (sampled[:, 2:3] + 1e-6)
    assert float(((colours - image).abs() * inside).max()) < 0.06
    places = sampled[:, :2] / (sampled[:, 2:3] + 1e-6)
    assert float(((places - identity_grid(32)).abs() * inside).max()) < 2.0 / 32


def test_where_the_map_is_wider_than_the_person_the_flow_leads_beside_it(
    tiny_live: GeneratorOptions, figure: Figure
) -> None:
    """Else a thin leg would be as wide as its IUV map."""
    net = SeededTextureNet(tiny_live).eval()
    densepose = densepose_from_iuv(figure())
    person = 1.0 - densepose[:, :1]
    thin = -torch.nn.functional.max_pool2d(-person, 3, 1, 1)
    prior, _ = net.encode(torch.rand(1, 3, 32, 32), thin, densepose)
    sampled = sample_texture(prior, *part_charts(densepose))
    rim = (person - thin).bool() & (sampled[:, 2:3] > 0.9)
    assert int(rim.sum()) > 10
    places = sampled[:, :2] / (sampled[:, 2:3] + 1e-6)
    assert float(((places - identity_grid(32)).abs() * rim).max()) < 2.0 / 32


def test_background_colours_stay_out_of_the_atlas(
    tiny_live: GeneratorOptions, figure: Figure
) -> None:
    """The mask's rim mixes person and background; the splat keeps half a pixel inside it."""
    net = SeededTextureNet(tiny_live).eval()
    densepose = densepose_from_iuv(figure())
    person = 1.0 - densepose[:, :1]
    image = torch.where(person > 0.0, 0.2, 1.0).expand(1, 3, 32, 32)
    wide = torch.nn.functional.max_pool2d(person, 3, 1, 1)
    prior, _ = net.encode(image, wide, densepose)
    colours = (prior[:, :, 3:] / prior[:, :, 2:3].clamp(min=1e-3))[
        prior[:, :, 2:3].expand(-1, -1, 3, -1, -1) > 0.05
    ]
    assert float(colours.max()) < 0.21


def test_coordinates_reach_beyond_the_person(tiny_live: GeneratorOptions, figure: Figure) -> None:
    """Where P_s is wider than the person, the flow leads beside it, and the mask there is empty."""
    net = SeededTextureNet(tiny_live).eval()
    densepose = densepose_from_iuv(figure())
    person = 1.0 - densepose[:, :1]
    narrow = person.clone()
    narrow[..., :14] = 0.0  # the mask knows nothing of the right side
    image = torch.where(narrow > 0.0, 0.2, 1.0).expand(1, 3, 32, 32)
    prior, _ = net.encode(image, narrow, densepose)
    sampled = sample_texture(prior, *part_charts(densepose))
    cut = (person - narrow) > 0.0
    assert float(sampled[:, 2:3][cut].min()) > 0.5
    places = sampled[:, :2] / (sampled[:, 2:3] + 1e-6)
    assert float(((places - identity_grid(32)).abs() * cut).mean(1)[cut[:, 0]].mean()) < 2.0 / 32
    colours = sampled[:, 3:] / (sampled[:, 2:3] + 1e-6)
    assert float((colours * cut).max()) < 0.21


def test_alpha_scales_the_channels(tiny_live: GeneratorOptions) -> None:
    net = SeededTextureNet(tiny_live)
    texture = torch.rand(2, 24, 4, 32, 32)
    assert torch.equal(net.translate_atlas(texture, torch.zeros(2, 96)), texture)
    alpha = torch.zeros(2, 96)
    alpha[:, 5 * 4 + 2] = 1.0
    doubled = net.translate_atlas(texture, alpha)
    assert torch.equal(doubled[:, 5, 2], 2.0 * texture[:, 5, 2])
    assert torch.equal(doubled[:, :5], texture[:, :5])
