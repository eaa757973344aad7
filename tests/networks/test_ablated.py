from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from bunraku.networks.ablated import AblatedGenerator, make_generator
from bunraku.networks.densepose import densepose_from_iuv
from bunraku.networks.generator import Generated, Generator
from bunraku.networks.layers import up2
from bunraku.networks.presets import GeneratorOptions

Figure = Callable[..., Tensor]
Stirred = Callable[[nn.Module], nn.Module]


def made(
    options: GeneratorOptions, figure: Figure, stirred: Stirred, dx: int = 3
) -> tuple[Generator, Generated]:
    torch.manual_seed(3)
    generator = make_generator(options).eval()
    stirred(generator)
    source, driving = densepose_from_iuv(figure()), densepose_from_iuv(figure(dx=dx, dy=1))
    image, mask = torch.rand(1, 3, 64, 64), up2(1.0 - source[:, :1])
    return generator, generator(image, mask, source, driving)


@pytest.fixture(autouse=True)
def no_gradients() -> object:
    return torch.set_grad_enabled(False)


def test_nothing_left_out_is_the_generator_itself(tiny_paper: GeneratorOptions) -> None:
    assert type(make_generator(tiny_paper)) is Generator
    assert type(make_generator(replace(tiny_paper, flow=False))) is AblatedGenerator


@pytest.mark.parametrize(
    "left_out",
    [
        {"branch_25d": False, "flow": False, "blends": False},
        {"branch_25d": False, "flow": False},
        {"branch_25d": False, "blends": False},
        {"branch_25d": False},
        {"branch_25d": False, "occlusion": False},
        {"branch_25d": False, "multiscale": False},
        {"branch_2d": False, "blends": False},
        {"branch_2d": False},
    ],
    ids=str,
)
def test_each_row_makes_a_picture_of_the_window(
    left_out: dict[str, bool], tiny_paper: GeneratorOptions, figure: Figure, stirred: Stirred
) -> None:
    options = replace(tiny_paper, **left_out)  # type: ignore[arg-type]
    _, out = made(options, figure, stirred)
    assert out.blend.image.shape == (1, 3, 64, 64)
    assert out.blend.mask.shape == (1, 1, 64, 64)
    assert (out.geo is None) == (not options.branch_25d)
    assert out.app.shape == (1, 4, 32, 32)
    assert bool(out.app.any()) == options.branch_2d
    if not options.blends:
        own = out.app if out.geo is None else out.geo
        assert torch.equal(out.blend.image, up2(own)[:, :3])
    _, other = made(options, figure, stirred, dx=5)
    assert not torch.equal(out.blend.image, other.blend.image)  # it follows the driver


def test_whole_branches_are_those_of_the_generator(
    tiny_paper: GeneratorOptions, figure: Figure, stirred: Stirred
) -> None:
    """With all switches on but one that is not asked, the ablated form computes the same."""
    torch.manual_seed(3)
    whole = Generator(tiny_paper).eval()
    stirred(whole)
    twin = AblatedGenerator(tiny_paper).eval()
    twin.load_state_dict(whole.state_dict())
    source, driving = densepose_from_iuv(figure()), densepose_from_iuv(figure(dx=3))
    inputs = torch.rand(1, 3, 64, 64), up2(1.0 - source[:, :1]), source, driving
    one, two = whole(*inputs), twin(*inputs)
    torch.testing.assert_close(two.blend.image, one.blend.image)
    torch.testing.assert_close(two.blend.mask, one.blend.mask)
    assert one.geo is not None
    torch.testing.assert_close(two.geo, one.geo)


def test_one_scale_warps_the_finest_features_alone(
    tiny_paper: GeneratorOptions, figure: Figure, stirred: Stirred
) -> None:
    options = replace(tiny_paper, branch_25d=False, multiscale=False)
    generator, out = made(options, figure, stirred)
    coarse, middle, fine = out.seamed.warped
    torch.testing.assert_close(middle, generator.warping.down2(fine))
    torch.testing.assert_close(coarse, generator.warping.down4(middle))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"branch_2d": False, "branch_25d": False}, "one branch must be left"),
        ({"blends": False}, "two branches make two pictures"),
        ({"prior": True, "flow": False}, "with the prior nothing"),
    ],
)
def test_what_cannot_be_left_out(
    changes: dict[str, bool], message: str, tiny_paper: GeneratorOptions
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(tiny_paper, **changes)  # type: ignore[arg-type]
