from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bunraku.kernels import sample_texture, warp_occlude
from bunraku.kernels.seam import Moved, Seamed
from bunraku.networks.densepose import densepose_from_iuv
from bunraku.networks.generator import Generator, repeat_identity
from bunraku.networks.layers import up2
from bunraku.networks.presets import GeneratorOptions
from bunraku.spec.surface import part_charts

Figure = Callable[..., Tensor]
Stirred = Callable[[nn.Module], nn.Module]
Array = NDArray[np.float32]


def inputs(figure: Figure) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """I_s [1, 3, 64, 64], its mask, P_s and P_d [1, 73, 32, 32]."""
    source, driving = densepose_from_iuv(figure()), densepose_from_iuv(figure(dx=3, dy=1))
    return torch.rand(1, 3, 64, 64), up2(1.0 - source[:, :1]), source, driving


def test_forward(tiny: GeneratorOptions, figure: Figure) -> None:
    out = Generator(tiny).eval()(*inputs(figure))
    assert out.blend.image.shape == (1, 3, 64, 64)
    assert out.seamed.z_geo.shape == (1, 4, 32, 32)
    assert out.app.shape == (1, 4, 32, 32)
    assert [tuple(w.shape) for w in out.seamed.warped] == [
        (1, 12, 8, 8), (1, 8, 16, 16), (1, 4, 32, 32),
    ]  # fmt: skip
    if tiny.prior:
        assert out.prior is not None
        assert out.prior.shape == (1, 6, 32, 32)
        assert out.seamed.warped_image is not None
        assert out.seamed.warped_image.shape == (1, 5, 64, 64)
        assert out.geo is None
    else:
        assert out.prior is None
        assert out.seamed.warped_image is None
        assert out.geo is not None
        assert out.geo.shape == (1, 4, 32, 32)
        assert out.moved.translated is not None


def test_cut_equals_uncut(tiny: GeneratorOptions, figure: Figure, stirred: Stirred) -> None:
    """The runtime's way, in engines with numpy arrays and kernels between them.

    Nothing but the arrays named here crosses a cut, and the seam is its numpy form.
    """
    generator = Generator(tiny)
    stirred(generator)
    image, mask, source, driving = inputs(figure)
    known: dict[str, Array] = {}

    def arrays(**tensors: Tensor) -> None:
        known.update({name: tensor.contiguous().numpy() for name, tensor in tensors.items()})

    def tensor(name: str) -> Tensor:
        return torch.from_numpy(known[name])

    uncut = generator(image, mask, source, driving)
    arrays(**generator.encode_source(image, mask, source))
    identity = {name: torch.from_numpy(array) for name, array in known.items()}
    scores, u, v = (np.ascontiguousarray(t.numpy()) for t in part_charts(driving))
    prior = None
    if tiny.prior:
        known["prior"] = sample_texture(known["atlas_prior"], scores, u, v, minimum_weight=0.0)
        prior = tensor("prior")
    moved = generator.motion(driving, prior, identity)
    for n, flow, occlusion in zip(tiny.scales, moved.flow, moved.occlusion, strict=True):
        arrays(**{f"flow_{n}": flow, f"occlusion_{n}": occlusion})
    arrays(atlas=moved.atlas)
    if moved.translated is not None:
        scores, u, v = (t.contiguous().numpy() for t in moved.translated)
        scores = np.ascontiguousarray(scores[:, 1:])

    for n in tiny.scales:
        known[f"warped_{n}"] = warp_occlude(
            known[f"z_{n}"], known[f"flow_{n}"], known[f"occlusion_{n}"]
        )
    known["z_geo"] = sample_texture(known["atlas"], scores, u, v, minimum_weight=0.0)
    warped_image = None
    if tiny.prior:
        outside = up2(source[:, :1])
        photo = torch.cat([image * mask, mask, mask * outside], 1).numpy()
        enlarged = up2(tensor("flow_32")).numpy()
        known["warped_image"] = warp_occlude(photo, enlarged, np.ones_like(enlarged[:, :1]))
        warped_image = tensor("warped_image")

    warped = tensor("warped_8"), tensor("warped_16"), tensor("warped_32")
    occlusion_maps = tensor("occlusion_8"), tensor("occlusion_16"), tensor("occlusion_32")
    cut, _ = generator.blend(
        Seamed(warped, tensor("z_geo"), warped_image=warped_image),
        Moved(moved.flow, occlusion_maps, moved.atlas),
        prior,
        driving,
    )
    for got, want in zip(cut, uncut.blend, strict=True):
        torch.testing.assert_close(got, want, atol=2e-5, rtol=1e-4)


def test_identity_names_are_the_contracts(tiny: GeneratorOptions, figure: Figure) -> None:
    image, mask, source, _ = inputs(figure)
    identity = Generator(tiny).eval().encode_source(image, mask, source)
    assert {"z_8", "z_16", "z_32", "motion_source"} <= set(identity)
    assert ("atlas_prior" in identity) == tiny.prior
    assert all(t.dtype == torch.float32 for t in identity.values())


def test_background_of_the_photo_does_not_matter(
    tiny_live: GeneratorOptions, figure: Figure, stirred: Stirred
) -> None:
    generator = Generator(tiny_live)
    stirred(generator)
    image, mask, source, driving = inputs(figure)
    mask = (mask > 0.5).float()
    other = image * mask + torch.rand_like(image) * (1.0 - mask)
    one, two = (generator(i, mask, source, driving).blend for i in (image, other))
    assert torch.allclose(one.image, two.image, atol=1e-6)
    assert torch.allclose(one.mask, two.mask, atol=1e-6)


def test_a_batch_equals_its_entries(
    tiny: GeneratorOptions, figure: Figure, stirred: Stirred
) -> None:
    generator = Generator(tiny)
    stirred(generator)
    image, mask, source, driving = inputs(figure)
    drivings = torch.cat([driving, densepose_from_iuv(figure(dx=-4))])
    identity = generator.encode_source(image, mask, source)
    both = generator.drive(repeat_identity(identity, 2), drivings).blend.image
    for i in range(2):
        alone = generator.drive(identity, drivings[i : i + 1]).blend.image
        torch.testing.assert_close(both[i : i + 1], alone, atol=1e-5, rtol=1e-4)


def test_every_weight_learns(tiny: GeneratorOptions, figure: Figure, stirred: Stirred) -> None:
    generator = Generator(tiny)
    stirred(generator)
    generator.train()
    with torch.enable_grad():
        out = generator(*(t.repeat(2, 1, 1, 1) for t in inputs(figure)))
        total = out.blend.image.square().sum() + out.blend.mask.sum() + out.app.square().sum()
        for tensor in (*out.moved.flow, *out.moved.occlusion, out.geo):
            if tensor is not None:
                total = total + tensor.square().sum()
        total.backward()
    # The atlas's coordinates carry no gradient, so nothing else may lack one.
    idle = [n for n, p in generator.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []


def test_repeat_identity_keeps_people_together() -> None:
    repeated = repeat_identity({"z": torch.arange(3.0)}, 2)
    assert repeated["z"].tolist() == [0.0, 0.0, 1.0, 1.0, 2.0, 2.0]


@pytest.mark.parametrize("mask_value", [0.0, 1.0])
def test_extreme_masks_stay_finite(
    tiny: GeneratorOptions, figure: Figure, mask_value: float
) -> None:
    image, mask, source, driving = inputs(figure)
    nobody = densepose_from_iuv(torch.zeros_like(figure()))
    generator = Generator(tiny).eval()
    for s, d in ((source, nobody), (nobody, driving), (nobody, nobody)):
        blend = generator(image, torch.full_like(mask, mask_value), s, d).blend
        assert bool(torch.isfinite(blend.image).all())
        assert bool(torch.isfinite(blend.mask).all())
