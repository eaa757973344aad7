from __future__ import annotations

from typing import Any

import torch

from bunraku.kernels import sample_texture, torch_operators, warp_occlude


class Both(torch.nn.Module):
    def forward(self, atlas: Any, parts: Any, u: Any, v: Any, flow: Any) -> tuple[Any, Any]:
        sampled = sample_texture(atlas, parts, u, v)
        return sampled, warp_occlude(sampled, flow, parts[:, :1])


def inputs() -> tuple[torch.Tensor, ...]:
    torch.manual_seed(3)
    return (
        torch.randn(2, 5, 3, 4, 6),
        *torch.rand(3, 2, 5, 7, 8),
        torch.rand(2, 2, 7, 8) - 0.5,
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


def test_the_operators_keep_torchs_rules() -> None:
    atlas, parts, u, v, flow = inputs()
    checks = ("test_schema", "test_faketensor")
    torch.library.opcheck(torch_operators.sample_texture, (atlas, parts, u, v), test_utils=checks)
    torch.library.opcheck(
        torch_operators.warp_occlude, (atlas[:, 0], flow, parts[:, :1]), test_utils=checks
    )
