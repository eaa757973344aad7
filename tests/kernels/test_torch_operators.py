from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from tests.kernels.operators import HEAD, PASTE

from bunraku.kernels import (
    enlarge_flow,
    guide_head,
    sample_texture,
    torch_operators,
    warp_occlude,
    warp_occlude_scales,
)


class Both(torch.nn.Module):
    def forward(self, atlas: Any, parts: Any, u: Any, v: Any, flow: Any) -> tuple[Any, Any]:
        sampled = sample_texture(atlas, parts, u, v)
        return sampled, warp_occlude(sampled, flow, parts[:, :1])


def inputs() -> tuple[torch.Tensor, ...]:
    torch.manual_seed(3)
    return (
        torch.randn(2, 5, 3, 4, 6),
        *torch.rand(3, 2, 5, 7, 7),
        torch.rand(2, 2, 7, 7) - 0.5,
    )


def test_opaque_calls_are_single_nodes_of_a_traced_graph() -> None:
    with torch_operators.opaque():
        program = torch.export.export(Both(), inputs())
    graph = str(program.graph)
    assert "bunraku.sample_texture" in graph
    assert "bunraku.warp_occlude" in graph
    assert "grid_sampler" not in graph
    for result, expected in zip(program.module()(*inputs()), Both()(*inputs()), strict=True):
        torch.testing.assert_close(result, expected)


def test_after_the_block_all_is_as_before() -> None:
    with torch_operators.opaque():
        pass
    assert "bunraku" not in str(torch.export.export(Both(), inputs()).graph)


def test_the_operators_keep_torchs_rules(rng: np.random.Generator) -> None:
    atlas, parts, u, v, flow = inputs()
    checks = ("test_schema", "test_faketensor")
    torch.library.opcheck(torch_operators.sample_texture, (atlas, parts, u, v), test_utils=checks)
    torch.library.opcheck(
        torch_operators.warp_occlude, (atlas[:, 0], flow, parts[:, :1]), test_utils=checks
    )
    head = tuple(HEAD.call(rng, HEAD.shapes[-1]).tensors())
    torch.library.opcheck(torch_operators.guide_head, head, test_utils=checks)


def test_gradients_of_the_operators_are_those_of_the_references(rng: np.random.Generator) -> None:
    """As tensors on a GPU take them; here with the references inside."""
    atlas, parts, u, v, flow = (tensor.requires_grad_() for tensor in inputs())
    texture = (atlas, parts, u, v)
    warp = (atlas[:, 0], flow, parts[:, :1])
    head = tuple(t.requires_grad_() for t in HEAD.call(rng, HEAD.shapes[-1]).tensors())
    for operator, plain, given in (
        (torch_operators.sample_texture, sample_texture, texture),
        (torch_operators.warp_occlude, warp_occlude, warp),
        (scales_of(torch_operators.warp_occlude_scales), warp_occlude, warp),
        (partial(torch_operators.enlarge_flow, side=9), partial(enlarge_flow, side=9), (flow,)),
        (torch_operators.guide_head, guide_head, head),
    ):
        results: list[Any] = [operator(*given), plain(*given)]
        pull: Any = torch.cos(torch.arange(results[0].numel())).reshape(results[0].shape)
        found = [torch.autograd.grad(result, given, pull) for result in results]
        for ours, theirs in zip(*found, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
    checks = ("test_autograd_registration",)
    torch.library.opcheck(torch_operators.sample_texture, texture, test_utils=checks)
    torch.library.opcheck(torch_operators.guide_head, head, test_utils=checks)


def scales_of(operator: Any) -> Any:
    """The last of two scales, of which the first is another."""

    def run(features: Any, flow: Any, occlusion: Any) -> Any:
        made = operator([features[:, :1], features], [flow, flow], [occlusion, occlusion])
        return made[1]

    return run


def test_pasting_is_an_operator_too(rng: np.random.Generator) -> None:
    for shape in PASTE.shapes[-4:]:
        call = PASTE.call(rng, shape)
        plate, photo, image, mask, x, y, *detail = call.tensors()
        rest = detail or (None, None, None)
        options = call.options
        given = (plate, photo, image, mask, list(options["box"]), x, y, *rest, options["mixed"])
        made = torch.ops.bunraku.paste(*given)
        assert torch.equal(made, PASTE.public(*call.tensors(), **options))
        torch.library.opcheck(
            torch.ops.bunraku.paste.default, given, test_utils=("test_schema", "test_faketensor")
        )


def test_only_the_gradients_that_are_wanted_are_made() -> None:
    atlas, parts, u, v, _ = inputs()
    u.requires_grad_()
    result = torch_operators.sample_texture(atlas, parts, u, v)
    (gradient,) = torch.autograd.grad(result.sum(), u)
    assert gradient.shape == u.shape
    assert gradient.any()


def test_scales_stay_single_nodes_for_exporters() -> None:
    class Scales(torch.nn.Module):
        def forward(self, atlas: Any, parts: Any, flow: Any) -> list[Any]:
            one = (atlas[:, 0], flow, parts[:, :1])
            return warp_occlude_scales(*([tensor, tensor] for tensor in one))

    atlas, parts, _, _, flow = inputs()
    with torch_operators.opaque():
        graph = str(torch.export.export(Scales(), (atlas, parts, flow)).graph)
    assert graph.count("bunraku.warp_occlude.default") == 2
    assert "bunraku.warp_occlude_scales" not in graph
